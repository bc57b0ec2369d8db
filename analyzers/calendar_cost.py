"""How much work a calendar file asks for: one that asks for too much is refused before any is done.

Whether a rule ever comes again is found out by looking, period by period, to the end of time (the year 9999) if its
conditions are never met. A calendar file may come from anywhere, so that is counted first.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import MAXYEAR, date, timedelta
from typing import Any

from icalendar import Calendar

LOOKS = {"YEARLY": 20.0, "MONTHLY": 30.0, "WEEKLY": 120.0, "DAILY": 366.0}  # a year: one to three microseconds each
MOST_LOOKS = 2_000_000  # some seconds; what is found on the way is kept: 300 MB
MOST_RULES = 1000
LONGEST = timedelta(days=366)  # that an event that comes back lasts, or is moved by
TIMES = ("BYHOUR", "BYMINUTE", "BYSECOND")
ODD = ("BYYEARDAY", "BYWEEKNO", "BYSETPOS", "BYEASTER")  # conditions that may never be met
EVERY_DAY, EVERY_WEEK = 28, 4  # that each month has: the 31st and the fifth Monday are not in all
PASSED_BY = {  # conditions that steps of more than one period may pass by for ever
    "YEARLY": (),
    "MONTHLY": ("BYMONTH",),
    "WEEKLY": ("BYMONTH", "BYMONTHDAY"),
    "DAILY": ("BYMONTH", "BYMONTHDAY", "BYDAY"),
}


def refuse_too_much(calendar: Calendar, last: date) -> None:
    """Raise `ValueError`, with what to do, where the events up to `last` would take far too long to find."""
    looks = 0.0
    for rules, (event, start, rule) in enumerate(_rules(calendar), start=1):
        looks += _looks(rule, start, last)
        if event.duration > LONGEST:
            raise ValueError(f"{_name(event)} comes back and lasts longer than a year: give its end, or no RRULE")
        if rules > MOST_RULES or looks > MOST_LOOKS:
            raise ValueError(f"its rules take too long to look through, up to {_name(event)}: write fewer RRULEs")


def _rules(calendar: Calendar) -> Iterator[tuple[Any, date, Any]]:
    """Each rule with its event and the day on which it begins."""
    events: list[Any] = calendar.walk("VEVENT")
    for event in events:
        _refuse_far(event)
        given = event.get("RRULE", [])
        for rule in given if isinstance(given, list) else [given]:
            _refuse_endless(rule, event)
            yield event, event.start, rule


def _refuse_endless(rule: Any, event: Any) -> None:
    """Refuse a rule that never leaves its day: one that comes more often than once a day, or moves on by nothing."""
    often = rule.get("FREQ", ["none"])[0]
    if often not in LOOKS or any(len(rule.get(part, [])) > 1 for part in TIMES):
        raise ValueError(
            f"{_name(event)} comes more often than once a day (FREQ={often}): "
            f"an event that marks a day has an RRULE with FREQ={', '.join(LOOKS)}"
        )
    if _interval(rule) < 1:
        raise ValueError(f"{_name(event)} comes back after no time: its INTERVAL has to be at least 1")


def _refuse_far(event: Any) -> None:
    """Refuse an occurrence that takes all later ones far away: so far back or ahead every rule is looked through."""
    moved = event.get("RECURRENCE-ID")
    if moved is None or "RANGE" not in moved.params:
        return
    if abs(event.start.toordinal() - moved.dt.toordinal()) > LONGEST.days:
        raise ValueError(
            f"{_name(event)} moves itself and all later ones by more than a year: give it a UID of its own"
        )


def _looks(rule: Any, start: date, last: date) -> float:
    """How many looks a rule takes at the most until it is past `last`: to the end of time, if it may never come."""
    end = last.year if _comes(rule, start) else MAXYEAR
    return LOOKS[rule["FREQ"][0]] / _interval(rule) * (max(end - start.year, 0) + 1)


def _comes(rule: Any, start: date) -> bool:
    """Whether a rule that begins at `start` surely comes again within some years. Some that do are not known to."""
    often, dates, weekdays = rule["FREQ"][0], rule.get("BYMONTHDAY", []), rule.get("BYDAY", [])
    if any(part in rule for part in ODD) or not all(1 <= int(month) <= 12 for month in rule.get("BYMONTH", [])):
        return False
    if "BYMONTH" in rule and often in ("YEARLY", "MONTHLY") and not weekdays:
        dates = dates or [start.day]  # there is no 30th of February
    if dates and not any(1 <= abs(int(day)) <= EVERY_DAY for day in dates):
        return False
    counted = [abs(day.relative) for day in weekdays if day.relative]  # the fourth Thursday
    if counted and (dates or len(counted) < len(weekdays) or min(counted) > EVERY_WEEK):
        return False
    both = bool(dates and weekdays)
    return _interval(rule) == 1 or not (both or any(part in rule for part in PASSED_BY[often]))


def _interval(rule: Any) -> int:
    return int(rule.get("INTERVAL", [1])[0])


def _name(event: Any) -> str:
    return f"event {str(event.get('SUMMARY', event.get('UID', '')))[:60]!r}"
