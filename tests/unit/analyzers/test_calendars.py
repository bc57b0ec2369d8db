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


ALL = (date(2024, 1, 1), date(2026, 12, 31))
ANOTHER = ["END:VEVENT", "BEGIN:VEVENT", "UID:1"]


def event(*lines: str) -> bytes:
    """A calendar with one event."""
    begin = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//test//EN", "BEGIN:VEVENT", "UID:1", "SUMMARY:Rest"]
    return "\r\n".join([*begin, *lines, "END:VEVENT", "END:VCALENDAR", ""]).encode()


@pytest.mark.parametrize(
    ("lines", "days"),
    [
        (
            ["DTSTART;VALUE=DATE:20241128", "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH"],
            ["2024-11-28", "2025-11-27", "2026-11-26"],
        ),
        (["DTSTART;VALUE=DATE:20240501", "RRULE:FREQ=YEARLY;UNTIL=20250601"], ["2024-05-01", "2025-05-01"]),
        (["DTSTART;VALUE=DATE:20240501", "RRULE:FREQ=YEARLY;COUNT=1"], ["2024-05-01"]),
        (["DTSTART;VALUE=DATE:20240501", "RRULE:FREQ=YEARLY;INTERVAL=2"], ["2024-05-01", "2026-05-01"]),
        (
            ["DTSTART;VALUE=DATE:20240501", "RRULE:FREQ=YEARLY", "EXDATE;VALUE=DATE:20250501"],
            ["2024-05-01", "2026-05-01"],
        ),
        (["DTSTART;VALUE=DATE:20240501", "RDATE;VALUE=DATE:20240702"], ["2024-05-01", "2024-07-02"]),
        (["DTSTART;VALUE=DATE:20260501", "RRULE:FREQ=YEARLY"], ["2026-05-01"]),
        (["DTSTART;VALUE=DATE:20261031", "RRULE:FREQ=MONTHLY"], ["2026-10-31", "2026-12-31"]),
        (["DTSTART;VALUE=DATE:20260105", "DURATION:P3D"], ["2026-01-05", "2026-01-06", "2026-01-07"]),
        (["DTSTART:20260105T230000", "DTEND:20260106T040000"], ["2026-01-05", "2026-01-06"]),
        (["DTSTART;VALUE=DATE:20231231", "DTEND;VALUE=DATE:20240103"], ["2024-01-01", "2024-01-02"]),
    ],
)
def test_an_event_comes_when_its_rule_says_so(lines: list[str], days: list[str]) -> None:
    assert sorted(map(str, calendar_days(event(*lines), *ALL))) == days


@pytest.mark.parametrize(
    ("lines", "taipei", "new_york"),
    [
        (["DTSTART:20260215T160000Z", "DTEND:20260216T160000Z"], ["2026-02-16"], ["2026-02-15", "2026-02-16"]),
        (
            ["DTSTART;TZID=America/New_York:20260105T200000", "DTEND;TZID=America/New_York:20260105T220000"],
            ["2026-01-06"],
            ["2026-01-05"],
        ),
        (
            ["DTSTART;TZID=Asia/Taipei:20260105T080000", "DURATION:PT30M", "RRULE:FREQ=MONTHLY;COUNT=2"],
            ["2026-01-05", "2026-02-05"],
            ["2026-01-04", "2026-02-04"],
        ),
        (["DTSTART;VALUE=DATE:20260216"], ["2026-02-16"], ["2026-02-16"]),
        (["DTSTART:20260216T000000", "DTEND:20260217T000000"], ["2026-02-16"], ["2026-02-16"]),
    ],
    ids=["UTC", "another zone", "a rule", "a day", "no zone"],
)
def test_an_event_lies_on_the_days_of_the_zone_that_asks(
    lines: list[str], taipei: list[str], new_york: list[str]
) -> None:
    assert sorted(map(str, calendar_days(event(*lines), *ALL, "Asia/Taipei"))) == taipei
    assert sorted(map(str, calendar_days(event(*lines), *ALL, "America/New_York"))) == new_york


@pytest.mark.parametrize(
    "lines",
    [
        ["DTSTART;VALUE=DATE:20260105", "DTSTART;VALUE=DATE:20260106"],
        ["DTSTART;VALUE=DATE:20260105", "DTEND;VALUE=PERIOD:20260106T000000Z/20260107T000000Z"],
        ["DTSTART;VALUE=DATE:20260105", "RRULE:FREQ=SOMETIMES"],
        ["DTSTART;VALUE=DATE:20260105", "DTEND;VALUE=DATE:99990101"],
        ["DTSTART:99999999"],
    ],
)
def test_an_event_that_is_not_well_formed_is_refused(lines: list[str]) -> None:
    with pytest.raises(ValueError, match="the calendar can't be read"):
        calendar_days(event(*lines), *ALL)


def test_of_two_rules_both_count() -> None:
    lines = ["DTSTART;VALUE=DATE:20260105", "RRULE:FREQ=YEARLY", "RRULE:FREQ=DAILY;COUNT=2"]

    assert calendar_days(event(*lines), *ALL) == {date(2026, 1, 5), date(2026, 1, 6)}


