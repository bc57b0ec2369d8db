"""Wrong samples: bins that stand out of the series as nothing else in it does, or that cannot have been."""

from __future__ import annotations

import numpy as np

from analyzers.exhaustion.arrays import (
    MAD_TO_SIGMA,
    begun,
    blocks_from_end,
    fill_forward,
    first_bin,
    median5,
    nan_median,
)
from analyzers.exhaustion.contract import Flags, Floats

SPIKE_SIGMAS = 6.0  # a sample this far from the median of its neighbours is wrong, ...
RECURS_SHARE = 0.4  # ... unless the same hour has it on so many days, or in so many weeks: then it is a peak
LEAST_TIMES = 3  # an hour must have been seen, before anything is said to recur at it
LEAST_DAYS, LEAST_WEEKS = 2, 3  # on which it does: an hour of the day, of the week
WEEK = 7  # days
FEW = 0.25  # of the bins that were seen
AS_USUAL = 2.0  # times what its hour is away from its neighbours on the usual day, measured by how far a day moves
MOST_BINS = 3  # that what is impossible may last
RAMP = 0.5  # of its distance from its neighbours' median: a bin that a straight line from one side foretells so well


def find_spikes(values: Floats, bins_per_day: int) -> Flags:
    """Single wrong values: far from the median of their five neighbours, at an hour that does not do so day by day."""
    n_bins = values.shape[1]
    if n_bins < 5:
        return np.zeros(values.shape, dtype=np.bool_)
    filled = fill_forward(values)
    around = np.pad(filled, ((0, 0), (2, 0)), mode="edge")  # as what is before a series that begins later
    middle = median5(*(around[:, i : n_bins - 2 + i] for i in range(5)))
    median = np.pad(middle, ((0, 0), (0, 2)), mode="edge")
    distance = np.abs(values - median)
    flags: Flags = distance > SPIKE_SIGMAS * _usual_movement(values, distance)[:, None]
    flags &= ~_on_a_ramp(filled, distance)
    flags[_two_agree_at_the_end(filled, flags, distance), -2:] = False
    flags[_as_a_week_ago(values, filled, median, WEEK * bins_per_day), -1] = False
    seen = ~np.isnan(values)
    recurs = _recurring(flags, seen, bins_per_day)
    return flags & ~recurs & ~_as_on_other_days(values - median, median, flags & ~recurs, bins_per_day)


def impossible(values: Floats, limits: Floats, bins_per_day: int) -> Flags:
    """What cannot have been: a few bins beyond their limit by more than their day usually is below it.

    `values` and `limits` `[n_series, n_bins]`. What was so far beyond its limit and is back at once was not measured
    well, unless it is so at that hour day by day, or week by week.
    """
    flags = np.zeros(values.shape, dtype=np.bool_)
    rows = np.flatnonzero((values > limits).any(axis=1))
    if rows.size and bins_per_day >= 4 * MOST_BINS:  # else they are too much of their day
        flags[rows] = _far_beyond(values[rows], limits[rows], bins_per_day)
    return flags


def _far_beyond(values: Floats, limits: Floats, bins_per_day: int) -> Flags:
    over = values > limits
    usual = np.repeat(nan_median(blocks_from_end(values, bins_per_day)), bins_per_day, axis=1)[:, -values.shape[1] :]
    beyond = over & (values > 2 * limits - usual)
    inside = begun(values) & begun(values[:, ::-1])[:, ::-1] & ~over
    flags = np.zeros(values.shape, dtype=np.bool_)
    for length in range(1, MOST_BINS + 1):
        alone = inside[:, : -length - 1] & inside[:, length + 1 :]
        for i in range(1, length + 1):
            alone &= beyond[:, i : i - length - 1]
        for i in range(1, length + 1):
            flags[:, i : i - length - 1] |= alone
    return flags & ~_recurring(flags, ~np.isnan(values), bins_per_day)


