"""Mechanisms of servers and databases: what is kept, rotated or pruned; heaps, pools, queues, certificates.

Each plays its mechanism from some days before the history on, mostly driven by traffic; then the limit is placed.
About half stay below it, often with little room; the others reach it within about so many days as were drawn.
"""

from __future__ import annotations

import numpy as np

from benchmarks.exhaustion.parts import (
    Floats,
    Rng,
    Shape,
    accumulate,
    arrivals,
    log_uniform,
    since_last,
    wander,
    weekday,
)

WARM = 36  # days that a mechanism runs before the history begins, so that what it keeps is complete


def _aim(rng: Rng) -> float:
    """Days until the limit: below 60 in half of the draws, many of them soon; far in the others."""
    return 0.3 + 59 * float(rng.uniform()) ** 2.3 if rng.uniform() < 0.5 else log_uniform(rng, 68, 450)


def _case(rng: Rng, fills: str, stays: str) -> tuple[float, str]:
    """Days until the limit, and one of the cases in which it fills by then, or stays below."""
    days = _aim(rng)
    return days, str(rng.choice((fills if days < 60 else stays).split()))


def _share(rng: Rng, t: Floats, usage: Floats, days: float) -> Floats:
    """Usage as a share of a limit: one that is reached in about so many days, or not within 60, with little room."""
    usage = usage[-t.size :]
    highest = float(usage[t <= 0].max())
    gain = max(float(usage[(t > 0) & (t <= days)].max()) - highest, 0.0)
    if days < 60:
        room = gain * float(np.exp(rng.normal(0, 0.1)))
    else:
        room = gain * rng.uniform(0.95, 2.2) + highest * log_uniform(rng, 0.004, 0.22)
    return np.maximum(usage, 0.0) / (highest + max(room, 0.003 * highest))


def _early(t: Floats, days: float) -> Floats:
    """The same instants, begun so many days earlier."""
    step = t[1] - t[0]
    return np.concatenate([t[0] - step * np.arange(round(days / step), 0, -1), t])


def _ago(rng: Rng, history: float, low: float, high: float) -> float:
    """The instant on which something broke or ended: so many days ago, and within the history."""
    return -float(rng.uniform(low, max(low + 0.5, min(high, 0.6 * history))))


def _last_run(rng: Rng, clock: Floats, period: float) -> Floats:
    """When a job that runs every `period` ran last."""
    phase = rng.uniform(0, period)
    return np.floor((clock + phase) / period) * period - phase


def _written(t: Floats, rate: Floats, since: Floats) -> Floats:
    """What was written since some instants."""
    total = accumulate(t, rate)
    return total - np.interp(since, t, total)


def _traffic(rng: Rng, t: Floats, rough: bool = True) -> Floats:
    """Requests to an office, a shop or a machine, about one on average; not rough: every day is nearly the same."""
    local = t + rng.uniform(0, 7)
    angle = 2 * np.pi * local
    load = np.exp(log_uniform(rng, 0.7, 6) * (np.cos(angle) - 1))
    if rng.uniform() < 0.35:
        load += rng.uniform(0.2, 0.9) * np.exp(log_uniform(rng, 1.5, 12) * (np.cos(angle - rng.uniform(1, 2.4)) - 1))
    load = log_uniform(rng, 0.02, 0.6) + load if not rough or rng.uniform() < 0.85 else np.ones(t.size)
    weekend = rng.choice([rng.uniform(0, 0.12), rng.uniform(0.25, 0.9), 1.0, rng.uniform(1.1, 1.7)])
    load = load * np.where(local % 7 < 5, 1.0, weekend)
    day = np.floor(local - local[0]).astype(int)
    holiday = rng.uniform(size=day[-1] + 1) < rng.choice([0.0, 0.0, 0.0, 0.02])
    load = np.where(holiday[day], rng.uniform(0.1, 0.6), 1.0) * load / load.mean()
    day_sd, sd = (
        (log_uniform(rng, 0.01, 0.22), log_uniform(rng, 0.02, 0.5)) if rough else (log_uniform(rng, 0.004, 0.06), 0.01)
    )
    return np.asarray(load * np.exp(wander(rng, t, day_sd, rng.uniform(0.3, 3)) + rng.normal(0, sd, t.size)))


