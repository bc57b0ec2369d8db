"""What databases and storage do: tablespaces, write-ahead logs, compaction, heaps, retention, backups, thin pools.

What is written follows the work of the hour, the day and the week; jobs give some of it back, until one of them is
held up, or there is more each time. All but one kind first draw the day on which they are to fill, which in half
of the draws is after the 60 days; a third of those comes close to the limit nevertheless.
"""

from __future__ import annotations

import numpy as np

from benchmarks.exhaustion.parts import HORIZON, Floats, Rng, Shape, arrivals, full_day, log_uniform, since_last, wander


def limited(rng: Rng, t: Floats, path: Floats, end: float, near: float = 0.3, low: float = 0.25) -> Floats:
    """The path under a limit that it first reaches on that day or soon after, or never: a part of those is near it."""
    highest = np.maximum.accumulate(path)
    new = np.flatnonzero((np.diff(highest) > 0) & (t[1:] >= end)) + 1
    limit = highest[-1] / (rng.uniform(0.86, 0.985) if rng.uniform() < near else rng.uniform(low, 0.86))
    if new.size:
        limit = highest[new[0] - 1] + rng.uniform(0.05, 0.98) * (highest[new[0]] - highest[new[0] - 1])
    return np.asarray(path / limit, dtype=np.float64)


def hours(rng: Rng, local: Floats) -> Floats:
    """A day between 0 and 1: a wave, a peak or two, an office, or a run by night."""
    hour, form = np.arange(0, 24.1, 0.1), int(rng.choice(4, p=[0.4, 0.15, 0.3, 0.15]))
    centre = (rng.uniform(9, 21), rng.uniform(9, 12), rng.uniform(11.5, 14), rng.uniform(1, 5))[form]
    width = (rng.uniform(2, 9), 2.2, rng.uniform(4, 6), rng.uniform(1, 2.5))[form]
    away = (hour - centre + 12) % 24 - 12
    shape = np.exp(-(np.abs(away / width) ** (rng.uniform(4, 16) if form == 2 else 2.0)))
    if form == 1:
        shape = shape + rng.uniform(0.5, 1) * np.exp(-(((away - rng.uniform(5, 8)) / 2.5) ** 2))
    return np.interp(local % 1 * 24, hour, np.asarray((shape - shape.min()) / np.ptp(shape), dtype=np.float64))


def week(rng: Rng, local: Floats) -> Floats:
    """A factor for each day of the week: the weekend is like the other days, a little less, or much less."""
    weekend = rng.choice([1.0, rng.uniform(0.75, 1.05), rng.uniform(0.25, 0.75)])
    days = np.append(rng.normal(1, 0.03, 5), weekend * rng.uniform(0.85, 1.1, 2))
    return np.asarray(days[(local % 7).astype(int)], dtype=np.float64)


def varied(rng: Rng, local: Floats, sd: float) -> Floats:
    """A factor around one for each day, which the next days may resemble."""
    return np.asarray(np.exp(wander(rng, np.floor(local), sd, log_uniform(rng, 0.2, 2))), dtype=np.float64)


def work(rng: Rng, local: Floats, low: float = 0.05, high: float = 0.5) -> Floats:
    """What is done per day, about one: by the hour and the weekday, and more on some days than on others."""
    rate = (1 - rng.uniform(0, 0.95) * (1 - hours(rng, local))) * week(rng, local)
    return np.asarray(rate / rate.mean() * varied(rng, local, rng.uniform(low, high)), dtype=np.float64)


def summed(t: Floats, rate: Floats) -> Floats:
    """The integral of a rate per day over time, from nothing at the first instant."""
    return np.append(0.0, np.cumsum(rate[:-1] * np.diff(t)))


def ramps(t: Floats, begins: Floats, days: Floats | float, sizes: Floats) -> Floats:
    """The sum of rises by these sizes, each from its begin on in a straight line for so many days."""
    knots = np.append(begins, begins + days)
    order = np.argsort(knots)
    slopes = np.cumsum(np.append(sizes / days, -sizes / days)[order])
    levels = np.append(0.0, np.cumsum(slopes[:-1] * np.diff(knots[order])))
    return np.asarray(np.interp(t, knots[order], levels), dtype=np.float64)


