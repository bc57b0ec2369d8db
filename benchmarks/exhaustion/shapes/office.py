"""What usage does where people keep office hours: links, sessions, leases, licences, power, mail, backups, month-ends.

Working days and free ones set the load, on what grows, leaks, ages, is rotated, or stays close below the limit.
"""

from __future__ import annotations

import numpy as np

from benchmarks.exhaustion.parts import (
    HORIZON,
    Floats,
    Rng,
    Shape,
    events,
    full_day,
    log_uniform,
    next_record,
    since_last,
    wander,
)


def calendar(rng: Rng, t: Floats) -> tuple[Floats, Floats]:
    """Days since a Monday, and one on working days, zero on weekends and holidays (single days, some of them more)."""
    local = t - t[0] + rng.uniform(0, 7)
    day = np.arange(int(local[-1]) + 1)
    works = (day % 7 < 5) | ((day % 7 == 5) & (rng.uniform(size=day.size) < 0.05))
    for first in np.flatnonzero(rng.uniform(size=day.size) < 0.025):
        works[first : first + rng.choice([1, 1, 1, 1, 2, 2, 4, 9])] = False
    return local, np.where(works, 1.0, 0.0)[local.astype(int)]


def opened(local: Floats, begin: float, finish: Floats | float, soft: float) -> Floats:
    """One from one hour of the day to another, with soft edges, else zero."""
    hour = (local - np.floor(local)) * 24
    return np.asarray(1 / (1 + np.exp((begin - hour) / soft)) / (1 + np.exp((hour - finish) / soft)), dtype=np.float64)


def bell(local: Floats, hour: float, width: float) -> Floats:
    """A bell around an hour of the day."""
    return np.asarray(np.exp(-((((local - np.floor(local)) * 24 - hour) / width) ** 2)), dtype=np.float64)


def day_factor(rng: Rng, local: Floats, sd: float) -> Floats:
    """A factor around one for each day, a little like the one of the day before."""
    shocks = np.clip(rng.normal(size=int(local[-1]) + 2), -2.2, 2.2)
    return np.asarray(np.exp(sd * (0.95 * shocks[1:] + 0.3 * shocks[:-1]))[local.astype(int)], dtype=np.float64)


def office(rng: Rng, local: Floats, works: Floats, sd: float = 0.04) -> Floats:
    """Load of an office: about one in the busy hour, less at lunch, hardly any at night and on free days."""
    finish = rng.uniform(17.2, 19.2)
    load = opened(local, rng.uniform(7.8, 9.4), finish, rng.uniform(0.2, 0.6))
    load = load * (1 - rng.uniform(0.05, 0.4) * bell(local, rng.uniform(12.3, 12.9), rng.uniform(0.4, 0.7)))
    load = load * (1 + rng.uniform(-0.15, 0.25) * (local - np.floor(local) - 0.54) * 4.8)
    if rng.uniform() < 0.5:
        load = load + rng.uniform(0.03, 0.2) * opened(local, finish, rng.uniform(20, 23), 0.45)
    week = rng.uniform(0.95, 1.05, 7)[local.astype(int) % 7] * np.where(works > 0, 1.0, rng.uniform(0.02, 0.25))
    return np.asarray(load / load.max() * week * day_factor(rng, local, sd), dtype=np.float64)


def followed(rng: Rng, local: Floats, works: Floats, low: float, high: float, share: float = 1.0) -> Floats:
    """What follows the office a little, in that share of the draws."""
    return np.asarray(log_uniform(rng, low, high) * (rng.uniform() < share) * office(rng, local, works))


def grown(rng: Rng, t: Floats, local: Floats, works: Floats, sd: float, factor: Floats | float = 1.0) -> Floats:
    """What has come together, one a day in the mean, zero now: a part evenly, a part in office hours."""
    load, part = office(rng, local, works, sd), rng.uniform(0, 0.9)
    rate = ((1 - part) * day_factor(rng, local, sd) + part * load / load.mean()) * factor
    total = np.cumsum(rate) * (t[1] - t[0]) / rate.mean()
    return np.asarray(total - total[t <= 0][-1], dtype=np.float64)