def _growth(rng: Rng, t: Floats, history: float, days: float, strength: float = 1.0) -> Floats:
    """A factor, one now: it grows as suits a limit so many days ahead; from 60 on it is flat, slow, or grew once."""
    if days < 60:
        rate = float(np.clip(strength * log_uniform(rng, 0.06, 0.7) / days, 0.004, 0.22))
        if rng.uniform() < 0.25:
            return np.exp(min(rate, 0.07) * t)
        bent = rate * history > 0.85 or rng.uniform() < 0.67
        bend = rng.uniform(3, max(3.5, min(0.9 * history, 0.85 / rate))) if bent else history
        rate = min(rate, 0.88 / bend)
        before = rate * rng.uniform(-0.1, 0.3) * rng.integers(0, 2)
        return np.maximum(1 + rate * np.maximum(t, -bend) + before * np.minimum(t + bend, 0), 0.06)
    law = rng.choice(["line", "line", "line", "line", "line", "stopped", "stopped", "hump"])
    if law == "stopped":
        rate, at = log_uniform(rng, 0.004, 0.08), _ago(rng, history, 4, 30)
        return np.clip(1 + rate * (t - at), max(0.12, 1 - rate * (history + at)), 1.0)
    if law == "hump":
        bump = np.exp(-0.5 * ((t + rng.uniform(0.25, 0.8) * history) / rng.uniform(1.5, 8)) ** 2)
        return np.asarray(1 + rng.uniform(0.05, 0.5) * bump, dtype=np.float64)
    slope = rng.choice(
        [
            0.0,
            0.0,
            0.0,
            log_uniform(rng, 0.0002, 0.003),
            log_uniform(rng, 0.0002, 0.003),
            -log_uniform(rng, 0.001, 0.008),
        ]
    )
    return np.asarray(np.maximum(1 + slope * t, 0.1), dtype=np.float64)


def written_files(rng: Rng, t: Floats) -> Floats:
    """Files that traffic writes, large ones at times, and nobody deletes; or the writer moved, or it was cleaned up."""
    days, mode = _case(rng, "on", "on on moved moved cleaned")
    stop = _ago(rng, -t[0], 1.5, 25) if mode == "moved" else np.inf
    step = t[1] - t[0]
    large = rng.uniform(size=t.size) < log_uniform(rng, 0.03, 0.3) * step * rng.choice([0, 0, 1])
    rate = _traffic(rng, t) + large * log_uniform(rng, 0.2, 1.6) * np.exp(rng.normal(0, 0.5, t.size)) / step
    path = accumulate(t, rate * np.where(t > stop, rng.choice([0.0, 0.02]), 1.0))
    before = rng.uniform(0, 0.94)
    path += (0.02 + before / (1 - before)) * (days - t[0] if mode != "moved" else -t[0]) - path[0]
    if mode == "cleaned" or rng.uniform() < 0.15:
        at = rng.uniform(0.07, 0.7) * t[0]
        path -= np.where(t >= at, rng.uniform(0.05, 0.5) * np.interp(at, t, path), 0.0)
    return _share(rng, t, path, days)


def archive_retention(rng: Rng, t: Floats) -> Floats:
    """An archive of what the last days wrote; more is written, deleting got stuck, or archiving began lately."""
    days, mode = _case(rng, "more more stuck", "same same begun released")
    time, keep = _early(t, WARM), log_uniform(rng, 0.7, min(21, -0.6 * t[0]))
    rate = _traffic(rng, time) * _growth(rng, time, -t[0], days if mode == "more" else np.inf)
    stuck, released = np.inf, np.inf
    if mode == "stuck":
        stuck = _ago(rng, -t[0], 1.2, 9)
    elif mode == "released":
        stuck = rng.uniform(0.2, 0.85) * t[0]
        released = stuck + rng.uniform(0.5, min(5, 0.5 - 0.15 * t[0]))
    elif mode == "begun":
        rate[time < rng.uniform(t[0] - 2, max(t[0] - 1, -keep - 2.5))] = 0.0
    oldest = np.where((time > stuck) & (time < released), stuck, time) - keep
    return _share(rng, t, log_uniform(rng, 0.02, 4) * keep + _written(time, rate, oldest), days)


