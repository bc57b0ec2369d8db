"""What usage does on networks and clusters: links, tables, address pools, node memory, etcd, brokers, licences.

Beside these there are plain teeth, swings and walks. Most kinds first draw the day on which they are to fill,
which in half of the draws is after the 60 days; those still are often near the limit, and rise, swing or burst.
"""

from __future__ import annotations

import numpy as np

from benchmarks.exhaustion.parts import (
    HORIZON,
    Floats,
    Rng,
    Shape,
    arrivals,
    full_day,
    log_uniform,
    next_record,
    since_last,
    wander,
)


def growth(rng: Rng, t: Floats, end: float) -> Floats:
    """A factor that grows from one, simply or compound; without an end within the horizon often none, or it falls."""
    rate = log_uniform(rng, 0.0025, 0.022)
    if end > HORIZON:
        rate *= float(rng.choice([0.0, -0.3, 0.2, 1.0], p=[0.5, 0.15, 0.2, 0.15]))
    compound = rate < 0 or rng.uniform() < 0.4
    return np.asarray(np.exp(0.7 * rate * (t - t[0])) if compound else 1 + rate * (t - t[0]), dtype=np.float64)


def scaled(rng: Rng, t: Floats, path: Floats, end: float) -> Floats:
    """The path, scaled so that it fills first on that day or soon after, or never, often by very little."""
    highest = np.maximum.accumulate(path)
    at = next_record(t, highest, end) if end < HORIZON else None
    if at is not None:
        limit = highest[at - 1] + rng.uniform(0.1, 0.95) * (highest[at] - highest[at - 1])
    else:
        rises = highest[-1] > 1.08 * path[t <= 0].max() and rng.uniform() < 0.8
        limit = highest[-1] * (1 + log_uniform(rng, *((0.05, 1.2) if rises else (0.004, rng.choice([0.06, 0.9])))))
    return np.asarray(path / limit, dtype=np.float64)


def lifted(path: Floats) -> Floats:
    """The path, moved so that its highest is one; flattened where it would start below nothing."""
    return np.asarray(1 + (path - path.max()) * 0.96 / max(float(np.ptp(path)), 0.96), dtype=np.float64)


def counted(rng: Rng, usage: Floats, low: float, high: float) -> Floats:
    """Whole entries of a table that has room for so many."""
    size = round(log_uniform(rng, low, high))
    return np.floor(usage * size) / size


def smoothed(t: Floats, path: Floats, days: float) -> Floats:
    """The mean of what was, which forgets within so many days."""
    return fading(t, path, days) / fading(t, np.ones(t.size), days)


def fading(t: Floats, added: Floats, days: float) -> Floats:
    """The sum of what was added at each instant and fades within so many days."""
    total, lag, keep = added.astype(np.float64), 1, float(np.exp(-(t[1] - t[0]) / days))
    while lag < total.size and keep > 1e-7:
        total[lag:] = total[lag:] + keep * total[:-lag]
        lag, keep = 2 * lag, keep * keep
    return total


def earlier(t: Floats, days: float) -> Floats:
    """The same instants, and those of so many days before them."""
    step = t[1] - t[0]
    return np.concatenate([t[0] + step * np.arange(-int(np.ceil(days / step)), 0), t])


def between(local: Floats, begin: float, hours: float) -> Floats:
    """One within so many hours of the day, from one hour on, else zero."""
    return np.where((local * 24 - begin) % 24 < hours, 1.0, 0.0)


def hump(local: Floats, hour: float, width: float) -> Floats:
    """A bell around an hour of the day, that many hours wide."""
    return np.exp(-0.5 * (((local * 24 - hour + 12) % 24 - 12) / width) ** 2)


def day_shape(rng: Rng, local: Floats) -> Floats:
    """A day between 0 and 1: a wave, a sharp peak, an office with its lunch, an evening at home, working hours."""
    form = int(rng.integers(5))
    if form < 2:
        wave = np.cos(2 * np.pi * (local - rng.uniform(9, 22) / 24))
        shape = wave if form == 0 else np.exp(rng.uniform(0.8, 4) * wave)
    elif form == 2:
        noon = rng.uniform(11.5, 13.5)
        shape = hump(local, noon - 2.5, 1.6) + rng.uniform(0.6, 1.1) * hump(local, noon + rng.uniform(2, 3.5), 1.9)
    elif form == 3:
        shape = hump(local, rng.uniform(19.5, 21.8), rng.uniform(1.6, 3))
        shape = shape + rng.uniform(0.2, 0.6) * hump(local, rng.uniform(11, 15), 4)
    else:
        begin, finish = rng.uniform(6.5, 9), rng.uniform(16.5, 20)
        shape = np.clip(np.minimum(local % 1 * 24 - begin, finish - local % 1 * 24) / rng.uniform(0.5, 3), 0, 1)
    return np.asarray((shape - shape.min()) / np.ptp(shape), dtype=np.float64)


