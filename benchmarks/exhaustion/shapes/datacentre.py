"""What usage does in the data centre of a bank or a manufacturer: virtual machines, brokers, databases, storage arrays.

The calendar rules here: windows for patches and batches, restarts and purges on one weekday, shifts, turns of months.
On it lies growth since long ago, spread widely whether it fills or not; what never fills has its limit above all of it.
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
    each_day,
    full_day,
    log_uniform,
    next_record,
    since_last,
)

SOON = 14  # days
MONTH = np.timedelta64(1, "M")


def gained(rng: Rng, t: Floats, end: float) -> Floats:
    """Even growth since the first sample, on a level of about one; what never fills may grow as much, or hardly."""
    month = min(max(float(np.exp(rng.normal(np.log(0.28), 0.75))), 0.05), 1.6)
    if end > HORIZON:
        slow = float(np.exp(rng.normal(np.log(0.04), 0.6)))
        month = float(rng.choice([0.0, slow, 0.8 * month], p=[0.25, 0.37, 0.38]))
    return np.asarray(month * (t - t[0]) / 30, dtype=np.float64)


def limited(rng: Rng, t: Floats, path: Floats, end: float) -> Floats:
    """The path as a share of a limit just below its highest until that day, or above all that comes."""
    highest = np.floor(np.maximum.accumulate(path) * 1e6) / 1e6  # so that equal peaks are equal
    now = highest[t <= 0][-1]
    at = next_record(t, highest, end, above=1.004 * now) if end < HORIZON else None
    if at is None:
        share = (rng.uniform(0.86, 0.985), rng.uniform(0.6, 0.86), rng.uniform(0.3, 0.6))
        return np.asarray(path / highest[-1] * rng.choice(share, p=[0.43, 0.39, 0.18]), dtype=np.float64)
    until_then = highest[np.searchsorted(t, end)]
    if until_then > 1.004 * now:
        at = int(np.searchsorted(highest, until_then))
    before = max(highest[at - 1], 1.003 * now)
    return np.asarray(path / (before + rng.uniform(0.3, 0.98) * (highest[at] - before)), dtype=np.float64)


def week(rng: Rng, t: Floats) -> Floats:
    """Days since a Monday."""
    return np.asarray(t - t[0] + rng.uniform(0, 7), dtype=np.float64)


def dates(rng: Rng, t: Floats) -> tuple[Floats, Floats, Floats]:
    """Days since a Monday, since the month began, and until it ends; a turn of the month has been seen."""
    turn = np.datetime64("2024-01", "M") + int(rng.integers(36)) * MONTH
    date = t + float(turn.astype("datetime64[D]").astype(np.int64)) + rng.uniform(0, min(28, -0.8 * t[0]))
    months = np.floor(date).astype(np.int64).astype("datetime64[D]").astype("datetime64[M]")
    begun, ends = (month.astype("datetime64[D]").astype(np.float64) for month in (months, months + MONTH))
    return date + 3, date - begun, ends - date


def hour(local: Floats) -> Floats:
    """The hour of the day."""
    return np.asarray(local % 1.0 * 24, dtype=np.float64)


def worked(local: Floats, weekend: float) -> Floats:
    """One on working days, `weekend` on the others."""
    return np.where(local % 7 < 5, 1.0, weekend)


def business(rng: Rng, local: Floats, low: float = 0.1, high: float = 0.7) -> Floats:
    """A day's load, one at its peak around noon, none by night; less at weekends, between those shares of it."""
    away = (hour(local) - rng.uniform(10, 15.5) + 12) % 24 - 12
    bell = np.exp(-0.5 * (away / rng.uniform(2.2, 5)) ** 2)
    return np.asarray(bell * worked(local, rng.uniform(low, high)), dtype=np.float64)


def by_plan(rng: Rng, t: Floats, local: Floats, weekday: int, at: float, weeks: int = 1) -> Floats:
    """Instants at that hour of one day of the week, every so many weeks, from before the start on."""
    first = weekday + at / 24 - 14 * weeks + 7 * rng.integers(weeks)
    return np.asarray(np.arange(first, local[-1] + 1, 7 * weeks) - (local[0] - t[0]), dtype=np.float64)


