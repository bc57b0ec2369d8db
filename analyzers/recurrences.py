"""How much work a calendar file asks for: one that asks for too much is refused before any is done.

Whether a rule ever comes again is found out by looking, period by period, to the end of time (the year 9999) if its
conditions are never met. A calendar file may come from anywhere, so that is counted first.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import MAXYEAR, date, timedelta
from typing import Any

from icalendar import Calendar

LOOKS = {"YEARLY": 20.0, "MONTHLY": 30.0, "WEEKLY": 120.0, "DAILY": 366.0}  # a year: about a microsecond each
MOST_LOOKS = 20_000_000  # half a minute
MOST_RULES = 1000
LONGEST = timedelta(days=366)  # of an event that comes back
TIMES = ("BYHOUR", "BYMINUTE", "BYSECOND")
CONDITIONS = ("BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYSETPOS")  # that may never be met


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
    if int(rule.get("INTERVAL", [1])[0]) < 1:
        raise ValueError(f"{_name(event)} comes back after no time: its INTERVAL has to be at least 1")


def _looks(rule: Any, start: date, last: date) -> float:
    """How many looks a rule takes at the most until it is past `last`."""
    interval = int(rule.get("INTERVAL", [1])[0])
    days = "BYDAY" in rule and interval > 1  # every seventh day is never a Tuesday, or always
    end = MAXYEAR if days or any(part in rule for part in CONDITIONS) else last.year
    return LOOKS[rule["FREQ"][0]] / interval * (max(end - start.year, 0) + 1)


def _name(event: Any) -> str:
    return f"event {str(event.get('SUMMARY', event.get('UID', '')))[:60]!r}"
