"""What usage does in clusters and cloud networks: pods, nodes, etcd, images, address pools, routes, quotas, credits.

Loads are alike from week to week; what differs is the mechanism on them: releases, retention, rotation, tidying, a lost
link, a stuck replica. What never fills stays, grows slowly or shrinks; or its mechanism did what it is to do.
"""

from __future__ import annotations

import numpy as np

from benchmarks.exhaustion.parts import (
    HORIZON,
    Floats,
    Rng,
    Shape,
    accumulate,
    events,
    full_day,
    log_uniform,
    next_record,
    since_last,
)


def share_in_use(rng: Rng) -> float:
    """How much of its limit something uses that does not grow."""
    low, high = ((0.3, 0.4), (0.4, 0.65), (0.65, 0.88), (0.88, 0.985))[int(rng.choice(4, p=[0.12, 0.25, 0.35, 0.28]))]
    return float(rng.uniform(low, high))


def pace(rng: Rng, t: Floats, end: float) -> float:
    """Growth a day of what is one now: plain where it is to fill within the horizon, else slight, none or a fall."""
    if end < HORIZON:
        return min(log_uniform(rng, 0.005, 0.05), float(-0.85 / t[0]))
    if rng.uniform() < 0.45:
        return float(rng.choice([0.0, 0.0, -log_uniform(rng, 0.0002, 0.004)]))
    return log_uniform(rng, 0.0005, 0.009)


def line(rng: Rng, t: Floats, end: float, low: float = 0.03) -> Floats:
    """A straight line, above `low` all the time, that is full on that day; if that is far, it often does not rise."""
    if end > HORIZON and rng.uniform() < 0.45:
        level = share_in_use(rng)
        falls = rng.uniform() < 1 / 3
        return np.asarray(level * (1 - falls * log_uniform(rng, 1e-5, 0.002) * t), dtype=np.float64)
    least = (low - t[0] / end) / (1 - t[0] / end)
    level = least + max(0.985 - least, 0.0) * rng.beta(1.3, 1.6)
    return np.asarray(level + (1 - level) / end * t, dtype=np.float64)


def limited(rng: Rng, t: Floats, path: Floats, end: float, rate: float = 0.0) -> Floats:
    """The path as a share of a limit that it reaches on that day or in its next peak, or that it stays below."""
    highest, now = np.maximum.accumulate(path), int(np.searchsorted(t, 0.0, side="right"))
    soonest = 1.003 * highest[now - 1]
    at = next_record(t, highest, end, above=soonest) if end < HORIZON else None
    if at is not None:
        before = max(highest[at - 1], soonest)
        rise = highest[min(at + int(0.5 / (t[1] - t[0])), t.size - 1)] - before
        return np.asarray(path / (before + rng.uniform(0.25, 0.8) * rise), dtype=np.float64)
    recent = path[:now][t[:now] > -7].max()
    limit = recent + rate * end if rate > 0 else recent / share_in_use(rng)
    return np.asarray(path / max(limit, highest[-1] * (1 + log_uniform(rng, 0.004, 0.1))), dtype=np.float64)


def spent(rng: Rng, t: Floats, rate: Floats, end: float) -> Floats:
    """What is used up of an allowance since the first sample: all of it on that day, or some time after the horizon."""
    used = accumulate(t, rate)
    used = used - used[0]
    left = (3 + rng.exponential(40)) * rate[t > HORIZON - 14].mean()
    return np.asarray(used / (np.interp(end, t, used) if end < HORIZON else used[-1] + left), dtype=np.float64)


def week(rng: Rng, t: Floats) -> Floats:
    """Days since a Monday."""
    return np.asarray(t - np.floor(t[0]) + rng.uniform(0, 7), dtype=np.float64)


