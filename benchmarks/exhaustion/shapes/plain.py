"""Plain formulae of growth, load and clean-up, each in two variants that look alike: one fills, one does not.

Every draw has an aim, the day on which it would be full. The aim only sets parameters; what counts is what the path
then does, with its randomness. What never fills often runs close under the limit.
"""

from __future__ import annotations

import numpy as np

from benchmarks.exhaustion.parts import HORIZON, Floats, Rng, Shape, accumulate, full_day, log_uniform, since_last


def _calm(rng: Rng, aim: float, share: float) -> bool:
    """Whether a healthy draw has no growth at all, rather than one that is too slow."""
    return aim > HORIZON and rng.uniform() < share


def _near(rng: Rng) -> float:
    """A level that a healthy draw stays under: often close to the limit."""
    return 1 - log_uniform(rng, 0.008, 0.25)


def _clock(rng: Rng, t: Floats, uneven: float, rate: Floats | float = 1.0) -> Floats:
    """Days of work done by each instant, zero now: a rate with a mean of one, another factor on every day."""
    day = np.floor(t - t[0] + rng.uniform()).astype(int)
    return accumulate(t, rate * rng.gamma(uneven**-2, uneven**2, day[-1] + 1)[day])


def _line(t: Floats, clock: Floats, start: float, aim: float, top: float = 1.0) -> Floats:
    """From `start` at the first instant to `top` on the aimed day."""
    return np.asarray(top + (top - start) * (clock - aim) / (aim - t[0]), dtype=np.float64)


def _rise(rng: Rng, t: Floats, first: float, last: float) -> Floats:
    """From `first` to `last` in a straight line, which ended some time ago."""
    return np.asarray(first + (last - first) * np.clip((1 - t / t[0]) / rng.uniform(0.4, 0.95), 0, 1))


def _load(rng: Rng, t: Floats, weekend: float = 1.0, batch: bool = False) -> Floats:
    """A daily load between 0 and 1, a little lower on some days, and at the weekend: a wave, a peak or a batch."""
    local = t - t[0] + rng.uniform(0, 7)
    day, phase = np.floor(local).astype(int), local % 1.0 - 0.5
    if batch:
        wave = np.where(np.abs(phase) <= max(rng.uniform(0.02, 0.1), t[1] - t[0]), 1.0, 0.0)
    else:
        wave = (0.5 + 0.5 * np.cos(2 * np.pi * phase)) ** rng.choice([1, 2, 4, 8])
    height = rng.uniform(1 - rng.uniform(0, 0.12), 1, day[-1] + 1)[day]
    return np.asarray(wave * height * np.where(day % 7 < 5, 1.0, weekend), dtype=np.float64)


def _runs(rng: Rng, t: Floats, period: float, jitter: float) -> Floats:
    """Instants from before the start to after the end, a period apart, give or take a share of it."""
    count = int((t[-1] - t[0]) / period / (1 - jitter)) + 4
    gaps = period * rng.uniform(1 - jitter, 1 + jitter, count)
    return np.asarray(t[0] - (1 + rng.uniform()) * gaps[0] + np.cumsum(gaps), dtype=np.float64)


def _period(rng: Rng, t: Floats, low: float, high: float) -> float:
    """A period that is seen at least four times in the history."""
    return log_uniform(rng, max(low, 6 * (t[1] - t[0])), min(high, -t[0] / 4))


def uneven_growth(rng: Rng, t: Floats) -> Floats:
    """Growth from day to day, more or less even; some walk at random with a drift, some slowly decline."""
    aim = full_day(rng, 0.5)
    if rng.uniform() < 0.75:
        clock = _clock(rng, t, rng.uniform(0.01, 0.6))
    else:
        day = np.floor(t - t[0]).astype(int)
        clock = accumulate(t, rng.normal(1, rng.uniform(0.8, 2), day[-1] + 1)[day])
    if _calm(rng, aim, 0.25):
        return rng.uniform(0.5, 0.9) - log_uniform(rng, 0.0005, 0.006) * clock
    return _line(t, clock, rng.uniform(0.05, 0.93), aim)


