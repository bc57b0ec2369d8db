"""What the resources of a container platform do: claims, pools, heaps, runners, queues, images, certificates.

Each is put together from drift, bends, waves, bursts, teeth and steps, and moved under its limit: it fills on about
the day that was drawn first, or has some room left after the 60 days. Those that never fill grow slowly, or not at all.
"""

from __future__ import annotations

import numpy as np

from benchmarks.exhaustion.parts import (
    HORIZON,
    Floats,
    Rng,
    Shape,
    accumulate,
    arrivals,
    full_day,
    next_record,
    since_last,
    wander,
)


def around(rng: Rng, median: float, sigma: float, low: float, high: float) -> float:
    """A number that is spread log-normally around a median, within bounds."""
    return float(np.clip(median * np.exp(sigma * rng.normal()), low, high))


def pace(rng: Rng, end: float, median: float = 0.0145, still: float = 0.3) -> float:
    """Growth per day of what is to be full on that day; without an end within the horizon it is slow, or none."""
    if end > HORIZON:
        return 0.0 if rng.uniform() < still else around(rng, 0.0015, 0.8, 0.0001, 0.006)
    return around(rng, median, 0.65, 0.025 / (end + 3), 0.06)


def placed(rng: Rng, t: Floats, path: Floats, end: float, room: float = 0.2, least: float = 0.004) -> Floats:
    """The path, moved so that it first fills about that day, or has room for ever; shrunk if it needs more than all."""
    highest = np.maximum.accumulate(path)
    soonest = highest[t <= 0][-1] + least
    at = next_record(t, highest, end, above=soonest) if end < HORIZON else None
    if at is not None:
        limit = max(highest[at - 1] + rng.uniform(0.2, 0.9) * (highest[at] - highest[at - 1]), soonest)
    else:
        large = rng.uniform() < 0.25
        limit = highest[-1] + (rng.uniform(0.25, 0.8) if large else around(rng, 0.8 * room, 0.75, 0.025, 0.8))
    space = rng.uniform(0.94, 0.995)
    return np.asarray(1 - (limit - path) * min(1.0, space / (limit - path.min())), dtype=np.float64)


def drift(rng: Rng, t: Floats, rate: float, uneven: float = 0.0, memory_days: float = 2.0) -> Floats:
    """Growth by so much a day, zero now; the rate wanders by a share of itself."""
    return rate * accumulate(t, 1 + wander(rng, t, uneven, memory_days))


def growing(t: Floats, rate: float, low: float = 0.05) -> Floats:
    """A factor that grows by so much a day, is one now, and was never less than `low`."""
    return np.maximum(1 + rate * t, low)


def by_day(rng: Rng, local: Floats, sd: float, memory_days: float = 1.1) -> Floats:
    """A factor for every day, that resembles the one of the day before."""
    days = np.arange(np.floor(local[0]), np.floor(local[-1]) + 1)
    factors = np.exp(wander(rng, days, sd, memory_days) - sd**2 / 2)
    return np.asarray(factors[(np.floor(local) - days[0]).astype(int)], dtype=np.float64)


def by_weekday(rng: Rng, local: Floats, weekend: float) -> Floats:
    """A factor for every day of the week: about one, and less on the last two."""
    working = 1 + rng.normal(0, 0.04, 5) + rng.uniform(-0.03, 0.03) * np.arange(-2, 3)
    week = np.concatenate([working, [weekend, weekend * rng.uniform(0.85, 1)]])
    return np.asarray(week[np.floor(local).astype(int) % 7], dtype=np.float64)


def bell(local: Floats, hour: float, sharp: float) -> Floats:
    """A day's wave between 0 and 1 with its peak at an hour; the sharper, the narrower."""
    return np.asarray((0.5 + 0.5 * np.cos(2 * np.pi * (local - hour / 24))) ** sharp, dtype=np.float64)


def wave(rng: Rng, local: Floats) -> Floats:
    """An ordinary load by day and week, about 0 to 1; some have a second hump in the evening."""
    hour, sharp = rng.uniform(9, 20), rng.uniform(0.7, 2.5)
    day = bell(local, hour, sharp)
    if rng.uniform() < 0.35:
        day = np.maximum(day, rng.uniform(0.4, 0.9) * bell(local, hour + rng.uniform(6, 10), 1.5 * sharp))
    return day * by_weekday(rng, local, rng.uniform(0.35, 1)) * by_day(rng, local, around(rng, 0.04, 0.5, 0.005, 0.12))


