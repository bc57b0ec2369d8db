"""The upper edge of a series, in quarters of a day: what its peaks reach, without the measuring's noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analyzers.exhaustion.arrays import (
    begun,
    blocks_from_end,
    centred_mean,
    fill_forward,
    first_bin,
    nan_mean,
    nan_median,
    running_sum,
    trailing_max,
    trailing_mean,
    white_noise,
)
from analyzers.exhaustion.contract import Floats
from analyzers.exhaustion.odddays import with_odd_days
from analyzers.exhaustion.season import MOST_UNSEEN, Day, Week, as_seen, day_season, week_season
from domain.times import DAY

SMOOTH_BINS = 5
EDGE_BINS = 3  # before a sudden fall: a mean around it would cut off the tip
STRAIGHT = 0.5  # of their rise: three bins that bend by less are a line
APART = 5.0  # times the usual change of a bin and its noise: so far apart are days on other levels
TIP_SIGMAS = 2.0  # of noise, by which the tip of a tooth is above the mean of its last bins before that is believed
SURELY_SIGMAS = 3.0  # of noise: a bin so far above the mean around it is no noise
CLEANED = 1.5  # times the largest fall before
LEAST_CLEANED = 0.1  # of the range of the series
MOST_GROWTH_DAYS = 42  # a week that grows stronger does so for no longer ahead


@dataclass(frozen=True, slots=True, eq=False)
class Envelope:
    """A batch in quarters of a day, or in smaller parts of some whole bins that make a day. The last ends at as_of.

    `top[n_series, n_quarters]` is the highest that the series reached in the last 24 hours, the week taken out;
    `level` its mean in the quarter, with the day's peak added; `low` the series' own lowest of the last 24 hours.
    NaN where nothing was seen.
    """

    top: Floats
    level: Floats
    low: Floats
    per_day: float  # quarters per day
    bins: Floats  # [n_series, n_bins]: every bin, with the day's peak added
    bins_per_day: float
    week: Week  # what was taken off `top`
    day: Floats  # [n_series, quarters per day]: what a quarter misses to the day's peak, zero or less
    day_gain: Floats  # [n_series]
    noise: Floats  # [n_series]: of a bin, white
    tooth: Floats  # [n_series]: how far the top of a day usually is above its mean, the day's shape apart

    def height(self, days: Floats) -> Floats:
        """What the week and the day add to `top` at some days from now, `[n_series, n_days]`."""
        quarter = np.ceil(days * self.per_day - 1e-9).astype(np.intp) - 1
        per_week = self.week.profile.shape[1]
        since = (quarter // per_week + 0.5) * per_week  # to the middle of that week: its own growth is in the profile
        stronger = 1 + self.week.growth[:, None] * np.minimum(since, MOST_GROWTH_DAYS * self.per_day)
        week = self.week.profile[:, quarter % per_week] * stronger
        height: Floats = week + self.day[:, quarter % self.day.shape[1]]
        return height

    def of_day(self, days: Floats) -> Floats:
        """The same, at its highest of the 24 hours before each day (since now where it is sooner)."""
        parts = max(4, int(np.ceil(self.per_day)))  # no quarter lies between them
        return np.asarray(
            np.max(np.stack([self.height(np.maximum(days - part / parts, 0.01)) for part in range(parts)]), axis=0)
        )

    def highest(self, days: Floats) -> Floats:
        """The same, at its highest since the day before in the list (since now for the first), `[n_series, n_days]`.

        `days` rise. In steps longer than a quarter no hour of the day is missed.
        """
        quarter = np.ceil(days * self.per_day - 1e-9).astype(np.intp) - 1
        before = np.concatenate([[-1], quarter[:-1]])
        every = (np.arange(quarter[-1] + 1) + 1) / self.per_day
        return np.asarray(np.maximum.reduceat(self.height(every), np.minimum(before + 1, quarter), axis=1))


def envelope(values: Floats, bin_seconds: float, noise: Floats | None = None) -> Envelope:
    """The envelope of cleaned `values[n_series, n_bins]`; their `noise[n_series]`, where it is known, is no larger."""
    bins_per_day = max(1, round(DAY / bin_seconds))
    per_quarter = _per_quarter(bins_per_day)
    per_day = DAY / (bin_seconds * per_quarter)
    day = day_season(values, bins_per_day)
    smooth, noise = _without_noise(day.peak_level, values, bins_per_day, noise)
    smooth, bins = _held_down(values, day, smooth, bins_per_day)
    quarters = blocks_from_end(smooth, per_quarter)
    level = nan_mean(quarters)
    seen = ~np.isnan(level)
    highest = np.where(seen, np.max(np.where(np.isnan(quarters), -np.inf, quarters), axis=2), np.nan)
    daily = max(1, round(per_day))
    top = _since_cleanup(highest, _seen_enough(highest, trailing_max(highest, daily), daily), daily)
    week = with_odd_days(top, week_season(top, 7 * daily))
    return Envelope(
        top=top - week.past,
        level=level,
        low=_lowest(values, per_quarter, daily),
        per_day=per_day,
        bins=bins,
        bins_per_day=DAY / bin_seconds,
        week=week,
        day=np.fmax.reduce(blocks_from_end(day.profile, per_quarter), axis=2),
        day_gain=day.found,
        noise=noise,
        tooth=np.nan_to_num(nan_median(top - centred_mean(level, daily))),
    )


def _per_quarter(bins_per_day: int) -> int:
    """Bins in a quarter of a day: fewer where that makes the day a whole number of parts, as a week's shape needs."""
    most = max(1, bins_per_day // 4)
    return next((bins for bins in range(most, (most - 1) // 2, -1) if bins_per_day % bins == 0), most)


def _held_down(values: Floats, day: Day, smooth: Floats, bins_per_day: int) -> tuple[Floats, Floats]:
    """`smooth` and the bins themselves with the day's peak added, where there is a day no higher than was seen."""
    smooth, bins = smooth.copy(), day.peak_level.copy()
    rows = np.flatnonzero(day.found > 0)
    if rows.size:
        smooth[rows], bins[rows] = as_seen(values[rows], bins_per_day, (smooth[rows], bins[rows]))
    return smooth, bins


def _lowest(values: Floats, per_quarter: int, daily: int) -> Floats:
    """The lowest of the last day at each quarter, `[n_series, n_quarters]`."""
    low = np.fmin.reduce(blocks_from_end(values, per_quarter), axis=2)
    return np.asarray(-trailing_max(-low, daily), dtype=np.float64)


def _seen_enough(highest: Floats, top: Floats, daily: int) -> Floats:
    """`top`, NaN after a gap until most of a day was seen again: what is left of a day need not hold its peak.

    What is higher than the last day that was seen is kept: that much the peak was at least.
    """
    unseen = (np.isnan(highest) & begun(highest)).astype(np.float64)
    total = running_sum(unseen)
    lost = total[:, 1:] - total[:, np.maximum(np.arange(highest.shape[1]) + 1 - daily, 0)]
    enough = lost <= MOST_UNSEEN * daily
    before = fill_forward(np.where(enough, top, np.nan))
    with np.errstate(invalid="ignore"):
        return np.where(enough | (top > before), top, np.nan)


def _since_cleanup(highest: Floats, top: Floats, daily: int) -> Floats:
    """`top`, but where the series was cleaned up within the last day, only of what came after.

    A cleanup is a fall far beyond all that the series did in as many quarters before: what falls every evening, or is
    emptied again and again, is none.
    """
    n_series, n = highest.shape
    result = top.copy()
    waiting = np.ones(n_series, dtype=np.bool_)
    with np.errstate(invalid="ignore"):
        span = np.fmax.reduce(top, axis=1) - np.fmin.reduce(top, axis=1)
    first = first_bin(highest)
    whole = np.arange(n) >= first[:, None] + daily - 1  # a day lies before it
    for quarters in range(min(daily - 1, (n - daily) // 2), 0, -1):
        after = trailing_max(highest, quarters)
        fall = np.nan_to_num(np.where(whole[:, : n - quarters], top[:, : n - quarters] - after[:, quarters:], 0.0))
        usual = np.fmax.reduce(fall[:, :-daily], axis=1, initial=0.0)
        last = fall[:, -1]
        known = quarters <= (n - first - daily) // 2
        cleaned = waiting & known & (last > CLEANED * usual) & (last > LEAST_CLEANED * span)
        waiting &= ~cleaned
        result[cleaned, n - quarters :] = trailing_max(highest[cleaned, n - quarters :], quarters)
    return result


def _without_noise(values: Floats, plain: Floats, bins_per_day: int, most: Floats | None) -> tuple[Floats, Floats]:
    """The values with as much of their fast movement as is not noise (Wiener's rule), and the noise of a bin.

    `plain` are the values without the day's peak added: a single bin counts for no more than what was seen in its day.
    """
    n_series, n_bins = values.shape
    enough = n_bins - first_bin(values) >= 2 * bins_per_day - 1  # of its own: the first one may have been left out
    if bins_per_day < 12 or not enough.any():
        return values, np.zeros(n_series)
    noise = white_noise(values) if most is None else np.minimum(white_noise(values), most)
    last, growth = _lately(values, bins_per_day)
    middle = _centred(values, SMOOTH_BINS, growth)
    smooth = np.fmax(middle, np.fmax(trailing_mean(values, EDGE_BINS), _tip(values, noise)))
    sure = np.fmin(values, trailing_max(plain, bins_per_day)) - SURELY_SIGMAS * noise[:, None]
    smooth = np.fmax(smooth, np.where(np.isnan(values), np.nan, sure))
    exact = noise == 0  # no mean tells more of these than what was seen, least of all beyond a step
    smooth[exact] = np.fmin(smooth[exact], trailing_max(values[exact], EDGE_BINS))
    smooth = _not_across_days(values, smooth, noise, bins_per_day)
    slow = centred_mean(values, bins_per_day)
    half = bins_per_day // 2  # no centred mean can be had there: last day's mean, and growth since
    slow[:, -half:] = last[:, None] + growth[:, None] * (np.arange(half) + 0.5)
    fast = np.where(np.isnan(values), np.nan, smooth - slow)
    variance = np.nan_to_num(nan_mean(fast[:, -28 * bins_per_day :] ** 2))
    share = np.where(variance > 0, 1 - noise**2 / EDGE_BINS / np.where(variance > 0, variance, 1.0), 1.0)
    result = slow + np.clip(share, 0.0, 1.0)[:, None] * fast
    return np.where(enough[:, None], result, values), np.where(enough, noise, 0.0)


def _not_across_days(values: Floats, smooth: Floats, noise: Floats, bins_per_day: int) -> Floats:
    """`smooth`, but where one day ends and the next begins on another level no mean reaches from one into the other.

    So it is when a quiet day follows a busy one, whose bins have the peak of their own day added.
    """
    days, result = blocks_from_end(values, bins_per_day), blocks_from_end(smooth, bins_per_day).copy()
    usual = np.nan_to_num(nan_median(np.abs(np.diff(values, axis=1)))) + noise
    with np.errstate(invalid="ignore"):
        apart = np.abs(days[:, 1:, 0] - days[:, :-1, -1]) > APART * usual[:, None]
    half = SMOOTH_BINS // 2
    for i in range(half):
        ends, begins = days[:, :-1, bins_per_day - 1 - 2 * i :], days[:, 1:, : 2 * i + 1]
        result[:, :-1, bins_per_day - 1 - i][apart] = nan_mean(ends[apart])
        result[:, 1:, i][apart] = nan_mean(begins[apart])
    return result.reshape(values.shape[0], -1)[:, -values.shape[1] :]


def _tip(values: Floats, noise: Floats) -> Floats:
    """Where the line through the last three bins ends, less what noise lifts it by; NaN where they rise in no line.

    A mean of the last bins is a bin late, which cuts off the tip of a tooth of some hours.
    """
    first, second, third = values[:, :-2], values[:, 1:-1], values[:, 2:]
    rises = np.abs(third - 2 * second + first) < STRAIGHT * (third - first)
    end = (5 * third + 2 * second - first) / 6
    result = np.full(values.shape, np.nan)
    result[:, 2:] = np.where(rises, np.minimum(end, third), np.nan) - TIP_SIGMAS * np.sqrt(5 / 6) * noise[:, None]
    return result


def _centred(values: Floats, width: int, growth: Floats) -> Floats:
    """The mean around each bin, which follows a line to both ends.

    The first bins of a series get the mean of as many bins after as before; the last, which count more, all that there
    are, moved up by their share of the growth.
    """
    result = centred_mean(values, width)
    half = width // 2
    rows, first = np.arange(values.shape[0]), first_bin(values)
    for bins in range(half):
        around = np.minimum(first[:, None] + np.arange(2 * bins + 1), values.shape[1] - 1)
        result[rows, np.minimum(first + bins, values.shape[1] - 1)] = nan_mean(values[rows[:, None], around])
    result[:, -half:] += growth[:, None] * 0.5 * np.arange(1, half + 1)
    return result


def _lately(values: Floats, bins_per_day: int) -> tuple[Floats, Floats]:
    """The mean of the last day, and the growth per bin since the day before; `[n_series]` each."""
    last, before = nan_mean(values[:, -bins_per_day:]), nan_mean(values[:, -2 * bins_per_day : -bins_per_day])
    return last, np.nan_to_num(last - before) / bins_per_day