def pace(rng: Rng, t: Floats, end: float, low: float, high: float) -> float:
    """Growth a day of what is one now: plain where it is to fill within the horizon, else slight, none or falling."""
    if end > HORIZON:
        return log_uniform(rng, 0.0003, 0.003) * float(rng.choice([0.0, 1.0, -1.0], p=[0.5, 0.37, 0.13]))
    high = min(high, -0.8 / t[0])
    return log_uniform(rng, min(low, high / 2), high)


def growth(rng: Rng, t: Floats, end: float, low: float, high: float) -> Floats:
    """A factor that is one now and grows at such a pace, simply or compound."""
    rate = pace(rng, t, end, low, high) if end > HORIZON else log_uniform(rng, low, high)
    return 1 + rate * t if -rate * t[0] < 0.85 and rng.uniform() < 0.7 else np.exp(rate * t)


def placed(rng: Rng, t: Floats, path: Floats, end: float, most: float = 2.5) -> Floats:
    """The path as a share of a limit that it reaches on that day or soon after, or that it stays below."""
    highest = np.maximum.accumulate(path)
    at = next_record(t, highest, end) if end < HORIZON else None
    if at is not None:
        limit = highest[at] - rng.uniform(0, 0.9) * (highest[at] - highest[at - 1])
    else:
        limit = highest[-1] * (rng.uniform(1.03, 1.09) if rng.uniform() < 0.2 else log_uniform(rng, 1.06, most))
    return np.asarray(path / limit, dtype=np.float64)


def file_server_filling(rng: Rng, t: Floats) -> Floats:
    """A file server fills as people work; on some, deduplication gives a little back by night."""
    end, (local, works) = full_day(rng, 0.45), calendar(rng, t)
    path = 1 + pace(rng, t, end, 0.002, 0.03) * grown(rng, t, local, works, rng.uniform(0.1, 0.5))
    back = (rng.uniform() < 0.3) * log_uniform(rng, 0.002, 0.012) * opened(local, 3, 9, 0.4)
    return placed(rng, t, path - back + followed(rng, local, works, 0.002, 0.02, 0.5), end)


def branch_link_busy_hour(rng: Rng, t: Floats) -> Floats:
    """The link of an office, or of a site that works in shifts: all of it grows; some replicate by night."""
    end, (local, works) = full_day(rng, 0.62), calendar(rng, t)
    night = rng.uniform(0.05, 0.4) if rng.uniform() < 0.35 else rng.uniform(0.65, 0.96)
    path = night + (1 - night) * office(rng, local, works, rng.uniform(0.01, 0.04))
    path = path * (1 + rng.uniform(0, 0.04) * np.sin(2 * np.pi * t / rng.uniform(0.1, 0.3)))
    if rng.uniform() < 0.4:
        path = path + rng.uniform(0.05, 0.4) * opened(local, rng.uniform(0.5, 2), rng.uniform(3, 5.5), 0.05)
    return placed(rng, t, path * growth(rng, t, end, 0.006, 0.028), end, 3)


def remote_access_peaks(rng: Rng, t: Floats) -> Floats:
    """Sessions of remote workers: peaks in the morning and after lunch that grow, though the mean hardly does."""
    end, (local, works), base = full_day(rng, 0.62), calendar(rng, t), log_uniform(rng, 0.4, 3)
    peak = bell(local, rng.uniform(8.8, 10.2), rng.uniform(1.2, 2.5))
    peak = peak + rng.uniform(0.1, 0.7) * bell(local, rng.uniform(13.8, 15.5), rng.uniform(0.6, 1.4))
    peak = peak * np.where(works > 0, 1.0, rng.uniform(0.05, 0.3)) * day_factor(rng, local, rng.uniform(0.01, 0.04))
    higher = growth(rng, t, end, 0.015, 0.04)
    path = base + rng.uniform(0.5, 1) * higher * peak + 0.1 * base * office(rng, local, works)
    path = path - rng.uniform(0.3, 1) * peak.mean() * (higher - 1)
    return placed(rng, t, path - min(float(path.min()), 0.0), end, 3)


