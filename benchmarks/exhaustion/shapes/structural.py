"""Usage that is built of parts with a meaning: level, slope, season, regime, transient, jumps, bursts.

Every kind makes a path in units of its own first, and then a limit: one that it reaches on some day ahead, or one
that stays out of its reach, often closely above its highest peak.
"""

from __future__ import annotations

import numpy as np

from benchmarks.exhaustion.parts import (
    Floats,
    Rng,
    Shape,
    accumulate,
    arrivals,
    each_day,
    log_uniform,
    since_last,
    wander,
    weekday,
)

AHEAD = 60.0  # days


def days_to_full(rng: Rng, never: float = 0.48) -> float:
    """Days until it is full, often few; in the share `never` of the draws more than there are ahead."""
    if rng.uniform() < never:
        return log_uniform(rng, 66, 1200)
    return float(rng.choice([log_uniform(rng, 0.15, 14), rng.uniform(1, 14), rng.uniform(14, 30), rng.uniform(30, 60)]))


def pace(rng: Rng, days: float, span: float) -> float:
    """Growth per day, as a share of the level now, for some room in those days; `span` days ago above nothing."""
    rate = log_uniform(rng, 0.05 if 14 < days <= AHEAD else 0.02, 0.9) / days
    return rate if rate * span < 0.95 else rng.uniform(0.3, 0.95) / span


def profile(rng: Rng, t: Floats) -> Floats:
    """One day's shape between 0 and 1: a wave, flat or sharp, two harmonics, two rushes, or office hours."""
    hour = 24 * ((t + rng.uniform()) % 1.0)
    wave = 0.5 - 0.5 * np.cos(2 * np.pi * hour / 24)
    edge = rng.uniform(0.3, 3)
    shape = (
        wave ** rng.uniform(0.6, 15),
        wave + rng.uniform(0.1, 0.4) * np.cos(4 * np.pi * (hour - rng.uniform(0, 24)) / 24),
        np.exp(-(((hour - 8) / edge) ** 2)) + rng.uniform(0.4, 1) * np.exp(-(((hour - rng.uniform(13, 18)) / 3) ** 2)),
        np.tanh((hour - 6) / edge) - np.tanh((hour - rng.uniform(13, 18)) / edge),
    )[int(rng.integers(0, 4))]
    return np.asarray((shape - shape.min()) / (shape.max() - shape.min()), dtype=np.float64)


def season(rng: Rng, t: Floats) -> Floats:
    """Days, mostly with weekends, and a height that differs a little from day to day."""
    weekend = rng.uniform(0.15, 0.95) if rng.uniform() < 0.65 else 1.0
    return profile(rng, t) * weekday(rng, t, weekend) * each_day(rng, t, log_uniform(rng, 0.005, 0.08))


def ripple(rng: Rng, t: Floats, low: float, high: float) -> Floats:
    """What is small beside the rest: a season, and a level that wanders for hours or days; either is often missing."""
    size, around = log_uniform(rng, low, high), wander(rng, t, 0.1, log_uniform(rng, 0.2, 6))
    return np.asarray(size * (rng.choice([0, 1]) * season(rng, t) + rng.choice([0, 1]) * around), dtype=np.float64)


def trend(rng: Rng, t: Floats, rate: float) -> Floats:
    """Growth from zero now: even, at a rate that wanders, or at the pace of the day and the week."""
    form = int(rng.integers(0, 4))
    if form == 2:
        return accumulate(t, rate * (1 + wander(rng, t, rng.uniform(0.1, 0.6), rng.uniform(0.5, 6))))
    flow = rng.uniform(0.02, 0.5) + season(rng, t)
    return accumulate(t, rate * flow / flow.mean()) if form == 3 else rate * t


def cleaned(t: Floats, total: Floats, instants: Floats, keep: float = 0.0) -> Floats:
    """What accumulated since the last of the instants, and the share `keep` of what was there before them."""
    marks = np.unique(np.append(0, np.searchsorted(t, instants[instants < t[-1]])))
    held = total[marks][np.searchsorted(t[marks], t, side="right") - 1]
    return np.asarray(total - held + keep * (held - total[0]), dtype=np.float64)


