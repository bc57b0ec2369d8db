"""Whether a mute holds at a time, and until when: its own bounds, and its recurring window. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger
from dateutil.rrule import rrulestr

from domain.mute import Mute, Recurrence
from jobs.due import repeated

SOME_TIME = datetime(2026, 1, 1, tzinfo=UTC)


def check_recurrence(recurrence: Recurrence) -> None:
    """Raise `ValueError` for a rule, a time zone or a duration that means nothing, saying what to write."""
    try:
        ZoneInfo(recurrence.timezone)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"{recurrence.timezone!r} is no time zone: write one such as Asia/Taipei") from error
    if recurrence.duration <= timedelta(0):
        raise ValueError("a window lasts for some time: give it a duration such as 2h")
    try:
        _last_start(recurrence, SOME_TIME, SOME_TIME)
    except (ValueError, TypeError) as error:
        advice = (
            "write a cron line such as '0 2 * * sun', or an RRULE such as 'FREQ=WEEKLY;BYDAY=SU;BYHOUR=2;BYMINUTE=0'"
        )
        raise ValueError(f"{recurrence.rule!r} is no rule ({error}): {advice}") from error


def holds_until(mute: Mute, at: datetime) -> datetime | None:
    """When the mute, which holds at that time, will stop; None when it does not hold.

    A recurring window is open from each of its starts, in its own time zone, for its duration as a stopwatch has it. An
    hour that a clock change skips or repeats makes one window still. A window that is open when the mute begins counts.
    """
    end = mute.expires_at if mute.ended_at is None else min(mute.expires_at, mute.ended_at)
    if not mute.starts_at <= at < end:
        return None
    if mute.recurrence is None:
        return end
    begun = _last_start(mute.recurrence, mute.starts_at, at)
    if begun is None:
        return None
    over = begun.astimezone(UTC) + mute.recurrence.duration
    return min(over, end) if at < over else None


def _last_start(recurrence: Recurrence, since: datetime, at: datetime) -> datetime | None:
    """The newest start of the window that is not after `at`; a cron window's only where it may still be open."""
    zone = ZoneInfo(recurrence.timezone)
    if "FREQ=" in recurrence.rule.upper():
        return _last_by_rule(recurrence.rule, since.astimezone(zone), at.astimezone(zone))
    trigger = CronTrigger.from_crontab(recurrence.rule, timezone=zone)
    start: datetime | None = trigger.get_next_fire_time(None, at - recurrence.duration)
    newest = None
    while start is not None and start <= at:
        if not repeated(recurrence.rule, start):
            newest = start
        start = trigger.get_next_fire_time(start, start)
    return newest


def _last_by_rule(rule: str, since: datetime, at: datetime) -> datetime | None:
    """Rules speak of local time: they are followed on a local clock without a zone, an hour beyond a repeated hour."""
    starts = rrulestr(rule, dtstart=since.replace(tzinfo=None, microsecond=0))
    found: datetime | None = starts.before(at.replace(tzinfo=None) + timedelta(hours=1), inc=True)
    while found is not None and found.replace(tzinfo=at.tzinfo).astimezone(UTC) > at:
        found = starts.before(found)
    return None if found is None else found.replace(tzinfo=at.tzinfo)
