"""What comes back every month: month-ends, pay days, billing runs, as they stood out a month ago.

A month is no whole number of days and few of them are seen, so no shape is averaged: days are held against those 28 to
31 days before them, at the distance that agrees best. Either the whole series goes on as a month ago (a partition that
is dropped on the first), or what stands out of it does (a month-end above a load that goes its own way).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analyzers.exhaustion.arrays import blocks_from_end, fill_forward, first_bin, nan_mean, nan_median, trailing_max
from analyzers.exhaustion.contract import Flags, Floats
from analyzers.exhaustion.crossing import student4

Lags = NDArray[np.intp]

LAGS = (28, 29, 30, 31)
LEAST_DAYS = 20  # that have a day a month before them
AROUND = 15  # days, whose median a day stands out of
AGREES = 0.5  # of the variance of what stands out, that the month before must foretell
WHOLE = 0.8  # of the variance about a line, likewise, for the whole series
STRONGER = (0.6, 1.6)  # how much weaker or stronger a month may be than the one before
RECENT_DAYS = 28  # of the growth that goes on below
ROUNDING, LEAST_ERROR = 1e-6, 1e-100  # of the highest value, and at all: an error is no smaller
WANDERS = 0.1  # of what stands out: how far off that may be
DRIFTS = 0.25  # of the growth below, likewise


@dataclass(frozen=True, slots=True, eq=False)
class Months:
    """The month of a batch, `[n_series]` each but for `past`: a month ahead is `past`, times `stronger`, and `more`."""

    found: Flags
    agrees: Floats  # the share foretold, 0 where no month is trusted
    lag: Lags
    stronger: Floats
    more: Floats  # a month, beside
    middle: Floats  # what does not stand out
    past: Floats  # [n_series, n_days]
    level: Floats  # now, of the line beneath
    slope: Floats  # its growth per day
    error: Floats

    def ahead(self, days: Floats) -> tuple[Floats, Floats]:
        """Where the next months lead, and how far off that may be, `[n_series, n_days]` each."""
        index = np.ceil(days - 1e-9).astype(np.intp) - 1  # a day ahead is held against the day that it is in
        months = index // self.lag[:, None] + 1
        source = self.past.shape[1] + index - months * self.lag[:, None]
        rows, stronger = np.arange(self.past.shape[0])[:, None], self.stronger[:, None]
        times = np.where(stronger == 1, months, (stronger**months - 1) / np.where(stronger == 1, 1.0, stronger - 1))
        again = self.past[rows, np.maximum(source, 0)] * stronger**months + self.more[:, None] * times
        growth = self.slope[:, None] * days
        away = WANDERS * np.abs(again - self.middle[:, None]) + DRIFTS * np.abs(growth)
        return self.level[:, None] + growth + again, self.error[:, None] + away

    def crossed(self, limit: Floats, days: Floats) -> Floats:
        """The probability that `limit[n_series, n_days]` was crossed by each day, `[n_series, n_days]`."""
        result = np.zeros(limit.shape)
        rows = np.flatnonzero(self.found)
        if rows.size:
            value, spread = Months(*(getattr(self, name)[rows] for name in self.__dataclass_fields__)).ahead(days)
            result[rows] = 1 - student4(np.minimum.accumulate((limit[rows] - value) / spread, axis=1))
        return result


@dataclass(frozen=True, slots=True, eq=False)
class _Held:
    """Days held against those a month before them, `[n_series]` each."""

    agrees: Floats
    lag: Lags
    stronger: Floats
    more: Floats
    error: Floats


def months(top: Floats, per_day: float) -> Months:
    """The month of `top[n_series, n_quarters]`."""
    daily = max(1, round(per_day))
    peaks = fill_forward(blocks_from_end(top, daily)[:, :, -1])
    if peaks.shape[1] < LAGS[0] + LEAST_DAYS:
        return _no_months(np.nan_to_num(peaks[:, -1:]))
    before = peaks.shape[1] * daily - top.shape[1]  # the first day is filled up
    since = np.arange(peaks.shape[1]) >= np.ceil((first_bin(top) + before) / daily)[:, None]
    known = np.where(since, peaks, np.nan)
    line = _line(known)
    base = _middle(known - line) + line
    out = np.nan_to_num(known - base)
    seen = np.where(since, out, np.nan)
    near = trailing_max(np.concatenate([seen, seen[:, -1:]], axis=1), 3)[:, 1:]  # a month end moves by a day or two
    apart = _best(np.where(since, near, np.nan), _standing_out)
    whole = _best(known, _as_it_was)
    is_whole = whole.agrees > WHOLE
    found = is_whole | (apart.agrees > AGREES)
    rounding = ROUNDING * np.nan_to_num(np.fmax.reduce(np.abs(top), axis=1)) + LEAST_ERROR
    return Months(
        found=found,
        agrees=np.where(found, np.where(is_whole, whole.agrees, apart.agrees), 0.0),
        lag=np.where(is_whole, whole.lag, apart.lag),
        stronger=np.where(is_whole, whole.stronger, apart.stronger),
        more=np.where(is_whole, whole.more, 0.0),
        middle=np.where(is_whole, np.nan_to_num(base[:, -1]), 0.0),
        past=np.where(is_whole[:, None], np.nan_to_num(peaks), out),
        level=np.where(is_whole, 0.0, np.nan_to_num(base[:, -1])),
        slope=np.where(is_whole, 0.0, _slope(base[:, -RECENT_DAYS:])),
        error=np.where(is_whole, whole.error, apart.error) + rounding,
    )


def _no_months(last: Floats) -> Months:
    """Nothing found in series so short; `last[n_series, 1]` is where they are."""
    zero = np.zeros(last.shape[0])
    lag = np.full(last.shape[0], LAGS[0], dtype=np.intp)
    return Months(
        found=np.zeros(last.shape[0], dtype=np.bool_),
        agrees=zero,
        lag=lag,
        stronger=zero + 1,
        more=zero,
        middle=zero,
        past=np.zeros_like(last),
        level=last[:, 0],
        slope=zero,
        error=ROUNDING * np.abs(last[:, 0]) + LEAST_ERROR,
    )


_Found = tuple[Floats, Floats, Floats, Floats]  # as in `_Held`, but for the lag


def _best(values: Floats, against: Callable[[Floats, Floats], _Found]) -> _Held:
    """`values[n_series, n_days]` held against themselves at the distance that agrees best."""
    n_series, n_days = values.shape
    agrees, stronger, more, error = (np.zeros((n_series, len(LAGS))) for _ in range(4))
    for i, lag in enumerate(LAGS):
        if n_days - lag < LEAST_DAYS:
            continue
        both = ~np.isnan(values[:, lag:] + values[:, :-lag])
        rows = np.flatnonzero(np.count_nonzero(both, axis=1) >= LEAST_DAYS)
        now, before = (np.where(both, x, np.nan)[rows] for x in (values[:, lag:], values[:, :-lag]))
        agrees[rows, i], stronger[rows, i], more[rows, i], error[rows, i] = against(now, before)
    best, every = np.argmax(agrees, axis=1), np.arange(n_series)
    found = {"agrees": agrees, "stronger": stronger, "more": more, "error": error}
    lag = np.array(LAGS, dtype=np.intp)[best]
    return _Held(lag=lag, **{name: x[every, best] for name, x in found.items()})


def _standing_out(now: Floats, before: Floats) -> _Found:
    """How well the month before foretells what stands out, how many times stronger it is now, and the mean error."""
    x, y = before - nan_mean(before)[:, None], now - nan_mean(now)[:, None]
    product = np.nansum(x * y, axis=1)
    squares = np.nansum(x * x, axis=1) * np.nansum(y * y, axis=1)
    agrees = _share(np.maximum(product, 0.0) ** 2, squares)
    ratio = np.clip(_share(np.nansum(now * before, axis=1), np.nansum(before**2, axis=1)), *STRONGER)
    return agrees, ratio, np.zeros_like(ratio), nan_mean(np.abs(now - ratio[:, None] * before))


def _as_it_was(now: Floats, before: Floats) -> _Found:
    """How much better than a line the month before foretells the whole, how many times it is and how much more."""
    x, y = before - nan_mean(before)[:, None], now - nan_mean(now)[:, None]
    ratio = np.clip(_share(np.nansum(x * y, axis=1), np.nansum(x * x, axis=1)), *STRONGER)
    rest = y - ratio[:, None] * x
    total = np.nansum((now - _line(now)) ** 2, axis=1)
    agrees = 1 - np.where(total > 0, _share(np.nansum(rest**2, axis=1), total), 1.0)
    more = nan_mean(now) - ratio * nan_mean(before)
    return np.maximum(agrees, 0.0), ratio, more, nan_mean(np.abs(rest))


def _middle(values: Floats) -> Floats:
    """The running median of `AROUND` days, fewer at the ends."""
    half = AROUND // 2
    padded = np.pad(values, ((0, 0), (half, half)), constant_values=np.nan)
    around: Floats = np.lib.stride_tricks.sliding_window_view(padded, AROUND, axis=1)
    return nan_median(np.ascontiguousarray(around))


def _line(values: Floats) -> Floats:
    """The least-squares line through each row."""
    at = np.arange(values.shape[1])
    centre = nan_mean(np.where(np.isnan(values), np.nan, at))
    result: Floats = nan_mean(values)[:, None] + _slope(values)[:, None] * (at - centre[:, None])
    return result


def _slope(values: Floats) -> Floats:
    """The least-squares slope over the columns, `[n_series]`; 0 where it can't be had."""
    at = np.where(np.isnan(values), np.nan, np.arange(values.shape[1]))
    away = at - nan_mean(at)[:, None]
    power = np.nansum(away**2, axis=1)
    return _share(np.nansum(away * np.nan_to_num(values), axis=1), power)


def _share(part: Floats, whole: Floats) -> Floats:
    """One over the other, 0 where that is nothing."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        result: Floats = np.where(whole > 0, part / whole, 0.0)
    return result