def day(rng: Rng, local: Floats, sharp: float | None = None) -> Floats:
    """A day between 0 and 1 with its peak at some hour; some have a second, sharper one."""
    hour, sharp = local - rng.uniform(0.4, 0.85), sharp or rng.uniform(0.8, 2.5)
    load = (0.5 + 0.5 * np.cos(2 * np.pi * hour)) ** sharp
    if rng.uniform() < 0.3:
        second = (0.5 + 0.5 * np.cos(2 * np.pi * (hour + rng.uniform(0.2, 0.35)))) ** (sharp + 1.5)
        load = np.maximum(load, rng.uniform(0.5, 0.95) * second)
    return np.asarray(load, dtype=np.float64)


def working(local: Floats, weekend: float) -> Floats:
    """One on working days, `weekend` on the others."""
    return np.where(local % 7 < 5, 1.0, weekend)


def load(rng: Rng, local: Floats, night: float | None = None, weekend: float | None = None) -> Floats:
    """A load by day and week, one at its peak and the same every week."""
    night = rng.uniform(0.15, 0.75) if night is None else night
    weekend = rng.choice([1.0, rng.uniform(0.4, 0.95), rng.uniform(0.6, 1)]) if weekend is None else weekend
    factor = working(local, weekend)
    if rng.uniform() < 0.3:
        factor = factor * np.array([1, 0.97, 0.98, 0.99, 0.95, 1, 1])[np.floor(local).astype(int) % 7]
    shape = night * (0.5 + 0.5 * factor) + (1 - night) * day(rng, local) * factor
    return np.asarray(shape / shape.max(), dtype=np.float64)


def age(rng: Rng, t: Floats, gap: float, jitter: float = 0.0) -> Floats:
    """Days since the last of some events that are a gap apart."""
    return since_last(t, events(rng, t, gap, jitter))[0]


def bursty(rng: Rng, t: Floats, low: float, high: float) -> Floats:
    """A factor around one that is drawn anew for every instant."""
    spread = log_uniform(rng, low, high)
    return rng.gamma(spread**-2, spread**2, t.size)


def changed(rng: Rng, t: Floats, latest: float, fewer: tuple[float, float], more: tuple[float, float]) -> Floats:
    """One, and before a release some days ago another rate: lower or higher."""
    return np.where(t < -rng.uniform(1.5, latest), rng.choice([rng.uniform(*fewer), rng.uniform(*more)]), 1.0)


def pod_leak_since_restart(rng: Rng, t: Floats) -> Floats:
    """A pod that leaks until it is restarted: faster since the last time, more with each release, or on a base."""
    end, since = full_day(rng, 0.55), rng.uniform(1.2, min(7.0, -t[0] / 4))
    gap = (since + end) * rng.uniform(1.15, 1.7) if end < HORIZON else since * rng.uniform(1.2, 2.5)
    if gap < -t[0] / 2.1 and rng.uniform() < 0.5:
        full = since + end if end < HORIZON else gap * rng.uniform(1.08, 2)
        faster = rng.uniform(1.9, 4) if end < HORIZON else rng.choice([1.0, rng.uniform(1.3, 3)])
        base, leaked = rng.uniform(0.1, 0.5), (t + since) % gap
        leaked = leaked * np.where(t < -since, 1 / faster, 1.0)
        return np.asarray(base + (1 - base) / full * leaked, dtype=np.float64)
    rate = pace(rng, t, end)
    if rng.uniform() < 0.5:
        restarts = events(rng, t, rng.choice([1.0, 1.0, 2.0, 3.0, 7.0]), 0.0)
        leaked, index = since_last(t, restarts)
        path = 1 + log_uniform(rng, 0.1, 1) * (1 + rate * restarts[index]) * leaked
    else:
        path = 1 + rate * t + log_uniform(rng, 0.05, 0.4) * age(rng, t, rng.uniform(0.5, 2), 0.3)
    return limited(rng, t, path, end, 0.5 * rate)