def day_factor(rng: Rng, local: Floats, sd: float) -> Floats:
    """A factor around one for each day, which the next days may resemble."""
    return np.exp(wander(rng, np.floor(local), sd, log_uniform(rng, 0.2, 4)))


def traffic(rng: Rng, local: Floats, weekend: float | None = None) -> Floats:
    """Demand with its day and its week, about one at the peak."""
    night, week = rng.uniform(0.05, 0.6), np.ones(7)
    week[5:] = rng.uniform(0.25, 1.15) if weekend is None else weekend
    week[rng.integers(7)] *= rng.choice([1.0, 1.0, rng.uniform(0.85, 1.15)])
    return np.asarray((night + (1 - night) * day_shape(rng, local)) * week[(local % 7).astype(int)], dtype=np.float64)


def still_level(rng: Rng, t: Floats) -> Floats:
    """A constant, often right below the limit; some now and then step up by a little and come back."""
    level = rng.uniform(0.02, 0.9) if rng.uniform() < 0.4 else 1 - log_uniform(rng, 0.004, 0.1)
    size = log_uniform(rng, 0.01, 0.3) * (1 - level) * rng.choice([0.0, 1.0])
    flips = np.cumsum(rng.uniform(size=t.size) < log_uniform(rng, 0.02, 1) * (t[1] - t[0]))
    return np.asarray(level + size * (flips % 2), dtype=np.float64)


def clean_teeth(rng: Rng, t: Floats) -> Floats:
    """Regular teeth between a line of troughs and a line of peaks, which need not rise alike."""
    end, start, period = full_day(rng), rng.uniform(0.02, 0.93), log_uniform(rng, 0.3, 12)
    slope = (1 - start) / (end - t[0])
    if end > HORIZON and rng.uniform() < 0.7:
        start = 1 - log_uniform(rng, 0.006, 0.4)
        slope = -rng.choice([0.0, 0.0, 0.0, rng.uniform(0, 0.6)]) * start / (HORIZON - t[0])
    lower = slope * rng.choice([1.0, 1.0, 1.0, 0.0, rng.uniform(0, 1.1)])
    peaks = start + slope * (t - t[0])
    troughs = np.clip(start * rng.uniform(0.1, 0.94) + lower * (t - t[0]), 0, 0.95 * peaks)
    phase = ((t / period + rng.uniform()) % 1.0) ** rng.choice([1.0, 1.0, 1.0, rng.uniform(0.6, 1.8)])
    return np.asarray(troughs + (peaks - troughs) * phase, dtype=np.float64)


def swing_growth(rng: Rng, t: Floats) -> Floats:
    """The day swings ever more around a mean that stays; or ever less, or the same, near the limit."""
    end, local = full_day(rng), t + rng.uniform(0, 7)
    shape = np.sin(2 * np.pi * local) if rng.uniform() < 0.4 else day_shape(rng, local)
    shape = (shape - shape.mean()) / (shape.max() - shape.mean())
    depth = -float(shape.min())
    mean = rng.uniform(depth / (1 + depth), 0.8)
    rate = log_uniform(rng, 0.05, 0.95) / -t[0]
    height = (1 - mean) / (1 + rate * end)
    if end > HORIZON and rng.uniform() < 0.65:
        rate = -rng.choice([0.0, 0.0, rng.uniform(0.001, 0.006)])
        height = (1 - mean) * (1 - log_uniform(rng, 0.01, 0.4)) / (1 + rate * t[0])
    week = np.where((local % 7 >= 5) & (rng.uniform() < 0.35), rng.uniform(0.3, 0.9), 1.0)
    return np.asarray(mean + np.maximum(height * (1 + rate * t), 0.02) * week * shape, dtype=np.float64)


