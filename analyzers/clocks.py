"""Which series live by the wall clock: over a clock change their day goes on at the same local hour.

A load of office hours does; a line through what fills does not, and neither does what a scheduler starts at the same
hour in UTC. The week after the last change decides: whether the week before foretells it better by the wall clock.
Special days foretell nothing, and don't count. A series of which too little was seen in those weeks is left as it is,
whatever the others of its batch show.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analyzers.grids import DAY, LocalGrid, local_grid, time_zone

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
HELPS = 0.8  # of the error: how much better the wall clock has to foretell
WEEK = 7 * DAY
SEEN = 0.75  # of the steps since the change, and of those a week before them: fewer decide nothing


@dataclass(frozen=True, slots=True, eq=False)
class Laid:
    """Rows of a batch on one regular grid that ends with it: as they were, or by the wall clock."""

    rows: NDArray[np.intp]
    times: Floats
    values: Floats
    limits: Floats
    special: Flags


def laid_out(times: Floats, values: Floats, limits: Floats, special: Flags, zone: str) -> Iterator[Laid]:
    """The rows of a batch, those that live by the wall clock laid onto it: the hour that was skipped is not seen.

    `times[n_steps]`, `values[n_series, n_steps]`, `limits[n_series, n_steps]`, `special[n_steps]`; gives one or two
    parts. Raises `ValueError` for a time zone that is not known.
    """
    everything = np.arange(values.shape[0], dtype=np.intp)
    grid = _grid(times, zone)
    if grid is None or grid.even:
        yield Laid(everything, times, values, limits, special)
        return
    source = _source(grid)
    exact = np.r_[True, np.diff(source) > 0]
    wall = np.where(exact, values[:, source], np.nan)
    by_wall = _lives_by_wall(times, (values, special), (wall, special[source]), grid)
    if not by_wall.all():
        yield Laid(everything[~by_wall], times, values[~by_wall], limits[~by_wall], special)
    if by_wall.any():
        step = times[1] - times[0]
        clock = times[-1] + step * np.arange(1 - source.size, 1)
        yield Laid(everything[by_wall], clock, wall[by_wall], limits[by_wall][:, source], special[source])


def _grid(times: Floats, zone: str) -> LocalGrid | None:
    """The wall clock of a batch; None where its steps are too few or too long for one."""
    time_zone(zone)  # one that is not known is refused also where it makes no difference
    if times.size < 2 or times[1] - times[0] > DAY / 4:
        return None
    return local_grid(float(times[0]), float(times[1] - times[0]), times.size, zone)


def _source(grid: LocalGrid) -> NDArray[np.intp]:
    """For each slot up to the last step's the step that it shows: the later of two, the one before where none is."""
    slot = grid.slot
    source = np.zeros(int(slot[-1]) + 1, dtype=np.intp)
    within = slot <= slot[-1]
    source[slot[within]] = np.flatnonzero(within)
    return np.maximum.accumulate(source)


def _lives_by_wall(
    times: Floats, as_it_is: tuple[Floats, Flags], by_wall: tuple[Floats, Flags], grid: LocalGrid
) -> Flags:
    """Which rows the wall clock foretells better over the last change, `[n_series]`; of values and special steps."""
    week = round(WEEK / (times[1] - times[0]))
    since = int(grid.slot.size - 1 - np.flatnonzero(np.diff(grid.slot) != 1)[-1])
    before, after = (_error(*laid, since, max(since - week, 0), week) for laid in (as_it_is, by_wall))
    helps: Flags = after < HELPS * before
    return helps


def _error(values: Floats, special: Flags, since: int, end: int, week: int) -> Floats:
    """How far steps from `since` to `end` (counted from the end) are from the week before, but for steady growth.

    Steps that are special, or were so a week before, do not count. Infinite for a series of which too little was seen.
    """
    change = _between(values, since, end) - _between(values, since + week, end + week)
    marked = special[None].astype(np.float64)
    usual = (_between(marked, since, end) != 1) & (_between(marked, since + week, end + week) != 1)
    seen = np.isfinite(change) & usual
    rows = np.flatnonzero(np.count_nonzero(seen, axis=1) >= max(SEEN * np.count_nonzero(usual), 1))
    error = np.full(values.shape[0], np.inf)
    known = np.where(seen, change, np.nan)[rows]
    error[rows] = np.nanmean(np.abs(known - np.nanmedian(known, axis=1)[:, None]), axis=1)
    return error


def _between(values: Floats, begin: int, end: int) -> Floats:
    """The steps from `begin` to `end`, counted from the end; NaN before the first."""
    size = values.shape[1]
    part = values[:, max(size - begin, 0) : max(size - end, 0)]
    return np.pad(part, ((0, 0), (begin - end - part.shape[1], 0)), constant_values=np.nan)