def outbreaks(rng: Rng, t: Floats, growth: float) -> Floats:
    """Events that beget others after a while, and become more: the sum of their sizes in every step."""
    born = rng.uniform(t[0] - 4, t[-1], rng.poisson(log_uniform(rng, 0.15, 1.2) * (t[-1] - t[0] + 4)))
    born = born[rng.uniform(size=born.size) < np.exp(growth * (born - t[-1]))]
    children, delay = rng.uniform(0.1, 0.85), log_uniform(rng, 0.02, 0.6)
    events = born
    while born.size and events.size < 10000:
        parents = np.repeat(born, rng.poisson(children, born.size))
        born = parents + rng.exponential(delay, parents.size)
        events = np.append(events, born)
    sizes = np.exp(rng.normal(0, log_uniform(rng, 0.1, 0.8), events.size))
    return np.histogram(events, np.append(2 * t[0] - t[1], t), weights=sizes)[0]


def under_limit(rng: Rng, t: Floats, path: Floats, days: float, lasting: bool = False) -> Floats:
    """The path as a share of a limit above its past: reached on about that day, or not at all if it is too far ahead.

    `lasting`: it is reached by growth that goes on, not by one record among peaks that are all alike.
    """
    path, ahead = np.maximum(path, 0.0), t[t > 0]
    past, peaks = float(path[t <= 0].max()), np.maximum.accumulate(path[t > 0])
    end = float(peaks[-1])
    for _ in range(20 if days <= AHEAD else 0):
        first = int(np.searchsorted(peaks, peaks[min(int(np.searchsorted(ahead, days)), peaks.size - 1)]))
        below, top = max(past, float(peaks[first - 1]) if first else past), float(peaks[first])
        limit = max(below + rng.uniform(0.1, 0.98) * (top - below), past / 0.997)
        goes_on = end - past > 0.4 * (limit - past) * AHEAD / ahead[first] or end > 1.6 * limit
        if top > max(below, 1.006 * past) and (goes_on or not lasting):
            return path / limit
        days = min(days * rng.uniform(0.7, 1.6), AHEAD)
    margin = log_uniform(rng, 0.04, 0.8) if rng.uniform() < 0.35 else log_uniform(rng, 0.004, 0.05)
    return path / (max(past, end) * (1 + margin) + max(end - past, 0.0) * rng.uniform(0.03, 0.9))


def filled_up(rng: Rng, t: Floats) -> Floats:
    """A rise that is over or nearly so: a cache that is full, a backlog that is loaded, a retention that is reached."""
    begin = t[0] * rng.uniform(0.45, 1.3)
    age = np.maximum(1 - t / begin, 0)
    written = accumulate(t, each_day(rng, t, rng.uniform(0.02, 0.2)) * (t >= begin))
    rise = (
        1 - np.exp(-((age * rng.uniform(2.2, 9)) ** rng.uniform(0.8, 1.5))),
        np.minimum(age / rng.uniform(0.2, 0.93), 1),
        (written - np.interp(t + begin * rng.uniform(0.3, 0.95), t, written)) / -begin,
    )[int(rng.integers(0, 3))]
    path = rng.uniform(0.05, 0.7) + rng.uniform(0.2, 1) * rise
    return under_limit(rng, t, path + ripple(rng, t, 0.005, 0.08), np.inf)


def growing_season(rng: Rng, t: Floats) -> Floats:
    """Days and weeks of load that grow as a whole, from below, or in their peaks; many do not grow."""
    days = days_to_full(rng)
    rate = pace(rng, days, -t[0]) if days <= AHEAD or rng.uniform() < 0.3 else 0.0
    base, wave = rng.uniform(0.05, 1), log_uniform(rng, 0.01, 1.2) * season(rng, t)
    form = int(rng.integers(0, 3))
    below = (base * (1 + rate * t), base + (base + wave.mean()) * trend(rng, t, rate), base)[form]
    path = below + wave * (1 if form == 1 else 1 + rate * t) + ripple(rng, t, 0.003, 0.05)
    return under_limit(rng, t, path, days, lasting=True)