def weeks_apart(rng: Rng, t: Floats, twice: float) -> int:
    """One week between two runs, or two in that share of the draws, if the history shows two such runs."""
    return 2 if rng.uniform() < twice and t[0] < -30 else 1


def faster(rng: Rng, instants: Floats, least: float, end: float, low: float, high: float) -> Floats:
    """A factor from each instant to the next: one, more since the last; what never fills seldom has it, and less."""
    factor = rng.uniform(low, high) if end < HORIZON else rng.choice([1.0, rng.uniform(1.05, 1.6)], p=[0.75, 0.25])
    return np.where(np.arange(instants.size) >= np.searchsorted(instants, -least, side="right") - 1, factor, 1.0)


def vms_of_patched_neighbour(rng: Rng, t: Floats) -> Floats:
    """A host of machines that grow; for some hours of a week it also runs those of another host, which is patched."""
    end, local = full_day(rng, 0.55), week(rng, t)
    begin, day = rng.uniform(0, 16), rng.integers(7)
    here = (np.floor(local) % 7 == day) & (hour(local) >= begin) & (hour(local) < begin + rng.uniform(2, 8))
    path = rng.uniform(0.4, 0.8) + gained(rng, t, end) + rng.uniform(0.05, 0.25) * here
    return limited(rng, t, path + 0.03 * business(rng, local), end)


def leak_until_patch_window(rng: Rng, t: Floats) -> Floats:
    """A leak that ends in a patch window at the weekend, every one or two weeks; a release may have made it faster."""
    end, local = full_day(rng, 0.55), week(rng, t)
    windows = by_plan(rng, t, local, int(rng.integers(5, 7)), rng.uniform(1, 5), weeks_apart(rng, t, 1 / 3))
    rate = log_uniform(rng, 0.02, 0.12) * np.exp(rng.normal(0, 0.05, windows.size))
    age, cycle = since_last(t, windows)
    leaked = (rate * faster(rng, windows, 1.3, end, 1.3, 3))[cycle] * age
    return limited(rng, t, rng.uniform(0.2, 0.6) + leaked + 0.03 * business(rng, local), end)


def descriptors_until_evening_restart(rng: Rng, t: Floats) -> Floats:
    """Descriptors leak under load until a restart in one evening of a week or two; faster now, or it is overdue."""
    end, local, weeks = full_day(rng, 0.55), week(rng, t), weeks_apart(rng, t, 0.5)
    load = business(rng, local, 0.1, 0.1)
    restarts = by_plan(rng, t, local, int(rng.integers(5)), rng.uniform(18, 22), weeks)
    factor = faster(rng, restarts, 2, end, 1.4, 3)
    if end < HORIZON and rng.uniform() < 0.5:
        restarts = restarts[restarts < -7 * weeks - 1.2]
        factor = np.ones(restarts.size)
    served, (_, cycle) = accumulate(t, load), since_last(t, restarts)
    leaked = factor[cycle] * (served - np.interp(restarts, t, served)[cycle])
    return limited(rng, t, rng.uniform(0.15, 0.5) + 0.1 * load + rng.uniform(0.05, 0.2) / 3 * leaked, end)


def memory_until_scale_in(rng: Rng, t: Floats) -> Floats:
    """Memory that rises from morning to evening and is cut by the autoscaler at night; higher from week to week."""
    end, local = full_day(rng, 0.55), week(rng, t)
    day = np.clip((hour(local) - 6) / 14, 0, 1) ** rng.uniform(0.7, 1.5) * np.where(hour(local) > 21, 0.4, 1)
    day = day * worked(local, rng.uniform(0.3, 0.8)) * each_day(rng, local, 0.012)
    return limited(rng, t, rng.uniform(0.2, 0.5) + (rng.uniform(0.3, 0.8) + 0.7 * gained(rng, t, end)) * day, end)