def translation_table_bursts(rng: Rng, t: Floats) -> Floats:
    """Translated connections of an office, and bursts that die down within hours."""
    end, (local, works), height = full_day(rng, 0.62), calendar(rng, t), rng.uniform(0.1, 0.4)
    path = log_uniform(rng, 0.25, 6) + office(rng, local, works, rng.uniform(0.01, 0.05))
    for begin in np.flatnonzero(rng.uniform(size=t.size) < rng.uniform(0.1, 0.7) * (t[1] - t[0])):
        age = t[begin : begin + round(1 / (t[1] - t[0]))] - t[begin]
        path[begin : begin + age.size] += height * rng.beta(2, 2) * np.exp(-24 * age / log_uniform(rng, 0.7, 5))
    return placed(rng, t, path * growth(rng, t, end, 0.008, 0.03), end, 3)


def leases_of_arriving_staff(rng: Rng, t: Floats) -> Floats:
    """Addresses taken as people come, given back hours after they left; more people every day, or every Monday."""
    end, (local, works), kept = full_day(rng, 0.58), calendar(rng, t), rng.uniform(1.5, 14) / 24
    present = np.log(office(rng, local, works, rng.uniform(0.01, 0.04)) + 0.01)
    leased = np.exp(np.maximum.accumulate(present + t / kept) - t / kept)
    staff, week = growth(rng, t, end, 0.005, 0.025), np.floor(local / 7)
    if rng.uniform() < 0.5:
        staff = staff[np.searchsorted(week, week)]
    return placed(rng, t, (log_uniform(rng, 0.8, 20) + leased / leased.max()) * staff, end, 3)


def switch_leak_one_reload(rng: Rng, t: Floats) -> Floats:
    """Memory that leaks with the work of the day, reloaded once at most: the leak goes on, fast or slow."""
    end, (local, works) = full_day(rng, 0.48), calendar(rng, t)
    rate = log_uniform(rng, 0.003, min(0.03, -1.2 / t[0])) if end < HORIZON else log_uniform(rng, 0.0003, 0.003)
    leaked, reload = grown(rng, t, local, works, 0.1), t >= t[0] * rng.uniform(0.3, 0.95)
    lost = rng.uniform(0, 25) - leaked[0]
    if rng.uniform() < 0.6:
        lost = np.where(reload, rng.uniform(0, 5) - leaked[reload][0], lost)
    return placed(rng, t, 1 + rate * (leaked + lost) + followed(rng, local, works, 0.002, 0.03), end)


def switch_reloads_by_plan(rng: Rng, t: Floats) -> Floats:
    """A leak that is reloaded by plan or by a watchdog; what is left after it grows, or the leak does, or neither."""
    end, (local, works), gap = full_day(rng, 0.5), calendar(rng, t), rng.uniform(min(3, -t[0] / 5), min(14, -t[0] / 3))
    leaked, reloads = grown(rng, t, local, works, 0.1), events(rng, t, gap, rng.choice([0, rng.uniform(0.05, 0.25)]))
    tooth = log_uniform(rng, 0.05, 0.5) / gap * (leaked - np.interp(reloads, t, leaked)[since_last(t, reloads)[1]])
    rate = rng.uniform(0.007, min(0.022, -0.95 / t[0])) if end < HORIZON else 0.0
    path = 1 + rate * t + tooth if rng.uniform() < 0.5 else 1 + tooth * np.maximum(1 + 2.5 * rate * t, 0.1)
    return placed(rng, t, path + followed(rng, local, works, 0.002, 0.03), end)


