"""What usage does, kind by kind: noise-free, as a share of the capacity, over history and future.

Every function takes a random generator and `t`, in days from now (negative: history), and gives the usage at each.
About half of what each draws never fills, and looks the same at first sight. The kinds owe nothing to any file of
examples: they are what operators describe (logs that rotate, caches, leaks, deploys, quotas, batch loads, queues).
"""

from __future__ import annotations

import numpy as np

from benchmarks.exhaustion.parts import (
    Floats,
    Rng,
    Shape,
    accumulate,
    arrivals,
    daily,
    each_day,
    growth_rate,
    level_and_rate,
    since_last,
    wander,
    weekday,
)


def linear(rng: Rng, t: Floats) -> Floats:
    """Growth whose rate wanders around its mean."""
    level, rate = level_and_rate(rng, -t[0])
    return level + accumulate(t, rate * np.exp(wander(rng, t, rng.uniform(0, 0.5), rng.uniform(2, 12))))


def wandering(rng: Rng, t: Floats) -> Floats:
    """Growth whose rate is never the same for long, and always comes back to its mean."""
    level, rate = level_and_rate(rng, -t[0])
    factor = np.exp(wander(rng, t, rng.uniform(0.3, 0.8), rng.uniform(1, 8)))
    return level + accumulate(t, rate * factor / factor.mean())


def rough_growth(rng: Rng, t: Floats) -> Floats:
    """Growth at one rate, around which the level wanders for hours or days."""
    level, rate = level_and_rate(rng, -t[0])
    around = wander(rng, t, rng.uniform(0.003, 0.03), float(np.exp(rng.uniform(np.log(0.2), np.log(6)))))
    return np.asarray(level + rate * t + around - around[t <= 0][-1], dtype=np.float64)


def rough_day(rng: Rng, t: Floats) -> Floats:
    """Growth with a day whose height differs from day to day, and a level that wanders."""
    return rough_growth(rng, t) + rng.uniform(0.01, 0.15) * (daily(rng, t) * each_day(rng, t, 0.1) - 0.5)


def steady(rng: Rng, t: Floats) -> Floats:
    """Growth at one rate."""
    level, rate = level_and_rate(rng, -t[0])
    return level + rate * t


def seasonal_growth(rng: Rng, t: Floats) -> Floats:
    """Growth with a day, and often a week."""
    level, rate = level_and_rate(rng, -t[0])
    rise = accumulate(t, rate * np.exp(wander(rng, t, rng.uniform(0, 0.4), rng.uniform(2, 12))))
    wave = daily(rng, t) * weekday(rng, t, rng.uniform(0.3, 1.0)) * each_day(rng, t, rng.uniform(0, 0.15))
    return np.asarray(level + rise + rng.uniform(0.01, 0.12) * (wave - wave[t <= 0][-1]), dtype=np.float64)


def plateau(rng: Rng, t: Floats) -> Floats:
    """No growth: a level that wanders around its mean, with or without a day."""
    level = rng.uniform(0.2, 0.85)
    room = 0.95 - level
    wave = rng.uniform(0, 0.5) * daily(rng, t) * weekday(rng, t, rng.uniform(0.4, 1.0))
    return level + room * (wave + wander(rng, t, rng.uniform(0.01, 0.15), rng.uniform(0.3, 6)))


def random_walk(rng: Rng, t: Floats) -> Floats:
    """A level that keeps no memory of where it should be."""
    steps = rng.normal(0, rng.uniform(0.001, 0.02), t.size) * np.sqrt(t[1] - t[0])
    path = np.cumsum(steps)
    return np.asarray(rng.uniform(0.3, 0.9) + path - path[t <= 0][-1], dtype=np.float64)


