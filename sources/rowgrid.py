"""The step of each series of a table, and the cell of its grid that each row belongs to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.int32]

STEP_SHARE = 0.1  # the step is near the smallest distance of neighbours that at least this share of them has
OFF_GRID = 0.25  # of a step: how far a row may be from its cell's time
OFF_GRID_SHARE = 0.05  # of a series' rows that may be further off
ALIKE = 0.002  # of a step: how far an estimate may be from the whole number that it stands for
EXACT = 1e-6  # of a step, or seconds: what numbers can't tell apart


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Where rows and series lie.

    `cell[n_rows]` is the row's cell on its series' grid, from 0; `counts[n_rows]` whether it is the row of its cell
    that counts. `end[n_series]` is the time of the series' last cell; `off[n_series]` the share of its rows that lie
    on no grid (`stray[n_rows]`): it has no regular step where that is above `OFF_GRID_SHARE`.
    """

    cell: Floats
    counts: NDArray[np.bool_]
    stray: NDArray[np.bool_]
    end: Floats
    off: Floats


def steps(code: Codes, time: Floats, series: int) -> Floats:
    """The step of each of `series` series, in the unit of `time[n_rows]`, whose rows are in order; 1 for a single row.

    From the smallest distance that a fair share of neighbours has to the middle of the distances about it, because
    clocks jitter: samples taken every 60 s may be 58 to 62 s apart when their times are whole seconds. Where no
    distance is common, the middle is an estimate, and a whole number close to it that fits all rows is the step.
    """
    gap = np.diff(time).round(6)
    within = (code[1:] == code[:-1]) & (gap > 0)
    owner, gap = code[1:][within], gap[within]
    begin = np.flatnonzero(np.diff(owner, prepend=-1))
    step = np.ones(series)
    step[owner[begin]] = gap[begin]
    if begin.size:
        even = np.minimum.reduceat(gap, begin) == np.maximum.reduceat(gap, begin)
        rest = np.repeat(~even, np.diff(np.r_[begin, owner.size]))
        step = _common_steps(owner[rest], gap[rest], step)
    return step


def _common_steps(owner: Codes, gap: Floats, otherwise: Floats) -> Floats:
    """The step of each series whose distances differ; `otherwise[n_series]` where a series has none here."""
    common = _smallest_common(owner, gap, otherwise.size)
    step = np.where(np.isnan(common), _middle(owner, gap, otherwise), common)
    for _ in range(2):
        near = np.abs(gap - step[owner]) <= OFF_GRID * step[owner]
        step = _middle(owner[near], gap[near], step)
    return np.where(np.isnan(common), _whole(owner[near], gap[near], step), step)


def _smallest_common(owner: Codes, gap: Floats, series: int) -> Floats:
    """The smallest distance that a fair share of a series' neighbours has; NaN where there is none."""
    counts = pl.DataFrame({"owner": owner, "gap": gap}).group_by("owner", "gap").len()
    share = pl.col("len") / pl.col("len").sum().over("owner")
    common = counts.filter(share >= STEP_SHARE).group_by("owner").agg(pl.col("gap").min())
    step = np.full(series, np.nan)
    step[common["owner"].to_numpy()] = common["gap"].to_numpy()
    return step


def _whole(owner: Codes, gap: Floats, step: Floats) -> Floats:
    """The whole number near each series' step that its mean distance stays with from end to end; else the step."""
    count = np.bincount(owner, minlength=step.size)
    mean = np.bincount(owner, gap, step.size) / np.maximum(count, 1)
    whole = np.rint(mean)
    fits = (np.abs(whole - step) <= ALIKE * step) & (np.abs(whole - mean) * count <= OFF_GRID * step)
    return np.where(fits, whole, step)


def _middle(owner: Codes, gap: Floats, otherwise: Floats) -> Floats:
    """The median of each series' distances; `otherwise[n_series]` where it has none."""
    middle = pl.DataFrame({"owner": owner, "gap": gap}).group_by("owner").agg(pl.col("gap").median())
    step = otherwise.copy()
    step[middle["owner"].to_numpy()] = middle["gap"].to_numpy()
    return step


