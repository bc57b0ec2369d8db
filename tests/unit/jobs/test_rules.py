"""RRULEs: the starts near a time are those that going through all of them gives."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from dateutil.rrule import rrulestr

from jobs.rules import parse_rule, starts_within


def local(text: str) -> datetime:
    """A time on a local clock without a zone."""
    return datetime.fromisoformat(text)


RULES = [
    "FREQ=HOURLY;INTERVAL=5",
    "FREQ=HOURLY;INTERVAL=7;BYHOUR=3,4,5",
    "FREQ=DAILY",
    "FREQ=DAILY;INTERVAL=3;BYHOUR=1,13",
    "FREQ=DAILY;BYDAY=MO,WE;BYMONTH=3,11",
    "FREQ=WEEKLY;INTERVAL=2",
    "FREQ=WEEKLY;INTERVAL=3;BYDAY=SU,MO;WKST=SU",
    "FREQ=MONTHLY",
    "FREQ=MONTHLY;INTERVAL=5",
    "FREQ=MONTHLY;BYDAY=-1SU,2TU",
    "FREQ=MONTHLY;BYMONTHDAY=-1,15",
    "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
    "FREQ=YEARLY",
    "FREQ=YEARLY;INTERVAL=2;BYMONTH=2,11",
    "FREQ=YEARLY;BYMONTH=11;BYDAY=4TH",
    "FREQ=YEARLY;BYWEEKNO=1,47;BYDAY=MO",
    "FREQ=YEARLY;BYYEARDAY=1,-1",
    "FREQ=DAILY;COUNT=200",
    "FREQ=DAILY;INTERVAL=2;UNTIL=20250630T120000",
]


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("since", [local("2019-12-31T23:30"), local("2020-02-29T02:15"), local("2025-06-01T00:00")])
def test_the_starts_near_a_time_are_those_of_the_whole_rule(rule: str, since: datetime) -> None:
    whole = list(rrulestr(rule, dtstart=since).between(since, local("2029-01-01T00:00"), inc=True))

    for days in range(0, 3200, 37):
        begin = since + timedelta(days=days, hours=days % 24)
        end = begin + timedelta(days=days % 400)
        if end < local("2029-01-01T00:00"):
            assert starts_within(parse_rule(rule), since, begin, end) == [one for one in whole if begin <= one <= end]


@pytest.mark.parametrize("rule", ["FREQ=MONTHLY;BYMONTHDAY=1;BYHOUR=2", "FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=1;BYHOUR=2"])
def test_a_rule_of_the_first_day_comes_before_the_hour_of_its_own_start(rule: str) -> None:
    since, begin, end = local("2025-06-10T23:00"), local("2027-01-01T00:00"), local("2027-01-01T04:00")

    assert starts_within(parse_rule(rule), since, begin, end) == [local("2027-01-01T02:00")]


def test_a_rule_with_a_count_comes_so_often_from_its_own_start_on() -> None:
    rule, since = parse_rule("FREQ=WEEKLY;COUNT=3"), local("2026-01-05T00:00")

    assert starts_within(rule, since, local("2026-01-10T00:00"), local("2027-01-01T00:00")) == [
        local("2026-01-12T00:00"),
        local("2026-01-19T00:00"),
    ]


@pytest.mark.parametrize("rule", ["FREQ=DAILY;INTERVAL=7;BYDAY=MO", "FREQ=MONTHLY;INTERVAL=12;BYMONTH=3"])
def test_whether_a_rule_ever_comes_depends_on_the_day_on_which_it_begins(rule: str) -> None:
    assert parse_rule(rule).comes(local("2026-03-02T00:00"))
    assert not parse_rule(rule).comes(local("2026-01-01T00:00"))


@pytest.mark.parametrize("rule", ["", "FREQ=DAILY;FREQ=DAILY", "FREQ=DAILY;BYEASTER=1", "FREQ=DAILY;BYHOUR", "X=1"])
def test_what_is_no_rule_is_refused(rule: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_rule(rule)