def background(rng: Rng, local: Floats, waves: float = 0.5) -> Floats:
    """The small things that every usage has: a little wander, sometimes a faint wave."""
    path = wander(rng, local, around(rng, 0.003, 0.6, 0.0005, 0.012), rng.uniform(0.3, 4))
    return path + around(rng, 0.02, 0.6, 0.003, 0.06) * wave(rng, local) if rng.uniform() < waves else path


def moments(rng: Rng, t: Floats, gap: float, jitter: float, clocked: float = 0.0) -> Floats:
    """The start, and instants about a gap apart: by the clock, else each so long after the one before."""
    by_clock = rng.uniform() < clocked
    instants = arrivals(rng, t, gap, 1e6 if by_clock else 1 / max(jitter, 0.01) ** 2)
    instants = instants + by_clock * jitter * gap * rng.uniform(-0.5, 0.5, instants.size)
    return np.concatenate([t[:1], instants[instants > t[0]]])


def teeth(rng: Rng, t: Floats, inflow: Floats, cuts: Floats, keep: float = 0.0, uneven: float = 0.0) -> Floats:
    """What flows in adds up, and is cut to about a share of itself at some instants."""
    total = accumulate(t, np.maximum(inflow, 0))
    came = np.interp(cuts, t, total)
    shares = np.clip(keep + uneven * rng.normal(size=cuts.size), 0, 0.95)
    left = np.empty(cuts.size)
    left[0] = inflow.mean() * np.diff(cuts).mean() * (keep / (1 - keep) + rng.uniform())
    for i in range(1, cuts.size):
        left[i] = shares[i] * (left[i - 1] + came[i] - came[i - 1])
    _, index = since_last(t, cuts)
    return np.asarray(left[index] + total - came[index], dtype=np.float64)


def claim_filling_unevenly(rng: Rng, t: Floats) -> Floats:
    """A claim of storage that fills day by day, at a rate that wanders."""
    end, local = full_day(rng, 0.45), t + rng.uniform(0, 7)
    path = drift(rng, t, pace(rng, end, still=0.15), rng.uniform(0, 0.6), rng.uniform(0.5, 3))
    return placed(rng, t, path + background(rng, local), end)


def store_filled_to_retention(rng: Rng, t: Floats) -> Floats:
    """Metrics or a cache, rolled out some time ago: filled, then held by its retention; never full."""
    age = t - max(t[0] * rng.uniform(0.4, 1.2), t[0] - 5)
    path = around(rng, 0.35, 0.6, 0.08, 0.85) * (1 - np.exp(-np.maximum(age, 0) / rng.uniform(3, 11)))
    path = path + drift(rng, t, 0.3 * pace(rng, np.inf, still=0.6))
    return placed(rng, t, path + background(rng, t + rng.uniform(0, 7)), np.inf, room=0.14)


def wave_with_campaigns(rng: Rng, t: Floats) -> Floats:
    """A daily load without growth; campaigns and holidays swing it for days, and it returns; never full."""
    swing = 1 + wander(rng, t, around(rng, 0.06, 0.7, 0.005, 0.2), rng.uniform(3, 13))
    path = around(rng, 0.25, 0.6, 0.06, 0.75) * swing * wave(rng, t + rng.uniform(0, 7))
    path = path + wander(rng, t, around(rng, 0.006, 0.6, 0.001, 0.02), rng.uniform(1, 5))
    return placed(rng, t, path, np.inf, room=0.13)


def wave_on_drifting_base(rng: Rng, t: Floats) -> Floats:
    """A daily load of one size on a base that grows; or both of them grow in proportion."""
    end, local = full_day(rng, 0.45), t + rng.uniform(0, 7)
    rate, height, base = pace(rng, end, still=0.1), around(rng, 0.09, 0.6, 0.02, 0.4), rng.uniform(0.15, 0.4)
    load, whole = height * wave(rng, local), growing(t, rate / (base + height))
    path = (base + load) * whole if rng.uniform() < 0.5 else load + drift(rng, t, rate, rng.uniform(0, 0.4))
    return placed(rng, t, path + background(rng, local, 0), end)