def peak_growth(rng: Rng, t: Floats) -> Floats:
    """The day's peak grows, the base does not."""
    base = rng.uniform(0.02, 0.4)
    peak = rng.uniform(0.3, 0.97)
    span = max(peak - base, 0.1)
    rate = 0.0 if rng.uniform() < 0.4 else growth_rate(rng, max(1 - base - span, 0.02), 1.0)
    rate = min(rate, 0.85 * span / -t[0])
    wave = daily(rng, t) * weekday(rng, t, rng.uniform(0.4, 1.0)) * each_day(rng, t, rng.uniform(0, 0.06))
    return np.asarray(base + (span + rate * t) * wave, dtype=np.float64)


def amplitude_exponential(rng: Rng, t: Floats) -> Floats:
    """The day's peak grows by a share of itself every week."""
    base = rng.uniform(0.02, 0.3)
    span = rng.uniform(0.2, 0.65)
    rate = rng.uniform(0.0, 0.03) * rng.integers(0, 2)
    return base + span * np.exp(rate * t) * daily(rng, t) * each_day(rng, t, rng.uniform(0, 0.05))


def weekday_load(rng: Rng, t: Floats) -> Floats:
    """Busy on working days only, with no growth or little."""
    base = rng.uniform(0.1, 0.6)
    height = rng.uniform(0.1, 0.9 - base) if base < 0.8 else 0.1
    rate = 0.0 if rng.uniform() < 0.6 else growth_rate(rng, 1 - base - height, 2.0)
    rate = min(rate, base / (-t[0] + 5))
    busy = weekday(rng, t, 0.0) * daily(rng, t) * each_day(rng, t, rng.uniform(0, 0.06))
    return np.asarray(base + rate * t + height * busy, dtype=np.float64)


def weekday_growth(rng: Rng, t: Floats) -> Floats:
    """Grows on working days only."""
    level, rate = level_and_rate(rng, -t[0])
    return level + accumulate(t, rate * 1.4 * weekday(rng, t, rng.uniform(-0.1, 0.15)) * each_day(rng, t, 0.15))


def sawtooth(rng: Rng, t: Floats) -> Floats:
    """Fills and is cleaned up, every half day to every twelve days; the troughs drift in half of them."""
    period = float(np.exp(rng.uniform(np.log(0.5), np.log(12))))
    age, index = since_last(t, arrivals(rng, t, period, rng.choice([30.0, 400.0, 1e6])))
    height = rng.uniform(0.03, 0.25)
    jitter = np.exp(rng.normal(0, rng.uniform(0, 0.12), index[-1] + 1))[index]
    teeth = height * jitter * age / period
    if rng.uniform() < 0.5:
        return np.asarray(rng.uniform(0.1, 0.9 - 1.5 * height) + teeth, dtype=np.float64)
    level, rate = level_and_rate(rng, -t[0])
    return np.asarray(level - height + rate * t + teeth, dtype=np.float64)


def rotation(rng: Rng, t: Floats) -> Floats:
    """Logs rotated at one hour, daily or weekly; what is kept grows in some."""
    period = float(rng.choice([1.0, 7.0]))
    age = (t + rng.uniform(0, period)) % period / period
    height = rng.uniform(0.02, 0.3)
    grows = rng.uniform() < 0.5
    level, rate = level_and_rate(rng, -t[0]) if grows else (float(rng.uniform(0.2, 0.93)), 0.0)
    return level - height + rate * t + height * age


def garbage_collection(rng: Rng, t: Floats) -> Floats:
    """A heap: sawtooth of hours; what stays after collection is flat, or leaks."""
    period = rng.uniform(0.25, 0.9)
    age, index = since_last(t, arrivals(rng, t, period, 20.0))
    height = rng.uniform(0.1, 0.3)
    jitter = np.exp(rng.normal(0, 0.15, index[-1] + 1))[index]
    leaks = rng.uniform() < 0.5
    level, rate = level_and_rate(rng, -t[0]) if leaks else (float(rng.uniform(0.4, 0.75)), 0.0)
    return np.asarray(level - height + rate * t + height * np.minimum(age / period * jitter, 1.3), dtype=np.float64)


