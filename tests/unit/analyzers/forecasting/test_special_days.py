"""Days that are not like their weekday: set aside where that helps, and put in where they lie ahead."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from numpy.typing import NDArray

from analyzers.forecasting import ForecastParameters, forecast_batch

HOUR = 3600.0
FIRST = date(2026, 1, 5)  # a Monday
DAYS = 42
HOLIDAYS = [FIRST + timedelta(days=number) for number in (9, 17, 24, 31)]
AHEAD = FIRST + timedelta(days=DAYS)  # a Monday


def office(days: int, free: set[date], random: np.random.Generator) -> NDArray[np.float64]:
    """Load on weekdays from nine to five local time, none on weekends and free days; hours from `FIRST` on."""
    rows = []
    for number in range(days):
        day = FIRST + timedelta(days=number)
        works = day.weekday() < 5 and day not in free
        rows.append(np.where((np.arange(24) >= 9) & (np.arange(24) < 17), 100.0 if works else 10.0, 10.0))
    return np.concatenate(rows, dtype=np.float64) + random.normal(size=days * 24)


def ask(values: NDArray[np.float64], special: set[date], zone: str = "UTC", shift: int = 0) -> NDArray[np.float64]:
    start = datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC).timestamp() - shift * HOUR
    parameters = ForecastParameters(horizon=24, step_seconds=HOUR, timezone=zone, special_days=frozenset(special))
    answer: NDArray[np.float64] = forecast_batch(values[None, :], parameters, start=start).mean[0]
    return answer


@pytest.mark.parametrize(("zone", "shift"), [("UTC", 0), ("Asia/Taipei", 8)])
def test_a_holiday_ahead_is_as_quiet_as_those_before(zone: str, shift: int) -> None:
    values = office(DAYS, set(HOLIDAYS), np.random.default_rng(1))

    future = ask(values, {*HOLIDAYS, AHEAD}, zone, shift)

    assert future.max() < 30.0


def test_a_usual_day_ahead_is_as_busy_as_its_weekday() -> None:
    values = office(DAYS, set(HOLIDAYS), np.random.default_rng(1))

    future = ask(values, set(HOLIDAYS))

    assert future[10:16].min() > 80.0


def test_a_series_that_knows_no_holidays_is_left_alone() -> None:
    values = office(DAYS, set(), np.random.default_rng(1))

    with_days, without = ask(values, {*HOLIDAYS, AHEAD}), ask(values, set())

    np.testing.assert_array_equal(with_days, without)


def test_one_past_holiday_alone_proves_nothing() -> None:
    values = office(DAYS, set(HOLIDAYS[:1]), np.random.default_rng(1))

    future = ask(values, {HOLIDAYS[0], AHEAD})

    assert future[10:16].min() > 60.0


@pytest.mark.parametrize(("zone", "hour"), [("UTC", 0), ("Asia/Taipei", -8), ("America/New_York", 5)])
def test_a_special_day_is_one_in_daily_steps_too(zone: str, hour: int) -> None:
    """Also over a clock change, and where the day begins at another hour of UTC."""
    first, count = date(2026, 1, 1), 333
    days = [first + timedelta(days=number) for number in range(count + 10)]
    ends = [day for day in days if (day + timedelta(days=1)).day == 1]
    values = 100 + np.random.default_rng(1).normal(0, 2, count) + 80 * np.array([day in ends for day in days[:count]])
    start = datetime(first.year, first.month, first.day, tzinfo=UTC).timestamp() + hour * HOUR
    asked = ForecastParameters(horizon=10, step_seconds=24 * HOUR, timezone=zone, special_days=frozenset(ends))

    ahead = forecast_batch(values[None, :], asked, start=start).mean[0]

    assert days[count] == date(2026, 11, 30)
    assert ahead[0] == pytest.approx(180, abs=6)
    np.testing.assert_allclose(ahead[1:], 100, atol=6)
