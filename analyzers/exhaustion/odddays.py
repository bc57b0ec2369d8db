"""Days out of turn: holidays that are as quiet as a weekend, and weekends that are worked through.

A week of busy and quiet days is taken out of a series day by day, so that a day of the other kind looks like a level
that fell, or like a peak. Where a day is as days of the other kind are, it is taken for one of them, whatever its name.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analyzers.exhaustion.arrays import MAD_TO_SIGMA, blocks_from_end, first_bin, nan_median, trailing_max
from analyzers.exhaustion.contract import Flags, Floats
from analyzers.exhaustion.season import Week

WEEK = 7  # days
AROUND = (10, 3)  # days before and after, whose median is the level of a day
APART = 5.0  # times what days of a kind differ by: so far apart are the two kinds
AWAY = 0.6  # of the distance between them, that a day is away from its own kind
NEAR = 0.35  # likewise, that it is away from the other at most
LONGEST = 5  # days: what lasts longer is another level


def with_odd_days(top: Floats, week: Week) -> Week:
    """The week of `top[n_series, n_quarters]`, whose days that were of the other kind are taken for that kind."""
    per_week = week.profile.shape[1]
    rows = np.flatnonzero(np.ptp(week.profile, axis=1) > 0)
    if rows.size == 0 or per_week % WEEK:
        return week
    past = week.past.copy()
    past[rows] = _of_their_kind(top[rows], past[rows], week.profile[rows], per_week // WEEK)
    return replace(week, past=past)


def _of_their_kind(top: Floats, past: Floats, profile: Floats, per_day: int) -> Floats:
    """`past[n_series, n_quarters]`, what the week adds, for days of the kind that they were."""
    n_quarters, per_week = past.shape[1], profile.shape[1]
    low, high = profile.min(axis=1, keepdims=True), profile.max(axis=1, keepdims=True)
    busy = profile > (low + high) / 2
    quiet_share, busy_share = (
        (np.where(kind, profile - low, 0.0).sum(axis=1, keepdims=True) / kind.sum(axis=1, keepdims=True)) / (high - low)
        for kind in (~busy, busy)
    )
    lowest, highest = -trailing_max(-past, per_week), trailing_max(past, per_week)
    whole = np.maximum(np.arange(n_quarters), first_bin(top)[:, None] + per_week - 1)  # the first week that is one
    lowest, strength = (np.take_along_axis(x, whole, axis=1) for x in (lowest, highest - lowest))
    quiet_height, busy_height = lowest + quiet_share * strength, lowest + busy_share * strength
    apart = busy_height - quiet_height
    level, scatter = _level(top - past, per_day)
    now_busy = busy[:, np.arange(-n_quarters, 0) % per_week]
    other = np.where(now_busy, quiet_height, busy_height)
    away, away_from_other = top - past - level, top - other - level
    toward = np.where(now_busy, -away, away)
    with np.errstate(invalid="ignore"):
        odd = (toward > AWAY * apart) & (np.abs(away_from_other) < NEAR * apart) & (apart > APART * scatter[:, None])
    return np.where(odd & _short(odd, LONGEST * per_day), other, past)


def _level(rest: Floats, per_day: int) -> tuple[Floats, Floats]:
    """The level around each day, `[n_series, n_quarters]`, and what days differ from it by, `[n_series]`."""
    days = nan_median(blocks_from_end(rest, per_day))
    before, after = AROUND
    padded = np.pad(days, ((0, 0), (before, after)), constant_values=np.nan)
    around = np.lib.stride_tricks.sliding_window_view(padded, before + after + 1, axis=1)
    level = nan_median(np.ascontiguousarray(around))
    scatter = MAD_TO_SIGMA * np.nan_to_num(nan_median(np.abs(days - level)))
    return np.repeat(level, per_day, axis=1)[:, -rest.shape[1] :], scatter


def _short(flags: Flags, longest: int) -> Flags:
    """Which flags stand in a row of at most so many."""
    index = np.arange(flags.shape[1])
    since = index - np.maximum.accumulate(np.where(flags, -1, index), axis=1)
    left = flags[:, ::-1]
    until = index - np.maximum.accumulate(np.where(left, -1, index), axis=1)
    return np.asarray(since + until[:, ::-1] - 1 <= longest, dtype=np.bool_)
