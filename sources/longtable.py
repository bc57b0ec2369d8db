"""Files of many series, one sample a row: CSV or Parquet, either gzipped, read into arrays on regular grids.

A file is read block by block and kept as numbers, so memory grows with 20 bytes a row and not with its text.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sources.tablefile import TableError, read_blocks
from sources.timeform import TimeForm, read_times

BATCH_CELLS = 16_000_000  # 128 MB of float64: a batch is cut into several above this
STEP_SHARE = 0.1  # the step is the smallest distance of neighbours that at least this share of them has
OFF_GRID = 0.25  # of a step: how far a distance may be from a whole number of steps
OFF_GRID_SHARE = 0.05  # of a series' distances that may be further off


@dataclass(frozen=True, slots=True)
class Columns:
    """The names of the columns that hold the series' name, the time and the value."""

    id: str = "unique_id"
    time: str = "ds"
    value: str = "y"


@dataclass(frozen=True, slots=True, eq=False)
class LongBatch:
    """Series of one step, aligned at their ends.

    `values[n_series, n_steps]`: NaN where a row is missing or empty, and before a series begins; the last column
    is each series' own last row. `ends[n_series]`: the time of that row. Column `j` of series `i` is at
    `ends[i] - (n_steps - 1 - j) * step`.
    """

    ids: tuple[str, ...]
    step: float  # seconds, or 1 where times count steps
    ends: NDArray[np.float64]
    values: NDArray[np.float64]

    @property
    def times(self) -> NDArray[np.float64]:
        """The time of every cell, `[n_series, n_steps]`."""
        back = np.arange(self.values.shape[1] - 1, -1, -1, dtype=np.float64)
        return self.ends[:, None] - back[None, :] * self.step


@dataclass(frozen=True, slots=True, eq=False)
class LongTable:
    """All series of a file: `ids` in the order of their first rows, and `batches` by step and length."""

    ids: tuple[str, ...]
    batches: tuple[LongBatch, ...]
    form: TimeForm


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """Rows as numbers: `code[n]` of the series (from 0, in the order of `ids`), `time[n]` and `value[n]`."""

    ids: tuple[str, ...]
    code: NDArray[np.int32]
    time: NDArray[np.float64]
    value: NDArray[np.float64]
    form: TimeForm


def read_long_table(path: Path, *, columns: Columns | None = None) -> LongTable:
    """Read all series of a file.

    Rows may be in any order. A row whose value is empty, `nan` or `null` counts as not seen; so does an infinite
    one. Times are RFC 3339 or numbers. Raises `TableError` for what can't be read, naming the place.
    """
    rows = _read_rows(path, columns or Columns())
    order = np.lexsort((rows.time, rows.code))
    _refuse_duplicates(path, rows, order)
    rows = replace(rows, code=rows.code[order], time=rows.time[order], value=rows.value[order])
    first = np.flatnonzero(np.r_[True, rows.code[1:] != rows.code[:-1]])
    step = _steps(rows)
    position = _positions(path, rows, first, step)
    batches = tuple(_batches(rows, position, step, np.r_[first[1:], rows.code.size] - 1))
    return LongTable(ids=rows.ids, batches=batches, form=rows.form)


def _read_rows(path: Path, columns: Columns) -> _Rows:
    names: dict[str, int] = {}
    parts: list[tuple[NDArray[np.int32], NDArray[np.float64], NDArray[np.float64]]] = []
    form: TimeForm | None = None
    done = 0
    for block in read_blocks(path):
        _require_columns(path, block, columns)
        times, found = read_times(block[columns.time])
        if form is None:
            form = found
        _refuse_unread(path, done, block[columns.time], np.isnan(times), wanted="RFC 3339 or a number")
        if found.numbers != form.numbers:
            raise TableError(f"{path}, line {done + 2}: column {columns.time} mixes numbers and dates: use one form")
        values, unread = _read_values(block[columns.value])
        _refuse_unread(path, done, block[columns.value], unread, wanted="a number, or nothing")
        parts.append((_codes(path, done, block[columns.id], names), times, values))
        done += block.height
    if form is None or done == 0:
        raise TableError(f"{path} has no rows: it needs columns {columns.id},{columns.time},{columns.value}")
    code, time, value = (np.concatenate(part) for part in zip(*parts, strict=True))
    return _Rows(tuple(names), code, time, value, form)


def _codes(path: Path, done: int, ids: pl.Series, names: dict[str, int]) -> NDArray[np.int32]:
    """The number of each row's series; a new name gets the next number."""
    texts = ids.cast(pl.String)
    _refuse_unread(path, done, texts, texts.is_null().to_numpy(), wanted="a name")
    unique = texts.unique(maintain_order=True)
    number = np.array([names.setdefault(name, len(names)) for name in unique], dtype=np.int32)
    local = texts.cast(pl.Enum(unique)).to_physical().to_numpy()
    codes: NDArray[np.int32] = number[local]
    return codes


