"""RRULEs of windows that come again (RFC 5545), on a local clock without a zone. Every look at one is bounded. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from dateutil.rrule import rrulestr

MOST_INTERVAL = 1000
MOST_STARTS = 1000  # of a rule with COUNT, all of whose starts are gone through
CALENDAR_YEARS = 400  # after which the calendar repeats, to the day of the week
_FORM = re.compile(r"(?:RRULE:)?((?:[A-Z]+=[A-Z0-9,+-]+)(?:;[A-Z]+=[A-Z0-9,+-]+)*);?")
_STEPS = {"HOURLY": timedelta(hours=1), "DAILY": timedelta(days=1), "WEEKLY": timedelta(weeks=1)}
_MONTHS = {"MONTHLY": 1, "YEARLY": 12}
_PICKS = ("BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYDAY", "BYHOUR", "BYMINUTE", "BYSECOND", "BYSETPOS")
_DAY_PICKS = {"BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYDAY"}
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


@dataclass(frozen=True, slots=True)
class Rule:
    """An RRULE. `picks` are its BY parts, by name; `until` is local, `20270101T000000`."""

    every: str
    interval: int
    count: int | None
    until: str
    week_start: str
    picks: tuple[tuple[str, str], ...]

    def starts(self, begin: datetime) -> Iterator[datetime]:
        """The starts from `begin` on, the first first. Raises `ValueError` for parts that mean nothing.

        The calendar ends in the year 9999, and so does the search for a rule's next start. It repeats every 400 years:
        rules are followed in the last of its turns, so that the end is as near as it can be.
        """
        later = (9999 - begin.year) // CALENDAR_YEARS * CALENDAR_YEARS
        parts = [f"FREQ={self.every}", f"INTERVAL={self.interval}", *(f"{name}={value}" for name, value in self.picks)]
        if self.count is not None:
            parts.append(f"COUNT={self.count}")
        if self.until:
            parts.append(f"UNTIL={min(9999, int(self.until[:4]) + later)}{self.until[4:]}")
        if self.week_start:
            parts.append(f"WKST={self.week_start}")
        for start in rrulestr(";".join(parts), dtstart=begin.replace(year=begin.year + later)):
            yield start.replace(year=start.year - later)

    def comes(self, begin: datetime) -> bool:
        """Whether it has a start at all from `begin` on, had it no end."""
        return next(replace(self, count=None, until="").starts(begin), None) is not None


def parse_rule(text: str) -> Rule:
    """The rule. Raises `ValueError` where it is none, or comes more often than once an hour."""
    found = _FORM.fullmatch(text.strip().upper())
    if found is None:
        raise ValueError("it is not written as NAME=VALUE;NAME=VALUE")
    written = found[1].split(";")
    parts = dict(part.split("=") for part in written)
    if len(parts) != len(written):
        raise ValueError("it names a part twice")
    unknown = set(parts) - {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", *_PICKS}
    if unknown:
        raise ValueError(f"{min(unknown)} is no part that is known")
    rule = Rule(
        every=parts.get("FREQ", ""),
        interval=_whole("INTERVAL", parts.get("INTERVAL", "1"), MOST_INTERVAL),
        count=_whole("COUNT", parts["COUNT"], MOST_STARTS) if "COUNT" in parts else None,
        until=parts.get("UNTIL", ""),
        week_start=parts.get("WKST", ""),
        picks=tuple((name, parts[name]) for name in _PICKS if name in parts),
    )
    _check(rule)
    return rule


def _check(rule: Rule) -> None:
    picks = dict(rule.picks)
    if rule.every in {"MINUTELY", "SECONDLY"} or any("," in picks.get(name, "") for name in ("BYMINUTE", "BYSECOND")):
        raise ValueError("it comes more often than once an hour: give one minute, and a longer duration")
    if rule.every not in _STEPS and rule.every not in _MONTHS:
        raise ValueError(f"FREQ is one of {', '.join([*_STEPS, *_MONTHS])}")
    if "BYSETPOS" in picks and rule.every not in _MONTHS:
        raise ValueError("BYSETPOS chooses among the days of a month or a year: use it with FREQ=MONTHLY or YEARLY")
    if rule.until and re.fullmatch(r"\d{8}(T\d{6})?", rule.until) is None:
        raise ValueError("UNTIL is a local time, such as 20270101T000000")


def _whole(name: str, text: str, most: int) -> int:
    if re.fullmatch(r"\d{1,9}", text) is None or not 1 <= int(text) <= most:
        raise ValueError(f"{name} is a whole number from 1 to {most}")
    return int(text)


def starts_within(rule: Rule, since: datetime, begin: datetime, end: datetime) -> list[datetime]:
    """The starts from `begin` to `end` of a rule that runs since `since`, the first first."""
    if rule.count is None:
        rule, since = _nearer(rule, since, begin)
    found = []
    for start in rule.starts(since):
        if start > end:
            break
        if start >= begin:
            found.append(start)
    return found


def _nearer(rule: Rule, since: datetime, begin: datetime) -> tuple[Rule, datetime]:
    """The same rule without COUNT, and a time not long before `begin` from which on it has the same starts.

    What a rule takes from its first day (the day of the month, of the week) it is told before it loses that day.
    """
    step = _STEPS.get(rule.every)
    if step is not None:
        turns = max(0, (begin - since) // (step * rule.interval))
        return _spelled_out(rule, since), since + turns * rule.interval * step
    months = _MONTHS[rule.every] * rule.interval
    apart = (begin.year - since.year) * 12 + begin.month - since.month
    if rule.every == "YEARLY":
        apart = (begin.year - since.year) * 12
    turns = max(0, apart // months - 1)  # one less: `since` may come later on its day than `begin` and the rule
    if turns == 0:
        return rule, since
    years, month = divmod(since.month - 1 + turns * months, 12)
    first = since.replace(year=since.year + years, month=1 if rule.every == "YEARLY" else month + 1, day=1)
    return _spelled_out(rule, since), first


def _spelled_out(rule: Rule, since: datetime) -> Rule:
    """The rule with the day that it has from its start alone."""
    picks = dict(rule.picks)
    if not _DAY_PICKS & set(picks):
        if rule.every == "WEEKLY":
            picks["BYDAY"] = _WEEKDAYS[since.weekday()]
        elif rule.every in _MONTHS:
            picks["BYMONTHDAY"] = str(since.day)
        if rule.every == "YEARLY":
            picks.setdefault("BYMONTH", str(since.month))
    return replace(rule, picks=tuple(picks.items()))
