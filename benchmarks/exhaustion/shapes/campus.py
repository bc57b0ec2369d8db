"""What usage does in an enterprise's network as SNMP shows it: switches, routers, firewalls, wireless; and its servers.

Tables, sessions, leases, power, light and warmth follow the busy hours, or what was plugged in, moved or broke some
days ago. How much is in use now and when that is all give the growth; the limit is the highest value on that day.
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
    events,
    full_day,
    log_uniform,
    next_record,
    since_last,
    wander,
)


def outlook(rng: Rng, t: Floats, most: float = 0.9) -> tuple[float, float, float]:
    """The day on which it is full, the share in use now, and the growth a day of what is one now, by `most` so far.

    What would be full only after the horizon often does not grow, and rarely becomes less.
    """
    end = full_day(rng, 0.55)
    if end < HORIZON:
        level = rng.uniform(0.45, 0.96) if rng.uniform() < 0.6 else rng.uniform(0.8, 0.98)
        part = 1.0
    else:
        level = rng.uniform(0.66, 0.985) if rng.uniform() < 0.8 else rng.uniform(0.25, 0.75)
        part = rng.choice([0.0, 1.0, -0.6], p=[0.3, 0.63, 0.07])
    return end, level, min(part * (1 / level - 1) / end, -most / t[0])


def limited(rng: Rng, t: Floats, path: Floats, end: float, level: float) -> Floats:
    """The path as a share of a limit: its highest about that day; or so much is in use now, and never all of it."""
    highest = np.maximum.accumulate(path)
    now = highest[t <= 0][-1]
    at = next_record(t, highest, end - 0.5, above=1.01 * now) if end < HORIZON else None
    if at is not None:
        return np.asarray(path / highest[min(at + round(0.5 / (t[1] - t[0])), t.size - 1)], dtype=np.float64)
    limit = now / level
    if highest[-1] > 0.985 * limit:
        limit = highest[-1] / rng.uniform(0.7, 0.97)
    return np.asarray(path / limit, dtype=np.float64)


def week(rng: Rng, t: Floats) -> Floats:
    """Days since a Monday."""
    return np.asarray(t - t[0] + rng.uniform(0, 7), dtype=np.float64)


def bell(local: Floats, hour: float, width: float) -> Floats:
    """A bell around an hour of the day."""
    return np.asarray(np.exp(-0.5 * ((local % 1 * 24 - hour) / width) ** 2), dtype=np.float64)


def busy_hours(rng: Rng, local: Floats, night: float | None = None, weekend: float | None = None) -> Floats:
    """A load up to one: busy before and after lunch, some in the evening too; less on Mondays, Fridays and weekends."""
    night = rng.uniform(0.05, 0.5) if night is None else night
    weekend = rng.uniform(0.15, 0.8) if weekend is None else weekend
    load = bell(local, rng.uniform(8.5, 11), rng.uniform(1.2, 2.2))
    load = load + rng.uniform(0.6, 1.1) * bell(local, rng.uniform(13.5, 17), rng.uniform(1.3, 3))
    if rng.uniform() < 0.3:
        load = load + rng.uniform(0.2, 0.8) * bell(local, rng.uniform(19, 22), 1.5)
    days = rng.uniform([0.94, 0.97, 0.97, 0.97, 0.9, 1, 0.85], [1, 1.03, 1.03, 1.02, 1, 1, 1.05])
    days = (days * np.where(np.arange(7) < 5, 1.0, weekend))[local.astype(int) % 7]
    return np.asarray(night * (0.6 + 0.4 * days) + (1 - night) * load / load.max() * days, dtype=np.float64)


def changed(rng: Rng, t: Floats, low: float = 1.2, high: float = 8.5) -> float:
    """Days since something changed, within the history."""
    return float(rng.uniform(low, max(min(high, -0.8 * t[0]), low + 0.1)))


def summed(t: Floats, instants: Floats, sizes: Floats) -> Floats:
    """The sum of what came at some instants, zero now."""
    total = np.append(0.0, np.cumsum(sizes))[np.searchsorted(instants, t, side="right")]
    return np.asarray(total - total[t <= 0][-1], dtype=np.float64)


def collector_catching_up(rng: Rng, t: Floats) -> Floats:
    """A collector was down; what devices had held back came within hours, and it grows on as before."""
    end, level, rate = outlook(rng, t, 0.7)
    begun, size = rng.uniform(0.9, 5), log_uniform(rng, 0.05, 0.3)
    took = min(rng.uniform(0.3, 0.9), begun - 0.3)
    return limited(rng, t, 0.9 + rate * t + size * np.clip((t + begun) / took, 0, 1), end, level)


def syslog_in_storms(rng: Rng, t: Floats) -> Floats:
    """A log server: a part comes evenly, the rest in storms of all sizes, at random, days apart."""
    end, level, rate = outlook(rng, t, 0.6)
    gap, part = rng.uniform(1, 3), rng.uniform(0.3, 0.7)
    storms = arrivals(rng, t, gap, 1.0)
    logged = summed(t, storms, rng.gamma(2.5, gap / 2.5, storms.size))
    return limited(rng, t, np.maximum(1 + rate * ((1 - part) * t + part * logged), 0.02), end, level)


def replica_delay_by_night(rng: Rng, t: Floats) -> Floats:
    """A replica falls behind while a batch writes by night, and catches up; one weekday is worse; all of it grows."""
    end, level, rate = outlook(rng, t, 0.85)
    local, lasts = week(rng, t), rng.uniform(1.5, 4)
    hours = (local % 1 * 24 - rng.uniform(0, 5)) % 24
    delay = np.where(hours < lasts, hours / lasts, np.exp(-np.maximum(hours - lasts, 0) / rng.uniform(0.4, 1.5)))
    heavy = np.where(local.astype(int) % 7 == rng.integers(7), rng.uniform(1, 1.4), 1.0)
    path = 0.03 + (1 + rate * t) * delay * heavy * each_day(rng, local, rng.uniform(0.005, 0.03))
    return limited(rng, t, path, end, level)


def sessions_growing_by_week(rng: Rng, t: Floats) -> Floats:
    """Sessions of a firewall in busy hours: half of the growth comes evenly, half with every new week."""
    end, level, rate = outlook(rng, t, 0.85)
    local = week(rng, t)
    weeks = np.floor(local / 7)
    grown = 1 + rate * (0.5 * t + 3.5 * (weeks - weeks[t <= 0][-1]))
    load = busy_hours(rng, local, weekend=rng.uniform(0.1, 0.4)) * each_day(rng, local, 0.015)
    return limited(rng, t, np.maximum(grown, 0.05) * load + rng.uniform(0, 0.2), end, level)


def translated_ports(rng: Rng, t: Floats) -> Floats:
    """Ports of address translation: nearly none by night, about as many each day, from few on or from long ago."""
    end, level, rate = outlook(rng, t)
    local = week(rng, t)
    load = (0.1 + busy_hours(rng, local, 0.15)) * each_day(rng, local, rng.uniform(0.01, 0.04))
    return limited(rng, t, load * np.maximum(1 + rate * t, 0.05) + wander(rng, t, 0.01, 0.1), end, level)


def leases_more_twice_a_week(rng: Rng, t: Floats) -> Floats:
    """Leases that outlast their guests by hours or a day; every three and a half days there are more guests."""
    end, level, rate = outlook(rng, t, 0.85)
    lasts, begin = rng.uniform(0.15, 1), rng.uniform(0, 3.5)
    before = t[0] + np.arange(-round(6 * lasts / (t[1] - t[0])), t.size) * (t[1] - t[0])
    guests, kept = busy_hours(rng, week(rng, before), 0.2, 0.3), np.exp((before[0] - before) / lasts)
    size = 1 << (2 * before.size).bit_length()
    leased = np.fft.irfft(np.fft.rfft(guests, size) * np.fft.rfft(kept, size), size)[: before.size][-t.size :]
    return limited(rng, t, leased * np.maximum(1 + rate * 3.5 * np.floor((t + begin) / 3.5), 0.05), end, level)


def routes_in_jumps(rng: Rng, t: Floats) -> Floats:
    """Routes in a switch's memory: they grow evenly, and every few weeks a neighbour announces some more at once."""
    end, level, rate = outlook(rng, t, 0.7)
    jumps = arrivals(rng, t, log_uniform(rng, 10, 60), 1.0)
    sizes = np.exp(rng.uniform(np.log(0.003), np.log(0.03), jumps.size))
    return limited(rng, t, 1 + rate * t + summed(t, jumps, sizes) + wander(rng, t, 0.002, 0.3), end, level)