def rotated_logs(rng: Rng, t: Floats) -> Floats:
    """A log that is rotated by time or size, some kept packed; more is logged, others grow, or rotation stopped."""
    days, mode = _case(rng, "more drift drift broken", "same same same drift debug")
    time, by_size = _early(t, WARM), mode != "more" and rng.uniform() < 0.25
    period = log_uniform(rng, 0.3, 8) if by_size else float(rng.choice([1.0, 1.0, 1.0, 7.0, 7.0, 0.25, 0.5, 2.0, 3.0]))
    files = int(rng.integers(2, 15)) if period <= 1 else int(rng.integers(1, 5))
    rate = _traffic(rng, time) * _growth(rng, time, -t[0], days if mode == "more" else np.inf)
    if mode == "debug":
        at = -rng.uniform(3, max(3.5, -0.4 * t[0]))
        files = min(files, max(1, int((-at - 1) / period) - 1))
        rate *= np.where(time > at, rng.uniform(1.3, 4), 1.0)
    total = accumulate(time, rate)
    clock = total if by_size else time
    turn = _last_run(rng, clock, period)
    if mode == "broken":
        turn = np.minimum(turn, np.interp(_ago(rng, -t[0], max(1.3, 1.2 * period), max(6, 2.5 * period)), time, turn))
    second, oldest = (np.interp(turn - n * period, clock, total) for n in (rng.integers(0, 2), files))
    packed = rng.choice([1.0, log_uniform(rng, 0.03, 0.35), log_uniform(rng, 0.03, 0.35)])
    full = (1.2 + packed * files) * period
    others = full * (
        log_uniform(rng, 0.05, 6) + (log_uniform(rng, 0.08, 1.5) / days * (time - t[0]) if mode == "drift" else 0.0)
    )
    return _share(rng, t, others + total - second + packed * (second - oldest), days)


def pruned_backups(rng: Rng, t: Floats) -> Floats:
    """Nightly dumps, often small ones between full ones, deleted by age; they grow, or deleting stopped."""
    days, mode = _case(rng, "grow grow stopped", "same same same missed")
    time = _early(t, WARM)
    growth = _growth(rng, time, -t[0], days if mode == "grow" else np.inf)
    dump = np.arange(np.ceil(time[0]), 60) + rng.uniform()
    small = rng.choice([1.0, 1.0, log_uniform(rng, 0.03, 0.4)])
    size = np.interp(dump, time, growth) * np.where((dump + rng.uniform(0, 7)) % 7 < 1, 1.0, small)
    size *= 1 + log_uniform(rng, 0.002, 0.08) * rng.normal(0, 1, dump.size)
    size *= rng.uniform(size=dump.size) > rng.choice([0.0, 0.0, 0.03])
    keep, every = float(rng.integers(2, 25 if t[0] < -40 else 8)), float(rng.choice([1.0, 7.0, 7.0]))
    gone = every + _last_run(rng, dump + keep, every)
    if mode == "stopped":
        gone[gone > _ago(rng, -t[0], 1.5 + (every > 1) * 7, 16)] = np.inf
    elif mode == "missed":
        at = rng.uniform(0.4, 0.9) * t[0]
        until = at + rng.uniform(3, min(16, max(4, -0.3 * t[0])))
        gone[(gone > at) & (gone < until)] = until
    path = log_uniform(rng, 0.05, 8) * keep * (0.3 + 0.7 * (small == 1)) + growth * rng.uniform(0.5, 3) * rng.integers(
        0, 2
    )
    length = rng.uniform(0.01, 0.25)
    for i in range(dump.size):
        path += size[i] * np.clip((time - dump[i]) / length, 0.0, 1.0) * (time < gone[i])
    return _share(rng, t, path, days)


