"""When a job is due. Pure: the time is given."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger

from domain.job import Schedule

MOST_MISSED = 100_000  # a job that runs every minute has a few thousand times in any sensible grace


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
    trigger = trigger_of(schedule)
    moment: datetime | None = trigger.get_next_fire_time(None, now)
    while moment is not None and (moment <= now or repeated(schedule.cron, moment)):
        moment = trigger.get_next_fire_time(moment, moment)
    return moment


def repeated(cron: str, moment: datetime) -> bool:
    """Whether a clock change makes a start come a second time, in the hour that is repeated.

    What comes every hour or every few minutes comes in both hours, as they are two.
    """
    return moment.fold == 1 and "*" not in cron.split()[1]
