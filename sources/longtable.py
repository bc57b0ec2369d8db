"""Files of many series, one sample a row: CSV or Parquet, either gzipped, read into arrays on regular grids.

A file is read block by block and kept as numbers, so memory grows with 20 bytes a row and not with its text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sources.rowgrid import OFF_GRID_SHARE, Places, places, steps
from sources.tablefile import TableError
from sources.tablerows import Columns, Rows, in_order, read_rows
from sources.timeform import TimeForm

__all__ = ["Columns", "LongBatch", "LongTable", "read_long_table"]

SLAB_ROWS = 500_000  # that are worked on together
BATCH_CELLS = 16_000_000  # 128 MB of float64: a batch is cut into several above this
NOWHERE = -1  # the position of a row that counts for nothing


@dataclass(frozen=True, slots=True, eq=False)
class LongBatch:
    """Series of one step, aligned at their ends.

    `values[n_series, n_steps]`: NaN where a row is missing or empty, and before a series begins; the last column
    is each series' own last row. `ends[n_series]`: the time of that row; where a few samples came off the grid at
    the very end, of the grid's last cell before them. Column `j` of series `i` is at
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
class _Shape:
    """Of each series, `[n_series]`: its step, the time of its last cell, and how many cells it has."""

    step: NDArray[np.float64]
    end: NDArray[np.float64]
    length: NDArray[np.int64]


def read_long_table(
    path: Path, *, columns: Columns | None = None, progress: Callable[[int], None] | None = None
) -> LongTable:
    """Read all series of a file.

    Rows may be in any order. A row whose value is empty, `nan` or `null` counts as not seen; so does an infinite
    one. Times are RFC 3339 or numbers. `progress` is called with the number of rows of each block that was read.
    Raises `TableError` for what can't be read, naming the place.
    """
    rows, line = in_order(read_rows(path, columns or Columns(), progress))
    first = np.flatnonzero(np.r_[True, rows.code[1:] != rows.code[:-1]])
    last = np.r_[first[1:], rows.code.size]
    step = np.ones(len(rows.ids))
    end, length = np.zeros(len(rows.ids)), np.ones(len(rows.ids), dtype=np.int64)
    position = np.zeros(rows.code.size, dtype=np.int32)
    for series, part in _slabs(first, last):
        _refuse_duplicates(path, rows, part, line)
        code, time = rows.code[part] - np.int32(series.start), rows.time[part]
        step[series] = steps(code, time, series.stop - series.start)
        place = places(code, time, np.isfinite(rows.value[part]), step[series])
        _require_step(path, rows, part, place, step[series])
        position[part] = np.where(place.counts, place.cell, NOWHERE)
        end[series], length[series] = place.end, place.cell[last[series] - 1 - part.start] + 1
    batches = tuple(_batches(rows, position, _Shape(step, end, length), first, last))
    return LongTable(ids=rows.ids, batches=batches, form=rows.form)


def _slabs(first: NDArray[np.int64], last: NDArray[np.int64]) -> Iterator[tuple[slice, slice]]:
    """Ranges of series, and of their rows, of about `SLAB_ROWS` rows each."""
    start = 0
    while start < first.size:
        stop = max(int(np.searchsorted(last, first[start] + SLAB_ROWS)), start + 1)
        yield slice(start, stop), slice(int(first[start]), int(last[stop - 1]))
        start = stop


def _refuse_duplicates(path: Path, rows: Rows, part: slice, line: NDArray[np.int64] | None) -> None:
    code, time = rows.code[part], rows.time[part]
    at = np.flatnonzero((code[1:] == code[:-1]) & (time[1:] == time[:-1]))
    if at.size:
        places = np.arange(part.start, part.stop) if line is None else line[part]
        lines = sorted((int(places[at[0]]) + 2, int(places[at[0] + 1]) + 2))
        raise TableError(
            f"{path}, lines {lines[0]} and {lines[1]}: series {rows.ids[int(code[at[0]])]!r} has the same time twice: "
            "keep one of them"
        )


def _require_step(path: Path, rows: Rows, part: slice, place: Places, step: NDArray[np.float64]) -> None:
    """Refuse series whose rows lie on no grid, and those whose grid is far wider than their rows."""
    begin = int(rows.code[part.start])
    bad = np.flatnonzero(place.off > OFF_GRID_SHARE)
    if bad.size:
        raise TableError(
            f"{path}: series {rows.ids[int(bad[0]) + begin]!r} has no regular step ({place.off[bad[0]]:.0%} of its "
            f"rows are no whole number of {step[bad[0]]:g} apart): resample it to one step first"
        )
    if place.cell.max(initial=0.0) >= BATCH_CELLS:
        name = rows.ids[int(rows.code[part][int(np.argmax(place.cell))])]
        raise TableError(f"{path}: series {name!r} spans {place.cell.max():.0f} steps, most without a row: cut it")


def _batches(
    rows: Rows, position: NDArray[np.int32], shape: _Shape, first: NDArray[np.int64], last: NDArray[np.int64]
) -> Iterator[LongBatch]:
    length = shape.length
    for one in np.unique(shape.step):
        members = np.flatnonzero(shape.step == one)
        for group in _by_size(members, length[members]):
            width = int(length[group].max())
            values = np.full((group.size, width), np.nan)
            place = np.full(len(rows.ids), -1, dtype=np.int64)
            place[group] = np.arange(group.size)
            for _, part in _slabs(first[group], last[group]):
                code = rows.code[part]
                mine = (place[code] >= 0) & (position[part] != NOWHERE)
                code = code[mine]
                values[place[code], width - length[code] + position[part][mine]] = rows.value[part][mine]
            yield LongBatch(tuple(rows.ids[index] for index in group), float(one), shape.end[group], values)


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
