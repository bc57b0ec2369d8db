"""What comes back every month: month-ends, pay days, billing runs, as they stood out a month ago.

A month is no whole number of days and few of them are seen, so no shape is averaged: days are held against those 28 to
31 days before them, at the distance that agrees best. Either the whole series goes on as a month ago (a partition that
is dropped on the first), or what stands out of it does (a month-end above a load that goes its own way).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from analyzers.exhaustion.arrays import nan_mean, nan_median, trailing_max
from analyzers.exhaustion.contract import Floats
from analyzers.exhaustion.recurring import (
    Again,
    Lags,
    Recurring,
    as_it_was,
    daily_peaks,
    line,
    nothing_recurs,
    rounding_of,
    share,
    slope,
)

LAGS = (28, 29, 30, 31)
LEAST_DAYS = 20  # that have a day a month before them
AROUND = 15  # days, whose median a day stands out of
AGREES = 0.5  # of the variance of what stands out, that the month before must foretell
WHOLE = 0.8  # of the variance about a line, likewise, for the whole series
STRONGER = (0.6, 1.6)  # how much weaker or stronger a month may be than the one before
RECENT_DAYS = 28  # of the growth that goes on below
WANDERS = 0.1  # of what stands out: how far off that may be


def months(top: Floats, per_day: float) -> Recurring:
    """The month of `top[n_series, n_quarters]`."""
    peaks, since = daily_peaks(top, per_day)
    if peaks.shape[1] < LAGS[0] + LEAST_DAYS:
        return nothing_recurs(np.nan_to_num(peaks[:, -1:]), LAGS[0])
    known = np.where(since, peaks, np.nan)
    beneath = line(known)
    base = _middle(known - beneath) + beneath
    out = np.nan_to_num(known - base)
    seen = np.where(since, out, np.nan)
    near = trailing_max(np.concatenate([seen, seen[:, -1:]], axis=1), 3)[:, 1:]  # a month end moves by a day or two
    apart, apart_lag = _best(np.where(since, near, np.nan), _standing_out)
    whole, whole_lag = _best(known, partial(as_it_was, bounds=STRONGER))
    is_whole = whole.agrees > WHOLE
    found = is_whole | (apart.agrees > AGREES)
    return Recurring(
        found=found,
        agrees=np.where(found, np.where(is_whole, whole.agrees, apart.agrees), 0.0),
        lag=np.where(is_whole, whole_lag, apart_lag),
        stronger=np.where(is_whole, whole.stronger, apart.stronger),
        more=np.where(is_whole, whole.more, 0.0),
        middle=np.where(is_whole, np.nan_to_num(base[:, -1]), 0.0),
        past=np.where(is_whole[:, None], np.nan_to_num(peaks), out),
        level=np.where(is_whole, 0.0, np.nan_to_num(base[:, -1])),
        slope=np.where(is_whole, 0.0, slope(base[:, -RECENT_DAYS:])),
        error=np.where(is_whole, whole.error, apart.error) + rounding_of(top),
        wanders=np.full(top.shape[0], WANDERS),
    )


def _best(values: Floats, against: Callable[[Floats, Floats], Again]) -> tuple[Again, Lags]:
    """`values[n_series, n_days]` held against themselves at the distance that agrees best, and that distance."""
    n_series, n_days = values.shape
    agrees, stronger, more, error = (np.zeros((n_series, len(LAGS))) for _ in range(4))
    for i, lag in enumerate(LAGS):
        if n_days - lag < LEAST_DAYS:
            continue
        both = ~np.isnan(values[:, lag:] + values[:, :-lag])
        rows = np.flatnonzero(np.count_nonzero(both, axis=1) >= LEAST_DAYS)
        now, before = (np.where(both, x, np.nan)[rows] for x in (values[:, lag:], values[:, :-lag]))
        held = against(now, before)
        agrees[rows, i], stronger[rows, i], more[rows, i], error[rows, i] = (
            held.agrees,
            held.stronger,
            held.more,
            held.error,
        )
    best, every = np.argmax(agrees, axis=1), np.arange(n_series)
    lag = np.array(LAGS, dtype=np.intp)[best]
    return Again(*(x[every, best] for x in (agrees, stronger, more, error))), lag


def _standing_out(now: Floats, before: Floats) -> Again:
    """How well the month before foretells what stands out, how many times stronger it is now, and the mean error."""
    x, y = before - nan_mean(before)[:, None], now - nan_mean(now)[:, None]
    product = np.nansum(x * y, axis=1)
    squares = np.nansum(x * x, axis=1) * np.nansum(y * y, axis=1)
    agrees = share(np.maximum(product, 0.0) ** 2, squares)
    ratio = np.clip(share(np.nansum(now * before, axis=1), np.nansum(before**2, axis=1)), *STRONGER)
    return Again(agrees, ratio, np.zeros_like(ratio), nan_mean(np.abs(now - ratio[:, None] * before)))


def _middle(values: Floats) -> Floats:
    """The running median of `AROUND` days, fewer at the ends."""
    half = AROUND // 2
    padded = np.pad(values, ((0, 0), (half, half)), constant_values=np.nan)
    around: Floats = np.lib.stride_tricks.sliding_window_view(padded, AROUND, axis=1)
    return nan_median(np.ascontiguousarray(around))
