"""What comes back every week is told to come back as strong as it has become; what only grows is no week."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from analyzers.exhaustion.weeks import weeks
from tests.fixtures.exhaustion import noise

PER_DAY = 4.0
T = np.arange(-28 * 4 + 1, 1) / PER_DAY  # a Sunday ends now
DAYS = np.arange(1, 161) / 4.0


def backlog(stronger: float, days: int = 28) -> NDArray[np.float64]:
    """Nothing at the weekend, and 10 on working days of last week, so many times as much from week to week."""
    day = np.ceil(T)  # the number of the day that ends at it; 0 is a Sunday
    working = np.isin(day % 7, (1, 2, 3, 4, 5))
    return np.asarray((1 + working * 9 * stronger ** np.ceil(day / 7) + noise(5, T.size, 0.05))[-days * 4 :])


def test_a_backlog_that_doubles_from_week_to_week_doubles_again() -> None:
    found = weeks(backlog(2.0)[None, :], PER_DAY)
    value, spread = found.ahead(DAYS)

    assert found.found[0]
    assert found.stronger[0] == pytest.approx(2.0, abs=0.1)
    assert value[0, : 5 * 4].max() == pytest.approx(19, abs=1)
    assert value[0, 5 * 4 + 1 : 7 * 4].max() < 3  # the weekend
    assert value[0, 7 * 4 : 12 * 4].max() == pytest.approx(37, abs=3)
    assert spread[0, 10 * 4] > spread[0, 3 * 4] > 0


def test_it_reaches_what_only_the_next_weeks_reach() -> None:
    found = weeks(backlog(2.0)[None, :], PER_DAY)
    reached = found.crossed(np.full((1, DAYS.size), 30.0), DAYS)[0]

    assert reached[6 * 4] < 0.1
    assert reached[12 * 4] > 0.8


def test_a_week_that_stays_as_it_is_does_not_grow() -> None:
    found = weeks(backlog(1.0)[None, :], PER_DAY)

    assert found.found[0]
    assert found.stronger[0] == pytest.approx(1.0, abs=0.05)
    assert found.pace()[0] == pytest.approx(0.0, abs=0.05)
    assert found.crossed(np.full((1, DAYS.size), 14.0), DAYS)[0, -1] < 0.05


def test_how_much_higher_it_becomes_is_told_per_day() -> None:
    assert weeks(backlog(2.0)[None, :], PER_DAY).pace()[0] == pytest.approx(9 / 7, rel=0.1)


@pytest.mark.parametrize("values", [50 + 0.5 * T, 50 + 0 * T, 50 + 5 * np.sin(T / 2.1)], ids=["line", "level", "wave"])
def test_what_has_no_week_is_given_none(values: NDArray[np.float64]) -> None:
    assert not weeks((values + noise(8, T.size, 0.2))[None, :], PER_DAY).found[0]


def test_two_weeks_are_too_few() -> None:
    assert not weeks(backlog(2.0, days=15)[None, :], PER_DAY).found[0]


def test_nothing_seen_has_no_week() -> None:
    found = weeks(np.full((1, T.size), np.nan), PER_DAY)

    assert not found.found[0]
    assert np.isfinite(found.ahead(DAYS)[0]).all()


@given(st.integers(1, 60), st.floats(1e-3, 1e9))
def test_neither_what_stands_before_a_series_nor_its_unit_says_anything(before: int, unit: float) -> None:
    alone = weeks(backlog(1.4)[None, :], PER_DAY)
    padded = weeks(unit * np.concatenate([np.full(before, np.nan), backlog(1.4)])[None, :], PER_DAY)

    assert padded.found[0] == alone.found[0]
    assert padded.ahead(DAYS)[0] == pytest.approx(unit * alone.ahead(DAYS)[0], rel=1e-6)