def working_days(rng: Rng, t: Floats) -> Floats:
    """Written on working days only; some of it, or all, is cleaned at every weekend."""
    days = days_to_full(rng)
    work = weekday(rng, t, 0.0)
    flow = work * each_day(rng, t, rng.uniform(0.02, 0.25)) * (profile(rng, t) if rng.uniform() < 0.6 else 1.0)
    path = accumulate(t, pace(rng, days, -t[0]) * flow / flow.mean())
    if rng.uniform() < 0.6:
        friday = t[1:][np.diff(work) < 0] + rng.uniform(0, 1.2)
        keep, size = (rng.uniform(0.15, 0.7), 1.0) if days <= AHEAD else (0.0, days * rng.uniform(0.02, 0.2))
        path = cleaned(t, path * size, friday, keep) - rng.uniform(0, 0.8)
    return under_limit(rng, t, 1 + path, days)


def wider_swing(rng: Rng, t: Floats) -> Floats:
    """A swing around a mean that stays: it widens, is wide already, or was wider or narrower once."""
    days = days_to_full(rng)
    wave = profile(rng, t) * weekday(rng, t, rng.uniform(0.5, 1.2))
    wave = (wave - wave.mean()) / np.abs(wave - wave.mean()).max()
    rate = rng.uniform(0.25, 0.95) / -t[0] if days <= AHEAD else rng.choice([0, log_uniform(rng, 0.0003, 0.004)])
    width = 1 + rate * t
    if days <= AHEAD and rng.uniform() < 0.3:
        width = np.exp(np.minimum(rate * rng.uniform(0.8, 2) * t, 3))
    elif days > 200:
        width = 1 + rng.uniform(-0.7, 0.7) * np.exp((t / t[0] - 1) / rng.uniform(0.1, 0.3))
    swing = rng.uniform(0.2, 1) * wave * width * each_day(rng, t, log_uniform(rng, 0.004, 0.06))
    return under_limit(rng, t, rng.uniform(1.05, 3) + swing, days, lasting=True)


def clock_cleanup(rng: Rng, t: Floats) -> Floats:
    """Cleaned by the clock, at times not; what stays grows, or what comes in, or old generations are kept for long."""
    days = days_to_full(rng)
    rate = pace(rng, days, -t[0])
    drift = str(rng.choice(["stays", "comes", "both"] if days <= AHEAD else ["none", "none", "kept", "slow"]))
    period = min(float(rng.choice([0.25, 0.5, 1, 1, 1, 2, 3, 7, 7, rng.uniform(0.4, 8)])), -t[0] / 4)
    instants = np.arange(t[0] - rng.uniform(0, period), t[-1], period)
    instants = instants[rng.uniform(size=instants.size) >= rng.choice([0, 0, rng.uniform(0, 0.07)])]
    flow = np.maximum(1 + rate * rng.uniform(0.6, 1.4) * t * (drift in ("comes", "both")), 0.02)
    flow *= each_day(rng, t, log_uniform(rng, 0.01, 0.25)) * (rng.uniform(0.1, 1) + season(rng, t))
    total = accumulate(t, flow / flow[t <= 0].mean() / period)
    base, teeth = rng.uniform(0.1, 4), cleaned(t, total, instants)
    path = base + teeth
    if drift == "kept":
        path += rng.uniform(0.05, 0.3) * (total - teeth - np.interp(t + 0.5 * t[0], t, total - teeth))
    elif drift in ("stays", "both", "slow"):
        path += (base + 1) * trend(rng, t, log_uniform(rng, 2e-5, 5e-4) if drift == "slow" else rate)
    return under_limit(rng, t, path, days, lasting=True)


