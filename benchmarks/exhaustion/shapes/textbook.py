"""What usage does by one clean law a kind, as a textbook has it, with parameters that are spread widely.

A line of growth, or a level that stays, carries one thing more: a wave, teeth, steps, a shift, a kink, bursts, jobs.
What is seen goes on. What does not fill within the 60 days stays level, grows too slowly or falls.
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
    since_last,
    wander,
)

MONTH = 30.4  # days


def _level(rng: Rng) -> float:
    """A height that peaks stay at: half of them far from the limit, a fifth close to it."""
    return float(
        rng.choice([rng.uniform(0.22, 0.7), rng.uniform(0.7, 0.88), rng.uniform(0.88, 0.98)], p=[0.5, 0.29, 0.21])
    )


def _line(rng: Rng, span: float, day: float, floor: float = 0.03) -> tuple[float, float]:
    """How high peaks are now, and their growth per day: full on that day; if it is far, often none, or they fall.

    They were above `floor` all the `span` days before.
    """
    if day < HORIZON:
        lowest = max((floor * day + span) / (day + span), 0.3)
        top = rng.uniform(lowest, max(0.7 * lowest + 0.3, 0.97))
        return top, (1 - top) / day
    top = _level(rng)
    slow = min((1 - top) / day, max(top - floor, 0.0) / span)
    falling = -min(log_uniform(rng, 0.0003, 0.006), max(0.975 - top, 0.0) / span)
    return top, float(rng.choice([0.0, slow, falling], p=[0.36, 0.48, 0.16]))


def _height(rng: Rng, t: Floats, top: float, rate: float, low: float, high: float) -> float:
    """The height of what is carried by a line of peaks, with room below it at all times."""
    return log_uniform(rng, low, min(high, 0.8 * (top + max(rate, 0.0) * t[0]) - 0.04))


def _used(path: Floats) -> Floats:
    """The path, but never less than nothing."""
    return np.asarray(np.maximum(path, 0.0), dtype=np.float64)


def _step_sd(rng: Rng, top: float, day: float) -> float:
    """How far random steps lead within a day: less far than the limit is by the day on which it fills."""
    if day > HORIZON:
        return min(log_uniform(rng, 0.001, 0.02), 0.1 * (1 - top))
    return min(rng.uniform(0.1, 0.55) * (1 - top) / float(np.sqrt(day)), 0.035)


def _load(rng: Rng, local: Floats) -> Floats:
    """A load from zero to about one: a wave, two harmonics or office hours, often less at the weekend."""
    day, form = 2 * np.pi * (local % 1.0), int(rng.integers(3))
    if form == 0:
        load = (0.5 + 0.5 * np.cos(day)) ** rng.uniform(0.8, 3)
    elif form == 1:
        load = np.cos(day) + rng.uniform(0.1, 0.45) * np.cos(2 * day - rng.uniform(0, 2 * np.pi))
        load = (load - load.min()) / np.ptp(load)
    else:
        hours = np.abs(local % 1.0 - 0.5) * 24
        load = 1 / (1 + np.exp((hours - rng.uniform(3.5, 7)) / rng.uniform(0.5, 1.5)))
    weekend = 1.0 if rng.uniform() < 0.45 else rng.uniform(0.25, 0.95)
    sd = log_uniform(rng, 0.005, 0.06)
    return np.asarray(
        load * np.where(local % 7 < 5, 1.0, weekend) * each_day(rng, local, sd) / np.exp(sd), dtype=np.float64
    )


def _monthly(rng: Rng, t: Floats, day: float, wave: Floats) -> Floats:
    """What comes every month, on a line: it reaches the limit on that day, or not at all if that is far."""
    if day > HORIZON:
        top, rate = _line(rng, -t[0], day, 0.12)
        return _used(top + rate * t - _height(rng, t, top, rate, 0.05, 0.4) * (1 - wave))
    height = log_uniform(rng, 0.05, 0.4)
    path = min(log_uniform(rng, 0.0012, 0.008), (0.95 - height) / (day - t[0])) * t + height * wave
    return np.asarray(1 + path - np.interp(day, t, path), dtype=np.float64)


def evenly_filled_volume(rng: Rng, t: Floats) -> Floats:
    """A straight line, which rises, stays or falls."""
    top, rate = _line(rng, -t[0], full_day(rng))
    return _used(top + rate * t)


def calm_or_falling_level(rng: Rng, t: Floats) -> Floats:
    """Sways a little over weeks, or becomes less, evenly or ever more slowly, down to a rest; never full."""
    top, memory = _level(rng), -t[0] * rng.uniform(0.3, 1.5)
    if rng.uniform() < 0.45:
        return top + log_uniform(rng, 0.0005, 0.015) * np.sin(2 * np.pi * (t / rng.uniform(5, 40) + rng.uniform()))
    fallen = t / t[0] if rng.uniform() < 0.6 else np.expm1(-t / memory) / np.expm1(-t[0] / memory)
    path = top + min(rng.uniform(0.03, 0.6), 0.985 - top) * fallen
    return np.asarray(np.maximum(path, rng.uniform(0.01, 0.3) * top), dtype=np.float64)


def fill_that_ended(rng: Rng, t: Floats) -> Floats:
    """A ramp that ended days ago, or an approach to a level since the first day; what comes after is slow."""
    top, span = _level(rng), -t[0]
    ended = rng.uniform(1.5, 0.6 * span) if rng.uniform() < 0.65 else rng.uniform(1.2, 7)
    if rng.uniform() < 0.5:
        missing = np.clip(-(t + ended) / rng.uniform(2, max(3, 1.1 * (span - ended))), 0, 1)
    else:
        memory = rng.uniform(0.2, 0.45) * ended + 0.3 + 0.08 * span
        missing = np.expm1(-t / memory) / np.expm1(span / memory)
    rate = 0.0 if rng.uniform() < 0.6 else (1 - top) / log_uniform(rng, 120, 2000)
    return _used(top - rng.uniform(0.15, 0.9) * (top - 0.03) * missing + rate * np.maximum(t, -ended))


def daily_wave_on_line(rng: Rng, t: Floats) -> Floats:
    """A daily and weekly wave on a line; on some, one day of the week stands out."""
    top, rate = _line(rng, -t[0], full_day(rng), 0.12)
    local = t + rng.uniform(0, 7)
    load = _load(rng, local)
    if rng.uniform() < 0.25:
        load = load * np.where(np.floor(local % 7) == rng.integers(7), 1.0, rng.uniform(0.45, 0.9))
    return _used(top + rate * t - _height(rng, t, top, rate, 0.02, 0.5) * (1 - load))


def written_in_office_hours(rng: Rng, t: Floats) -> Floats:
    """Grows in the office hours of working days only; some give a part of it back at the weekend."""
    top, rate = _line(rng, -t[0], full_day(rng))
    local = t + rng.uniform(0, 7)
    works = (local % 7 < 5) & (local % 1.0 * 24 < rng.uniform(6, 12))
    written = works * each_day(rng, local, log_uniform(rng, 0.05, 0.5))
    if rng.uniform() < 0.3:
        written = written - rng.uniform(0.05, 0.35) * 3.5 * written.mean() * (local % 7 >= 5)
    return _used(top + rate * accumulate(t, written / written.mean()))


def wider_swing_about_still_mean(rng: Rng, t: Floats) -> Floats:
    """The mean stands still and the daily swing widens, or is as wide as ever."""
    top, rate = _line(rng, -t[0], full_day(rng), 0.6)
    rate = max(rate, 0.0)
    half = 0.5 * max(rng.uniform(0.12, 0.75) * top, 2 * (rng.uniform(0.02, 0.08) * top - rate * t[0]))
    load = _load(rng, t + rng.uniform(0, 7))
    swing = (load - load.mean()) / np.quantile(load - load.mean(), 0.98)
    return _used(top - half + (half + rate * t) * swing)


def teeth_cut_by_schedule(rng: Rng, t: Floats) -> Floats:
    """Written steadily and cut back by a schedule: daily, weekly, or every few hours or days."""
    top, rate = _line(rng, -t[0], full_day(rng), 0.1)
    period = rng.choice([1.0, 7.0, log_uniform(rng, 0.3, 5)], p=[0.35, 0.17, 0.48])
    cycle, sd = t / period + rng.uniform(), log_uniform(rng, 0.005, 0.15)
    teeth = (cycle % 1.0) ** rng.uniform(0.8, 1.25) * each_day(rng, cycle, sd) / np.exp(0.8 * sd)
    return _used(top + rate * t - _height(rng, t, top, rate, 0.02, 0.3) * (1 - teeth))


def garbage_as_share_of_live_set(rng: Rng, t: Floats) -> Floats:
    """Garbage over a live set, collected when it is a given share of it: a heap, a merging store, dead rows."""
    top, rate = _line(rng, -t[0], full_day(rng), 0.1)
    share, fixed, local = log_uniform(rng, 1.1, 2.2) - 1, rng.uniform(0, 0.06), t + rng.uniform(0, 7)
    live = np.maximum((top - fixed + rate * t) / (1 + 0.96 * share), 0.01)
    speed = (0.35 + rng.uniform(0, 1.5) * _load(rng, local)) * each_day(rng, local, 0.15)
    made = accumulate(t, speed / speed.mean() / log_uniform(rng, 0.15, 3))
    made += rng.uniform(0, 0.9) - made[0]
    left = rng.uniform(0, 0.12, int(made[-1] / 0.7) + 4)
    lasts = rng.uniform(0.88, 1, left.size) - left
    begins = np.cumsum(lasts) - lasts
    index = np.searchsorted(begins, made, side="right") - 1
    return _used(fixed + live * (1 + share * np.minimum(left[index] + made - begins[index], 1.0)))


def leak_with_even_restarts(rng: Rng, t: Floats) -> Floats:
    """A leak that restarts set back, at gaps much alike; the base grows, or the leak becomes faster, or both."""
    top, rate = _line(rng, -t[0], full_day(rng), 0.12)
    height = _height(rng, t, top, rate, 0.02, 0.35)
    gap = min(log_uniform(rng, 0.7, 4.5) if rng.uniform() < 0.66 else rng.uniform(4.5, 10), -t[0] / 3)
    jitter, share = rng.uniform(0.03, 0.35), rng.uniform() * (rng.uniform() < 0.6)
    gaps = gap * rng.uniform(1 - jitter, 1 + jitter, int((t[-1] - t[0]) / gap * 1.6) + 4)
    age, _ = since_last(t, t[0] - rng.uniform(0, gap) + np.cumsum(gaps) - gaps[0])
    leaked = np.maximum(height + share * rate * t, 0.3 * height) * age / gap
    return _used(top - height * (1 + 0.45 * jitter) + (1 - share) * rate * t + leaked)


def line_with_one_shift(rng: Rng, t: Floats) -> Floats:
    """A deploy moved the level once, mostly up; the growth is the same before and after, some under a small load."""
    top, rate = _line(rng, -t[0], full_day(rng, 0.56), 0.1)
    at = -rng.uniform(3, -0.85 * t[0]) if rng.uniform() < 0.66 else -rng.uniform(0.7, 6)
    shift, room = log_uniform(rng, 0.03, 0.4), 0.985 - top - rate * (at if rate > 0 else t[0])
    if rng.uniform() < 0.72 or room < 0.012:
        shift = min(shift, 0.85 * (top + max(rate, 0.0) * t[0] - 0.04))
    else:
        shift = -min(shift, 0.9 * room)
    load = log_uniform(rng, 0.01, 0.12) * (rng.uniform() < 0.4) * (1 - _load(rng, t + rng.uniform(0, 7)))
    return _used(top + rate * t - np.where(t < at, shift, 0.0) - load)


def line_with_one_kink(rng: Rng, t: Floats) -> Floats:
    """Straight, with another slope since some days: it fills faster than before, or has slowed, stopped or turned."""
    day, since, part = full_day(rng), min(log_uniform(rng, 1.7, 18), -0.7 * t[0]), rng.uniform(-0.15, 0.5)
    before = -t[0] - since
    top, rate = _line(rng, since + max(part, 0.0) * before, day, 0.02)
    knee, slope = top - rate * since, part * rate
    if day > HORIZON and rng.uniform() < 0.75:
        slope = rng.uniform(0.15, 1) * (top - max(rate, 0.0) * since - 0.02) / before
    return _used(knee + np.where(t < -since, slope, rate) * (t + since))


def steps_of_gamma_size(rng: Rng, t: Floats) -> Floats:
    """Grows in steps hours to days apart, by the clock or at random, of one size or of many; some take them down."""
    day = full_day(rng)
    top, rate = _line(rng, -t[0], day)
    gap = log_uniform(rng, 0.3, max(0.7, min(0.8 * day, 12)))
    instants = arrivals(rng, t, gap, rng.choice([1e6, 2.0], p=[0.35, 0.65]))
    even = 400.0 if rng.uniform() < 0.3 else rng.uniform(1.5, 20)
    total = np.cumsum(np.append(0, rng.gamma(even, gap / even, instants.size)))
    grown = total[np.searchsorted(instants, t, side="right")]
    growth = rate * (grown - grown[t <= 0][-1])
    return _used(top + growth * min(1.0, 0.97 * top / max(-growth[0], 1e-9)))


def logistic_rise(rng: Rng, t: Floats) -> Floats:
    """Logistic growth above a base: its ceiling is over the limit, or under it and it is past the middle."""
    day, width = full_day(rng, 0.53), rng.uniform(2.5, 14)
    if day < HORIZON:
        width, base = max(width, day / 3), rng.uniform(0.03, 0.5)
        middle = rng.uniform(max(-1.8 * width, day - 2.6 * width), width)
        size = (1 - base) * (1 + np.exp((middle - day) / width))
    else:
        ceiling = rng.uniform(0.45, 0.97) if rng.uniform() < 0.7 else _level(rng)
        base = rng.uniform(0.03, 0.7) * ceiling
        size, middle = ceiling - base, -width * rng.uniform(0.75, max(min(4.5, -t[0] / width), 0.8))
    return np.asarray(base + size / (1 + np.exp((middle - t) / width)), dtype=np.float64)


def compound_rise_on_base(rng: Rng, t: Floats) -> Floats:
    """Grows by a share of itself, day by day, above a base that stays."""
    day, base = full_day(rng), rng.uniform(0.02, 0.6)
    scale = log_uniform(rng, max(5, day / 4), 50) if day < HORIZON else log_uniform(rng, max(15, day / 4), 250)
    return np.asarray(base + (1 - base) * np.exp((t - day) / scale), dtype=np.float64)


def allowance_spent_by_load(rng: Rng, t: Floats) -> Floats:
    """An allowance that a load uses up from nothing; the load grows, shrinks, a client came or went, or it dried up."""
    day, local, change = full_day(rng), t + rng.uniform(0, 7), rng.uniform()
    rate = (rng.uniform(0.05, 1.5) + _load(rng, local)) * each_day(rng, local, log_uniform(rng, 0.02, 0.35))
    if change < 0.3:
        rate = rate * np.maximum(1 + rng.uniform(-0.5, 1.2) * t / 60, 0.15)
    elif change < 0.5:
        rate = rate * np.where(t > -rng.uniform(2, -0.8 * t[0]), 1.0, log_uniform(rng, 0.25, 3))
    elif change < 0.62 and day > HORIZON:
        rate = rate * np.where(t > -rng.uniform(1, -0.5 * t[0]), rng.uniform(0, 0.05), 1.0)
    spent = accumulate(t, rate)
    spent -= spent[0]
    limit = np.interp(day, t, spent) if day < HORIZON else spent[-1] * log_uniform(rng, 1.02, 3)
    return np.asarray(spent / limit, dtype=np.float64)


def brownian_level_with_drift(rng: Rng, t: Floats) -> Floats:
    """Small random steps that add up, with a drift that outdoes them in time, or next to none."""
    day = full_day(rng, 0.53)
    top, rate = _line(rng, -t[0], day, 0.15)
    walk = np.cumsum(rng.normal(0, _step_sd(rng, top, day) * np.sqrt(t[1] - t[0]), t.size))
    if day > HORIZON:
        rate = min(rate, (1 - top) / 120)
    return _used(top + rate * t + walk - walk[t <= 0][-1])


def level_tied_to_its_line(rng: Rng, t: Floats) -> Floats:
    """A line and a wander around it that forgets itself within days."""
    day, memory = full_day(rng, 0.53), rng.uniform(2, 8)
    top, rate = _line(rng, -t[0], day, 0.15)
    around = wander(rng, t, _step_sd(rng, top, day) * np.sqrt(memory / 2), memory)
    return _used(top + rate * t + around - around[t <= 0][-1])


def job_space_given_back(rng: Rng, t: Floats) -> Floats:
    """A job takes room for hours and gives it back, twice a day to once a week; it grows, or what is below it."""
    top, rate = _line(rng, -t[0], full_day(rng), 0.12)
    height, local = _height(rng, t, top, rate, 0.04, 0.5), t + rng.uniform(0, 7)
    hours, plan, sd = log_uniform(rng, 1.4, 9), rng.uniform(), log_uniform(rng, 0.005, 0.12)
    age = local * 24 % (12 if plan < 0.2 else 24)
    runs = (age < hours) & (local % 7 < (7 if plan < 0.66 else 5 if plan < 0.82 else 1))
    taken = np.minimum((age + 0.4) / (0.35 * hours), (hours - age + 0.4) / (0.15 * hours + 0.3))
    share = rng.uniform() * (rng.uniform() < 0.5)
    size = np.maximum(height + share * rate * t, 0.2 * height) * each_day(rng, local, sd)
    base = top - height * np.exp(0.5 * sd) + (1 - share) * rate * t
    return _used(base + size * runs * np.clip(taken, 0, 1))


def validity_or_balance_countdown(rng: Rng, t: Floats) -> Floats:
    """Days of validity or a balance, gone at a fixed rate: renewed whenever a part of it is left, or never."""
    day, validity = full_day(rng), rng.uniform() < 0.65
    if day > HORIZON and rng.uniform() < 0.7:
        size = rng.choice([30.0, 45.0, 60.0, 90.0]) if validity else log_uniform(rng, 15, 60)
        cycle = min(size * rng.uniform(0.4, 0.78), -0.8 * t[0])
        return np.asarray((t + rng.uniform(0, cycle)) % cycle / size, dtype=np.float64)
    lives = np.array([90.0, 180.0, 365.0, 397.0, 825.0])
    size = rng.choice(lives[lives >= day - t[0]]) if validity else (day - t[0]) * rng.uniform(1, 1.8)
    return np.asarray(1 - (day - t) / size, dtype=np.float64)


def fading_bursts_on_line(rng: Rng, t: Floats) -> Floats:
    """Bursts of limited height at random instants, which fade within hours, on a line."""
    top, rate = _line(rng, -t[0], full_day(rng, 0.52), 0.12)
    lowest, memory = rng.uniform(0.3, 0.9), log_uniform(rng, 1, 14) / 24
    begun = np.flatnonzero(rng.uniform(size=t.size) < log_uniform(rng, 0.12, 2.5) * (t[1] - t[0]))
    last = np.full(t.size, -np.inf)
    last[begun] = np.log(rng.uniform(lowest, 1, begun.size)) + t[begun] / memory
    bursts = np.exp(np.maximum.accumulate(last) - t / memory)
    usual = 0.75 + 0.25 * lowest
    return _used(top + rate * t - _height(rng, t, top, rate, 0.03, 0.4) * (usual - bursts))


def closing_run_on_line(rng: Rng, t: Floats) -> Floats:
    """A rise of some days around the end of every month, on a line."""
    day, before, after = full_day(rng, 0.53), rng.uniform(1, 4), rng.uniform(0.5, 3)
    months = (t - day - rng.uniform(0.1, 0.7) * before) / MONTH
    away = (months - np.round(months)) * MONTH
    rise = np.clip(1 - (np.abs(away) - 0.3) / np.where(away < 0, before, after), 0, 1)
    return _monthly(rng, t, day, rise * each_day(rng, months + 0.5, log_uniform(rng, 0.005, 0.05)))


def filled_within_each_month(rng: Rng, t: Floats) -> Floats:
    """Fills with the month and is purged at its end, on a line."""
    day = full_day(rng, 0.53)
    months = (t - day) / MONTH - rng.uniform(0.01, 0.4)
    filled = (months % 1.0) ** rng.uniform(0.8, 1.6)
    return _monthly(rng, t, day, filled * each_day(rng, months, log_uniform(rng, 0.005, 0.05)))


SHAPES: dict[str, Shape] = {
    shape.__name__: shape
    for shape in (
        evenly_filled_volume,
        calm_or_falling_level,
        fill_that_ended,
        daily_wave_on_line,
        written_in_office_hours,
        wider_swing_about_still_mean,
        teeth_cut_by_schedule,
        garbage_as_share_of_live_set,
        leak_with_even_restarts,
        line_with_one_shift,
        line_with_one_kink,
        steps_of_gamma_size,
        logistic_rise,
        compound_rise_on_base,
        allowance_spent_by_load,
        brownian_level_with_drift,
        level_tied_to_its_line,
        job_space_given_back,
        validity_or_balance_countdown,
        fading_bursts_on_line,
        closing_run_on_line,
        filled_within_each_month,
    )
}
