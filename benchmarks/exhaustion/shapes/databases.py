"""Storage and databases as their administrators see them: reserves, logs, sweepers, retention, key ranges.

They know a level that is one now, how fast it grows, and since when; and the job that gives room back, or no longer
does. What fills often does so because something stopped or began days ago; what does not has the same jobs and teeth.
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
    events,
    full_day,
    log_uniform,
    next_record,
    since_last,
)


def _aim(rng: Rng) -> float:
    """Days until it is full: within 60 of them, or so slowly that it is later, or never (infinite)."""
    day = full_day(rng, healthy=0.55)
    if day < HORIZON:
        return day
    return np.inf if rng.uniform() < 0.4 else log_uniform(rng, HORIZON, 1500)


def _slope(rng: Rng, day: float, span: float, most: float = 0.85) -> float:
    """Growth per day of a level that is one now, `span` days ago was not below 1 - `most`; without an end none."""
    if day == np.inf:
        return 0.0 if rng.uniform() < 0.7 else -rng.uniform(0, 0.0015)
    return min(log_uniform(rng, 0.03, 1.6 if day < HORIZON else 3.5) / day, most / span)


def _limited(rng: Rng, t: Floats, path: Floats, day: float) -> Floats:
    """The path as a share of a limit: its highest value so far on that day or soon after, or above all that comes."""
    path = np.maximum(path, 0.004)
    highest = np.maximum.accumulate(path)
    now = highest[t <= 0][-1]
    at = next_record(t, highest, day, 1.006 * now) if day < HORIZON else None
    if at is None:
        limit = highest[-1] / (rng.uniform(0.85, 0.985) if rng.uniform() < 0.4 else rng.uniform(0.3, 0.85))
    elif highest[at] == highest[-1]:  # the last: it is not just touched
        limit = max(now + rng.uniform(0.3, 0.95) * (highest[at] - now), 1.004 * now)
    else:
        limit = highest[at] - rng.uniform(0, 0.9) * (highest[at] - max(highest[at - 1], 1.004 * now))
    return np.asarray(path / limit, dtype=np.float64)


def _hour(local: Floats) -> Floats:
    """The hour of the day."""
    return np.asarray(local % 1.0 * 24, dtype=np.float64)


def _works(local: Floats) -> Floats:
    """One on five days of the week, zero on the other two."""
    return np.where(local % 7 < 5, 1.0, 0.0)


def _load(rng: Rng, local: Floats) -> Floats:
    """A day's load of up to one: a broad or a sharp peak, some with a second one; weekends are quieter, or busier."""
    hour, peak = 2 * np.pi * (local % 1.0), rng.uniform(8, 22)
    load = np.exp(rng.uniform(0.5, 3.5) * (np.cos(hour - 2 * np.pi * peak / 24) - 1))
    if rng.uniform() < 0.4:
        second = np.exp(8 * (np.cos(hour - 2 * np.pi * (peak + rng.uniform(5, 10)) / 24) - 1))
        load = np.maximum(load, rng.uniform(0.4, 0.9) * second)
    weekend = rng.uniform(0.25, 1) if rng.uniform() < 0.75 else rng.uniform(1, 1.4)
    return np.asarray(load * np.where(local % 7 < 5, 1.0, weekend) / max(1.0, weekend), dtype=np.float64)


def _by_day(rng: Rng, local: Floats, sd: float) -> Floats:
    """A factor around one that is drawn anew for every day, never far off."""
    day = np.floor(local).astype(int) - int(np.floor(local[0]))
    return np.asarray(np.exp(sd * np.clip(rng.normal(size=day[-1] + 1), -2.2, 2.2))[day], dtype=np.float64)


def _rough(rng: Rng, t: Floats, sd: float) -> Floats:
    """A factor of one in the mean, drawn anew for every sample."""
    return np.asarray(np.exp(rng.normal(-sd * sd / 2, sd, t.size)), dtype=np.float64)