def tenants_at_even_gaps(rng: Rng, t: Floats) -> Floats:
    """Tenants come at much the same gaps, and take much the same each; they go on, or onboarding has ended."""
    end, gap = full_day(rng, 0.55), rng.uniform(1.5, max(1.6, min(7.0, -t[0] / 6)))
    coming = events(rng, t, gap, rng.uniform(0, 0.25))
    sizes = np.exp(rng.normal(0, rng.uniform(0, 0.25), coming.size))
    path = rng.uniform(1, 20) + np.cumsum(sizes)[since_last(t, coming)[1]]
    if end > HORIZON and rng.uniform() < 0.45:
        return limited(rng, t, np.minimum(path, np.interp(-rng.uniform(2.5, 4) * gap, t, path)), end)
    return limited(rng, t, path, end, 1 / gap)


def pods_of_periodic_job(rng: Rng, t: Floats) -> Floats:
    """A job at the turn of the calendar's months, or every one or two weeks, on a base that grows."""
    end, since = full_day(rng, 0.55), age(rng, t, min(rng.choice([7.0, 7.0, 10.0, 14.0]), -t[0] / 2))
    if t[0] < -50 and rng.uniform() < 0.45:
        date = t + rng.uniform(100, 1500)
        days = np.floor(date).astype(np.int64).astype("datetime64[D]")
        since = (days - days.astype("datetime64[M]")).astype(np.float64) + date % 1
    rate = pace(rng, t, end)
    path = (1 + rate * t) * (1 + rng.uniform(0.15, 0.7) * (since < rng.uniform(0.25, 1.5)))
    return limited(rng, t, path, end, rate)


def queue_drained_after_batch(rng: Rng, t: Floats) -> Floats:
    """Batches of much the same size fill a queue and are worked off within hours; what stays behind grows."""
    end, batches = (
        full_day(rng, 0.55),
        events(rng, t, rng.choice([0.5, 1, 1, rng.uniform(0.6, 3)]), rng.uniform(0, 0.3)),
    )
    rate, (since, index) = pace(rng, t, end), since_last(t, batches)
    sizes = log_uniform(rng, 0.3, 3) * rng.uniform(0.96, 1.04, batches.size)
    return limited(rng, t, 1.3 + rate * t + sizes[index] * np.exp(-since / rng.uniform(0.06, 0.25)), end, rate)


def bucket_with_expiry(rng: Rng, t: Floats) -> Floats:
    """Written for some weeks: objects began to expire days ago, and as much goes as comes; or none expires yet."""
    end, since = full_day(rng, 0.55), max(-rng.uniform(0.4, 1) * t[0] + rng.choice([0, rng.uniform(0, 15)]), 5.6)
    rate = load(rng, week(rng, t)) ** rng.choice([0, 1])
    mean = float(rate.mean())
    written = accumulate(t, rate * (t >= -since))
    written = written - written[0] + max(t[0] + since, 0.0) * mean
    path = rng.uniform(0.05, 1) * since * mean + written
    if end > HORIZON:
        before = t - min(max(rng.uniform(0.25, 0.8) * since, 3.0), since - 2.5)
        path = path - np.where(before < t[0], np.maximum(before + since, 0) * mean, np.interp(before, t, written))
    return limited(rng, t, path, end)


def data_copied_from_old_cluster(rng: Rng, t: Floats) -> Floats:
    """A copy that fills fast since some days, or was done some days ago; beside it there is next to no growth."""
    end, creep = full_day(rng, 0.55), log_uniform(rng, 1e-5, 0.001)
    if end < HORIZON:
        begun, base = rng.uniform(1.5, min(8.0, -0.9 * t[0])), rng.uniform(0.1, 0.6)
        copied = (1 - base - creep * end) * np.maximum(t + begun, 0) / (begun + end)
        return np.asarray(base + creep * t + copied, dtype=np.float64)
    done = rng.uniform(0.4, min(7.0, -t[0] / 2))
    took = rng.uniform(1, min(8.0, -t[0] / 2))
    copied = rng.uniform(0.15, 0.8) * np.clip((t + done + took) / took, 0, 1)
    return limited(rng, t, rng.uniform(0.2, 0.8) + rng.choice([0, creep]) * t + copied, end)


