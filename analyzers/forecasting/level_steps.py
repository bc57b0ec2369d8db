"""A level that has just changed for good, as by a deploy: what came before is moved to where the series is now.

Nothing in a past without such a step tells how methods do after one: they would all answer with the old level until
the backtest has seen days of the new one, and its errors there would make intervals wide for weeks.
Source: intervention analysis (Box and Tiao, 1975): the effect of the step is estimated and taken out, before a model
is fitted to the rest.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analyzers.forecasting.cycles import levels_before
from analyzers.forecasting.history import History, Working
from analyzers.forecasting.medians import nan_median, nan_spread
from analyzers.forecasting.origins import Origins

AFTER = 14  # blocks after a step, at most; one that is older speaks for itself
BEFORE = 28  # blocks whose levels the new ones are held against
NEAR = 7  # ... of which the last make the level before the step
LEAST_BEFORE = 4
NOISES = 6.0  # robust deviations of the change from block to block, that lie between the old levels and the new
PARTS = 4  # of a block, the last of which tells that something is going on
BEYOND = 2.0  # times the largest change of the weeks before
STEADY = 0.5  # of the step: the new levels differ by less
MOST = 0.8  # of the places in the season that have to have come ...
LEAST_SHARE = 0.1  # ... at least so much of the step's way


@dataclass(frozen=True, slots=True, eq=False)
class _Step:
    """The last step of each series, `[n_series]`: how many blocks ago it was over (0: there is none), and levels."""

    after: NDArray[np.int64]
    old: Working
    new: Working


def level_steps_removed(history: History, horizon: int) -> History:
    """`history` as if it had always been at its last level, where that differs from all levels of the weeks before.

    A level is the median of a block: a season, or a horizon where there is none. A step has to be larger than all that
    the levels before it differed by, and than the noise; one whole block has to have passed since. A trend, a staircase
    and weekends are no such steps: they are in the past too.
    """
    width = history.season if history.periods else horizon
    step = _last_step(history, width)
    moved = np.flatnonzero(step.after)
    if moved.size == 0:
        return history
    values = history.values.copy()
    for series in moved.tolist():
        after = int(step.after[series])
        end = history.steps - after * width
        column = values[:, series]
        if not _throughout(column, after, width, float(step.new[series] - step.old[series])):
            continue
        begin = _where(column, end, width, float(step.old[series]), float(step.new[series]))
        share = _share(column, begin, history.steps - end, step.old[series], step.new[series])
        column[:begin] = step.new[series] + (column[:begin] - step.old[series]) * share
    return replace(history, values=values, levels={})


def unsettled(history: History, horizon: int) -> Working:
    """How far the last hours are from those a season before, where that is beyond all that was seen, `[n_series]`.

    0 elsewhere. A quarter of a season is looked at, or of the horizon where there is none. Whether it stays so nobody
    can know yet: after a whole season it is a step.
    """
    width = history.season if history.periods else horizon
    part = max(width // PARTS, 1)
    change = history.values[width:] - history.values[:-width]
    count = min(change.shape[0] // part, BEFORE * PARTS)
    if count < LEAST_BEFORE * PARTS:
        return np.zeros(history.series, dtype=np.float32)
    level = nan_median(change[change.shape[0] - count * part :].reshape(count, part, history.series), 1)
    now, past = level[-1], level[: -PARTS - 1]
    usual = np.maximum(np.fmax.reduce(past, axis=0), -np.fmin.reduce(past, axis=0))
    return np.where(np.abs(now) > BEYOND * usual, now, np.float32(0))


def _last_step(history: History, width: int) -> _Step:
    """The step with the widest gap between the levels on its two sides."""
    now = Origins(np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64), width)
    count = min(AFTER + 1 + BEFORE, history.steps // width)
    level = levels_before(history, now, width, max(count, 1))[::-1, 0]
    best = np.zeros(history.series, dtype=np.float32)
    out = _Step(np.zeros(history.series, dtype=np.int64), best.copy(), best.copy())
    for after in range(1, min(AFTER, count - LEAST_BEFORE - 1) + 1):  # the block of the step itself is on neither side
        new, old = level[-after:], level[max(count - after - 1 - BEFORE, 0) : -after - 1]
        low, high = np.fmin.reduce(old, axis=0), np.fmax.reduce(old, axis=0)
        gap = np.maximum(new.min(axis=0) - high, low - new.max(axis=0))
        noise = nan_spread(np.diff(old, axis=0), 0)
        level_before, level_after = nan_median(old[-NEAR:], 0), nan_median(new, 0)
        steady = np.ptp(new, axis=0) < STEADY * np.abs(level_after - level_before)
        enough = np.count_nonzero(np.isfinite(old), axis=0) >= LEAST_BEFORE
        found = enough & steady & (gap > np.maximum(NOISES * noise, high - low)) & (gap > best)
        best = np.where(found, gap, best)
        out.after[found] = after
        out.old[found], out.new[found] = level_before[found], level_after[found]
    return out


def _throughout(column: Working, after: int, width: int, height: float) -> bool:
    """Whether most of the last block lies on the step's side of the block before it, place by place.

    Hours that are far off move a day's median a little, where days are otherwise alike.
    """
    before = column[column.size - (after + 2) * width :][:width]
    change = (column[-width:] - before) * np.sign(height)
    return bool(np.quantile(change, 1 - MOST) > LEAST_SHARE * abs(height))


def _where(column: Working, end: int, width: int, old: float, new: float) -> int:
    """The row within the block before `end` from which on values are nearer to the new level."""
    begin = max(end - width, 0)
    nearer = (column[begin:end] - (old + new) / 2) * np.sign(new - old)
    return begin + int(np.argmin(np.r_[0.0, np.cumsum(nearer)]))


def _share(column: Working, begin: int, after: int, old: np.float32, new: np.float32) -> float:
    """By how much deviations are stretched: not at all, or as the level was, whichever the new ones are nearer to."""
    if old * new <= 0:
        return 1.0
    ratio = float(new / old)
    spreads = [
        np.abs(part - np.median(part)).mean() for part in (column[max(begin - after, 0) : begin], column[-after:])
    ]
    if min(spreads) <= 0:
        return 1.0
    return ratio if np.log(spreads[1] / spreads[0]) / np.log(ratio) > 0.5 else 1.0