def _written(t: Floats, rate: Floats) -> Floats:
    """What has been written, zero now, at a rate of one a day in the last two weeks."""
    return accumulate(t, rate / rate[(t > -14) & (t <= 0)].mean())


def _earlier(t: Floats, total: Floats, when: Floats) -> Floats:
    """A sum as it was at those instants; before the first sample it grew evenly, as in the two weeks after it."""
    early = t < t[0] + 14
    rate = np.ptp(total[early]) / np.ptp(t[early])
    return np.asarray(np.interp(when, t, total) + rate * np.minimum(when - t[0], 0), dtype=np.float64)


def _clock(rng: Rng, t: Floats, period: float, jitter: float = 0.0) -> Floats:
    """Instants a period apart, from before the start to after the end, each off by a share of it."""
    ticks = np.arange(t[0] - (1.5 + rng.uniform()) * period, t[-1] + 2 * period, period)
    return np.asarray(ticks + period * np.clip(rng.normal(0, jitter, ticks.size), -0.3, 0.3), dtype=np.float64)


def _on_weekdays(t: Floats, local: Floats, hour: float, weekdays: tuple[int, ...]) -> Floats:
    """Instants at that hour of those days of the week, from before the start to after the end."""
    weeks = 7 * np.arange(np.floor(local[0] / 7) - 1, local[-1] / 7 + 1)
    return np.asarray(np.add.outer(weeks, np.array(weekdays) + hour / 24).ravel() - (local[0] - t[0]), dtype=np.float64)


def _used_up(rng: Rng, t: Floats, rate: Floats, day: float) -> Floats:
    """A range that is used up from its begin; some since lately slower, or if it is to fill, faster or ever faster."""
    case, since = rng.uniform(), min(rng.uniform(2.5, 15), -0.8 * t[0])
    if day > HORIZON and case < 0.7:
        rate = rate * np.where(t > -since, log_uniform(rng, 0.02, 0.6), 1.0)
    elif case < 0.5:
        rate = rate * np.where(t > -since, log_uniform(rng, 0.7, 6), 1.0)
    if day < HORIZON and rng.uniform() < 0.4:
        rate = rate * np.maximum(1 + _slope(rng, day, -t[0]) * t, 0)
    used = accumulate(t, rate)
    return _limited(rng, t, used - used[0], day)


def tenants_that_keep_writing(rng: Rng, t: Floats) -> Floats:
    """Tenants come every few days, and each writes on for ever; or they only try it, and what they wrote goes again."""
    day, gap = _aim(rng), rng.uniform(2, 6)
    came = events(rng, t, gap, 0.4)
    size = rng.uniform(0.6, 1.4, came.size)
    if day < 2 * HORIZON:
        written = accumulate(t, np.append(0, np.cumsum(size))[np.searchsorted(came, t, side="right")] / gap)
        written = written - written[0]
    else:
        written = np.zeros(t.size)
        for begin, share in zip(came, size, strict=True):  # one every two days at most
            age = t[t > begin] - begin
            stays = np.exp(-np.maximum(age - 5 * gap, 0) / (2 * gap))
            written[t > begin] += share * (1 - np.exp(-age / (2 * gap))) * stays
    return _limited(rng, t, rng.uniform(0.2, 1.5) + written / written[t <= 0][-1], day)


def pool_leaking_under_load(rng: Rng, t: Floats) -> Floats:
    """Connections of a day's load above others that nobody returns since a release, slowly or fast; or all are."""
    day, local, share = _aim(rng), t + rng.uniform(0, 7), rng.uniform(0.1, 0.5)
    since = min(rng.uniform(4, 16), -0.8 * t[0])
    kept = 1 + _slope(rng, day, since, 0.75) * np.maximum(t, -since)
    return _limited(rng, t, share * _load(rng, local) * _by_day(rng, local, 0.02) + (1 - share) * kept, day)


