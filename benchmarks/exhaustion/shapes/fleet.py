"""What usage does in a mixed fleet: banks, carriers, shops, nightly batches and services, each with habits of its own.

How noisy its days are, what its weekends are like and how it grows belong to the owner, whatever it is that fills. The
limit is set on what came of it: reached about a given day, or some room above everything that is still to come.
"""

from __future__ import annotations

import numpy as np

from benchmarks.exhaustion.parts import (
    HORIZON,
    Floats,
    Rng,
    Shape,
    accumulate,
    each_day,
    full_day,
    log_uniform,
    next_record,
    since_last,
)

SECTORS = ("bank", "carrier", "shop", "batch", "service")


def week(rng: Rng, t: Floats) -> Floats:
    """Days since a Monday, on the clock of the place."""
    return np.asarray(t - t[0] + rng.uniform(0, 7), dtype=np.float64)


def bell(local: Floats, hour: float, width: float) -> Floats:
    """A bell around an hour of the day."""
    away = (local % 1.0 * 24 - hour + 12) % 24 - 12
    return np.asarray(np.exp(-0.5 * (away / width) ** 2), dtype=np.float64)


def hours(rng: Rng, local: Floats, sector: str) -> Floats:
    """The day of a sector: two busy times, an evening at home, meals and evening, a run by night, or one broad peak."""
    shift = rng.uniform(-1, 1)
    if sector == "bank":
        return bell(local, 10.5 + shift, 1.7) + rng.uniform(0.6, 1) * bell(local, 15 + shift, 1.7)
    if sector == "carrier":
        return 0.55 * bell(local, 14 + shift, 4) + bell(local, 21 + shift, 2)
    if sector == "shop":
        return 0.6 * bell(local, 12.5 + shift, 1.5) + bell(local, 20 + shift, 2.5)
    if sector == "batch":
        return bell(local, 2 + shift, rng.uniform(0.8, 2)) + 0.2 * bell(local, 13, 4)
    return bell(local, 14 + shift, 3.5)


def weekend(rng: Rng, sector: str) -> float:
    """How busy a sector is on Saturdays and Sundays, beside the other days."""
    ranges = {
        "bank": (0.08, 0.4),
        "carrier": (0.85, 1.12),
        "shop": (0.9, 1.3),
        "batch": (0.5, 1),
        "service": (0.4, 0.8),
    }
    return float(rng.uniform(*ranges[sector]))


def load(rng: Rng, local: Floats, floor: float | None = None, sector: str = "") -> Floats:
    """The load of a sector above a floor, about one at its peak; no two days need be alike."""
    sector = sector or str(rng.choice(SECTORS, p=[0.3, 0.24, 0.16, 0.12, 0.18]))
    floor = rng.uniform(0.15, 0.7) if floor is None else floor
    weekday, day = np.floor(local) % 7, hours(rng, local, sector)
    busy = np.where(weekday >= 5, weekend(rng, sector), 1.0)
    if rng.uniform() < 0.3:
        busy = busy * np.where(weekday == rng.integers(5), rng.uniform(1.03, 1.2), 1.0)
    path = floor * (0.7 + 0.3 * np.minimum(busy, 1)) + (1 - floor) * day / day.max() * busy
    shocks = np.clip(rng.standard_t(6, int(local[-1]) + 1), -3, 3)
    return np.asarray(path * np.exp(rng.choice([0, 0.01, 0.02, 0.04]) * shocks[local.astype(int)]), dtype=np.float64)


def written(rng: Rng, local: Floats, free: float, sd: float) -> Floats:
    """What is written per day, one on a usual working day: less on free ones, down to a share, and never the same."""
    return np.where(local % 7 >= 5, rng.uniform(free, 1), 1.0) * each_day(rng, local, sd)


def around(rng: Rng, median: float, sigma: float) -> float:
    """A number that is spread log-normally around a median."""
    return float(median * np.exp(sigma * rng.normal()))


