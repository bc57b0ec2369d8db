"""When a mute holds: its bounds, and windows that come again, also over clock changes."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from domain.mute import Matcher, MatchOperator, Mute, Recurrence
from jobs.windows import check_recurrence, holds_until

BERLIN, NEW_YORK, TAIPEI = "Europe/Berlin", "America/New_York", "Asia/Taipei"
HOUR = timedelta(hours=1)
BEGIN, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)


def mute(recurrence: Recurrence | None = None, **changes: Any) -> Mute:
    made = Mute(
        id=UUID(int=1),
        matchers=(Matcher("instance", MatchOperator.EQUAL, "db-1"),),
        owner="ana",
        reason="maintenance",
        starts_at=BEGIN,
        expires_at=END,
        recurrence=recurrence,
    )
    return replace(made, **changes)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def open_spans(window: Mute, start: str, hours: float) -> list[tuple[str, str]]:
    """From when until when the mute holds, as UTC, looked at minute by minute."""
    moment, end = at(start), at(start) + timedelta(hours=hours)
    spans: list[tuple[str, str]] = []
    held = False
    while moment < end:
        until = holds_until(window, moment)
        if until is not None and not held:
            spans.append((f"{moment.astimezone(UTC):%m-%d %H:%M}", f"{until.astimezone(UTC):%m-%d %H:%M}"))
        if until is not None:
            assert moment < until
        held = until is not None
        moment += timedelta(minutes=5)
    return spans


def weekly(hour: int, minute: int, duration: timedelta, zone: str) -> list[Recurrence]:
    """The same window as a cron line and as an RRULE: every Sunday at that time."""
    return [
        Recurrence(f"{minute} {hour} * * sun", duration, zone),
        Recurrence(f"FREQ=WEEKLY;BYDAY=SU;BYHOUR={hour};BYMINUTE={minute};BYSECOND=0", duration, zone),
    ]


def test_a_mute_holds_from_its_start_until_just_before_its_expiry() -> None:
    assert holds_until(mute(), BEGIN - timedelta(seconds=1)) is None
    assert holds_until(mute(), BEGIN) == END
    assert holds_until(mute(), END - timedelta(seconds=1)) == END
    assert holds_until(mute(), END) is None


def test_a_mute_that_was_ended_early_holds_until_then() -> None:
    ended = mute(ended_at=at("2026-06-01T12:00:00Z"))

    assert holds_until(ended, at("2026-06-01T11:59:59Z")) == at("2026-06-01T12:00:00Z")
    assert holds_until(ended, at("2026-06-01T12:00:00Z")) is None


@pytest.mark.parametrize("window", weekly(2, 0, 2 * HOUR, TAIPEI), ids=["cron", "rrule"])
def test_a_weekly_window_opens_at_its_local_time(window: Recurrence) -> None:
    spans = open_spans(mute(window), "2026-11-20T00:00:00Z", 24 * 14)

    assert spans == [("11-21 18:00", "11-21 20:00"), ("11-28 18:00", "11-28 20:00")]  # Sunday 02:00 in Taipei


@pytest.mark.parametrize("window", weekly(1, 0, 4 * HOUR, BERLIN), ids=["cron", "rrule"])
def test_a_window_over_the_hour_that_is_skipped_lasts_as_long_as_ever(window: Recurrence) -> None:
    # On 29 March, Berlin's 02:00 to 03:00 does not exist: 01:00 is 00:00 UTC, and four hours later it is 06:00 there.
    assert open_spans(mute(window), "2026-03-28T12:00:00Z", 24) == [("03-29 00:00", "03-29 04:00")]


@pytest.mark.parametrize("window", weekly(2, 30, HOUR, BERLIN), ids=["cron", "rrule"])
def test_a_window_that_begins_in_the_hour_that_is_skipped_begins_when_it_is_over(window: Recurrence) -> None:
    assert open_spans(mute(window), "2026-03-28T12:00:00Z", 24) == [("03-29 01:30", "03-29 02:30")]


@pytest.mark.parametrize("minutes", [20, 120])
@pytest.mark.parametrize("kind", [0, 1], ids=["cron", "rrule"])
def test_a_window_in_the_hour_that_is_repeated_comes_once(kind: int, minutes: int) -> None:
    window = weekly(2, 30, timedelta(minutes=minutes), BERLIN)[kind]

    # On 25 October, Berlin's 02:30 is at 00:30 UTC and again at 01:30 UTC: the first one counts.
    end = at("2026-10-25T00:30:00Z") + timedelta(minutes=minutes)
    assert open_spans(mute(window), "2026-10-24T12:00:00Z", 24) == [("10-25 00:30", f"{end:%m-%d %H:%M}")]


@pytest.mark.parametrize("window", weekly(1, 30, HOUR, NEW_YORK), ids=["cron", "rrule"])
def test_clock_changes_of_new_york_are_its_own(window: Recurrence) -> None:
    spring = open_spans(mute(window), "2026-03-08T00:00:00Z", 24)
    autumn = open_spans(mute(window), "2026-11-01T00:00:00Z", 24)

    assert spring == [("03-08 06:30", "03-08 07:30")]  # still EST: the clock is moved at 02:00
    assert autumn == [("11-01 05:30", "11-01 06:30")]  # the first 01:30, EDT


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25"])
def test_a_zone_without_clock_changes_has_the_same_window_every_day(day: str) -> None:
    daily = Recurrence("30 2 * * *", HOUR, TAIPEI)

    assert holds_until(mute(daily), at(f"{day}T02:45:00+08:00")) == at(f"{day}T03:30:00+08:00")
    assert holds_until(mute(daily), at(f"{day}T03:30:00+08:00")) is None


def test_a_window_of_every_hour_comes_in_both_hours_when_one_is_repeated() -> None:
    hourly = mute(Recurrence("0 * * * *", timedelta(minutes=10), BERLIN))

    spans = open_spans(hourly, "2026-10-25T00:00:00Z", 2)

    assert spans == [("10-25 00:00", "10-25 00:10"), ("10-25 01:00", "10-25 01:10")]


def test_a_mute_made_while_its_window_is_open_holds_at_once() -> None:
    made = at("2026-11-22T02:10:00Z")
    window = mute(Recurrence("0 2 * * sun", 2 * HOUR), starts_at=made)

    assert holds_until(window, made) == at("2026-11-22T04:00:00Z")


def test_a_rule_that_begins_with_the_mute_holds_at_once() -> None:
    made = at("2026-11-22T02:10:00.250+00:00")

    assert holds_until(mute(Recurrence("FREQ=DAILY", HOUR), starts_at=made), made) is not None


def test_a_window_ends_with_its_mute() -> None:
    window = mute(Recurrence("0 2 * * *", 4 * HOUR), expires_at=at("2026-11-22T03:00:00Z"))

    assert holds_until(window, at("2026-11-22T02:30:00Z")) == at("2026-11-22T03:00:00Z")


@pytest.mark.parametrize("rule", ["0 2 * * sun", "FREQ=WEEKLY;BYDAY=SU;BYHOUR=2;BYMINUTE=0", "FREQ=DAILY;COUNT=3"])
def test_rules_that_mean_something_are_taken(rule: str) -> None:
    check_recurrence(Recurrence(rule, HOUR, BERLIN))


@pytest.mark.parametrize(
    ("recurrence", "said"),
    [
        (Recurrence("0 25 * * *", HOUR), "is no rule"),
        (Recurrence("every sunday", HOUR), "is no rule"),
        (Recurrence("FREQ=SOMETIMES", HOUR), "is no rule"),
        (Recurrence("FREQ=DAILY;UNTIL=20270101T000000Z", HOUR), "is no rule"),
        (Recurrence("FREQ=DAILY;INTERVAL=0", HOUR), "INTERVAL is a whole number from 1"),
        (Recurrence("FREQ=DAILY;COUNT=100000", HOUR), "COUNT is a whole number from 1"),
        (Recurrence("FREQ=DAILY;BYSETPOS=2", HOUR), "BYSETPOS chooses among the days"),
        (Recurrence("FREQ=SECONDLY", HOUR), "more often than once an hour"),
        (Recurrence("FREQ=MINUTELY;INTERVAL=90", HOUR), "more often than once an hour"),
        (Recurrence("FREQ=DAILY;BYMINUTE=0,30", HOUR), "more often than once an hour"),
        (Recurrence("* * * * *", HOUR), "more often than once an hour"),
        (Recurrence("*/30 2 * * *", HOUR), "more often than once an hour"),
        (Recurrence("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", HOUR), "it never comes"),
        (Recurrence("FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30", HOUR), "it never comes"),
        (Recurrence("0 0 30 2 *", HOUR), "never comes"),
        (Recurrence("RRULE:FREQ=DAILY\nRDATE:20260101T000000", HOUR), "is no rule"),
        (Recurrence("0 2 * * *", HOUR, "Europe/Atlantis"), "is no time zone"),
        (Recurrence("0 2 * * *", timedelta(0)), "lasts for some time"),
    ],
    ids=lambda value: value.rule if isinstance(value, Recurrence) else "",
)
def test_what_means_nothing_is_refused_in_words(recurrence: Recurrence, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        check_recurrence(recurrence)


def test_the_end_of_a_window_is_an_instant_whatever_its_zone() -> None:
    until = holds_until(mute(Recurrence("0 2 * * *", HOUR, BERLIN)), at("2026-11-22T01:30:00Z"))

    assert until == datetime(2026, 11, 22, 3, 0, tzinfo=ZoneInfo(BERLIN))


def test_days_of_a_cron_line_are_counted_as_cron_counts_them() -> None:
    sunday = mute(Recurrence("0 2 * * 0", HOUR))

    assert holds_until(sunday, at("2026-11-22T02:30:00Z")) == at("2026-11-22T03:00:00Z")
    assert holds_until(sunday, at("2026-11-23T02:30:00Z")) is None


YEAR = timedelta(days=366)
ENDLESS = [
    Recurrence("* * * * *", YEAR),
    Recurrence("FREQ=SECONDLY", HOUR),
    Recurrence("FREQ=MINUTELY", YEAR),
    Recurrence("FREQ=DAILY;INTERVAL=0", HOUR),
    Recurrence("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", HOUR),
    Recurrence("FREQ=HOURLY", YEAR),
    Recurrence("FREQ=DAILY;COUNT=1000", YEAR),
    Recurrence("0 0 29 2 *", HOUR),
]


@pytest.mark.parametrize("recurrence", ENDLESS, ids=lambda one: f"{one.rule}")
def test_no_rule_keeps_anybody_waiting_also_one_that_was_taken_before(recurrence: Recurrence) -> None:
    old = mute(recurrence, starts_at=at("2000-01-01T00:00:00Z"))
    begin = time.perf_counter()

    holds_until(old, at("2026-11-22T02:30:00Z"))

    assert time.perf_counter() - begin < 3


def test_a_window_of_every_minute_that_lasts_for_a_year_is_open() -> None:
    moment = at("2026-11-22T02:30:20Z")

    assert holds_until(mute(Recurrence("* * * * *", HOUR)), moment) == at("2026-11-22T03:30:00Z")