def drifting_walk(rng: Rng, t: Floats) -> Floats:
    """Sums of random steps, small or rare, with drift or without; some are pulled back to a mean."""
    end, step, sd = full_day(rng), t[1] - t[0], log_uniform(rng, 0.004, 0.05)
    steps = rng.normal(0, sd * np.sqrt(step), t.size)
    if rng.uniform() < 0.25:
        share = log_uniform(rng, 0.3, 4) * step
        steps = np.where(rng.uniform(size=t.size) < share, steps / np.sqrt(share), 0.0)
    if rng.uniform() < (0.45 if end > HORIZON else 0.1):
        return scaled(rng, t, lifted(fading(t, steps, log_uniform(rng, 1, 15))), end)
    drift = rng.normal(0, 0.16) * sd if end > HORIZON else log_uniform(rng, 0.05, 1) * sd
    return scaled(rng, t, lifted(np.cumsum(steps + drift * step)), end)


def certificate_days(rng: Rng, t: Floats) -> Floats:
    """Days of validity that are gone, one a day; a robot renews it when a part is left, or nobody does."""
    end = full_day(rng)
    robot = end > HORIZON and rng.uniform() < 0.65
    life = float(rng.choice([47.0, 60.0, 90.0] if robot else [90.0, 180.0, 365.0, 398.0]))
    cycle = life * (1 - rng.choice([0.1, 0.2, 1 / 3]))
    issued = -rng.uniform(0.3, min(cycle, -t[0]) - 0.3) if robot else min(end, life - rng.uniform(0.3, 20)) - life
    return np.asarray(np.where((t < issued) | robot, (t - issued) % cycle, t - issued) / life, dtype=np.float64)


def prepaid_volume(rng: Rng, t: Floats) -> Floats:
    """A volume that is used up by day and week; topped up by what was used, by less, or not at all."""
    end, local = full_day(rng), t + rng.uniform(0, 7)
    use = day_factor(rng, local, rng.uniform(0, 0.4)) * np.where(local % 7 < 5, 1, rng.choice([1, rng.uniform(0, 0.7)]))
    spent = np.cumsum(use * (0.3 + day_shape(rng, local) if rng.uniform() < 0.4 else 1.0))
    spent = (spent - spent[0]) / (spent[-1] - spent[0]) * (HORIZON - t[0])
    if rng.uniform() < 0.6:
        total = np.interp(min(end, HORIZON), t, spent) + max(end - HORIZON, 0)
        return np.asarray(1 - rng.uniform(0.3, 1.0) * (1 - spent / total), dtype=np.float64)
    period = rng.uniform(3, 16)
    _, index = since_last(t, np.arange(t[0] - rng.uniform(0, period), HORIZON + period, period))
    first = np.searchsorted(index, index)
    path = spent - (spent[first] if end > HORIZON else rng.uniform(0.4, 0.92) * period * index)
    return scaled(rng, t, path - min(float(path.min()), 0.0) + rng.uniform(0.2, 2) * period, end)


def link_bits(rng: Rng, t: Floats) -> Floats:
    """Bits per second on a link: day, week, growth; a backup by night, a customer moved on or off."""
    end, local = full_day(rng), t + rng.uniform(0, 7)
    path = traffic(rng, local) * day_factor(rng, local, rng.uniform(0, 0.06)) * growth(rng, t, end)
    path = path * np.exp(wander(rng, t, rng.uniform(0, 0.05), rng.uniform(0.05, 0.25)))
    if rng.uniform() < 0.25:
        path = path + rng.uniform(0.1, 0.5) * between(local, rng.uniform(0, 5), rng.uniform(0.5, 3))
    if rng.uniform() < 0.2:
        path = path * (1 + rng.uniform(-0.08, 0.3) * (t > rng.uniform(t[0], -1)))
    return scaled(rng, t, path, end)


