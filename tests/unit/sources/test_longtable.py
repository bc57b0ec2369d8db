"""Reading files of many series: forms of time, ragged lengths, missing rows, and errors that say where."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from sources.longtable import Columns, read_long_table
from sources.tablefile import TableError

DAY = datetime(2026, 1, 1, tzinfo=UTC)


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n")
    return path


def test_series_of_one_step_come_as_one_batch_aligned_at_their_ends(tmp_path: Path) -> None:
    file = write(tmp_path / "t.csv", "unique_id,ds,y", "a,1,1", "a,2,2", "a,3,3", "b,8,8", "b,9,9")

    table = read_long_table(file)

    assert table.ids == ("a", "b")
    (batch,) = table.batches
    assert batch.step == 1.0
    np.testing.assert_array_equal(batch.values, [[1, 2, 3], [np.nan, 8, 9]])
    np.testing.assert_array_equal(batch.ends, [3, 9])
    np.testing.assert_array_equal(batch.times[1], [7, 8, 9])


def test_missing_rows_and_empty_values_are_not_seen(tmp_path: Path) -> None:
    file = write(tmp_path / "t.csv", "unique_id,ds,y", "a,0,1", "a,60,", "a,180,NaN", "a,240,5", "a,300,inf", "a,360,7")

    (batch,) = read_long_table(file).batches

    np.testing.assert_array_equal(batch.values, [[1, np.nan, np.nan, np.nan, 5, np.nan, 7]])


def test_rows_in_any_order_and_columns_of_any_name(tmp_path: Path) -> None:
    file = write(tmp_path / "t.csv", "value,series,ts", "3,a,1700000600", "1,a,1700000000", "2,a,1700000300")

    table = read_long_table(file, columns=Columns(id="series", time="ts", value="value"))

    assert table.batches[0].step == 300.0
    assert table.form.instants
    np.testing.assert_array_equal(table.batches[0].values, [[1, 2, 3]])


@pytest.mark.parametrize(
    ("times", "following"),
    [
        (["2026-03-01T00:00:00Z", "2026-03-01T01:00:00Z"], "2026-03-01T02:00:00Z"),
        (["2026-03-01 00:00:00", "2026-03-01 01:00:00"], "2026-03-01 02:00:00"),
        (["2026-03-01T00:00:00+08:00", "2026-03-01T01:00:00+08:00"], "2026-03-01T02:00:00+08:00"),
        (["2026-03-01T00:00:00.000Z", "2026-03-01T00:00:00.500Z"], "2026-03-01T00:00:01.000Z"),
        (["2026-02-27", "2026-02-28"], "2026-03-01"),
        (["1", "2"], "3"),
        (["1772323200", "1772323260"], "1772323320"),
        (["0.5", "1.0"], "1.5"),
    ],
)
def test_the_next_time_is_written_as_the_table_writes_its_own(tmp_path: Path, times: list[str], following: str) -> None:
    table = read_long_table(write(tmp_path / "t.csv", "unique_id,ds,y", *(f"a,{time},1" for time in times)))

    (batch,) = table.batches

    assert table.form.write(batch.ends + batch.step).to_list() == [following]


def test_whole_numbers_of_a_parquet_file_are_written_whole(tmp_path: Path) -> None:
    pl.DataFrame({"unique_id": ["a", "a"], "ds": [1, 2], "y": [5.0, 6.0]}).write_parquet(tmp_path / "t.parquet")

    form = read_long_table(tmp_path / "t.parquet").form

    assert form.write(np.array([3.0])).to_list() == ["3"]


def test_offsets_are_instants_so_a_clock_change_leaves_the_step_alone(tmp_path: Path) -> None:
    times = ["2026-03-29T00:00:00+01:00", "2026-03-29T01:00:00+01:00", "2026-03-29T03:00:00+02:00"]
    table = read_long_table(write(tmp_path / "t.csv", "unique_id,ds,y", *(f"a,{time},1" for time in times)))

    assert table.batches[0].step == 3600.0
    assert table.batches[0].values.shape == (1, 3)


def test_months_are_one_step_apart_though_their_lengths_differ(tmp_path: Path) -> None:
    rows = [f"a,{year}-{month:02d}-01,1" for year in (2024, 2025) for month in range(1, 13)]

    (batch,) = read_long_table(write(tmp_path / "t.csv", "unique_id,ds,y", *rows)).batches

    assert batch.values.shape == (1, 24)


def test_other_steps_make_other_batches(tmp_path: Path) -> None:
    rows = [f"hourly,{3600 * k},{k}" for k in range(5)] + [f"daily,{86400 * k},{k}" for k in range(5)]

    table = read_long_table(write(tmp_path / "t.csv", "unique_id,ds,y", *rows))

    assert [(batch.step, batch.ids) for batch in table.batches] == [(3600.0, ("hourly",)), (86400.0, ("daily",))]


def test_a_short_series_is_not_padded_to_a_huge_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sources.longtable.BATCH_CELLS", 100)
    rows = [f"s{i},{k},1" for i in range(10) for k in range(5)] + [f"long,{k},1" for k in range(60)]

    table = read_long_table(write(tmp_path / "t.csv", "unique_id,ds,y", *rows))

    assert sum(batch.values.size for batch in table.batches) <= 110
    assert sorted(name for batch in table.batches for name in batch.ids) == sorted(table.ids)


@pytest.mark.parametrize("form", ["csv", "csv.gz", "parquet", "parquet.gz"])
def test_csv_and_parquet_may_be_gzipped(tmp_path: Path, form: str) -> None:
    frame = pl.DataFrame({"unique_id": ["a", "a"], "ds": [DAY, DAY + timedelta(days=1)], "y": [1, 2]})
    file = tmp_path / f"t.{form}"
    plain = tmp_path / "plain"
    if form.startswith("csv"):
        frame.write_csv(plain, datetime_format="%Y-%m-%dT%H:%M:%SZ")
    else:
        frame.write_parquet(plain)
    file.write_bytes(gzip.compress(plain.read_bytes()) if form.endswith("gz") else plain.read_bytes())

    table = read_long_table(file)

    np.testing.assert_array_equal(table.batches[0].values, [[1, 2]])
    assert table.form.write(table.batches[0].ends).to_list() == ["2026-01-02T00:00:00Z"]


def test_a_file_of_many_blocks_reads_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [f'"s, {i % 7}\nx",{i // 7},{i}' for i in range(700)]
    file = write(tmp_path / "t.csv", "unique_id,ds,y", *rows)
    monkeypatch.setattr("sources.tablefile.BLOCK_BYTES", 200)

    told: list[int] = []
    (batch,) = read_long_table(file, progress=told.append).batches

    assert batch.ids[3] == "s, 3\nx"
    assert sum(told) == 700
    np.testing.assert_array_equal(batch.values, np.arange(700.0).reshape(100, 7).T)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["unique_id,ds", "a,1"], ["no column y", "line 1"]),
        (["unique_id,ds,y"], ["no rows"]),
        (["unique_id,ds,y", "a,1,1", "a,2,many"], ["line 3", "column y", "'many'"]),
        (["unique_id,ds,y", "a,1,1", "a,yesterday,2"], ["line 3", "column ds", "'yesterday'"]),
        (["unique_id,ds,y", "a,2026-01-01T00:00:00Z,1", "a,2026-13-01T00:00:00Z,2"], ["line 3", "column ds"]),
        (["unique_id,ds,y", "a,2026-01-01T00:00:00Z,1", "a,2026-01-01T01:00:00+80:00,2"], ["line 3", "+80:00"]),
        (["unique_id,ds,y", "a,1767225600,1", "a,2026-01-01T01:00:00Z,2"], ["line 3", "mixes numbers and dates"]),
        (["unique_id,ds,y", "a,2026-01-01T01:00:00Z,1", "a,1767229200,2"], ["line 2", "mixes numbers and dates"]),
        (["unique_id,ds,y", "a,1767225600000,1", "a,1767229200000,2"], ["line 2", "seconds since 1970"]),
        (["unique_id,ds,y", "a,1,1", ",2,2"], ["line 3", "column unique_id"]),
        (["unique_id,ds,y", "a,1,1", "a,,2"], ["line 3", "column ds", "holds nothing"]),
        (["unique_id,ds,y", ",,", "", ""], ["no rows"]),
        (["unique_id,ds,y", "a,1767225600,1", "a,0,1", "a,1767229200,1"], ["line 3", "holds 0,", "before 1971"]),
        (["unique_id,ds,y", "", "a,1767225600,1", "", "a,soon,1"], ["line 5", "'soon'"]),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(tmp_path: Path, lines: list[str], words: list[str]) -> None:
    file = write(tmp_path / "t.csv", *lines)

    with pytest.raises(TableError) as caught:
        read_long_table(file)

    assert all(word in str(caught.value) for word in [str(file), *words])


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (["a,1,1", "b,1,1", "a,2,7", "a,1,2"], ["lines 2 and 5", "twice", "keep one"]),
        (["a,1,1", "b,1,1", "a,1,1", "", "a,1,2"], ["lines 2 and 6", "twice"]),
        (["b,1,1", *(f"a,{t},1" for t in (0, 1, 2, 99_999_999_999))], ["spans", "line 6", "cut it"]),
        (["a,99999999999,1", "b,1,1", *(f"a,{t},1" for t in (0, 1, 2)), "a,100000000000,"], ["gap before line 2:"]),
        (["b,1,1", *(f"a,{t},1" for t in (0, 10, 20, 30, 36, 42, 55, 59))], ["no regular step", "line 4,", "resample"]),
    ],
)
def test_a_series_that_cannot_be_used_stops_no_other(tmp_path: Path, rows: list[str], words: list[str]) -> None:
    table = read_long_table(write(tmp_path / "t.csv", "unique_id,ds,y", *rows))

    assert set(table.ids) == {"a", "b"}
    assert list(table.refused) == ["a"]
    assert all(word in table.refused["a"] for word in words)
    values = {name: batch.values[i] for batch in table.batches for i, name in enumerate(batch.ids) if name in table.ids}
    assert np.isnan(values["a"]).all()
    assert values["b"][-1] == 1


def test_series_that_are_worked_on_in_parts_come_out_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    odd = [f"odd,{t},1" for t in (0, 10, 20, 30, 36, 42, 55, 59)]
    rows = [f"s{i},{k},{10 * i + k}" for i in range(10) for k in range(3 + i)]
    file = write(tmp_path / "t.csv", "unique_id,ds,y", *rows[:40], *odd, *rows[40:])
    whole = read_long_table(file)

    monkeypatch.setattr("sources.longtable.SLAB_ROWS", 20)
    parts = read_long_table(file)

    assert list(parts.refused) == ["odd"]
    assert parts.refused == whole.refused
    assert parts.ids == whole.ids
    for one, other in zip(parts.batches, whole.batches, strict=True):
        assert one.ids == other.ids
        np.testing.assert_array_equal(one.ends, other.ends)
        np.testing.assert_array_equal(one.values, other.values)


@pytest.mark.parametrize("good", [[], [f"good,{60 * k},{k}" for k in range(30)]])
def test_series_that_fit_no_grid_make_no_batches_of_their_own(tmp_path: Path, good: list[str]) -> None:
    times = np.random.default_rng(5).integers(0, 100_000, (200, 12))
    rows = [f"s{number},{time},1" for number, row in enumerate(times.tolist()) for time in row]

    table = read_long_table(write(tmp_path / "t.csv", "unique_id,ds,y", *rows, *good))

    assert len(table.refused) > 180
    others = [batch for batch in table.batches if set(batch.ids) - set(table.refused)]
    assert len(table.batches) <= len(others) + (not good)
    assert sorted(name for batch in table.batches for name in batch.ids) == sorted(table.ids)


def test_the_same_row_twice_counts_once_and_a_value_more_than_none(tmp_path: Path) -> None:
    file = write(tmp_path / "t.csv", "unique_id,ds,y", "a,0,1", "a,60,2", "a,60,2", "a,120,", "a,120,3", "a,0,1")

    table = read_long_table(file)

    assert table.refused == {}
    np.testing.assert_array_equal(table.batches[0].values, [[1, 2, 3]])


def test_a_series_ends_with_its_last_value(tmp_path: Path) -> None:
    file = write(tmp_path / "t.csv", "unique_id,ds,y", "a,1,1", "a,2,2", "a,3,", "a,4,nan", "b,1,", "b,2,", "c,1,1")

    (batch,) = read_long_table(file).batches

    np.testing.assert_array_equal(batch.ends, [2, 2, 1])
    np.testing.assert_array_equal(batch.values, [[1, 2], [np.nan, np.nan], [np.nan, 1]])


def test_blank_lines_are_skipped(tmp_path: Path) -> None:
    file = write(tmp_path / "t.csv", "unique_id,ds,y", "", "a,2026-01-01,1", "", "  ", ",,", "a,2026-01-02,2", "")

    np.testing.assert_array_equal(read_long_table(file).batches[0].values, [[1, 2]])


def test_a_block_of_blank_lines_is_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(tmp_path / "t.csv", "unique_id,ds,y", "a,2026-01-01,1", *[",,"] * 300, "a,2026-01-02,2")
    monkeypatch.setattr("sources.tablefile.BLOCK_BYTES", 100)

    np.testing.assert_array_equal(read_long_table(file).batches[0].values, [[1, 2]])


def test_times_that_begin_with_1970_count_steps_unless_most_are_of_this_century(tmp_path: Path) -> None:
    hourly = write(tmp_path / "t.csv", "unique_id,ds,y", *(f"a,{3600 * k},1" for k in range(20_000)))

    assert not read_long_table(hourly).form.instants


@pytest.mark.parametrize("content", [b"", b"\x1f\x8b broken", b"PAR1 broken"])
def test_a_broken_file_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "t.csv"
    file.write_bytes(content)

    with pytest.raises(TableError, match=r"t\.csv"):
        read_long_table(file)


def test_a_file_that_is_not_there_is_named_once_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(TableError) as told:
        read_long_table(tmp_path / "absent.csv")

    assert str(told.value) == (
        f"{tmp_path}/absent.csv can't be read: No such file or directory; check the path and the file"
    )
