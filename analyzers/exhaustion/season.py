"""The day and the week of each series: found by data, and taken only when they foretell days that were left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analyzers.exhaustion.arrays import (
    begun,
    blocks_from_end,
    centred_mean,
    first_bin,
    nan_mean,
    nan_median,
    running_sum,
    trailing_max,
    white_noise,
)
from analyzers.exhaustion.contract import Floats

PROFILE_DAYS = 42
PROFILE_WEEKS = 10
LATELY_DAYS = 14  # that tell by how much a day's shape leads beyond what is then seen
MOST_UNSEEN = 0.2  # of a day, whose highest value is believed: less than a quarter
CYCLES = 3  # a season is not trusted before it was seen so often
FINE_BINS = 24  # of a day, from which on a bin has neighbours like it
PARABOLA = tuple(weight / 231 for weight in (-21, 14, 39, 54, 59, 54, 39, 14, -21))
ALIKE_SIGMAS, MEDIAN_VARIANCE = 3.5, np.pi / 2  # of a median over that of a mean, of normal noise
FAINT_DAYS, FAINT_GAIN = 21, 0.20  # a wave that is less than the noise of a bin: by chance it is hardly ever found
DAY_GAIN = 0.10  # share of the variance that the season must foretell of days (weeks) that were left out
WEEK_GAIN = 0.30
ODD_WEEK = 5.0  # times as far from the median week as most weeks are
ROUNDING = 1e-9  # of the largest value: a smaller movement is none


@dataclass(frozen=True, slots=True, eq=False)
class Day:
    """The shape of a day and how strong it was on each day.

    `peak_level[n_series, n_bins]` is the series with the day's shape taken out and the height of its peak added: what
    the day's peak would be at the level of that moment. `profile[n_series, bins_per_day]` is the height that the last
    bins of the day miss to the peak (zero at the peak), as strong as in the last week; its last bin ends at as_of.
    """

    peak_level: Floats
    profile: Floats
    found: Floats  # [n_series]: share of the variance foretold, 0 where no day is trusted


def day_season(values: Floats, bins_per_day: int) -> Day:
    """Take the day out of `values[n_series, n_bins]`.

    One shape per series, times one strength per day (a rank-one model of the matrix days x hours, so that peaks may
    grow and weekends may be quiet). The strength of a day is shrunk to that of the others by how noisy it is.
    """
    n_series, n_bins = values.shape
    enough = n_bins - first_bin(values) >= CYCLES * bins_per_day - 1  # of its own: the first one may have been left out
    if bins_per_day < 4 or not enough.any():
        flat = np.zeros((n_series, max(bins_per_day, 1)))
        return Day(values.copy(), flat, np.zeros(n_series))
    days = blocks_from_end(values, bins_per_day)
    moved = _without_ramp(days)
    shape, gain = _shape(moved[:, -PROFILE_DAYS:], white_noise(values[:, -PROFILE_DAYS * bins_per_day :]))
    shape[~enough], gain[~enough] = 0.0, 0.0
    strength = _strength(moved, shape)
    height = np.maximum(shape.max(axis=1), 0.0)
    lift = strength[:, :, None] * (height[:, None] - shape)[:, None, :]
    peak_level = (days + lift).reshape(n_series, -1)[:, -n_bins:]
    recent = nan_mean(strength[:, -7:])
    return Day(peak_level, recent[:, None] * (shape - height[:, None]), gain)


def as_seen(values: Floats, bins_per_day: int, levels: Sequence[Floats]) -> list[Floats]:
    """Some `levels[n_series, n_bins]` of the day's peak, but no higher than the `values` seen within a day of each bin.

    The peak of the last day may not have come yet: in it, as much less as a level was too high at most in the two weeks
    before. Where a job or a collection is late, the day's shape does not fit, and puts a peak on top of a peak.
    """
    before = trailing_max(values, bins_per_day)
    seen = before.copy()
    seen[:, :-bins_per_day] = np.fmax(before[:, :-bins_per_day], before[:, bins_per_day:])
    unknown = np.zeros(values.shape, dtype=np.bool_)
    gaps = np.flatnonzero(np.isnan(values).any(axis=1))
    if gaps.size:
        lost = running_sum((np.isnan(values[gaps]) & begun(values[gaps])).astype(np.float64))
        before_it = np.maximum(np.arange(1, lost.shape[1]) - bins_per_day, 0)
        unseen = lost[:, 1:] - lost[:, before_it] > MOST_UNSEEN * bins_per_day
        unknown[gaps] = unseen
        unknown[gaps, :-bins_per_day] |= unseen[:, bins_per_day:]
    last, lately = np.s_[:, -bins_per_day:], np.s_[:, -(1 + LATELY_DAYS) * bins_per_day : -bins_per_day]
    held = []
    for level in levels:
        result = np.fmin(level, seen)
        most = np.fmax(np.fmax.reduce(level[lately] - seen[lately], axis=1, initial=0.0), 0.0)
        result[last] = np.fmin(level[last], np.fmax(before[last], level[last] - most[:, None]))
        held.append(np.where(unknown | np.isnan(level), level, result))
    return held


def _without_ramp(days: Floats) -> Floats:
    """Each day less its mean, and less the usual growth within a day."""
    size = days.shape[2]
    enough = np.count_nonzero(~np.isnan(days), axis=2) >= 0.5 * size
    mean = np.where(enough, nan_mean(days), np.nan)
    ramp = np.nan_to_num(nan_median(np.diff(mean, axis=1))) if days.shape[1] > 1 else np.zeros(days.shape[0])
    hours = (np.arange(size) - (size - 1) / 2) / size
    result: Floats = days - mean[:, :, None] - ramp[:, None, None] * hours
    return result


def _shape(moved: Floats, noise: Floats) -> tuple[Floats, Floats]:
    """The usual day, `[n_series, size]`, and the share of variance it foretells of a day left out; 0 if too small.

    The median day; or, where it differs by no more than `noise[n_series]` of a bin explains, each of its bins as those
    around it have it. So a wave is found that noise hides in single bins, and noise adds nothing to its height.
    """
    n_days = np.count_nonzero(~np.isnan(moved).all(axis=2), axis=1)
    shape = np.nan_to_num(nan_median(np.swapaxes(moved, 1, 2)))
    total, rest = _squares(moved), _left_out(moved, shape, moved, n_days)
    found = (_share(total, rest) > DAY_GAIN) & (n_days >= CYCLES)
    if moved.shape[2] >= FINE_BINS:
        around, smooth = _around(moved), np.nan_to_num(_around(shape[:, None, :])[:, 0])
        faint = _share(_squares(around), _left_out(around, smooth, around, n_days)) > FAINT_GAIN
        apart = np.max(np.abs(shape - smooth), axis=1)
        alike = apart <= ALIKE_SIGMAS * noise * np.sqrt(MEDIAN_VARIANCE / np.maximum(n_days, 1))
        found |= faint & alike & (n_days >= FAINT_DAYS)
        without_noise = _left_out(moved, smooth, around, n_days)
        better = alike & (without_noise < rest)
        shape[better], rest[better] = smooth[better], without_noise[better]
    gain = np.where(found, np.maximum(_share(total, rest), 0.0), 0.0)
    return shape * (gain > 0)[:, None], gain


def _around(days: Floats) -> Floats:
    """Each bin of a day from those around it, over midnight as well; NaN where it was not seen.

    The parabola through them (Savitzky and Golay 1964), which leaves the height of a smooth peak.
    """
    seen = ~np.isnan(days)
    known, half = np.where(seen, days, 0.0), len(PARABOLA) // 2
    total, weight = np.zeros(days.shape), np.zeros(days.shape)
    for bins, share in enumerate(PARABOLA, start=-half):
        total += share * np.roll(known, bins, axis=2)
        weight += share * np.roll(seen, bins, axis=2)
    return np.where(seen & (weight > 0.5), total / np.where(weight > 0.5, weight, 1.0), np.nan)


def _left_out(moved: Floats, shape: Floats, told: Floats, n_days: NDArray[np.intp]) -> Floats:
    """The squares that `shape[n_series, size]` leaves of each day, `[n_series]`, had that day not been in it.

    A shape is the mean of what is `told` by days; each has its share of it.
    """
    n = np.maximum(n_days, 2)[:, None, None]
    return _squares(moved - (n * shape[:, None, :] - told) / (n - 1))


def _squares(moved: Floats) -> Floats:
    return np.asarray(np.nansum(moved**2, axis=(1, 2)), dtype=np.float64)


def _share(total: Floats, rest: Floats) -> Floats:
    return np.where(total > 0, 1 - rest / np.where(total > 0, total, 1.0), 0.0)


def _strength(moved: Floats, shape: Floats) -> Floats:
    """How strong the shape was on each day, `[n_series, n_days]`: least squares, shrunk, never negative."""
    seen = ~np.isnan(moved)
    p = np.where(seen, shape[:, None, :], 0.0)
    x = np.where(seen, moved, 0.0)
    n = np.maximum(seen.sum(axis=2), 1)
    power = (p * p).sum(axis=2) - p.sum(axis=2) ** 2 / n
    full = np.maximum((shape**2).sum(axis=1) - shape.sum(axis=1) ** 2 / shape.shape[1], 1e-300)[:, None]
    known = power > 0.3 * full
    raw = np.where(
        known, ((p * x).sum(axis=2) - p.sum(axis=2) * x.sum(axis=2) / n) / np.where(known, power, 1.0), np.nan
    )
    noise = np.where(seen, x - raw[:, :, None] * p, np.nan)
    noise_variance = np.nan_to_num(nan_median(noise.reshape(noise.shape[0], -1) ** 2)) * 2.2 / full[:, 0]
    middle = np.nan_to_num(nan_median(raw), nan=1.0)[:, None]
    spread = np.nan_to_num(nan_mean((raw - middle) ** 2))
    keep = np.where(spread > 0, np.maximum(1 - noise_variance / np.where(spread > 0, spread, 1.0), 0.0), 0.0)
    told = np.where(np.isnan(raw), _on_that_weekday(raw), raw)
    strength = middle + keep[:, None] * (np.where(np.isnan(told), middle, told) - middle)
    return np.clip(strength, 0.0, 10.0)


def _on_that_weekday(strength: Floats) -> Floats:
    """The median of `strength[n_series, n_days]` one and two weeks before and after each day; NaN where none is known.

    A Saturday of which too little was seen is taken for a Saturday.
    """
    n_days = strength.shape[1]
    padded = np.pad(strength, ((0, 0), (14, 14)), constant_values=np.nan)
    return nan_median(np.stack([padded[:, 14 + lag : 14 + lag + n_days] for lag in (-14, -7, 7, 14)], axis=2))


@dataclass(frozen=True, slots=True, eq=False)
class Week:
    """The week of a batch: one shape per series, whose strength may grow.

    `past[n_series, n_bins]` is what to take off; `profile[n_series, bins_per_week]` what to add in the first week ahead
    (its last bin ends as a week from as_of does), which grows from week to week, by the share `growth[n_series]` a bin.
    """

    past: Floats
    profile: Floats
    growth: Floats
    found: Floats  # [n_series]: share of the variance foretold, 0 where no week is trusted


def week_season(values: Floats, bins_per_week: int) -> Week:
    """The week of `values[n_series, n_bins]`.

    Zero where fewer than three weeks were seen, or where it does not foretell a week that was left out.
    """
    n_series, n_bins = values.shape
    if bins_per_week < 7 or n_bins < CYCLES * bins_per_week:
        nothing = np.zeros(n_series)
        return Week(np.zeros(values.shape), np.zeros((n_series, bins_per_week)), nothing, nothing)
    around = centred_mean(values, bins_per_week)
    half = bins_per_week // 2
    first = first_bin(values)[:, None]
    inside = (np.arange(n_bins) >= first + half) & (np.arange(n_bins) < n_bins - half)
    around[~inside | (n_bins - first < CYCLES * bins_per_week)] = np.nan
    moved = _usual_weeks(blocks_from_end(values - around, bins_per_week)[:, -PROFILE_WEEKS:])
    # The mean over an even number of bins is half a bin late: no week is that.
    moved -= nan_mean(moved.reshape(n_series, -1))[:, None, None]
    moved[np.abs(moved) < ROUNDING * np.fmax.reduce(np.abs(values), axis=1)[:, None, None]] = 0.0
    shape, gain = _mean_week(moved)
    strength, growth = _week_strength(moved, shape)
    # How a week grows from its first day to its last is in its shape.
    weeks = -0.5 - np.arange(n_bins)[::-1] // bins_per_week
    past = (
        np.maximum(strength[:, None] + growth[:, None] * weeks, 0.0) * shape[:, np.arange(-n_bins, 0) % bins_per_week]
    )
    ahead = np.maximum(strength, 0.1)
    return Week(past, ahead[:, None] * shape, np.clip(growth / ahead / bins_per_week, 0.0, 0.1 / bins_per_week), gain)


def _usual_weeks(moved: Floats) -> Floats:
    """`moved[n_series, n_weeks, bins_per_week]`, NaN in weeks far from the others: the level changed in them."""
    middle = nan_median(np.swapaxes(moved, 1, 2))
    away = np.sqrt(nan_mean((moved - middle[:, None, :]) ** 2))
    count = np.count_nonzero(~np.isnan(away), axis=1)
    odd = (away > ODD_WEEK * nan_median(away)[:, None]) & (count > CYCLES)[:, None]
    return np.where(odd[:, :, None], np.nan, moved)


def _mean_week(moved: Floats) -> tuple[Floats, Floats]:
    """The mean week, `[n_series, bins_per_week]`, and the share of variance it foretells of a week left out."""
    profile = nan_mean(moved, axis=1)
    count = np.count_nonzero(~np.isnan(moved), axis=1)
    left_out = moved - profile[:, None, :]
    left_out *= (count / np.maximum(count - 1, 1))[:, None, :]
    twice = (count >= 2)[:, None, :] & ~np.isnan(moved)
    total = np.where(twice, moved**2, 0.0).sum(axis=(1, 2))
    rest = np.where(twice, left_out**2, 0.0).sum(axis=(1, 2))
    gain = np.where(total > 0, 1 - rest / np.where(total > 0, total, 1.0), 0.0)
    trusted = (gain > WEEK_GAIN) & (twice.any(axis=1).mean(axis=1) > 0.9)
    profile = np.nan_to_num(profile) * trusted[:, None]
    return profile - profile.mean(axis=1, keepdims=True), np.where(trusted, gain, 0.0)


def _week_strength(moved: Floats, shape: Floats) -> tuple[Floats, Floats]:
    """How strong the week is now, and how much stronger from week to week: a line through the weeks' strengths.

    The growth is shrunk by how well it is known.
    """
    seen = ~np.isnan(moved)
    power = np.where(seen, shape[:, None, :] ** 2, 0.0).sum(axis=2)
    full = (shape**2).sum(axis=1, keepdims=True)
    known = power > 0.5 * np.maximum(full, 1e-300)
    product = np.where(seen, moved * shape[:, None, :], 0.0).sum(axis=2)
    raw = np.where(known, product / np.where(known, power, 1.0), 0.0)
    n = np.maximum(known.sum(axis=1), 1)
    week = np.arange(moved.shape[1]) - (moved.shape[1] - 0.5)
    middle = np.where(known, week, 0.0).sum(axis=1) / n
    mean = np.where(known, raw, 0.0).sum(axis=1) / n
    t = np.where(known, week - middle[:, None], 0.0)
    square = np.maximum((t * t).sum(axis=1), 1e-12)
    slope = (t * raw).sum(axis=1) / square
    rest = (np.where(known, raw - mean[:, None] - slope[:, None] * t, 0.0) ** 2).sum(axis=1)
    variance = rest / np.maximum(n - 2, 1) / square
    slope *= np.where(n >= 3, slope**2 / np.maximum(slope**2 + 2 * variance, 1e-300), 0.0)
    return np.where(full[:, 0] > 0, mean - slope * middle, 0.0), np.where(full[:, 0] > 0, slope, 0.0)
