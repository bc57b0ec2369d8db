"""Series that fill and are emptied again and again: restarts, rotation, cleanup, collection, compaction.

Where the limit is reached depends on how fast the present cycle fills, on when it will be emptied, and on what is left
then. These are drawn from the cycles that were seen; a line through such a series means nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analyzers.exhaustion.arrays import MAD_TO_SIGMA, begun, fill_forward, first_bin, last_true, median_of
from analyzers.exhaustion.contract import Flags, Floats
from analyzers.exhaustion.cyclespeed import lately, speed, swing
from analyzers.exhaustion.drops import SIDE, drops, explained_by_teeth

MOST_DROPS = 24  # the latest ones that are looked at
LEAST_DROPS = 3
FEW_DROPS = 2  # are enough ...
PLAIN = 0.95  # ... where teeth explain so much of the variance
GIVEN_BACK = 0.4  # share of what was filled that the drops take back, at least, in a series of cycles
NEW_DRIFT = 5.0  # how many times the usual difference of troughs the last one must be
USUAL = 6  # latest cycles that tell what is usual
TREND_CYCLES = 12  # latest ones whose heights tell whether they grow
TALLER = (-0.2, 0.5)  # of the usual rise: a cycle rises by no more less or more than the one before it
LEAST_TREND = 0.1  # of the usual cycle, however much lower each one is than that before it
LEAST_SCATTER = 0.05  # of the usual rise: heights are not known better
CAUTION = 4.0  # times its variance, that the square of a trend is held against
TEETH = 0.9  # of the variance: what teeth explain so well is no load by the week
IRREGULAR = 0.05  # of the logarithm of lengths: steadier ones are kept by a clock
STEADIER = 0.6  # of the scatter of lengths: heights that scatter by less are what ends cycles
ENDLESS = 0.08  # how likely a cycle is not to end, before it is known how long it has gone on
LEAST_SPREAD = 0.1  # of the logarithm of what one cycle ended by: several that agree are known better
WEEK = 7.0  # days
ABOUT = 0.1  # of its length


@dataclass(frozen=True, slots=True, eq=False)
class Cycles:
    """What was seen of cycles, the latest first; `[n_series, MOST_DROPS]` padded with NaN, or `[n_series]`. In days."""

    found: Flags
    length: Floats  # of the cycles that ended
    extent: Floats  # at which they ended: the rise (at today's heights) where it is the steadier, else the length
    so_far: Floats  # of the present cycle, likewise
    by_height: Flags  # whether extents are rises
    trough: Floats  # the level after each drop
    peak: Floats  # the level before each drop
    age: Floats  # of the present cycle
    level: Floats  # now
    slope: Floats  # of the present cycle, per day
    usual: Floats  # the usual slope
    taller: Floats  # by what share of the usual rise each cycle rises more than the one before it
    slope_spread: Floats  # of the logarithm of slopes from cycle to cycle, beside that
    slope_error: Floats  # of the logarithm of the present slope: how well it is known
    drift: Floats  # of the troughs, per day
    trough_spread: Floats
    endless: Floats  # how likely it is that the present cycle does not end
    count: Floats  # drops seen
    explained: Floats  # share of the variance that the cycles explain
    irregular: Floats  # of the logarithm of lengths: how far they usually are from the median


def cycles(values: Floats, per_day: float) -> Cycles:
    """Find the cycles of `values[n_series, n_bins]`, in bins of about an hour or longer, any day's shape taken out."""
    n_series, n_bins = values.shape
    filled = fill_forward(values)
    there = begun(values)
    before, after, drop, noise = drops(filled, there)
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
    usual, taller = median_of(slope, USUAL), _taller(rise)
    extent, so_far, by_height = _ends(length, rise, taller, age, now - trough[:, 0])
    spread = _slope_spread(slope, usual, taller)
    last = median_of(slope, 1)
    expected = np.where(last > 0, last, usual) * np.maximum(1 + taller, LEAST_TREND)
    since, passed = lately(values, filled, trough[:, 0], age, median_of(length, USUAL), per_day)
    doubt = (2 * noise**2 + swing(filled, there, per_day) ** 2) / passed**2
    present, error = speed((now - since) / passed, doubt, expected, spread)
    drift, scatter = _trend(np.where(known, at, 0) / per_day, trough)
    drift = np.maximum(drift, _new_drift(trough, peak, length))
    count = known.sum(axis=1)
    drift = np.where(count > FEW_DROPS, drift, 0.0)
    explained = explained_by_teeth(filled, drop, before, after)
    risen = np.nansum(np.maximum(rise, 0), axis=1) + np.maximum(np.nan_to_num(now - trough[:, 0]), 0.0)
    back = np.nansum(peak - trough, axis=1) / np.maximum(risen, 1e-12)
    return Cycles(
        found=_enough(count, explained) & (usual > 0) & (present > 0) & (back > GIVEN_BACK),
        length=length,
        extent=extent,
        so_far=so_far,
        by_height=by_height,
        trough=trough,
        peak=peak,
        age=age,
        level=now,
        slope=present,
        usual=usual,
        taller=taller,
        slope_spread=spread,
        slope_error=error,
        drift=drift,
        trough_spread=scatter,
        endless=_endless(extent, so_far),
        count=count.astype(np.float64),
        explained=explained,
        irregular=_scatter(length),
    )


