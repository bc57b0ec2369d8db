"""Least-squares lines and parabolas over windows that end at many origins, for a whole batch, from running sums.

The sums make the cost independent of the length of a window, so that every model can be fitted at every origin of a
rolling backtest for hardly more than one fit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analyzers.exhaustion.arrays import first_bin, running_sum
from analyzers.exhaustion.contract import Floats

STEEPEST = 0.25  # bend per day


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """Running sums of `t**i` and `y * t**i` over the bins that were seen, `t` counted in days."""

    seen: Floats  # [n_series, n_bins]
    t: Floats  # [n_bins], days
    powers: tuple[Floats, ...]  # sums of t**0 ... t**4, [n_series, n_bins + 1]
    products: tuple[Floats, ...]  # sums of y * t**0 ... y * t**2
    squares: Floats  # sums of y**2
    base: Floats  # [n_series]: taken off y, so that sums stay small
    first: NDArray[np.intp]  # [n_series]: the bin with which each series begins


def moments(values: Floats, per_day: float) -> Moments:
    """The running sums of `values[n_series, n_bins]`."""
    seen = ~np.isnan(values)
    t = np.arange(values.shape[1]) / per_day
    base = np.where(seen, values, 0.0).sum(axis=1) / np.maximum(np.count_nonzero(seen, axis=1), 1)
    y = np.where(seen, values - base[:, None], 0.0)
    weight = seen.astype(np.float64)
    return Moments(
        seen=weight,
        t=t,
        powers=tuple(running_sum(weight * t**i) for i in range(5)),
        products=tuple(running_sum(y * t**i) for i in range(3)),
        squares=running_sum(y * y),
        base=base,
        first=first_bin(values),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """Level, slope per day, and bend per day at the origin: `[n_series, n_origins]`, NaN where nothing was fitted.

    `bend` is k where the slope changes as exp(k * days); zero for a line.
    """

    level: Floats
    slope: Floats
    bend: Floats


def window_mean(sums: Moments, origins: NDArray[np.intp], window: int) -> Floats:
    """The mean of the last `window` bins at each origin; NaN where none was seen."""
    start = np.maximum(origins + 1 - window, 0)
    n = sums.powers[0][:, origins + 1] - sums.powers[0][:, start]
    total = sums.products[0][:, origins + 1] - sums.products[0][:, start]
    return np.where(n > 0, total / np.maximum(n, 1.0) + sums.base[:, None], np.nan)


def line(sums: Moments, origins: NDArray[np.intp], window: int) -> Fit:
    """The least-squares line over the last `window` bins at each origin; half of them must have been seen.

    NaN where the history before the origin is shorter than three quarters of the window.
    """
    n, (s1, s2), (sy, sty) = _centred(sums, origins, window, 2)
    mean = s1 / n
    spread = s2 / n - mean * mean
    ok = _enough(sums, n, origins, window) & (spread > 0)
    slope = np.where(ok, (sty / n - mean * sy / n) / np.where(ok, spread, 1.0), np.nan)
    return Fit(sy / n - slope * mean + sums.base[:, None], slope, np.zeros_like(slope))


def curve(sums: Moments, origins: NDArray[np.intp], window: int) -> Fit:
    """Growth whose slope changes by the same share every day, through the parabola over the window.

    The parabola gives the slope at the end and in the middle of the window; their ratio is the bend. Where one of them
    is not growth, the bend is zero and what is left is a line. So S-curves flatten out and exponentials speed up.
    """
    n, (s1, s2, s3, s4), (sy, sty, stty) = _centred(sums, origins, window, 4)
    m = s1 / n
    m2 = s2 / n - m**2
    m3 = s3 / n - 3 * m * s2 / n + 2 * m**3
    m4 = s4 / n - 4 * m * s3 / n + 6 * m**2 * s2 / n - 3 * m**4
    ok = _enough(sums, n, origins, window) & (m2 > 0)
    m2 = np.where(ok, m2, 1.0)
    y1 = sty / n - m * sy / n
    y2 = stty / n - 2 * m * sty / n + m**2 * sy / n
    slope = y1 / m2
    norm = m4 - m3**2 / m2 - m2**2
    ok &= norm > 0
    turn = (y2 - m3 / m2 * y1 - m2 * sy / n) / np.where(ok, norm, 1.0)
    tau = -m
    level = sy / n + slope * tau + turn * (tau**2 - m3 / m2 * tau - m2)
    end = slope + turn * (2 * tau - m3 / m2)
    middle = slope - turn * m3 / m2
    grows = ok & (end > 0) & (middle > 0)
    days = np.maximum(tau, 1e-9)
    bend = np.where(grows, np.log(np.where(grows, end / np.where(grows, middle, 1.0), 1.0)) / days, 0.0)
    bend = np.clip(bend, -2.5 / days, np.minimum(1.5 / days, STEEPEST))
    end, level = np.where(ok, end, np.nan), np.where(ok, level + sums.base[:, None], np.nan)
    return Fit(level, end, bend)


def growth_by_thirds(sums: Moments, origins: NDArray[np.intp], window: int) -> Fit:
    """Growth whose slope changes by the same share every day, through the means of the window's three thirds.

    The means of `a + b exp(k t)` over thirds differ by amounts whose ratio is `exp(k * third)`, whatever `a` and `b`
    are (the method of partial sums for the modified exponential curve; Croxton and Cowden, 1939). The bend is shrunk by
    what noise alone may bend a line by, with one independent value a day (the positive part of James and Stein, 1961).
    Where the thirds do not rise, it is zero: what is left is the line through the last two.
    """
    third = max(window // 3, 1)
    low, middle, high = (window_mean(sums, np.maximum(origins - back * third, 0), third) for back in (2, 1, 0))
    before, after = middle - low, high - middle
    grows = (before > 0) & (after > 0)
    days = third * float(sums.t[1] - sums.t[0])
    noise = np.sqrt(6 / max(days, 1.0)) * _about_curve(sums, origins, 3 * third)
    certain = np.maximum(1 - noise**2 / np.maximum((after - before) ** 2, noise**2 * 1e-6 + 1e-300), 0.0)
    ratio = np.log(np.where(grows, after, 1.0) / np.where(grows, before, 1.0))
    bend = np.minimum(certain * np.clip(ratio, -2.5, 1.5) / days, STEEPEST)
    bend = np.where(np.abs(bend) > 1e-6, bend, 1e-6)
    shape = -np.expm1(-bend * days) / (bend * days)  # the mean of exp(k t) over the last third
    slope = after * bend / (shape * -np.expm1(-bend * days))
    level = high + slope / bend * (1 - shape)
    ok = (origins + 1 - sums.first[:, None] >= 3 * third) & ~np.isnan(low + middle + high)
    return Fit(np.where(ok, level, np.nan), np.where(ok, slope, np.nan), np.where(ok & grows, bend, 0.0))


def _about_curve(sums: Moments, origins: NDArray[np.intp], window: int) -> Floats:
    """How far values usually are from the least-squares parabola over the last `window` bins; 0 where none was seen."""
    n, (s1, s2, s3, s4), (sy, sty, stty) = _centred(sums, origins, window, 4)
    m, mean = s1 / n, sy / n
    m2, m3, m4 = s2 / n - m**2, s3 / n - m * s2 / n, s4 / n - (s2 / n) ** 2  # of t with t, of t with t**2, of t**2
    y1, y2 = sty / n - m * mean, stty / n - s2 / n * mean
    start = np.maximum(origins + 1 - window, 0)
    rest = (sums.squares[:, origins + 1] - sums.squares[:, start]) / n - mean**2
    slope = y1 / np.maximum(m2, 1e-12)
    norm = m4 - m3**2 / np.maximum(m2, 1e-12)
    rest -= slope * y1 + (y2 - m3 * slope) ** 2 / np.maximum(norm, 1e-12)
    result: Floats = np.sqrt(np.maximum(rest, 0.0))
    return result


def _enough(sums: Moments, n: Floats, origins: NDArray[np.intp], window: int) -> NDArray[np.bool_]:
    """Whether a window was seen well enough to be fitted."""
    long_enough = origins + 1 - sums.first[:, None] >= 0.75 * window
    return (n >= 3) & (2 * n >= window) & long_enough


def _centred(
    sums: Moments, origins: NDArray[np.intp], window: int, degree: int
) -> tuple[Floats, tuple[Floats, ...], tuple[Floats, ...]]:
    """Count, sums of powers and products over the window, with `t` counted from the origin."""
    start = np.maximum(origins + 1 - window, 0)
    raw = [total[:, origins + 1] - total[:, start] for total in sums.powers[: degree + 1]]
    product = [total[:, origins + 1] - total[:, start] for total in sums.products[: degree // 2 + 1]]
    o = sums.t[origins]
    n = np.maximum(raw[0], 1e-12)
    powers = [raw[1] - o * raw[0], raw[2] - 2 * o * raw[1] + o**2 * raw[0]]
    products = [product[0], product[1] - o * product[0]]
    if degree == 4:
        powers.append(raw[3] - 3 * o * raw[2] + 3 * o**2 * raw[1] - o**3 * raw[0])
        powers.append(raw[4] - 4 * o * raw[3] + 6 * o**2 * raw[2] - 4 * o**3 * raw[1] + o**4 * raw[0])
        products.append(product[2] - 2 * o * product[1] + o**2 * product[0])
    return n, tuple(powers), tuple(products)