def tablespace_with_sorts(rng: Rng, t: Floats) -> Floats:
    """A tablespace that fills by the work that is done, a little faster or slower with time; some also hold sorts."""
    end, local = full_day(rng), t + rng.uniform(0, 7)
    rate = log_uniform(rng, *((0.0001, 0.003) if end > HORIZON and rng.uniform() < 0.45 else (0.001, 0.03)))
    faster = rng.choice([0.0, rng.uniform(-0.004, 0.004)])
    path = 1 + rate * summed(t, work(rng, local) * np.maximum(1 + faster * t, 0.2))
    sorts = rng.uniform(0.003, 0.05) * (rng.uniform() < 0.4) * varied(rng, local, 0.3)
    return limited(rng, t, path + sorts * hours(rng, local) * week(rng, local), end)


def log_kept_by_slot(rng: Rng, t: Floats) -> Floats:
    """A write-ahead log: all is kept since a consumer went away, for hours or for good; some logs cap what is kept."""
    end, written, checkpoint = full_day(rng), summed(t, work(rng, t + rng.uniform(0, 7))), rng.uniform(0.02, 0.12)
    begins = np.append(t[0] - 99, arrivals(rng, t, 1 / rng.uniform(0.03, 0.2), 1.0))
    ends = begins + rng.uniform(0.1, 1.6, begins.size) * rng.choice([0.0, 1.0])
    if end < HORIZON or rng.uniform() < 0.25:
        away = -min(rng.uniform(2.1, 27), -0.8 * t[0])
        begins, ends = np.append(begins[ends < away - 0.1], away), np.append(ends[ends < away - 0.1], np.inf)
    age, index = since_last(t, begins)
    kept = np.interp(np.minimum(t, ends[index]), t, written) - np.interp(t - age, t, written)
    if end > HORIZON and rng.uniform() < 0.6:
        kept = np.minimum(kept, kept[t <= 0].max() * rng.uniform(0.3, 0.75))
    path = kept * np.clip(1 - (t - ends[index]) / 0.08, 0, 1) + checkpoint * ((written / checkpoint) % 1)
    archive = rng.uniform(0.002, 0.02) * (end > HORIZON and rng.uniform() < 0.3)
    return limited(rng, t, rng.uniform(0.1, 3) + path + archive * written, end)


def sorted_runs_compacted(rng: Rng, t: Floats) -> Floats:
    """Overwritten rows pile up until a compaction, which needs room for the new file first; some rows are new ones."""
    end, limit, rate = full_day(rng), rng.uniform(0.05, 0.28), log_uniform(rng, 0.01, 0.15)
    calm = rng.choice([0.0, rng.uniform(0, 0.04), rng.uniform(0.04, 0.2)], p=[0.45, 0.35, 0.2])
    fresh = rng.uniform(0.12, 0.8) if end < HORIZON else calm
    taken, days = rate * work(rng, t + rng.uniform(0, 7)), min(rng.uniform(0.08, 0.6), 0.5 * limit / rate)
    live = 1 + fresh * summed(t, taken)
    old = summed(t, (1 - fresh) * taken / live)
    amounts = limit * np.exp(rng.normal(0, 0.06, int(1.5 * old[-1] / limit) + 5))
    filled = np.cumsum(amounts) - (1 + rng.uniform()) * amounts[0]
    since, _ = since_last(old, filled)
    begins, room = np.interp(filled[1:], old, t, right=2 * HORIZON), np.full(amounts.size - 1, rng.uniform(0, 0.15))
    busy = ramps(t, begins, 1e-6, amounts[1:]) + ramps(t, begins, days, room)
    return limited(rng, t, live * (1 + since + busy - ramps(t, begins + days, 1e-6, amounts[1:] + room)), end)


def heap_with_growing_live_set(rng: Rng, t: Floats) -> Floats:
    """A heap that is collected when it is some share larger than what is live, which leaks, slowly, fast or never."""
    end, local, calm = full_day(rng), t + rng.uniform(0, 7), log_uniform(rng, 0.0003, 0.004) * (rng.uniform() < 0.4)
    leak = calm if end > HORIZON else log_uniform(rng, 0.006, 0.03)
    live = 1 + leak * (t - t[0]) + rng.uniform(0, 0.1) * hours(rng, local)
    cycles = summed(t, work(rng, local, 0.03, 0.2) / live) / log_uniform(rng, 0.12, 5)
    return limited(rng, t, live * (1 + rng.uniform(0.06, 0.4) * ((cycles + rng.uniform()) % 1)), end)