def compaction(rng: Rng, t: Floats) -> Floats:
    """A store that needs room to compact: every few days usage rises for hours, then falls below where it was."""
    period = rng.uniform(1.5, 7)
    age, _ = since_last(t, arrivals(rng, t, period, 100.0))
    length = rng.uniform(0.1, 0.4)
    bump = rng.uniform(0.05, 0.2) * np.where(age < length, age / length, 0.0)
    level, rate = level_and_rate(rng, -t[0]) if rng.uniform() < 0.5 else (float(rng.uniform(0.2, 0.75)), 0.0)
    return level - 0.1 + rate * t + bump


def leak(rng: Rng, t: Floats) -> Floats:
    """Leaks and is restarted; in half of them the leak became faster some days ago, or restarts no longer come."""
    period = rng.uniform(2.5, 10)
    instants = arrivals(rng, t, period, rng.uniform(8, 60))
    base = rng.uniform(0.25, 0.75)
    height = rng.uniform(0.05, 0.8 * (0.95 - base))
    changed = rng.uniform() < 0.55
    if changed and rng.uniform() < 0.25:
        instants = instants[instants < -rng.uniform(0, period)]
    age, index = since_last(t, instants)
    factor = np.ones(index[-1] + 1)
    if changed:
        from_cycle = max(np.searchsorted(instants, 0.0) - 1 - int(rng.integers(0, 3)), 0)
        factor[from_cycle:] = rng.uniform(1.5, 8)
    wave = rng.uniform(0, 0.1) * height * daily(rng, t)
    return base + height * age / period * factor[index] + wave


def leak_drift(rng: Rng, t: Floats) -> Floats:
    """Leaks and is restarted, and every restart gives back less."""
    period = rng.uniform(1.5, 8)
    age, _ = since_last(t, arrivals(rng, t, period, 40.0))
    level, rate = level_and_rate(rng, -t[0])
    height = rng.uniform(0.03, 0.15)
    return level - height + rate * t + height * age / period


def level_shift(rng: Rng, t: Floats) -> Floats:
    """Deploys moved the level once or twice; beside that it is flat, or grows slowly."""
    level = rng.uniform(0.3, 0.9)
    path = np.full(t.size, level)
    for _ in range(int(rng.integers(1, 3))):
        at = -rng.uniform(0.5, 0.9 * -t[0])
        path -= np.where(t < at, rng.uniform(0.05, 0.25) * rng.choice([1, 1, -1]), 0.0)
    rate = 0.0 if rng.uniform() < 0.6 else growth_rate(rng, 1 - level, 3.0)
    wave = rng.uniform(0, 0.05) * daily(rng, t)
    return np.asarray(np.clip(path, 0.02, 0.97) + min(rate, 0.2 / -t[0]) * t + wave, dtype=np.float64)


def slope_change(rng: Rng, t: Floats) -> Floats:
    """The growth changed some days ago: began, stopped, became faster or slower."""
    level = rng.uniform(0.4, 0.95)
    at = max(-float(np.exp(rng.uniform(np.log(1.0), np.log(20)))), 0.8 * t[0])
    rate = growth_rate(rng, 1 - level, 1.0, 60)
    before, after = {
        0: (0.0, rate),
        1: (rate, 0.0),
        2: (rate * rng.uniform(0.05, 0.5), rate),
        3: (rate, rate * rng.uniform(0.05, 0.5)),
    }[int(rng.integers(0, 4))]
    after = min(after, (level - 0.05) / -at)
    knee = level + after * at
    before = min(before, (knee - 0.02) / (-t[0] + at))
    wave = rng.uniform(0, 0.04) * daily(rng, t)
    wandering = np.exp(wander(rng, t, rng.uniform(0, 0.25), 4.0))
    return np.asarray(
        level + accumulate(t, np.where(t < at, before, after) * wandering) + wave - wave[t <= 0][-1], dtype=np.float64
    )


