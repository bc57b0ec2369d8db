"""Special days: public holidays, calendar files, and the steps that lie on them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest

from analyzers.calendars import calendar_days, month_ends, public_holidays, special_steps

ICS = b"""BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//test//test//EN\r
BEGIN:VEVENT\r
UID:1\r
DTSTAMP:20260101T000000Z\r
DTSTART;VALUE=DATE:20260216\r
DTEND;VALUE=DATE:20260219\r
SUMMARY:Release freeze\r
END:VEVENT\r
BEGIN:VEVENT\r
UID:2\r
DTSTAMP:20260101T000000Z\r
DTSTART:20240505T090000Z\r
DTEND:20240505T170000Z\r
RRULE:FREQ=YEARLY\r
SUMMARY:Founders' day\r
END:VEVENT\r
END:VCALENDAR\r
"""


def test_public_holidays_of_taiwan_are_known() -> None:
    days = public_holidays("TW", [2026])

    assert date(2026, 1, 1) in days
    assert date(2026, 10, 10) in days
    assert date(2026, 10, 12) not in days


def test_a_country_that_is_not_known_is_refused_with_advice() -> None:
    with pytest.raises(ValueError, match=r"\.ics"):
        public_holidays("ZZ", [2026])


def test_an_event_of_several_days_counts_for_each_but_not_for_its_end() -> None:
    days = calendar_days(ICS, date(2026, 2, 1), date(2026, 2, 28))

    assert days == {date(2026, 2, 16), date(2026, 2, 17), date(2026, 2, 18)}


def test_a_yearly_event_comes_back() -> None:
    assert calendar_days(ICS, date(2026, 5, 1), date(2026, 5, 31)) == {date(2026, 5, 5)}


def test_month_ends_know_leap_years() -> None:
    assert month_ends(date(2024, 2, 1), date(2024, 3, 31)) == {date(2024, 2, 29), date(2024, 3, 31)}


def test_a_file_that_is_no_calendar_is_refused() -> None:
    with pytest.raises(ValueError, match="calendar"):
        calendar_days(b"BEGIN:VCALENDAR\r\nthis is no line", date(2026, 1, 1), date(2026, 2, 1))


def test_steps_lie_on_a_day_by_local_time() -> None:
    start = datetime(2026, 2, 15, 14, tzinfo=UTC).timestamp()  # 22:00 in Taipei

    special = special_steps(start, 3600.0, 30, [date(2026, 2, 16)], "Asia/Taipei")

    np.testing.assert_array_equal(np.flatnonzero(special), np.arange(2, 26))