def pace(rng: Rng, t: Floats, end: float, median: float, sigma: float) -> float:
    """Growth a day of what is one now: mostly since long ago; if far from full, mostly slow, none or falling."""
    full = min(around(rng, median, float(np.hypot(sigma, 0.35))), 0.16)
    if rng.uniform() < 0.7:
        full = min(full, -rng.uniform(0.55, 0.97) / t[0])
    if end < HORIZON:
        return full
    slower = (0.0, rng.uniform(0.02, 0.25), -rng.uniform(0.05, 0.5), 1.0)
    return full * float(rng.choice(slower, p=[0.42, 0.33, 0.08, 0.17]))


def grown(t: Floats, rate: float) -> Floats:
    """A factor that is one now, grows by so much a day, and was never less than next to nothing."""
    return np.maximum(1 + rate * t, 0.03)


def compounded(t: Floats, rate: float) -> Floats:
    """A factor that is one now and grows by a share of itself."""
    return np.asarray(np.exp(np.clip(rate * t, -2.5, 2.5)), dtype=np.float64)


def renewals(rng: Rng, t: Floats, gap: float, regularity: float) -> Floats:
    """Instants from before the start to after the end, gaps from a gamma distribution (regularity 1: memoryless)."""
    gaps = rng.gamma(regularity, gap / regularity, int((t[-1] - t[0]) / gap * 1.6) + 30)
    return np.asarray(t[0] - rng.uniform(0, gap) + np.cumsum(gaps) - gaps[0], dtype=np.float64)


def unserved(t: Floats, demand: Floats) -> Floats:
    """What waits for a service of one a day, from nothing on: it adds up while more comes, and is then worked off."""
    ahead = np.cumsum(demand - 1) * (t[1] - t[0])
    return np.asarray(ahead - np.minimum.accumulate(ahead), dtype=np.float64)


def placed(rng: Rng, t: Floats, path: Floats, end: float) -> Floats:
    """The path as a share of a limit: its peak is there about that day, or the limit is above all peaks to come."""
    path = np.maximum(path, 0.0)
    highest, day = np.maximum.accumulate(path), round(1 / (t[1] - t[0]))
    now = np.flatnonzero(t <= 0)[-1]
    soonest = 1.004 * highest[now]
    at = next_record(t, highest, end, above=soonest) if end < HORIZON else None
    if at is None:
        share = (rng.uniform(0.88, 0.985), rng.uniform(0.65, 0.88), rng.uniform(0.3, 0.65))
        return np.asarray(path / highest[-1] * rng.choice(share, p=[0.4, 0.4, 0.2]), dtype=np.float64)
    limit = highest[at] - rng.uniform(0.03, 0.4) * (highest[at] - highest[max(now, at - day)])
    most = rng.uniform(3, 9) * np.median(path[now - day : now + 1])  # nobody has a limit that is out of all reach
    return np.asarray(path / max(min(limit, most), soonest), dtype=np.float64)


def busy_hours_of_a_sector(rng: Rng, t: Floats) -> Floats:
    """The load of a sector by hour and weekday, which grows as a whole."""
    end = full_day(rng, 0.55)
    return placed(rng, t, grown(t, pace(rng, t, end, 0.011, 0.6)) * load(rng, week(rng, t)), end)


def evening_peaks_over_floor(rng: Rng, t: Floats) -> Floats:
    """A link whose peaks grow by a share of themselves, most often in the evening, while the floor stays."""
    end, sector = full_day(rng, 0.55), str(rng.choice(["carrier", "carrier", "shop"]))
    peaks = compounded(t, pace(rng, t, end, 0.014, 0.6)) * load(rng, week(rng, t), 0.05, sector)
    return placed(rng, t, rng.uniform(0.1, 0.5) + peaks, end)


def compaction_in_tiers(rng: Rng, t: Floats) -> Floats:
    """Debris in two or three tiers over data that grow, each tier merged some times more seldom than the one before."""
    end, gap, times = full_day(rng, 0.55), rng.uniform(0.25, 1.6), rng.uniform(3, 6)
    debris = np.zeros(t.size)
    for tier in range(3 if gap * times**2 < -t[0] / 2 else 2):
        period = gap * times**tier
        age, _ = since_last(t, renewals(rng, t, period, 25))
        debris += rng.uniform(0.05, 0.25) * (1 + 0.5 * tier) * np.minimum(age / period, 1.6)
    return placed(rng, t, grown(t, pace(rng, t, end, 0.012, 0.6)) * (1 + debris), end)


