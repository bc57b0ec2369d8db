"""A level that changed for good, as by a deploy, is where the forecast goes on; what only looks so changes nothing."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from analyzers.forecasting import ForecastBatch, ForecastParameters, forecast_batch
from analyzers.forecasting.history import make_history
from analyzers.forecasting.level_steps import level_steps_removed

DAY, DAYS, AHEAD = 24, 45, 48
HOURS = np.arange(DAY * DAYS + AHEAD)
WAVE = 100 + 10 * np.sin(2 * np.pi * HOURS / DAY)


def with_noise(values: NDArray[np.float64], size: float = 2.0, series: int = 20) -> NDArray[np.float64]:
    return values + np.random.default_rng(3).normal(size=(series, values.size)) * size


def ask(values: NDArray[np.float64]) -> ForecastBatch:
    return forecast_batch(values[:, :-AHEAD], ForecastParameters(horizon=AHEAD, step_seconds=3600.0))


def error(values: NDArray[np.float64], batch: ForecastBatch) -> float:
    return float(np.abs(values[:, -AHEAD:] - batch.mean).mean())


def width(batch: ForecastBatch) -> float:
    return float((batch.values[:, -1] - batch.values[:, 0]).mean())


@pytest.mark.parametrize("days", [1.0, 1.5, 3.0, 10.0])
@pytest.mark.parametrize("height", [40.0, -60.0])
def test_from_a_day_after_a_step_the_forecast_is_as_good_as_without_one(days: float, height: float) -> None:
    plain = with_noise(WAVE)
    stepped = plain.copy()
    stepped[:, -AHEAD - int(days * DAY) :] += height

    without, after = ask(plain), ask(stepped)

    assert error(stepped, after) < 1.2 * error(plain, without)
    assert width(after) < 1.2 * width(without)


@pytest.mark.parametrize("height", [40.0, -60.0])
def test_hours_after_a_step_the_interval_reaches_both_levels(height: float) -> None:
    plain = with_noise(WAVE)
    stepped = plain.copy()
    stepped[:, -AHEAD - 10 :] += height

    batch = ask(stepped)

    back, stays = (
        (batch.values[:, 0] <= future[:, -AHEAD:]) & (future[:, -AHEAD:] <= batch.values[:, -1])
        for future in (plain, stepped)
    )
    assert stays.mean() > 0.8
    assert back.mean() > 0.5


def test_bursts_that_come_again_and_again_leave_intervals_as_they_are() -> None:
    calm = with_noise(WAVE)
    burst = calm.copy()
    for days in (3, 9, 17, 30):
        burst[:, -AHEAD - days * DAY : -AHEAD - days * DAY + 9] += 80
    again = burst.copy()
    again[:, -AHEAD - 9 : -AHEAD] += 80

    assert width(ask(again)) < 1.5 * width(ask(burst))


def test_a_load_that_halves_keeps_its_shape_at_half_the_size() -> None:
    values = with_noise(WAVE + 60 * np.sin(2 * np.pi * HOURS / DAY), size=4.0)
    values[:, -AHEAD - 2 * DAY :] *= 0.3

    batch = ask(values)

    swing = np.ptp(batch.mean, axis=1)
    np.testing.assert_allclose(swing, 0.3 * 140, rtol=0.15)


def test_where_there_is_no_season_a_step_is_seen_after_a_horizon() -> None:
    values = with_noise(np.full(400 + AHEAD, 100.0))
    values[:, -2 * AHEAD - 4 :] += 50

    batch = forecast_batch(values[:, :-AHEAD], ForecastParameters(horizon=AHEAD, step_seconds=1.0))

    assert error(values, batch) < 2.5
    assert width(batch) < 8


@pytest.mark.parametrize(
    "shape",
    [
        pytest.param(WAVE, id="nothing"),
        pytest.param(WAVE + 0.5 * HOURS, id="trend"),
        pytest.param(WAVE + 30 * (HOURS // (7 * DAY)), id="staircase"),
        pytest.param(WAVE + 60 * (HOURS // DAY % 7 >= 5), id="weekend"),
        pytest.param(WAVE + 80 * (HOURS.size - AHEAD - 9 <= HOURS), id="hours ago"),
        pytest.param(WAVE + 80 * (abs(HOURS - HOURS.size + 10 * DAY) < 2 * DAY), id="came and went"),
        pytest.param(WAVE * np.exp(HOURS / 300), id="exponential"),
    ],
)
def test_what_is_no_step_is_left_as_it_was(shape: NDArray[np.float64]) -> None:
    history = make_history(with_noise(shape)[:, :-AHEAD], (DAY,))

    np.testing.assert_array_equal(level_steps_removed(history, AHEAD).values, history.values)


def test_short_histories_are_left_as_they_were() -> None:
    history = make_history(with_noise(WAVE[: 3 * DAY]), (DAY,))

    assert level_steps_removed(history, AHEAD) is history
