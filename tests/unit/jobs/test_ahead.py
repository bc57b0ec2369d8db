"""How far ahead a watch is looked at, asked about and told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from jobs.ahead import days_asked, days_told, lead_ahead, looked_ahead
from tests.fixtures.builders import make_watch

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("tell_within", "lead", "horizon", "days"),
    [
        (10 * DAY, 3 * DAY, 60 * DAY, 10),
        (10 * DAY, 12 * DAY, 60 * DAY, 12),  # who needs longer is told sooner
        (36 * DAY / 24, 3 * DAY / 24, 60 * DAY, 2),  # what ends within a day counts with that day
        (30 * DAY, 3 * DAY, 14 * DAY, 14),  # beyond the horizon nothing is known
        (30 * DAY, 20 * DAY, 14.5 * DAY, 14),
        (30 * DAY, 3 * DAY, DAY / 4, 1),
    ],
)
def test_trouble_is_told_within_whole_days_and_within_the_horizon(
    tell_within: timedelta, lead: timedelta, horizon: timedelta, days: int
) -> None:
    watch = make_watch(lead_time=lead, horizon=horizon)

    assert days_told(watch, tell_within) == days
    assert days in days_asked(watch, tell_within)
    assert days * DAY <= looked_ahead(watch)


def test_a_lead_time_beyond_the_horizon_counts_as_the_horizon() -> None:
    assert lead_ahead(make_watch(lead_time=20 * DAY, horizon=14 * DAY)) == 14 * DAY


def test_the_days_that_are_asked_for_rise_and_none_is_asked_for_twice() -> None:
    assert days_asked(make_watch(lead_time=DAY / 2, horizon=60 * DAY), 30 * DAY) == (1, 7, 14, 30, 60)