def heap_threshold(rng: Rng, t: Floats) -> Floats:
    """A heap that is collected at a threshold, over what lives: flat, creeping, or leaking since some release."""
    days = days_to_full(rng)
    threshold, now = rng.uniform(0.55, 0.94), rng.uniform(0.6 if days < 4 else 0.35, 0.97)
    live = np.maximum(now + (1 - now) / days * t, min(rng.uniform(0.08, 0.6), 0.8 * now))
    if days > AHEAD:
        live = threshold * (rng.uniform(0.1, 0.72) + rng.choice([0, rng.uniform(0, 0.18)]) * (t - t[0]) / 150)
    live = live * np.exp(wander(rng, t, log_uniform(rng, 0.003, 0.05), log_uniform(rng, 0.3, 6))) + ripple(
        rng, t, 0.01, 0.08
    )
    span = max(threshold - float(np.median(live[t <= 0])), 0.03)
    flow = span / log_uniform(rng, 0.12, 5) * (rng.uniform(0.2, 1) + season(rng, t)) * (t[1] - t[0])
    collect = np.minimum(threshold * np.exp(rng.normal(0, log_uniform(rng, 0.001, 0.02), t.size)), 0.985)
    level, path = live[0], np.empty(t.size)
    for i in range(t.size):
        level = max(level + flow[i], live[i])
        level = live[i] if level >= collect[i] else level
        path[i] = level
    return path


def merging_store(rng: Rng, t: Floats) -> Floats:
    """Debris gathers over the data until it is a share of them; then a merge, which needs room while it runs."""
    days = days_to_full(rng)
    data = 1 + trend(rng, t, pace(rng, days, -t[0]))
    if days > 200:
        data = 1 + wander(rng, t, log_uniform(rng, 0.003, 0.04), rng.uniform(2, 20))
    ratio, step = rng.uniform(0.06, 0.6), t[1] - t[0]
    length = max(int(log_uniform(rng, 0.02, 0.6) / step), 1)
    room = ratio * rng.choice([0, rng.uniform(0, 0.5), rng.uniform(0, 0.5)])
    flow = data * ratio / log_uniform(rng, 0.5, 12) * step * (rng.uniform(0.2, 1) + season(rng, t))
    merge = data * ratio * np.exp(rng.normal(0, rng.uniform(0, 0.15), t.size))
    debris, left, path = rng.uniform(0, ratio), 0, np.empty(t.size)
    for i in range(t.size):
        debris = flow[i] + debris * (0.04 if left == 1 else 1)
        left = max(left - 1, 0) or (length if debris >= merge[i] else 0)
        path[i] = data[i] * (1 + room * (1 - left / length) * (left > 0)) + debris
    return under_limit(rng, t, path, days)


def leak_undone(rng: Rng, t: Floats) -> Floats:
    """A leak that restarts undo; they stop, it becomes faster, a version leaks more, or the level below it grows."""
    days = days_to_full(rng)
    reason = str(rng.choice(["stop", "faster", "version", "below"])) if days <= AHEAD else "none"
    gap = log_uniform(rng, 0.8, min(12, -t[0] / 4))
    instants = arrivals(rng, t, gap, rng.choice([1e6, 4.0, 1.0]))
    release = -rng.uniform(0.6, max(6, 2.5 * gap))
    if reason == "stop":
        instants = instants[instants < max(-rng.uniform(1.2, 2.4) * float(np.diff(instants).max()), 0.75 * t[0])]
    elif reason == "version" and rng.uniform() < 0.6:
        instants = np.append(instants[instants < release], release)
    age, index = since_last(t, instants)
    size = np.exp(rng.normal(0, log_uniform(rng, 0.01, 0.2), index[-1] + 1))[index]
    size *= np.exp(rng.uniform(0.006, 0.04) * (t - age) * (reason == "faster"))
    size *= np.where((t - age > release - 1e-6) & (reason == "version"), rng.uniform(1.5, 6), 1)
    flow = rng.uniform(0.2, 1) + season(rng, t) * rng.integers(0, 2)
    leaked = cleaned(t, accumulate(t, flow / flow.mean()), instants) / gap
    base, warm = rng.uniform(0.15, 3), rng.uniform(0, 0.3) * (1 - np.exp(-age / rng.uniform(0.02, 0.4)))
    below = base + (base + 0.6) * trend(rng, t, pace(rng, days, -t[0])) * (reason == "below")
    return under_limit(rng, t, below + warm + size * leaked ** rng.uniform(0.65, 1.15), days)


