"""Series that fill and are emptied again and again: restarts, rotation, cleanup, collection, compaction.

Where the limit is reached depends on how fast the present cycle fills, on when it will be emptied, and on what is left
then. These are drawn from the cycles that were seen; a line through such a series means nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from analyzers.exhaustion.arrays import MAD_TO_SIGMA, begun, fill_forward, first_bin, last_true, median3, nan_median
from analyzers.exhaustion.contract import Flags, Floats

MOST_DROPS = 24  # the latest ones that are looked at
LEAST_DROPS = 3
GIVEN_BACK = 0.4  # share of what was filled that the drops take back, at least, in a series of cycles
SIDE = 3  # bins on each side of a drop whose median tells the level
NEAR = 4  # bins on each side within which only the largest drop counts
DROP_SIGMAS = 5.0
DWARF = 0.3  # a drop smaller than this share of the larger ones belongs to no cycle
NEW_DRIFT = 5.0  # how many times the usual difference of troughs the last one must be
CHANGE = 0.6  # how far the logarithm of the present slope may well be from the last one's
WEEK = 7.0  # days
ABOUT = 0.1  # of its length


@dataclass(frozen=True, slots=True, eq=False)
class Cycles:
    """What was seen of cycles, the latest first; `[n_series, MOST_DROPS]` padded with NaN, or `[n_series]`. In days."""

    found: Flags
    length: Floats  # of the cycles that ended
    trough: Floats  # the level after each drop
    peak: Floats  # the level before each drop
    age: Floats  # of the present cycle
    level: Floats  # now
    slope: Floats  # of the present cycle, per day
    usual: Floats  # the usual slope
    slope_spread: Floats  # of the logarithm of slopes from cycle to cycle
    slope_error: Floats  # of the logarithm of the present slope: how well it is known
    drift: Floats  # of the troughs, per day
    trough_spread: Floats
    count: Floats  # drops seen
    explained: Floats  # share of the variance that the cycles explain
    irregular: Floats  # of the logarithm of lengths: how far they usually are from the median


def cycles(values: Floats, per_day: float) -> Cycles:
    """Find the cycles of `values[n_series, n_bins]`, in bins of an hour or longer, any day's shape taken out."""
    n_series, n_bins = values.shape
    filled = fill_forward(values)
    there = begun(values)
    before, after, drop, noise = _drops(filled, there)
    at = last_true(drop, MOST_DROPS)
    known = at >= 0
    rows = np.arange(n_series)[:, None]
    trough = np.where(known, after[rows, at], np.nan)
    peak = np.where(known, before[rows, at], np.nan)
    ended = known[:, :-1] & known[:, 1:]
    length = np.where(ended, (at[:, :-1] - at[:, 1:]) / per_day, np.nan)
    rise = np.where(ended, peak[:, :-1] - trough[:, 1:], np.nan)
    slope = rise / np.maximum(length - SIDE / per_day, 1 / per_day)
    now = np.median(filled[:, -SIDE:], axis=1)
    age = (n_bins - np.where(known[:, 0], at[:, 0], first_bin(values))) / per_day
    usual, last = _median_of(slope, 6), _median_of(slope, 1)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        ratio = np.where(slope > 0, np.log(slope / usual[:, None]), np.nan)
    spread = np.clip(1.4826 * np.nan_to_num(_median_of(np.abs(ratio), MOST_DROPS), nan=0.2, posinf=1.0), 0.03, 0.4)
    passed = np.maximum(age - SIDE / per_day, 1 / per_day)
    own = (now - trough[:, 0]) / passed
    doubt = (2 * noise**2 + _swing(filled, there, per_day) ** 2) / passed**2
    belief = (np.maximum(spread, CHANGE) * last) ** 2
    present = (belief * own + doubt * last) / np.maximum(belief + doubt, 1e-300)
    drift, scatter = _trend(np.where(known, at, 0) / per_day, trough)
    drift = np.maximum(drift, _new_drift(trough, peak, length))
    count = known.sum(axis=1)
    risen = np.nansum(np.maximum(rise, 0), axis=1) + np.maximum(np.nan_to_num(now - trough[:, 0]), 0.0)
    back = np.nansum(peak - trough, axis=1) / np.maximum(risen, 1e-12)
    return Cycles(
        found=(count >= LEAST_DROPS) & (usual > 0) & (present > 0) & (back > GIVEN_BACK),
        length=length,
        trough=trough,
        peak=peak,
        age=age,
        level=now,
        slope=present,
        usual=usual,
        slope_spread=spread,
        slope_error=_relative_error(present, belief * doubt / np.maximum(belief + doubt, 1e-300)),
        drift=drift,
        trough_spread=scatter,
        count=count.astype(np.float64),
        explained=_share_explained(filled, drop, before, after),
        irregular=np.nan_to_num(
            _median_of(np.abs(np.log(length / _median_of(length, MOST_DROPS)[:, None])), MOST_DROPS)
        ),
    )


