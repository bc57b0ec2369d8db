"""The batch turned so that trouble is always upward: cleaned, and brought to bins of about an hour."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analyzers.exhaustion.arrays import (
    blocks_from_end,
    first_bin,
    last_seen,
    white_noise,
)
from analyzers.exhaustion.contract import CapacityParameters, Floats
from analyzers.exhaustion.spikes import find_spikes, impossible
from domain.times import DAY
from domain.watch import Direction, Measure

BIN_SECONDS = 3600.0
HOURLY = 24  # bins a day, with which the first one is left out: a rate that has just begun to be seen is too low
NOISE_SECONDS = 14 * DAY  # from the samples of the last two weeks their noise is told
UPPER_SIGMAS = 1.75  # of noise: the upper quarter of white noise alone hardly ever begins so far above the middle


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
    if parameters.measure is Measure.GAUGE:
        spikes |= impossible(binned, _limit_of_bins(sign * limits, per_bin), bins_per_day)
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


def _limit_of_bins(limits: Floats, per_bin: int) -> Floats:
    """The highest limit in force in every bin, turned upward, `[n_series, n_bins]`."""
    return np.asarray(np.fmax.reduce(blocks_from_end(limits, per_bin), axis=2), dtype=np.float64)