def syslog_rotation(rng: Rng, t: Floats) -> Floats:
    """Logs of the day's work, rotated by night, week or size; some delete the oldest once they are full to a mark."""
    end, (local, works), gap = full_day(rng, 0.5), calendar(rng, t), int(rng.choice([1, 1, 3, 7, 7]))
    volume = grown(rng, t, local, works, 0.2)
    if end > HORIZON and rng.uniform() < 0.25:
        freed = rng.uniform(0.15, 0.5)
        filled = (volume - volume[0]) * freed / rng.uniform(2.5, min(12, -t[0] / 3)) + rng.uniform(0, freed)
        marks = np.cumsum(freed + rng.uniform(-0.02, 0.02, int(filled[-1] / (freed - 0.02)) + 3))
        return placed(rng, t, 1 + filled - marks[np.searchsorted(marks, filled)], end, 1.35)
    cuts = np.arange(rng.uniform(0, 5) / 24 - rng.integers(1, gap + 1), local[-1], gap)
    if rng.uniform() < 0.3:
        cuts = events(rng, local, rng.uniform(0.7, 6), 0.2)
    tooth = log_uniform(rng, 0.02, 0.25) / gap * (volume - np.interp(cuts, local, volume)[since_last(local, cuts)[1]])
    drift = 1 + pace(rng, t, end, 0.008, 0.026) * t
    return placed(rng, t, drift + tooth * (drift if rng.uniform() < 0.5 else 1.0), end)


def weekly_full_backups(rng: Rng, t: Floats) -> Floats:
    """A full backup a week, increments each night, deleted after so many weeks: they grow, or nothing is deleted."""
    end, kept, stopped = full_day(rng, 0.58), int(rng.integers(2, 5)), HORIZON
    rate = log_uniform(rng, 0.03, min(0.1, -5.5 / t[0])) if end < HORIZON else rng.uniform(-0.006, 0.008)
    if end < HORIZON and rng.uniform() < 0.4:
        rate, stopped = 0.0, -rng.uniform(min(8, -0.4 * t[0]), min(20, -0.8 * t[0]))
    begin = t[0] - rng.uniform() + np.arange(-7 * (kept + 2), HORIZON - t[0] + 7)
    full, busy = np.arange(begin.size) % 7 == 0, calendar(rng, begin)[1]
    size = rng.uniform(0.03, 0.15) * np.where(busy > 0, 1, 0.3) * rng.uniform(0.7, 1.3, begin.size)
    size = np.where(full, np.exp(rng.normal(0, rng.uniform(0.01, 0.04), begin.size)), size)
    total = np.concatenate([[0.0], np.cumsum(size * np.maximum(1 + rate * begin / 7, 0.15))])
    done = begin + np.where(full, rng.uniform(4, 16), rng.uniform(1.5, 6)) / 24
    written = np.interp(t, np.stack([begin, done], axis=1).ravel(), np.repeat(total, 2)[1:-1])
    gone = begin[full] + 7 * kept + rng.uniform(5, 28) / 24
    path = written - total[:-1][full][np.searchsorted(gone, np.minimum(t, stopped))]
    return placed(rng, t, path + log_uniform(rng, 1.2, 30) * np.maximum(1 + rate * t / 7, 0.1), end, 1.7)


def optical_margin_loss(rng: Rng, t: Floats) -> Floats:
    """Light that is lost on a line as it ages, a little faster on some; the day's warmth, and a bend long since."""
    end, faster = full_day(rng, 0.48), (rng.uniform() < 0.3) * rng.uniform(0, 0.006)
    path = 1 + pace(rng, t, end, 0.002, 0.02) * t * (1 + faster * np.abs(t))
    path = path + log_uniform(rng, 0.002, 0.015) * np.sin(2 * np.pi * (t - rng.uniform()))
    path = path + (rng.uniform() < 0.3) * rng.uniform(0.02, 0.1) * (t > rng.uniform(t[0], max(-9, 0.3 * t[0])))
    return placed(rng, t, path + wander(rng, t, log_uniform(rng, 0.001, 0.008), rng.uniform(2, 6)), end)