def connection_table(rng: Rng, t: Floats) -> Floats:
    """Connections behind a time-out of minutes to days, and bursts (scans, storms of retries) that die down."""
    end, local = full_day(rng), t + rng.uniform(0, 7)
    rate = traffic(rng, local) * day_factor(rng, local, rng.uniform(0, 0.08))
    path = smoothed(t, rate, log_uniform(rng, 0.3, 60) / 24) * growth(rng, t, end)
    if rng.uniform() < 0.75:
        hit = rng.uniform(size=t.size) < log_uniform(rng, 0.08, 1.2) * (t[1] - t[0])
        size = rng.uniform(0.08, 0.6) * np.minimum(rng.lognormal(-0.3, 0.6, t.size), 2)
        burst = fading(t, hit * size, log_uniform(rng, 0.5, 10) / 24)
        path = path + 2 * path.mean() * np.minimum(burst, rng.uniform(0.5, 1.2))
    return scaled(rng, t, path + rng.uniform(0, 0.4), end)


def rule_table(rng: Rng, t: Floats) -> Floats:
    """Firewall rules or routes: changed in working hours, in batches; audits remove a part of what came."""
    end, local, size = full_day(rng), t + rng.uniform(0, 7), log_uniform(rng, 256, 1e6)
    busy = between(local, 8, rng.uniform(8, 11)) * (local % 7 < 5) if rng.uniform() < 0.8 else np.ones(t.size)
    a_day = size * min(log_uniform(rng, 0.0004, 0.012), 0.9 / (min(end, HORIZON) - t[0]))
    changes = a_day * (t[1] - t[0]) * busy / busy.mean()
    replaced = end > HORIZON and rng.uniform() < 0.6
    batch = max(1, round(size * log_uniform(rng, 0.001, 0.02))) if rng.uniform() < 0.5 else 1
    removed = rng.poisson(changes * (1.0 if replaced else rng.uniform(0, 0.8)))
    net = (rng.poisson(changes / batch) * batch - removed) / size
    path = fading(t, net, rng.uniform(1, 10)) if replaced else np.cumsum(net)
    if rng.uniform() < 0.4:
        _, index = since_last(t, arrivals(rng, t, rng.uniform(7, 40), 1e6))
        gained = np.maximum(np.diff(path[np.searchsorted(index, np.arange(index[-1] + 1))]), 0)
        part = 1.0 if end > HORIZON and rng.uniform() < 0.6 else rng.uniform(0.1, 0.7)
        path = path - part * np.concatenate([[0.0], np.cumsum(gained)])[index]
    return counted(rng, scaled(rng, t, lifted(path), end), size, size)


def address_leases(rng: Rng, t: Floats) -> Floats:
    """Addresses that stay leased for hours after their guests left; some have days with visitors."""
    end, longer = full_day(rng), earlier(t, 2)
    local = longer + rng.uniform(0, 7)
    guests = traffic(rng, local, rng.uniform(0, 0.5) if rng.uniform() < 0.7 else rng.uniform(0.9, 1.6))
    guests = guests * day_factor(rng, local, rng.uniform(0, 0.12))
    lease = int(log_uniform(rng, 1, 30) / 24 / (t[1] - t[0])) + 1
    held = np.lib.stride_tricks.sliding_window_view(guests, lease).max(axis=1)[-t.size :]
    path = smoothed(t, held, rng.uniform(0.3, 3) / 24) * growth(rng, t, end) + rng.uniform(0, 0.5)
    if rng.uniform() < 0.2:
        visited = np.isin(np.floor(local), rng.choice(np.floor(local), int(rng.integers(3, 14))))
        path = path * (1 + rng.uniform(0.05, 0.3) * (visited * hump(local, 13, 3))[-t.size :])
    return counted(rng, scaled(rng, t, path, end), 50, 65534)


def pod_addresses(rng: Rng, t: Floats) -> Floats:
    """Addresses of pods: an autoscaler's wave, surges by day, leaked ones that are collected, though not always all."""
    end, local = full_day(rng), t + rng.uniform(0, 7)
    wave = rng.uniform(0.05, 0.6) * traffic(rng, local) * day_factor(rng, local, 0.05)
    path = (rng.uniform(0.4, 1) + wave) * growth(rng, t, end)
    if rng.uniform() < 0.7:
        leak = log_uniform(rng, 0.004, 0.1)
        age = (t + rng.uniform(0, 100)) % log_uniform(rng, 0.5, 8)
        path = path + leak * age * (0.6 + 0.4 * day_factor(rng, local, 0.3))
        if end < HORIZON and rng.uniform() < 0.5:
            path = path + leak * log_uniform(rng, 0.02, 0.4) * (t - t[0])
    surge = between(local, 9, 9) * (rng.uniform(size=t.size) < rng.uniform(0, 2) * (t[1] - t[0]))
    path = path + rng.uniform(0.02, 0.25) * fading(t, surge, 0.5 / 24)
    return counted(rng, scaled(rng, t, path, end), 50, 65534)