def staircase(rng: Rng, t: Floats) -> Floats:
    """Grows in steps of random size, days apart; in some the steps stopped weeks ago."""
    level, rate = level_and_rate(rng, -t[0])
    gap = rng.uniform(1.5, 9)
    instants = arrivals(rng, t, gap, rng.choice([1.0, 3.0, 50.0]))
    sizes = rng.gamma(rng.uniform(1, 6), 1.0, instants.size)
    sizes *= rate * gap / sizes.mean()
    if rng.uniform() < 0.35:
        sizes[instants > -rng.uniform(2.5, 5) * gap] = 0.0
    total = np.concatenate([[0.0], np.cumsum(sizes)])
    path = total[np.searchsorted(instants, t, side="right")]
    result: Floats = level + path - path[t <= 0][-1]
    return np.maximum(result, 0.01)


def weekly_batch(rng: Rng, t: Floats) -> Floats:
    """A load once a week or every few days, of nearly the same size."""
    period = float(rng.choice([1.0, 2.0, 3.5, 7.0]))
    level, rate = level_and_rate(rng, -t[0])
    count = np.floor((t + rng.uniform(0, period)) / period)
    return np.asarray(level + rate * period * (count - count[t <= 0][-1]), dtype=np.float64)


def s_curve(rng: Rng, t: Floats) -> Floats:
    """Logistic growth: early, in the middle, or nearly done; its ceiling below or above the limit."""
    ceiling = rng.uniform(0.5, 0.97) if rng.uniform() < 0.6 else rng.uniform(1.03, 1.6)
    scale = rng.uniform(3, 14)
    middle = rng.uniform(-0.8 * -t[0], 10)
    base = rng.uniform(0, 0.3)
    return np.asarray(base + (ceiling - base) / (1 + np.exp(-(t - middle) / scale)), dtype=np.float64)


def saturating(rng: Rng, t: Floats) -> Floats:
    """Fast at first, slower every day: a cache that fills, an indexing job that ends."""
    ceiling = rng.uniform(0.5, 0.97) if rng.uniform() < 0.6 else rng.uniform(1.02, 1.4)
    start = rng.uniform(0.05, 0.4)
    scale = rng.uniform(3, 25)
    return np.asarray(ceiling - (ceiling - start) * np.exp(-(t - t[0]) / scale), dtype=np.float64)


def exponential(rng: Rng, t: Floats) -> Floats:
    """Grows by a share of itself every day."""
    doubling = float(np.exp(rng.uniform(np.log(5), np.log(60))))
    level = rng.uniform(0.25, 0.95)
    base = rng.uniform(0, 0.2)
    return np.asarray(base + (level - base) * np.exp(np.log(2) * t / doubling), dtype=np.float64)


def accelerating(rng: Rng, t: Floats) -> Floats:
    """Growth whose rate grows steadily."""
    level = rng.uniform(0.3, 0.95)
    rate = growth_rate(rng, 1 - level, 2, 90)
    rate = min(rate, (level - 0.02) / -t[0] * 1.9)
    return np.asarray(level + rate * t + 0.5 * rate / -t[0] * t * t, dtype=np.float64)


def heavy_noise(rng: Rng, t: Floats) -> Floats:
    """Growth or none; the measuring adds much noise to it."""
    if rng.uniform() < 0.5:
        return np.full(t.size, rng.uniform(0.3, 0.75)) + 0.05 * daily(rng, t)
    level, rate = level_and_rate(rng, -t[0])
    return level + rate * t + rng.uniform(0, 0.06) * (daily(rng, t) - 0.5)


def near_constant(rng: Rng, t: Floats) -> Floats:
    """Hardly moves, near its limit or far from it; rarely it creeps."""
    level = rng.uniform(0.2, 0.985)
    rate = 0.0 if rng.uniform() < 0.7 else rng.uniform(0.0001, 0.003)
    return level + rate * t


def cleanup_once(rng: Rng, t: Floats) -> Floats:
    """Grows; someone made room once or twice, and it goes on growing."""
    level, rate = level_and_rate(rng, 12.0, 0.2)
    path = level + rate * t
    low = -0.9 * -t[0]
    for _ in range(int(rng.integers(1, 3))):
        path += np.where(t < rng.uniform(low, -1), rng.uniform(0.05, 0.3), 0.0)
    return np.clip(path, 0.02, None)