def heap_teeth_on_bent_line(rng: Rng, t: Floats) -> Floats:
    """Teeth of a collector, hours long, on what lives: a line, or one that hardly grew until some days ago."""
    day, height = _aim(rng), rng.uniform(0.1, 0.9)
    period = max(4 * (t[1] - t[0]), log_uniform(rng, 0.05, 0.5))
    lives = 1 + _slope(rng, day, -t[0]) * t
    if rng.uniform() < 0.5:
        since = min(rng.uniform(3, 14), -0.8 * t[0])
        rate = _slope(rng, day, since, 0.7)
        lives = 1 - rate * since + rate * np.where(t > -since, 1, rng.uniform(0, 0.15)) * (t + since)
    age, _ = since_last(t, _clock(rng, t, period, 0.08))
    return _limited(rng, t, lives + height * np.minimum(age / period, 1.15), day)


def sessions_swept_by_day_and_week(rng: Rng, t: Floats) -> Floats:
    """Files of sessions: one job sweeps most of them every night, another the rest every week; what stays grows."""
    day, local = _aim(rng), t + rng.uniform(0, 7)
    nightly, weekly = (local - rng.uniform(0, 0.25)) % 1, (local - 6 - rng.uniform(0, 0.25)) % 7
    path = 1 + _slope(rng, day, -t[0]) * t + rng.uniform(0.02, 0.15) * nightly
    return _limited(rng, t, path + rng.uniform(0, 0.02) * weekly, day)


def log_until_full_backup(rng: Rng, t: Floats) -> Floats:
    """A log that is only cut by a full backup, once or twice a week; on working days more of it is written."""
    day, local = _aim(rng), t + rng.uniform(0, 7)
    days = (int(rng.integers(7)),) if rng.uniform() < 0.7 else (0, 3)
    instants = _on_weekdays(t, local, rng.uniform(0, 6), days)
    written = _written(t, 0.25 + rng.uniform(0, 1.5) * _works(local))
    _, index = since_last(t, instants)
    kept = written - np.interp(instants[index], t, written)
    path = (1 + _slope(rng, day, -t[0]) * t) * (1 + rng.uniform(0.15, 0.9) * kept / 6)
    return _limited(rng, t, path, day)


def partitions_dropped_or_piling(rng: Rng, t: Floats) -> Floats:
    """A partition fills, then the oldest of some is dropped; all grow, or the dropping has failed a few times."""
    day, kept = _aim(rng), int(rng.integers(2, 12))
    period = float(rng.choice([1, 3, 7, 7, 10 if t[0] < -24 else 5]))
    age = (t + rng.uniform(0, period)) % period
    failed = int(rng.integers(3, 9 if period == 1 else 5))  # times that nothing was dropped
    path = kept + age / period
    seen = period <= 7 and (failed + 1) * period < -0.75 * t[0]
    slow = day < np.inf and kept * period > 40
    if seen and (day < HORIZON or slow) and rng.uniform() < 0.45:
        since = -age[t <= 0][-1] - (failed - 1) * period
        path = np.where(t >= since, kept + (t - since) / period, path)
    else:
        path = path * (1 + _slope(rng, day, -t[0]) * t)
    return _limited(rng, t, path, day)


def fulls_that_overlap(rng: Rng, t: Floats) -> Floats:
    """Some full backups; each weekend one more is written within hours, and only days later the oldest one expires."""
    day, local, fulls = _aim(rng), t + rng.uniform(0, 7), int(rng.integers(2, 9))
    age = (local - 4 - 22 / 24) % 7
    expired = (local - rng.integers(0, 4) - rng.uniform(4, 20) / 24) % 7 < age
    held = fulls + np.clip(age / rng.uniform(0.2, 0.7), 0, 1) - expired + rng.uniform(0, 0.08) * age
    return _limited(rng, t, (1 + _slope(rng, day, -t[0]) * t) * held / fulls, day)


