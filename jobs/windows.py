"""Whether a mute holds at a time, and until when: its own bounds, and its recurring window. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger

from domain.mute import Mute, Recurrence
from jobs.cron import check_cron
from jobs.due import repeated
from jobs.rules import Rule, parse_rule, starts_within

SOME_TIME = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
RESOLUTION = timedelta(seconds=1)  # a cron line's times are whole minutes


def check_recurrence(recurrence: Recurrence, since: datetime = SOME_TIME) -> None:
    """Raise `ValueError` for a rule, a time zone or a duration that means nothing, saying what to write."""
    try:
        zone = ZoneInfo(recurrence.timezone)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"{recurrence.timezone!r} is no time zone: write one such as Asia/Taipei") from error
    if recurrence.duration <= timedelta(0):
        raise ValueError("a window lasts for some time: give it a duration such as 2h")
    try:
        _check_rule(recurrence.rule, zone, since)
    except (ValueError, TypeError, OverflowError) as error:
        advice = (
            "write a cron line such as '0 2 * * sun', or an RRULE such as 'FREQ=WEEKLY;BYDAY=SU;BYHOUR=2;BYMINUTE=0'"
        )
        raise ValueError(f"{recurrence.rule!r} is no rule ({error}): {advice}") from error


def _check_rule(text: str, zone: ZoneInfo, since: datetime) -> None:
    if _is_rule(text):
        if not _rule(text).comes(since.astimezone(zone).replace(tzinfo=None, microsecond=0)):
            raise ValueError("it never comes")
        return
    _trigger(text, zone)
    if not text.split(maxsplit=1)[0].isdigit():
        raise ValueError("it comes more often than once an hour: give one minute, and a longer duration")


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
    try:
        begun = _last_start(mute.recurrence, mute.starts_at, at)
    except (ValueError, OverflowError):  # a rule that would be refused today: it keeps nothing back, and stops nobody
        return None
    if begun is None:
        return None
    over = begun.astimezone(UTC) + mute.recurrence.duration
    return min(over, end) if at < over else None


def _last_start(recurrence: Recurrence, since: datetime, at: datetime) -> datetime | None:
    """The newest start of the window that is not after `at`, where it may still be open. Raises `ValueError`."""
    zone = ZoneInfo(recurrence.timezone)
    earliest = at - recurrence.duration
    if _is_rule(recurrence.rule):
        return _last_by_rule(_rule(recurrence.rule), since.astimezone(zone), earliest.astimezone(zone), at)
    return _last_by_cron(recurrence.rule, _trigger(recurrence.rule, zone), earliest, at)


def _last_by_cron(line: str, trigger: CronTrigger, earliest: datetime, at: datetime) -> datetime | None:
    """The newest time of a trigger between the two, found by halving: its number of times does not matter."""
    first: datetime | None = trigger.get_next_fire_time(None, earliest)
    if first is None or first > at:
        return None
    newest, after = first.astimezone(UTC), at.astimezone(UTC)  # there is none between `after` and `at`
    while after - newest > RESOLUTION:
        middle = newest + (after - newest) / 2
        found: datetime | None = trigger.get_next_fire_time(None, middle)
        if found is not None and found <= at:
            newest = found.astimezone(UTC)
        else:
            after = middle
    start = newest.astimezone(trigger.timezone)
    return _last_by_cron(line, trigger, earliest, start - RESOLUTION) if repeated(line, start) else start


def _last_by_rule(rule: Rule, since: datetime, earliest: datetime, at: datetime) -> datetime | None:
    """Rules speak of local time: they are followed on a local clock without a zone, an hour beyond a repeated hour."""
    begin, first = since.replace(tzinfo=None, microsecond=0), earliest.replace(tzinfo=None) - HOUR
    last = at.astimezone(since.tzinfo).replace(tzinfo=None) + HOUR
    found = (start.replace(tzinfo=since.tzinfo) for start in reversed(starts_within(rule, begin, first, last)))
    return next((start for start in found if start.astimezone(UTC) <= at), None)


def _is_rule(text: str) -> bool:
    """Whether it is an RRULE; else it is a cron line."""
    return "FREQ=" in text.upper()


@lru_cache(maxsize=256)
def _rule(text: str) -> Rule:
    return parse_rule(text)


@lru_cache(maxsize=256)
def _trigger(line: str, zone: ZoneInfo) -> CronTrigger:
    return CronTrigger.from_crontab(check_cron(line), timezone=zone)