def release_shift(rng: Rng, t: Floats) -> Floats:
    """A release moved the level, at once, slowly or too far at first, and growth goes on; or levels alternate."""
    days = days_to_full(rng)
    back = rng.uniform(0.3, 5) if rng.uniform() < 0.5 else rng.uniform(1, -0.7 * t[0])
    since, base = np.maximum(t + back, 0), rng.uniform(0.4, 1.2)
    settled = 1 + rng.choice([0, 0, -1, -1, rng.uniform(0.05, 0.4)]) * np.exp(-since / log_uniform(rng, 0.05, 2.5))
    path = base + rng.uniform(0.1, 1.2) * rng.choice([1, 1, 1, 1, -0.25]) * settled * (t >= -back)
    path += rng.choice([0, 0, rng.uniform(0.05, 0.4)]) * (t >= -back * rng.uniform(1.3, 4))
    if days <= AHEAD and rng.uniform() < 0.45:
        path += path[t <= 0][-1] * pace(rng, days, max(back, 3)) * since
    elif days <= AHEAD:
        path += 0.8 * base * trend(rng, t, pace(rng, days, -t[0]))
    elif rng.uniform() < 0.3:
        _, index = since_last(t, arrivals(rng, t, log_uniform(rng, 1.5, -t[0] / 4), 1.0))
        path = base + rng.uniform(0.2, 1.2) * rng.choice(rng.uniform(0, 1, 3), index[-1] + 1)[index]
    return under_limit(rng, t, path + ripple(rng, t, 0.01, 0.25), days, lasting=True)


def bent_growth(rng: Rng, t: Floats) -> Floats:
    """Growth that bent days ago, at a kink or gently: it began, stopped, turned, became slower or faster."""
    days = days_to_full(rng)
    bend, width = -log_uniform(rng, 0.5, min(14, -0.5 * t[0])), log_uniform(rng, 0.01, 1.5)
    before = rng.uniform(0.2, 0.9) / -t[0]
    after = before * rng.choice([0, -rng.uniform(0.01, 0.4), rng.uniform(0.01, 0.15)])
    if days <= AHEAD:
        after = pace(rng, days, 1.5 * max(-bend, 2.0))
        most = 0.85 * max(1 + after * bend, 0.05) / (bend - t[0])
        before = min(after * rng.choice([rng.uniform(-0.15, 0.6), rng.uniform(1.2, 3)], p=[0.75, 0.25]), most)
    elif rng.uniform() < 0.25:
        before, after = rng.uniform(-0.0005, 0.0002), log_uniform(rng, 2e-4, 3e-3)
    path = before * t + (after - before) * width * np.logaddexp(0, (t - bend) / width)
    path += 1 - path[t <= 0][-1] + ripple(rng, t, 0.003, 0.06)
    return under_limit(rng, t, path, days)


def tenants(rng: Rng, t: Floats) -> Floats:
    """Steps up, by the clock or at random, of one size or many; some leave again, or end in a clean-out."""
    days = days_to_full(rng)
    form = "grow" if days <= AHEAD else str(rng.choice(["grow", "leave", "clean"]))
    gap, shape = log_uniform(rng, 0.7, min(10, -t[0] / 4)), log_uniform(rng, 0.7, 40)
    instants = arrivals(rng, t, gap, rng.choice([1e6, 9.0, 1.0]))
    sizes = rng.gamma(shape, 1 / shape, instants.size)
    steps = np.append(2 * t[0] - t[1], t)
    path = np.cumsum(np.histogram(instants, steps, weights=sizes)[0])
    if form == "leave":
        leaving = instants + gap * rng.uniform(0.5, 6, instants.size)
        path += rng.uniform(1, 12) - np.cumsum(np.histogram(leaving, steps, weights=sizes)[0])
    elif form == "clean":
        path = rng.uniform(0.5, 8) + cleaned(t, path, instants[:: int(rng.integers(3, 9))])
    else:
        path = 1 + pace(rng, days, -t[0]) * gap * (path - path[t <= 0][-1])
    return under_limit(rng, t, path + path.mean() * ripple(rng, t, 0.002, 0.02), days)