def heap_collected_at_fill(rng: Rng, t: Floats) -> Floats:
    """A heap that is collected at a fixed fill, ever more often as what is live grows, until that alone is more."""
    end, local, trigger = full_day(rng), t + rng.uniform(0, 7), rng.uniform(0.55, 0.88)
    now, leak = rng.uniform(0.2, trigger - 0.12), rng.choice([0.0, rng.uniform(0, 0.0015)], p=[0.6, 0.4])
    if end < HORIZON:
        leak = log_uniform(rng, 0.003, min(0.03, 0.9 / (end - t[0])))
        now = 1 - leak * end
    live = now + leak * t + rng.uniform(0, 0.02) * (hours(rng, local) - 1)
    room, first = np.maximum(min(trigger, now + 0.25) - live, 0), max(trigger - now, 0.1)
    cycles = summed(t, work(rng, local, 0.03, 0.2) * first / np.maximum(room, 0.02)) / log_uniform(rng, 0.12, 5)
    return np.asarray(live + room * ((cycles + rng.uniform()) % 1), dtype=np.float64)


def memory_between_restarts(rng: Rng, t: Floats) -> Floats:
    """A leak until the next restart: alike in each cycle, ever faster, since the last release, or restarts are off."""
    end, total = full_day(rng), summed(t, work(rng, t + rng.uniform(0, 7)))
    gap = min(7.0 if rng.uniform() < 0.25 else log_uniform(rng, 1.2, 9), -t[0] / 4)
    trouble = int(rng.choice(3, p=[0.6, 0.26, 0.14])) if end < HORIZON else 3
    instants = arrivals(rng, t - gap, gap, rng.uniform(0.02, 0.2) ** -2)
    instants = np.append(instants[0], instants[1:][rng.uniform(size=instants.size - 1) > 0.03])
    if trouble == 1:
        instants = instants[instants < -gap * rng.uniform(1.2, 2.8)]
    faster = (rng.uniform(0.05, 0.16) / max(gap, 3), 0, 0, rng.choice([0.0, 0.0, 0.0, rng.uniform(0, 0.002)]))[trouble]
    speed = np.exp(faster * instants + rng.normal(0, log_uniform(rng, 0.005, 0.06), instants.size))
    if trouble == 2:
        end, released = min(end, 0.9 * gap), instants > -rng.uniform(0.8, 1.2) * gap
        speed = speed * np.where(released, rng.uniform(1.8, 4.5), 1.0)
    age, index = since_last(t, instants)
    leaked = total - np.interp(t - age, t, total) + np.maximum(t[0] - t + age, 0)
    return limited(rng, t, rng.uniform(0.3, 4) + speed[index] * leaked, end)


def index_with_retention(rng: Rng, t: Floats) -> Floats:
    """An index that drops what is old by segments: it is new and far from that, gets more, or no longer drops any."""
    end, kept, longer = full_day(rng), rng.uniform(4, 40), np.arange(t[0] - 45, HORIZON + 1, 1 / 24)
    trouble = int(rng.choice(3, p=[0.4, 0.3, 0.3])) if end < HORIZON else 3
    begun = -rng.uniform(8, 60) if trouble == 0 else -kept - log_uniform(rng, 3, 45) - rng.choice([0.0, 1e3])
    stuck = -rng.uniform(2, min(14, -0.6 * t[0])) if trouble == 2 else HORIZON
    more = (0.0, rng.uniform(0.004, 0.025), 0.0, rng.choice([0.0, rng.uniform(-0.004, 0.004)]))[trouble]
    rate = work(rng, longer + rng.uniform(0, 7), 0.05, 0.35) * np.exp(more * longer) * (longer > begun)
    total, segment = summed(longer, rate), rng.choice([1 / 24, 0.25, 1.0, 1.0, kept / 12])
    oldest = np.floor((np.minimum(t, stuck) - kept) / segment) * segment - 1e3 * (trouble == 0)
    path = np.interp(t, longer, total) - np.interp(oldest, longer, total)
    return limited(rng, t, log_uniform(rng, 0.2, 6) + path, end)


