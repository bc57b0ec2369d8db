"""What usage does in an online service, from first principles: who comes, what is kept of it, who is there to react.

Demand by hour, weekday and luck feeds all: stores keep it for a time, caches and sessions forget it, pools hold it
while it is served, releases and people in their working hours change it. Limits are set after the fact, over what came.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmarks.exhaustion.parts import (
    HORIZON,
    Floats,
    Rng,
    Shape,
    accumulate,
    full_day,
    log_uniform,
    next_record,
    since_last,
    wander,
)

SOON = 14  # days
SHOP_WEEK = np.array([1, 0.97, 0.97, 0.98, 1, 1.08, 1.15])
OFFICE_WEEK = np.array([0.97, 1.04, 1.05, 1.02, 0.9])
EVERYONE = ("shop", "shop", "shop", "software", "office")
CUSTOMERS = ("shop", "software")


def growth(rng: Rng, end: float) -> float:
    """Growth a day of what is one now: plain where it is to fill within the horizon, else slight, none or a fall."""
    if end > HORIZON:
        slight = log_uniform(rng, 2e-4, 3e-3)
        return float(rng.choice([0.0, -slight, slight], p=[0.35, 0.23, 0.42]))
    return log_uniform(rng, 0.01, 0.04) if end < SOON else log_uniform(rng, 0.004, 0.02)


def limited(rng: Rng, t: Floats, path: Floats, end: float, room: float = 0.004) -> Floats:
    """The path as a share of a limit that it first reaches on about that day, or of one above all that comes.

    It goes on beyond that limit soon after. From what was used so far, the limit is at least `room` away.
    """
    highest = np.maximum.accumulate(path)
    now = highest[t <= 0][-1]
    at = next_record(t, highest, end, above=(1 + room) * now) if end < HORIZON else None
    if at is not None:
        surpassed = now + (highest[min(int(np.searchsorted(t, 1.4 * end + 1.5)), t.size - 1)] - now) / 1.15
        at = min(at, int(np.searchsorted(highest, max(surpassed, (1 + room) * now), side="right")))
    if at is None or at >= t.size:
        share = (rng.uniform(0.9, 0.985), rng.uniform(0.62, 0.9), rng.uniform(0.25, 0.65))
        use = min(rng.choice(share, p=[0.37, 0.46, 0.17]), 1 / (1 + room))
        return np.asarray(path / highest[-1] * use, dtype=np.float64)
    rise = min(highest[at] - highest[at - 1], highest[at] - now)
    return np.asarray(path / (highest[at] - rng.uniform(0, 0.3) * rise), dtype=np.float64)


def whole(rng: Rng, t: Floats, path: Floats, low: float, high: float) -> Floats:
    """The path in whole pieces, of which there were so many at most so far."""
    return np.asarray(np.round(path / path[t <= 0].max() * log_uniform(rng, low, high)), dtype=np.float64)


def week(rng: Rng, t: Floats) -> Floats:
    """Days since a Monday."""
    return np.asarray(t - t[0] + rng.uniform(0, 7), dtype=np.float64)


def hour(local: Floats) -> Floats:
    """The hour of the day."""
    return np.asarray(local % 1.0 * 24, dtype=np.float64)


def between(local: Floats, begin: float, hours: float) -> Floats:
    """One within so many hours of the day, from one hour on, else zero."""
    return np.where((hour(local) >= begin) & (hour(local) < begin + hours), 1.0, 0.0)


def longer(t: Floats, days: float) -> Floats:
    """The same instants, and those of so many days before them."""
    step = t[1] - t[0]
    return np.concatenate([t[0] - step * np.arange(round(days / step), 0, -1), t])


def luck(rng: Rng, t: Floats, sd: float) -> Floats:
    """A factor around one that wanders from day to day."""
    return np.asarray(np.exp(wander(rng, t, sd, 1.5)), dtype=np.float64)


def demand(
    rng: Rng,
    t: Floats,
    local: Floats,
    grows: float = 0.0,
    sd: float | None = None,
    of: Sequence[str] = EVERYONE,
) -> Floats:
    """What comes per day, about one now: by hour, weekday and luck, of a shop, a software service or an office."""
    who, day = of[int(rng.integers(len(of)))], (local % 7).astype(int)
    if who == "shop":
        evening, noon = (np.cos((hour(local) - at) * np.pi / half) for at, half in ((20, 12), (12.5, 6)))
        rate = (1 + rng.uniform(0.25, 0.6) * evening + rng.uniform(0.05, 0.2) * noon) * np.power(
            SHOP_WEEK, rng.uniform(0.2, 1.8)
        )[day]
    else:
        night, weekend = ((0.15, 0.5), (0.25, 0.7)) if who == "software" else ((0.01, 0.1), (0.0, 0.08))
        bump = np.exp(-(((hour(local) - rng.uniform(12, 14.5)) / rng.uniform(3, 4.5)) ** 4))
        rate = rng.uniform(*night) + bump * np.append(OFFICE_WEEK, np.full(2, rng.uniform(*weekend)))[day]
    compound = rng.uniform() < 0.5
    grown = np.exp(np.clip(grows * t, -4, 4)) if compound else np.maximum(1 + grows * t, 0.15)
    lucky = luck(rng, t, log_uniform(rng, 0.004, 0.04) if sd is None else sd)
    return np.asarray(np.maximum(rate, 0) / rate.mean() * grown * lucky, dtype=np.float64)


def at_random(rng: Rng, local: Floats, rate: float) -> Floats:
    """Instants that come at random, so many a day."""
    return np.sort(rng.uniform(local[0], local[-1], rng.poisson(rate * (local[-1] - local[0]))))


def releases(rng: Rng, local: Floats, rate: float) -> Floats:
    """Instants at random, so many a day, in working hours: what falls on a weekend is done on Friday."""
    day = np.floor(at_random(rng, local, rate))
    day = day - np.maximum(day % 7 - 4, 0)
    return np.sort(day + rng.uniform(9, 17, day.size) / 24)


def stairs(t: Floats, instants: Floats, sizes: Floats) -> Floats:
    """The sum of what came at some instants, in their order."""
    total = np.concatenate([[0.0], np.cumsum(sizes)])
    return np.asarray(total[np.searchsorted(instants, t, side="right")], dtype=np.float64)


def ramps(t: Floats, begins: Floats, sizes: Floats, days: Floats) -> Floats:
    """The sum of rises by these sizes, each from its begin on in a straight line for so many days."""
    if begins.size == 0:
        return np.zeros(t.size)
    knots, slopes = np.concatenate([begins, begins + days]), np.concatenate([sizes / days, -sizes / days])
    order = np.argsort(knots)
    heights = np.cumsum(np.cumsum(slopes[order])[:-1] * np.diff(knots[order]))
    return np.asarray(np.interp(t, knots[order], np.append(0.0, heights)), dtype=np.float64)


def kept(local: Floats, rate: Floats, since: Floats) -> Floats:
    """What came since those instants: all that is older has been deleted."""
    came = accumulate(local, rate)
    return np.asarray(came - np.interp(since, local, came), dtype=np.float64)


def forgotten(t: Floats, rate: Floats, days: float) -> Floats:
    """What is left of what came if each part stays for so many days on average."""
    keep = float(np.exp((t[0] - t[1]) / days))
    left, now = [], float(rate[: max(int(7 / (t[1] - t[0])), 1)].mean()) * days
    for came in (rate * days * (1 - keep)).tolist():  # each value needs the one before; about 5 ms at most
        now = now * keep + came
        left.append(now)
    return np.array(left)


def since_change(rng: Rng, t: Floats, low: float, high: float) -> Floats:
    """Days since something changed so many days ago, within the history; zero before."""
    ago = rng.uniform(low, max(min(high, -t[0] - 2), low + 0.1))
    return np.asarray(np.maximum(t + ago, 0), dtype=np.float64)


def order_rows_and_vacuum(rng: Rng, t: Floats) -> Floats:
    """Every order adds rows; in half of them a vacuum gives some space back every so often."""
    end, period = full_day(rng, 0.55), rng.uniform(0.5, 4)
    rate = log_uniform(rng, 5e-5, 4e-3) if end > HORIZON else log_uniform(rng, 0.003, 0.04)
    path = 1 + rate * accumulate(t, demand(rng, t, week(rng, t)))
    dead = rng.choice([0.0, log_uniform(rng, 0.002, 0.04)]) * ((t - t[0]) / period % 1.0)
    return limited(rng, t, path - min(path.min() - 0.1, 0.0) + dead, end)


def logs_after_debug_deploy(rng: Rng, t: Floats) -> Floats:
    """Logs of some days, the oldest deleted once a day: a deploy writes more, they grow, or they began lately."""
    end, days, why = (
        full_day(rng, 0.55),
        float(rng.integers(3, 15)),
        rng.choice(["deploy", "growth", "birth"], p=[0.5, 0.25, 0.25]),
    )
    long, local, cut = longer(t, 45), longer(week(rng, t), 45), rng.uniform(0, 0.25)
    rate = demand(rng, long, local, growth(rng, end) if why == "growth" else 0.0, log_uniform(rng, 0.01, 0.08))
    if why == "deploy":
        more = log_uniform(rng, 0.7, 2.2) if end > HORIZON else log_uniform(rng, 1.25, 3)
        rate = rate * np.where(long < -rng.uniform(0.5, days * (5 if end > HORIZON else 0.8)), 1.0, more)
    elif why == "birth":
        ago = rng.uniform(3, -t[0]) if end < HORIZON else min(days + rng.uniform(2, 20), -t[0] - 0.5)
        rate, days = rate * (long >= -ago), 90.0 if end < HORIZON else days
    path = kept(local, rate, np.floor(local - cut) + cut - days)[-t.size :]
    return limited(rng, t, path + 0.02 * path.max(), end)


def topics_added_by_deploys(rng: Rng, t: Floats) -> Floats:
    """A broker that keeps some days: now and then, or every few days, a deploy adds a topic, which fills its time."""
    end, days, local = full_day(rng, 0.55), rng.choice([3, 5, 7]), longer(week(rng, t), 30)
    deploys = releases(rng, local, log_uniform(rng, 0.01, 0.05) if end > HORIZON else log_uniform(rng, 0.15, 0.6))
    sizes = np.exp(rng.uniform(np.log(0.3), np.log(1.6), deploys.size))
    rate = demand(rng, longer(t, 30), local) * (8 + stairs(local, deploys, sizes))
    return limited(rng, t, kept(local, rate, local - days)[-t.size :], end)


def sessions_after_release(rng: Rng, t: Floats) -> Floats:
    """Sessions that live for hours or days: a release raised how many come, and they near a new level; or growth."""
    end = full_day(rng, 0.55)
    life = log_uniform(rng, 0.3, 12) if end > HORIZON else log_uniform(rng, min(max(0.3, end / 3), 6), 12)
    long, local = longer(t, 40), longer(week(rng, t), 40)
    grows = rng.uniform() < 0.35 or 1.5 * life < end < HORIZON
    rate = demand(rng, long, local, growth(rng, end) if grows else 0.0)
    if not grows:
        more = log_uniform(rng, 1.2, 2.5) if end > HORIZON else log_uniform(rng, 1.6, 4)
        ago = life * (rng.uniform(1.3, 9) if end > HORIZON else rng.uniform(0.3, 1.1))
        rate = rate * np.where(long < -ago, 1.0, more)
    path = forgotten(long, rate, life)[-t.size :]
    return limited(rng, t, path + rng.uniform(0.02, 0.3) * path.max(), end)


def cache_larger_than_disk(rng: Rng, t: Floats) -> Floats:
    """A cache fills ever more slowly, up to what it may take, and restarts empty it; or that is more than there is."""
    end = full_day(rng, 0.55)
    if end > HORIZON:
        days = log_uniform(rng, 1.5, 12)
        restarts = np.append(t[0] - rng.uniform(0, 3 * days), at_random(rng, t, rng.choice([0, 0.04])))
        filled = np.minimum(1 - np.exp(-since_last(t, restarts)[0] / days), 0.9)
    else:
        days = log_uniform(rng, max(6, end / 2), 50)
        filled = 1 - np.exp(-np.maximum(t + min(-t[0], rng.uniform(0.3, 1.5) * days), 0) / days)
    return limited(rng, t, filled * (1 + wander(rng, t, 0.01, 1.5)) + 0.05, end)


def descriptors_until_rollback(rng: Rng, t: Floats) -> Floats:
    """Descriptors follow the load, then a deploy leaks them: until it is rolled back, a cap holds it, or neither."""
    end, began = full_day(rng, 0.55), since_change(rng, t, 2, 24)
    leaked, ago, outcome = log_uniform(rng, 0.03, 0.4) * began, began[t <= 0][-1], rng.uniform()
    if end > HORIZON:
        capped = began > ago * (1 - rng.uniform(0.3, 1))
        after = 0.0 if outcome < 0.5 else leaked[~capped].max()
        leaked = np.where(capped, after, leaked) * (outcome < 0.85)
    path = 1 + rng.uniform(0.05, 0.5) * demand(rng, t, week(rng, t)) + leaked
    return limited(rng, t, whole(rng, t, path, 300, 40000), end)


def pool_near_saturation(rng: Rng, t: Floats) -> Floats:
    """Connections in use: as many as come times how long they are held, which swells the busier the servers are."""
    end = full_day(rng, 0.55)
    rate = demand(rng, t, week(rng, t), 0.5 * growth(rng, end), log_uniform(rng, 0.004, 0.02))
    busy = np.minimum(rate / np.quantile(rate[t <= 0], 0.995) * rng.uniform(0.3, 0.55), 0.97)
    return limited(rng, t, whole(rng, t, rng.uniform(0, 0.5) + busy / (1 - busy), 50, 900), end)


def replicas_surging_at_rollouts(rng: Rng, t: Floats) -> Floats:
    """Whole replicas that follow the load above a minimum; a rollout adds some for an hour of each working day."""
    end, local, share = full_day(rng, 0.55), week(rng, t), rng.uniform(0.02, 0.2)
    rate = demand(rng, t, local, growth(rng, end), log_uniform(rng, 0.005, 0.02), CUSTOMERS)
    path = np.maximum(np.ceil(rate / share), np.ceil(rng.uniform(0.2, 0.7) / share))
    rolls = between(local, rng.uniform(9, 14), 1) * (local % 7 < 5)
    return limited(rng, t, path + np.ceil(rng.choice([0, 0.25, 1], p=[0.4, 0.4, 0.2]) * path) * rolls, end)


def egress_on_newsletter_day(rng: Rng, t: Floats) -> Floats:
    """What a shop sends: more by day on the weekday of its newsletter; caches began to hit more or less days ago."""
    end, local = full_day(rng, 0.55), week(rng, t)
    path = demand(rng, t, local, growth(rng, end), of=("shop",))
    if rng.uniform() < 0.6:
        sent = between(local, 9, 12) * (np.floor(local % 7) == rng.integers(7))
        path = path * (1 + rng.uniform(0.1, 0.6) * sent)
    if rng.uniform() < 0.3:
        path = path * np.where(since_change(rng, t, 3, 20) > 0, log_uniform(rng, 0.7, 1.6), 1.0)
    return limited(rng, t, path, end)


def shards_with_lifecycle(rng: Rng, t: Floats) -> Floats:
    """Shards of daily indices, which go again by a policy, on those that have none and stay; more by night."""
    end, local = full_day(rng, 0.55), week(rng, t)
    a_day, day = rng.integers(1, 12), np.floor(local - np.floor(local[0])).astype(int)
    stays = log_uniform(rng, 1, 14)
    if end > HORIZON:
        stays = 0.0 if rng.uniform() < 0.6 else log_uniform(rng, 0.05, 0.8)
    even = np.floor(stays * np.arange(day[-1] + 1))
    stayed = np.cumsum(rng.poisson(stays, day[-1] + 1)) if rng.uniform() < 0.5 else even
    rolled = np.floor(rng.choice([0, 0.3]) * rng.integers(0, 20)) * (local % 14 < 7)
    base = np.round(10 * stays + a_day * rng.integers(5, 15) * rng.uniform(1.5, 4))
    return limited(rng, t, base + rng.choice([1, 2]) * stayed[day] + rolled + a_day * between(local, 0, 2), end)


def tiers_merged_at_three_scales(rng: Rng, t: Floats) -> Floats:
    """A store of sorted runs: small merges within hours, rarer and larger ones within days, on rows that grow."""
    end, file, period = full_day(rng, 0.55), log_uniform(rng, 0.003, 0.012), log_uniform(rng, 0.08, 0.5)
    rate = log_uniform(rng, 1e-4, 0.003) if end > HORIZON else log_uniform(rng, 0.006, 0.03)
    path = np.maximum(1 + rate * accumulate(t, demand(rng, t, week(rng, t), sd=0.02)), 0.1)
    files = np.floor((t - t[0]) / period) + rng.integers(64)
    path = path + file * (files % 4)
    for runs in (16, 64):
        path = path + file * runs * 0.6 * (files % runs < runs // 8) + file * 0.3 * (files % runs)
    return limited(rng, t, path, end)


def volumes_and_forgotten_snapshot(rng: Rng, t: Floats) -> Floats:
    """Volumes come and go at work, backups copy by night; many more come, or a snapshot is forgotten, or was."""
    end, local, forgot = full_day(rng, 0.55), week(rng, t), rng.uniform() < 0.5
    changes = releases(rng, local, log_uniform(rng, 0.1, 0.8))
    come = rng.uniform(size=changes.size) < (0.5 if end > HORIZON or forgot else 0.92)
    sizes = 0.02 * rng.lognormal(0, 0.6, changes.size) * np.where(come, 1, -1) * (0.25 if end > HORIZON else 1)
    path = 1 + stairs(local, changes, sizes)
    path = path + log_uniform(rng, 0.005, 0.05) * between(local, rng.uniform(0, 4), 2.5)
    if forgot:
        age = since_change(rng, t, 2, 25)
        copied = log_uniform(rng, 0.012, 0.06) * accumulate(t, demand(rng, t, local) * (age > 0))
        removed = age > age[t <= 0][-1] * (1 - rng.uniform(0.1, 1)) if end > HORIZON else age < 0
        path = path + np.where(removed, 0.0, copied - copied[0])
    return limited(rng, t, np.maximum(path, 0.1), end)


def backfill_while_customers_sleep(rng: Rng, t: Floats) -> Floats:
    """A backfill that copies all day, or by night alone, since some days: it was done days ago, or it goes on."""
    end, local = full_day(rng, 0.55), week(rng, t)
    age = since_change(rng, t, 2, 45 if end > HORIZON else 22)
    ago = age[t <= 0][-1]
    done = ago - rng.uniform(min(1.5, 0.5 * ago), max(min(30, ago - 0.3), 1)) if end > HORIZON else np.inf
    speed = luck(rng, t, 0.05) * (3 * between(local, 0, 7) if rng.uniform() < 0.3 else 1.0)
    copied = accumulate(t, speed * ((age > 0) & (age < done)))
    written = accumulate(t, demand(rng, t, local))
    path = log_uniform(rng, 0.02, 0.3) * (copied - copied[0]) + log_uniform(rng, 1e-5, 8e-4) * (written - written[0])
    return limited(rng, t, 1 + path, end)


def messages_left_after_incidents(rng: Rng, t: Floats) -> Floats:
    """Incidents leave messages within hours; someone works them off in the next working hours, all or but a part."""
    end, local = full_day(rng, 0.55), week(rng, t)
    came = at_random(rng, local, log_uniform(rng, 0.15, 1))
    sizes, days = np.clip(rng.lognormal(0, 0.5, came.size), 0.3, 2.5), rng.uniform(0.05, 0.3, came.size)
    day = np.floor(came) + (came % 1 > 0.5)
    day = day + np.where(day % 7 > 4, 7 - day % 7, 0)
    seen = np.maximum(day + rng.uniform(9, 17, came.size) / 24, came + days)
    stays = rng.uniform(0, 0.01) if end > HORIZON else rng.uniform(0.3, 1)
    left = ramps(local, came, sizes, days) - (1 - stays) * ramps(local, seen, sizes, np.full(came.size, 0.1))
    return limited(rng, t, 0.3 + np.maximum(left, 0), end, 0.04 if end < HORIZON else 0.12)


def artefacts_pruned_in_part(rng: Rng, t: Floats) -> Floats:
    """Artefacts of builds, by office hours; each week a prune removes none of the last ones, a part, or nearly all."""
    end, local = full_day(rng, 0.55), week(rng, t)
    pruned, rate = rng.choice([0, 0.5, 0.9]), log_uniform(rng, 0.008, 0.04)
    if end > HORIZON:
        pruned = rng.choice([0, 0.97, 1])
        rate = log_uniform(rng, 0.01, 0.05) if pruned else log_uniform(rng, 1e-4, 0.003)
    built = accumulate(t, demand(rng, t, local, sd=0.08, of=("office",)))
    built = built - built[0]
    until_monday = np.interp(np.floor(local / 7) * 7, local, built)
    return limited(rng, t, 1 + rate * (built - pruned * until_monday), end)


def footprint_of_releases(rng: Rng, t: Floats) -> Floats:
    """Releases that each change how much is used for good: seldom and either way, or every few days and upwards."""
    end, local = full_day(rng, 0.55), week(rng, t)
    instants = releases(rng, local, log_uniform(rng, 0.02, 0.1) if end > HORIZON else log_uniform(rng, 0.25, 0.9))
    sizes = rng.lognormal(-3.2, 0.6, instants.size)
    if end > HORIZON:
        sizes = 0.6 * sizes * rng.choice([-1, 1], instants.size)
    path = np.maximum(1 + stairs(local, instants, sizes), 0.2)
    return limited(rng, t, path + log_uniform(rng, 0.005, 0.12) * demand(rng, t, local), end)


def metric_blocks_and_churn(rng: Rng, t: Floats) -> Floats:
    """Metrics: a head that is cut every few hours into blocks, kept for days; each release writes more for hours."""
    end, long, local = full_day(rng, 0.55), longer(t, 30), longer(week(rng, t), 30)
    hours, days = rng.choice([2, 4, 6]) / 24, rng.choice([5, 10, 15])
    churn = 1 + 0.4 * np.exp(-since_last(local, np.append(local[0] - 1, releases(rng, local, 0.6)))[0] / 0.15)
    rate = np.maximum(1 + 1.5 * growth(rng, end) * long, 0.2) * luck(rng, long, 0.01) * churn
    head = rate * (local / hours % 1) * log_uniform(rng, 0.3, 1.5)
    blocks = kept(local, rate, np.floor((local - days) / hours) * hours)
    return limited(rng, t, (blocks + head)[-t.size :], end)


def share_tidied_by_person(rng: Rng, t: Floats) -> Floats:
    """A share: at a mark someone is told, and tidies up in working hours; what cannot be deleted stays, or grows."""
    end, mark, rate = full_day(rng, 0.55), rng.uniform(0.8, 0.92), log_uniform(rng, 0.012, 0.06)
    hours = np.arange(t[0], t[-1] + 1 / 24, 1 / 24)
    local = week(rng, hours)
    if end > HORIZON:
        needed = np.full(hours.size, rng.uniform(0.4, 0.7))
    else:
        needed = 0.98 + min(log_uniform(rng, 0.002, 0.008), 0.6 / (end - t[0])) * (hours - end)
    written = rate / 24 * demand(rng, hours, local, sd=0.05, of=("office",))
    works, left, delay = between(local, 9, 8) * (local % 7 < 5), rng.uniform(0, 0.3), min(2, 0.5 * (1 - mark) / rate)
    used, now, due = np.empty(hours.size), rng.uniform(needed[0], max(mark, needed[0])), np.inf
    for i, need in enumerate(needed):  # by hours, as what someone does depends on what was done before
        now = max(now + written[i], need)
        if now > mark and due == np.inf:
            due = hours[i] + rng.uniform(0.02, delay)
        if works[i] and hours[i] >= due:
            now = need + left * (now - need)
            due = np.inf if now < mark else hours[i] + 1
        used[i] = now
    path = np.interp(t, hours, used)
    return limited(rng, t, path, end) if end < HORIZON else path / max(1.0, path.max() / 0.985)


def neighbour_jobs_that_overlap(rng: Rng, t: Floats) -> Floats:
    """A load of day and week beside a neighbour, whose jobs begin at random and last for hours, at one height."""
    end, local = full_day(rng, 0.55), week(rng, t)
    begins = at_random(rng, local, log_uniform(rng, 0.3, 2))
    ends = np.sort(begins + np.exp(rng.uniform(np.log(0.05), np.log(0.5), begins.size)))
    runs = np.searchsorted(begins, local, side="right") > np.searchsorted(ends, local, side="right")
    path = rng.uniform(0.5, 2) + demand(rng, t, local, 1.3 * growth(rng, end), 0.01)
    return limited(rng, t, path + rng.uniform(0.2, 1.5) * runs, end)


SHAPES: dict[str, Shape] = {
    shape.__name__: shape
    for shape in (
        order_rows_and_vacuum,
        logs_after_debug_deploy,
        topics_added_by_deploys,
        sessions_after_release,
        cache_larger_than_disk,
        descriptors_until_rollback,
        pool_near_saturation,
        replicas_surging_at_rollouts,
        egress_on_newsletter_day,
        shards_with_lifecycle,
        tiers_merged_at_three_scales,
        volumes_and_forgotten_snapshot,
        backfill_while_customers_sleep,
        messages_left_after_incidents,
        artefacts_pruned_in_part,
        footprint_of_releases,
        metric_blocks_and_churn,
        share_tidied_by_person,
        neighbour_jobs_that_overlap,
    )
}