def _enough(count: NDArray[np.intp], explained: Floats) -> Flags:
    """Whether there were drops enough to speak of cycles: two are, where teeth explain nearly all that moves."""
    return np.asarray((count >= LEAST_DROPS) | ((count >= FEW_DROPS) & (explained > PLAIN)), dtype=np.bool_)


def _taller(rise: Floats) -> Floats:
    """The growth of `rise[n_series, n_cycles]` (the latest first) per cycle, as a share of the usual one.

    Shrunk by how well it is known. Cycles that fill faster and are emptied sooner rise no more than before.
    """
    rise = rise[:, :TREND_CYCLES]
    usual = np.nan_to_num(median_of(rise, rise.shape[1]))
    slope, rest, power, n = _fitted(np.broadcast_to(-np.arange(rise.shape[1], dtype=np.float64), rise.shape), rise)
    variance = (rest / np.maximum(n - 2, 1) + (LEAST_SCATTER * usual) ** 2) / np.maximum(power, 1e-12)
    sure = slope**2 / np.maximum(slope**2 + CAUTION * variance, 1e-300)
    known = (n >= LEAST_DROPS) & (usual > 0)
    return np.where(known, np.clip(slope * sure / np.where(known, usual, 1.0), *TALLER), 0.0)


def _slope_spread(slope: Floats, usual: Floats, taller: Floats) -> Floats:
    """How far the logarithm of `slope[n_series, n_cycles]` usually is from where its growth leads, bounded."""
    since = (USUAL - 1) / 2 - np.arange(slope.shape[1])  # cycles since the middle of the usual ones
    expected = usual[:, None] * np.maximum(1 + taller[:, None] * since, LEAST_TREND)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        ratio = np.where(slope > 0, np.log(slope / expected), np.nan)
    usually = np.nan_to_num(median_of(np.abs(ratio), MOST_DROPS), nan=0.2, posinf=1.0)
    return np.asarray(np.clip(MAD_TO_SIGMA * usually, 0.03, 0.4), dtype=np.float64)


def _ends(length: Floats, rise: Floats, taller: Floats, age: Floats, risen: Floats) -> tuple[Floats, Floats, Flags]:
    """At what cycles end, `[n_series, n_cycles]`, how far the present one has got, and whether that is a height.

    They end at a height, however long it takes, and not after a time, where heights differ less among them; heights are
    taken for as large as they are by now.
    """
    trend = np.maximum(1 - taller[:, None] * np.arange(rise.shape[1]), LEAST_TREND)
    height = np.where(rise > 0, rise / trend, np.nan)
    irregular = _scatter(length)
    enough = np.count_nonzero(~np.isnan(length), axis=1) > LEAST_DROPS
    by_height = enough & (irregular > IRREGULAR) & (_scatter(height) < STEADIER * irregular)
    return np.where(by_height[:, None], height, length), np.where(by_height, np.nan_to_num(risen), age), by_height