def backup_chains(rng: Rng, t: Floats) -> Floats:
    """Full backups and nightly increments in chains: the oldest goes after a new full one, until pruning is off."""
    end, length, kept = full_day(rng), int(rng.choice([7, 7, 7, 3, 4, 10])), int(rng.integers(2, 9))
    unpruned = end < HORIZON and rng.uniform() < 0.35
    larger = rng.choice([0.0, rng.uniform(-0.002, 0.002)]) if end > HORIZON or unpruned else rng.uniform(0.005, 0.022)
    count = np.arange(int(HORIZON - t[0]) + length * (kept + 3) + 2)
    full, begins = count % length == 0, t[0] - length * (kept + 3) + count + rng.uniform()
    uneven = rng.normal(0, np.where(full, rng.uniform(0.002, 0.03), rng.uniform(0.1, 0.5)))
    sizes = np.exp(larger * begins + uneven) * np.where(full, 1.0, rng.uniform(0.04, 0.4) / length)
    days = np.where(full, rng.uniform(0.08, 0.6), rng.uniform(0.02, 0.12))
    pruned = (begins + days)[full][kept:] + rng.uniform(0.02, 0.2)
    pruned = pruned[pruned < (max(-rng.uniform(1.3 * length, 32), t[0]) if unpruned else HORIZON)]
    chains = np.add.reduceat(sizes, np.flatnonzero(full))[: pruned.size]
    path = rng.choice([0.02, rng.uniform(0.1, 3)]) + ramps(t, begins, days, sizes) - ramps(t, pruned, 0.03, chains)
    return limited(rng, t, path, end)


def thin_pool_with_snapshots(rng: Rng, t: Floats) -> Floats:
    """Volumes that grow, changes held by nightly snapshots, deleted blocks until a trim; or a snapshot is forgotten."""
    end, kept, longer = full_day(rng), rng.uniform(1, 14), np.arange(t[0] - 16, HORIZON + 1, 1 / 24)
    forgotten = rng.uniform() < (0.4 if end < HORIZON else 0.2)
    done = summed(longer, work(rng, longer + rng.uniform(0, 7)))
    grown = log_uniform(rng, *((0.00002, 0.002) if end > HORIZON or forgotten else (0.002, 0.02)))
    changed, churn = np.interp(t, longer, done), log_uniform(rng, 0.002, 0.03)
    trimmed = np.floor(t / rng.choice([1.0, 7.0, rng.uniform(2, 10)]) + rng.uniform())
    untrimmed = rng.uniform(0.1, 1) * (changed - changed[np.searchsorted(trimmed, trimmed)])
    path = grown * changed + churn * (untrimmed + changed - np.interp(np.floor(t - kept), longer, done))
    if forgotten:
        size, since = rng.uniform(0.5, 1.2), max(-rng.uniform(2, 16 if end < HORIZON else 25), 0.8 * t[0])
        held = rng.uniform(1.2, 3) * churn * np.maximum(changed - np.interp(since, t, changed), 0)
        found = since * rng.uniform(0.1, 0.7) if end > HORIZON and rng.uniform() < 0.6 else HORIZON + 1
        path = path + size * (1 - np.exp(-held / size)) * (t < found)
    return limited(rng, t, 1 + path, end)


def id_range_with_imports(rng: Rng, t: Floats) -> Floats:
    """Ids of a range that are given out, faster or slower with time; imports use many of them at once in some."""
    end, calm = full_day(rng), rng.choice([0.0, rng.uniform(-0.006, 0.003)])
    faster = rng.choice([0.0, rng.uniform(-0.003, 0.006), rng.uniform(0.006, 0.03)], p=[0.4, 0.4, 0.2])
    path = summed(t, work(rng, t + rng.uniform(0, 7)) * np.exp((faster if end < HORIZON else calm) * t))
    imported = rng.uniform(size=t.size) < rng.choice([0.0, 0.0, rng.uniform(0.03, 0.3)]) * (t[1] - t[0])
    return limited(rng, t, path + np.cumsum(imported * rng.exponential(rng.uniform(0.3, 1.5), t.size)), end)