def leak_between_random_restarts(rng: Rng, t: Floats) -> Floats:
    """A leak that restarts undo at random; faster since the last deploy, or the watchdog is gone; or as ever."""
    end, gap, regularity = full_day(rng, 0.55), rng.uniform(1.5, min(7, -t[0] / 4)), rng.choice([1.5, 3, 6])
    restarts, faster = renewals(rng, t, gap, regularity), float(rng.choice([1, 1, rng.uniform(0.5, 1.4)]))
    if end < HORIZON:
        faster = rng.uniform(2.5, 7)
        if end > gap or rng.uniform() < 0.5:  # with restarts, a later day would be chance
            faster **= 0.6
            restarts = restarts[restarts < -rng.uniform(1.8, 2.8) * gap * (1.3 if regularity < 2 else 1)]
    age, cycle = since_last(t, restarts)
    speed = np.exp(rng.normal(0, rng.uniform(0.05, 0.4), restarts.size)) / gap
    speed[np.searchsorted(restarts, -min(1.2, gap / 2)) - 1 :] *= faster
    return placed(rng, t, rng.uniform(0.3, 1.2) + speed[cycle] * age, end)


def releases_that_multiply(rng: Rng, t: Floats) -> Floats:
    """One to three releases moved the level by a share of it, mostly up; growth goes on, some under a load."""
    end, path = full_day(rng, 0.55), np.ones(t.size)
    for _ in range(int(rng.integers(1, 4))):
        moved = around(rng, 1.12 if rng.uniform() < 0.7 else 0.85, 0.15)
        path = path * np.where(t >= -rng.uniform(1.3, -t[0] - 1), moved, 1.0)
    path = path / path[-1] * grown(t, pace(rng, t, end, 0.011, 0.6))
    if rng.uniform() < 0.5:
        path = path * load(rng, week(rng, t), rng.uniform(0.5, 0.85))
    return placed(rng, t, path, end)


def data_of_the_last_days(rng: Rng, t: Floats) -> Floats:
    """Data kept for so many days, more of it each day; some drop it in chunks, or have none to drop yet."""
    end, local, kept = full_day(rng, 0.55), week(rng, t), np.array([7.0, 10, 14, 21, 30, 45])
    kept = kept[kept < (-0.55 * t[0] if end < HORIZON else -t[0] - 4)]
    days = float(rng.choice(kept)) if kept.size else -rng.uniform(0.3, 0.5) * t[0]
    if end < HORIZON and rng.uniform() < 0.45:
        days = np.inf
    total = accumulate(t, written(rng, local, 0.5, 0.12) * compounded(t, pace(rng, t, end, 0.016, 0.6)))
    dropping = t
    if rng.uniform() < 0.4:
        chunk = rng.choice([1, 7])
        dropping = t[0] + np.floor((t - t[0]) / chunk) * chunk
    path = total - np.interp(dropping - days, t, total)
    if rng.uniform() < 0.7:
        path = path + rng.uniform(0.05, 0.8) * path[t <= 0].max()
    return placed(rng, t, path, end)


def copy_of_a_migration(rng: Rng, t: Floats) -> Floats:
    """A migration copies, evenly or mostly by night: it goes on, or is done, and in some a staging copy is dropped."""
    end, done = full_day(rng, 0.55), np.inf
    if end > HORIZON:
        done = -rng.uniform(1, max(1.5, -0.35 * t[0]))
    begin = min(t[0] * rng.uniform(0.4, 0.85), done - 2)
    night = np.where((week(rng, t) * 24 + 4) % 24 < 10, 1.6, 0.6) if rng.uniform() < 0.4 else 1.0
    copied = around(rng, 0.03, 0.6) * accumulate(t, ((t >= begin) & (t < done)) * night)
    copied = copied - copied[0]
    if rng.uniform() < 0.3:
        copied = copied - rng.uniform(0.2, 0.7) * copied[-1] * (t > done + 0.6)
    return placed(rng, t, rng.uniform(0.2, 0.9) + around(rng, 0.0018, 0.7) * (t - t[0]) + copied, end)


