"""CSV and Parquet in the long form: one sample a row.

| column                      | holds                                                                                 |
|-----------------------------|---------------------------------------------------------------------------------------|
| `name` or `__name__`        | the metric's name (may also be the key `__name__` of `labels`)                        |
| `ts`, `timestamp` or `time` | RFC 3339, or seconds, milli-, micro- or nanoseconds since 1970 (told by their size)   |
| `value`                     | a number; `+Inf` and `-Inf` are numbers; empty or `NaN`: the series is gone from then |
| `labels`                    | a JSON object of texts: the labels                                                    |
| any other column            | a label of that name; an empty cell is no label                                       |
"""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sources.files.promql.values import NAME
from sources.files.rows import Rows, not_a_time, repeated, run_starts, to_milliseconds
from sources.files.store import Floats, Ints, Metric
from sources.tablefile import TableError, read_blocks
from sources.timeform import read_times

NAMES = ("name", NAME)
TIMES = ("ts", "timestamp", "time")
VALUE = "value"
LABELS = "labels"


@dataclass(frozen=True, slots=True)
class _Layout:
    """Which column holds what."""

    name: str | None
    time: str
    value: str
    labels: str | None
    others: tuple[str, ...]

    @property
    def keys(self) -> list[str]:
        """The columns that tell one series from another."""
        return [column for column in (self.name, self.labels) if column] + list(self.others)


def read_long_form(path: Path, rows: Rows) -> None:
    """Add all samples of a file; blank lines are skipped.

    Raises `TableError` that names file, line and column for what can't be read.
    """
    done = 0
    for whole in read_blocks(path):
        layout = _layout(path, whole.columns)
        said = np.flatnonzero(~_blank(whole, layout))
        if said.size:
            block = whole if said.size == whole.height else whole[said]
            _add(path, done + said + 2, block, layout, rows)
        done += whole.height
    if not done and _is_csv(path):
        _layout(path, _header(path))


def _add(path: Path, lines: Ints, block: pl.DataFrame, layout: _Layout, rows: Rows) -> None:
    """Add the samples of a block whose rows are on these lines, `[n]`."""
    codes = _codes(path, lines, block, layout, rows)
    times = _times(path, lines, block[layout.time])
    rows.add(codes, times, _values(path, lines, block[layout.value]))


def _blank(block: pl.DataFrame, layout: _Layout) -> NDArray[np.bool_]:
    """Which rows say nothing at all: empty lines, and those of separators alone."""
    blank = block[layout.time].is_null() & block[layout.value].is_null()
    if blank.any():
        for column in layout.keys:
            blank &= block[column].cast(pl.String).fill_null("").str.strip_chars() == ""
    return blank.to_numpy()


def _is_csv(path: Path) -> bool:
    return ".csv" in [suffix.lower() for suffix in path.suffixes]


def _header(path: Path) -> list[str]:
    """The names of the columns of a CSV that has no rows."""
    opened = gzip.open if path.suffix.lower() == ".gz" else open
    with opened(path, "rt", encoding="utf-8-sig", errors="replace", newline="") as text:
        return next(filter(None, csv.reader(text)), [])


def _layout(path: Path, columns: Sequence[str]) -> _Layout:
    name = next((column for column in NAMES if column in columns), None)
    time = next((column for column in TIMES if column in columns), None)
    labels = LABELS if LABELS in columns else None
    wanted = {"name (or __name__)": name or labels, "ts": time, VALUE: VALUE if VALUE in columns else None}
    missing = [column for column, found in wanted.items() if found is None]
    if missing or time is None:
        there = ", ".join(columns[:20]) or "none"
        raise TableError(
            f"{path}, line 1: there is no column {', '.join(missing)} (there are: {there}). Each row is one sample: "
            "name, label columns or a column labels with JSON, ts, value"
        )
    others = tuple(column for column in columns if column not in (name, time, VALUE, labels))
    return _Layout(name, time, VALUE, labels, others)


def _codes(path: Path, lines: Ints, block: pl.DataFrame, layout: _Layout, rows: Rows) -> Ints:
    """The number of each row's series, `[n]`."""
    keys = block.select(pl.col(column).cast(pl.String) for column in layout.keys)
    starts = run_starts(keys)
    seen: dict[tuple[Any, ...], int] = {}
    numbers = []
    for start, key in zip(starts.tolist(), keys[starts].iter_rows(), strict=True):
        if key not in seen:
            seen[key] = rows.number(_metric(path, int(lines[start]), layout, key))
        numbers.append(seen[key])
    return repeated(numbers, starts, block.height)


def _metric(path: Path, line: int, layout: _Layout, key: tuple[str | None, ...]) -> Metric:
    cells = dict(zip(layout.keys, key, strict=True))
    metric = {column: cells[column] or "" for column in layout.others}
    if layout.labels:
        metric |= _json_labels(path, line, cells[layout.labels])
    if layout.name:
        metric[NAME] = cells[layout.name] or ""
    if not metric.get(NAME):
        raise TableError(f"{path}, line {line}: column {layout.name or LABELS} names no metric: fill it in")
    return metric


def _json_labels(path: Path, line: int, text: str | None) -> dict[str, str]:
    try:
        labels = json.loads(text or "{}")
    except ValueError as error:
        raise TableError(f"{path}, line {line}: column {LABELS} is no JSON ({error}): write it as an object") from error
    if not isinstance(labels, dict) or not all(isinstance(value, str) for value in labels.values()):
        raise TableError(
            f'{path}, line {line}: column {LABELS} must be an object of texts, such as {{"instance":"db-1"}}'
        )
    return labels


def _times(path: Path, lines: Ints, column: pl.Series) -> Ints:
    """Times in milliseconds since 1970, `[n]`."""
    seconds, form = read_times(column)
    milliseconds = to_milliseconds(seconds) if form.numbers else np.rint(seconds * 1_000)
    _refuse(path, lines, column, not_a_time(milliseconds), "a time: RFC 3339, or a number of seconds since 1970")
    return milliseconds.astype(np.int64)


def _values(path: Path, lines: Ints, column: pl.Series) -> Floats:
    """Values, NaN where empty, `[n]`."""
    if column.dtype.is_numeric():
        numeric: Floats = column.cast(pl.Float64).fill_null(np.nan).to_numpy()
        return numeric
    texts = column.cast(pl.String).str.strip_chars()
    numbers = texts.cast(pl.Float64, strict=False)
    unread = numbers.is_null() & texts.is_not_null() & (texts != "")
    _refuse(path, lines, column, unread.fill_null(value=False).to_numpy(), "a number")
    values: Floats = numbers.fill_null(np.nan).to_numpy()
    return values


def _refuse(path: Path, lines: Ints, column: pl.Series, bad: NDArray[np.bool_], wanted: str) -> None:
    places = np.flatnonzero(bad)
    if places.size:
        first = int(places[0])
        raise TableError(
            f"{path}, line {lines[first]}, column {column.name}: {column[first]!r} is not {wanted}: "
            "correct or remove the row"
        )