def transaction_age(rng: Rng, t: Floats) -> Floats:
    """The age of the oldest transaction, until rows are frozen at some age: later each time, held up, or once was."""
    end, floor, period = full_day(rng), rng.uniform(0.05, 0.4), min(log_uniform(rng, 1.5, 13), -t[0] / 4)
    total = summed(t, work(rng, t + rng.uniform(0, 7), 0.05, 0.3)) / period
    count, held = np.arange(int(3 * total[-1]) + 4), end < HORIZON and rng.uniform() < 0.65
    later = rng.uniform(0.04, 0.12) if end < HORIZON and not held else 0.0
    limits = np.exp(later * count + rng.normal(0, rng.uniform(0.01, 0.06), count.size))
    if end > HORIZON and rng.uniform() < 0.2:
        limits[int(rng.integers(1, 3))] *= rng.uniform(1.1, 1.7)
    floors = floor * np.exp(rng.normal(0, 0.1, count.size))
    frozen = np.cumsum(limits - floors) - (1 + rng.uniform()) * (limits - floors)[0]
    if held:
        frozen = frozen[frozen < total[t <= 0][-1] - (1 - floor) * rng.uniform(1.1, 2.2)]
    since, index = since_last(total, frozen)
    return limited(rng, t, floors[index] + since, end, 0.25)


def pool_of_connections(rng: Rng, t: Floats) -> Floats:
    """Connections in use: the busy hours grow, and the quiet ones in some; or they stay, shrink, or grow slowly."""
    end, local = full_day(rng, 0.54), t + rng.uniform(0, 7)
    rate = rng.uniform(0.007, 0.035) if end < HORIZON else rng.choice([0.0, rng.uniform(-0.005, 0.004)])
    peak = np.maximum(1 + rate * t if rng.uniform() < 0.6 else np.exp(rate * t), 0.25)
    busy = hours(rng, local) * week(rng, local) * varied(rng, local, rng.uniform(0.003, 0.035))
    path = rng.uniform(0.1, 1.2) * (peak if rng.uniform() < 0.4 else 1.0) + peak * busy
    path = path + wander(rng, t, rng.uniform(0.002, 0.03), rng.uniform(0.1, 0.4))
    return limited(rng, t, np.maximum(path, 0.01), end, 0.4)


def uploads_with_scratch(rng: Rng, t: Floats) -> Floats:
    """Uploads in the hours of working days; in some a scratch area grows with them, and is emptied every Sunday."""
    end, local = full_day(rng), t + rng.uniform(0, 7)
    rate = log_uniform(rng, *((0.0002, 0.004) if end > HORIZON and rng.uniform() < 0.6 else (0.003, 0.03)))
    uploads = hours(rng, local) * (local % 7 < 5) * varied(rng, local, rng.uniform(0.1, 0.5))
    total = rate * summed(t, uploads / uploads.mean() + rng.choice([0.0, rng.uniform(0, 0.1)]))
    weeks, scratch = np.floor((local + 0.92) / 7), rng.uniform(0.3, 1.5) * (rng.uniform() < 0.4)
    return limited(rng, t, 1 + total + scratch * (total - total[np.searchsorted(weeks, weeks)]), end)


def extents_by_chunk(rng: Rng, t: Floats) -> Floats:
    """A file that is extended by a chunk, or by a share of its size, whenever the work has filled the last one."""
    end, local, chunk = full_day(rng), t + rng.uniform(0, 7), log_uniform(rng, 0.006, 0.06)
    gap = min(rng.uniform(0.7, 8), -t[0] / 5) * (rng.uniform(2.5, 8) if end > HORIZON and rng.uniform() < 0.5 else 1)
    steps = np.floor(summed(t, work(rng, local, 0.1, 0.6)) / gap + rng.uniform())
    path = (1 + chunk) ** steps if rng.uniform() < 0.3 else 1 + chunk * steps
    return limited(rng, t, path + chunk * rng.uniform(0.02, 0.15) * (rng.uniform() < 0.25) * hours(rng, local), end)


def backfill_that_ends(rng: Rng, t: Floats) -> Floats:
    """A migration that begins slowly, runs, and ends: under the limit, or it would end above; some grow on slowly."""
    end = full_day(rng, 0.54)
    width = rng.uniform(2.5, 13) if end > HORIZON else rng.uniform(max(2.5, end / 5), 13)
    soon = width * rng.uniform(np.clip(end / width - 3, -1.3, 2), 2)
    done, slow = summed(t, work(rng, t + rng.uniform(0, 7), 0.05, 0.3)), log_uniform(rng, 0.0001, 0.001)
    late = (done - done[t <= 0][-1] - (soon if end < HORIZON else -width * rng.uniform(1.6, 6))) / width
    return limited(rng, t, rng.uniform(0.1, 2) + 1 / (1 + np.exp(-late)) + rng.choice([0.0, slow]) * done, end, 0.4)


