"""How full a thing is over time, as a share of its capacity: the stories that the demo's targets live."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from forewarn.demo.shapes import DAY, Array, night_window, noise, office_hours, ramp_from, sawtooth, step_at
from forewarn.demo.timeline import INTERVAL, Timeline

Level = Callable[[Timeline, np.random.Generator], Array]


def flat(share: float, *, wobble: float = 0.0005) -> Level:
    """Stays where it is, however full that may be."""
    return lambda line, rng: share + wobble * noise(rng, line.times)


def busy(low: float, high: float, *, wobble: float = 0.006) -> Level:
    """Follows the office day, from `low` at night to `high` in the late morning."""

    def level(line: Timeline, rng: np.random.Generator) -> Array:
        return low + (high - low) * office_hours(line.times) + wobble * noise(rng, line.times, memory=0.6)

    return level


def ordinary(low: float, high: float, *, wobble: float = 0.006) -> Level:
    """Like `busy`, but no two machines are alike: each has from half to 1.1 times as much to do."""

    def level(line: Timeline, rng: np.random.Generator) -> Array:
        own = float(rng.uniform(0.5, 1.1))
        return own * busy(low, high, wobble=wobble)(line, rng)

    return level


def somewhere(low: float, high: float, *, wobble: float = 0.0005) -> Level:
    """Stays where it is, somewhere in a range."""
    return lambda line, rng: float(rng.uniform(low, high)) + wobble * noise(rng, line.times)


def nightly(base: float, peak: float, *, start_hour: float = 1.0, hours: float = 2.5) -> Level:
    """Low all day, and a burst in a nightly window: backups."""

    def level(line: Timeline, rng: np.random.Generator) -> Array:
        burst = night_window(line.times, start_hour=start_hour, hours=hours)
        return base + (peak - base) * burst + 0.004 * noise(rng, line.times, memory=0.5)

    return level


def rotated(low: float, high: float, *, days: float = 1.0, hour: float = 3.0) -> Level:
    """Fills and is cleaned at a fixed hour (Taipei) every so many days: log rotation, image clean-up."""

    def level(line: Timeline, rng: np.random.Generator) -> Array:
        phase = (hour - 8) * 3_600
        tooth = sawtooth(line.times, period=days * DAY, phase=phase)
        return low + (high - low) * tooth + 0.002 * noise(rng, line.times)

    return level


def growing(now: float, per_day: float, *, weekdays: bool = False, since: float | None = None) -> Level:
    """Grows by `per_day` and stands at `now` at `as_of`; mostly in office hours, or from a day on, where asked."""

    def level(line: Timeline, rng: np.random.Generator) -> Array:
        if since is not None:
            growth = ramp_from(line.times, line.at(since)) + since
        elif weekdays:
            busy_share = office_hours(line.times, weekend=0.1)
            # So scaled that a whole week grows by seven days' worth.
            week = int(7 * DAY / INTERVAL.total_seconds())
            elapsed = np.cumsum(busy_share) * (7.0 / busy_share[:week].sum())
            growth = elapsed - elapsed[line.times <= line.as_of][-1]
        else:
            growth = line.days
        return now + per_day * growth + 0.0006 * noise(rng, line.times)

    return level


def growing_peaks(low: float, peak_now: float, peak_per_day: float, *, wobble: float = 0.004) -> Level:
    """The office day's peak grows while the night stays as it is: a mean would hide it."""

    def level(line: Timeline, rng: np.random.Generator) -> Array:
        height = peak_now + peak_per_day * line.days - low
        return low + height * office_hours(line.times, weekend=0.5) + wobble * noise(rng, line.times, memory=0.5)

    return level


def shifted(before: float, after: float, *, day: float) -> Level:
    """One level until a day, another from then on: a deploy or a migration, no growth."""

    def level(line: Timeline, rng: np.random.Generator) -> Array:
        return before + (after - before) * step_at(line.times, line.at(day)) + 0.001 * noise(rng, line.times)

    return level


def noisy(middle: float, spread: float, *, memory: float = 0.85) -> Level:
    """Goes up and down without a direction, never more than three spreads from the middle."""
    return lambda line, rng: middle + spread * np.clip(noise(rng, line.times, memory=memory), -3, 3)


def saturating(start: float, end: float, *, days: float) -> Level:
    """Fills quickly at first and then stays: a cache, or a store that has reached its retention."""

    def level(line: Timeline, rng: np.random.Generator) -> Array:
        age = np.maximum(line.times - line.times[0], 0.0) / DAY
        filled: Array = start + (end - start) * (1 - np.exp(-age / days)) + 0.0008 * noise(rng, line.times)
        return filled

    return level


def collected(floor: float, ceiling: float, *, hours: float, floor_per_day: float = 0.0) -> Level:
    """Garbage collection: climbs to the ceiling and falls to a floor, which may itself rise (a leak)."""

    def level(line: Timeline, rng: np.random.Generator) -> Array:
        phase = float(rng.uniform(0, hours * 3_600))
        tooth = sawtooth(line.times, period=hours * 3_600, phase=phase)
        lowest = floor + floor_per_day * line.days
        return lowest + np.maximum(ceiling - lowest, 0.0) * tooth + 0.003 * noise(rng, line.times, memory=0.3)

    return level