def no_weeks(seen: Cycles, week: Floats) -> Cycles:
    """Cycles without those that take a week, alone or two by two, where the week explains more, `week[n_series]`.

    A load that falls every Friday evening does not fill until then: it comes back on Monday at once.
    """
    alone = _median_of(seen.length, MOST_DROPS)
    paired = _median_of(seen.length[:, :-1] + seen.length[:, 1:], MOST_DROPS - 1)
    weekly = (np.abs(alone - WEEK) < ABOUT * WEEK) | (np.abs(paired - WEEK) < ABOUT * WEEK)
    return replace(seen, found=seen.found & ~((seen.explained < week) & weekly))


def _new_drift(trough: Floats, peak: Floats, length: Floats) -> Floats:
    """The drift per day of the last trough over the one before, where that is far beyond what troughs did; else 0.

    So a drift is seen one cycle after it began, and not when it has bent the line through all troughs.
    """
    rise = trough[:, :-1] - trough[:, 1:]
    earlier = rise[:, 2:10]
    usual = np.nan_to_num(_median_of(np.abs(earlier), earlier.shape[1]))
    height = np.nan_to_num(_median_of(peak - trough, 6))
    last = np.nan_to_num(rise[:, 0])
    new = (last > NEW_DRIFT * MAD_TO_SIGMA * usual) & (last > 0.2 * height) & ~np.isnan(earlier[:, 0])
    return np.where(new, last / np.where(new, length[:, 0], 1.0), 0.0)


def _relative_error(slope: Floats, variance: Floats) -> Floats:
    """The error of a slope as a share of it, bounded."""
    known = slope > 0
    return np.where(known, np.clip(np.sqrt(variance) / np.where(known, slope, 1.0), 0.0, 0.5), 0.5)


def _swing(filled: Floats, there: Flags, per_day: float) -> Floats:
    """How far values half a day apart usually are from the usual step, `[n_series]`: days and slow noise are in it."""
    half = max(1, round(per_day / 2))
    change = np.where(there[:, :-half], filled[:, half:] - filled[:, :-half], np.nan)
    return np.asarray(
        np.nan_to_num(MAD_TO_SIGMA * nan_median(np.abs(change - nan_median(change)[:, None]))) / np.sqrt(2.0),
        dtype=np.float64,
    )


def _drops(filled: Floats, there: Flags) -> tuple[Floats, Floats, Flags, Floats]:
    """The level before and after each bin, where it fell for good, and the noise of such a level `[n_series]`.

    `after[i]` begins at bin i. A drop is far beyond the usual change, the largest around, and no dwarf among the drops.
    """
    n_bins = filled.shape[1]
    before = np.full(filled.shape, np.nan)
    after = before.copy()
    if n_bins < 4 * SIDE:
        return before, after, np.zeros(filled.shape, dtype=np.bool_), np.zeros(filled.shape[0])
    middle = median3(filled[:, :-2], filled[:, 1:-1], filled[:, 2:])
    before[:, SIDE:] = middle[:, : n_bins - SIDE]
    after[:, : n_bins - 2] = middle
    change = np.nan_to_num(after - before)
    settled = np.zeros(there.shape, dtype=np.bool_)
    settled[:, SIDE:] = there[:, :-SIDE]  # what is on both sides of it was seen
    change[~settled] = 0.0
    measured = np.where(settled, change, np.nan)
    sigma = MAD_TO_SIGMA * np.nan_to_num(nan_median(np.abs(measured - nan_median(measured)[:, None])))
    far = -change
    padded = np.pad(far, ((0, 0), (NEAR, NEAR)))
    around = far.copy()
    for shift in range(1, NEAR + 1):
        np.maximum(around, padded[:, NEAR - shift : NEAR - shift + n_bins], out=around)
        np.maximum(around, padded[:, NEAR + shift : NEAR + shift + n_bins], out=around)
    drop = (far >= around) & (far > DROP_SIGMAS * sigma[:, None]) & (far > 0)
    drop[:, 1:] &= ~(drop[:, :-1] & (far[:, 1:] == far[:, :-1]))
    at = last_true(drop, int(drop.sum(axis=1).max(initial=0)))
    sizes = np.where(at >= 0, far[np.arange(at.shape[0])[:, None], at], np.nan)
    drop &= far > DWARF * _large(sizes)[:, None]
    return before, after, drop, sigma / np.sqrt(2.0)


def _large(sizes: Floats) -> Floats:
    """The upper quartile of each row's sizes, `[n_series]`: 0 where there are none."""
    count = np.count_nonzero(~np.isnan(sizes), axis=1)
    ordered = np.sort(np.pad(sizes, ((0, 0), (0, 1)), constant_values=np.nan), axis=1)
    at = np.floor(0.75 * np.maximum(count - 1, 0)).astype(np.intp)
    return np.asarray(np.nan_to_num(ordered[np.arange(sizes.shape[0]), at]), dtype=np.float64)