def rise_and_settle(rng: Rng, t: Floats) -> Floats:
    """A rise that begins slowly and ends slowly, evenly or with a long tail: over, or in its midst."""
    days = days_to_full(rng)
    width = log_uniform(rng, 3.5 if 14 < days <= AHEAD else 1.2, max(-0.25 * t[0], 4))
    middle = width * rng.uniform(-2.2 if days <= 14 else -1.0, 1.5)
    if days > AHEAD:
        middle = -rng.uniform(1.2 * width, max(1.5 * width, -0.75 * t[0]))
    z = np.clip((t - middle) / width, -6, 50)
    part = np.clip((z + 3) / 6, 0, 1)
    rise = (1 / (1 + np.exp(-z)), np.exp(-np.exp(-z)), part * part * (3 - 2 * part))[int(rng.integers(0, 3))]
    path = rng.uniform(0.05, 1) + rng.uniform(0.3, 2) * rise + ripple(rng, t, 0.005, 0.08)
    return under_limit(rng, t, path, days)


def compound_growth(rng: Rng, t: Floats) -> Floats:
    """Grows by a share of itself or like a power of time, over a base or none; some run up and fall back every time."""
    days = days_to_full(rng)
    scale = log_uniform(rng, max(3.5, days / 3), 50) if days <= AHEAD else log_uniform(rng, 35, 250)
    path = rng.choice([0, rng.uniform(0, 2), rng.uniform(0, 2)]) + np.exp(np.minimum(t / scale, 5))
    if days <= AHEAD and rng.uniform() < 0.2:
        path = (1 + (t - t[0]) / max(scale, 8)) ** rng.uniform(1.8, 3)
    elif days > 250:
        age, index = since_last(t, arrivals(rng, t, rng.uniform(4, 16), 1e6))
        run_up = np.exp(rng.uniform(1.2, 4) * (age / age.max() - 1))
        path = rng.uniform(0.5, 3) + run_up * rng.uniform(0.9, 1, index[-1] + 1)[index]
    return under_limit(rng, t, path * (1 + ripple(rng, t, 0.003, 0.06)), days)


def random_level(rng: Rng, t: Floats) -> Floats:
    """A level that forgets where it was, with a drift or none, at times with large moves; or one that comes back."""
    days = days_to_full(rng)
    sd, step, form = log_uniform(rng, 0.006, 0.06), t[1] - t[0], int(rng.integers(0, 3))
    moves = rng.normal(0, sd * np.sqrt(step), t.size)
    moves += sd * step * (rng.uniform(0.15, 0.7) if days <= AHEAD else rng.choice([0, rng.uniform(0.02, 0.1), -0.2]))
    if form == 0:
        moves += (rng.uniform(size=t.size) < step / log_uniform(rng, 1, 8)) * rng.laplace(0, 1.2 * sd, t.size)
    path = np.cumsum(moves) - moves[t <= 0].sum()
    if days > AHEAD and form == 1:
        path = wander(rng, t, log_uniform(rng, 0.02, 0.12), log_uniform(rng, 3, 30))
    return under_limit(rng, t, np.exp(path) if rng.uniform() < 0.4 else rng.uniform(1, 2) + path, days)