def dead_rows(rng: Rng, t: Floats) -> Floats:
    """Rows and their dead versions, until a vacuum or a copying compaction; live ones grow, or it is blocked."""
    days, mode = _case(rng, "grow grow blocked", "same")
    time = _early(t, WARM)
    live = _growth(rng, time, -t[0], np.inf if mode == "blocked" else days)
    trigger, period = rng.uniform(0.06, 0.45), log_uniform(rng, 0.4, 9)
    length, remains = rng.uniform(0.03, 0.25), rng.uniform(0, 0.15)
    copy = rng.choice([0.0, rng.uniform(0.15, 0.7), rng.uniform(0.02, 0.25), rng.uniform(0.02, 0.25)])
    stop = _ago(rng, -t[0], max(1.5, 1.3 * period), max(5, 3 * period)) if mode == "blocked" else np.inf
    died = _traffic(rng, time) * trigger / period * (time[1] - time[0])
    path, dead, begun = live.copy(), 0.4 * trigger, np.inf
    for i, rows in enumerate(live.tolist()):
        dead += died[i]
        if time[i] >= begun + length:
            dead, begun = remains * trigger * rows, np.inf
        elif dead > trigger * rows and time[i] < min(stop, begun):
            begun = time[i]
        path[i] += dead + copy * rows * min(1.0, max(0.0, 0.15 + (time[i] - begun) / length))
    return _share(rng, t, log_uniform(rng, 0.02, 2) + (path if copy else np.maximum.accumulate(path)), days)


def collected_heap(rng: Rng, t: Floats) -> Floats:
    """A heap: traffic allocates, the collector takes it back to what lives: sessions, caches that warm up, a leak."""
    days, mode = _case(rng, "leak", "none none warm small")
    traffic = _traffic(rng, t)
    live = rng.uniform(0.15, 0.8) + rng.uniform(0, 0.14) * traffic
    if mode == "leak":
        rate = min(log_uniform(rng, 0.1, 1.2) / days, 0.3)
        bent = -rate * t[0] > 1.5 or rng.uniform() < 0.5
        live += rate * np.maximum(t - (_ago(rng, -t[0], 2.5, max(4, min(25, 1.5 / rate))) if bent else t[0]), 0)
    elif mode == "small":
        live += log_uniform(rng, 0.0003, 0.0025) * (t - t[0])
    elif mode == "warm":
        start = rng.uniform(0.4, 1.0) * t[0]
        cached = 1 - np.exp((start - t) / (rng.uniform(0.06, 0.3) * -start))
        live = np.where(t > start, live * rng.uniform(0.3, 1.0) + rng.uniform(0.2, 1.0) * cached, live)
    cycles = accumulate(t, traffic) / log_uniform(rng, 0.03, 2.0)
    cycle = np.floor(cycles - cycles[0]).astype(int)
    heights = 1 + rng.uniform(0, 0.06) * np.clip(rng.normal(0, 1, cycle[-1] + 1), -2.5, 2.5)
    return _share(rng, t, live + rng.uniform(0.1, 0.9) * heights[cycle] * ((cycles - cycles[0]) % 1), days)


def regular_reset(rng: Rng, t: Floats) -> Floats:
    """Leaks, or uses up numbers, and is reset by the clock or by amount; faster, with a rest, or resets stopped."""
    days, mode = _case(rng, "stopped stopped faster rest", "same same same skips")
    time, by_amount = _early(t, WARM), rng.uniform() < 0.25
    period = log_uniform(rng, 0.9, max(1.5, min(14, -t[0] / 4)))
    if not by_amount:
        period = 7.0 if t[0] < -25 and rng.uniform() < 0.33 else max(1.0, round(period))
    rate = _traffic(rng, time)
    if mode == "faster" or rng.uniform() < 0.2:
        rate *= _growth(rng, time, -t[0], days if mode == "faster" else np.inf)
    total = accumulate(time, rate)
    clock = total if by_amount else time
    resets = arrivals(rng, clock, period, 1e9)
    resets = resets[rng.uniform(size=resets.size) >= (rng.uniform(0.03, 0.2) if mode == "skips" else 0.0)]
    if mode == "stopped":
        resets = resets[resets < np.interp(-period * rng.uniform(1.25, 2.6), time, clock)]
    age, _ = since_last(clock, resets)
    base = log_uniform(rng, 0.1, 5) + (log_uniform(rng, 0.1, 1.2) / days * (time - t[0]) if mode == "rest" else 0.0)
    return _share(rng, t, base * period + total - np.interp(clock - age, clock, total), days)