def short_lived_certificate(rng: Rng, t: Floats) -> Floats:
    """The used part of a short life, rotated after a fixed part of it; or the last rotation has not come."""
    lives = np.array([5.0, 7.0, 10.0, 14.0, 21.0, 30.0])
    life = rng.choice(lives[lives <= max(-t[0] / 2, 5)])
    gap = life * rng.choice([0.5, 2 / 3, 0.8])
    if full_day(rng, 0.55) > HORIZON:
        return np.asarray((t + rng.uniform(0.03, 0.97) * gap) % gap / life, dtype=np.float64)
    now = rng.uniform(gap + 0.35, life - 0.4)
    return np.asarray(np.where(t < -now, (t + now) % gap, t + now) / life, dtype=np.float64)


def node_inodes_tidied(rng: Rng, t: Floats) -> Floats:
    """Small files that come with the load of working days, tidied up every night or week; what stays grows."""
    end, local = full_day(rng, 0.55), week(rng, t)
    rate, made = pace(rng, t, end), accumulate(t, 0.1 + day(rng, local) * working(local, rng.uniform(0.2, 1)))
    made = made * HORIZON / made[-1]
    tidied = events(rng, t, rng.choice([1.0, 1.0, 7.0]), 0.0)
    untidy = made - np.interp(tidied, t, made)[since_last(t, tidied)[1]]
    return limited(rng, t, 1 + rate * made + log_uniform(rng, 0.02, 0.3) * untidy, end, rate)


def log_kept_for_stuck_replica(rng: Rng, t: Floats) -> Floats:
    """A log in small waves: a stuck replica keeps all of it since some days; older incidents were released."""
    end, base, gap = full_day(rng, 0.55), rng.uniform(0.03, 0.3), log_uniform(rng, 0.1, 1)
    waves = base * (1 + rng.uniform(0.2, 1) * age(rng, t, gap, 0.1) / gap)
    path = waves.copy()
    for _ in range(int(rng.integers(0, 3)) + (end > HORIZON)):
        old = rng.uniform() < 0.6 or end < HORIZON
        begun = rng.uniform(min(10.0, -t[0] / 2), -t[0]) if old else rng.uniform(1, min(9.0, -t[0]))
        lasts = min(rng.uniform(0.6, 4), begun - 0.3)
        path += rng.uniform(0.15, 0.6) * np.where((t > -begun) & (t < lasts - begun), (t + begun) / lasts, 0)
    if end > HORIZON:
        limit = path.max() * (1 + log_uniform(rng, 0.01, 0.3))
        return np.asarray(path / (limit if rng.uniform() < 0.5 else max(limit, 1.0)), dtype=np.float64)
    stuck = rng.uniform(0.8, min(6.0, -t[0] / 4))
    kept = (1 - 1.5 * base) * (t + stuck) / (stuck + end) + np.interp(-stuck, t, waves) + 0.1 * (waves - base)
    return limited(rng, t, np.where(t > -stuck, kept, path), end)


def snapshots_trimmed_weekly(rng: Rng, t: Floats) -> Floats:
    """A snapshot a day, all of them trimmed once a week, on a base that grows."""
    end, since = full_day(rng, 0.55), age(rng, t, 7.0)
    rate = pace(rng, t, end)
    path = 1 + rate * t + log_uniform(rng, 0.02, 0.12) * np.floor(since) + rng.uniform(0, 0.01) * since
    return limited(rng, t, path, end, rate)


def neighbour_in_windows(rng: Rng, t: Floats) -> Floats:
    """A neighbour's batch takes its share in fixed windows; in some it takes more of it since a while."""
    end, height = full_day(rng, 0.55), rng.uniform(0.1, 0.8)
    rate, runs = pace(rng, t, end), age(rng, t, rng.choice([1.0, 1.0, 7.0, 3.0])) < rng.uniform(0.15, 0.8)
    path = 1 + rate * t + height * runs
    if rng.uniform() < 0.4:
        path = path - rng.uniform(0.05, 0.8) * runs * (t < -rng.uniform(3, -t[0]))
    return limited(rng, t, np.maximum(path, 0.1), end, rate)


