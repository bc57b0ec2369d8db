"""Special days: public holidays, and the days of a calendar file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import holidays
import numpy as np
import recurring_ical_events
from icalendar import Calendar
from numpy.typing import NDArray

from analyzers.calendar_cost import refuse_too_much
from analyzers.grids import DAY, time_zone, utc_offsets

MOST_BYTES = 4_000_000  # ten seconds


def special_steps(start: float, step: float, steps: int, days: Iterable[date], zone: str = "UTC") -> NDArray[np.bool_]:
    """Which of `steps` instants lie on one of the special local `days`, `[n_steps]`."""
    times: NDArray[np.float64] = start + step * np.arange(steps, dtype=np.float64)
    local = np.floor((times + utc_offsets(times, zone)) / DAY).astype(np.int64)
    numbers = np.array(sorted(day.toordinal() - date(1970, 1, 1).toordinal() for day in set(days)), dtype=np.int64)
    return np.isin(local, numbers)


def public_holidays(country: str, years: Iterable[int], subdivision: str | None = None) -> frozenset[date]:
    """The public holidays of a country (ISO 3166: TW, US, DE), in some years. Raises `ValueError` when not known."""
    try:
        found = holidays.country_holidays(country, subdiv=subdivision, years=set(years))
    except NotImplementedError as error:
        raise ValueError(f"no holidays are known for {country!r} {subdivision or ''}: give an .ics file") from error
    return frozenset(found)


def holidays_between(
    first: date, last: date, country: str | None, ics: bytes | None, zone: str = "UTC"
) -> frozenset[date]:
    """The holidays between two local days, of a country (TW, US, DE-BY) and of a calendar file.

    Raises `ValueError`.
    """
    days: set[date] = set()
    if country is not None:
        code, _, subdivision = country.partition("-")
        days |= public_holidays(code, range(first.year, last.year + 1), subdivision or None)
    if ics is not None:
        days |= calendar_days(ics, first, last, zone)
    return frozenset(day for day in days if first <= day <= last)


def month_ends(first: date, last: date) -> frozenset[date]:
    """The last days of the months between two days."""
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return frozenset(day for day in days if (day + timedelta(days=1)).day == 1)


def calendar_days(ics: bytes, first: date, last: date, zone: str = "UTC") -> frozenset[date]:
    """The local days between `first` and `last` on which a calendar file (.ics) has an event.

    An event counts for each day of `zone` that it touches, whatever zone its hours are written in (many programs write
    all in UTC); one without hours or without a zone is of that day everywhere. It comes whenever its rule (RFC 5545:
    RRULE, RDATE, EXDATE, a RECURRENCE-ID that moves it) lets it come. One that is cancelled or without a start has no
    day. Raises `ValueError` for a file that can't be read, or would take far too long to look through.
    """
    clock = time_zone(zone)
    marked = np.zeros((last - first).days + 1, dtype=np.bool_)
    try:
        for begin, end in _events(ics, first, last, clock):
            marked[max((begin - first).days, 0) : max((end - first).days + 1, 0)] = True
    except ValueError as error:
        raise ValueError(f"the calendar can't be read: {error}") from error
    except (LookupError, TypeError, AttributeError, ArithmeticError) as error:
        raise ValueError(f"the calendar can't be read: an event is not as RFC 5545 has it ({error})") from error
    return frozenset(first + timedelta(days=number) for number in np.flatnonzero(marked).tolist())


def _events(ics: bytes, first: date, last: date, clock: ZoneInfo) -> Iterator[tuple[date, date]]:
    """The first and last day of each event that may touch the days from `first` to `last`."""
    if len(ics) > MOST_BYTES:
        raise ValueError(f"it has {len(ics):,} bytes, at most {MOST_BYTES:,} are read: leave out what marks no day")
    calendar = Calendar.from_ical(ics)
    calendar.subcomponents = [part for part in calendar.subcomponents if part.name != "VEVENT" or "DTSTART" in part]
    refuse_too_much(calendar, last)
    _tell_apart(calendar)
    around = timedelta(days=2)  # days begin at other moments in other time zones
    for event in recurring_ical_events.of(calendar).between(first - around, last + around):
        if event.get("STATUS") != "CANCELLED":
            yield _day(event.start, clock), _last_day(event.start, event.end, clock)


def _tell_apart(calendar: Calendar) -> None:
    """Take the name from events that share it: files written by hand have one for all, and only one would count.

    A later version of an event (SEQUENCE) and an occurrence that is moved (RECURRENCE-ID) share it rightly.
    """
    known: set[tuple[str, str]] = set()
    for event in calendar.walk("VEVENT"):
        name = (str(event.get("UID")), str(event.get("SEQUENCE", 0)))
        if name in known and "RECURRENCE-ID" not in event:
            event.pop("UID", None)
        known.add(name)


def _day(moment: date | datetime, clock: ZoneInfo) -> date:
    if not isinstance(moment, datetime):
        return moment
    return moment.date() if moment.tzinfo is None else moment.astimezone(clock).date()


def _last_day(start: date | datetime, end: date | datetime, clock: ZoneInfo) -> date:
    """The last day of an event: the end itself is not part of it."""
    before = end - (timedelta(seconds=1) if isinstance(end, datetime) else timedelta(days=1))
    return max(_day(before, clock), _day(start, clock))
