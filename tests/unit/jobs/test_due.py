"""When a job is due: the newest time that was not missed by more than the grace."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise

import pytest
from apscheduler.triggers.cron import CronTrigger

from domain.job import Schedule
from jobs.due import YEAR, due_after, last_due, longest_gap, next_due


def due(cron: str, now: str, zone: str = "UTC", grace_hours: float = 6.0) -> str | None:
    schedule = Schedule(cron, zone, timedelta(hours=grace_hours))
    found = last_due(schedule, datetime.fromisoformat(now))
    return None if found is None else found.isoformat()


def test_the_time_itself_is_due() -> None:
    assert due("0 2 * * *", "2026-11-22T02:00:00+00:00") == "2026-11-22T02:00:00+00:00"


def test_a_time_that_was_missed_within_the_grace_is_still_due() -> None:
    assert due("0 2 * * *", "2026-11-22T07:59:00+00:00") == "2026-11-22T02:00:00+00:00"


def test_a_time_that_was_missed_by_more_than_the_grace_is_not() -> None:
    assert due("0 2 * * *", "2026-11-22T08:01:00+00:00") is None


def test_of_many_that_were_missed_the_newest_counts() -> None:
    assert due("*/15 * * * *", "2026-11-22T07:59:00+00:00") == "2026-11-22T07:45:00+00:00"


def test_nothing_is_due_before_its_time() -> None:
    assert due("0 2 * * *", "2026-11-22T01:59:59+00:00") is None


@pytest.mark.parametrize(
    ("zone", "now", "expected"),
    [
        ("Asia/Taipei", "2026-11-21T19:00:00+00:00", "2026-11-22T02:00:00+08:00"),
        ("Europe/Berlin", "2026-07-01T01:00:00+00:00", "2026-07-01T02:00:00+02:00"),
        ("Europe/Berlin", "2026-12-01T01:30:00+00:00", "2026-12-01T02:00:00+01:00"),
    ],
)
def test_the_time_is_the_zones_own(zone: str, now: str, expected: str) -> None:
    assert due("0 2 * * *", now, zone) == expected


def test_a_time_in_the_hour_that_is_skipped_is_due_once_when_it_is_over() -> None:
    # 02:30 does not exist in Berlin on 29 March: it is due at 03:30, which is 01:30 UTC.
    before = due("30 2 * * *", "2026-03-29T01:29:00+00:00", "Europe/Berlin")
    after = due("30 2 * * *", "2026-03-29T01:30:00+00:00", "Europe/Berlin")

    assert before is None
    assert after is not None
    assert datetime.fromisoformat(after) == datetime.fromisoformat("2026-03-29T01:30:00+00:00")


@pytest.mark.parametrize("now", ["2026-10-25T00:30:00+00:00", "2026-10-25T01:30:00+00:00", "2026-10-25T05:00:00+00:00"])
def test_a_nightly_time_in_the_hour_that_is_repeated_is_due_once(now: str) -> None:
    assert due("30 2 * * *", now, "Europe/Berlin") == "2026-10-25T02:30:00+02:00"


def test_what_is_due_every_hour_is_due_in_both_hours_when_one_is_repeated() -> None:
    first = due("0 * * * *", "2026-10-25T00:10:00+00:00", "Europe/Berlin")
    second = due("0 * * * *", "2026-10-25T01:10:00+00:00", "Europe/Berlin")

    assert (first, second) == ("2026-10-25T02:00:00+02:00", "2026-10-25T02:00:00+01:00")


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-10-24T00:29:00+00:00", "2026-10-24T02:30:00+02:00"),
        ("2026-10-24T00:30:00+00:00", "2026-10-25T02:30:00+02:00"),
        ("2026-10-25T00:30:00+00:00", "2026-10-26T02:30:00+01:00"),
    ],
    ids=["before it", "at it", "before it is repeated"],
)
def test_the_next_time_is_after_this_one_and_none_that_is_repeated(now: str, expected: str) -> None:
    found = next_due(Schedule("30 2 * * *", "Europe/Berlin"), datetime.fromisoformat(now))

    assert found is not None
    assert found.isoformat() == expected


@pytest.mark.parametrize(
    ("cron", "zone", "hours"),
    [
        ("0 2 * * *", "Asia/Taipei", 24),
        ("0 2 * * *", "Europe/Berlin", 25),  # over the night on which the clocks go back
        ("30 2 * * *", "Europe/Berlin", 25),  # a time that comes twice on that night, and not at all in spring
        ("0 * * * *", "Europe/Berlin", 1),
        ("0 2 * * mon-fri", "UTC", 72),
        ("0 2 * * mon-fri", "Europe/Berlin", 73),
        ("0 2 1 * *", "UTC", 31 * 24),
        ("0 2 1 * *", "Europe/Berlin", 31 * 24 + 1),
        ("0 2,14 * * *", "UTC", 12),
        ("0 2 1 1 *", "UTC", 365 * 24),
        ("0 2 29 2 *", "UTC", 4 * 366 * 24 - 3 * 24),  # from 2028 to 2032
    ],
)
@pytest.mark.parametrize("now", ["2026-11-22T12:00:00+00:00", "2026-04-01T12:00:00+00:00"])
def test_the_longest_gap_is_that_of_the_coming_year(cron: str, zone: str, hours: int, now: str) -> None:
    assert longest_gap(Schedule(cron, zone), datetime.fromisoformat(now)) == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("cron", "zone"),
    [
        ("0,30 2-3 * * *", "Europe/Berlin"),
        ("0,30 0,23 * * *", "America/Havana"),  # its clocks change at midnight
        ("*/30 22-23 * * sat,sun", "Africa/Cairo"),  # an hour before midnight comes twice
        ("15 0-3 * * *", "Australia/Lord_Howe"),  # by half an hour
        ("0,59 2 * 3 sun", "Antarctica/Troll"),  # by two hours: neither time is there
        ("45 1,2 28-31 3,10 *", "Europe/London"),
        ("0 0,13 15 6 *", "UTC"),
    ],
)
@pytest.mark.parametrize("now", ["2026-11-22T12:00:00+00:00", "2025-10-26T00:40:00+00:00", "2026-03-11T07:59:00+00:00"])
def test_the_longest_gap_is_the_longest_of_all(cron: str, zone: str, now: str) -> None:
    schedule, begin = Schedule(cron, zone), datetime.fromisoformat(now)
    all_pairs = pairwise(moment.astimezone(UTC) for moment in due_after(schedule, begin))
    gaps = []
    for earlier, later in all_pairs:
        gaps.append(later - earlier)
        if later > begin + YEAR:
            break

    assert longest_gap(schedule, begin) == max(gaps)


def test_the_longest_gap_of_a_job_of_every_minute_is_found_without_looking_at_every_minute(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked = 0
    look = CronTrigger.get_next_fire_time

    def counted(trigger: CronTrigger, previous: datetime | None, now: datetime) -> datetime | None:
        nonlocal looked
        looked += 1
        found: datetime | None = look(trigger, previous, now)
        return found

    monkeypatch.setattr(CronTrigger, "get_next_fire_time", counted)
    gap = longest_gap(Schedule("* * * * *", "Europe/Berlin"), datetime.fromisoformat("2026-11-22T12:00:00+00:00"))

    assert gap == timedelta(minutes=1)
    assert looked < 10_000  # of half a million minutes


def test_the_day_of_23_hours_is_a_gap_of_23_hours() -> None:
    schedule = Schedule("0 4 28-29 3 *", "Europe/Berlin")  # the clocks go forward on 29 March 2026, at 02:00
    first, second = islice(due_after(schedule, datetime.fromisoformat("2026-03-01T00:00:00+00:00")), 2)

    assert second.astimezone(UTC) - first.astimezone(UTC) == timedelta(hours=23)