def runners_on_weekdays(rng: Rng, t: Floats) -> Floats:
    """Runners or users in working hours with a lunch dip, next to none at weekends; they or what is below them grow."""
    end, local, height = full_day(rng, 0.57), t + rng.uniform(0, 7), around(rng, 0.25, 0.5, 0.08, 0.6)
    rate, hour, steep = pace(rng, end, 0.013, 0.4), local % 1 * 24, rng.uniform(1, 2.5)
    opened = 1 / (1 + np.exp((rng.uniform(7, 9.5) - hour) * steep))
    closed = 1 / (1 + np.exp((rng.uniform(16, 19.5) - hour) * steep))
    work = np.maximum(opened - closed - rng.uniform(0, 0.2) * np.exp(-((hour - 12.5) ** 2)), 0)
    work = height * work * np.where(local % 7 < 5, 1.0, rng.uniform(0, 0.12))
    work = work * by_day(rng, local, around(rng, 0.05, 0.4, 0.01, 0.12), 0.6)
    path = work * growing(t, rate / height) if rng.uniform() < 0.6 else work + drift(rng, t, rate, 0.2)
    return placed(rng, t, path + background(rng, local, 0), end)


def peak_hour_growing_alone(rng: Rng, t: Floats) -> Floats:
    """Requests or connections whose peak hour grows, while the rest of the day does not."""
    end, local, height = full_day(rng, 0.56), t + rng.uniform(0, 7), around(rng, 0.3, 0.4, 0.1, 0.6)
    peak = bell(local, rng.uniform(9, 20), rng.uniform(2, 6)) * by_weekday(rng, local, rng.uniform(0.7, 1))
    peak = peak * by_day(rng, local, around(rng, 0.03, 0.5, 0.005, 0.08))
    path = height * peak * growing(t, pace(rng, end, 0.01, 0.15) / height)
    return placed(rng, t, path + background(rng, local, 0), end)


def rotation_teeth_on_drift(rng: Rng, t: Floats) -> Floats:
    """Logs that are rotated every so many days, on something else that grows; in some, ever more is logged."""
    end, local, keep = full_day(rng, 0.47), t + rng.uniform(0, 7), rng.uniform(0, 0.6)
    gap = rng.choice([1.0, 1.0, 0.5, 2.0, 7.0, rng.uniform(1, 6)])
    rate, tooth = pace(rng, end, still=0.5), around(rng, 0.08, 0.6, 0.02, 0.35)
    inflow = tooth * (1 - keep) / gap * (0.5 + 0.8 * wave(rng, local)) * by_day(rng, local, rng.uniform(0.02, 0.25))
    if gap < 4 and rng.uniform() < 0.3:
        inflow, rate = inflow * growing(t, 0.8 * rate / tooth), 0.4 * rate
    path = teeth(rng, t, inflow, moments(rng, t, gap, rng.uniform(0, 0.25), 0.7), keep, rng.uniform(0, 0.04))
    return placed(rng, t, path + drift(rng, t, rate, rng.uniform(0, 0.4)) + background(rng, local, 0), end)


def images_collected_at_mark(rng: Rng, t: Floats) -> Floats:
    """Images are pulled up to a high mark and collected to a low one, with some slack; the rest grows."""
    end, local, high = full_day(rng, 0.46), t + rng.uniform(0, 7), rng.uniform(0.12, 0.45)
    low, slack = high * rng.uniform(0.55, 0.93), rng.uniform(0, 0.12)
    inflow = by_weekday(rng, local, rng.uniform(0.05, 0.7)) * by_day(rng, local, rng.uniform(0.1, 0.6))
    total = accumulate(t, (high - low) / around(rng, 2.5, 0.6, 0.5, 9) * inflow)
    begins, levels = [0], [rng.uniform(low, high) - total[0]]
    while begins[-1] < t.size:
        mark = high * (1 + 0.3 * slack * rng.uniform(-1, 1))
        begins.append(max(begins[-1] + 1, int(np.searchsorted(total, mark - levels[-1]))))
        levels.append(low * (1 + slack * rng.uniform(-1, 1)) - total[min(begins[-1], t.size - 1)])
    path = total + np.array(levels)[np.searchsorted(begins, np.arange(t.size), side="right") - 1]
    path = path + drift(rng, t, pace(rng, end, still=0.5), rng.uniform(0, 0.4))
    return placed(rng, t, path + background(rng, local, 0.2), end, room=0.16)


def leak_with_rare_restarts(rng: Rng, t: Floats) -> Floats:
    """A leak, as fast as the traffic, that restarts end every few weeks, or hardly ever any more."""
    end, local = full_day(rng, 0.4), t + rng.uniform(0, 7)
    rate, gap = rng.uniform(0.003, 0.012), rng.uniform(0.43, 1) * min(28.0, -0.6 * t[0])
    if end < HORIZON:
        rate, gap = pace(rng, end, 0.016), rng.uniform(0.5, 1.1) * (65 - t[0])
    path = teeth(rng, t, rate * (0.5 + 0.9 * wave(rng, local)), moments(rng, t, gap, 0.1))
    return placed(rng, t, path + background(rng, local, 0.4), end, room=0.1)


