"""Which seasons a series may have: those of the calendar, and those that its own past shows.

Source: peaks of the autocorrelation (Box and Jenkins; Toller et al., 2019, use the spectrum first). What is found here
is a candidate: the backtest decides whether methods that use it are believed.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from analyzers.forecasting.medians import nan_median, nan_spread
from analyzers.forecasting.parameters import ForecastParameters

CYCLES = 3  # that have to be seen
DAY = 86_400.0
WEEK = 7  # days
WINDOW = 2048  # last steps that are looked at, or four longest cycles of the calendar
STRONG = 0.25  # autocorrelation at a season, at least
PROMINENT = 0.2  # ... and above the lowest before it
FUNDAMENTAL = 0.6  # of the highest peak: the first peak this high is the season, higher ones are its multiples
ALMOST = 0.95  # of the autocorrelation over a day: a shorter season has to reach it
CLIP = 4.0  # robust deviations: outliers are cut off there
MOST_SETS = 16  # different sets of seasons in a batch; rarer ones lose what was found in the data
ROWS = 256


def find_periods(values: NDArray[np.float64], parameters: ForecastParameters) -> list[tuple[int, ...]]:
    """The candidate seasons of each series, in steps, rising; `values[n_series, n_steps]` with NaN where unseen.

    Only seasons of which `CYCLES` cycles lie between the first sample and the end.
    """
    length = values.shape[1] - np.argmax(np.isfinite(values), axis=1)
    if parameters.periods is not None:
        given = tuple(sorted(set(parameters.periods)))
        return [tuple(period for period in given if CYCLES * period <= known) for known in length.tolist()]
    calendar = calendar_periods(parameters.step_seconds)
    found = np.concatenate(
        [_strongest(values[start : start + ROWS], calendar) for start in range(0, values.shape[0], ROWS)]
    )
    sets = [_merge(one, calendar, known) for one, known in zip(found.tolist(), length.tolist(), strict=True)]
    common = {one for one, _ in Counter(sets).most_common(MOST_SETS)}
    plain = [tuple(p for p in calendar if CYCLES * p <= known) for known in length.tolist()]
    return [one if one in common else other for one, other in zip(sets, plain, strict=True)]


def calendar_periods(step_seconds: float) -> tuple[int, ...]:
    """The day and the week in steps, where they are whole numbers of at least two; nothing for a count of steps."""
    if step_seconds <= 1:
        return ()
    day = DAY / step_seconds
    both = (day, day * WEEK)
    return tuple(round(period) for period in both if period >= 2 and abs(period - round(period)) < 1e-9)


def _merge(found: int, calendar: tuple[int, ...], known: int) -> tuple[int, ...]:
    """The seasons of one series: what was found joins the calendar's; where there is none, its sevenfold is tried."""
    periods = set(calendar)
    if found and not calendar:
        periods |= {found, found * WEEK}
    elif found and all(found % period and abs(found - period) > 1 for period in calendar):
        periods.add(found)
    return tuple(sorted(period for period in periods if CYCLES * period <= known))


def _strongest(values: NDArray[np.float64], calendar: tuple[int, ...]) -> NDArray[np.int64]:
    """The strongest season in the data of each series, in steps; 0 where there is none."""
    values = values[:, -max(WINDOW, (CYCLES + 1) * max(calendar, default=0)) :]
    length = values.shape[1] - np.argmax(np.isfinite(values), axis=1)
    correlation = autocorrelation(values)
    lags = np.arange(correlation.shape[1])
    middle = correlation[:, 1:-1]
    peak = np.zeros(correlation.shape, dtype=np.bool_)
    peak[:, 1:-1] = (middle > correlation[:, :-2]) & (middle >= correlation[:, 2:])
    lowest = np.minimum.accumulate(correlation, axis=1)
    peak &= (correlation >= STRONG) & (correlation - lowest >= PROMINENT) & (lags >= 2)
    peak &= lags[None, :] * CYCLES <= length[:, None]
    height = np.where(peak, correlation, 0.0)
    high = peak & (height >= FUNDAMENTAL * height.max(axis=1, initial=0.0)[:, None])
    first = np.where(high.any(axis=1), np.argmax(high, axis=1), 0)
    day = calendar[0] if calendar and calendar[0] < correlation.shape[1] else 0
    if day:
        row = np.arange(first.size)
        short = (first < day) & (correlation[row, first] < ALMOST * correlation[:, day])
        first = np.where(short, 0, first)
    return first


def autocorrelation(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The autocorrelation of each series around its line, outliers cut off, for lags up to a third of the steps."""
    seen = np.isfinite(values)
    centre, spread = nan_median(values, 1)[:, None], nan_spread(values, 1)[:, None]
    limit = np.where(spread > 0, CLIP * spread, np.inf)
    x = np.where(seen, np.clip(values - centre, -limit, limit), 0.0)
    step = np.where(seen, np.arange(values.shape[1], dtype=np.float64), 0.0)
    count = np.maximum(seen.sum(axis=1, keepdims=True), 1)
    step = np.where(seen, step - step.sum(axis=1, keepdims=True) / count, 0.0)
    x = np.where(seen, x - x.sum(axis=1, keepdims=True) / count, 0.0)
    slope = (x * step).sum(axis=1, keepdims=True) / np.maximum((step * step).sum(axis=1, keepdims=True), 1.0)
    x -= slope * step
    lags = values.shape[1] // CYCLES + 2
    size = fft.next_fast_len(values.shape[1] + lags, real=True)
    power = np.abs(fft.rfft(x, size, axis=1)) ** 2
    covariance = fft.irfft(power, size, axis=1)[:, :lags]
    length = values.shape[1] - np.argmax(seen, axis=1)[:, None]
    covariance *= length / np.maximum(length - np.arange(lags), 1)
    return np.asarray(covariance / np.maximum(covariance[:, :1], 1e-300))