def pinned_layers_below_mark(rng: Rng, t: Floats) -> Floats:
    """Images are collected at a high mark, down to a low one, or to what is pinned, which in the end is above both."""
    end, high, low = full_day(rng, 0.55), 0.85, rng.uniform(0.55, 0.78)
    at_mark, slope = rng.uniform(120, 600), rng.uniform(0, 0.003)
    if end < HORIZON:
        at_mark, slope = rng.uniform(-1, 12) if end < SOON else rng.uniform(5, 40), rng.uniform(0.006, 0.02)
    lowest = np.maximum(low, high + slope * (t - at_mark))
    room = np.maximum(high - lowest, 0)
    pulled = accumulate(t, (high - low) / rng.uniform(1.5, 7) * each_day(rng, t, 0.1) / np.maximum(room, 0.004))
    return limited(rng, t, lowest + room * ((pulled + rng.uniform()) % 1), end)


def queue_after_nightly_batch(rng: Rng, t: Floats) -> Floats:
    """A batch of messages a day, sent within an hour, worked off ever more slowly; it grows, less at weekends."""
    end, local = full_day(rng, 0.55), week(rng, t)
    age = (hour(local) - rng.uniform(0, 24)) % 24
    sending, memory = rng.uniform(0.5, 1.5), rng.uniform(1, 4)
    queue = np.where(age < sending, age / sending, np.minimum(np.exp((1 - age) / memory), 1))
    queue = queue * each_day(rng, local, rng.uniform(0.01, 0.04)) * worked(local, rng.uniform(0.2, 0.9))
    return limited(rng, t, rng.uniform(0.03, 0.2) + queue * (rng.uniform(0.5, 0.9) + 0.8 * gained(rng, t, end)), end)


def lag_since_more_is_sent(rng: Rng, t: Floats) -> Floats:
    """Consumers at one speed work off a day's messages; some days ago senders joined: too many, or not quite."""
    end, local = full_day(rng, 0.55), week(rng, t)
    sent = business(rng, local, 0.1, 0.5) * each_day(rng, local, 0.03)
    spare = rng.uniform(0.02, 0.25) if end < HORIZON else rng.uniform(0.03, 0.5)
    more = rng.uniform(0.12, 0.6) if end < HORIZON else rng.choice([0.0, 0.8 * spare], p=[0.7, 0.3])
    joined = np.clip((t + rng.uniform(3, min(9, -0.8 * t[0]))) / rng.uniform(0.2, 3), 0, 1)
    balance = accumulate(t, sent * (1 + more * joined) - (1 + spare) * sent[t < t[0] + 7].mean())
    return limited(rng, t, 0.01 + balance - np.minimum.accumulate(balance), end)


def dead_letters_of_incidents(rng: Rng, t: Floats) -> Floats:
    """Incidents leave letters of which nobody takes care, a few or many; in some a job purges them on Mondays."""
    end, local = full_day(rng, 0.55), week(rng, t)
    incidents = arrivals(rng, t, rng.uniform(0.5, 2.5), 1.0)
    letters = np.append(0, np.cumsum(rng.exponential(size=incidents.size) + 0.2))
    path = letters[np.searchsorted(incidents, t, side="right")]
    path = rng.uniform(0.2, 1) + rng.uniform(0.6, 2.5) * path / max(path[t <= 0][-1], 1.0)
    if rng.uniform() < (0.6 if end > HORIZON else 0.15):
        purges = by_plan(rng, t, local, 0, 9, int(rng.integers(1, 3)))
        path = path - 0.95 * np.interp(purges, t, path)[since_last(t, purges)[1]]
    return limited(rng, t, path, end)


def journal_while_link_is_down(rng: Rng, t: Floats) -> Floats:
    """A journal that fills while a replication link is down for hours, and is then read faster; more is written."""
    end, outages = full_day(rng, 0.55), arrivals(rng, t, rng.uniform(1.5, 5), 6.0)
    age, index = since_last(t, np.append(t[0] - 9, outages))
    lasts = rng.uniform(0.15, 0.6, outages.size + 1)[index]
    kept = np.minimum(age, lasts) - np.maximum(age - lasts, 0) * rng.uniform(1.2, 3)
    path = np.maximum(kept, 0) * (1 + 2 * gained(rng, t, end)) * rng.uniform(0.5, 1.2)
    return limited(rng, t, 0.05 + path + 0.02 * business(rng, week(rng, t)), end)