def remote_users_since_order(rng: Rng, t: Floats) -> Floats:
    """Tunnels of people who work from home, many more since an order some days ago; that was all, or more follow."""
    end, level, rate = outlook(rng, t, 0.6)
    since, before = changed(rng, t, 1.5, 20), rng.uniform(0.5, 0.92)
    rate = min(rate, 0.5 / since) if end < HORIZON else min(max(rate, 0.0), 0.002)
    local = week(rng, t)
    users = np.where(t < -since, before, 1 + rate * (t + since))
    return limited(rng, t, users * busy_hours(rng, local, 0.1, 0.25) * each_day(rng, local, 0.012), end, level)


def wireless_adopted(rng: Rng, t: Floats) -> Floats:
    """Clients of a wireless network by day that come along an S-curve: nearly all are there, or it is in its midst."""
    end, level, _ = outlook(rng, t)
    days, newcomers, local = rng.uniform(3, 9), rng.uniform(0.3, 0.8), week(rng, t)
    middle = -rng.uniform(2.2, 4) * days
    if end < HORIZON:
        middle = rng.uniform(-2, min(25, end + 3))  # so that some have come already
        days = max(days, (end - middle) / 3)
    clients = 1 - newcomers + newcomers / (1 + np.exp((middle - t) / days))
    return limited(rng, t, clients * busy_hours(rng, local, 0.03, 0.15) * each_day(rng, local, 0.01), end, level)