def changes_held_by_snapshots(rng: Rng, t: Floats) -> Floats:
    """What was overwritten since the oldest of some daily snapshots: more on working days, and at one hour by night."""
    day, local = _aim(rng), t + rng.uniform(0, 7)
    night = np.abs(_hour(local) - rng.uniform(0, 6)) < 1
    rate = 0.3 + rng.uniform(0, 1.2) * _works(local) + rng.uniform(0, 6) * night
    changed, age = accumulate(t, rate), (local - rng.uniform()) % 1
    held = changed - _earlier(t, changed, t - age - rng.integers(2, 9))
    path = rng.uniform(0, 1) + held / held[t <= 0].mean()
    return _limited(rng, t, (1 + _slope(rng, day, -t[0]) * t) * path, day)


def sweeper_that_weakens(rng: Rng, t: Floats) -> Floats:
    """A job removes a share of all there is, by the clock; what comes grows, or the share falls since weeks."""
    day, share, history = _aim(rng), rng.uniform(0.3, 0.8), -t[0]
    period = float(rng.choice([1, 2, 7 if history > 35 else 3]))
    runs = _clock(rng, t, period, 0.02)
    weakens = day < np.inf and rng.uniform() < 0.6
    days = 12 * max(1.0, day / HORIZON)  # within which the share falls to a third
    removed = share * rng.uniform(0.93, 1.07, runs.size)
    if weakens:
        removed = removed * np.exp(-np.maximum(runs + rng.uniform(0.3, 1) * history, 0) / days)
    left, kept = (1 - share) / share, np.empty(runs.size)
    for i, part in enumerate(removed):  # a run a day at most
        left = (left + 1) * (1 - part)
        kept[i] = left
    age, index = since_last(t, runs)
    path = 1 + rng.uniform(0.1, 0.6) * (kept[index] + age / period)
    return _limited(rng, t, path if weakens else path * (1 + _slope(rng, day, history) * t), day)


def leak_until_timed_restart(rng: Rng, t: Floats) -> Floats:
    """A leak that restarts by the clock undo: it grows, is faster since the last one, or restarts no longer come."""
    day, base, case = _aim(rng), rng.uniform(0.15, 0.6), rng.uniform()
    period = float(rng.choice([1, 2, 3, 7, 7, 7, 10]))
    period = period if 2.3 * period < -t[0] else 3.0
    faster = case < 0.45 and period >= 3
    since = rng.uniform(max(0.2 * period, 1.0) if faster else 0, period)  # the last restart, days ago
    age, factor = (t + since) % period, 1 + _slope(rng, day, -t[0]) * t
    if faster:
        age, factor = age * np.where(t >= -since, rng.uniform(1.4, 4), 1.0), np.ones(t.size)
    elif case < 0.65 and period <= 3 and day < HORIZON:
        since += period * min(int(rng.integers(2, 5)), int(-0.7 * t[0] / period))
        age, factor = np.where(t >= -since, t + since, age), np.ones(t.size)
    return _limited(rng, t, factor * (base + (1 - base) / period * age), day)


def leak_until_random_restart(rng: Rng, t: Floats) -> Floats:
    """A leak that restarts undo whenever they come; in some it is faster since the last one, and all of it may grow."""
    day, gap, base = _aim(rng), rng.uniform(0.7, 5), rng.uniform(0.2, 0.7)
    age, index = since_last(t, arrivals(rng, t, gap, rng.uniform(3, 9)))
    leaked = (1 - base) / gap / 1.5 * age
    if rng.uniform() < 0.4 and age[t <= 0][-1] > 1:
        leaked = leaked * np.where(index >= index[t <= 0][-1], rng.uniform(1.5, 4), 1.0)
    return _limited(rng, t, (1 + _slope(rng, day, -t[0]) * t) * (base + leaked), day)


def descriptors_until_deploy(rng: Rng, t: Floats) -> Floats:
    """Descriptors leak until the next deploy, on most working days or on some, none at a weekend; all of it grows."""
    day, local, base = _aim(rng), t + rng.uniform(0, 7), rng.uniform(0.3, 0.8)
    deploys = _on_weekdays(t, local, rng.uniform(9, 17), (0, 1, 2, 3, 4))
    deploys = deploys[(rng.uniform(size=deploys.size) < rng.uniform(0.35, 0.9)) & (deploys > t[0] - 3)]
    age, _ = since_last(t, np.append(t[0] - 3, deploys))
    return _limited(rng, t, (1 + _slope(rng, day, -t[0]) * t) * (base + (1 - base) * age / 3), day)