def bookings_at_month_turns(rng: Rng, t: Floats) -> Floats:
    """A ledger that grows most in the last two days of a month and the first of the next; by evening, work space."""
    end, (local, age, left) = full_day(rng, 0.55), dates(rng, t)
    gain, late = gained(rng, t, end), left <= 2
    month = gain[-1] / (t[-1] - t[0]) * 30
    booked = month * rng.uniform(0.4, 1.2) * accumulate(t, (late | (age < 1)) / 3)
    path = 0.5 * gain + booked - booked[0] + rng.uniform(0, 0.15) * (late & (hour(local) > 18))
    return limited(rng, t, rng.uniform(0.4, 1) + path, end)


def months_dropped_in_part(rng: Rng, t: Floats) -> Floats:
    """Rows that a job deletes once a month has ended: all of them, or only a part, so that the rest piles up."""
    end, (local, age, _) = full_day(rng, 0.55), dates(rng, t)
    rate = worked(local, 0.5) * (1 + (rng.uniform() < 0.7) * 0.4 * gained(rng, t, end))
    rows = accumulate(t, log_uniform(rng, 0.15, 0.8) / 30 * rate)
    rows = rows - rows[0] * (1 + age[0] / -t[0])  # what the month before the first sample brought
    turns = np.flatnonzero(np.diff(age) < 0) + 1
    dropped = np.append(0, rng.uniform(0.55 if end < HORIZON else 0.9, 1) * rows[turns])
    path = rows - dropped[np.searchsorted(turns, np.arange(t.size), side="right")]
    return limited(rng, t, rng.uniform(0.5, 1.2) + path, end)


def reserve_of_daily_snapshots(rng: Rng, t: Floats) -> Floats:
    """What some daily snapshots hold: today's changes come, at midnight the oldest go; fewer at weekends, ever more."""
    end, local, kept = full_day(rng, 0.55), week(rng, t), int(rng.integers(3, 14))
    gain, days = gained(rng, t, end), np.arange(float(-kept), local[-1] + 2)
    changed = worked(days, rng.uniform(0.3, 0.8)) * np.exp(rng.normal(0, 0.15, days.size))
    total = np.append(0, np.cumsum(changed * (1 + 1.5 * np.interp(days, local, gain)))[:-1])
    held = np.interp(local, days, total) - total[local.astype(int) + 1]
    return limited(rng, t, rng.uniform(0.1, 0.5) + rng.uniform(0.03, 0.1) * held + 0.1 * gain, end)


def historian_in_shifts(rng: Rng, t: Floats) -> Floats:
    """The archive of a plant: written in one shift or two, moved away every week or two; what stays of it grows."""
    end, local = full_day(rng, 0.55), week(rng, t)
    shift = (hour(local) > 6) & (hour(local) < rng.choice([14, 22]))
    written = accumulate(t, shift * worked(local, 0.0))
    moved = by_plan(rng, t, local, int(rng.integers(7)), 4, weeks_apart(rng, t, 0.5))
    here = written - np.interp(moved, t, written)[since_last(t, moved)[1]]
    return limited(rng, t, rng.uniform(0.3, 0.7) + 0.7 * gained(rng, t, end) + rng.uniform(0.02, 0.06) * here, end)


def restore_given_back(rng: Rng, t: Floats) -> Floats:
    """A restore or a rebuild took room within hours some days ago, and gives it back slowly; the rest grows."""
    end, done = full_day(rng, 0.55), rng.uniform(2, min(10, -0.8 * t[0]))
    age, memory = t + done, rng.uniform(1, 5)
    room = np.where(age > 0, np.exp(-np.maximum(age, 0) / memory), np.exp(4 * np.minimum(age, 0)))
    return limited(rng, t, rng.uniform(0.4, 0.8) + 0.8 * gained(rng, t, end) + rng.uniform(0.05, 0.3) * room, end)


def table_after_devices_moved(rng: Rng, t: Floats) -> Floats:
    """Devices moved to a switch: its table nears a new level as old entries age, within days or only within weeks."""
    end, memory = full_day(rng, 0.55), rng.uniform(1, 8)
    since = max(2, rng.uniform(1.5, 4) * memory)
    if end < HORIZON:
        memory, since = rng.uniform(5, 25), rng.uniform(2, min(14, -0.8 * t[0]))
    risen = 1 - np.exp(-np.maximum(t + since, 0) / memory)
    path = rng.uniform(0.4, 0.8) + rng.uniform(0.1, 0.5) * risen + 0.1 * gained(rng, t, end)
    return limited(rng, t, path + rng.uniform(0.02, 0.12) * business(rng, week(rng, t), 0.2, 0.2), end)