def seats_joined_and_left(rng: Rng, t: Floats) -> Floats:
    """Seats of people who join at nine on Mondays, or on all working days, while others leave."""
    end, local, seats = full_day(rng, 0.55), week(rng, t), log_uniform(rng, 60, 3000)
    rate, days = pace(rng, t, end, 0.009, 0.5), 1 if rng.uniform() < 0.4 else 5
    mornings = np.arange(int(local[-1]) + 1)
    mornings = mornings[mornings % 7 < days]
    joined = rng.poisson((max(rate, 0.0) * 7 / days + 0.004) * seats, mornings.size)
    left = rng.poisson((max(-rate, 0.0) * 1.4 + 0.004) * seats, mornings.size)
    change = np.append(0, np.cumsum(joined - left))[np.searchsorted(mornings + 9 / 24, local, side="right")]
    return placed(rng, t, np.maximum(round(seats) + change - change[t <= 0][-1], 1.0), end)


def connections_never_returned(rng: Rng, t: Floats) -> Floats:
    """A pool: what the load needs, and connections that are never given back, or only when it is recycled weekly."""
    end, local = full_day(rng, 0.55), week(rng, t)
    rate = pace(rng, t, end, 0.02, 0.6)
    leaked = 0.8 * np.maximum(1 + rate * t, 0)
    if end > HORIZON and rng.uniform() < 0.65:
        leaked = 2 * abs(rate + 0.02) * ((t + rng.uniform(0, 7)) % 7)
    return placed(rng, t, rng.uniform(0.3, 1) * load(rng, local, 0.1) + leaked, end)


def neighbours_on_and_off(rng: Rng, t: Floats) -> Floats:
    """Neighbours that come for hours and go for hours or days, each time as a share of what is there, which grows."""
    end, away, here = full_day(rng, 0.55), log_uniform(rng, 0.3, 2), log_uniform(rng, 0.1, 0.8)
    turns = int((t[-1] - t[0]) / (away + here) * 1.6) + 15
    gaps = rng.gamma(3, 1 / 3, (turns, 2)) * [away, here]
    _, index = since_last(t, t[0] - away + np.cumsum(gaps) - gaps[0, 0])
    size = np.clip(np.exp(0.18 * rng.normal(size=2 * turns)), 0.65, 1.45) * (np.arange(2 * turns) % 2)
    path = 1 + rng.uniform(0.2, 0.9) * size[index]
    return placed(rng, t, grown(t, pace(rng, t, end, 0.012, 0.6)) * path, end)


def replication_slot_bursts(rng: Rng, t: Floats) -> Floats:
    """Bursts of all sizes that drain within hours; then the slot is stuck and all piles up, or a pile is drained."""
    end, step, memory = full_day(rng, 0.55), t[1] - t[0], rng.uniform(0.05, 0.5)
    path = np.full(t.size, rng.uniform(0.05, 0.4))
    begins, heavy = renewals(rng, t, rng.uniform(0.5, 3), 1), rng.uniform(1.6, 3.5)
    for begin in begins[begins < t[-1]]:
        age = t[(t >= begin) & (t < begin + 6 * memory)] - begin
        burst = min(1 + rng.pareto(heavy), 6) * np.exp(-age / memory) * np.minimum(1, (age + step) / 0.04)
        path[(t >= begin) & (t < begin + 6 * memory)] += burst
    if end < HORIZON:
        since = rng.uniform(max(1, 2.5 * memory), 6)
        path += log_uniform(rng, 0.25, 2.5) * rng.uniform(3, 9) * np.maximum(t / since + 1, 0)
    elif rng.uniform() < 0.2:
        days = rng.uniform(2, min(9, -0.8 * t[0]))
        path += rng.uniform(3, 9) * np.clip(np.minimum((t + days) / 0.5, (0.5 - t) / days), 0, 1)
    return placed(rng, t, path, end)


