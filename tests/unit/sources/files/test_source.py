"""The file source: what it answers, what it refuses, and what it says about its files."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from domain.labels import Labels
from domain.times import Grid, from_epoch
from sources.errors import SourceMalformed, SourceRejected, SourceTooLarge, SourceUnavailable
from sources.files import Dialect, FileSource
from sources.files.promql import values as promql_values

BEGIN = 1_793_556_000  # 2026-11-01T18:00:00Z, a multiple of every step used here
Files = Callable[..., FileSource]


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """A source over series that are given as `{selector: [(seconds since BEGIN, value), ...]}`."""

    def source(
        series: dict[str, list[tuple[float, float]]],
        *,
        lookback: timedelta | None = None,
        dialect: Dialect = Dialect.PROMETHEUS_3,
        widen: bool = True,
    ) -> FileSource:
        path = tmp_path / "history.om"
        lines = [f"{name} {value} {BEGIN + at}\n" for name, samples in series.items() for at, value in samples]
        path.write_text("".join(lines))
        return FileSource("test", path, lookback=lookback, dialect=dialect, widen=widen)

    return source


def every(step: int, count: int, value: float = 1.0) -> list[tuple[float, float]]:
    return [(step * number, value) for number in range(count)]


def test_rows_are_sorted_by_their_labels_and_what_was_not_seen_is_nan(files: Files) -> None:
    source = files({'up{instance="b"}': every(60, 10), 'up{instance="a"}': every(60, 2, 5.0)})

    batch = source.fetch("up", Grid(BEGIN, 300, 3))

    assert batch.labels == (Labels.of(__name__="up", instance="a"), Labels.of(__name__="up", instance="b"))
    np.testing.assert_array_equal(batch.values, [[5, 5, np.nan], [1, 1, 1]])
    assert batch.notes.samples == 5


def test_a_query_that_matches_nothing_gives_no_series(files: Files) -> None:
    batch = files({"up": every(60, 3)}).fetch("down > 1", Grid(BEGIN, 60, 3))

    assert (len(batch), batch.values.shape) == (0, (0, 3))


def test_a_sample_counts_for_five_minutes_in_a_dense_file(files: Files) -> None:
    source = files({"up": every(60, 3)})

    batch = source.fetch("up", Grid(BEGIN, 60, 10))

    # The last sample is at step 2; at step 7 it is exactly five minutes old, which is too old in Prometheus 3.
    assert batch.seen.tolist() == [7]


def test_a_sample_counts_for_two_and_a_half_intervals_in_a_sparse_file(files: Files) -> None:
    source = files({"up": every(600, 3)})

    batch = source.fetch("up", Grid(BEGIN, 60, 60))

    assert batch.seen.tolist() == [20 + 25]


def test_metrics_of_one_file_may_be_sampled_at_different_intervals(files: Files) -> None:
    source = files({"up": every(15, 200), "ifHighSpeed": every(600, 5)})
    grid = Grid(BEGIN, 60, 50)

    assert source.fetch("ifHighSpeed", grid).seen.tolist() == [50]
    assert source.fetch("up", Grid(BEGIN + 3_000, 60, 10)).seen.tolist() == [5]


def test_the_lookback_can_be_given(files: Files) -> None:
    source = files({"up": every(60, 3)}, lookback=timedelta(minutes=1))

    assert source.fetch("up", Grid(BEGIN, 60, 10)).seen.tolist() == [3]


def test_nan_says_that_a_series_is_gone_until_its_next_sample(files: Files) -> None:
    source = files({"up": [(0, 1.0), (60, float("nan")), (180, 2.0)]})

    batch = source.fetch("up", Grid(BEGIN, 60, 4))

    np.testing.assert_array_equal(batch.values, [[1, np.nan, np.nan, 2]])
    assert source.fetch("count_over_time(up[10m])", Grid(BEGIN + 180, 60, 1)).values.tolist() == [[2.0]]


def test_a_range_too_short_for_the_file_is_widened_and_said_so(files: Files) -> None:
    series = {"work_total": [(600 * number, 60.0 * number) for number in range(20)]}

    batch = files(series).fetch("rate(work_total[5m])", Grid(BEGIN + 6_000, 600, 3))

    np.testing.assert_allclose(batch.values, [[0.1, 0.1, 0.1]])
    assert batch.notes.infos == ("[300s] is too short for samples that are 600 s apart: [1500s] was taken",)


def test_a_range_is_taken_as_written_where_that_is_asked_for(files: Files) -> None:
    source = files({"work_total": every(600, 20)}, widen=False)

    assert len(source.fetch("rate(work_total[5m])", Grid(BEGIN, 600, 10))) == 0


def test_a_number_over_time_is_one_series_without_labels(files: Files) -> None:
    batch = files({"up": every(60, 3)}).fetch("time() / 2", Grid(BEGIN, 60, 2))

    assert batch.labels == (Labels(),)
    np.testing.assert_array_equal(batch.values, [[BEGIN / 2, BEGIN / 2 + 30]])


def test_count_tells_how_many_series_there_are_at_a_time(files: Files) -> None:
    source = files({'up{a="1"}': every(60, 3), 'up{a="2"}': every(60, 30)})

    assert source.count("up", from_epoch(BEGIN + 60)) == 2
    assert source.count("up", from_epoch(BEGIN + 1_200)) == 1
    assert source.count("up", from_epoch(BEGIN - 1)) == 0


def test_a_label_that_is_taken_from_the_one_side_is_gone_where_that_side_has_none(files: Files) -> None:
    source = files({'used{host="a",zone="north"}': every(60, 3), 'size{host="a"}': every(60, 3)})

    batch = source.fetch("used / on(host) group_left(zone) size", Grid(BEGIN, 60, 3))

    assert batch.labels == (Labels.of(host="a"),)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("sum(up) + topk(3, up)", "the aggregation topk is not available over files (at character 11)"),
        (
            "up * absent_over_time(up[5m])",
            "the function absent_over_time() is not available over files (at character 6)",
        ),
        ("rate(up)", "not valid PromQL"),
        ("up[5m]", "a range vector has no single value"),
        ('up{a=~"*"}', "not valid PromQL"),
        ('"text"', "a string is not a number"),
    ],
)
def test_what_is_not_understood_is_refused_with_its_place(files: Files, query: str, message: str) -> None:
    with pytest.raises(SourceRejected) as caught:
        files({"up": every(60, 5)}).fetch(query, Grid(BEGIN, 60, 5))

    assert message in str(caught.value)
    assert caught.value.query == query


def test_a_query_too_large_for_memory_is_refused_as_such(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(promql_values, "MAX_CELLS", 9)

    with pytest.raises(SourceTooLarge, match="fewer series"):
        files({"up": every(60, 5)}).fetch("up", Grid(BEGIN, 60, 10))


def test_a_subquery_of_too_many_steps_is_refused_as_such(files: Files) -> None:
    with pytest.raises(SourceTooLarge, match="longer steps in a subquery"):
        files({"up": every(60, 5)}).fetch("sum_over_time(vector(1)[3650d:1ms])", Grid(BEGIN, 60, 10))


def test_a_file_that_changes_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "history.om"
    path.write_text(f"up 1 {BEGIN}\n")
    source = FileSource("test", path)
    before = source.fetch("up", Grid(BEGIN, 60, 1)).values.tolist()

    path.write_text(f"up 2 {BEGIN}\n")
    os.utime(path, ns=(1, 1))  # a clock too coarse to tell the two writes apart must not hide the change

    assert (before, source.fetch("up", Grid(BEGIN, 60, 1)).values.tolist()) == ([[1.0]], [[2.0]])


def test_a_missing_file_is_unavailable_and_a_bad_one_malformed(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable, match=r"absent\.om can't be read: No such file"):
        FileSource("test", tmp_path / "absent.om").fetch("up", Grid(BEGIN, 60, 1))

    (tmp_path / "bad.om").write_text("what is this\n")
    with pytest.raises(SourceMalformed, match=r"bad\.om, line 1"):
        FileSource("test", tmp_path / "bad.om").fetch("up", Grid(BEGIN, 60, 1))


def test_a_check_tells_what_the_files_hold(files: Files, tmp_path: Path) -> None:
    (good,) = files({"up": every(60, 5)}).check()
    (missing,) = FileSource("test", tmp_path / "absent.om").check()
    (tmp_path / "empty.om").write_text("# EOF\n")
    (empty,) = FileSource("test", tmp_path / "empty.om").check()

    assert good.ok
    assert good.what == "1 series, 5 samples every 60 s from 2026-11-01T18:00:00Z to 2026-11-01T18:04:00Z"
    assert [check.ok for check in (missing, empty)] == [False, False]
    assert all(check.advice for check in (missing, empty))


def test_a_check_tells_of_samples_that_were_there_twice(files: Files) -> None:
    (check,) = files({"up": [(0, 1.0), (60, 2.0), (60, 3.0)]}).check()

    assert check.ok
    assert check.what.endswith("; 1 samples were there twice, the later row of each counts")


def test_closing_twice_is_fine_and_the_source_can_be_asked_again(files: Files) -> None:
    source = files({"up": every(60, 3)})
    source.close()
    source.close()

    assert source.name == "test"
    assert len(source.fetch("up", Grid(BEGIN, 60, 1))) == 1


@pytest.mark.parametrize(("dialect", "counted"), [(Dialect.PROMETHEUS_2, 6), (Dialect.PROMETHEUS_3, 5)])
def test_a_sample_at_the_beginning_of_a_window_counts_in_prometheus_2_only(
    files: Files, dialect: Dialect, counted: int
) -> None:
    source = files({"up": every(60, 100)}, dialect=dialect)

    assert source.fetch("count_over_time(up[5m])", Grid(BEGIN + 3_000, 60, 1)).values.tolist() == [[counted]]


def test_an_increase_in_prometheus_3_never_reaches_back_beyond_zero(files: Files) -> None:
    # Samples 10, 20, 30, 40 at 100, 200, 300, 400 s in (0, 400]: the window begins 100 s before the first one, which is
    # less than 1.1 intervals, and the counter would have been 0 there exactly: 30 * (300 + 100) / 300 = 40.
    source = files({"work_total": [(100 * number, 10.0 * number) for number in range(1, 5)]})

    batch = source.fetch("increase(work_total[400s])", Grid(BEGIN + 400, 400, 1))

    np.testing.assert_allclose(batch.values, [[40.0]])