def routes_of_peers(rng: Rng, t: Floats) -> Floats:
    """Routes that grow slowly or stay high; peers were added, a few removed, and sessions dropped for hours."""
    end = full_day(rng, 0.55)
    path = line(rng, t, end, 0.3)
    if end > HORIZON and rng.uniform() < 0.4:
        path = np.full(t.size, rng.uniform(0.85, 0.985))
    level = float(np.interp(0, t, path))
    for _ in range(rng.integers(0, 3)):
        earlier = t < -rng.uniform(0.5, -t[0])
        added = rng.uniform(-0.05, 0.15) * level
        path = path - max(added, path[earlier].max(initial=0.0) - 0.99) * earlier
    for _ in range(rng.choice([0, 1, 3])):
        dropped = t + rng.uniform(0.3, -t[0])
        path = path * (1 - rng.uniform(0.1, 0.5) * ((dropped > 0) & (dropped < log_uniform(rng, 0.05, 0.6))))
    return np.asarray(path, dtype=np.float64)


def error_budget_with_incidents(rng: Rng, t: Floats) -> Floats:
    """Errors against a budget: as many as the load brings, more in incidents; a release changed that in half."""
    end = full_day(rng, 0.55)
    rate = load(rng, week(rng, t)) * bursty(rng, t, 0.2, 1)
    incident = age(rng, t, rng.uniform(2, 6), 0.6) < log_uniform(rng, 0.02, 0.1)
    rate = rate * np.where(incident, rng.uniform(3, 12), 1.0)
    if rng.uniform() < 0.5:
        rate = rate * changed(rng, t, min(8.0, -t[0] / 2), (0.1, 0.5), (2, 8))
    return spent(rng, t, rate, end)


def api_calls_on_working_days(rng: Rng, t: Floats) -> Floats:
    """Calls against a quota: by day, fewer or hardly any at weekends; a client came or went in some."""
    end, local = full_day(rng, 0.55), week(rng, t)
    rate = working(local, rng.uniform(0.05, 0.5)) * (day(rng, local) + 0.03) * bursty(rng, t, 0.05, 0.4)
    if rng.uniform() < 0.4:
        rate = rate * changed(rng, t, min(10.0, -t[0] / 2), (0.2, 0.6), (1.5, 4))
    return spent(rng, t, rate, end)


def etcd_between_defragmentations(rng: Rng, t: Floats) -> Floats:
    """A database that swells by a share of itself until the next defragmentation, evenly or fast at first."""
    end, gap = full_day(rng, 0.55), rng.choice([1.0, 3.0, 7.0, 7.0, 14.0])
    rate, swollen = pace(rng, t, end), (age(rng, t, gap) / gap) ** rng.choice([1.0, 0.6])
    return limited(rng, t, (1 + rate * t) * (1 + log_uniform(rng, 0.05, 0.6) * swollen), end, rate)


def age_until_freeze(rng: Rng, t: Floats) -> Floats:
    """The age of the oldest transaction, set back at a fixed age; or something has blocked that since the last due."""
    gap = rng.uniform(2, min(12.0, -t[0] / 3.3))
    rest, end = gap * rng.uniform(0.05, 0.4), full_day(rng, 0.55)
    if end > HORIZON:
        path = rest + age(rng, t, gap, rng.choice([0, 0.05]))
        return np.asarray(path / path.max() / rng.choice([rng.uniform(1.01, 1.15), rng.uniform(1.15, 2)]))
    now = gap * rng.uniform(1.12, 2)
    return limited(rng, t, rest + np.where(t < -now, (t + now) % gap, t + now), end)