def balancer_after_deploy(rng: Rng, t: Floats) -> Floats:
    """Connections through a balancer: a deploy raised the load some days ago; since then some are never closed."""
    end, level, rate = outlook(rng, t)
    since, more, local = changed(rng, t), rng.uniform(0.02, 0.5), week(rng, t)
    kept = min(rate, 1.2 / since) * np.maximum(t + since, 0) if end < HORIZON else 0.0
    load = busy_hours(rng, local, 0.3) * np.where(t < -since, 1 - more, 1.0)
    return limited(rng, t, load * each_day(rng, local, 0.01) + kept, end, level)


def left_behind_by_restarts(rng: Rng, t: Floats) -> Floats:
    """A daemon that leaks and restarts at random, days apart: each time a little more is left, and none in between."""
    end, level, rate = outlook(rng, t, 0.5)
    gap, tooth = log_uniform(rng, 0.8, 4), rng.uniform(0.1, 0.35)
    age, _ = since_last(t, arrivals(rng, t, gap, 12.0))
    return limited(rng, t, 1 - tooth + rate * (t - age) + tooth * age / gap, end, level)


def heap_with_full_collections(rng: Rng, t: Floats) -> Floats:
    """The heap of a controller: collected every few hours, the last bit only every few days; the rest grows."""
    tooth = rng.uniform(0.15, 0.5)
    end, level, rate = outlook(rng, t, 0.8 * (1 - tooth))
    short = rng.uniform(0.06, 0.4) if t[1] - t[0] < 0.04 else rng.uniform(0.2, 0.9)
    full = rng.uniform(4, 12)
    age, _ = since_last(t, events(rng, t, short, 0.0))
    older, _ = since_last(t, events(rng, t, full, 0.0))
    return limited(rng, t, 1 - tooth + rate * t + tooth * age / short + 0.03 * older / full, end, level)


def configuration_backups(rng: Rng, t: Floats) -> Floats:
    """A full backup a week, written as the oldest of two to four goes, and increments by day; some began weeks ago."""
    end, level, rate = outlook(rng, t, 0.8)
    kept, increment, age = int(rng.integers(2, 5)), rng.uniform(0.02, 0.12), (t + rng.uniform(0, 7)) % 7
    begun = -np.inf if rng.uniform() < 0.6 else -7 * (kept + 1) - rng.uniform(1, 10)
    path = np.full(t.size, 0.15)
    for i in range(kept):
        made = t - age - 7 * i
        size = np.where(made >= begun, np.maximum(1 + rate * made, 0.1), 0.0)
        newest = np.clip(5 * age, 0, 1) + increment * np.floor(age)
        path += size * (newest if i == 0 else 1 + 6 * increment)
    return limited(rng, t, path, end, level)


def powered_ports(rng: Rng, t: Floats) -> Floats:
    """Power over Ethernet: phones and cameras are plugged in at random, days apart; it hardly follows the day."""
    end, level, rate = outlook(rng, t, 0.8)
    gap = rng.uniform(0.5, 3)
    plugged = arrivals(rng, t, gap, 1.0)
    drawn = summed(t, plugged, gap * rng.choice([0.6, 1.0, 1.0, 1.4], plugged.size))
    path = np.maximum(1 + rate * drawn, 0.02) + rng.uniform(0, 0.02) * busy_hours(rng, week(rng, t))
    return limited(rng, t, path, end, level)


def licences_in_packs(rng: Rng, t: Floats) -> Floats:
    """Licences given out in packs during office hours of working days, many on one day and few on another."""
    end, level, rate = outlook(rng, t, 0.8)
    local, pack = week(rng, t), rng.uniform(0.002, 0.01)
    given = (local % 7 < 5) * (np.abs(local % 1 * 24 - 12.5) < 4.5) * each_day(rng, local, 0.4)
    path = 1 + rate * accumulate(t, given / given.mean())
    return limited(rng, t, pack * np.floor(path / pack), end, level)