def rows_doubling(rng: Rng, t: Floats) -> Floats:
    """Rows that double with so much work, above a part that stays; some swing by day and week as they grow."""
    end, local = full_day(rng), t + rng.uniform(0, 7)
    days = log_uniform(rng, *((50, 200) if end > HORIZON and rng.uniform() < 0.6 else (9, 60)))
    done, swing = summed(t, work(rng, local, 0.05, 0.4)), rng.choice([0.0, 0.0, rng.uniform(0.01, 0.1)])
    path = rng.choice([0.0, rng.uniform(0.05, 2)]) + 2 ** ((done - done[t <= 0][-1]) / days)
    return limited(rng, t, path * (1 + swing * hours(rng, local) * week(rng, local)), end, 0.3, 0.4)


def queue_depth_walk(rng: Rng, t: Floats) -> Floats:
    """The depth of a queue that walks at random: with a drift, with none, or pulled back to its mean."""
    end, sd, step = full_day(rng), log_uniform(rng, 0.006, 0.06), t[1] - t[0]
    if end > HORIZON and rng.uniform() < 0.7:
        back = rng.uniform(0.02, 0.25)
        return limited(rng, t, np.maximum(1 + wander(rng, t, sd / np.sqrt(2 * back), 1 / back), 0), end)
    drift = sd * rng.uniform(0.15, 0.7) if end < HORIZON else 0.0
    steps = rng.normal(0, sd * np.sqrt(step), t.size) * varied(rng, t, rng.choice([0.0, 0.4]))
    return limited(rng, t, 0.2 + np.abs(0.8 + np.cumsum(steps + drift * step)), end)


def loads_at_night(rng: Rng, t: Floats) -> Floats:
    """Loads on all days, on working days or weekly: space is taken while they run and given back, or most of it."""
    end, days = full_day(rng, 0.54), rng.uniform(2.2, 10) / 24
    larger = rng.uniform(0.007, 0.035) if end < HORIZON else rng.choice([0.0, rng.uniform(-0.004, 0.003)])
    stays = rng.choice([0.0, rng.uniform(0.004, 0.06) if end < HORIZON else rng.uniform(0, 0.003)])
    nights = np.arange(int(HORIZON - t[0]) + 9) + rng.integers(7)
    begins = t[0] - 8 + rng.uniform() + nights[nights % 7 < rng.choice([7, 5, 1], p=[0.6, 0.33, 0.07])]
    sizes = np.maximum(1 + larger * begins, 0.15) * np.exp(rng.normal(0, log_uniform(rng, 0.004, 0.06), begins.size))
    path = ramps(t, begins, days * rng.uniform(0.2, 0.8), sizes) - ramps(t, begins + days, 1e-6, (1 - stays) * sizes)
    return limited(rng, t, rng.uniform(0.2, 2.5) + path, end, 0.4)


def closing_reports(rng: Rng, t: Floats) -> Floats:
    """Reports pile up towards the end of each month, half month or week, and go; the rest grows, or the reports do."""
    end, local = full_day(rng), t + rng.uniform(0, 7)
    period = 30.4 if -t[0] > 55 else 15.2 if -t[0] > 25 else 7.0
    grown = log_uniform(rng, *((0.0015, 0.012) if end < HORIZON or rng.uniform() < 0.3 else (0.00002, 0.001)))
    larger = rng.uniform(0, 0.2) if end < HORIZON else rng.choice([0.0, rng.uniform(-0.05, 0.03)])
    closes = np.arange(t[0] - period * rng.uniform(), HORIZON + period, period)
    sizes = log_uniform(rng, 0.02, 0.5) * np.exp(rng.normal(larger * closes / 30, rng.uniform(0.01, 0.08)))
    closes, rise, fall = rng.normal(closes, 0.15), period * rng.uniform(0.02, 0.12), period * rng.uniform(0.02, 0.2)
    path = 1 + grown * summed(t, work(rng, local)) + rng.uniform(0, 0.03) * hours(rng, local) * week(rng, local)
    return limited(rng, t, path + ramps(t, closes - rise, rise, sizes) - ramps(t, closes, fall, sizes), end, 0.4)