def _read_values(column: pl.Series) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Values as float64 with NaN where empty or not finite, and which texts are no number at all."""
    if column.dtype.is_numeric() or column.dtype == pl.Boolean:
        values = column.cast(pl.Float64).fill_null(np.nan).to_numpy()
        unread = np.zeros(values.size, dtype=np.bool_)
    else:
        texts = column.cast(pl.String).str.strip_chars().str.to_lowercase()
        empty = texts.is_null() | texts.is_in(["", "nan", "null", "none", "na"])
        numbers = texts.cast(pl.Float64, strict=False)
        unread = (numbers.is_null() & ~empty).to_numpy()
        values = numbers.fill_null(np.nan).to_numpy()
    return np.where(np.isfinite(values), values, np.nan), unread


def _require_columns(path: Path, block: pl.DataFrame, columns: Columns) -> None:
    missing = [name for name in (columns.id, columns.time, columns.value) if name not in block.columns]
    if missing:
        there = ", ".join(block.columns[:20]) or "none"
        raise TableError(f"{path} has no column {', '.join(missing)} (it has: {there}): rename or add it in line 1")


def _refuse_unread(path: Path, done: int, texts: pl.Series, bad: NDArray[np.bool_], *, wanted: str) -> None:
    at = np.flatnonzero(bad)
    if at.size:
        raise TableError(
            f"{path}, line {done + int(at[0]) + 2}: column {texts.name} holds {texts[int(at[0])]!r}, "
            f"which is not {wanted} ({at.size} such in this part of the file): correct or remove the line"
        )


def _refuse_duplicates(path: Path, rows: _Rows, order: NDArray[np.int64]) -> None:
    same = (np.diff(rows.code[order]) == 0) & (np.diff(rows.time[order]) == 0)
    at = np.flatnonzero(same)
    if at.size:
        lines = sorted((int(order[at[0]]) + 2, int(order[at[0] + 1]) + 2))
        name = rows.ids[int(rows.code[order[at[0]]])]
        raise TableError(
            f"{path}, lines {lines[0]} and {lines[1]}: series {name!r} has the same time twice: keep one of them"
        )


def _steps(rows: _Rows) -> NDArray[np.float64]:
    """The step of each series: the smallest distance that a fair share of its neighbours has; 1 for a single row."""
    within = np.diff(rows.code) == 0
    gaps = pl.DataFrame({"code": rows.code[1:][within], "gap": np.diff(rows.time)[within].round(6)})
    counts = gaps.group_by("code", "gap").len().with_columns(share=pl.col("len") / pl.col("len").sum().over("code"))
    common = counts.filter(pl.col("share") >= STEP_SHARE).group_by("code").agg(pl.col("gap").min())
    middle = gaps.group_by("code").agg(pl.col("gap").median())
    step = np.ones(len(rows.ids))
    step[middle["code"].to_numpy()] = middle["gap"].to_numpy()
    step[common["code"].to_numpy()] = common["gap"].to_numpy()
    return step


def _positions(path: Path, rows: _Rows, first: NDArray[np.int64], step: NDArray[np.float64]) -> NDArray[np.int64]:
    """The step of each row on its series' own grid, from 0. Distances are rounded one by one, so months work too."""
    distance = np.diff(rows.time, prepend=rows.time[:1]) / step[rows.code]
    distance[first] = 0.0
    whole = np.maximum(np.rint(distance), 1.0)
    whole[first] = 0.0
    off = np.abs(distance - whole) > OFF_GRID
    share = np.bincount(rows.code, off) / np.maximum(np.bincount(rows.code) - 1, 1)
    bad = np.flatnonzero(share > OFF_GRID_SHARE)
    if bad.size:
        raise TableError(
            f"{path}: series {rows.ids[int(bad[0])]!r} has no regular step ({share[bad[0]]:.0%} of its distances are "
            f"no whole number of {step[bad[0]]:g}; {bad.size} such series): resample it to one step first"
        )
    position = np.cumsum(whole).astype(np.int64)
    own: NDArray[np.int64] = position - position[first][rows.code]
    return own


def _batches(
    rows: _Rows, position: NDArray[np.int64], step: NDArray[np.float64], last: NDArray[np.int64]
) -> Iterator[LongBatch]:
    length = position[last] + 1
    for one in np.unique(step):
        members = np.flatnonzero(step == one)
        for group in _by_size(members, length[members]):
            width = int(length[group].max())
            values = np.full((group.size, width), np.nan)
            place = np.full(len(rows.ids), -1, dtype=np.int64)
            place[group] = np.arange(group.size)
            mine = place[rows.code] >= 0
            code = rows.code[mine]
            values[place[code], width - length[code] + position[mine]] = rows.value[mine]
            yield LongBatch(tuple(rows.ids[index] for index in group), float(one), rows.time[last[group]], values)


def _by_size(members: NDArray[np.int64], length: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """One group in file order where it fits into a batch, else groups of like length that do."""
    if members.size * int(length.max()) <= BATCH_CELLS:
        return [members]
    order = np.argsort(length, kind="stable")
    groups: list[NDArray[np.int64]] = []
    start = 0
    for stop in range(1, order.size + 1):
        at_end = stop == order.size
        if at_end or (stop + 1 - start) * int(length[order[stop]]) > BATCH_CELLS:
            groups.append(np.sort(members[order[start:stop]]))
            start = stop
    return groups