def metered_line_at_failover(rng: Rng, t: Floats) -> Floats:
    """Bytes over a metered line: traffic failed over to it, many times what is usual, for some days, or still does."""
    end, level, _ = outlook(rng, t)
    local = week(rng, t)
    rate = busy_hours(rng, local, 0.1) * each_day(rng, local, rng.uniform(0.03, 0.15))
    if rng.uniform() < 0.5:
        rate = rate * (1 + rng.uniform(0, 0.02) * (t - t[0]))
    if rng.uniform() < 0.5:
        begun = rng.uniform(2, -0.7 * t[0])
        over = np.inf if end < HORIZON else -begun * rng.uniform(0.1, 0.5)
        rate = rate * np.where((t > -begun) & (t < over), log_uniform(rng, 3, 30), 1.0)
    used = accumulate(t, rate)
    return limited(rng, t, used - used[0], end, level)


def numbers_drawn_faster(rng: Rng, t: Floats) -> Floats:
    """Numbers that are never given back, drawn by day and night; since a release some days ago faster, or as ever."""
    end, level, _ = outlook(rng, t)
    local = week(rng, t)
    rate = (0.3 + busy_hours(rng, local, 0.3, 0.5)) * each_day(rng, local, 0.04)
    if rng.uniform() < 0.5:
        rate = rate * np.where(t > -changed(rng, t), rng.uniform(1.5, 6), 1.0)
    drawn = accumulate(t, rate)
    return limited(rng, t, drawn - drawn[0], end, level)


def heat_since_fan_failed(rng: Rng, t: Floats) -> Floats:
    """Warmth of a chassis, by day and less at weekends; it rises since a fan failed or a filter clogged days ago."""
    end, level, rate = outlook(rng, t)
    since, local = changed(rng, t, 2, 14), week(rng, t)
    day = rng.uniform(0.01, 0.08) * np.sin(2 * np.pi * (local - 9 / 24))
    day = day * np.where(local % 7 < 5, 1.0, rng.uniform(0.6, 1))
    path = 1 + min(rate, 0.35 / since) * np.maximum(t, -since) + day + wander(rng, t, 0.008, 2)
    return limited(rng, t, path, end, level)


def light_fading_ever_faster(rng: Rng, t: Floats) -> Floats:
    """The margin of an optic is used up ever faster, e times as fast after ten to sixty days; it follows the day."""
    end, level, rate = outlook(rng, t, np.inf)
    days = rng.uniform(10, 60)
    lost = np.maximum(1 + 0.8 * rate * days * np.expm1(np.minimum(t / days, 3)), 0)
    return limited(rng, t, 0.15 + 0.85 * lost + 0.03 * np.sin(2 * np.pi * (t - rng.uniform())), end, level)


def processor_beside_neighbour(rng: Rng, t: Floats) -> Floats:
    """Busy hours that grow, and a neighbour that runs by a clock of its own: high where the two of them meet."""
    end, level, rate = outlook(rng, t, 0.8)
    load = 0.7 * busy_hours(rng, week(rng, t), 0.35) * (1 + rate * t) + wander(rng, t, 0.008, 0.5)
    gap = rng.uniform(0.5, 2)
    age, _ = since_last(t, events(rng, t, gap, 0.0))
    return limited(rng, t, load + rng.uniform(0.1, 0.4) * (age < rng.uniform(0.15, 0.5) * gap), end, level)


def neighbours_found_by_scan(rng: Rng, t: Floats) -> Floats:
    """A neighbour table: a scanner fills it for some hours, once a day, twice a week or weekly; both grow."""
    end, level, rate = outlook(rng, t, 0.8)
    age, _ = since_last(t, events(rng, t, float(rng.choice([1, 3.5, 7, 7])), 0.0))
    lasts = rng.uniform(0.12, 0.4)
    found = np.minimum(age / 0.08, 1) * np.exp(-np.maximum(age - lasts, 0) / 0.12)
    load = busy_hours(rng, week(rng, t), 0.4, 0.4)
    return limited(rng, t, (1 + rate * t) * (load + rng.uniform(0.3, 1.5) * found), end, level)


SHAPES: dict[str, Shape] = {
    shape.__name__: shape
    for shape in (
        collector_catching_up,
        syslog_in_storms,
        replica_delay_by_night,
        sessions_growing_by_week,
        translated_ports,
        leases_more_twice_a_week,
        routes_in_jumps,
        remote_users_since_order,
        wireless_adopted,
        balancer_after_deploy,
        left_behind_by_restarts,
        heap_with_full_collections,
        configuration_backups,
        powered_ports,
        licences_in_packs,
        metered_line_at_failover,
        numbers_drawn_faster,
        heat_since_fan_failed,
        light_fading_ever_faster,
        processor_beside_neighbour,
        neighbours_found_by_scan,
    )
}
