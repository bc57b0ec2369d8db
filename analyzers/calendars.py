"""Special days: public holidays, and the days of a calendar file."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

import holidays
import numpy as np
from icalendar import Calendar
from numpy.typing import NDArray

from analyzers.grids import DAY, utc_offsets


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


def holidays_between(first: date, last: date, country: str | None, ics: bytes | None) -> frozenset[date]:
    """The holidays between two days, of a country (TW, US, DE-BY) and of a calendar file. Raises `ValueError`."""
    days: set[date] = set()
    if country is not None:
        code, _, subdivision = country.partition("-")
        days |= public_holidays(code, range(first.year, last.year + 1), subdivision or None)
    if ics is not None:
        days |= calendar_days(ics, first, last)
    return frozenset(day for day in days if first <= day <= last)


def month_ends(first: date, last: date) -> frozenset[date]:
    """The last days of the months between two days."""
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return frozenset(day for day in days if (day + timedelta(days=1)).day == 1)


def calendar_days(ics: bytes, first: date, last: date) -> frozenset[date]:
    """The days between `first` and `last` on which a calendar file (.ics) has an event. Raises `ValueError`.

    An event that lasts several days counts for each; one that comes back every year does so in every year.
    """
    try:
        calendar = Calendar.from_ical(ics)
        events = [(event.get("DTSTART"), event.get("DTEND"), event.get("RRULE")) for event in calendar.walk("VEVENT")]
    except (ValueError, IndexError, KeyError) as error:
        raise ValueError(f"the calendar can't be read: {error}") from error
    days: set[date] = set()
    for start, end, rule in events:
        if start is None:
            continue
        begin, stop = _day(start.dt), _last_day(start.dt, end.dt if end is not None else None)
        yearly = rule is not None and "YEARLY" in rule.get("FREQ", [])
        for year in range(first.year - 1, last.year + 1) if yearly else (begin.year,):
            days |= _days_of(begin, stop, year)
    return frozenset(day for day in days if first <= day <= last)


def _day(moment: date | datetime) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


def _last_day(start: date | datetime, end: date | datetime | None) -> date:
    """The last day of an event: the end itself is not part of it."""
    if end is None:
        return _day(start)
    before = end - (timedelta(seconds=1) if isinstance(end, datetime) else timedelta(days=1))
    return max(_day(before), _day(start))


def _days_of(begin: date, stop: date, year: int) -> set[date]:
    """The days of an event that begins in that year; the 29th of February is left out of common years."""
    try:
        moved = begin.replace(year=year)
    except ValueError:
        return set()
    return {moved + timedelta(days=number) for number in range(min((stop - begin).days, 366) + 1)}
