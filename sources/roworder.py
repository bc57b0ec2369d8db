"""The rows of a table by series and time, each once, and none after a series' last value."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sources.tablerows import BLANK, Rows

FIRST_LINE = 2  # of the first row: the header is on line 1

Lines = NDArray[np.int64] | None  # how many lines after `FIRST_LINE` each row was; None: as many as rows before it


def in_order(rows: Rows) -> tuple[Rows, Lines, dict[str, str]]:
    """The rows in order, the line that each had in the file, and why series are refused, by name.

    Blank rows are left out. Of rows with the same series, time and value one is kept, and of those of which only one
    has a value that one; where values differ for one time, nobody can tell which is right: the series is refused.
    Rows after the last value of a series say nothing, and are left out, unless it has no value at all.
    """
    rows, lines = _sorted(rows)
    rows, lines, refused = _once(rows, lines)
    return *_until_last_value(rows, lines), refused


def line_of(lines: Lines, place: int) -> int:
    """The line of the row at `place`."""
    return FIRST_LINE + (place if lines is None else int(lines[place]))


def _sorted(rows: Rows) -> tuple[Rows, Lines]:
    """The rows without blank ones, by series and time; those of one time stay as they are in the file."""
    if bool((rows.code[1:] >= rows.code[:-1]).all()) and rows.code[0] != BLANK:
        later = rows.time[1:] >= rows.time[:-1]
        later |= rows.code[1:] != rows.code[:-1]
        if bool(later.all()):
            return rows, None
    order = np.lexsort((rows.time, rows.code))
    return _chosen(rows, None, order[np.count_nonzero(rows.code == BLANK) :])  # blank ones come first


def _once(rows: Rows, lines: Lines) -> tuple[Rows, Lines, dict[str, str]]:
    """The rows with each time of a series once."""
    new = np.ones(rows.code.size, dtype=np.bool_)
    new[1:] = (rows.code[1:] != rows.code[:-1]) | (rows.time[1:] != rows.time[:-1])
    if new.all():
        return rows, lines, {}
    begin = np.flatnonzero(new)
    low, high = np.fmin.reduceat(rows.value, begin), np.fmax.reduceat(rows.value, begin)
    clashes = np.flatnonzero(low < high)
    code, which = np.unique(rows.code[begin[clashes]], return_index=True)
    stop = np.r_[begin[1:], rows.code.size]
    refused = {
        rows.ids[series]: _clash(rows, lines, slice(int(begin[one]), int(stop[one])))
        for series, one in zip(code.tolist(), clashes[which].tolist(), strict=True)
    }
    rows, lines = _chosen(rows, lines, begin)
    return replace(rows, value=low), lines, refused


def _clash(rows: Rows, lines: Lines, part: slice) -> str:
    """What is said of the rows of one time: two lines whose values differ."""
    values = rows.value[part]
    one = int(np.argmax(np.isfinite(values)))
    other = int(np.argmax(np.isfinite(values) & (values != values[one])))
    first, second = sorted((line_of(lines, part.start + one), line_of(lines, part.start + other)))
    return f"lines {first} and {second} have the same time twice, with different values: keep one of them"


def _until_last_value(rows: Rows, lines: Lines) -> tuple[Rows, Lines]:
    """The rows without those at the end of a series that have no value."""
    first = np.flatnonzero(np.r_[True, rows.code[1:] != rows.code[:-1]])
    last = np.r_[first[1:], rows.code.size] - 1
    seen = np.isfinite(rows.value)
    if seen[last].all():
        return rows, lines
    final = last.copy()
    for series in np.flatnonzero(~seen[last]).tolist():
        values = np.flatnonzero(seen[first[series] : last[series] + 1])
        final[series] = first[series] + values[-1] if values.size else last[series]
    kept = np.arange(rows.code.size) <= np.repeat(final, last - first + 1)
    return _chosen(rows, lines, np.flatnonzero(kept))


def _chosen(rows: Rows, lines: Lines, places: NDArray[np.int64]) -> tuple[Rows, Lines]:
    """Those rows alone, and their lines."""
    picked = replace(rows, code=rows.code[places], time=rows.time[places], value=rows.value[places])
    return picked, places if lines is None else lines[places]
