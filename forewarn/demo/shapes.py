"""The shapes of real histories: office days, rotations, leaks, deploys, noise. Arrays of seconds in, arrays out.

Every function takes `times[n_steps]` in seconds since 1970 and gives `[n_steps]` float64, free of NaN.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

Array = NDArray[np.float64]

DAY = 86_400.0
TAIPEI = 8 * 3_600.0  # Asia/Taipei has been UTC+8 without summer time since 1980


def office_hours(times: Array, *, weekend: float = 0.25) -> Array:
    """How busy an office is, 0 to 1: two humps at 10:30 and 15:00 in Taipei, nearly nothing at night."""
    local = times + TAIPEI
    hour = local % DAY / 3_600
    humps = np.exp(-(((hour - 10.5) / 2.2) ** 2)) + 0.9 * np.exp(-(((hour - 15.0) / 2.4) ** 2))
    # 1 January 1970 was a Thursday: day 2 and 3 of the epoch's week are Saturday and Sunday.
    free_day = np.isin(local // DAY % 7, (2, 3))
    level: Array = (0.06 + 0.94 * np.minimum(humps, 1.0)) * np.where(free_day, weekend, 1.0)
    return level


def night_window(times: Array, *, start_hour: float, hours: float) -> Array:
    """1 within a nightly window (backups, batch jobs), with soft edges of a quarter of an hour; 0 outside."""
    since = (times + TAIPEI - start_hour * 3_600) % DAY / 3_600
    rising = np.clip(since / 0.25, 0.0, 1.0)
    falling = np.clip((hours - since) / 0.25, 0.0, 1.0)
    return np.minimum(rising, falling)


def sawtooth(times: Array, *, period: float, phase: float = 0.0) -> Array:
    """From 0 to 1 in every period, then back at once: rotation, cleanup, garbage collection."""
    return (times - phase) % period / period


def step_at(times: Array, moment: float) -> Array:
    """0 before the moment, 1 from it on: a deploy, a migration, a new tenant."""
    return (times >= moment).astype(np.float64)


def ramp_from(times: Array, moment: float) -> Array:
    """Days since the moment, 0 before it: a leak that begins with a deploy."""
    return np.maximum(times - moment, 0.0) / DAY


def noise(rng: np.random.Generator, times: Array, *, memory: float = 0.8) -> Array:
    """Noise of unit variance that remembers a share of its last value (autoregressive, first order).

    A longer timeline of the same generator begins with the same values.
    """
    white = rng.standard_normal(len(times))
    white[0] /= np.sqrt(1 - memory**2)
    smooth: Array = lfilter([np.sqrt(1 - memory**2)], [1.0, -memory], white)
    return smooth


def accumulate(times: Array, rate: Array, *, start: float = 0.0, restarts: tuple[float, ...] = ()) -> Array:
    """A counter of `rate` a second that falls to 0 at every restart, as exporters count."""
    steps = np.diff(times, prepend=times[0])
    total = start + np.cumsum(rate * steps)
    for moment in sorted(restarts):
        after = times >= moment
        if after.any():
            total[after] -= total[np.argmax(after)]
    return total