def overlapping_jobs(rng: Rng, t: Floats) -> Floats:
    """Jobs that take room while they run, one to three sorts; they become larger or longer, or what is below grows."""
    days = days_to_full(rng)
    reason = str(rng.choice(["size", "size", "length", "below"])) if days <= AHEAD else "none"
    base = rng.uniform(0.05, 1.5)
    path = base + (base + 0.3) * trend(rng, t, pace(rng, days, -t[0])) * (reason == "below")
    for _ in range(int(rng.integers(1, 4))):
        gap = min(float(rng.choice([0.25, 0.5, 1, 1, 1, 2, 7])), -t[0] / 4)
        starts = np.arange(t[0] - rng.uniform(0, gap), t[-1], gap)
        starts += np.abs(rng.normal(0, rng.uniform(0, 0.08) * gap, starts.size))
        sizes = log_uniform(rng, 0.2, 1) * np.exp(rng.normal(0, log_uniform(rng, 0.02, 0.35), starts.size))
        sizes *= weekday(rng, starts, rng.choice([0, 1, 1, 1])) * (rng.uniform(size=starts.size) > rng.uniform(0, 0.1))
        sizes *= 1 + rng.uniform(0.3, 0.9) * np.maximum(starts / -t[0], -1) * (reason == "size")
        lengths = max(log_uniform(rng, 0.05, 0.7) * gap, 0.09) * np.exp(rng.normal(0, 0.15, starts.size))
        lengths *= np.exp(np.minimum(rng.uniform(0.005, 0.03) * (starts - t[0]), 2.5) * (reason == "length"))
        begin = rng.choice([0.15, 1])
        for size, i, j in zip(sizes, np.searchsorted(t, starts), np.searchsorted(t, starts + lengths), strict=True):
            path[i:j] += size * np.linspace(begin, 1, j - i)
    return under_limit(rng, t, path + base * ripple(rng, t, 0.01, 0.05), days, lasting=True)


def decline_and_turn(rng: Rng, t: Floats) -> Floats:
    """Becomes less, evenly, ever slower, by purges, in waves or after an incident; or it did, and turned days ago."""
    days = days_to_full(rng, 0.6)
    passed, turn, rise = t - t[0], -rng.uniform(1, min(12, -0.4 * t[0])), log_uniform(rng, 0.004, 0.05)
    line = np.maximum(1 - log_uniform(rng, 0.0005, 0.012) * passed, rng.uniform(0.01, 0.2))
    path = (
        line,
        rng.uniform(0.02, 1.5) + np.exp(-passed / log_uniform(rng, 4, 120)),
        1 + cleaned(t, rise / 10 * passed, arrivals(rng, t, log_uniform(rng, 2, -0.3 * t[0]), 9.0), -0.2),
        line * (rng.uniform(0.2, 1) + season(rng, t)),
        rng.uniform(0.3, 1.5) + (t >= 6 * turn) * np.exp(-np.maximum(t - 6 * turn, 0) / log_uniform(rng, 0.5, 12)),
        line + rng.uniform(0.03, 0.2) * np.sin(2 * np.pi * passed / rng.uniform(4, 14)),
    )[int(rng.integers(0, 6))]
    if days <= AHEAD:
        lost = min(rng.uniform(0.02, 0.9) * rise * (days - turn), 0.8)
        path = 1 + lost * np.clip((turn - t) / (turn - t[0]), 0, 1) ** rng.uniform(0.7, 1.5)
        path += rise * np.maximum(t - turn, 0)
    return under_limit(rng, t, path + ripple(rng, t, 0.003, 0.05), days)


