"""Days gained are days beyond those that pass by themselves."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.series import SeriesStatus
from jobs.automation.effect import Effect, days_gained
from tests.fixtures.builders import AS_OF, make_exhaustion

TOMORROW = AS_OF + timedelta(days=1)
FULL = make_exhaustion(0, exhausted=True)


def test_a_day_that_passes_gains_nothing() -> None:
    assert days_gained(make_exhaustion(9), make_exhaustion(8, as_of=TOMORROW), TOMORROW) == Effect(0.0)


def test_a_date_that_moves_away_gains_the_days_between() -> None:
    assert days_gained(make_exhaustion(9), make_exhaustion(20, as_of=TOMORROW), TOMORROW) == Effect(12.0)


def test_a_date_that_comes_nearer_loses_days() -> None:
    assert days_gained(make_exhaustion(9), make_exhaustion(5, as_of=TOMORROW), TOMORROW) == Effect(-3.0)


def test_what_is_not_in_sight_any_more_gains_at_least_the_rest_of_the_horizon() -> None:
    assert days_gained(make_exhaustion(9), make_exhaustion(None), TOMORROW) == Effect(22.0, at_least=True)


def test_what_was_full_gains_from_today_and_what_still_is_gains_nothing() -> None:
    assert days_gained(FULL, make_exhaustion(5, as_of=TOMORROW), TOMORROW) == Effect(5.0)
    assert days_gained(FULL, FULL, TOMORROW) == Effect(0.0)
    assert days_gained(make_exhaustion(9), FULL, TOMORROW) == Effect(-8.0)
    sparse = make_exhaustion(None, status=SeriesStatus.TOO_SPARSE, exhausted=True)  # it is full, and that is all
    assert days_gained(make_exhaustion(9), sparse, TOMORROW) == Effect(-8.0)


def test_a_date_that_has_passed_counts_as_today() -> None:
    assert days_gained(make_exhaustion(0.5), make_exhaustion(3, as_of=TOMORROW), TOMORROW) == Effect(3.0)


@pytest.mark.parametrize("status", [SeriesStatus.STALE, SeriesStatus.EMPTY, SeriesStatus.TOO_SHORT])
def test_where_nothing_can_be_said_nothing_is(status: SeriesStatus) -> None:
    assert days_gained(make_exhaustion(9), make_exhaustion(None, status=status), TOMORROW) is None
    assert days_gained(make_exhaustion(None), make_exhaustion(5), TOMORROW) is None
