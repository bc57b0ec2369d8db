"""A week of busy and quiet days, in which some days are of the other kind."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from analyzers.exhaustion.envelope import envelope
from analyzers.exhaustion.pressure import pressure
from tests.fixtures.exhaustion import noise, parameters

DAYS = np.arange(24.0 * 63) / 24
NUMBER = np.floor(DAYS)  # of the day: 62 is the last, a Sunday


def load(busy: NDArray[np.bool_]) -> NDArray[np.float64]:
    """20 on quiet days; up to 80 on busy ones, in the middle of the day."""
    wave = np.maximum(0.0, np.sin(np.pi * ((DAYS % 1) - 0.25) / 0.5))
    return np.asarray(20 + 60 * wave * busy + noise(11, DAYS.size, 0.4))


WORKDAY = NUMBER % 7 < 5


def tops(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The highest of each of the last fifteen days, the week taken out."""
    turned = pressure(3600.0, values[None, :], np.full((1, values.size), 100.0), parameters())
    return np.asarray(envelope(turned.values, 3600.0).top[0, ::-1][: 4 * 15 : 4][::-1])


@pytest.mark.parametrize("day", [60, 57, 46], ids=["a Friday, last", "a Tuesday, last week", "a Friday, weeks ago"])
def test_a_quiet_workday_does_not_look_like_a_level_that_fell(day: int) -> None:
    top = tops(load(WORKDAY & (day != NUMBER)))

    assert np.ptp(top) < 6


def test_a_weekend_that_is_worked_through_does_not_look_like_a_peak() -> None:
    top = tops(load(WORKDAY | (NUMBER == 54)))

    assert np.ptp(top) < 6


@pytest.mark.parametrize("hours", [2, 3, 6])
def test_a_week_that_has_just_begun_looks_like_those_before(hours: int) -> None:
    days = DAYS[: 24 * 49 + hours]  # the last ones are of a Monday
    busy = (np.floor(days) % 7 < 5) * (1 - 0.5 * np.cos(2 * np.pi * days))
    values = 20 + 0.1 * days + 30 * busy + noise(17, days.size, 0.2)

    assert np.ptp(tops(values)) < 3


def test_what_stays_quiet_for_longer_is_a_level_that_fell() -> None:
    top = tops(load(WORKDAY & (NUMBER < 49)))

    assert top[-8:].max() < top[0] - 20


def test_a_quiet_day_of_a_level_of_its_own_is_told() -> None:
    values = load(WORKDAY)
    values[NUMBER == 58] = 45.0

    assert np.ptp(tops(values)) > 15