def node_memory(rng: Rng, t: Floats) -> Floats:
    """Leaks that rolling deploys wipe out, until deploys freeze, or releases leak more, grow or leave some behind."""
    end, gap, local = full_day(rng), log_uniform(rng, 0.8, 9), t + rng.uniform(0, 7)
    trouble = int(rng.integers(4)) if end < HORIZON else 4
    instants = arrivals(rng, earlier(t, 40), gap, rng.choice([2.0, 8.0, 1e6]))
    if trouble == 0:
        frozen = -log_uniform(rng, 0.6, 1.5) * gap - rng.uniform(0.5, 8)
        instants = instants[: max(int(np.searchsorted(instants, frozen)), 1)]
    born = instants - t[0]
    leak = log_uniform(rng, 0.008, 0.15) * np.exp(rng.normal(0, rng.uniform(0, 0.35), born.size))
    if trouble == 1:
        leak = leak * np.exp(np.maximum(born, 0) * log_uniform(rng, 0.004, 0.03))
    calm = rng.choice([0.0, 0.0, 0.0, 0.0, 0.002, -0.001, -0.003])
    slope = (0.0, 0.0, log_uniform(rng, 0.002, 0.03), leak.mean() * rng.uniform(0.05, 0.5), calm)[trouble]
    base = np.maximum(rng.uniform(0.5, 1.5) + slope * born, 0.1)
    path = rng.uniform(0, 0.25) * traffic(rng, local) * day_factor(rng, local, 0.05)
    pods, spread = int(rng.integers(1, 7)), rng.uniform(0.05, 8) / 24
    memory = log_uniform(rng, 3, 20) if trouble == 4 and rng.uniform() < 0.3 else 1e6
    for pod in range(pods):
        age, index = since_last(t, instants + pod * spread / pods)
        leaked = leak[index] * memory * (1 - np.exp(-age / memory))
        path = path + (base[index] * (1 - 0.3 * np.exp(-age / 0.05)) + leaked) / pods
    return scaled(rng, t, path, end)


def etcd_file(rng: Rng, t: Floats) -> Floats:
    """A database file that keeps the highest of live data and old revisions until it is defragmented, or for ever."""
    end, local = full_day(rng), t + rng.uniform(0, 7)
    live = rng.uniform(0.5, 2) * growth(rng, t, end) * np.exp(wander(rng, t, rng.uniform(0, 0.03), rng.uniform(0.5, 5)))
    churn = rng.uniform(0.1, 1.2) * (0.4 + 0.6 * traffic(rng, local)) * day_factor(rng, local, rng.uniform(0.05, 0.35))
    compacted = rng.choice([1 / 12, 0.25, 0.5, 1.0, 1.0, 2.0]) * rng.uniform(0.9, 1.1)
    path = live + churn * ((t / compacted + rng.uniform()) % 1)
    every = rng.choice([1.0, 3.0, 7.0, 7.0, 14.0, 30.0, rng.uniform(2, 20)]) if rng.uniform() < 0.75 else 1e6
    cuts = np.arange(t[0] + every * rng.uniform(), HORIZON, every)
    cuts = np.sort(cuts + rng.normal(0, 0.15 * every * (rng.uniform() < 0.3), cuts.size))
    age, _ = since_last(t, cuts)
    pieces = np.split(path, np.searchsorted(t, cuts))
    file = np.concatenate([np.maximum.accumulate(piece) for piece in pieces]) + rng.uniform(0, 0.06) * np.sqrt(age)
    freed = rng.uniform(0.05, 0.4) * (rng.uniform() < 0.15)
    return scaled(rng, t, file + freed * (t < rng.uniform(t[0], -2)), end)


