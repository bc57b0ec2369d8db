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
from sources.roworder import Lines, in_order, line_of
from sources.tablerows import Columns, Rows, read_rows
from sources.timeform import TimeForm

__all__ = ["Columns", "LongBatch", "LongTable", "read_long_table"]

SLAB_ROWS = 500_000  # that are worked on together
BATCH_CELLS = 16_000_000  # 128 MB of float64: a batch is cut into several above this
NOWHERE = -1  # the position of a row that counts for nothing


@dataclass(frozen=True, slots=True, eq=False)
class LongBatch:
    """Series of one step, aligned at their ends.

    `values[n_series, n_steps]`: NaN where a row is missing or empty, and before a series begins; the last column
    is each series' own last row with a value. `ends[n_series]`: the time of that row; where a few samples came off
    the grid at the very end, of the grid's last cell before them. Column `j` of series `i` is at
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
    """All series of a file: `ids` in the order of their first rows, and `batches` by step and length.

    `refused`: why series can't be used, by name. They are in the batches as the others are, without any value.
    """

    ids: tuple[str, ...]
    batches: tuple[LongBatch, ...]
    form: TimeForm
    refused: dict[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class _Layout:
    """Where everything goes.

    Of each series, `[n_series]`: its `first` row and the one behind its `last`, its step, the time of its last cell,
    and how many cells it has; a series that fits no grid has one, at its last row, and a step of others. Of each row
    its `position`.
    """

    first: NDArray[np.int64]
    last: NDArray[np.int64]
    step: NDArray[np.float64]
    end: NDArray[np.float64]
    length: NDArray[np.int64]
    position: NDArray[np.int32]
    refused: dict[str, str]


def read_long_table(
    path: Path, *, columns: Columns | None = None, progress: Callable[[int], None] | None = None
) -> LongTable:
    """Read all series of a file.

    Rows may be in any order; the same row twice counts once. A row whose value is empty, `nan` or `null` counts as
    not seen; so does an infinite one; after its last value a series has ended. Times are RFC 3339 or numbers.
    A series that contradicts itself or has no regular step is refused alone. `progress` is called with the number of
    rows of each block that was read. Raises `TableError` for what can't be read, naming the place.
    """
    rows, lines, refused = in_order(read_rows(path, columns or Columns(), progress))
    layout = _laid_out(rows, lines, refused)
    return LongTable(rows.ids, tuple(_batches(rows, layout)), rows.form, layout.refused)


def _laid_out(rows: Rows, lines: Lines, refused: dict[str, str]) -> _Layout:
    """The layout of rows that are in order; series that were `refused` already get no values."""
    first = np.flatnonzero(np.r_[True, rows.code[1:] != rows.code[:-1]])
    last = np.r_[first[1:], rows.code.size]
    step, length = np.ones(first.size), np.ones(first.size, dtype=np.int64)
    end, position = rows.time[last - 1], np.full(rows.code.size, NOWHERE, dtype=np.int32)
    fitting, refused = np.ones(first.size, dtype=np.bool_), dict(refused)
    for series, part in _slabs(first, last):
        code, time = rows.code[part] - np.int32(series.start), rows.time[part]
        step[series] = steps(code, time, series.stop - series.start)
        place = places(code, time, np.isfinite(rows.value[part]), step[series])
        final = place.cell[last[series] - 1 - part.start]
        reasons = _unfit(place, final, step[series], first[series] - part.start, lines, part.start)
        refused |= {rows.ids[series.start + one]: reason for one, reason in reasons.items()}
        fits = np.array([one not in reasons for one in range(final.size)])
        fitting[series] = fits
        end[series] = np.where(fits, place.end, end[series])
        length[series] = np.where(fits, final, 0) + 1
        told = np.array([rows.ids[one] not in refused for one in range(series.start, series.stop)])
        position[part] = np.where(place.counts & told[code], place.cell, NOWHERE)
    return _Layout(first, last, _shared(step, fitting), end, length, position, refused)


def _shared(step: NDArray[np.float64], fitting: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The steps, in which series that fit no grid have the middle one of the others: each step makes a batch."""
    if fitting.all():
        return step
    known = np.sort(step[fitting] if fitting.any() else step)
    return np.where(fitting, step, known[known.size // 2])


def _slabs(first: NDArray[np.int64], last: NDArray[np.int64]) -> Iterator[tuple[slice, slice]]:
    """Ranges of series, and of their rows, of about `SLAB_ROWS` rows each."""
    start = 0
    while start < first.size:
        stop = max(int(np.searchsorted(last, first[start] + SLAB_ROWS)), start + 1)
        yield slice(start, stop), slice(int(first[start]), int(last[stop - 1]))
        start = stop


def _unfit(
    place: Places,
    final: NDArray[np.float64],
    step: NDArray[np.float64],
    first: NDArray[np.int64],
    lines: Lines,
    start: int,
) -> dict[int, str]:
    """Why series can't be laid on a grid: by their number, those of no regular step or far wider than their rows."""
    reasons: dict[int, str] = {}
    for one in np.flatnonzero(place.off > OFF_GRID_SHARE).tolist():
        stray = first[one] + int(np.argmax(place.stray[first[one] :]))
        reasons[one] = (
            f"it has no regular step ({place.off[one]:.0%} of its rows, first that on line "
            f"{line_of(lines, start + int(stray))}, are no whole number of {step[one]:g} from the others): "
            "resample it to one step first"
        )
    for one in np.flatnonzero(final >= BATCH_CELLS).tolist():
        stop = first[one + 1] if one + 1 < first.size else place.cell.size
        after = first[one] + 1 + int(np.argmax(np.diff(place.cell[first[one] : stop])))
        reasons.setdefault(
            one,
            f"it spans {final[one]:.0f} steps, most without a row, the widest gap before line "
            f"{line_of(lines, start + int(after))}: cut it, or correct that line",
        )
    return reasons


def _batches(rows: Rows, layout: _Layout) -> Iterator[LongBatch]:
    length = layout.length
    for one in np.unique(layout.step):
        members = np.flatnonzero(layout.step == one)
        for group in _by_size(members, length[members]):
            width = int(length[group].max())
            values = np.full((group.size, width), np.nan)
            place = np.full(len(rows.ids), -1, dtype=np.int64)
            place[group] = np.arange(group.size)
            for _, part in _slabs(layout.first[group], layout.last[group]):
                code, position = rows.code[part], layout.position[part]
                mine = (place[code] >= 0) & (position != NOWHERE)
                code = code[mine]
                values[place[code], width - length[code] + position[mine]] = rows.value[part][mine]
            yield LongBatch(tuple(rows.ids[index] for index in group), float(one), layout.end[group], values)


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