def burst_clusters(rng: Rng, t: Floats) -> Floats:
    """Bursts that beget bursts and ebb away; they become larger, or more, or what is below them grows."""
    days = days_to_full(rng, 0.4)
    reason = str(rng.choice(["below", "below", "larger", "more"])) if days <= AHEAD else "none"
    marks = outbreaks(rng, t, rng.uniform(0.008, 0.03) * (reason == "more"))
    marks *= 1 + rng.uniform(0.3, 0.9) * t / -t[0] * (reason == "larger")
    keep = np.exp(-(t[1] - t[0]) / log_uniform(rng, 0.06, 1.5))
    level, bursts = 0.0, np.empty(t.size)
    for i, mark in enumerate(marks):
        level = keep * level + mark
        bursts[i] = level
    bursts = np.log1p(bursts) if rng.uniform() < 0.4 else bursts
    bursts *= rng.uniform(0.2, 1.2) / max(bursts[t <= 0].max(), 0.1)
    growth = trend(rng, t, pace(rng, days, -t[0])) * (reason == "below") + ripple(rng, t, 0.01, 0.2)
    return under_limit(rng, t, bursts + rng.uniform(0.2, 2.5) * (1 + growth), days, lasting=True)


def month_close(rng: Rng, t: Floats) -> Floats:
    """A load around every turn of the month: it grows or shrinks, part of it stays, or what is below it grows."""
    days = days_to_full(rng)
    reason = str(rng.choice(["grows", "grows", "stays", "below"])) if days <= AHEAD else "none"
    months = (t - days + rng.uniform(-1, 1)) / 30.4
    number = (np.round(months) - np.round(months[0])).astype(int)
    away = (months - np.round(months)) * 30.4
    growth = rng.uniform(0.06, 0.4) if reason == "grows" else rng.choice([0, 0, 0, -rng.uniform(0.02, 0.15)])
    height = np.exp(growth * number + rng.normal(0, log_uniform(rng, 0.005, 0.08), number[-1] + 1)[number])
    z = away / np.where(away < 0, rng.uniform(0.25, 1.8), rng.uniform(0.25, 1.8))
    bump = (np.abs(z) < 1.3) if rng.uniform() < 0.3 else np.exp(-0.5 * z**2)
    load = height * bump * (0.35 + 0.65 * profile(rng, t) if rng.uniform() < 0.35 else 1.0)
    load += rng.uniform(0.1, 0.5) * (number + (away > 0)) * (reason == "stays")
    below = 1 + ripple(rng, t, 0.01, 0.25) + trend(rng, t, pace(rng, days, -t[0])) * (reason == "below")
    return under_limit(rng, t, rng.uniform(0.2, 2) * below + rng.uniform(0.15, 1.5) * load, days)


def renewal(rng: Rng, t: Floats) -> Floats:
    """The life of a certificate or lease that is used up: one day a day, renewed at a mark, or no longer renewed."""
    days = days_to_full(rng)
    if days <= AHEAD and rng.uniform() < 0.5:
        mark = min(days * rng.uniform(1.15, 2) + rng.uniform(0.5, 5), days - 0.7 * t[0])
        life = max(mark * rng.uniform(1.5, 4), mark + 2)
        age = np.where(t < days - life, (t + life - days) % (life - mark), t + life - days)
    elif days <= 200:
        life = max((days - t[0]) * rng.uniform(1, 2), 7)
        age = life - days + t
    else:
        life = min(float(rng.choice([90, 90, 45, 30, 7, 10, 60, rng.uniform(3, 90)])), -t[0])
        mark = life * rng.choice([1 / 3, 1 / 3, 0.2, 0.1, 0.5, rng.uniform(0.05, 0.6)])
        lives = life - mark * np.maximum(1 - np.abs(rng.normal(0, rng.uniform(0, 0.06), 200)), 0.3)
        age, _ = since_last(t, t[0] - rng.uniform(0, life - mark) + np.append(0, np.cumsum(lives)))
    return np.asarray(age / life, dtype=np.float64)


SHAPES: dict[str, Shape] = {
    shape.__name__: shape
    for shape in (
        filled_up,
        growing_season,
        working_days,
        wider_swing,
        clock_cleanup,
        heap_threshold,
        merging_store,
        leak_undone,
        release_shift,
        bent_growth,
        tenants,
        rise_and_settle,
        compound_growth,
        random_level,
        overlapping_jobs,
        decline_and_turn,
        burst_clusters,
        month_close,
        renewal,
    )
}