def _share_explained(filled: Floats, drop: Flags, before: Floats, after: Floats) -> Floats:
    """`_explained`, `[n_series]`: 0 where nothing ever dropped."""
    share = np.zeros(filled.shape[0])
    some = np.flatnonzero(drop.any(axis=1))
    share[some] = _explained(filled[some], drop[some], before[some], after[some])
    return share


def _explained(filled: Floats, drop: Flags, before: Floats, after: Floats) -> Floats:
    """The share of the variance about a straight line that the teeth explain, `[n_series]`, from the first drop on.

    A tooth is the line from the level after its drop to the level before the next one.
    """
    n_bins = filled.shape[1]
    index = np.arange(n_bins)
    last = np.maximum.accumulate(np.where(drop, index, -1), axis=1)
    following = np.minimum.accumulate(np.where(drop, index, n_bins)[:, ::-1], axis=1)[:, ::-1]
    following = np.concatenate([following[:, 1:], np.full((filled.shape[0], 1), n_bins)], axis=1)
    rows = np.arange(filled.shape[0])[:, None]
    top = np.where(following < n_bins, before[rows, np.minimum(following, n_bins - 1)], filled[:, -1:])
    base = after[rows, np.maximum(last, 0)]
    tooth = base + (top - base) * (index - last) / np.maximum(following - last, 1)
    inside = (last >= 0) & ~np.isnan(tooth)
    rest = np.where(inside, (filled - np.nan_to_num(tooth)) ** 2, 0.0).sum(axis=1)
    about = _about_line(filled, inside)
    better = inside.any(axis=1) & (rest < about)
    return np.where(better, 1 - rest / np.where(better, about, 1.0), 0.0)


def _about_line(values: Floats, inside: Flags) -> Floats:
    """The sum of squares about the least-squares line through some of each row's values."""
    n = np.maximum(inside.sum(axis=1, keepdims=True), 1)
    t = np.broadcast_to(np.arange(values.shape[1], dtype=np.float64), values.shape)
    t = np.where(inside, t - np.where(inside, t, 0.0).sum(axis=1, keepdims=True) / n, 0.0)
    y = np.where(inside, values - np.where(inside, values, 0.0).sum(axis=1, keepdims=True) / n, 0.0)
    power = np.maximum((t * t).sum(axis=1), 1e-300)
    result: Floats = np.maximum((y * y).sum(axis=1) - (t * y).sum(axis=1) ** 2 / power, 0.0)
    return result


def _median_of(values: Floats, first: int) -> Floats:
    """The median of the first few of each row that are numbers; NaN where there are none."""
    chosen = values[:, :first]
    ordered = np.sort(chosen, axis=1)
    count = np.count_nonzero(~np.isnan(chosen), axis=1)
    rows = np.arange(values.shape[0])
    low, high = np.maximum(count - 1, 0) // 2, np.minimum(count // 2, chosen.shape[1] - 1)
    return np.where(count > 0, 0.5 * (ordered[rows, low] + ordered[rows, high]), np.nan)


def _trend(days: Floats, trough: Floats) -> tuple[Floats, Floats]:
    """The drift of the troughs per day, shrunk while they are few, and how far they are from it."""
    seen = ~np.isnan(trough)
    n = np.maximum(seen.sum(axis=1), 1)[:, None]
    t = np.where(seen, days, 0.0)
    y = np.where(seen, trough, 0.0)
    t = np.where(seen, t - t.sum(axis=1, keepdims=True) / n, 0.0)
    y = np.where(seen, y - y.sum(axis=1, keepdims=True) / n, 0.0)
    power = (t * t).sum(axis=1)
    slope = np.where(power > 0, (t * y).sum(axis=1) / np.where(power > 0, power, 1.0), 0.0)
    rest = ((y - slope[:, None] * t) ** 2).sum(axis=1)
    spread = np.sqrt(rest / np.maximum(n[:, 0] - 2, 1))
    error = spread / np.sqrt(np.maximum(power, 1e-12))
    certain = slope**2 / np.maximum(slope**2 + 2 * error**2, 1e-300)
    return slope * certain, spread


def band_ahead(seen: Cycles, days: Floats) -> tuple[Floats, Floats]:
    """The middle of the band that the cycles fill, and half of its width, `[n_series, n_days]` each; finite everywhere.

    The band drifts as the troughs do.
    """
    trough = np.nan_to_num(_median_of(seen.trough, 6))
    peak = np.nan_to_num(_median_of(seen.peak, 6))
    middle = 0.5 * (trough + peak)[:, None] + np.nan_to_num(seen.drift)[:, None] * days
    half = np.where(seen.found & (peak > trough), 0.5 * (peak - trough), 1.0 + np.abs(peak))[:, None]
    return middle, np.broadcast_to(half, middle.shape)