def backlog_worked_off_overnight(rng: Rng, t: Floats) -> Floats:
    """Work comes by day and is done at one speed: gone by morning, or after the weekend, or ever less of it is."""
    end, demand = full_day(rng, 0.55), load(rng, week(rng, t), 0.1)
    rate = around(rng, 0.006, 0.5) * (1.0 if end < HORIZON else rng.choice([0, 0, 0.3]))
    busy = rng.uniform(0.97, 1.16) if end < HORIZON else rng.uniform(0.72, 0.94)
    demand = demand / demand[t <= 0].mean() * busy * np.maximum(1 + rate * (t + 3), 0.3)
    return placed(rng, t, rng.uniform(0.02, 0.2) + unserved(t, demand), end)


def archiver_behind_nightly_batch(rng: Rng, t: Floats) -> Floats:
    """A batch writes by night and an archiver takes it away by day: it has time to spare, or since lately has not."""
    end, local = full_day(rng, 0.55), week(rng, t)
    batch = bell(local, rng.uniform(0, 5), rng.uniform(1.2, 2.4)) * each_day(rng, local, 0.08)
    batch = batch * np.where(np.floor(local) % 7 == 6, rng.uniform(0.2, 1), 1.0)
    busy = np.full(t.size, rng.uniform(0.55, 0.9))
    if end < HORIZON:
        busy = np.where(t >= -rng.uniform(3, min(14, -0.7 * t[0])), rng.uniform(1.03, 1.15), 0.8)
    return placed(rng, t, rng.uniform(0.05, 0.5) + unserved(t, batch / batch[t <= 0].mean() * busy), end)


def volumes_under_dropped_snapshots(rng: Rng, t: Floats) -> Floats:
    """Volumes that grow each at a pace of its own, snapshots dropped daily or weekly; some were trimmed or added."""
    end, period = full_day(rng, 0.55), int(rng.choice([1, 7, 7]))
    rate, parts = pace(rng, t, end, 0.012, 0.5), rng.dirichlet(np.ones(int(rng.integers(3, 9))))
    path = np.zeros(t.size)
    for part in parts:
        path += part * np.maximum(1 + rate * around(rng, 1, 0.6) * t, 0.02)
    path += rng.uniform(0.02, 0.3) * ((t / period + rng.uniform()) % 1.0) ** rng.uniform(0.6, 1)
    for _ in range(int(rng.integers(0, 3))):
        path += around(rng, 0.05, 0.5) * rng.choice([-1, 1]) * (t < -rng.uniform(2, -t[0] - 0.5))
    return placed(rng, t, np.maximum(path, 0.02), end)


def files_removed_by_age(rng: Rng, t: Floats) -> Floats:
    """Small files that a job removes, daily to weekly, once they are old; more come, or the job no longer runs."""
    end, local, period = full_day(rng, 0.55), week(rng, t), min(int(rng.choice([1, 3, 7, 7])), int(-0.4 * t[0]))
    kept = rng.uniform(2, min(10, -0.4 * t[0]))
    total = accumulate(t, written(rng, local, 0.3, 0.15) * compounded(t, pace(rng, t, end, 0.016, 0.6)))
    phase = rng.uniform(0, period)
    runs = np.floor((t + phase) / period) * period - phase
    if end < HORIZON and rng.uniform() < 0.4:
        runs = np.minimum(runs, -rng.uniform(1.3, 2.2) * period - 1)
    return placed(rng, t, kept * rng.uniform(1, 2.5) + total - np.interp(runs - kept, t, total), end)


def age_until_vacuumed(rng: Rng, t: Floats) -> Floats:
    """Transactions since the oldest one: a job freezes rows at a given age, or is blocked, and the age runs on."""
    end, frozen_at = full_day(rng, 0.55), rng.uniform(min(3, -0.3 * t[0]), min(12, -t[0] / 3))
    used = accumulate(t, written(rng, week(rng, t), 0.4, 0.1) * compounded(t, rng.uniform(0, 0.012)))
    left = rng.uniform(0.05, 0.3) * frozen_at * rng.uniform(0.3, 1, int((used[-1] - used[0]) / frozen_at * 1.5) + 4)
    freezes = used[0] - rng.uniform(0, frozen_at) + np.cumsum(frozen_at - left) - frozen_at + left[0]
    if end < HORIZON:
        freezes = freezes[freezes < -rng.uniform(1.12, 2.2) * frozen_at]
    age, index = since_last(used, freezes)
    return placed(rng, t, age + left[index], end)