def peak_load(rng: Rng, t: Floats) -> Floats:
    """Connections or a link, by some power of the traffic, often a backup at night: peaks grow, the mean need not."""
    days = _aim(rng)
    load = _traffic(rng, t, rough=False) ** rng.uniform(0.6, 2.2)
    load = load / load[t <= 0].mean()
    growth = _growth(rng, t, -t[0], days, 1.3)
    height, idle = rng.uniform(0.3, 1.0), log_uniform(rng, 0.02, 2.5)
    path = idle + height * (1 + growth * (load - 1) if rng.uniform() < 0.4 else growth * load)
    window = (t + rng.uniform()) % 1 < rng.uniform(0.5, 4) / 24
    path += window * rng.choice([0.0, 0.0, 0.0, rng.uniform(0.2, 2.0)]) * (growth if rng.uniform() < 0.3 else 1.0)
    path *= 1 + wander(rng, t, log_uniform(rng, 0.002, 0.05), log_uniform(rng, 0.05, 0.6))
    return _share(rng, t, np.maximum(path, 0.03 * (idle + height)), days)


def mail_queue(rng: Rng, t: Floats) -> Floats:
    """Mail by traffic and in campaigns, so many workers, deferred mail that expires; workers died, or load grows."""
    days, mode = _case(rng, "died died load deferred", "same campaigns campaigns back")
    time = _early(t, 8)
    step = time[1] - time[0]
    growth = _growth(rng, time, -t[0], days, 1.5)
    mail = _traffic(rng, time) * (growth if mode == "load" else 1.0)
    sent = rng.uniform(size=time.size) < step * log_uniform(rng, 0.08, 1.2) * (
        mode == "campaigns" or rng.uniform() < 0.3
    )
    size = log_uniform(rng, 0.04, 1.5) * np.minimum(np.exp(rng.normal(0, 0.5, time.size)), rng.uniform(1.6, 4))
    work = np.full(time.size, rng.uniform(1.15, 1.8) if mode == "load" else rng.uniform(1.25, 3.0))
    if mode == "died":
        work[time > _ago(rng, -t[0], 1.5, 12)] = rng.uniform(0.3, 0.93) if days < 20 else rng.uniform(0.75, 0.97)
    elif mode == "back":
        at = rng.uniform(0.2, 0.8) * t[0]
        work[(time > at) & (time < at + rng.uniform(0.5, 4))] = rng.uniform(0.2, 0.9)
    balance = np.cumsum((mail - work) * step + sent * size)
    queue = 0.002 + balance - np.minimum.accumulate(np.minimum(balance, 0.0))
    deferred = mail * (rng.uniform(0.1, 0.6) * growth if mode == "deferred" else log_uniform(rng, 0.01, 0.3))
    return _share(rng, t, queue + _written(time, deferred, time - rng.uniform(0.5, 5)), days)


