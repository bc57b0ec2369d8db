"""What comes back after some days, as strong as it has become: days are held against those so long before them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analyzers.exhaustion.arrays import blocks_from_end, fill_forward, first_bin, nan_mean
from analyzers.exhaustion.contract import Flags, Floats
from analyzers.exhaustion.crossing import student4

Lags = NDArray[np.intp]

ROUNDING, LEAST_ERROR = 1e-6, 1e-100  # of the highest value, and at all: an error is no smaller
DRIFTS = 0.25  # of the growth below: how far off that may be


@dataclass(frozen=True, slots=True, eq=False)
class Recurring:
    """What comes back in a batch, `[n_series]` each but for `past`: next time it is `stronger` times it and `more`."""

    found: Flags
    agrees: Floats  # the share foretold, 0 where nothing is trusted to come back
    lag: Lags  # days from one turn to the next
    stronger: Floats
    more: Floats  # a turn, beside
    middle: Floats  # what does not stand out
    past: Floats  # [n_series, n_days]
    level: Floats  # now, of the line beneath
    slope: Floats  # its growth per day
    error: Floats
    wanders: Floats  # how far off a turn may be, as a share of what stands out

    def ahead(self, days: Floats) -> tuple[Floats, Floats]:
        """Where the next turns lead, and how far off that may be, `[n_series, n_days]` each."""
        index = np.ceil(days - 1e-9).astype(np.intp) - 1  # a day ahead is held against the day that it is in
        turns = index // self.lag[:, None] + 1
        source = self.past.shape[1] + index - turns * self.lag[:, None]
        rows, stronger = np.arange(self.past.shape[0])[:, None], self.stronger[:, None]
        times = np.where(stronger == 1, turns, (stronger**turns - 1) / np.where(stronger == 1, 1.0, stronger - 1))
        again = self.past[rows, np.maximum(source, 0)] * stronger**turns + self.more[:, None] * times
        growth = self.slope[:, None] * days
        away = self.wanders[:, None] * turns * np.abs(again - self.middle[:, None]) + DRIFTS * np.abs(growth)
        return self.level[:, None] + growth + again, self.error[:, None] * np.sqrt(turns) + away

    def pace(self) -> Floats:
        """How much higher per day the highest of a turn becomes, `[n_series]`."""
        n_days = self.past.shape[1]
        turn = np.arange(n_days) >= n_days - self.lag[:, None]
        highest = np.where(turn, self.past, -np.inf).max(axis=1)
        return np.asarray(self.slope + ((self.stronger - 1) * highest + self.more) / self.lag, dtype=np.float64)

    def crossed(self, limit: Floats, days: Floats) -> Floats:
        """The probability that `limit[n_series, n_days]` was crossed by each day, `[n_series, n_days]`."""
        result = np.zeros(limit.shape)
        rows = np.flatnonzero(self.found)
        if rows.size:
            value, spread = Recurring(*(getattr(self, name)[rows] for name in self.__dataclass_fields__)).ahead(days)
            result[rows] = 1 - student4(np.minimum.accumulate((limit[rows] - value) / spread, axis=1))
        return result


@dataclass(frozen=True, slots=True, eq=False)
class Again:
    """How well days are foretold by those before them, `[n_series]` each."""

    agrees: Floats
    stronger: Floats  # how many times as much as then
    more: Floats  # beside
    error: Floats  # on the mean


def nothing_recurs(last: Floats, lag: int) -> Recurring:
    """Nothing found in series so short; `last[n_series, 1]` is where they are."""
    zero = np.zeros(last.shape[0])
    return Recurring(
        found=np.zeros(last.shape[0], dtype=np.bool_),
        agrees=zero,
        lag=np.full(last.shape[0], lag, dtype=np.intp),
        stronger=zero + 1,
        more=zero,
        middle=zero,
        past=np.zeros_like(last),
        level=last[:, 0],
        slope=zero,
        error=ROUNDING * np.abs(last[:, 0]) + LEAST_ERROR,
        wanders=zero,
    )


def daily_peaks(top: Floats, per_day: float) -> tuple[Floats, Flags]:
    """The highest of each day up to now, and on which days that was known already, `[n_series, n_days]` each.

    Days before the first value hold it; days without one, the last before them.
    """
    daily = max(1, round(per_day))
    peaks = fill_forward(blocks_from_end(top, daily)[:, :, -1])
    before = peaks.shape[1] * daily - top.shape[1]  # the first day is filled up
    return peaks, np.arange(peaks.shape[1]) >= np.ceil((first_bin(top) + before) / daily)[:, None]


def rounding_of(top: Floats) -> Floats:
    """The least error of each row, `[n_series]`."""
    return np.asarray(ROUNDING * np.nan_to_num(np.fmax.reduce(np.abs(top), axis=1)) + LEAST_ERROR, dtype=np.float64)


def as_it_was(now: Floats, before: Floats, bounds: tuple[float, float]) -> Again:
    """How much better than a line `before[n_series, n_days]` foretells the whole, `stronger` within bounds."""
    x, y = before - nan_mean(before)[:, None], now - nan_mean(now)[:, None]
    ratio = np.clip(share(np.nansum(x * y, axis=1), np.nansum(x * x, axis=1)), *bounds)
    rest = y - ratio[:, None] * x
    total = np.nansum((now - line(now)) ** 2, axis=1)
    agrees = 1 - np.where(total > 0, share(np.nansum(rest**2, axis=1), total), 1.0)
    more = nan_mean(now) - ratio * nan_mean(before)
    return Again(np.maximum(agrees, 0.0), ratio, more, nan_mean(np.abs(rest)))


def line(values: Floats) -> Floats:
    """The least-squares line through each row."""
    at = np.arange(values.shape[1])
    centre = nan_mean(np.where(np.isnan(values), np.nan, at))
    result: Floats = nan_mean(values)[:, None] + slope(values)[:, None] * (at - centre[:, None])
    return result


def slope(values: Floats) -> Floats:
    """The least-squares slope over the columns, `[n_series]`; 0 where it can't be had."""
    at = np.where(np.isnan(values), np.nan, np.arange(values.shape[1]))
    away = at - nan_mean(at)[:, None]
    power = np.nansum(away**2, axis=1)
    return share(np.nansum(away * np.nan_to_num(values), axis=1), power)


def share(part: Floats, whole: Floats) -> Floats:
    """One over the other, 0 where that is nothing."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        result: Floats = np.where(whole > 0, part / whole, 0.0)
    return result
