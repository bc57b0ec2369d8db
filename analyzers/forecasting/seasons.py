"""Which seasons a series may have: those of the calendar, and those that its own past shows.

Source: peaks of the autocorrelation (Box and Jenkins; Toller et al., 2019, use the spectrum first). What is found here
is a candidate: the backtest decides whether methods that use it are believed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analyzers.forecasting.medians import nan_median, nan_spread
from analyzers.forecasting.parameters import ForecastParameters

CYCLES = 3  # that have to be seen
DAY = 86_400.0
WEEK = 7  # days
WINDOW = 2048  # last steps that are looked at; where the calendar is known half of them, or four days
STRONG = 0.25  # autocorrelation at a season, at least
PROMINENT = 0.2  # ... and above the lowest before it
FUNDAMENTAL = 0.6  # of the highest peak: the first peak this high is the season, higher ones are its multiples
ALMOST = 0.95  # of the autocorrelation over a day: a shorter season has to reach it
SHOWN = 0.1  # autocorrelation over a season that is accepted, and how much more that is than over half of it
CLIP = 4.0  # robust deviations: outliers are cut off there
RECENT = 512  # last steps that tell what an outlier is
NEARBY = 2  # steps around a peak that are tried, ...
MULTIPLES = 7  # ... each with so many of its multiples
DECIMALS = 4  # of an autocorrelation: what differs by less is alike, so that rounding does not choose a season
APART = 0.05  # of a calendar's season: what lies nearer to one, or to its multiple, is the calendar's
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
    return [_merge(one, calendar, known) for one, known in zip(found.tolist(), length.tolist(), strict=True)]


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
    elif found and all(_is_other(found, period) for period in calendar):
        periods.add(found)
    return tuple(sorted(period for period in periods if CYCLES * period <= known))


def _is_other(found: int, period: int) -> bool:
    """Whether a season is neither a calendar's season nor a multiple of it."""
    times = found / period
    return times < 1 - APART or abs(times - round(times)) * period > APART * period


def _strongest(values: NDArray[np.float64], calendar: tuple[int, ...]) -> NDArray[np.int64]:
    """The strongest season in the data of each series, in steps; 0 where there is none."""
    window = max(WINDOW // 2, (CYCLES + 1) * calendar[0]) if calendar else WINDOW
    values = values[:, -window:]
    length = values.shape[1] - np.argmax(np.isfinite(values), axis=1)
    correlation = np.round(autocorrelation(values), DECIMALS)
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
    first = _sharpened(correlation, first, length // CYCLES)
    day = calendar[0] if calendar and calendar[0] < correlation.shape[1] else 0
    if day:
        row = np.arange(first.size)
        short = (first < day) & (correlation[row, first] < ALMOST * correlation[:, day]) & (CYCLES * day <= length)
        first = np.where(short, 0, first)
    return first


def _sharpened(
    correlation: NDArray[np.float32], period: NDArray[np.int64], longest: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The period nearby whose multiples are the most alike: noise moves one peak, but not all of them.

    Multiples up to the lag `longest[n_series]` count.
    """
    lags = correlation.shape[1]
    near = np.arange(-NEARBY, NEARBY + 1)
    tried = np.maximum(period[:, None] + near, 2)
    place = tried[:, :, None] * np.arange(1, MULTIPLES + 1)
    height = np.take_along_axis(correlation, np.minimum(place, lags - 1).reshape(period.size, -1), axis=1)
    inside = (tried[:, -1:] * np.arange(1, MULTIPLES + 1) <= longest[:, None])[:, None, :]
    mean = (height.reshape(place.shape) * inside).sum(axis=2)
    best = tried[np.arange(period.size), np.argmax(mean + (near == 0) * 1e-6, axis=1)]
    return np.where((period > 0) & (period > 2 * NEARBY), best, period)


def autocorrelation(values: NDArray[np.float64]) -> NDArray[np.float32]:
    """The autocorrelation of each series around its line, outliers cut off, for lags up to a third of the steps."""
    steps = values.shape[1]
    x, seen = _clipped(values), np.isfinite(values).astype(np.float32)
    time = np.linspace(-1, 1, steps, dtype=np.float32)
    count, first, second = (_rows(seen, weight) for weight in (None, time, time * time))
    total, moment = (_rows(x, weight) for weight in (None, time))
    count = np.maximum(count, 1e-3)
    slope = (moment - first * total / count) / np.maximum(second - first * first / count, 1e-3)
    level = (total - slope * first) / count
    x -= level[:, None] + slope[:, None] * time
    x *= seen
    lags = steps // CYCLES + 2
    size = _fast_length(steps + lags)
    spectrum = np.fft.rfft(x, size, axis=1)
    power = spectrum.real**2 + spectrum.imag**2
    covariance = np.fft.irfft(power, size, axis=1)[:, :lags]
    length = steps - np.argmax(seen, axis=1)[:, None]
    share = (length / np.maximum(length - np.arange(lags), 1)).astype(np.float32)
    return np.asarray(covariance * share / np.maximum(covariance[:, :1], 1e-6), dtype=np.float32)


def _rows(values: NDArray[np.float32], weight: NDArray[np.float32] | None) -> NDArray[np.float32]:
    """The (weighted) sum of each row; a matrix product would round by what other rows there are."""
    return np.asarray((values if weight is None else values * weight).sum(axis=1))


def _fast_length(least: int) -> int:
    """The smallest product of twos, threes and fives that is not below `least`: transforms of such lengths are fast."""
    powers = (int(2**a * 3**b * 5**c) for a in range(24) for b in range(5) for c in range(4))
    return min(length for length in powers if length >= least)


def _clipped(values: NDArray[np.float64]) -> NDArray[np.float32]:
    """Deviations from the median in robust spreads, cut off at `CLIP`; 0 where unseen."""
    recent = values[:, -RECENT:]
    centre, spread = nan_median(recent, 1)[:, None], nan_spread(recent, 1)[:, None]
    deviation = values - np.where(np.isfinite(centre), centre, 0.0)
    largest = np.fmax.reduce(np.abs(deviation), axis=1)[:, None]
    unit = np.where(spread > 0, spread, np.where(largest > 0, largest / CLIP, 1.0))
    x = np.clip(deviation / unit, -CLIP, CLIP).astype(np.float32)
    return np.nan_to_num(x, copy=False)


def shows(values: NDArray[np.float32], period: int) -> NDArray[np.bool_]:
    """Whether values that lie a season apart are alike, and more so than those half a season apart, `[n_series]`.

    `values[n_steps, n_series]`: NaN before a series begins. Noise is not alike; a level that drifts is more alike
    half a season apart.
    """
    over, half = _alike(values, period), _alike(values, max(period // 2, 1))
    return np.asarray((over >= SHOWN) & (over >= half + SHOWN))


def _alike(values: NDArray[np.float32], lag: int) -> NDArray[np.float32]:
    """The autocorrelation at one lag, `[n_series]`."""
    if lag >= values.shape[0]:
        return np.zeros(values.shape[1], dtype=np.float32)
    known = np.isfinite(values)
    centre = np.where(known, values, 0).sum(axis=0) / np.maximum(known.sum(axis=0, dtype=np.float32), 1)
    deviation = np.where(known, values - centre, 0)
    count = (known[lag:] & known[:-lag]).sum(axis=0, dtype=np.float32) / np.maximum(known.sum(axis=0), 1)
    product = np.einsum("ts,ts->s", deviation[lag:], deviation[:-lag])
    power = np.einsum("ts,ts->s", deviation, deviation)
    return np.asarray(product / np.maximum(power * count, 1e-9), dtype=np.float32)