def session_files(rng: Rng, t: Floats) -> Floats:
    """Small files, removed by a job when they are old; some never are, traffic grows, or the job broke."""
    days, mode = _case(rng, "left left broken more", "same same fixed few")
    time, age = _early(t, WARM), log_uniform(rng, 0.3, min(12, -t[0] / 4))
    period = float(rng.choice([1.0, 1.0, 7.0, 0.25, 2.0, 3.0] if t[0] < -25 else [1.0, 0.25]))
    runs, broken, fixed = _last_run(rng, time, period), np.inf, np.inf
    if mode == "broken":
        broken = _ago(rng, -t[0], 1.2 * period + 0.5, max(5, 2.5 * period))
    elif mode == "fixed":
        broken = rng.uniform(0.25, 0.9) * t[0]
        fixed = broken + rng.uniform(1.2 * period, max(2 * period, min(3.5 * period + 1, -0.2 * t[0])))
    runs = np.where((runs > broken) & (runs < fixed), runs[time <= broken][-1], runs)
    total = accumulate(time, _traffic(rng, time) * (_growth(rng, time, -t[0], days) if mode == "more" else 1.0))
    old = np.interp(runs - age, time, total)
    never = {
        "left": min(0.6, log_uniform(rng, 0.08, 1.5) * (age + period) / days),
        "few": log_uniform(rng, 0.0005, 0.008),
    }
    base = (age + period) * log_uniform(rng, 0.05, 6)
    return _share(rng, t, base + total - old + never.get(mode, 0.0) * (old - old[0]), days)


def certificate(rng: Rng, t: Floats) -> Floats:
    """The used part of the validity that ends first: renewed by a timer, by hand, or the timer broke."""
    days, history = _aim(rng), -t[0]
    period, valid = float(np.ceil(rng.uniform(1, 0.7 * history))), 0.0
    if days > 60 and rng.uniform() < 0.75:
        left = log_uniform(rng, 0.4, 40) + period - (t + rng.uniform(0, period)) % period
    elif days < 25 and rng.uniform() < 0.6:
        spare = rng.uniform(1.5, max(2.0, min(20, 0.35 * history)))
        period = rng.uniform(1, max(1.2, 0.9 * (history - spare)))
        age = t + spare + period
        left = days + spare + period - np.where(age < 0, age % period, age)
    else:
        valid = float(rng.choice([90.0, 180.0, 365.0, 398.0, 730.0]))
        renewed = -rng.uniform(0.4, 0.9) * history if rng.uniform() < 0.3 else -np.inf
        left = np.where(t < renewed, rng.uniform(0.5, 12) + renewed - t, min(days, 200.0) - t)
    for _ in range(int(rng.integers(1, 4)) if rng.uniform() < 0.3 else 0):
        other = np.ceil(rng.uniform(2, 0.7 * history))
        left = np.minimum(left, rng.uniform(1, 50) + other - (t + rng.uniform(0, other)) % other)
    return np.asarray(1 - left / max(valid, left.max() + 1), dtype=np.float64)


def thin_pool(rng: Rng, t: Floats) -> Floats:
    """Volumes that allocate on their first writes, and later overwrite; trimmed at times, snapshots kept for weeks."""
    days, time = _aim(rng), _early(t, WARM)
    traffic = _traffic(rng, time)
    total = accumulate(time, traffic)
    created = min(-3.0, rng.uniform(t[0] - 20, 0.2 * t[0]) if days > 3 else rng.uniform(t[0], 0.05 * t[0]))
    scale = (days - created) / rng.uniform(0.25, 1.5) if days < 60 else -created / rng.uniform(1.3, 6)
    path = log_uniform(rng, 0.4, 4) * (1 - np.exp(-np.maximum(total - created, 0) / scale))
    for _ in range(int(rng.integers(1, 5))):
        begun = t[0] - rng.uniform(20, 200)
        path += log_uniform(rng, 0.1, 1.5) * (1 - np.exp(-np.maximum(total - begun, 0) / rng.uniform(8, 40)))
    period, weeks = float(rng.choice([7.0, 7.0, 1.0, 3.0])), 7 * rng.integers(1, 4)
    path += rng.choice([0.0, rng.uniform(0, 0.4)]) / period * _written(time, traffic, _last_run(rng, time, period))
    path += rng.choice([0.0, rng.uniform(0.005, 0.04)]) * _written(time, traffic, _last_run(rng, time, 7) - weeks)
    return _share(rng, t, path, days)