def undo_until_purged(rng: Rng, t: Floats) -> Floats:
    """Undo records of a long query pile up at one time of the day, and are purged; or a transaction was left open."""
    day, local, base = _aim(rng), t + rng.uniform(0, 7), rng.uniform(0.03, 0.3)
    hours = max(rng.uniform(2, 9), 72 * (t[1] - t[0]))
    runs = (_hour(local) - rng.uniform(0, 24)) % 24 / hours
    kept = np.where(runs < 1, runs, np.maximum(1 - (runs - 1) * hours / rng.uniform(0.3, 2), 0))
    if day == np.inf or rng.uniform() > 0.45:
        return _limited(rng, t, base + (1 - base) * (1 + _slope(rng, day, -t[0]) * t) * kept, day)
    since = rng.uniform(1.2, 6)
    rate = _slope(rng, day, since, 0.9)
    before = (1 - rate * since) * (base + (1 - base) * kept)
    return _limited(rng, t, np.where(t < -since, before, 1 + rate * t), day)


def slot_left_behind(rng: Rng, t: Floats) -> Floats:
    """A log that is recycled; a replica falls behind for hours, at times, and catches up; the last one does not."""
    day, base, longest = _aim(rng), rng.uniform(0.05, 0.4), rng.uniform(0.15, 1)
    stuck, since = day < np.inf, rng.uniform(max(1.2, 2 * longest), min(7, -0.7 * t[0]))
    age, _ = since_last(t, _clock(rng, t, rng.uniform(0.1, 0.6)))
    path, rate = base * (1 + 0.1 * age), log_uniform(rng, 0.2, 1.5)
    begins = t[0] + np.cumsum(rng.exponential(-t[0] / 4, 40) + 1.5)
    for begin in begins[begins < (-since - 1.5 * longest if stuck else t[-1])]:
        behind, hours = t - begin, longest * rng.uniform(0.3, 1)
        path = path + rate * np.maximum(np.minimum(behind, hours - (behind - hours) / 0.3), 0)
    if not stuck:
        return _limited(rng, t, path, day)
    rise = (1 - base) * rng.uniform(0.6, 1) / since
    rise = rise if day < HORIZON else min(_slope(rng, day, since, 0.95), rise)
    scale = (1 - rise * since) / base
    path = path * (scale if path.max() * scale < 2 else 1.0)
    return _limited(rng, t, np.where(t > -since, 1 + rise * t, path), day)


def age_until_frozen(rng: Rng, t: Floats) -> Floats:
    """The age of the oldest transaction, by the work done, until rows are frozen; or a prepared one holds it up."""
    day, local = _aim(rng), t + rng.uniform(0, 7)
    period, lowest = rng.uniform(2.5, min(18, -t[0] / 2.3)), rng.uniform(0.1, 0.5)
    work = _written(t, 0.3 + rng.uniform() * _works(local) + 0.3 * _load(rng, local))
    since, rate = rng.uniform(0, period), (1 - lowest) / period
    age = lowest + rate * ((work + since) % period)
    if day > HORIZON or rng.uniform() > 0.75:
        return _limited(rng, t, (1 + _slope(rng, day, -t[0]) * t) * age, day)
    missed = since if since > 0.12 * period else since + period
    return _limited(rng, t, np.where(work >= -missed, 1 + rate * (work + missed), age), day)


def copies_after_disk_loss(rng: Rng, t: Floats) -> Floats:
    """Other disks took over what one held that is gone, within hours; some had that before, and it was replaced."""
    day, since = _aim(rng), rng.uniform(1.5, min(12, -0.7 * t[0]))
    hours, part = log_uniform(rng, 0.15, 1.2), rng.uniform(0.06, 0.3)
    path = 1 - part * np.exp(-np.maximum(t + since, 0) / hours)
    path = path * (1 + _slope(rng, day, -t[0], 0.5) * t)
    if rng.uniform() < 0.4:
        age, lasted = t + rng.uniform(since + 4, max(since + 5, -t[0] - 1)), rng.uniform(0.5, 3)
        taken = 1 - np.exp(-np.maximum(age, 0) / hours)
        path = path + 0.8 * part * np.where(age < lasted, taken, np.exp(-np.maximum(age - lasted, 0) / hours))
    return _limited(rng, t, path, day)


