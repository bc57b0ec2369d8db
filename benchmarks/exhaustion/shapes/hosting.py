"""What usage does at a telecom and hosting company: access lines, mail, customers' machines, backups, volumes sold.

Here the height of the peaks is a line of its own, the envelope, which rests or is on its way to the limit; loads, teeth
and backlogs are dips below it, in proportion to it. Its time is the work that is done, which runs by the hours of the
office, of the night or of the week. Faults, copies and changes of a rate began days to three weeks ago.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmarks.exhaustion.parts import HORIZON, Floats, Rng, Shape, accumulate, full_day, log_uniform, since_last

MONTH = 30.4  # days


def level(rng: Rng) -> float:
    """The height at which peaks rest below their limit: most often not far below."""
    return float(0.98 - 0.68 * rng.beta(0.9, 2.1))


def envelope(rng: Rng, t: Floats, end: float, still: float = 0.5, work: Floats | None = None) -> Floats:
    """The height of the peaks: full on that day, by time or by work; if that is far, it often rests or falls."""
    past, work = -t[0], t if work is None else work
    if end > HORIZON and rng.uniform() < still:
        return np.full(t.size, level(rng))
    if end > HORIZON and rng.uniform() < 0.12:
        return np.clip(level(rng) - rng.uniform(0.0005, 0.004) * work, 0.05, rng.uniform(0.9, 0.98))
    rising = past * rng.uniform(1, 1.3) if rng.uniform() < 0.7 else max(past * rng.uniform(0.4, 1), 9)
    lowest = (0.03 + rising / end) / (1 + rising / end)  # so that it did not begin below nothing
    if end > HORIZON:
        now = rng.uniform(max(lowest, 0.3), max(0.9, lowest + (1 - lowest) * 0.6))
    else:
        now = rng.uniform(max(lowest, 0.25), max(0.985 - 0.0022 * end, lowest + (1 - lowest) * 0.55))
    return np.asarray(now + (1 - now) / end * np.maximum(work, -rising), dtype=np.float64)


def since_change(rng: Rng, end: float, since: float, low: float) -> tuple[float, float]:
    """The share in use now, and what is added a day since a change so many days ago; it was .15 or more by then."""
    lowest = max(low, 1 - 0.85 * end / (end + since))
    now = rng.uniform(lowest, max(0.93, (1 + lowest) / 2))
    return now, (1 - now) / end


def below(rng: Rng, path: Floats) -> Floats:
    """The path as a share of a limit that it stays below."""
    return np.asarray(path * (level(rng) / path.max()), dtype=np.float64)


def idle_below(rng: Rng, path: Floats) -> Floats:
    """The path as it is, or as a share of a limit not far above it; it stays below."""
    return below(rng, path) if rng.uniform() < 0.6 else np.asarray(path / max(1, path.max() / 0.985), dtype=np.float64)


def piling(t: Floats, rest: float, since: float, end: float) -> Floats:
    """What piles up evenly on a rest since so many days ago, full on that day."""
    return np.asarray((1 - rest) / (end + since) * np.maximum(t + since, 0), dtype=np.float64)


def week(rng: Rng, t: Floats) -> Floats:
    """Days since a Monday."""
    return np.asarray(t - t[0] + rng.uniform(0, 7), dtype=np.float64)


def hour(local: Floats) -> Floats:
    """The hour of the day."""
    return np.asarray(local % 1.0 * 24, dtype=np.float64)


def load(rng: Rng, local: Floats, peak: float, sharp: float, weekend: float = 1.0) -> Floats:
    """A load up to one, highest at that hour, with a smaller peak before it; more or less of it at weekends."""
    away = (hour(local) - peak) * np.pi / 12
    main = (0.5 + 0.5 * np.cos(away)) ** sharp
    second = (0.5 + 0.5 * np.cos(2 * away + rng.uniform(5, 9) * np.pi / 6)) ** 2 * main**0.3
    both = (0.75 * main + 0.25 * second) * np.where(local % 7 < 5, 1.0, weekend)
    return np.asarray(both / both.max(), dtype=np.float64)


def worked(t: Floats, speed: Floats) -> Floats:
    """Days of work done since now at that speed, which so far was one in the mean."""
    return accumulate(t, speed / speed[t <= 0].mean())


def teeth(rng: Rng, t: Floats, gap: float, jitter: float = 0.0) -> tuple[Floats, NDArray[np.intp]]:
    """How much of its tooth has passed at each instant, from 0 to 1, and the number of the tooth."""
    count = int((t[-1] - t[0]) / gap * 2.5) + 8
    lengths = gap * np.maximum(0.25, 1 + jitter * rng.normal(size=count))
    ends = t[0] + np.cumsum(lengths) - (1 + rng.uniform()) * gap
    index = np.clip(np.searchsorted(ends, t, side="right"), 1, count - 1)
    return np.clip((t - ends[index - 1]) / lengths[index], 0, 1), index


def bursts(rng: Rng, t: Floats, rate: float, highest: float, memory: float) -> Floats:
    """The highest of some bursts at random instants, each of its own height, that fade within hours."""
    path = np.zeros(t.size)
    for begin in rng.uniform(t[0], t[-1], rng.poisson(rate * (t[-1] - t[0]))):
        fades = memory * rng.uniform(0.4, 1.6)
        first, last = np.searchsorted(t, [begin, begin + 6 * fades + 0.2])
        age = t[first:last] - begin
        burst = highest * rng.uniform(0.3, 1) * np.minimum(1, (age + 0.02) / 0.08) * np.exp(-age / fades)
        path[first:last] = np.maximum(path[first:last], burst)
    return path


def stalled(t: Floats, begin: float, lasts: float, drains: float) -> Floats:
    """What piles up from an instant on for some days, up to one, and is then worked off."""
    age = t - begin
    return np.clip(np.where(age < lasts, age / lasts, 1 - (age - lasts) / drains), 0, 1)


def used_up(rng: Rng, t: Floats, rate: Floats, end: float) -> Floats:
    """What is used up of a volume since the first sample, at a rate with bursts: all of it on that day."""
    total = accumulate(t, rate * np.exp(0.25 * rng.normal(size=t.size)))
    total = total - total[0]
    if end > HORIZON:  # most of those last not much longer
        return np.asarray(total / total[-1] * (t[-1] - t[0]) / (0.25 * (end - HORIZON) + 1 + t[-1] - t[0]))
    return np.asarray(total / np.interp(end, t, total), dtype=np.float64)


def objects_written_in_weekly_waves(rng: Rng, t: Floats) -> Floats:
    """An object store that fills faster and slower in the course of each week, and of each day."""
    end, local = full_day(rng, 0.55), week(rng, t)
    speed = 1 + rng.uniform(0, 0.6) * np.sin(2 * np.pi * local / 7) + rng.uniform(0, 0.5) * load(rng, local, 14, 1)
    return envelope(rng, t, end, 0.25, worked(t, speed))


def lines_busy_below_envelope(rng: Rng, t: Floats) -> Floats:
    """Lines of homes, busy in the evening of all days, or of businesses, busy on working days; their peaks grow."""
    end, local = full_day(rng, 0.55), week(rng, t)
    if rng.uniform() < 0.5:
        busy = load(rng, local, rng.uniform(20, 22), rng.uniform(1, 2.5), rng.uniform(0.93, 1.12))
    else:
        busy = load(rng, local, rng.uniform(10, 15), rng.uniform(1, 3), rng.uniform(0.25, 0.7))
    return envelope(rng, t, end) * (1 - rng.uniform(0.1, 0.75) * (1 - busy))


def mail_backlog_since_fault(rng: Rng, t: Floats) -> Floats:
    """A mail queue with bursts: a backlog piled up for days and was drained; or one does since a fault days ago."""
    end, rest = full_day(rng, 0.5), rng.uniform(0.05, 0.3)
    path = rest + bursts(rng, t, log_uniform(rng, 0.2, 1.2), rng.uniform(0.08, 0.22), rng.uniform(0.08, 0.4))
    if end > HORIZON and rng.uniform() < 0.75:
        begin = t[0] + rng.uniform(0.1, 0.9) * -t[0]
        backlog = stalled(t, begin, min(rng.uniform(1, 4), -0.8 * begin), 0.3)
        path = path + (rng.uniform() < 0.7) * rng.uniform(0.2, 0.5) * backlog
        return idle_below(rng, path)
    least = min(max(1.2, 0.25 * end), 9)
    since = rng.uniform(least, max(9, 0.25 * end))
    return path + piling(t, rest, since, end)


def segments_of_stalled_replicas(rng: Rng, t: Floats) -> Floats:
    """Log kept while a replica is stalled: for hours, some times, then sent at once; or since it stalled for good."""
    end, rest = full_day(rng, 0.5), rng.uniform(0.05, 0.4)
    path = rest + bursts(rng, t, log_uniform(rng, 0.2, 1), rng.uniform(0.05, 0.25), rng.uniform(0.05, 0.2))
    for _ in range(int(rng.integers(0, 4))):
        path = path + rng.uniform(0.1, 0.4) * stalled(t, rng.uniform(t[0], -2), rng.uniform(0.2, 1), 0.1)
    if end > HORIZON and rng.uniform() < 0.75:
        return idle_below(rng, path)
    since = 0.4 * end if end > 14 else max(rng.uniform(1.2, 4), 0.3 * end)
    return path + piling(t, rest, since, end)


def pool_trimmed_to_unequal_depths(rng: Rng, t: Floats) -> Floats:
    """A thin pool or a merging store: what is deleted is given back at uneven gaps, and each time another share."""
    end, gap = full_day(rng, 0.55), log_uniform(rng, 0.4, min(7, -t[0] / 3))
    passed, tooth = teeth(rng, t, gap, rng.uniform(0.1, 0.3))
    depth = log_uniform(rng, 0.025, 0.35) * rng.uniform(0.4, 1.3, tooth[-1] + 1)
    return np.asarray(envelope(rng, t, end, 0.45) * (1 - depth[tooth] * (1 - passed)), dtype=np.float64)


def daemon_leak_outlasting_restarts(rng: Rng, t: Floats) -> Floats:
    """A leak that restarts undo: it runs faster since the last, or restarts ceased, or peaks grow, or all is well."""
    end, gap, jitter = full_day(rng, 0.55), rng.uniform(2, min(9, -t[0] / 3)), float(rng.choice([0.0, 0.12, 0.2]))
    rest, (passed, tooth) = rng.uniform(0.08, 0.4), teeth(rng, t, gap, jitter)
    if rng.uniform() < 0.25:
        return envelope(rng, t, end) * (1 - log_uniform(rng, 0.05, 0.5) * (1 - passed))
    if end > HORIZON:
        speed = rng.uniform(0.85, 1, tooth[-1] + 1)
        if rng.uniform() < 0.3:
            speed[tooth[t <= 0][-1] :] *= rng.uniform(1.1, 1.6)
        return below(rng, rest + rng.uniform(0.1, 0.7) * speed[tooth] * passed)
    since, slower = max(gap * rng.uniform(1.6, 3), 0.3 * end + 1), 1.0
    if end < 14 and rng.uniform() < 0.5:
        gap = max(gap, min((1.4 + 1.5 * jitter) * end + 1.5, -t[0] / 2))
        least = max(0.8, 0.25 * end)
        since = rng.uniform(least, max(least, gap / 1.1 - end))
        slower = max(log_uniform(rng, 1.6, 4), 1.15 * gap / (since + end))
    since = min(since, -0.7 * t[0])
    gaps = gap * np.maximum(0.4, 1 + jitter * rng.normal(size=int(-t[0] / gap * 2.5) + 2))
    age, cycle = since_last(t, -since - np.append(0, np.cumsum(gaps))[::-1])
    before = rng.uniform(0.93, 1.07, gaps.size + 1)[cycle] / slower
    leaked = age * np.where(t < -since, before, 1)
    return np.asarray(rest + (1 - rest) / (since + end) * leaked, dtype=np.float64)


def mailboxes_kept_longer(rng: Rng, t: Floats) -> Floats:
    """Mail piles up until the oldest is deleted as new comes; some days ago it was allowed to be kept for longer."""
    end = full_day(rng, 0.55)
    since = max(log_uniform(rng, 2.5, min(10, -0.5 * t[0])), 0.3 * min(end, -t[0]))
    if rng.uniform() < (0.2 if end > HORIZON else 0.6):
        return envelope(rng, t, end, 0)
    if end > HORIZON and rng.uniform() < 0.75:
        held, still = level(rng), rng.uniform(min(3, -0.2 * t[0]), -0.6 * t[0])
        slope = held * rng.uniform(0.5, 0.97) / (-t[0] - still)
        path = held * (0.99 + 0.01 * np.sin(2 * np.pi * week(rng, t) / 7)) - slope * np.maximum(-still - t, 0)
        return np.asarray(path, dtype=np.float64)
    now, slope = since_change(rng, end, since, 0.5)
    first = slope * rng.uniform(0.5, 1.3) * np.minimum(t + since + rng.uniform(3, max(4, -t[0] - since)), 0)
    return np.asarray(np.maximum(now + slope * np.maximum(t, -since) + first, 0.02), dtype=np.float64)


def machines_copied_by_night(rng: Rng, t: Floats) -> Floats:
    """Machines are copied to a store, all day or by night: since some days; or they were, and that was all."""
    end, clock = full_day(rng, 0.5), hour(week(rng, t))
    speed = np.where((clock > 22) | (clock < 6), 1, 0.02) if rng.uniform() < 0.5 else 1 + 0.4 * np.sin(9 * t)
    work = worked(t, speed)
    if end > HORIZON and rng.uniform() < 0.75:
        over = min(1.5 + log_uniform(rng, 0.4, 22), -0.5 * t[0])
        begun, done = np.interp([-over - min(rng.uniform(1.5, 9), -0.4 * t[0]), -over], t, work)
        missing = rng.uniform(0.2, 0.7) * (1 - np.clip((work - begun) / (done - begun), 0, 1))
        return np.asarray(level(rng) * (1 - missing) + rng.uniform(0, 0.0002) * t, dtype=np.float64)
    since = min(max(rng.uniform(1.5, 10), 0.3 * end), -0.8 * t[0])
    now, slope = since_change(rng, end, since, 0.4)
    return np.asarray(now + slope * np.maximum(work, -since), dtype=np.float64)


def session_files_swept_late(rng: Rng, t: Floats) -> Floats:
    """Session files, swept by a job every day or few: it missed a run once and caught up, or it no longer runs."""
    end, local, gap = full_day(rng, 0.55), week(rng, t), min(float(rng.choice([1, 1, 2, 7])), -t[0] / 4)
    passed, tooth = teeth(rng, t, gap)
    if end > HORIZON or (end > 14 and rng.uniform() < 0.7):
        path, depth = envelope(rng, t, end, 0.7), log_uniform(rng, 0.05, 0.5)
        if end > HORIZON and gap < 3 and rng.uniform() < 0.5:
            passed = passed + (tooth == rng.integers(2, max(3, tooth[t <= 0][-1])))
        path = path * (1 - depth * (1 - passed))
        return path * min(1, 0.985 / path.max()) if end > HORIZON else path
    since, rest = min(max(rng.uniform(1.6, 5) * gap, 0.3 * end), -0.75 * t[0]), rng.uniform(0.05, 0.6)
    work = worked(t, 0.5 + load(rng, local, 14, 1, 0.9))
    work = np.where(t < -since, (t + since) % gap, work - np.interp(-since, t, work))
    return np.asarray(rest + (1 - rest) / (since + end) * work, dtype=np.float64)


def full_backup_then_increments(rng: Rng, t: Floats) -> Floats:
    """A full backup once a week, most of which is gone within a day; increments then take room from day to day."""
    end, day = full_day(rng, 0.55), week(rng, t) % 7
    taken = np.where(day < 0.9, 0.9 * np.minimum(day / 0.3, 1), 0.35 + 0.65 * np.floor(day) / 6)
    return envelope(rng, t, end) * (1 - log_uniform(rng, 0.03, 0.35) * (1 - taken))


def call_numbers_since_month_began(rng: Rng, t: Floats) -> Floats:
    """Numbers of call records, used up by day more than by night or weekend, and faster on the first of a month."""
    end, local = full_day(rng, 0.55), week(rng, t)
    first = (local + rng.uniform(0, MONTH)) % MONTH < 2
    rate = 0.15 + load(rng, local, 15, 1, rng.uniform(0.4, 0.9))
    return used_up(rng, t, rate * (1 + rng.uniform(0, 4) * first), end)


def flash_written_by_compactions(rng: Rng, t: Floats) -> Floats:
    """Writes that a flash disk may take: some always, more just before each compaction and in the small hours."""
    end, clock = full_day(rng, 0.55), hour(week(rng, t))
    passed, _ = teeth(rng, t, rng.uniform(1, 3), 0.3)
    rate = 0.3 + rng.uniform(0, 3) * passed**3 + rng.uniform(0, 2) * (clock < 4)
    return used_up(rng, t, rate, end)


def transit_volume_rerouted(rng: Rng, t: Floats) -> Floats:
    """The volume bought of a carrier, used by day and week; some days ago routes changed, to a quarter or fourfold."""
    end, local = full_day(rng, 0.55), week(rng, t)
    rate = 0.25 + load(rng, local, rng.uniform(12, 21), 1.2, rng.uniform(0.5, 1.2))
    if rng.uniform() < 0.6:
        rate = rate * np.where(t > -log_uniform(rng, 2, min(12, -0.8 * t[0])), log_uniform(rng, 0.25, 4), 1)
    return used_up(rng, t, rate, end)


def tapes_taken_by_night(rng: Rng, t: Floats) -> Floats:
    """Tapes taken at two in the night, more on Saturdays; some are back once a week, the others are kept."""
    end, local = full_day(rng, 0.55), week(rng, t)
    work = worked(t, np.where(np.abs(hour(local) - 2) < 1, np.where(np.floor(local) % 7 == 5, 1.8, 1.0), 0.0))
    away = np.ceil((local + rng.uniform(0, 7)) % 7) / 7
    return envelope(rng, t, end, 0.45, work) * (1 - rng.uniform(0.03, 0.2) * (1 - away))


def ports_sold_in_office_hours(rng: Rng, t: Floats) -> Floats:
    """Ports sold in the office hours of working days; sales became faster or slower one to three weeks ago."""
    end, local = full_day(rng, 0.55), week(rng, t)
    since = log_uniform(rng, min(6, -0.4 * t[0]), min(20, -0.8 * t[0]))
    open_hours = (local % 7 < 5) & (hour(local) > 8) & (hour(local) < 17)
    sold = accumulate(t, np.where(open_hours, np.where(t > -since, log_uniform(rng, 0.3, 4), 1.0), 0.0))
    return envelope(rng, t, end, 0.15, sold * since / max(-np.interp(-since, t, sold), 1e-3))


def attacks_cut_off_below_limit(rng: Rng, t: Floats) -> Floats:
    """A line that is busy in the evening; attacks come at random, and are cut off at a height below the limit."""
    end, local = full_day(rng, 0.55), week(rng, t)
    busy = load(rng, local, 20.5, 1.4, 1.05)
    usual = envelope(rng, t, end, 0.6) * (1 - rng.uniform(0.1, 0.6) * (1 - busy))
    cut = rng.uniform(0.5, 0.96)
    attacks = bursts(rng, t, log_uniform(rng, 0.05, 0.4), cut, rng.uniform(0.03, 0.15))
    return np.maximum(usual, np.minimum(attacks + 0.2 * usual, cut))


def backlog_drained_at_weekends(rng: Rng, t: Floats) -> Floats:
    """Records to be rated pile up on working days and are worked off at the weekend; more each week, or as many."""
    end, day = full_day(rng, 0.55), week(rng, t) % 7
    piled = np.minimum(day / 5, (7 - day) / 2)
    return envelope(rng, t, end) * (1 - log_uniform(rng, 0.04, 0.6) * (1 - piled))


def growth_like_root_of_time(rng: Rng, t: Floats) -> Floats:
    """A store that finds ever more of what comes to be there already: it grows like a root of its age, or on a base."""
    end, power, born = full_day(rng, 0.5), rng.uniform(0.35, 0.7), t[0] - rng.uniform(2, 20)
    path = ((t - born) / -born) ** power  # one now
    full = ((end - born) / -born) ** power
    if end > HORIZON and rng.uniform() < 0.3:
        return below(rng, path)
    now = rng.uniform(0.3, 0.9)
    slope = (1 - now) / (full - 1)
    if now - slope * (1 - path[0]) < 0.02:
        slope = 0.97 / (full - path[0])
    return np.asarray(1 + slope * (path - full), dtype=np.float64)


SHAPES: dict[str, Shape] = {
    shape.__name__: shape
    for shape in (
        objects_written_in_weekly_waves,
        lines_busy_below_envelope,
        mail_backlog_since_fault,
        segments_of_stalled_replicas,
        pool_trimmed_to_unequal_depths,
        daemon_leak_outlasting_restarts,
        mailboxes_kept_longer,
        machines_copied_by_night,
        session_files_swept_late,
        full_backup_then_increments,
        call_numbers_since_month_began,
        flash_written_by_compactions,
        transit_volume_rerouted,
        tapes_taken_by_night,
        ports_sold_in_office_hours,
        attacks_cut_off_below_limit,
        backlog_drained_at_weekends,
        growth_like_root_of_time,
    )
}