def dropped_partitions(rng: Rng, t: Floats) -> Floats:
    """A table in months, or weeks, whose oldest one is dropped when a new one begins; it grows, or dropping failed."""
    days, mode = _case(rng, "more more failed", "same same same slow")
    time, length = _early(t, 95), 30.4 if t[0] < -45 else 7.0
    begun = _last_run(rng, time, length)
    rate = _traffic(rng, time) * _growth(rng, time, -t[0], days if mode == "more" else np.inf)
    rate *= np.where(time - begun > length - 2, rng.choice([1.0, 1.0, rng.uniform(1.2, 3.0)]), 1.0)
    if mode == "failed":
        begun = np.minimum(begun, begun[time <= 0][-1] - length)
    others = log_uniform(rng, 0.5, 120) * (1 + (log_uniform(rng, 0.0001, 0.003) * time if mode == "slow" else 0.0))
    return _share(rng, t, others + _written(time, rate, begun - length * rng.integers(0, 3)), days)


def added_tenants(rng: Rng, t: Floats) -> Floats:
    """Tenants with a share each, a file that grows by extents, or weekly releases; some leave, or no more come."""
    days, mode = _case(rng, "on", "on on closed closed leave")
    style = rng.choice(["tenants", "tenants", "extents", "weekly"])
    gap = 1 / log_uniform(rng, 0.12, 1.6) if style != "weekly" else 7.0 if t[0] < -25 else 2.0
    clock = t if style == "weekly" else accumulate(t, _traffic(rng, t))
    stop = _ago(rng, -t[0], min(-0.5 * t[0], max(2.5, 5 * gap)), 35) if mode == "closed" else np.inf
    sd = 0.0 if style == "extents" else rng.uniform(0.1, 0.8)
    before = rng.uniform(0, 0.93) if days < 60 else rng.uniform(0.6, 0.97)
    path = (0.5 + before / (1 - before) * (min(days, 200) - t[0]) + rng.choice([0, 0, 0.01]) * (t - t[0])) / gap
    for sign in [1, -1] if mode == "leave" and style == "tenants" else [1]:
        instants = arrivals(rng, clock, gap, 1.0 if style == "tenants" else 1e9)
        sizes = np.where(instants > np.interp(stop, t, clock), 0.0, np.exp(rng.normal(0, sd, instants.size)))
        path += sign * np.concatenate([[0.0], np.cumsum(sizes)])[np.searchsorted(instants, clock, side="right")]
    return _share(rng, t, path, days)


def deploy_slope(rng: Rng, t: Floats) -> Floats:
    """A deploy moved the level some days ago, was rolled back, or ended a growth; or since then it grows."""
    days, mode = _case(rng, "slope slope both", "shift shift twice back before")
    deploy = _ago(rng, -t[0], 2, 20)
    end = deploy * rng.uniform(0.2, 0.8) if mode == "back" else np.inf
    shift = rng.uniform(0.08, 0.9) * rng.choice([1, 1, 1, -0.4]) * (mode not in {"slope", "before"})
    level = 1 + shift * ((t >= deploy) & (t < end))
    if days < 60:
        level += np.clip(log_uniform(rng, 0.05, 0.8) / days, 0.004, 0.35) * np.maximum(t - deploy, 0)
    elif mode == "twice":
        level += rng.uniform(-0.3, 0.5) * (t >= rng.uniform(0.4, 0.9) * t[0])
    elif mode == "before":
        level += log_uniform(rng, 0.01, 0.08) * (np.clip(t, rng.uniform(0.65, 0.95) * t[0], deploy) - t[0])
    load = np.maximum(1 + rng.uniform(0, 0.25) * (_traffic(rng, t, rough=False) - 1), 0.1)
    load *= 1 + wander(rng, t, log_uniform(rng, 0.002, 0.025), log_uniform(rng, 0.1, 3))
    return _share(rng, t, np.maximum(level, 0.15) * load, days)


