"""What comes back every month is told to come back, as strong as it has become; what only looks so is not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from numpy.typing import NDArray

from analyzers.exhaustion.months import months
from tests.fixtures.exhaustion import noise

PER_DAY = 4.0
T = np.arange(-75 * 4 + 1, 1) / PER_DAY
DAYS = np.arange(1, 161) / 4.0
NOW = datetime(2026, 11, 22, tzinfo=UTC)
TURNS = np.array([(datetime(2026, month, 1, tzinfo=UTC) - NOW) / timedelta(days=1) for month in (9, 10, 11, 12)])


def month_end(strength: float = 1.0) -> NDArray[np.float64]:
    """40, and 20 more for the three days to each turn of the month, so many times as much from month to month."""
    values = np.full(T.size, 40.0)
    for number, turn in enumerate(TURNS):
        values[(turn - 3 <= T) & (turn > T)] += 20 * strength**number
    return np.asarray(values + noise(6, T.size, 0.3))


def rotation() -> NDArray[np.float64]:
    """Grows by two a day, and is dropped at every turn of the month."""
    return np.asarray(20 + 2 * (T - TURNS[np.searchsorted(TURNS, T, side="right") - 1]) + noise(7, T.size, 0.3))


def test_a_month_end_is_told_to_come_back_on_its_days() -> None:
    found = months(month_end()[None, :], PER_DAY)
    value, spread = found.ahead(DAYS)

    assert found.found[0]
    assert TURNS[-1] - 4 <= DAYS[np.argmax(value[0, :120])] <= TURNS[-1] + 1
    assert value[0].max() == pytest.approx(60, abs=2)
    assert value[0, :16].max() < 45
    assert spread[0].max() < 5


def test_a_month_end_that_grows_goes_on_growing() -> None:
    found = months(month_end(1.3)[None, :], PER_DAY)
    reached = found.crossed(np.full((1, DAYS.size), 75.0), DAYS)

    assert found.stronger[0] == pytest.approx(1.3, abs=0.1)
    assert reached[0, -1] > 0.8


def test_what_is_emptied_every_month_does_not_go_on_filling() -> None:
    found = months(rotation()[None, :], PER_DAY)

    assert found.found[0]
    assert found.crossed(np.full((1, DAYS.size), 100.0), DAYS)[0, -1] < 0.1


@pytest.mark.parametrize(
    "values",
    [noise(8, T.size, 2.0), 0.5 * T + noise(8, T.size, 0.5), 20.0 * ((T > -30) & (T < -27)), np.zeros(T.size)],
    ids=["noise", "a line", "one burst", "nothing"],
)
def test_what_was_not_there_a_month_ago_is_no_month(values: NDArray[np.float64]) -> None:
    assert not months((50 + values)[None, :], PER_DAY).found[0]


def test_a_month_has_to_be_seen_twice() -> None:
    assert not months(month_end()[None, -45 * 4 :], PER_DAY).found[0]


def test_nothing_seen_is_nothing_found() -> None:
    found = months(np.full((1, T.size), np.nan), PER_DAY)

    assert not found.found[0]
    assert not found.crossed(np.full((1, DAYS.size), 1.0), DAYS).any()


def test_a_series_does_not_depend_on_what_lies_before_its_first_sample() -> None:
    alone = months(month_end()[None, :], PER_DAY)
    padded = months(np.concatenate([np.full(37, np.nan), month_end()])[None, :], PER_DAY)

    np.testing.assert_allclose(padded.ahead(DAYS)[0], alone.ahead(DAYS)[0], rtol=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_what_is_before_a_series_is_no_day_of_its_month(seed: int) -> None:
    days = np.arange(62)
    low = 50 - 20.0 * (days % 30 < 3) + noise(seed, 62, 2.0) + np.cumsum(noise(seed + 9, 62, 2.0))
    top = np.repeat(low, 4)[None]

    alone, late = months(top, 4), months(np.pad(top, ((0, 0), (40, 0)), constant_values=np.nan), 4)

    np.testing.assert_allclose(late.agrees, alone.agrees, atol=1e-12)
    np.testing.assert_allclose(late.ahead(np.arange(1.0, 60.0)), alone.ahead(np.arange(1.0, 60.0)), atol=1e-9)