def flash_wear_in_regimes(rng: Rng, t: Floats) -> Floats:
    """Bytes written to flash, in jobs of all sizes: each owner keeps it busy for days or weeks; the last one stays."""
    end = full_day(rng, 0.55)
    begins = t[0] + np.append(0, np.cumsum(rng.exponential(9, 60) + 3))
    begins = begins[begins < -2]
    speed = np.exp(rng.normal(0, 0.35, begins.size))
    if end > HORIZON and rng.uniform() < 0.2:
        speed[-1] *= 0.05
    jobs = 1 + np.minimum(1 + rng.pareto(2.2, t.size), 8)
    total = accumulate(t, speed[since_last(t, begins)[1]] * jobs)
    return placed(rng, t, total - total[0], end)


def keys_used_in_batches(rng: Rng, t: Floats) -> Floats:
    """Keys given out by the load of the day, and many at once in a batch every day, every other or every seventh."""
    end, local, every = full_day(rng, 0.55), week(rng, t), int(rng.choice([1, 1, 2, 7]))
    batch = (np.floor(local) % every == 0) & (np.floor(local % 1.0 * 24) == rng.integers(6))
    rate = 0.5 * load(rng, local, 0.2) + batch * rng.uniform(2, 30) * every
    rate = rate * compounded(t, rng.uniform(0, 0.015) * (rng.uniform() < 0.5))
    if end > HORIZON and rng.uniform() < 0.18:
        rate = rate * (t < -rng.uniform(2.5, min(10, -0.7 * t[0])))
    total = accumulate(t, rate)
    return placed(rng, t, total - total[0], end)


def leases_smeared_by_their_time(rng: Rng, t: Floats) -> Floats:
    """Addresses in use: the load of the last hours, or of the last day, as long as a lease lasts."""
    end = full_day(rng, 0.55)
    arrived = accumulate(t, load(rng, week(rng, t), 0.05) * grown(t, pace(rng, t, end, 0.011, 0.6)))
    lasts = max(rng.uniform(0.04, 1), t[1] - t[0])
    path = 0.1 + (arrived - np.interp(t - lasts, t, arrived)) / lasts
    path[t < t[0] + lasts] = path[t >= t[0] + lasts][0]
    return placed(rng, t, path, end)


def credits_of_small_machines(rng: Rng, t: Floats) -> Floats:
    """Credits spent by the load above a baseline, and earned below it: enough every night, or since days too few."""
    end, demand = full_day(rng, 0.55), load(rng, week(rng, t), 0.1)
    busy = np.full(t.size, rng.uniform(0.6, 0.9))
    if end < HORIZON:
        busy = np.where(t >= -rng.uniform(2, min(12, -0.7 * t[0])), rng.uniform(1.01, 1.2), busy)
    return placed(rng, t, unserved(t, busy * demand / demand[t <= 0].mean()), end)


def chain_of_full_and_increments(rng: Rng, t: Floats) -> Floats:
    """A full backup and daily increments: the oldest chain goes once the new full one is there, not before."""
    end, period, kept = full_day(rng, 0.55), int(rng.choice([7, 7, 5, 3])), int(rng.integers(1, 3))
    size, increment = grown(t, pace(rng, t, end, 0.011, 0.5)), rng.uniform(0.03, 0.2)
    age = (t + rng.uniform(0, period)) % period
    full = np.interp(t - age, t, size)
    path = 0.9 * kept * full * (1 + increment * period) + full * np.minimum(1, age / 0.15)
    path = path + increment * np.floor(age) * size + full * (age < 0.45) * rng.uniform(0, 0.6)
    return placed(rng, t, path, end)


def load_after_a_campaign(rng: Rng, t: Floats) -> Floats:
    """A load that grows; a campaign, or a sister site that failed, raised it days ago, for hours to days."""
    end = full_day(rng, 0.55)
    path = grown(t, pace(rng, t, end, 0.012, 0.5)) * load(rng, week(rng, t), rng.uniform(0.3, 0.7))
    age = t + rng.uniform(3, min(14, -0.7 * t[0]))
    after = np.exp(-np.maximum(age - rng.uniform(0.3, 1.5), 0) / rng.uniform(0.6, 2.5))
    raised = np.where(age < 0, np.exp(np.minimum(age, 0) / 0.5), after)
    return placed(rng, t, path * (1 + rng.uniform(0.1, 0.5) * raised), end)