def battery_self_tests(rng: Rng, t: Floats) -> Floats:
    """Runtime that a battery has lost, known from a test a day, a week or two: at one speed, or ever faster."""
    end, gap, faster = full_day(rng, 0.48), float(rng.choice([1, 1, 7, 7, 7, 14])), rng.uniform(20, 60)
    age = faster * np.expm1(t / faster) if rng.uniform() < 0.4 else t
    _, index = since_last(t, events(rng, t, gap, 0))
    tested = age[np.searchsorted(index, index)] + (0.15 * gap * rng.normal(size=index[-1] + 1))[index]
    path = 1 + pace(rng, t, end, 0.004, 0.018) * tested
    return placed(rng, t, path + log_uniform(rng, 0.001, 0.01) * np.sin(2 * np.pi * (t - rng.uniform())), end)


def seats_taken_on_mondays(rng: Rng, t: Floats) -> Floats:
    """Seats that new staff takes at nine on Mondays, on a second day of the week too, or once a month, rarely else."""
    end, (local, works), day = full_day(rng, 0.55), calendar(rng, t), np.arange(int(t[-1] - t[0]) + 8)
    begins = np.isin(day % 7, [0, rng.choice([0, 0, 0, 2, 3, 4])])
    begins = begins if rng.uniform() < 0.93 else (day + rng.integers(30)) % 30.4 < 1
    begins[0], taken = True, [0.0]
    came = np.flatnonzero(begins | (rng.uniform(size=day.size) < 0.03))
    for first in came[1:]:
        taken.append(taken[-1] + (first - taken[-1]) * rng.uniform(0.5, 1.5))
    path = np.array(taken)[np.maximum(np.searchsorted(came + 9 / 24, local, side="right") - 1, 0)]
    path = 1 + pace(rng, t, end, 0.005, 0.018) * (path - path[t <= 0][-1])
    seats = rng.integers(100, 5000)
    return np.floor(placed(rng, t, path + followed(rng, local, works, 0.003, 0.05, 0.4), end) * seats) / seats


def rack_power_after_moves(rng: Rng, t: Floats) -> Floats:
    """Power of a rack that follows the office a little and grows; machines were moved in or out some time ago."""
    end, (local, works) = full_day(rng, 0.52), calendar(rng, t)
    wandered = wander(rng, t, log_uniform(rng, 0.001, 0.006), rng.uniform(0.5, 3))
    path = (1 + followed(rng, local, works, 0.01, 0.13) + wandered) * (1 + pace(rng, t, end, 0.004, 0.016) * t)
    for _ in range(int(rng.integers(1, 3))):
        moved = t >= -rng.uniform(1, min(28, -0.9 * t[0]))
        path = path + moved * rng.uniform(0.05, 0.35) * rng.choice([1, -0.6], p=[0.85, 0.15])
    return placed(rng, t, path, end, 2.2)


def log_growth_since_change(rng: Rng, t: Floats) -> Floats:
    """Logs that grow faster since a change some days ago, a little or much; or it was mended, and they hardly grow."""
    end, (local, works) = full_day(rng, 0.46), calendar(rng, t)
    age = grown(rng, t, local, works, rng.uniform(0.1, 0.3))
    age = age - np.interp(-log_uniform(rng, min(3, -0.3 * t[0]), min(16, -0.7 * t[0])), t, age)
    if end < HORIZON:
        after = log_uniform(rng, 0.006, 0.04)
        before = min(after * rng.uniform(0, 0.35), -0.9 / t[0])
    else:
        mended = rng.uniform() < 0.55
        before = log_uniform(rng, *((0.004, -0.6 / t[0]) if mended else (0.0005, 0.002)))
        after = before * rng.uniform(*((-0.1, 0.12) if mended else (1.5, 3)))
    return placed(rng, t, 1 + np.where(age < 0, before, after) * age, end, 1.5)