def burst_then_flat(rng: Rng, t: Floats) -> Floats:
    """Filled fast at the start or some days ago, then nothing more (a restore, a migration, a large write)."""
    level = rng.uniform(0.4, 0.93)
    at = rng.uniform(0.3, 0.9) * t[0]
    length = rng.uniform(0.5, 6)
    size = rng.uniform(0.1, 0.5) * level
    rate = 0.0 if rng.uniform() < 0.7 else growth_rate(rng, 1 - level, 10)
    return np.asarray(
        level - size * np.clip((at + length - t) / length, 0, 1) + min(rate, 0.1 / -t[0]) * t, dtype=np.float64
    )


def recent_write(rng: Rng, t: Floats) -> Floats:
    """Flat, and in the last two days a large write that ended, or still goes on."""
    level = rng.uniform(0.3, 0.9)
    begin = -rng.uniform(0.5, 3)
    rate = growth_rate(rng, 1 - level, 1, 20)
    rate = min(rate, (level - 0.1) / -begin)
    end = 999.0 if rng.uniform() < 0.5 else begin + rng.uniform(0.1, 0.9) * -begin
    return level + rate * (np.clip(t, begin, end) - min(0.0, end))


def regimes(rng: Rng, t: Floats) -> Floats:
    """Switches between two or three levels (failover, autoscaling, batch windows), never full."""
    levels = rng.uniform(0.2, 0.9, int(rng.integers(2, 4)))
    _, index = since_last(t, arrivals(rng, t, rng.uniform(1, 12), 1.5))
    return np.asarray(levels[rng.integers(0, levels.size, index[-1] + 1)][index], dtype=np.float64)


def decline(rng: Rng, t: Floats) -> Floats:
    """Becomes less."""
    level = rng.uniform(0.2, 0.7)
    rate = rng.uniform(0.05, 0.9) * (0.95 - level) / -t[0]
    return np.asarray(np.maximum(level - rate * t, 0.01) + rng.uniform(0, 0.03) * daily(rng, t), dtype=np.float64)


def month_end(rng: Rng, t: Floats) -> Floats:
    """A rise at the end of every month over slow growth or none."""
    level = rng.uniform(0.3, 0.75)
    rate = 0.0 if rng.uniform() < 0.5 else growth_rate(rng, 1 - level, 10)
    day = (t + rng.uniform(0, 30.4)) % 30.4
    bump = rng.uniform(0.03, 0.2) * np.where(day < 3, np.sin(np.pi * day / 3), 0.0)
    return np.asarray(level + min(rate, 0.25 / -t[0]) * t + bump, dtype=np.float64)


def growth_with_peaks(rng: Rng, t: Floats) -> Floats:
    """The base grows and every day adds a peak of an hour or more (a backup, a nightly batch)."""
    level, rate = level_and_rate(rng, -t[0])
    height = rng.uniform(0.03, 0.25)
    day = (t + rng.uniform()) % 1.0
    width = rng.uniform(0.09, 0.2)
    return level - height + rate * t + height * np.where(day < width, 1.0, 0.0) * each_day(rng, t, 0.05)


SHAPES: dict[str, Shape] = {
    shape.__name__: shape
    for shape in (
        linear,
        wandering,
        rough_growth,
        rough_day,
        steady,
        seasonal_growth,
        plateau,
        random_walk,
        peak_growth,
        amplitude_exponential,
        weekday_load,
        weekday_growth,
        sawtooth,
        rotation,
        garbage_collection,
        compaction,
        leak,
        leak_drift,
        level_shift,
        slope_change,
        staircase,
        weekly_batch,
        s_curve,
        saturating,
        exponential,
        accelerating,
        heavy_noise,
        near_constant,
        cleanup_once,
        burst_then_flat,
        recent_write,
        regimes,
        decline,
        month_end,
        growth_with_peaks,
    )
}