def namespace_requests(rng: Rng, t: Floats) -> Floats:
    """What deployments request: they come and go in working hours, an autoscaler swings; some jump once allowed to."""
    end, local, a_day = full_day(rng), t + rng.uniform(0, 7), log_uniform(rng, 0.1, 2.5)
    busy = between(local, 8, 10) * (local % 7 < 5)
    changed = rng.uniform(size=t.size) < a_day * (t[1] - t[0]) * busy / busy.mean()
    more = rng.uniform(0.3, 0.7) if end > HORIZON else rng.uniform(0.55, 0.95)
    signs = np.where(rng.uniform(size=t.size) < more, 1, -1)
    sizes = 0.03 * changed * signs * rng.lognormal(0, 0.7, t.size) / max(a_day, 0.3)
    walk = fading(t, sizes, rng.uniform(3, 20)) if end > HORIZON and more < 0.6 else np.cumsum(sizes)
    path = 1 + walk - min(0.0, float(walk.min()))
    if end < HORIZON and rng.uniform() < 0.5:
        path = path * growth(rng, t, end)
    path = path + rng.uniform(0, 0.3) * traffic(rng, local) * day_factor(rng, local, rng.uniform(0, 0.06))
    jump, since = rng.uniform(0.02, 0.25) * (rng.uniform() < 0.35), t + log_uniform(rng, 0.5, -0.85 * t[0])
    path = path + jump * (1 - np.exp(-np.maximum(since, 0) / rng.uniform(0.05, 3)))
    return counted(rng, scaled(rng, t, path, end), 80, 2000)


def retention_log(rng: Rng, t: Floats) -> Floats:
    """A broker's log that is kept for a time and deleted by segments; some topics began, and filled their time."""
    end, kept = full_day(rng), float(rng.choice([0.5, 1.0, 2.0, 3.0, 7.0, 7.0, 14.0, 30.0]))
    longer = earlier(t, 1.4 * kept + 1)
    local = longer + rng.uniform(0, 7)
    rate = (traffic(rng, local) + rng.uniform(0, 0.5)) * day_factor(rng, local, rng.uniform(0, 0.15))
    rate = rate * growth(rng, longer, end)
    if end > HORIZON and -t[0] > 1.3 * kept + 1 and rng.uniform() < 0.5:
        rate = rate * np.where(longer > rng.uniform(0.9 * t[0], -1.1 * kept), 1.0, rng.uniform(0, 0.8))
    segment = log_uniform(rng, 0.02, 0.35) * kept
    total = np.cumsum(rate)
    path = total[-t.size :] - np.interp(np.floor((t - kept) / segment) * segment, longer, total)
    return scaled(rng, t, path / path.mean() + rng.uniform(0, 0.6), end)


def lagging_queue(rng: Rng, t: Floats) -> Floats:
    """A queue fed by the traffic and emptied at one speed: it empties every night, or lags ever more."""
    end, local = full_day(rng), t + rng.uniform(0, 7)
    rate = traffic(rng, local) * day_factor(rng, local, rng.uniform(0.02, 0.15))
    speed = rate[t <= 0].mean() * (rng.uniform(1.04, 1.5) if end > HORIZON else rng.uniform(0.8, 1.02))
    if end < HORIZON:
        rate = rate * growth(rng, t, end) ** 0.25
    balance = np.cumsum(rate - speed) * (t[1] - t[0])
    path = balance - np.minimum(np.minimum.accumulate(balance), 0)
    rest = rng.uniform(0.02, 0.6) * max(float(path[t <= 0].max()), 0.01) + 0.02
    rotated = rng.uniform(0.02, 0.2) * path.mean() * (rng.uniform() < 0.2)
    return scaled(rng, t, path + rest + rotated * ((t / rng.uniform(0.5, 7)) % 1.0), end)


def licence_seats(rng: Rng, t: Floats) -> Floats:
    """Seats in use: on working days, fewer on Fridays and holidays, more at the month's end; staff comes in steps."""
    end, local = full_day(rng), t + rng.uniform(0, 7)
    week = np.array([1.0, 1.0, 1.0, 1.0, rng.choice([1.0, rng.uniform(0.6, 0.95)]), *rng.uniform(0, 0.12, 2)])
    path = (rng.uniform(0, 0.08) + day_shape(rng, local)) * week[(local % 7).astype(int)]
    path = path * day_factor(rng, local, rng.uniform(0.01, 0.07))
    days = np.floor(local)
    if rng.uniform() < 0.55:
        path = path * (1 + rng.uniform(0.1, 0.8) * ((days + rng.integers(30)) % 30.4 < rng.integers(1, 7)))
    holidays = rng.choice(days, rng.choice([0, 0, 0, 1, 3, 5]))
    path = path * np.where(np.isin(days, holidays), rng.uniform(0, 0.3), 1.0)
    staff = growth(rng, t, end)
    if rng.uniform() < 0.45:
        hired = np.floor(local / rng.choice([7, 14, 30]))
        staff = staff[np.searchsorted(hired, hired)]
    return counted(rng, scaled(rng, t, path * staff + rng.uniform(0, 0.15), end), 25, 2500)