def _scatter(values: Floats) -> Floats:
    """How far the logarithms of each row's values usually are from their median; 0 where there are none."""
    with np.errstate(invalid="ignore", divide="ignore"):
        logs = np.where(values > 0, np.log(values), np.nan)
    return np.nan_to_num(median_of(np.abs(logs - median_of(logs, MOST_DROPS)[:, None]), MOST_DROPS))


def _endless(extent: Floats, so_far: Floats) -> Floats:
    """The probability that the present cycle does not end, `[n_series]`: what has gone on for too long has no end.

    By Bayes: a cycle that ends would have gone so far with a probability that falls fast beyond the usual extent.
    """
    known = ~np.isnan(extent)
    count = np.maximum(known.sum(axis=1), 1)
    logs = np.log(np.where(known, extent, 1.0))
    middle = np.where(known, logs, 0.0).sum(axis=1) / count
    far = np.where(known, logs - middle[:, None], 0.0)
    spread = np.sqrt((far**2).sum(axis=1) / np.maximum(count - 1, 1) + LEAST_SPREAD**2 / np.sqrt(count))
    beyond = np.log(np.maximum(so_far / np.exp(middle), 1e-9)) / (spread * np.sqrt(1 + 1 / count))
    lasts = 1 / (1 + np.exp(np.clip(1.7 * beyond, -50, 50)))  # the logistic function, for a normal one's tail
    result: Floats = ENDLESS / (ENDLESS + (1 - ENDLESS) * lasts)
    return result


def no_weeks(seen: Cycles, week: Floats) -> Cycles:
    """Cycles without those that take a week, alone or two by two, where the week explains more, `week[n_series]`.

    A load that falls every Friday evening does not fill until then: it comes back on Monday at once.
    """
    alone = median_of(seen.length, MOST_DROPS)
    paired = median_of(seen.length[:, :-1] + seen.length[:, 1:], MOST_DROPS - 1)
    weekly = (np.abs(alone - WEEK) < ABOUT * WEEK) | (np.abs(paired - WEEK) < ABOUT * WEEK)
    teeth = seen.explained >= np.minimum(week, TEETH)
    return replace(seen, found=seen.found & (teeth | ~weekly))


def _new_drift(trough: Floats, peak: Floats, length: Floats) -> Floats:
    """The drift per day of the last trough over the one before, where that is far beyond what troughs did; else 0.

    So a drift is seen one cycle after it began, and not when it has bent the line through all troughs.
    """
    rise = trough[:, :-1] - trough[:, 1:]
    earlier = rise[:, 2:10]
    usual = np.nan_to_num(median_of(np.abs(earlier), earlier.shape[1]))
    height = np.nan_to_num(median_of(peak - trough, 6))
    last = np.nan_to_num(rise[:, 0])
    new = (last > NEW_DRIFT * MAD_TO_SIGMA * usual) & (last > 0.2 * height) & ~np.isnan(earlier[:, 0])
    return np.where(new, last / np.where(new, length[:, 0], 1.0), 0.0)


def _trend(days: Floats, trough: Floats) -> tuple[Floats, Floats]:
    """The drift of the troughs per day, shrunk while they are few, and how far they are from it."""
    slope, rest, power, n = _fitted(days, trough)
    spread = np.sqrt(rest / np.maximum(n - 2, 1))
    error = spread / np.sqrt(np.maximum(power, 1e-12))
    certain = slope**2 / np.maximum(slope**2 + 2 * error**2, 1e-300)
    return slope * certain, spread


def _fitted(t: Floats, y: Floats) -> tuple[Floats, Floats, Floats, NDArray[np.intp]]:
    """The least-squares slope over what is known of each row, the sum of squares that it leaves, that of t, and n."""
    seen = ~np.isnan(y)
    n = seen.sum(axis=1)
    some = np.maximum(n, 1)[:, None]
    t = np.where(seen, t, 0.0)
    y = np.where(seen, y, 0.0)
    t = np.where(seen, t - t.sum(axis=1, keepdims=True) / some, 0.0)
    y = np.where(seen, y - y.sum(axis=1, keepdims=True) / some, 0.0)
    power = (t * t).sum(axis=1)
    slope = np.where(power > 0, (t * y).sum(axis=1) / np.where(power > 0, power, 1.0), 0.0)
    return slope, ((y - slope[:, None] * t) ** 2).sum(axis=1), power, n