def places(code: Codes, time: Floats, seen: NDArray[np.bool_], step: Floats) -> Places:
    """The places of rows that are in order by series (`code` from 0, none left out) and time.

    The grid of a series runs through most of its rows, so that a few closer samples move nothing. Where more rows
    than few lie off it (months, a clock that drifts), the distances are rounded one by one. Of the rows of one cell
    the one nearest to the cell's time counts, and one with a value (`seen[n_rows]`) before one without.
    """
    first = np.flatnonzero(np.r_[True, code[1:] != code[:-1]])
    even = _even(code, time, seen, step, first)
    if not (even.off > OFF_GRID_SHARE).any():
        return even
    uneven = _one_by_one(code, time, step, first)
    by_grid = even.off <= OFF_GRID_SHARE
    rows = by_grid[code]
    return Places(
        cell=np.where(rows, even.cell, uneven.cell),
        counts=np.where(rows, even.counts, uneven.counts),
        stray=np.where(rows, even.stray, uneven.stray),
        end=np.where(by_grid, even.end, uneven.end),
        off=np.where(by_grid, even.off, uneven.off),
    )


def _even(code: Codes, time: Floats, seen: NDArray[np.bool_], step: Floats, first: NDArray[np.int64]) -> Places:
    """Places on an even grid, which runs through most rows of a series.

    It ends at the last row that lies on it and counts, or whole steps after that, but not after the last row.
    """
    last = np.r_[first[1:], code.size] - 1
    at = (time - time[last][code]) / step[code]  # steps after the last row: none is above 0
    phase = _phase(code, at, step.size)
    at -= phase[code]
    final = np.floor(OFF_GRID - phase)
    cell = np.minimum(np.rint(at), final[code])
    distance = np.abs(at - cell)
    counts = _nearest(code, cell, np.where(seen, distance, np.inf))
    on = distance < OFF_GRID - EXACT
    stray = counts & ~on
    off = np.bincount(code[stray], minlength=step.size) / np.bincount(code[counts], minlength=step.size)
    anchor = np.maximum.reduceat(np.where(counts & on, np.arange(code.size), -1), first)
    end = time[anchor] + (final - cell[anchor]) * step
    return Places(cell - cell[first][code], counts, stray, end, off)


def _phase(code: Codes, at: Floats, series: int) -> Floats:
    """How far most rows lie after whole steps, in steps from -0.5 to 0.5: the mean of their angles on a circle."""
    turn = 2 * np.pi * (at - np.rint(at))
    if not turn.any():
        return np.zeros(series)
    return np.arctan2(np.bincount(code, np.sin(turn), series), np.bincount(code, np.cos(turn), series)) / (2 * np.pi)


def _nearest(code: Codes, cell: Floats, distance: Floats) -> NDArray[np.bool_]:
    """Which row of each cell is nearest to its time: the first of equally near ones."""
    new = np.ones(code.size, dtype=np.bool_)
    new[1:] = (code[1:] != code[:-1]) | (cell[1:] != cell[:-1])
    if new.all():
        return new
    best = np.minimum.reduceat(distance, np.flatnonzero(new))[np.cumsum(new) - 1]
    near = np.flatnonzero(distance <= best)
    owner = np.cumsum(new)[near]
    counts = np.zeros(code.size, dtype=np.bool_)
    counts[near[np.r_[True, owner[1:] != owner[:-1]]]] = True
    return counts


def _one_by_one(code: Codes, time: Floats, step: Floats, first: NDArray[np.int64]) -> Places:
    """Places by the whole number of steps from row to row, of which each is at least one."""
    distance = np.diff(time, prepend=time[:1]) / step[code]
    distance[first] = 0.0
    whole = np.maximum(np.rint(distance), 1.0)
    whole[first] = 0.0
    rows = np.bincount(code, minlength=step.size)
    stray = np.abs(distance - whole) > OFF_GRID
    off = np.bincount(code, stray, step.size) / np.maximum(rows - 1, 1)
    cell = np.cumsum(whole)
    last = np.r_[first[1:], code.size] - 1
    return Places(cell - cell[first][code], np.ones(code.size, dtype=np.bool_), stray, time[last], off)