def slowing_growth(rng: Rng, t: Floats) -> Floats:
    """Growth that slows down towards a ceiling under or over the limit, or stops at once under it."""
    aim, start, age = full_day(rng, 0.62), rng.uniform(0.05, 0.8), _clock(rng, t, rng.uniform(0.01, 0.3)) - t[0]
    if aim > HORIZON:
        top, scale = max(_near(rng), start + 0.05), -t[0] * rng.uniform(0.1, 0.6)
        if rng.uniform() < 0.3:
            return np.asarray(np.minimum(start + (top - start) * age / (-t[0] * rng.uniform(0.3, 0.97)), top))
    else:
        scale = (aim - t[0]) * rng.uniform(0.3, 1.5)
        top = start + (1 - start) / (1 - np.exp((t[0] - aim) / scale))
    return np.asarray(start + (top - start) * (1 - np.exp(-np.maximum(age, 0) / scale)), dtype=np.float64)


def load_on_base(rng: Rng, t: Floats) -> Floats:
    """A large daily and weekly load on a base that grows, or does not."""
    aim, height = full_day(rng, 0.52), log_uniform(rng, 0.04, 0.45)
    load = _load(rng, t, rng.choice([1.0, rng.uniform(0.3, 0.95)]))
    if _calm(rng, aim, 0.5):
        return _near(rng) - height * (1 - load)
    clock = _clock(rng, t, rng.uniform(0.01, 0.5))
    return _line(t, clock, rng.uniform(0.02, 0.93 - height), aim, 1 - height) + height * load


def widening_day(rng: Rng, t: Floats) -> Floats:
    """The day's peak (often a nightly batch) grows while the mean stays; in some it grew, and levelled off."""
    aim = full_day(rng, 0.5)
    load = _load(rng, t, rng.choice([1.0, rng.uniform(0.4, 0.9)]), rng.uniform() < 0.4)
    mean = load.mean()
    level = rng.uniform(max(0.2, mean), max(0.6, mean + 0.1))
    full = (1 - level) / (1 - mean)
    first = full * rng.uniform(0.1, 0.9)
    if _calm(rng, aim, 0.5):
        height = _rise(rng, t, first, max(full * 0.93 * _near(rng), first))
    else:
        height = _line(t, _clock(rng, t, rng.uniform(0.01, 0.4)), first, aim, full)
    return np.asarray(level + height * (load - mean), dtype=np.float64)