def _usual_movement(values: Floats, distance: Floats) -> Floats:
    """How far a bin usually is from its neighbours, of those that are elsewhere, `[n_series]`; infinite where none is.

    Where few are, as in a series that rises in steps, wrong samples are most of them: there no farther than a bin
    usually is from the one before it.
    """
    moved = distance > 0
    usual = nan_median(np.where(moved, distance, np.nan))
    few = np.flatnonzero(moved.sum(axis=1) < FEW * (~np.isnan(values)).sum(axis=1))
    step = np.abs(np.diff(values[few], axis=1))
    usual[few] = np.fmin(usual[few], nan_median(np.where(step > 0, step, np.nan)))
    return np.asarray(MAD_TO_SIGMA * np.nan_to_num(usual, nan=np.inf), dtype=np.float64)


def _recurring(flags: Flags, seen: Flags, bins_per_day: int) -> Flags:
    """Which bins are at an hour of the day, or of the week, that is flagged again and again."""
    return _recurs(flags, seen, bins_per_day, LEAST_DAYS) | _recurs(flags, seen, WEEK * bins_per_day, LEAST_WEEKS)


def _recurs(flags: Flags, seen: Flags, period: int, least: int) -> Flags:
    """Which bins are at an hour (of the day, or of the week) that is flagged at many of the times it was seen.

    At `least` so often; an hour that was seen fewer than three times does not recur.
    """
    n_series, n_bins = flags.shape
    missing = -n_bins % period
    flagged, known = (
        np.pad(x, ((0, 0), (missing, 0))).reshape(n_series, -1, period).sum(axis=1) for x in (flags, seen)
    )
    often = (flagged >= np.maximum(RECURS_SHARE * known, least)) & (known >= LEAST_TIMES)
    return np.asarray(np.tile(often, (1, (n_bins + missing) // period))[:, missing:], dtype=np.bool_)


def _as_on_other_days(away: Floats, median: Floats, flags: Flags, bins_per_day: int) -> Flags:
    """Which bins stand out of their day as their hour does on the usual day: the top of a sharp peak on a busy day.

    `away[n_series, n_bins]` is how far a bin is from its neighbours; it is measured by how far its day moves.
    """
    result = np.zeros(away.shape, dtype=np.bool_)
    rows = np.flatnonzero(flags.any(axis=1))
    if rows.size:
        days, levels = blocks_from_end(away[rows], bins_per_day), blocks_from_end(median[rows], bins_per_day)
        moves = np.fmax.reduce(levels, axis=2) - np.fmin.reduce(levels, axis=2)
        share = days / np.where(moves > 0, moves, np.nan)[:, :, None]
        known = np.count_nonzero(~np.isnan(share), axis=1) >= LEAST_TIMES
        usual = np.where(known, nan_median(np.swapaxes(share, 1, 2)), 0.0)[:, None, :]
        as_usual = (np.sign(share) == np.sign(usual)) & (np.abs(share) < AS_USUAL * np.abs(usual))
        result[rows] = as_usual.reshape(rows.size, -1)[:, -away.shape[1] :]
    return result


def _two_agree_at_the_end(filled: Floats, flags: Flags, distance: Floats) -> Flags:
    """Whether the last two bins are far from those before and near each other: so a new level begins, `[n_series]`."""
    apart = np.abs(filled[:, -1] - filled[:, -2])
    both = flags[:, -2] & flags[:, -1]
    return np.asarray(both & (apart < RAMP * np.minimum(distance[:, -2], distance[:, -1])), dtype=np.bool_)


def _as_a_week_ago(values: Floats, filled: Floats, median: Floats, week: int) -> Flags:
    """Whether the last bin is as far from those before it as it was a `week` ago: so a Monday begins, `[n_series]`."""
    enough: Flags = first_bin(values) + week + 5 <= values.shape[1]
    if not enough.any():
        return enough
    now, then = filled[:, -1] - median[:, -1], filled[:, -1 - week] - median[:, -3 - week]
    return np.asarray(enough & (np.abs(now - then) < RAMP * np.abs(now)), dtype=np.bool_)


def _on_a_ramp(filled: Floats, distance: Floats) -> Flags:
    """Which bins go on as the two before them, or the two after: the tip of a tooth is no wrong sample."""
    ramp = np.zeros(filled.shape, dtype=np.bool_)
    from_left = np.abs(filled[:, 2:] - 2 * filled[:, 1:-1] + filled[:, :-2])
    ramp[:, 2:] |= from_left < RAMP * distance[:, 2:]
    ramp[:, :-2] |= from_left < RAMP * distance[:, :-2]
    return ramp