def burst_credits_spent(rng: Rng, t: Floats) -> Floats:
    """Credits for bursts are spent in busy hours and earned back in quiet ones; since some days more than is earned."""
    day, load = _aim(rng), _load(rng, t + rng.uniform(0, 7))
    size, balance = rng.uniform(0.05, 0.3), np.full(t.size, -rng.uniform(0.1, 0.5))
    if day < np.inf:
        since = min(rng.uniform(4, 16), -0.8 * t[0])
        lately = _slope(rng, day, since, 0.9) / size if day < HORIZON else -0.05
        balance = np.where(t > -since, lately, balance)
    spent = accumulate(t, size * (load / load.mean() - 1 + balance))
    return _limited(rng, t, spent - np.minimum.accumulate(spent) + 0.02, day)


def seats_that_come_and_go(rng: Rng, t: Floats) -> Floats:
    """Seats that are taken and given back one by one in office hours, as many of them, or more are taken."""
    day, local, seats = _aim(rng), t + rng.uniform(0, 7), log_uniform(rng, 60, 2000)
    opened = _works(local) * (np.abs(_hour(local) - 13) < 5)
    changes = 0.004 * seats * (t[1] - t[0]) * opened
    more = max(_slope(rng, day, -t[0]), 0.0) * seats * (t[1] - t[0]) * opened / opened.mean()
    taken = np.cumsum(rng.poisson(more + changes) - rng.poisson(changes)) / seats
    return _limited(rng, t, 1 + taken - taken[t <= 0][-1], day)


def pool_trimmed_on_sundays(rng: Rng, t: Floats) -> Floats:
    """A thin pool, written to in pieces of all sizes at random; every Sunday a trim gives back what was deleted."""
    day, local, writes = _aim(rng), t + rng.uniform(0, 7), rng.uniform(2, 10)
    grows, trimmed = max(_slope(rng, day, -t[0]), 0.0), rng.uniform(0.02, 0.15) / 7
    written = np.cumsum(rng.poisson(writes * (t[1] - t[0]), t.size) * rng.exponential(size=t.size)) / writes
    trims = _on_weekdays(t, local, rng.uniform(0, 5), (6,))
    _, index = since_last(t, trims)
    path = (grows + trimmed) * written - trimmed * np.interp(trims[index], t, written)
    return _limited(rng, t, 1 + path - path[t <= 0][-1], day)


def neighbour_in_phases(rng: Rng, t: Floats) -> Floats:
    """Another one's work, about as high each time, begins at once every few days, lasts for hours and ends at once."""
    day, gap = _aim(rng), rng.uniform(1.2, 4)
    begins = events(rng, t, gap, 0.5)
    lasts = rng.uniform(0.6, 1.4, begins.size) * rng.uniform(0.2, 0.9)
    height = rng.uniform(0.85, 1.1, begins.size) * rng.uniform(0.08, 0.5)
    age, index = since_last(t, begins)
    return _limited(rng, t, 1 + _slope(rng, day, -t[0]) * t + height[index] * (age < lasts[index]), day)


def retention_that_sets_in(rng: Rng, t: Floats) -> Floats:
    """All is kept for so many days: it fills, then stays or grows slowly; or since some days nothing is deleted."""
    day, local, days = _aim(rng), t + rng.uniform(0, 7), rng.uniform(4, max(4.5, min(25, -t[0] - 5)))
    written = _written(t, 0.4 + rng.uniform(0, 0.8) * _works(local) + 0.2 * _load(rng, local))
    deleted, new = t - days, rng.uniform() < 0.7
    factor = 1 + _slope(rng, day, -t[0]) * t
    if day < HORIZON and rng.uniform() < 0.6:
        deleted, factor = np.minimum(deleted, -rng.uniform(1.5, min(9, -0.4 * t[0])) - days), np.ones(t.size)
    gone = np.interp(deleted, t, written) if new else _earlier(t, written, deleted)
    return _limited(rng, t, rng.uniform(0, 0.5) + factor * (written - gone) / days, day)


