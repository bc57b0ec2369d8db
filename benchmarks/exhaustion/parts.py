"""The parts that histories are put together from: growth that wanders, seasons, cycles, steps. All in days."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Rng = np.random.Generator
Shape = Callable[[Rng, Floats], Floats]  # noise-free usage as a share of the capacity, at days from now
HORIZON = 60  # days


def log_uniform(rng: Rng, low: float, high: float) -> float:
    """A number that is spread evenly over its logarithm."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def wander(rng: Rng, t: Floats, sd: float, memory_days: float) -> Floats:
    """A stationary Gaussian process that forgets itself within `memory_days`, with that standard deviation."""
    knots = np.arange(t[0] - 1, t[-1] + 2, 0.25)
    keep = np.exp(-0.25 / memory_days)
    shocks = rng.normal(0, sd * np.sqrt(1 - keep**2), knots.size)
    state = np.empty(knots.size)
    value = rng.normal(0, sd)
    for i, shock in enumerate(shocks):
        value = keep * value + shock
        state[i] = value
    return np.interp(t, knots, state)


def accumulate(t: Floats, rate: Floats) -> Floats:
    """The integral of a rate per day over time, zero at the last instant that is not after now (t = 0)."""
    total = np.concatenate([[0.0], np.cumsum(rate[:-1] * np.diff(t))])
    result: Floats = total - total[np.searchsorted(t, 0.0, side="right") - 1]
    return result


def daily(rng: Rng, t: Floats) -> Floats:
    """One day's shape between 0 and 1, the same every day: a smooth wave, or a busy part of the day."""
    phase = rng.uniform()
    day = (t + phase) % 1.0
    if rng.uniform() < 0.5:
        return 0.5 - 0.5 * np.cos(2 * np.pi * day)
    width = rng.uniform(0.15, 0.6)
    return np.where(day < width, np.sin(np.pi * day / width), 0.0)


def weekday(rng: Rng, t: Floats, weekend: float) -> Floats:
    """One on five days of the week, `weekend` on two that follow each other."""
    day = np.floor(t + rng.uniform(0, 7)) % 7
    return np.where(day < 5, 1.0, weekend)


def each_day(rng: Rng, t: Floats, sd: float) -> Floats:
    """A factor around one that is drawn anew for every day."""
    index = np.floor(t).astype(int) - int(np.floor(t[0]))
    factors: Floats = np.exp(rng.normal(0, sd, index[-1] + 1))[index]
    return factors


def arrivals(rng: Rng, t: Floats, gap_days: float, regularity: float) -> Floats:
    """Instants from before the start to after the end, gaps from a gamma distribution (regularity 1: memoryless)."""
    count = int((t[-1] - t[0]) / gap_days * 3) + 20
    gaps = rng.gamma(regularity, gap_days / regularity, count)
    return np.asarray(t[0] - rng.uniform(0, gap_days) + np.cumsum(gaps), dtype=np.float64)


def events(rng: Rng, t: Floats, gap: float, jitter: float) -> Floats:
    """Instants from before the start to after the end, so far from each other, give or take a share of it."""
    gaps = gap * (1 + jitter * rng.uniform(-1, 1, int((t[-1] - t[0]) / gap / (1 - jitter)) + 3))
    return np.asarray(t[0] - rng.uniform(0, gap) - gaps[0] + np.cumsum(gaps), dtype=np.float64)


def since_last(t: Floats, instants: Floats) -> tuple[Floats, NDArray[np.intp]]:
    """Days since the last of some instants, and its index; before the first one, since the start."""
    if instants.size == 0:
        return t - t[0], np.zeros(t.size, dtype=np.intp)
    index = np.searchsorted(instants, t, side="right") - 1
    start = np.where(index >= 0, instants[np.maximum(index, 0)], t[0])
    return t - start, np.maximum(index, 0)


def growth_rate(rng: Rng, left: float, days_low: float = 0.7, days_high: float = 110.0) -> float:
    """A rate per day that uses up `left` in a number of days that is spread evenly over its logarithm."""
    return left / float(np.exp(rng.uniform(np.log(days_low), np.log(days_high))))


def full_day(rng: Rng, healthy: float = 0.5) -> float:
    """The day on which something is to be full: after the horizon for the share `healthy`, else most often soon.

    Later days are less likely, without a step at the horizons that are asked for: one would be learnt.
    """
    if rng.uniform() < healthy:
        return log_uniform(rng, HORIZON, 400)
    return log_uniform(rng, 0.5, HORIZON) if rng.uniform() < 0.5 else float(rng.uniform(0.0, HORIZON))


def next_record(t: Floats, highest: Floats, day: float, above: float = -np.inf) -> int | None:
    """Where a running maximum first rises on that day or after it, or the last time before; None: not ahead of now.

    Rises to no more than `above` do not count.
    """
    rises = np.flatnonzero((np.diff(highest) > 0) & (t[1:] > 0) & (highest[1:] > above)) + 1
    if rises.size == 0:
        return None
    return int(rises[min(int(np.searchsorted(t[rises], day)), rises.size - 1)])


def level_and_rate(rng: Rng, history: float, low: float = 0.3) -> tuple[float, float]:
    """A level now, and a growth per day that did not start below nothing: shares of the capacity."""
    while True:
        level = float(rng.uniform(low, 0.98))
        rate = growth_rate(rng, 1 - level)
        if level - rate * history > 0.02:
            return level, rate