def idle_or_archived(rng: Rng, t: Floats) -> Floats:
    """Hardly moves, but for small steps now and then; or is archived bit by bit or in blocks, so that it shrinks."""
    total, block = summed(t, work(rng, t + rng.uniform(0, 7))), rng.uniform(0.01, 0.06)
    if rng.uniform() < 0.6:
        steps = rng.normal(0, rng.uniform(0, 0.004), t.size) * (rng.uniform(size=t.size) < 0.05 * (t[1] - t[0]))
        path = 1 + total * rng.choice([0.0, log_uniform(rng, 1e-6, 2e-4)]) + np.cumsum(steps)
    else:
        path = np.exp(-log_uniform(rng, 0.001, 0.01) * total) + rng.uniform(0.02, 1)
        path = np.ceil(path / block) * block if rng.uniform() < 0.3 else path
    return limited(rng, t, path, np.inf, 0.45, 0.05)


def compressed_log_files(rng: Rng, t: Floats) -> Floats:
    """A log that is rotated by time or size, packed and kept for some turns: more is written, or a job has stopped."""
    end, calm = full_day(rng), rng.choice([0.0, rng.uniform(-0.003, 0.003)])
    trouble = int(rng.choice(3, p=[0.4, 0.3, 0.3])) if end < HORIZON else 3
    rate = work(rng, t + rng.uniform(0, 7)) * np.exp((rng.uniform(0.006, 0.03) if trouble == 0 else calm) * t)
    written, period = summed(t, rate), min(rng.choice([1.0, 1.0, 7.0, rng.uniform(0.5, 4)]), -t[0] / 3)
    turns = t[0] + period * (np.arange((HORIZON - t[0]) / period + 1) - rng.uniform())
    if trouble > 0 and rng.uniform() < 0.25:
        turns = np.interp(np.arange(written[-1] / period) * period, written, t)
    if trouble == 1:
        turns = turns[turns < max(-1.2 * period - rng.uniform(0.6, 18), 0.8 * t[0])]
    kept, (age, index) = int(rng.integers(2, 15 if period < 5 else 5)), since_last(t, turns)
    files = np.append(np.full(kept, np.interp(t[0] + period, t, written)), np.diff(np.interp(turns, t, written)))
    total = np.append(0.0, np.cumsum(files * (rng.uniform(0.1, 0.5) if trouble == 2 else rng.uniform(0.06, 0.3))))
    path = total[index + kept] - total[index] * (trouble != 2) + written - np.interp(t - age, t, written)
    return limited(rng, t, rng.uniform(0.2, 12) + path, end)


def spool_with_undelivered(rng: Rng, t: Floats) -> Floats:
    """A spool: bursts come at random and drain; what cannot be delivered stays, next to nothing or a part of each."""
    end, bursts = full_day(rng), arrivals(rng, t, 1 / log_uniform(rng, 0.25, 4), 1.0)
    stays = rng.uniform(0.05, 0.4) if end < HORIZON else rng.choice([0.0, rng.uniform(0, 0.01)])
    sizes = log_uniform(rng, 0.02, 0.25) * np.exp(rng.normal(0, rng.uniform(0.2, 0.6), bursts.size))
    path = ramps(t, bursts, 1e-3, sizes) - ramps(t, bursts + 1e-3, log_uniform(rng, 0.1, 2.4), (1 - stays) * sizes)
    return limited(rng, t, rng.uniform(0.3, 2) + path + rng.uniform(0, 0.03) * hours(rng, t + rng.uniform()), end)


SHAPES: dict[str, Shape] = {
    shape.__name__: shape
    for shape in (
        tablespace_with_sorts,
        log_kept_by_slot,
        sorted_runs_compacted,
        heap_with_growing_live_set,
        heap_collected_at_fill,
        memory_between_restarts,
        index_with_retention,
        backup_chains,
        thin_pool_with_snapshots,
        id_range_with_imports,
        transaction_age,
        pool_of_connections,
        uploads_with_scratch,
        extents_by_chunk,
        backfill_that_ends,
        rows_doubling,
        queue_depth_walk,
        loads_at_night,
        closing_reports,
        idle_or_archived,
        compressed_log_files,
        spool_with_undelivered,
    )
}