def pool_peaks_over_weekly_leak(rng: Rng, t: Floats) -> Floats:
    """Connections that follow a load which grows; leaked ones pile up until the pool is recycled, one night a week."""
    end, local = full_day(rng, 0.55), week(rng, t)
    age, _ = since_last(t, by_plan(rng, t, local, int(rng.integers(7)), rng.uniform(0, 6)))
    load = business(rng, local) * (rng.uniform(0.3, 0.7) + 0.6 * gained(rng, t, end)) * each_day(rng, local, 0.012)
    return limited(rng, t, rng.uniform(0.1, 0.3) + load + rng.uniform(0, 0.25) * age / 7, end)


def sort_space_by_the_clock(rng: Rng, t: Floats) -> Floats:
    """Sort space that a job takes at a fixed hour and frees hours later, less of it at weekends; the job grows."""
    end, local = full_day(rng, 0.55), week(rng, t)
    runs = (hour(local) - rng.uniform(0, 24)) % 24 < rng.uniform(1.5, 5)
    size = (rng.uniform(0.3, 0.7) + 0.5 * gained(rng, t, end)) * each_day(rng, local, 0.015)
    return limited(rng, t, rng.uniform(0.1, 0.4) + runs * size * worked(local, rng.uniform(0.3, 1)), end)


def audit_rows_ever_faster(rng: Rng, t: Floats) -> Floats:
    """Rows of an audit: a part comes evenly, and of another part more comes every day since the first."""
    end = full_day(rng, 0.55)
    gain, months = gained(rng, t, end), (t - t[0]) / 30
    path = gain * (0.3 + rng.uniform(0.3, 0.8) * months / 2) * (0.6 if end > HORIZON else 1)
    return limited(rng, t, rng.uniform(0.3, 0.9) + path, end)


def pool_of_moved_volumes(rng: Rng, t: Floats) -> Floats:
    """Volumes that move to a thin pool: slowly, fast, slowly; nearly done, or the limit is on the way there."""
    end, days = full_day(rng, 0.55), rng.uniform(2, 6)
    middle = rng.uniform(-14, 6) if end < SOON else -rng.uniform(2.6, 6) * days
    if SOON < end < HORIZON:
        days, middle = rng.uniform(6, 15), rng.uniform(-5, 20)
    moved = 1 / (1 + np.exp((middle - t) / days))
    path = rng.uniform(0.2, 0.8) + rng.uniform(0.2, 1) * moved + 0.03 * gained(rng, t, end)
    return limited(rng, t, path, end)


def index_bloating_by_itself(rng: Rng, t: Floats) -> Floats:
    """Dead entries of an index, which beget others in proportion, beside what is alive and stays as it is."""
    end = full_day(rng, 0.55)
    rate = log_uniform(rng, 0.015, 0.09) if end < HORIZON else log_uniform(rng, 0.004, 0.04)
    return limited(rng, t, rng.uniform(0.3, 1) + rng.uniform(0.05, 0.3) * np.exp(rate * t), end)


SHAPES: dict[str, Shape] = {
    shape.__name__: shape
    for shape in (
        vms_of_patched_neighbour,
        leak_until_patch_window,
        descriptors_until_evening_restart,
        memory_until_scale_in,
        pinned_layers_below_mark,
        queue_after_nightly_batch,
        lag_since_more_is_sent,
        dead_letters_of_incidents,
        journal_while_link_is_down,
        bookings_at_month_turns,
        months_dropped_in_part,
        reserve_of_daily_snapshots,
        historian_in_shifts,
        restore_given_back,
        table_after_devices_moved,
        pool_peaks_over_weekly_leak,
        sort_space_by_the_clock,
        audit_rows_ever_faster,
        pool_of_moved_volumes,
        index_bloating_by_itself,
    )
}
