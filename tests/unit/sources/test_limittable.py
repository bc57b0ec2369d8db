"""Files of limits: what is said, what is left out, and what can't be read."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from domain.watch import Direction, Measure
from sources.limittable import read_limits
from sources.tablefile import TableError


def written(tmp_path: Path, text: str, name: str = "limits.csv") -> Path:
    path = tmp_path / name
    path.write_text(text)
    return path


def test_a_limit_alone_holds_always_for_a_gauge_that_rises(tmp_path: Path) -> None:
    found = read_limits(written(tmp_path, "unique_id,limit\na,100\nb,2.5e3\n"))

    assert list(found) == ["a", "b"]
    assert found["b"].at(np.array([-1e9, 0.0, 1e9])).tolist() == [2500, 2500, 2500]
    assert (found["a"].direction, found["a"].measure) == (Direction.UP, Measure.GAUGE)


def test_a_limit_holds_from_its_time_on_in_whatever_order_the_rows_are(tmp_path: Path) -> None:
    text = "unique_id,ds,limit\na,2026-01-03T00:00:00Z,300\na,2026-01-01T00:00:00Z,100\n"

    found = read_limits(written(tmp_path, text))["a"]

    day = 86400.0
    begin = 1_767_225_600.0  # 2026-01-01T00:00:00Z
    assert np.isnan(found.at(np.array([begin - 1]))[0])
    assert found.at(begin + day * np.array([0.0, 1.9, 2.0, 9.0])).tolist() == [100, 100, 300, 300]


@pytest.mark.parametrize("zone", [None, "UTC", "Asia/Taipei"])
def test_a_parquet_file_may_hold_times_of_its_own_kind(tmp_path: Path, zone: str | None) -> None:
    times = pl.Series([1_767_225_600_000_000]).cast(pl.Datetime("us", zone))
    pl.DataFrame({"unique_id": ["a"], "ds": times, "limit": [100.0]}).write_parquet(tmp_path / "limits.parquet")

    assert read_limits(tmp_path / "limits.parquet")["a"].since.tolist() == [1_767_225_600.0]


def test_each_row_may_write_its_time_in_the_form_it_likes(tmp_path: Path) -> None:
    text = "unique_id,ds,limit\na,2026-01-03T00:00:00Z,300\na,1767225600,100\na,,50\n"

    found = read_limits(written(tmp_path, text))["a"]

    assert found.since.tolist() == [-np.inf, 1_767_225_600.0, 1_767_398_400.0]
    assert found.values.tolist() == [50, 100, 300]


def test_names_are_not_trimmed_because_those_of_the_series_are_not(tmp_path: Path) -> None:
    assert list(read_limits(written(tmp_path, 'unique_id,limit\n" a ", 5 \n'))) == [" a "]


def test_blank_lines_are_skipped_and_the_same_limit_may_stand_twice(tmp_path: Path) -> None:
    found = read_limits(written(tmp_path, "unique_id,limit\n\na,5\n,\na,5\n\n"))

    assert found["a"].at(np.array([0.0])).tolist() == [5]


def test_a_limit_that_is_not_in_force_says_whether_it_comes_or_went(tmp_path: Path) -> None:
    text = "unique_id,ds,limit\na,100000,5\na,200000,\nb,100000,\n"

    found = read_limits(written(tmp_path, text))

    assert found["a"].absent(50_000) == "its limit holds from 1970-01-02T03:46:40Z on only, after its last sample"
    assert found["a"].absent(150_000) == ""
    assert found["a"].absent(200_000) == "its limit was removed at 1970-01-03T07:33:20Z"
    assert found["b"].absent(200_000) == ""


def test_direction_and_kind_are_read_in_any_case(tmp_path: Path) -> None:
    found = read_limits(written(tmp_path, "unique_id,limit,direction,kind\na,0,Down,gauge\nb,5,up,COUNTER\nc,1,,\n"))

    assert (found["a"].direction, found["a"].measure) == (Direction.DOWN, Measure.GAUGE)
    assert (found["b"].direction, found["b"].measure) == (Direction.UP, Measure.COUNTER)
    assert (found["c"].direction, found["c"].measure) == (Direction.UP, Measure.GAUGE)


@pytest.mark.parametrize("text", ["", "nan", "NULL"])
def test_no_limit_is_no_number(tmp_path: Path, text: str) -> None:
    assert np.isnan(read_limits(written(tmp_path, f"unique_id,limit\na,{text}\n"))["a"].values[0])


def test_a_gzipped_file_is_read_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "limits.csv.gz"
    path.write_bytes(gzip.compress(b"unique_id,limit\na,7\n"))

    assert read_limits(path)["a"].values.tolist() == [7]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("unique_id,capacity\na,5\n", "no column limit"),
        ("unique_id,limit\na,much\n", "line 2: column limit holds 'much'"),
        ("unique_id,limit,direction\na,5,up\nb,5,sideways\n", "line 3: column direction holds 'sideways'"),
        ("unique_id,limit,kind\na,5,histogram\n", "gauge or counter"),
        ("unique_id,ds,limit\na,yesterday,5\n", "line 2: column ds holds 'yesterday'"),
        ("unique_id,ds,limit\na,1767225600000,5\n", "not milliseconds"),
        ("unique_id,limit,direction\na,5,up\na,6,down\n", "more than one direction"),
        ("unique_id,limit\n", "has no rows"),
        ("unique_id,limit\n\n ,\n", "has no rows"),
        ("unique_id,limit\na,5\n\na,much\n", "line 4: .* correct or remove the line"),
        ("unique_id,limit\na,5\n,6\n", "line 3: column unique_id holds nothing"),
        ("unique_id,limit\na,5\nb,1\na,6\n", "lines 2 and 4: series 'a' has two limits .* keep one"),
        ("unique_id,ds,limit\na,0,5\na,1970-01-01T00:00:00Z,\n", "lines 2 and 3: series 'a' has two limits"),
    ],
    ids=[
        "no-limit",
        "no-number",
        "direction",
        "kind",
        "time",
        "milliseconds",
        "two-directions",
        "empty",
        "blank",
        "line-after-blank",
        "no-name",
        "two-limits",
        "limit-and-none",
    ],
)
def test_says_what_is_wrong_and_where(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(TableError, match=said):
        read_limits(written(tmp_path, text))