def rollout_to_all_desks(rng: Rng, t: Floats) -> Floats:
    """A service rolled out to all: slow, fast, slow, or fast at once and slower since; over, or still under way."""
    end, (local, works) = full_day(rng, 0.5), calendar(rng, t)
    if rng.uniform() < 0.33:
        begin = t[0] * rng.uniform(0.4, 0.9)
        days = -begin / rng.uniform(2.2, 7) if end > HORIZON else max(rng.uniform(15, 50), (end - begin) / 3.1)
        share = 1 - np.exp(-np.maximum(t - begin, 0) / days)
    else:
        days = rng.uniform(2, 8)
        middle = -rng.uniform(2, 5) * days if end > HORIZON else rng.uniform(-8, min(end, 14))
        if end < HORIZON:
            days = max(rng.uniform(4, 14), (end - middle) / 3.1)
        share = 1 / (1 + np.exp((middle - t) / days))
    path = rng.uniform(0.1, 0.8) + rng.uniform(0.3, 1) * share
    return placed(rng, t, path * (1 + followed(rng, local, works, 0.005, 0.06, 0.6)), end, 1.8)


def mail_archive_compounding(rng: Rng, t: Floats) -> Floats:
    """A mail archive that grows by a part of what it is, on top of what stays; far from the limit, or soon there."""
    end, (local, works) = full_day(rng, 0.42), calendar(rng, t)
    days = rng.uniform(15, 65) if end < HORIZON else rng.uniform(35, 120)
    path = rng.uniform(0, 1.5) + np.exp(grown(rng, t, local, works, rng.uniform(0.05, 0.25)) / days)
    return placed(rng, t, path + followed(rng, local, works, 0.003, 0.03, 0.4), end, 1.6)


def scratch_at_month_end(rng: Rng, t: Floats) -> Floats:
    """Working space of a ledger: full in the last days of a month and the first of the next, by day more than night."""
    end, (local, works), closed = full_day(rng, 0.52), calendar(rng, t), rng.uniform(0, min(30.4, -t[0]))
    day = (np.floor(local) - np.floor(local[0] - t[0] - closed)) % 30.4
    left = np.ceil(30.4 - day) - 1
    early = np.where(np.floor(day) < rng.integers(0, 6), 0.78 - 0.12 * np.floor(day), 0.0)
    close = np.where(left < rng.integers(1, 4), 1 - 0.15 * left, early) * day_factor(rng, local, 0.03)
    close = close * (0.45 + 0.55 * opened(local, rng.uniform(8, 16), rng.uniform(22, 25), 0.7))
    rate = rng.uniform(0.06, 0.3) if end < HORIZON else rng.uniform(-0.05, 0.02)
    path = rng.uniform(0.15, 0.9) + close * np.maximum(1 + rate * t / 30, 0.1)
    return placed(rng, t, path + rng.uniform(0.02, 0.25) * office(rng, local, works), end, 2)


def nightly_batch_window(rng: Rng, t: Floats) -> Floats:
    """A batch by night that grows, with or without what runs all day: longer when it is heavy, as one night may be."""
    end, (local, works) = full_day(rng, 0.62), calendar(rng, t)
    factor = day_factor(rng, local + 0.5, rng.uniform(0.015, 0.05))
    batch = factor * opened(local + 0.5, 12 + rng.uniform(-3, 1.5), 12 + rng.uniform(2.5, 7) * factor**4, 0.13)
    if rng.uniform() < 0.4:
        batch = batch * np.where((local + 0.5).astype(int) % 7 == rng.integers(5, 7), rng.uniform(1.05, 1.5), 1.0)
    larger = growth(rng, t, end, 0.008, 0.028)
    path = batch * larger + log_uniform(rng, 0.2, 7) * (larger if rng.uniform() < 0.65 else 1.0)
    return placed(rng, t, path + rng.uniform(0, 0.25) * office(rng, local, works), end, 3)


