"""When a job is due. Pure: the time is given."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger

from domain.job import Schedule

MOST_MISSED = 100_000  # a job that runs every minute has a few thousand times in any sensible grace
YEAR = timedelta(days=366)  # both clock changes, and all months


def trigger_of(schedule: Schedule) -> CronTrigger:
    """The schedule as APScheduler knows it. Raises `ValueError` for a bad cron line."""
    return CronTrigger.from_crontab(schedule.cron, timezone=ZoneInfo(schedule.timezone))


def last_due(schedule: Schedule, now: datetime) -> datetime | None:
    """The newest scheduled time that is not after `now` and was not missed by more than the grace; None: there is none.

    Times that were missed are coalesced: only the newest of them is still worth a run, as it sees all history anyway.
    A time in the hour that a clock change repeats counts once.
    """
    trigger = trigger_of(schedule)
    due: datetime | None = None
    moment = trigger.get_next_fire_time(None, now - schedule.misfire_grace)
    for _ in range(MOST_MISSED):
        if moment is None or moment > now:
            break
        if not repeated(schedule.cron, moment):
            due = moment
        moment = trigger.get_next_fire_time(moment, moment)
    return due


def next_due(schedule: Schedule, now: datetime) -> datetime | None:
    """The first scheduled time after `now`, in the schedule's zone; None: there is none any more."""
    return next(due_after(schedule, now), None)


def due_after(schedule: Schedule, now: datetime) -> Iterator[datetime]:
    """The scheduled times after `now`, in the schedule's zone, one after the other."""
    trigger = trigger_of(schedule)
    moment: datetime | None = trigger.get_next_fire_time(None, now)
    while moment is not None:
        if moment > now and not repeated(schedule.cron, moment):
            yield moment
        moment = trigger.get_next_fire_time(moment, moment)


def longest_gap(schedule: Schedule, now: datetime) -> timedelta | None:
    """The longest time from one scheduled time to the next, over a year from `now`; None: there are no two.

    It is the time that passes, and not the wall clock's: a day may have 23 or 25 hours.
    """
    return max(_gaps(schedule, now), default=None)


def _gaps(schedule: Schedule, now: datetime) -> Iterator[timedelta]:
    """The times from one scheduled time to the next, over a year; those of days that are alike come once.

    A job that runs every minute has half a million of them, and nearly all of its days are alike.
    """
    first = next_due(schedule, now)
    if first is None:
        return
    end = max(now + YEAR, first.astimezone(UTC))
    usual: tuple[time, time] | None = None  # the first and the last time of a day on which no clock changes
    moment, due = first, due_after(schedule, first.astimezone(UTC))
    while moment <= end and (later := next(due, None)) is not None:
        yield later.astimezone(UTC) - moment.astimezone(UTC)
        if later.date() != first.date():
            if not _clock_changes(first):
                usual = first.time(), moment.time()
            first = later
            later = _last_of_usual_day(first, usual)
            due = due_after(schedule, later.astimezone(UTC))
        moment = later


def _last_of_usual_day(first: datetime, usual: tuple[time, time] | None) -> datetime:
    """The last time of the day that begins with `first`, where it is like the usual one; else `first` itself."""
    if usual is None or first.time() != usual[0] or _clock_changes(first):
        return first
    return first.replace(hour=usual[1].hour, minute=usual[1].minute)


def _clock_changes(moment: datetime) -> bool:
    """Whether the clocks change on that day."""
    midnight = moment.replace(hour=0, minute=0, fold=0)
    return midnight.utcoffset() != (midnight + timedelta(days=1)).utcoffset()


def repeated(cron: str, moment: datetime) -> bool:
    """Whether a clock change makes a start come a second time, in the hour that is repeated.

    What comes every hour or every few minutes comes in both hours, as they are two.
    """
    return moment.fold == 1 and "*" not in cron.split()[1]