def cache_after_restart(rng: Rng, t: Floats) -> Floats:
    """A restart emptied a cache, which was full again within a day or two; what is beside it grows, or stays."""
    day, since, cache = _aim(rng), rng.uniform(4, -t[0]), rng.uniform(0.5, 0.9)
    filled = 1 - np.exp(-np.maximum(t + since, 0) / rng.uniform(0.2, 1.2))
    filled = np.where(t < -since, rng.uniform(0.6, 1), filled)
    beside = 1 - cache + _slope(rng, day, since, 0.3) * np.maximum(t, -since)
    return _limited(rng, t, cache * filled + beside, day)


def load_of_a_failed_site(rng: Rng, t: Floats) -> Floats:
    """A day's load; for some days it also was another site's, which had failed, or less because this one had."""
    day, local, base = _aim(rng), t + rng.uniform(0, 7), rng.uniform(0.4, 0.9)
    over = rng.uniform(0.7, min(9, -0.7 * t[0]))
    factor = rng.uniform(1.15, 1.6) if rng.uniform() < 0.5 else rng.uniform(0.4, 0.85)
    path = (1 + _slope(rng, day, -t[0]) * t) * (base + (1 - base) * _load(rng, local)) * _by_day(rng, local, 0.01)
    return _limited(rng, t, path * np.where((t > -over - rng.uniform(0.5, 5)) & (t < -over), factor, 1.0), day)


def keys_with_imports(rng: Rng, t: Floats) -> Floats:
    """Keys of a range that are given out as fast as the load, and many at once by an import every few days."""
    day, local = _aim(rng), t + rng.uniform(0, 7)
    rate = (0.1 + rng.uniform(0.3, 3) * _load(rng, local)) * _rough(rng, t, rng.uniform(0.05, 0.4))
    imports = t[0] + np.cumsum(rng.exponential(4, 80) + 0.5)
    done = np.bincount(np.searchsorted(t, imports[imports < t[-1]]), minlength=t.size)
    return _used_up(rng, t, rate / rate.mean() + done * rng.uniform(0, 0.25) / (t[1] - t[0]), day)


def flash_worn_by_writes(rng: Rng, t: Floats) -> Floats:
    """Bytes written to flash of all that it endures: always a little, and many in some hours of every day."""
    day, local = _aim(rng), t + rng.uniform(0, 7)
    job = (_hour(local) - rng.uniform(0, 24)) % 24 < rng.uniform(1, 4)
    rate = rng.uniform(0.2, 1.5) * _rough(rng, t, rng.uniform(0.1, 0.6)) + rng.uniform(0, 8) * job
    return _used_up(rng, t, rate, day)


SHAPES: dict[str, Shape] = {
    shape.__name__: shape
    for shape in (
        tenants_that_keep_writing,
        pool_leaking_under_load,
        heap_teeth_on_bent_line,
        sessions_swept_by_day_and_week,
        log_until_full_backup,
        partitions_dropped_or_piling,
        fulls_that_overlap,
        changes_held_by_snapshots,
        sweeper_that_weakens,
        leak_until_timed_restart,
        leak_until_random_restart,
        descriptors_until_deploy,
        undo_until_purged,
        slot_left_behind,
        age_until_frozen,
        copies_after_disk_loss,
        burst_credits_spent,
        seats_that_come_and_go,
        pool_trimmed_on_sundays,
        neighbour_in_phases,
        retention_that_sets_in,
        cache_after_restart,
        load_of_a_failed_site,
        keys_with_imports,
        flash_worn_by_writes,
    )
}