def allotment_by_office_days(rng: Rng, t: Floats) -> Floats:
    """A volume that is used up day by day, evenly or in office hours; in some, ever faster or slower."""
    end, (local, works) = full_day(rng, 0.42), calendar(rng, t)
    rate = np.exp(wander(rng, t, rng.uniform(0.02, 0.3), rng.uniform(0.1, 2)))
    rate = rate * np.maximum(1 + (rng.uniform() < 0.3) * rng.uniform(-0.004, 0.012) * t, 0.2)
    used = grown(rng, t, local, works, rng.uniform(0.05, 0.3), rate)
    return placed(rng, t, used - used[0], end, 3.5)


def retired_or_still_service(rng: Rng, t: Floats) -> Floats:
    """What is being retired, evenly or ever slower; or stays, changed by hand now and then, or follows the office."""
    (local, works), changes = calendar(rng, t), rng.uniform(size=t.size) < rng.uniform(0, 0.07) * (t[1] - t[0])
    path = (
        1 + np.cumsum(changes * rng.uniform(-0.008, 0.01, t.size)),
        np.maximum(1 - log_uniform(rng, 0.001, 0.012) * grown(rng, t, local, works, 0.2), 0.05),
        rng.uniform(0.1, 1) + np.exp(-t / rng.uniform(25, 150)),
        1 + followed(rng, local, works, 0.003, 0.03) + wander(rng, t, log_uniform(rng, 0.001, 0.006), 2),
    )[int(rng.choice(4, p=[0.4, 0.18, 0.17, 0.25]))]
    return placed(rng, t, path, 2 * HORIZON)


def management_heap_collections(rng: Rng, t: Floats) -> Floats:
    """A heap that is collected every few hours; what is live grows, or stays, and follows the office a little."""
    end, (local, works), gap = full_day(rng, 0.52), calendar(rng, t), rng.uniform(0.6, 8) / 24
    age, _ = since_last(t, events(rng, t, gap, rng.uniform(0.05, 0.3)))
    path = 1 + pace(rng, t, end, 0.005, 0.028) * grown(rng, t, local, works, rng.uniform(0, 0.1))
    path = path + log_uniform(rng, 0.02, 0.3) * np.minimum(age / gap, 1.3)
    return placed(rng, t, path + followed(rng, local, works, 0.003, 0.08), end, 1.8)


def server_room_heat(rng: Rng, t: Floats) -> Floats:
    """Warmth of a room as a share of what is allowed: it follows day and office, wanders, and rises by little."""
    end, (local, works) = full_day(rng, 0.52), calendar(rng, t)
    rate = log_uniform(rng, 0.07, min(0.4, -12 / t[0])) if end < HORIZON else rng.uniform(-0.06, 0.03)
    wave = np.sin(2 * np.pi * (local - rng.uniform(7, 10) / 24)) * day_factor(rng, local, 0.15)
    path = rng.uniform(22, 28) + rate * t + log_uniform(rng, 0.1, 1) * wave + followed(rng, local, works, 0.05, 0.7)
    return placed(rng, t, path + wander(rng, t, rng.uniform(0.05, 0.35), rng.uniform(1.5, 4)), end, 1.5)


SHAPES: dict[str, Shape] = {
    shape.__name__: shape
    for shape in (
        file_server_filling,
        branch_link_busy_hour,
        remote_access_peaks,
        translation_table_bursts,
        leases_of_arriving_staff,
        switch_leak_one_reload,
        switch_reloads_by_plan,
        syslog_rotation,
        weekly_full_backups,
        optical_margin_loss,
        battery_self_tests,
        seats_taken_on_mondays,
        rack_power_after_moves,
        log_growth_since_change,
        rollout_to_all_desks,
        mail_archive_compounding,
        scratch_at_month_end,
        nightly_batch_window,
        allotment_by_office_days,
        retired_or_still_service,
        management_heap_collections,
        server_room_heat,
    )
}