def batch_volume(rng: Rng, t: Floats) -> Floats:
    """A staging volume: jobs by night, week and month write and delete; some leave debris, purged or kept."""
    end, local = full_day(rng), t + rng.uniform(0, 7)
    hours, job, written = local % 1 * 24, np.floor(local), rng.uniform(0.7, 7)
    days = rng.choice(7, int(rng.integers(1, 8)), replace=False) if rng.uniform() < 0.5 else np.arange(7)
    size = day_factor(rng, local, rng.uniform(0.02, 0.25)) * np.isin(job % 7, days)
    jobs = rng.uniform(0.1, 0.9) * size * np.where(hours < written + rng.uniform(0, 10), hours / written, 0).clip(0, 1)
    closing = rng.uniform(0.1, 0.6) * (rng.uniform() < 0.4)
    jobs = jobs + closing * ((job + rng.integers(30)) % 30.4 < rng.integers(1, 4))
    logs = rng.uniform(0.05, 0.5) * (rng.uniform() < 0.5)
    path = jobs * growth(rng, t, end) + logs * ((t / rng.choice([1.0, 3.0, 7.0, 7.0]) + rng.uniform()) % 1)
    if rng.uniform() < 0.4:
        failed = np.diff(job, prepend=job[0]) * (rng.uniform(size=t.size) < rng.uniform(0.03, 0.3))
        debris = np.cumsum(failed * rng.uniform(0.01, 0.08) * size)
        purge = np.floor(job / rng.integers(5, 25))
        cleared = end > HORIZON or rng.uniform() < 0.5
        path = path + debris - cleared * debris[np.searchsorted(purge, purge)]
    rate = log_uniform(rng, 0.0005, 0.008) * (end < HORIZON and rng.uniform() < 0.35)
    return scaled(rng, t, rng.uniform(0.15, 1) + path + rate * (t - t[0]), end)


def metered_volume(rng: Rng, t: Floats) -> Floats:
    """What has gone over a metered line, or numbers given out: it adds up evenly, by day, in batches or bursts."""
    end, local = full_day(rng), t + rng.uniform(0, 7)
    hits = (rng.uniform(size=t.size) < log_uniform(rng, 0.2, 3) * (t[1] - t[0])) * rng.lognormal(0.5, 0.7, t.size)
    rate = (
        np.ones(t.size),
        traffic(rng, local),
        (0.1 + day_shape(rng, local)) * np.where(local % 7 < 5, 1.0, rng.uniform(0, 0.3)),
        rng.uniform(0.01, 0.3) + 3 * between(local, rng.uniform(0, 20), rng.uniform(1, 4)),
        rng.uniform(0.1, 1) + fading(t, hits, rng.uniform(1, 8) / 24),
    )[int(rng.integers(5))]
    rate = rate * day_factor(rng, local, rng.uniform(0, 0.2)) * np.exp(rng.normal(0, rng.uniform(0.005, 0.2), t.size))
    if rng.uniform() < 0.3:
        factor = rng.uniform(0.05, 0.7) if end > HORIZON else log_uniform(rng, 0.4, 4)
        rate = rate * np.where(t > -log_uniform(rng, 1, -0.6 * t[0]), factor, 1.0)
    fades = 1 / rng.uniform(8, 40) if end > HORIZON else rng.normal(0, 0.01)
    rate = rate * np.exp(-fades * t * (rng.uniform() < 0.3))
    return scaled(rng, t, np.cumsum(rate) - rate[0], end)


SHAPES: dict[str, Shape] = {
    shape.__name__: shape
    for shape in (
        still_level,
        clean_teeth,
        swing_growth,
        drifting_walk,
        certificate_days,
        prepaid_volume,
        link_bits,
        connection_table,
        rule_table,
        address_leases,
        pod_addresses,
        node_memory,
        etcd_file,
        namespace_requests,
        retention_log,
        lagging_queue,
        licence_seats,
        batch_volume,
        metered_volume,
    )
}