def series_churned_by_deploys(rng: Rng, t: Floats) -> Floats:
    """Series that every deploy adds, and that leave after the retention; deploys add more with time."""
    end, kept = full_day(rng, 0.55), rng.uniform(2, 12)
    gap = rng.uniform(0.4, min(2.5, 0.4 * kept))
    deploys = renewals(rng, np.append(t[0] - kept, t), gap, 4)
    added = np.exp(rng.normal(0, rng.uniform(0.05, 0.3), deploys.size))
    total = np.append(0, np.cumsum(added * compounded(deploys, pace(rng, t, end, 0.02, 0.5))))
    gone = total[np.searchsorted(deploys, t - kept, side="right")]
    path = total[np.searchsorted(deploys, t, side="right")] - gone
    return placed(rng, t, path + rng.uniform(0.5, 3) * kept / gap, end)


def uploads_of_all_sizes(rng: Rng, t: Floats) -> Floats:
    """Uploads at random, most of them small and a few very large; some are deleted, or as many as come."""
    end, gap = full_day(rng, 0.55), log_uniform(rng, 0.02, 0.3)
    rate, come = pace(rng, t, end, 0.013, 0.6), renewals(rng, t, gap, 1)
    size = np.minimum(1 + rng.pareto(rng.uniform(1.5, 2.8), come.size), 25)
    size = size / size[come < 0].mean() * gap
    deleted = rng.uniform(size=come.size) < 0.15
    change = size * np.where(deleted, -0.016, max(rate, 0.0) + 0.004)
    if rate < 0:
        change = size * np.where(deleted, -0.024, 0.004)
    total = np.append(0, np.cumsum(change))[np.searchsorted(come, t, side="right")]
    return placed(rng, t, np.maximum(1 + total - total[t <= 0][-1], 0.02), end)


def fill_in_hidden_regimes(rng: Rng, t: Floats) -> Floats:
    """For some days it fills fast, for some slowly, for some it drains, one after the other as it comes."""
    end, gap = full_day(rng, 0.55), rng.uniform(1.5, 5)
    slopes = ((1.6, 0.1, -1.6), (0.5, 0.1, -0.5), (1.0, 0.0, -1.0))[rng.integers(3)]
    if end < HORIZON:
        slopes = (2.2, 0.5, -0.5)
    turns = renewals(rng, t, gap, 2)
    slope = rng.choice(slopes, turns.size)[since_last(t, turns)[1]]
    return placed(rng, t, np.maximum(1 + around(rng, 0.014, 0.6) * accumulate(t, slope), 0.02), end)


def whole_pods_for_load(rng: Rng, t: Floats) -> Floats:
    """An autoscaler that follows the load of a sector, which grows, in whole pods."""
    end, pods = full_day(rng, 0.55), log_uniform(rng, 12, 120)
    demand = load(rng, week(rng, t), 0.2) * grown(t, pace(rng, t, end, 0.012, 0.6))
    return placed(rng, t, np.ceil(pods * demand), end)


SHAPES: dict[str, Shape] = {
    shape.__name__: shape
    for shape in (
        busy_hours_of_a_sector,
        evening_peaks_over_floor,
        compaction_in_tiers,
        leak_between_random_restarts,
        releases_that_multiply,
        data_of_the_last_days,
        copy_of_a_migration,
        seats_joined_and_left,
        connections_never_returned,
        neighbours_on_and_off,
        replication_slot_bursts,
        backlog_worked_off_overnight,
        archiver_behind_nightly_batch,
        volumes_under_dropped_snapshots,
        files_removed_by_age,
        age_until_vacuumed,
        flash_wear_in_regimes,
        keys_used_in_batches,
        leases_smeared_by_their_time,
        credits_of_small_machines,
        chain_of_full_and_increments,
        load_after_a_campaign,
        series_churned_by_deploys,
        uploads_of_all_sizes,
        fill_in_hidden_regimes,
        whole_pods_for_load,
    )
}
