"""Whether a mute holds at a time, and until when: its own bounds, and its recurring window. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger
from dateutil.rrule import rrulestr

from domain.mute import Mute, Recurrence


def check_recurrence(recurrence: Recurrence) -> None:
    """Raise `ValueError` for a rule, a time zone or a duration that means nothing, saying what to write."""
    try:
        ZoneInfo(recurrence.timezone)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"{recurrence.timezone!r} is no time zone: write one such as Asia/Taipei") from error
    if recurrence.duration <= timedelta(0):
        raise ValueError("a window lasts for some time: give it a duration such as 2h")
    try:
        _last_start(
            recurrence, datetime(2026, 1, 1, tzinfo=ZoneInfo("UTC")), datetime(2026, 1, 1, tzinfo=ZoneInfo("UTC"))
        )
    except ValueError as error:
        advice = (
            "write a cron line such as '0 2 * * sun', or an RRULE such as 'FREQ=WEEKLY;BYDAY=SU;BYHOUR=2;BYMINUTE=0'"
        )
        raise ValueError(f"{recurrence.rule!r} is no rule ({error}): {advice}") from error


def holds_until(mute: Mute, at: datetime) -> datetime | None:
    """When the mute, which holds at that time, will stop; None when it does not hold.

    A recurring window is open from each of its starts, in its own time zone, for its duration: an hour that a clock
    change skips or repeats is one window still.
    """
    end = mute.expires_at if mute.ended_at is None else min(mute.expires_at, mute.ended_at)
    if not mute.starts_at <= at < end:
        return None
    if mute.recurrence is None:
        return end
    begun = _last_start(mute.recurrence, mute.starts_at, at)
    if begun is None or begun < mute.starts_at:
        return None
    over = begun + mute.recurrence.duration
    return min(over, end) if at < over else None


def _last_start(recurrence: Recurrence, since: datetime, at: datetime) -> datetime | None:
    """The newest start of the window that is not after `at` and not so old that the window is over."""
    zone = ZoneInfo(recurrence.timezone)
    earliest = at - recurrence.duration
    if "FREQ=" in recurrence.rule.upper():
        # Rules speak of local time: they are followed on a local clock without a zone.
        rule = rrulestr(recurrence.rule, dtstart=since.astimezone(zone).replace(tzinfo=None, microsecond=0))
        found = rule.before(at.astimezone(zone).replace(tzinfo=None), inc=True)
        return None if found is None else _in_zone(found, zone)
    trigger = CronTrigger.from_crontab(recurrence.rule, timezone=zone)
    start: datetime | None = trigger.get_next_fire_time(None, earliest)
    newest = None
    while start is not None and start <= at:
        newest = start
        start = trigger.get_next_fire_time(start, start)
    return newest


def _in_zone(local: datetime, zone: ZoneInfo) -> datetime:
    return local.replace(tzinfo=zone)