def leak_with_regular_restarts(rng: Rng, t: Floats) -> Floats:
    """A leak that restarts undo every few days: it leaks faster with time, or the rest grows."""
    end, local, climb = full_day(rng, 0.46), t + rng.uniform(0, 7), around(rng, 0.18, 0.5, 0.05, 0.5)
    gap, rate = rng.choice([1.0, 7.0, rng.uniform(2, 10), rng.uniform(1, 5)]), pace(rng, end, still=0.5)
    inflow = climb / gap * (0.5 + 0.9 * wave(rng, local)) * by_day(rng, local, rng.uniform(0.02, 0.2))
    path = teeth(rng, t, inflow, moments(rng, t, gap, rng.uniform(0, 0.25), 0.6))
    path = path * growing(t, rate / climb) if rng.uniform() < 0.4 else path + drift(rng, t, rate, 0.3)
    return placed(rng, t, path + background(rng, local, 0.4), end)


def deploy_shift_with_wave(rng: Rng, t: Floats) -> Floats:
    """A deploy moved the level within hours, in some it grows faster since then; often under a daily load."""
    end, local = full_day(rng, 0.47), t + rng.uniform(0, 7)
    since = t + rng.uniform(1.5, min(12 if rng.uniform() < 0.35 else 35, -0.85 * t[0]))
    rate, size = pace(rng, end, still=0.5), around(rng, 0.14, 0.6, 0.04, 0.45)
    size = -size if end > HORIZON and rng.uniform() < 0.3 else size
    path = size * np.clip(since / (rng.uniform(0.1, 8) / 24), 0, 1)
    if rng.uniform() < 0.5:
        path = path + around(rng, 0.06, 0.6, 0.01, 0.25) * wave(rng, local)
    slower = rng.uniform(0, 0.5) if rng.uniform() < 0.4 else 1.0
    path = path + accumulate(t, rate * np.where(since < 0, slower, 1.0) * (1 + wander(rng, t, 0.2, 2)))
    return placed(rng, t, path + background(rng, local, 0.4), end, room=0.19)


def rate_bent_lately(rng: Rng, t: Floats) -> Floats:
    """Growth that became another one some days ago: faster, slower, or that of a resource which stopped filling."""
    end, since = full_day(rng, 0.46), t + rng.uniform(2, min(rng.choice([9, 16]), -0.6 * t[0]))
    if end < HORIZON:
        after = pace(rng, end, 0.014)
        before = after * (rng.uniform(0, 0.4) if rng.uniform() < 0.8 else rng.uniform(1.3, 2.2))
    elif rng.uniform() < 0.5:
        before = around(rng, 0.012, 0.5, 0.004, 0.03)
        after = before * rng.choice([0.0, 0.0, rng.uniform(-0.2, 0.12)])
    else:
        after = around(rng, 0.0025, 0.6, 0.0005, 0.006)
        before = after * rng.uniform(-0.5, 0.5)
    path = accumulate(t, np.where(since < 0, before, after) * (1 + wander(rng, t, rng.uniform(0, 0.3), 1.5)))
    return placed(rng, t, path + background(rng, t + rng.uniform(0, 7)), end, room=0.13)


def blocks_for_new_tenants(rng: Rng, t: Floats) -> Floats:
    """Addresses, shards or namespaces taken in blocks, each within hours, when a tenant comes."""
    end, gap = full_day(rng, 0.46), around(rng, 2.5, 0.6, 0.6, 9)
    rate = around(rng, 0.0015, 0.7, 0.0002, 0.005) if end > HORIZON else pace(rng, end, 0.012)
    begins, uneven = arrivals(rng, t, gap, rng.uniform(1.5, 8)), rng.uniform(0.1, 0.6)
    ends = begins + np.minimum(rng.uniform(0.01, 0.35, begins.size), np.diff(begins, append=np.inf))
    blocks = rate * gap * rng.gamma(uneven**-2, uneven**2, begins.size)
    taken = np.repeat(np.concatenate([[0.0], np.cumsum(blocks)]), 2)[1:-1]
    path = np.interp(t, np.column_stack([begins, ends]).ravel(), taken)
    return placed(rng, t, path + background(rng, t + rng.uniform(0, 7), 0.3), end, least=0.01)