def working_hours(rng: Rng, t: Floats) -> Floats:
    """Written to on working days, round the clock or in office hours; some give the week's growth back at its end."""
    aim, local = full_day(rng, 0.55), t - t[0] + rng.uniform(0, 7)
    opens, closes = (0.0, 24.0) if rng.uniform() < 0.5 else (rng.uniform(6, 9), rng.uniform(16, 20))
    day, hour = np.floor(local).astype(int), local % 1.0 * 24
    if _calm(rng, aim, 0.5):
        done = day % 7 + np.clip((hour - opens) / (closes - opens), 0, 1)
        week = np.where(day % 7 < 5, done / 5, np.where(day % 7 == 5, 1.0, 0.0))
        size = rng.uniform(0.8, 1, day[-1] // 7 + 1)[day // 7]
        return np.asarray(_near(rng) - log_uniform(rng, 0.03, 0.4) * (1 - week * size), dtype=np.float64)
    works = (day % 7 < 5) & (hour >= opens) & (hour < closes)
    clock = _clock(rng, t, rng.uniform(0.01, 0.5), np.where(works, 7 / 5 * 24 / (closes - opens), 0.0))
    return _line(t, clock, rng.uniform(0.05, 0.93), aim)


def office_peaks(rng: Rng, t: Floats) -> Floats:
    """Next to no load at the weekend, and peaks on working days that grow, grew until lately, or stay."""
    aim, base, load = full_day(rng, 0.5), rng.uniform(0.02, 0.5), _load(rng, t, rng.uniform(0, 0.3))
    first = rng.uniform(0.1, 0.9) * (1 - base)
    if _calm(rng, aim, 0.5):
        return np.asarray(base + (_near(rng) - base) * load, dtype=np.float64)
    if _calm(rng, aim, 0.4):
        height = _rise(rng, t, first, max(_near(rng) - base, first))
    else:
        height = _line(t, _clock(rng, t, rng.uniform(0.01, 0.4)), first, aim, 1 - base)
    return base + height * load


def cleanup_job(rng: Rng, t: Floats) -> Floats:
    """Fills, and a job cleans it up: the job now and then skips a run, or it has stopped for good."""
    aim, period = full_day(rng, 0.66), _period(rng, t, 0.3, 9)
    runs = _runs(rng, t, period, rng.uniform(0, 0.3))
    if aim > HORIZON:
        done = rng.uniform(size=runs.size) > rng.choice([0.0, rng.uniform(0.02, 0.12)])
        done[0] = True
        age, index = since_last(t, runs[done])
        fill = age * rng.uniform(0.75, 1, index[-1] + 1)[index]
        return np.asarray(_near(rng) - log_uniform(rng, 0.04, 0.6) * (1 - fill / fill.max()), dtype=np.float64)
    stopped = max(-period * rng.uniform(1.5, 5), 0.7 * t[0])
    runs = runs[runs < stopped]
    age, index = since_last(t, runs)
    speed = rng.uniform(0.75, 1.1, runs.size)
    speed[-1] = 1.0
    trough = rng.uniform(0.1, 0.9)
    return np.asarray(trough + (1 - trough) * speed[index] * age / (aim - runs[-1]), dtype=np.float64)


def climbing_troughs(rng: Rng, t: Floats) -> Floats:
    """A sawtooth whose troughs climb: its peaks climb with them, or stay where they are."""
    aim, period, jitter = full_day(rng, 0.55), _period(rng, t, 0.3, 9), rng.uniform(0, 0.25)
    age, _ = since_last(t, _runs(rng, t, period, jitter))
    teeth, height = age / (period * (1 + jitter)), log_uniform(rng, 0.03, 0.4)
    if _calm(rng, aim, 0.5):
        left = height * np.exp(-(1 - t / t[0]) / rng.uniform(0.5, 3))
        return np.asarray(_near(rng) - (left + 0.01) * (1 - teeth), dtype=np.float64)
    clock = _clock(rng, t, rng.uniform(0.01, 0.4))
    return _line(t, clock, rng.uniform(0.02, 0.93 - height), aim, 1 - height) + height * teeth


def faster_leak(rng: Rng, t: Floats) -> Floats:
    """A leak, emptied by restarts; it runs faster since the last one, and is full before the next, or just not."""
    fills, base, jitter = rng.uniform() < 0.5, rng.uniform(0.08, 0.45), rng.uniform(0, 0.2)
    left = rng.uniform(0.3, min(14, -t[0] / 5))
    since = left * rng.uniform(0.3, 1.2)
    period = max((left + since) * rng.uniform(1.05, 1.3) / (1 - jitter), 6 * (t[1] - t[0]))
    runs = _runs(rng, t, period, jitter)
    runs -= runs[np.searchsorted(runs, -since)] + since
    age, index = since_last(t, runs)
    rate = (1 - base) / (left + since) if fills else (_near(rng) - base) / (period * (1 + jitter))
    slower = np.where(runs < -since - 1e-6, rng.uniform(0.1, 0.7), 1.0)
    return np.asarray(base + slower[index] * rate * age, dtype=np.float64)


def leak_restarts(rng: Rng, t: Floats) -> Floats:
    """A leak, emptied by restarts, that is as fast in every cycle, or faster from one to the next."""
    aim, base, jitter = full_day(rng, 0.5), rng.uniform(0.08, 0.45), rng.uniform(0, 0.2)
    period = _period(rng, t, 0.5, 12)
    runs = _runs(rng, t, period, jitter)
    age, index = since_last(t, runs)
    if _calm(rng, aim, 0.5):
        peak = np.full(t.size, _near(rng))
    else:
        peak = _line(t, runs[index], rng.uniform(base + 0.1, 0.95), aim)
    return base + (peak - base) * age / (period * (1 + jitter))


def deploy_shift(rng: Rng, t: Floats) -> Floats:
    """A deploy moved the level, mostly up; what growth there is goes on as before, under a day or none."""
    aim, at = full_day(rng, 0.55), t[0] * rng.uniform(0.02, 0.8)
    shift = rng.uniform(0.04, 0.4) * rng.choice([1, 1, 1, -1])
    height = rng.choice([0.0, log_uniform(rng, 0.02, 0.2)])
    below = np.where(t < at, shift, 0.0) + height * (1 - _load(rng, t, rng.uniform(0.3, 1)))
    if _calm(rng, aim, 0.65):
        return np.asarray(_near(rng) - below, dtype=np.float64)
    start = max(shift, 0) + rng.uniform(0.03, 0.9 - max(shift, 0))
    return np.asarray(_line(t, _clock(rng, t, rng.uniform(0.01, 0.5)), start, aim) - below, dtype=np.float64)


def bent_line(rng: Rng, t: Floats) -> Floats:
    """Straight, and since some days with another slope: faster, slower, flat or falling."""
    aim, at, start = full_day(rng, 0.5), -rng.uniform(1.5, 0.6 * -t[0]), rng.uniform(0.05, 0.8)
    clock = _clock(rng, t, rng.uniform(0.01, 0.3))
    if _calm(rng, aim, 0.6):
        knee = start + (1 - start) * rng.uniform(0.2, 0.97)
        after = rng.choice([0.0, (1 - knee) / rng.uniform(80, 400), -knee / rng.uniform(100, 400)])
    else:
        knee = start + (1 - start) * rng.uniform(0, 0.6)
        after = (1 - knee) / (aim - at)
    before = (knee - start) / (at - t[0])
    return np.asarray(knee + np.where(clock < at, before, after) * (clock - at), dtype=np.float64)


def imports(rng: Rng, t: Floats) -> Floats:
    """Steps, a load every few days or once a month: they go on, ended a while ago, or are purged in turn."""
    aim, monthly = full_day(rng, 0.5), -t[0] > 55 and rng.uniform() < 0.25
    gap = 30.4 if monthly else _period(rng, t, 0.8, 12)
    _, index = since_last(t, _runs(rng, t, gap, 0.02 if monthly else rng.uniform(0, 0.5)))
    if not monthly and _calm(rng, aim, 0.35):
        kept = int(rng.integers(2, max(3, min(8, int(-t[0] / gap / 2)) + 1)))
        return np.asarray(_near(rng) - log_uniform(rng, 0.01, 0.08) * (kept - 1 - index % kept), dtype=np.float64)
    total = np.concatenate([[0.0], np.cumsum(rng.uniform(0.5, 1.5, index[-1]))])[index]
    now = total[t <= 0][-1]
    if _calm(rng, aim, 0.4):
        total = np.minimum(total, total[t < t[0] * rng.uniform(0.01, 0.5)][-1])
        start = rng.uniform(0.05, 0.7)
        return np.asarray(start + (_near(rng) - start) * total / max(total[-1], 1), dtype=np.float64)
    return _line(t, (total - now) * gap, rng.uniform(0.05, 0.93), aim)


def adoption(rng: Rng, t: Floats) -> Floats:
    """Slow, fast, slow: ends below the limit, or would end above it."""
    aim, start, width = full_day(rng, 0.55), rng.uniform(0.02, 0.6), -t[0] * log_uniform(rng, 0.04, 0.25)
    if aim > HORIZON:
        middle, top = rng.uniform(0.7 * t[0], min(0.3 * -t[0], 20)), max(_near(rng), start + 0.1)
    else:
        width = max(width, aim / 5)
        middle = max(min(rng.uniform(0.5 * t[0], aim), 2 * width), aim - 3.5 * width)
        top = start + (1 - start) * (1 + np.exp((middle - aim) / width))
    clock = _clock(rng, t, rng.uniform(0.01, 0.3))
    return np.asarray(start + (top - start) / (1 + np.exp((middle - clock) / width)), dtype=np.float64)


def doubling(rng: Rng, t: Floats) -> Floats:
    """Doubles every so many days above a fixed base; in some it stopped doing so under the limit."""
    aim, base, clock = full_day(rng, 0.5), rng.uniform(0.02, 0.7), _clock(rng, t, rng.uniform(0.01, 0.3))
    if _calm(rng, aim, 0.6):
        age = np.minimum(clock - t[0] * rng.uniform(0.02, 0.4), 0)
        return np.asarray(
            base + (max(_near(rng), base + 0.1) - base) * 2 ** (age / log_uniform(rng, 5, 40)), dtype=np.float64
        )
    days = log_uniform(rng, max(20, aim / 6), 90) if aim > HORIZON else log_uniform(rng, max(5, aim / 4), 40)
    return np.asarray(base + (1 - base) * 2 ** ((clock - aim) / days), dtype=np.float64)


def last_percents(rng: Rng, t: Floats) -> Floats:
    """Hardly moves, close to the limit: a wander between two walls, bursts of some hours, or a slow creep."""
    aim = max(full_day(rng, 0.68), 2.0)
    if not _calm(rng, aim, 0.75):
        left = max(log_uniform(rng, 0.008, 0.06), 0.0025 * (1 - t[0] / aim))
        return _line(t, _clock(rng, t, rng.uniform(0.01, 0.6)), 1 - left, aim)
    top, room = 1 - log_uniform(rng, 0.003, 0.03), log_uniform(rng, 0.004, 0.2)
    if rng.uniform() < 0.4:
        age, index = since_last(t, _runs(rng, t, log_uniform(rng, 1, 6), 0.8))
        height = rng.uniform(0.1, 1, index[-1] + 1)[index]
        return np.asarray(top - room * (1 - height * (age < rng.uniform(0.08, 0.4))), dtype=np.float64)
    walk = np.cumsum(rng.normal(0, np.sqrt(t[1] - t[0]) * log_uniform(rng, 0.02, 0.4), t.size))
    return np.asarray(top - room * (1 - np.sin(walk + rng.uniform(-0.5, 0.5))), dtype=np.float64)


def budget(rng: Rng, t: Floats) -> Floats:
    """Used up from nothing (requests, ids, egress) as fast as the load of the hour; the load changed in some."""
    aim, at, level = full_day(rng, 0.48), t[0] * rng.uniform(0.05, 0.6), _near(rng)
    load = 0.1 + _load(rng, t, rng.uniform(0.1, 1))
    calm = _calm(rng, aim, 0.5)
    factor = rng.uniform(0, 0.2) if calm else rng.choice([1.0, 1.0, log_uniform(rng, 0.4, 2.5)])
    used = _clock(rng, t, rng.uniform(0.01, 0.5), load / load.mean() * np.where(t < at, 1.0, factor))
    now = -used[0]
    if calm:
        return np.asarray((1 + used / now) * min(level, now / (now + 63 * factor)), dtype=np.float64)
    return np.asarray((used + now) / (now + aim * factor), dtype=np.float64)


SHAPES: dict[str, Shape] = {
    shape.__name__: shape
    for shape in (
        uneven_growth,
        slowing_growth,
        load_on_base,
        widening_day,
        working_hours,
        office_peaks,
        cleanup_job,
        climbing_troughs,
        faster_leak,
        leak_restarts,
        deploy_shift,
        bent_line,
        imports,
        adoption,
        doubling,
        last_percents,
        budget,
    )
}