def burst_credits_earned_by_night(rng: Rng, t: Floats) -> Floats:
    """Credits that are spent by day and earned back by night, up to all of them; too few are earned since some days."""
    end, used = full_day(rng, 0.55), load(rng, week(rng, t), rng.uniform(0.1, 0.4))
    before, after = rng.uniform(1.05, 1.4), rng.uniform(1.02, 1.1) if end > HORIZON else rng.uniform(0.75, 0.96)
    if end > HORIZON and rng.uniform() < 0.5:
        after = before
    since = rng.uniform(2.5, min(9.0, -t[0] / 2)) if rng.uniform() < 0.6 else np.inf
    owed = np.cumsum(used - used.mean() * np.where(t < -since, before, after)) * (t[1] - t[0])
    return limited(rng, t, owed - np.minimum(np.minimum.accumulate(owed), 0) + 1e-6, end)


def optics_ageing_in_warmth(rng: Rng, t: Floats) -> Floats:
    """The part of an optical margin that is lost: it ages, and follows the warmth of the day; some were cleaned."""
    end = full_day(rng, 0.55)
    path = line(rng, t, end, 0.1) + rng.uniform(0.003, 0.03) * (day(rng, t + rng.uniform(), 1.0) - 1)
    if rng.uniform() < 0.3:
        dirty = t < -rng.uniform(3, -t[0])
        path = path + min(rng.uniform(0.05, 0.2), 0.99 - path[t <= 0].max()) * dirty
    return path


def leases_beyond_the_day(rng: Rng, t: Floats) -> Floats:
    """Addresses taken on working days between two hours; leases run on for hours after, and there are more of them."""
    end, local, step = full_day(rng, 0.55), week(rng, t), t[1] - t[0]
    present = np.where((local % 7 < 5) & (local % 1 > 0.35) & (local % 1 < 0.7), 1.0, rng.uniform(0.05, 0.3))
    fades = np.exp(-np.arange(0, 0.8, step) / rng.uniform(0.04, 0.2))
    leased = np.convolve(present, fades / fades.sum())[: t.size]
    leased[: fades.size] = leased[round(7 / step) :][: fades.size]  # as a week later
    rate = pace(rng, t, end)
    return limited(rng, t, (1 + rate * t) * (0.2 + leased), end, rate)


def series_until_head_is_cut(rng: Rng, t: Floats) -> Floats:
    """Series in memory: releases leave old ones beside the new until the head is cut; the steady ones grow."""
    end, released = full_day(rng, 0.55), age(rng, t, rng.choice([0.5, 1.0, 1.0, 3.5, 7.0]), 0.1)
    rate = pace(rng, t, end)
    path = 1 + rate * t + log_uniform(rng, 0.05, 0.4) * (released < rng.uniform(0.1, 0.3))
    return limited(rng, t, path + log_uniform(rng, 0.02, 0.15) * age(rng, t, 1 / 6) * 6, end, rate)


def node_images_between_marks(rng: Rng, t: Floats) -> Floats:
    """Images fill a node up to a high mark and are removed to a low one; in some, other data grows since days."""
    end, high, gap = full_day(rng, 0.55), rng.uniform(0.75, 0.9), rng.uniform(0.6, 5)
    low, filled = high - rng.uniform(0.04, 0.12), np.minimum(age(rng, t, gap, rng.uniform(0, 0.15)) / gap, 1)
    path = low + (high - low) * filled
    if end > HORIZON:
        return path if rng.uniform() < 0.6 else path / rng.uniform(1.01 * high, 1)
    since = rng.uniform(1.5, min(8.0, -t[0] / 2))
    grown = low + (1 - high) / (end + since) * (t + since) + (high - low) * filled * rng.uniform(0.2, 1)
    return limited(rng, t, np.where(t > -since, grown, path), end)


def replicas_of_autoscaler(rng: Rng, t: Floats) -> Floats:
    """Whole replicas that follow the load of day and week, of which there is more, or is not."""
    replicas = rng.choice([20, 30, 50, 100])
    path = load(rng, week(rng, t), weekend=rng.uniform(0.4, 1)) * line(rng, t, full_day(rng, 0.55), 0.15)
    return np.asarray(np.floor(path * replicas + 1e-9) / replicas, dtype=np.float64)