def migration_onto_platform(rng: Rng, t: Floats) -> Floats:
    """Tenants move in, slowly, fast, slowly: nearly done, or the limit is reached on the way."""
    end, width, share = full_day(rng, 0.47), rng.uniform(2, 8), rng.uniform(0.5, 0.88)
    middle = -rng.uniform(1.5, 7.5) * width
    if end < HORIZON:
        width = max(width, end / 2.5)
        middle = end - width * np.log(share / (1 - share))
    path = around(rng, 0.5, 0.4, 0.15, 0.9) / (1 + np.exp(-(t - middle) / width))
    return placed(rng, t, path + background(rng, t + rng.uniform(0, 7)), end)


def backlog_that_doubles(rng: Rng, t: Floats) -> Floats:
    """Grows in proportion to itself: doubles within days to weeks, or within months and from little."""
    end = full_day(rng, 0.46)
    path = rng.uniform(0.02, 0.12) * 2 ** (t / around(rng, 55, 0.5, 25, 200))
    if end < HORIZON:
        path = rng.uniform(0.45, 0.95) * 2 ** ((t - end) / max(around(rng, 15, 0.5, 5, 50), end / 2.5))
    return placed(rng, t, path + background(rng, t + rng.uniform(0, 7)), end, least=0.015)


def earliest_expiry_of_several(rng: Rng, t: Floats) -> Floats:
    """Days to the first expiry among certificates: machines renew them in time, one is overdue or issued by hand."""
    end, left = full_day(rng, 0.45), np.full(t.size, np.inf)
    for i in range(rng.choice([1, 1, 1, 2, 3])):
        expires = i == 0 and end < HORIZON
        life = float(rng.choice([30, 47, 90, 90, 180, 365, 398] if expires else [7, 14, 30, 47, 90, 90]))
        early = life * rng.uniform(0.25, 0.4)
        if (life > 100 or end > 0.8 * early) if expires else rng.uniform() < 0.25:
            left = np.minimum(left, (end if i == 0 else rng.uniform(62, 390)) - t)
            continue
        now = end if expires else rng.uniform(max(early, life + 0.9 * t[0]), life)
        runs = np.arange(-40.0, 1.0 if expires else 40.0) * (life - early) * rng.uniform(0.99, 1)
        age, _ = since_last(t, now - life + runs)
        left = np.minimum(left, life - age)
    return np.asarray(1 - left / (left.max() * rng.uniform(1, 1.5)), dtype=np.float64)


def contract_volume_used(rng: Rng, t: Floats) -> Floats:
    """Requests or egress against a contract's volume, from none on: as fast as the load, which may grow or change."""
    end, local = full_day(rng, 0.45), t + rng.uniform(0, 7)
    rate = (1 + rng.uniform(0.1, 2) * wave(rng, local)) * by_day(rng, local, rng.uniform(0.02, 0.2), 2)
    rate = rate * growing(t, rng.choice([0.0, rng.uniform(-0.004, 0.012)]), 0.2)
    if rng.uniform() < 0.3:
        rate = rate * np.where(t < -rng.uniform(2, max(-0.7 * t[0], 3)), 1.0, rng.uniform(0.6, 2))
    used = np.cumsum(rate) - rate[0]
    limit = np.interp(end, t, used) * (1 + around(rng, 0.35, 0.9, 0.03, 4) * (end > HORIZON))
    return np.asarray(used / limit, dtype=np.float64)


def walk_reverting_or_rising(rng: Rng, t: Floats) -> Floats:
    """Wanders widely and comes back within days; or walks at random with a drift, and does not come back."""
    end = full_day(rng, 0.46)
    if end > HORIZON:
        path = wander(rng, t, around(rng, 0.03, 0.5, 0.008, 0.08), rng.uniform(2.5, 13))
        return placed(rng, t, path + 0.7 * pace(rng, end, still=0.6) * t, end, room=0.12)
    rate = pace(rng, end, 0.012)
    walk = np.cumsum(rng.normal(0, np.sqrt(t[1] - t[0]) * rng.uniform(0.3, 1.3), t.size))
    return placed(rng, t, rate * (t + walk), end, least=0.015)


