"""The batch turned so that trouble is always upward: cleaned, and brought to bins of about an hour."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analyzers.exhaustion.arrays import (
    MAD_TO_SIGMA,
    fill_forward,
    first_bin,
    last_seen,
    median5,
    nan_median,
    white_noise,
)
from analyzers.exhaustion.contract import CapacityParameters, Flags, Floats
from domain.times import DAY
from domain.watch import Direction, Measure

BIN_SECONDS = 3600.0
HOURLY = 24  # bins a day, with which the first one is left out: a rate that has just begun to be seen is too low
SPIKE_SIGMAS = 6.0  # a sample this far from the median of its neighbours is wrong, ...
RECURS_SHARE = 0.4  # ... unless the same hour of the day has it on so many days: then it is a peak
WEEK = 7  # days
LEAST_DAYS = 3  # before which nothing is said to recur
NOISE_SECONDS = 14 * DAY  # from the samples of the last two weeks their noise is told
UPPER_SIGMAS = 1.75  # of noise: the upper quarter of white noise alone hardly ever begins so far above the middle
RAMP = 0.5  # of its distance from its neighbours' median: a bin that a straight line from one side foretells so well


@dataclass(frozen=True, slots=True, eq=False)
class Pressure:
    """A batch in which every series runs out upward.

    `values[n_series, n_bins]` in bins of `bin_seconds`, the last of which ends at as_of; NaN where nothing was seen.
    A value that comes from `sign * value` (a free amount becomes negative), or the increase of a counter.
    """

    values: Floats
    bin_seconds: float
    limit: Floats  # [n_series], turned the same way, at the end
    sign: float  # 1 upward, -1 downward
    spikes: Floats  # [n_series]: bins that were set aside
    resets: Floats  # [n_series]: resets of a counter
    noise: Floats  # [n_series]: of a sample, white; infinite where samples are no finer than bins


def pressure(step: float, values: Floats, limits: Floats, parameters: CapacityParameters) -> Pressure:
    """Turn, correct, bin and clean a batch: one pass over the samples, then everything is hourly.

    Parameters
    ----------
    step : seconds between samples.
    values, limits : `[n_series, n_steps]`, NaN where nothing was seen.
    parameters : direction, measure and bounds.
    """
    sign = 1.0 if parameters.direction is Direction.UP else -1.0
    resets = np.zeros(values.shape[0])
    if parameters.measure is Measure.COUNTER:
        values, resets = increase(values)
    per_bin = max(1, round(BIN_SECONDS / step))
    turned = sign * values
    noise = np.full(values.shape[0], np.inf)
    if per_bin > 1:
        noise = white_noise(turned[:, -round(NOISE_SECONDS / step) :])
    binned = robust_bins(turned, per_bin, noise)
    bins_per_day = max(1, round(DAY / (per_bin * step)))
    spikes = find_spikes(binned, bins_per_day)
    binned[spikes] = np.nan
    if bins_per_day >= HOURLY:
        binned[np.arange(binned.shape[0]), first_bin(binned)] = np.nan
    return Pressure(
        values=binned,
        bin_seconds=per_bin * step,
        limit=sign * last_seen(limits),
        sign=sign,
        spikes=spikes.sum(axis=1).astype(np.float64),
        resets=resets,
        noise=noise,
    )


def increase(values: Floats) -> tuple[Floats, Floats]:
    """The increase of each counter since its first sample, resets corrected as Prometheus does, and their number.

    Returns `[n_series, n_steps]` (NaN where nothing was seen) and `[n_series]`.
    """
    seen = ~np.isnan(values)
    index = np.where(seen, np.arange(values.shape[1]), 0)
    np.maximum.accumulate(index, axis=1, out=index)
    filled = np.take_along_axis(values, index, axis=1)
    change = np.diff(filled, axis=1, prepend=filled[:, :1])
    np.nan_to_num(change, copy=False)
    reset = change < 0
    change[reset] = filled[reset]
    total = np.cumsum(change, axis=1)
    total[~seen] = np.nan
    return total, reset.sum(axis=1).astype(np.float64)


def robust_bins(values: Floats, per_bin: int, noise: Floats) -> Floats:
    """What the series was at in every `per_bin` samples, counted from the end: `[n_series, ceil(n_steps / per_bin)]`.

    The mean of the middle half of a full bin; where its upper quarter begins higher than `noise[n_series]` explains,
    as much more: a peak need not last an hour. The median of a bin that was not seen whole. Wrong samples fewer than a
    quarter do no harm.
    """
    n_series, n_steps = values.shape
    if per_bin == 1:
        return values.astype(np.float64, copy=True)
    missing = -n_steps % per_bin
    if missing:
        values = np.concatenate([np.full((n_series, missing), np.nan), values], axis=1)
    ordered = np.sort(values.reshape(n_series, -1, per_bin), axis=2)
    trim = per_bin // 4
    middle: Floats = ordered[:, :, trim : per_bin - trim].mean(axis=2)
    upper = ordered[:, :, per_bin - max(trim, 2)] - UPPER_SIGMAS * noise[:, None]
    highest: Floats = np.fmax(middle, upper)
    partial = np.isnan(ordered[:, :, -1])
    rows = ordered[partial]
    count = (~np.isnan(rows)).sum(axis=1)
    at = np.arange(rows.shape[0])
    highest[partial] = 0.5 * (rows[at, np.maximum(count - 1, 0) // 2] + rows[at, np.maximum(count, 1) // 2 % per_bin])
    return highest


def find_spikes(values: Floats, bins_per_day: int) -> Flags:
    """Single wrong values: far from the median of their five neighbours, at an hour that does not do so every day."""
    n_bins = values.shape[1]
    if n_bins < 5:
        return np.zeros(values.shape, dtype=np.bool_)
    filled = fill_forward(values)
    around = np.pad(filled, ((0, 0), (2, 0)), mode="edge")  # as what is before a series that begins later
    middle = median5(*(around[:, i : n_bins - 2 + i] for i in range(5)))
    median = np.pad(middle, ((0, 0), (0, 2)), mode="edge")
    distance = np.abs(values - median)
    sigma = MAD_TO_SIGMA * nan_median(np.where(distance > 0, distance, np.nan))
    flags: Flags = distance > SPIKE_SIGMAS * np.nan_to_num(sigma, nan=np.inf)[:, None]
    flags &= ~_on_a_ramp(filled, distance)
    flags[_two_agree_at_the_end(filled, flags, distance), -2:] = False
    flags[_as_a_week_ago(values, filled, median, WEEK * bins_per_day), -1] = False
    return flags & ~_recurs(flags, ~np.isnan(values), bins_per_day)


def _recurs(flags: Flags, seen: Flags, bins_per_day: int) -> Flags:
    """Which bins are at an hour of the day that is flagged on many of the days on which it was seen."""
    n_series, n_bins = flags.shape
    missing = -n_bins % bins_per_day
    flagged, known = (
        np.pad(x, ((0, 0), (missing, 0))).reshape(n_series, -1, bins_per_day).sum(axis=1) for x in (flags, seen)
    )
    often = (flagged >= np.maximum(RECURS_SHARE * known, 2)) & (n_bins >= LEAST_DAYS * bins_per_day)
    return np.asarray(np.tile(often, (1, (n_bins + missing) // bins_per_day))[:, missing:], dtype=np.bool_)


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