def full_backups_beside_old(rng: Rng, t: Floats) -> Floats:
    """Increments every day, and a full backup a week that stands beside the old one until that is pruned."""
    end, since, size = full_day(rng, 0.55), age(rng, t, 7.0), log_uniform(rng, 0.02, 0.15)
    rate, full = pace(rng, t, end), np.minimum(since / 0.3, 1) * (since < rng.uniform(0.5, 2))
    return limited(rng, t, 1 + rate * t + size * (full + 0.2 * np.floor(since)), end, rate)


def topic_of_last_days(rng: Rng, t: Floats) -> Floats:
    """A topic that holds what the last half to five days brought, as the load of day and week grows."""
    end, step = full_day(rng, 0.55), t[1] - t[0]
    rate, kept = pace(rng, t, end), int(rng.uniform(0.5, 5) / step)
    longer = np.concatenate([t[0] - step * np.arange(kept, 0, -1), t])
    local = week(rng, longer)
    came = 0.3 + rng.uniform(0, 0.7) * (1 - np.cos(2 * np.pi * (local - 0.2)))
    came = came * working(local, rng.uniform(0.4, 1)) * np.maximum(1 + rate * longer, 0.02)
    total = np.cumsum(came)
    return limited(rng, t, total[kept:] - total[:-kept], end, 0.9 * rate * kept * float(came.mean()))


def traffic_of_lost_link(rng: Rng, t: Floats) -> Floats:
    """A link on which the traffic of a lost one came some days ago: for some days, or for good."""
    end = full_day(rng, 0.55)
    path = load(rng, week(rng, t)) * line(rng, t, end, 0.15)
    lost, factor = rng.uniform(1, -0.8 * t[0]), rng.uniform(1.2, 1.9)
    if rng.uniform() < (0.5 if end < HORIZON else 1 / 3):
        return path * np.where(t > -lost, 1.0, 1 / factor)
    away = (t > -lost) & (t < -lost * rng.uniform(0.1, 0.85))
    if end < HORIZON:
        factor = np.clip(rng.uniform(0.85, 0.985) / path[away].max(initial=0.5), 1, factor)
    path = path * np.where(away, factor, 1.0)
    limit = max(path.max() * rng.uniform(1.02, 1.3), 1.0) if end > HORIZON else 1.0
    return np.asarray(path / limit, dtype=np.float64)


def load_after_holidays(rng: Rng, t: Floats) -> Floats:
    """A load that was less for some days of holidays until some days ago, and grows or stays besides."""
    path = load(rng, week(rng, t), weekend=rng.uniform(0.6, 1)) * line(rng, t, full_day(rng, 0.55), 0.1)
    back = -rng.uniform(0.8, min(12.0, -t[0] / 2))
    return path * np.where((t < back) & (t > back - rng.uniform(2, 9)), rng.uniform(0.45, 0.85), 1.0)


SHAPES: dict[str, Shape] = {
    shape.__name__: shape
    for shape in (
        pod_leak_since_restart,
        tenants_at_even_gaps,
        pods_of_periodic_job,
        queue_drained_after_batch,
        bucket_with_expiry,
        data_copied_from_old_cluster,
        short_lived_certificate,
        node_inodes_tidied,
        log_kept_for_stuck_replica,
        snapshots_trimmed_weekly,
        neighbour_in_windows,
        routes_of_peers,
        error_budget_with_incidents,
        api_calls_on_working_days,
        etcd_between_defragmentations,
        age_until_freeze,
        burst_credits_earned_by_night,
        optics_ageing_in_warmth,
        leases_beyond_the_day,
        series_until_head_is_cut,
        node_images_between_marks,
        replicas_of_autoscaler,
        full_backups_beside_old,
        topic_of_last_days,
        traffic_of_lost_link,
        load_after_holidays,
    )
}