def scratch_of_batch_jobs(rng: Rng, t: Floats) -> Floats:
    """Scratch space of jobs at a fixed hour, nightly to weekly: filled, held for a while, released."""
    end, local, height = full_day(rng, 0.57), t + rng.uniform(0, 7), around(rng, 0.25, 0.5, 0.06, 0.6)
    every, rate = rng.choice([1.0, 1.0, 1.0, 0.5, 7.0 if t[0] < -40 else 2.0]), pace(rng, end, 0.01, 0.4)
    begins = np.arange(t[0] - every * (1 + rng.uniform()), t[-1], every)
    age, index = since_last(t, begins + rng.normal(0, 0.4 / 24, begins.size))
    hours = (rng.uniform(2, 9) if every <= 1 else rng.uniform(6, 30)) * np.exp(rng.normal(0, 0.12, begins.size))
    done, fills = age / (hours / 24)[index], rng.uniform(0.1, 0.8)
    size = height * np.exp(rng.normal(0, around(rng, 0.03, 0.6, 0.005, 0.12), begins.size))[index]
    job = size * np.where(done < 1, np.minimum(done / fills, 1), 0)
    path = job * growing(t, rate / height) if rng.uniform() < 0.5 else job + drift(rng, t, rate, 0.3)
    return placed(rng, t, path + background(rng, local, 0.3), end)


def bursts_drained_slowly(rng: Rng, t: Floats) -> Floats:
    """A queue hit by bursts of all sizes, that drain within hours and may meet; they or what is below them grow."""
    end, height, hours = full_day(rng, 0.58), around(rng, 0.15, 0.5, 0.04, 0.4), around(rng, 4, 0.6, 1, 16)
    rate, spread, path = pace(rng, end, 0.012, 0.4), rng.uniform(0.15, 0.5), np.zeros(t.size)
    for begin in rng.uniform(t[0], t[-1], rng.poisson(around(rng, 0.8, 0.6, 0.2, 3) * (t[-1] - t[0]))):
        size = height * min(np.exp(spread * rng.normal()), 3.2)
        days = hours / 24 * np.exp(0.4 * rng.normal())
        part = slice(*np.searchsorted(t, [begin, begin + 6 * days]))
        age = (t[part] - begin) / days
        path[part] += size * np.minimum(3 * age, np.exp(1 / 3 - np.maximum(age, 1 / 3)))
    if rng.uniform() < 0.4:
        path, rate = path * growing(t, rate / height / 1.5, 0.1), 0.3 * rate
    path = path + drift(rng, t, rate, 0.3) + background(rng, t + rng.uniform(0, 7), 0.3)
    return placed(rng, t, path, end, room=0.15)


def billing_run_peaks(rng: Rng, t: Floats) -> Floats:
    """A billing run once a month, or every week or two: load from days before it until after it, and it may grow."""
    end, local, height = full_day(rng, 0.6), t + rng.uniform(0, 7), around(rng, 0.25, 0.5, 0.08, 0.6)
    every = 30.4 if t[0] < -62 else 14.0 if t[0] < -29 and rng.uniform() < 0.5 else 7.0
    before, after = min(rng.uniform(1, 4), every / 4), min(rng.uniform(0.3, 2.5), every / 4)
    clock = t - t[0] + before + rng.uniform(0, every)
    run, phase = (clock // every).astype(int), clock % every - before
    sizes = height * np.exp(rng.normal(0, rng.uniform(0.005, 0.05), run[-1] + 1))
    bump = sizes[run] * np.clip(np.where(phase < 0, (phase / before + 1) / 0.6, 1 - phase / after), 0, 1)
    rate = pace(rng, end, 0.006, 0.5)
    path = bump * growing(t, rate / height) if rng.uniform() < 0.4 else bump + drift(rng, t, rate, 0.2)
    path = path + around(rng, 0.05, 0.6, 0.01, 0.2) * wave(rng, local) + background(rng, local, 0)
    return placed(rng, t, path, end, least=0.01)


SHAPES: dict[str, Shape] = {
    shape.__name__: shape
    for shape in (
        claim_filling_unevenly,
        store_filled_to_retention,
        wave_with_campaigns,
        wave_on_drifting_base,
        runners_on_weekdays,
        peak_hour_growing_alone,
        rotation_teeth_on_drift,
        images_collected_at_mark,
        leak_with_rare_restarts,
        leak_with_regular_restarts,
        deploy_shift_with_wave,
        rate_bent_lately,
        blocks_for_new_tenants,
        migration_onto_platform,
        backlog_that_doubles,
        earliest_expiry_of_several,
        contract_volume_used,
        walk_reverting_or_rising,
        scratch_of_batch_jobs,
        bursts_drained_slowly,
        billing_run_peaks,
    )
}
