"""Curves that level off: found where they are, doubted before half of them is done, and not seen in anything else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from analyzers.exhaustion.expert import Asked
from analyzers.exhaustion.saturation import Saturation, saturation
from tests.fixtures.exhaustion import noise

PER_DAY = 4.0
T = np.arange(-60 * 4 + 1, 1) / PER_DAY
DAYS = np.arange(1, 241) / 4.0


def levelling(middle: float, width: float = 4.0) -> NDArray[np.float64]:
    """From 20 to 80, half of it done at `middle` days from now."""
    return np.asarray(20 + 60 / (1 + np.exp(-(T - middle) / width)) + noise(3, T.size, 0.2))


def crossed(found: Saturation, limit: float) -> NDArray[np.float64]:
    """The probability that the limit is crossed by each day."""
    asked = Asked(DAYS, np.full((1, DAYS.size), limit), np.array([limit]))
    return np.asarray(found.crossed(asked, np.array([[True]]))[0, 0])


def by(found: Saturation, limit: float, day: float) -> float:
    """The same by one day."""
    return float(crossed(found, limit)[int(np.searchsorted(DAYS, day))])


def test_a_curve_that_is_mostly_done_ends_where_it_ends() -> None:
    found = saturation(levelling(-8)[None, :], PER_DAY)

    assert found.found[0]
    assert found.done[0] > 0.8
    assert by(found, 90, 60) < 0.1
    assert by(found, 76, 30) > 0.8


def test_of_a_curve_that_has_hardly_begun_the_end_is_not_known() -> None:
    found = saturation(levelling(4)[None, :], PER_DAY)

    assert 0.1 < by(found, 90, 30) < 0.95


@pytest.mark.parametrize(
    "values",
    [50 + 0.5 * T, 50 + 0.0 * T, 60 - 0.4 * T, 50 + 10 * np.sin(2 * np.pi * T / 7)],
    ids=["a line", "a level", "a decline", "a week"],
)
def test_what_does_not_level_off_is_no_curve(values: NDArray[np.float64]) -> None:
    assert not saturation((values + noise(4, T.size, 0.3))[None, :], PER_DAY).found[0]


def test_growth_that_began_is_told_from_a_curve() -> None:
    bent = saturation((40 + np.maximum(T + 12, 0) + noise(5, T.size, 0.3))[None, :], PER_DAY)
    curved = saturation(levelling(-8)[None, :], PER_DAY)

    assert curved.unbroken[0] > bent.unbroken[0] + 1


def test_gaps_do_not_move_the_end() -> None:
    values = levelling(-8)
    values[150:180] = np.nan

    found = saturation(values[None, :], PER_DAY)

    assert by(found, 90, 60) < 0.1
    assert by(found, 76, 30) > 0.7


def test_nothing_seen_is_nothing_found() -> None:
    found = saturation(np.full((1, T.size), np.nan), PER_DAY)

    assert not found.found[0]
    assert not crossed(found, 1.0).any()


@given(scale=st.floats(1e-6, 1e12), shift=st.floats(-5, 5), middle=st.floats(-20, 5))
def test_another_unit_gives_the_same_probabilities(scale: float, shift: float, middle: float) -> None:
    plain = saturation(levelling(middle)[None, :], PER_DAY)
    other = saturation(scale * (levelling(middle)[None, :] + shift), PER_DAY)

    assert by(other, scale * (85 + shift), 30) == pytest.approx(by(plain, 85, 30), abs=1e-4)


@given(middle=st.floats(-20, 8), limit=st.floats(60, 100), higher=st.floats(0, 30))
def test_a_higher_limit_is_never_reached_earlier(middle: float, limit: float, higher: float) -> None:
    found = saturation(levelling(middle)[None, :], PER_DAY)

    assert by(found, limit + higher, 30) <= by(found, limit, 30) + 1e-12


@pytest.mark.parametrize("days", [0.8, 1.5, 3.0, 9.0])
def test_a_step_is_no_curve(days: float) -> None:
    values = np.where(-days > T, 55.0, 75.0) + noise(9, T.size, 0.3)

    assert not saturation(values[None, :], PER_DAY).found[0]