def moving_users(rng: Rng, t: Floats) -> Floats:
    """Users who move over along an S-curve, some on working days only, with the load of their day."""
    days, scale = _aim(rng), log_uniform(rng, 1.2, 16)
    middle = -rng.uniform(0.9, 5) * scale
    if days < 60:
        at_limit = rng.uniform(-1.6, 2.0)
        scale = max(scale, days / (3.5 + at_limit))
        middle = days - at_limit * scale
    pace = weekday(rng, t, rng.uniform(0.3, 1.0)) if rng.uniform() < 0.3 else np.ones(t.size)
    moved = (1 + np.exp((middle - accumulate(t, pace / pace.mean())) / scale)) ** -rng.uniform(0.6, 1.6)
    swing = rng.choice([0.0, 0.0, rng.uniform(0.02, 0.25)])
    load = np.maximum(1 + swing * (_traffic(rng, t, rough=False) - 1), 0.1)
    load *= 1 + wander(rng, t, log_uniform(rng, 0.0005, 0.01), log_uniform(rng, 0.2, 4))
    return _share(rng, t, (log_uniform(rng, 0.03, 4) + moved) * load, days)


def feeding_itself(rng: Rng, t: Floats) -> Floats:
    """What doubles with the traffic (retries, thumbnails); slowly, or until somebody fixed it, perhaps with a purge."""
    days, mode = _case(rng, "on", "slow slow fixed fixed purged")
    double = (
        log_uniform(rng, max(1.5, days / 4), 30) if days < 60 else log_uniform(rng, 2, 25) * (1 + 11 * (mode == "slow"))
    )
    age = accumulate(t, 1 + log_uniform(rng, 0.02, 0.5) * (_traffic(rng, t) - 1))
    end = _ago(rng, -t[0], 1.8, 15)
    if mode in {"fixed", "purged"}:
        age = np.minimum(age - np.interp(end, t, age), 0.0)
    purged = rng.uniform(0.2, 0.95) * (mode == "purged") * (1 - np.exp(np.minimum(end - t, 0) / 0.3))
    return _share(rng, t, log_uniform(rng, 0.05, 12) + np.exp2(age / double) * (1 - purged), days)


def _job(rng: Rng, t: Floats, period: float, length: float, sd: float) -> Floats:
    """What a job takes while it runs, up to about one, every time another amount."""
    phase = rng.uniform(0, period)
    run = np.floor((t + phase) / period).astype(int)
    sizes = np.exp(rng.normal(0, sd, run[-1] - run[0] + 1))[run - run[0]]
    age = (t + phase) % period / length
    return np.asarray(sizes * (age < 1) * np.minimum(age / rng.uniform(0.1, 0.9) + 0.05, 1.0), dtype=np.float64)


def closing_batches(rng: Rng, t: Floats) -> Floats:
    """The scratch of nightly and weekly jobs and of the month's closing, freed at their end; they or the base grow."""
    days, sd = _aim(rng), log_uniform(rng, 0.005, 0.12)
    jobs = rng.uniform(0.1, 1) * _job(rng, t, 1.0, rng.uniform(0.05, 0.37), sd)
    jobs *= weekday(rng, t, rng.choice([0.0, 1.0, 1.0]))
    jobs += rng.choice([0.0, rng.uniform(0, 1.2)]) * _job(rng, t, 7.0, rng.uniform(0.12, 0.83), sd)
    if t[0] < -45:
        jobs += rng.choice([0.0, rng.uniform(0.3, 2.5)]) * _job(rng, t, 30.4, rng.uniform(1, 5), sd)
    growth = _growth(rng, t, -t[0], days)
    grows = rng.choice(["jobs", "jobs", "both", "base"])
    base = log_uniform(rng, 0.1, 5) * (growth if grows != "jobs" else 1.0)
    return _share(rng, t, base + jobs * (growth if grows != "base" else 1.0), days)


SHAPES: dict[str, Shape] = {
    shape.__name__: shape
    for shape in (
        written_files,
        archive_retention,
        rotated_logs,
        pruned_backups,
        dead_rows,
        collected_heap,
        regular_reset,
        peak_load,
        mail_queue,
        session_files,
        certificate,
        thin_pool,
        dropped_partitions,
        added_tenants,
        deploy_slope,
        moving_users,
        feeding_itself,
        closing_batches,
    )
}