def test_an_occurrence_that_is_moved_is_so_and_what_is_cancelled_marks_no_day() -> None:
    series = ["DTSTART;VALUE=DATE:20260105", "RRULE:FREQ=DAILY;COUNT=3"]
    moved = ["RECURRENCE-ID;VALUE=DATE:20260106", "DTSTART;VALUE=DATE:20260301"]
    cancelled = ["RECURRENCE-ID;VALUE=DATE:20260107", "DTSTART;VALUE=DATE:20260107", "STATUS:CANCELLED"]

    days = calendar_days(event(*series, *ANOTHER, *moved, *ANOTHER, *cancelled), *ALL)

    assert days == {date(2026, 1, 5), date(2026, 3, 1)}


def test_of_events_with_one_name_each_counts_but_of_two_versions_the_later() -> None:
    by_hand = event("DTSTART;VALUE=DATE:20260105", *ANOTHER, "DTSTART;VALUE=DATE:20260402")
    versions = event("DTSTART;VALUE=DATE:20260105", *ANOTHER, "SEQUENCE:2", "DTSTART;VALUE=DATE:20260402")

    assert calendar_days(by_hand, *ALL) == {date(2026, 1, 5), date(2026, 4, 2)}
    assert calendar_days(versions, *ALL) == {date(2026, 4, 2)}


def test_an_event_without_a_start_marks_no_day() -> None:
    assert calendar_days(event("DTEND;VALUE=DATE:20260105"), *ALL) == frozenset()


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["RRULE:FREQ=SECONDLY"], "more often than once a day"),
        (["RRULE:FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=30"], "more often than once a day"),
        (["RRULE:FREQ=DAILY;BYHOUR=1,2,3"], "more often than once a day"),
        (["RRULE:FREQ=DAILY;INTERVAL=0"], "INTERVAL"),
        (["DTEND;VALUE=DATE:21000101", "RRULE:FREQ=DAILY"], "longer than a year"),
        (["RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"] * 10, "fewer"),
        (["RRULE:FREQ=YEARLY"] * 1001, "fewer"),
        (["RRULE:FREQ=DAILY"] * 900, "fewer"),
        (["RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"] * 100, "fewer"),
        (["RRULE:FREQ=YEARLY;BYMONTH=2"] * 100, "fewer"),  # the 31st of February
        (["RRULE:FREQ=YEARLY;BYMONTH=13"] * 100, "fewer"),
        (["RRULE:FREQ=MONTHLY;BYDAY=5MO,TU"] * 100, "fewer"),
        (["RRULE:FREQ=MONTHLY;INTERVAL=12;BYMONTH=3"] * 800, "fewer"),
    ],
)
def test_a_rule_that_would_never_be_looked_through_is_refused_at_once(lines: list[str], words: str) -> None:
    with pytest.raises(ValueError, match=rf"the calendar can't be read: .*'Rest'.*{words}"):
        calendar_days(event("DTSTART;VALUE=DATE:19700131", *lines), *ALL)


@pytest.mark.timeout(10)
def test_later_occurrences_that_are_moved_by_centuries_are_refused_at_once() -> None:
    moved = ["RECURRENCE-ID;RANGE=THISANDFUTURE;VALUE=DATE:20260107", "DTSTART;VALUE=DATE:01000101", "SUMMARY:Rest"]
    lines = ["DTSTART;VALUE=DATE:20260105", *["RRULE:FREQ=DAILY"] * 20, *ANOTHER, *moved]

    with pytest.raises(ValueError, match=r"the calendar can't be read: .*'Rest' moves .* by more than a year"):
        calendar_days(event(*lines), *ALL)


def test_a_file_that_is_far_too_large_is_refused_before_it_is_read() -> None:
    large = event("DTSTART;VALUE=DATE:20240105", "DESCRIPTION:" + "x" * 4_000_000)

    with pytest.raises(ValueError, match=r"the calendar can't be read: it has 4,000,\d+ bytes, at most 4,000,000"):
        calendar_days(large, *ALL)


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=YEARLY;BYMONTH=11;BYDAY=4TH",
        "FREQ=YEARLY;BYMONTH=5;BYMONTHDAY=25,26,27,28,29,30,31;BYDAY=MO",
        "FREQ=MONTHLY;BYMONTHDAY=1",
        "FREQ=MONTHLY;INTERVAL=3;BYDAY=-1FR",
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO",
        "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=25",
    ],
)
def test_a_hundred_rules_as_people_have_them_are_looked_through(rule: str) -> None:
    assert len(calendar_days(event("DTSTART;VALUE=DATE:19700105", *[f"RRULE:{rule}"] * 100), *ALL)) >= 3


def test_dozens_of_holidays_that_come_back_are_read() -> None:
    rules = [f"RRULE:FREQ=YEARLY;BYMONTH={number % 12 + 1};BYMONTHDAY={number % 28 + 1}" for number in range(84)]

    assert len(calendar_days(event("DTSTART;VALUE=DATE:19700101", *rules), *ALL)) == 84 * 3
