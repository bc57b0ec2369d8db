"""A batch of forecasts: what is said of every series, and what never stops the others."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from analyzers.forecasting import ForecastParameters, forecast_batch
from analyzers.forecasting.parameters import MOST_PERIODS
from domain.series import SeriesStatus

HOUR = 3600.0
STEPS = 24 * 28
HOURLY = ForecastParameters(horizon=48, step_seconds=HOUR)


def daily(series: int, seed: int = 1, steps: int = STEPS, noise: float = 3.0) -> NDArray[np.float64]:
    random = np.random.default_rng(seed)
    wave = 100 + 30 * np.sin(2 * np.pi * np.arange(steps) / 24)
    return wave + noise * random.normal(size=(series, steps))


def test_a_daily_wave_goes_on_and_its_season_is_named() -> None:
    batch = forecast_batch(daily(4), HOURLY)

    truth = 100 + 30 * np.sin(2 * np.pi * np.arange(STEPS, STEPS + 48) / 24)
    assert np.abs(batch.mean - truth).max() < 6.0
    assert all(24 in periods for periods in batch.periods)
    assert (batch.backtest_score < 0.9).all()
    assert all(method for method in batch.method)


def test_a_season_is_found_where_the_time_is_a_mere_count() -> None:
    batch = forecast_batch(daily(3), ForecastParameters(horizon=48, step_seconds=1.0))

    assert all(24 in periods for periods in batch.periods)


def test_a_season_is_found_however_many_others_a_batch_has() -> None:
    step, lengths = np.arange(600), np.arange(9, 49)
    wave = 50 + 10 * np.sin(2 * np.pi * step / lengths[:, None]) + 3 * np.sin(4 * np.pi * step / lengths[:, None])
    values = wave + np.random.default_rng(9).normal(0, 0.3, wave.shape)
    parameters = ForecastParameters(horizon=24, step_seconds=1.0)

    together = forecast_batch(values, parameters)

    for row in range(0, lengths.size, 5):
        alone = forecast_batch(values[row : row + 1], parameters)
        assert together.periods[row] == alone.periods[0]
        np.testing.assert_allclose(together.mean[row], alone.mean[0], rtol=1e-4)


def test_noise_has_no_season() -> None:
    noise = 50 + np.random.default_rng(3).normal(size=(60, STEPS))

    accepted = [len(periods) for periods in forecast_batch(noise, HOURLY).periods]

    assert np.mean(accepted) < 0.1


def test_a_season_of_which_fewer_than_three_cycles_were_seen_is_not_accepted() -> None:
    batch = forecast_batch(daily(3)[:, -60:], HOURLY)

    assert batch.periods == ((), (), ())


def test_what_cannot_be_forecast_says_why_and_stops_nothing() -> None:
    values = daily(7)
    values[0] = np.nan
    values[1, :-5] = np.nan
    values[2] = 7.0
    values[3, -60:] = np.nan
    values[4, ::2] = np.inf
    values[5] = np.where(np.arange(STEPS) % 30 == 0, values[5], np.nan)

    batch = forecast_batch(values, HOURLY)

    assert batch.status == (
        SeriesStatus.EMPTY,
        SeriesStatus.TOO_SHORT,
        SeriesStatus.CONSTANT,
        SeriesStatus.STALE,
        SeriesStatus.OK,
        SeriesStatus.TOO_SPARSE,
        SeriesStatus.OK,
    )
    silent = [0, 1, 3, 5]
    assert np.isnan(batch.values[silent]).all()
    assert all(batch.reason[row] for row in silent)
    assert np.isfinite(batch.values[[2, 4, 6]]).all()
    assert (batch.values[2] == 7.0).all()
    alone = forecast_batch(values[6:], HOURLY)
    np.testing.assert_allclose(batch.mean[6], alone.mean[0], rtol=1e-5)


def test_quantiles_stay_within_bounds_and_in_order() -> None:
    random = np.random.default_rng(5)
    busy = np.clip(random.gamma(0.5, 40.0, size=(6, STEPS)), 0, 100)

    batch = forecast_batch(busy, ForecastParameters(horizon=48, step_seconds=HOUR, upper=100.0))

    assert batch.values.min() >= 0.0
    assert batch.values.max() <= 100.0
    assert (np.diff(batch.values, axis=1) >= 0).all()


@pytest.mark.parametrize(("bounds", "said"), [({"upper": 3.0}, 3.0), ({"lower": 8.0}, 8.0), ({}, 5.0)])
def test_a_constant_stays_within_bounds_as_well(bounds: dict[str, Any], said: float) -> None:
    batch = forecast_batch(np.full((1, 50), 5.0), replace(HOURLY, **bounds))

    assert batch.status == (SeriesStatus.CONSTANT,)
    assert (batch.values == said).all()
    assert (batch.mean == said).all()


def test_as_many_seasons_as_may_be_given_are_combined() -> None:
    batch = forecast_batch(daily(2), replace(HOURLY, periods=tuple(range(24, 24 + MOST_PERIODS))))

    assert np.isfinite(batch.values).all()
    assert all(24 in periods for periods in batch.periods)


def test_a_series_that_may_be_negative_is_not_kept_above_zero() -> None:
    batch = forecast_batch(daily(2) - 100, HOURLY)

    assert batch.values.min() < -10.0


def test_a_steady_climb_goes_on_climbing() -> None:
    climb = 1000 + np.arange(STEPS) * 0.5 + np.random.default_rng(2).normal(size=(3, STEPS))

    batch = forecast_batch(climb, HOURLY)

    truth = 1000 + np.arange(STEPS, STEPS + 48) * 0.5
    assert np.abs(batch.mean - truth).max() < 5.0


def test_a_step_in_level_is_not_drawn_as_a_trend() -> None:
    step = np.where(np.arange(STEPS) < STEPS - 120, 10.0, 50.0) + np.random.default_rng(4).normal(size=(3, STEPS))

    batch = forecast_batch(step, HOURLY)

    assert np.abs(batch.mean - 50).max() < 5.0


def test_single_bursts_do_not_lift_the_forecast() -> None:
    values = daily(3)
    values[:, ::97] = 5000.0

    batch = forecast_batch(values, HOURLY)

    assert batch.mean.max() < 160.0


def test_gaps_of_hours_and_days_are_bridged() -> None:
    values = daily(3)
    whole = forecast_batch(values, HOURLY)
    values[:, 100:110] = np.nan
    values[:, 300:372] = np.nan

    batch = forecast_batch(values, HOURLY)

    assert np.abs(batch.mean - whole.mean).max() < 4.0


def test_what_lies_before_a_series_changes_nothing() -> None:
    values = daily(5)
    padded = np.concatenate([np.full((5, 777), np.nan), values], axis=1)

    np.testing.assert_array_equal(forecast_batch(values, HOURLY).values, forecast_batch(padded, HOURLY).values)


def test_the_same_arrays_give_the_same_bits() -> None:
    values = daily(20)

    np.testing.assert_array_equal(forecast_batch(values, HOURLY).values, forecast_batch(values, HOURLY).values)


def test_the_input_is_left_alone() -> None:
    values = daily(3)
    values[0, 50:60] = np.nan
    before = values.copy()

    forecast_batch(values, HOURLY)

    np.testing.assert_array_equal(values, before)


def test_progress_counts_every_series_that_is_forecast() -> None:
    told: list[int] = []

    forecast_batch(daily(300, steps=200), HOURLY, progress=told.append)

    assert sum(told) == 300


@pytest.mark.parametrize("horizon", [1, 7, 48, 200])
@pytest.mark.parametrize("steps", [10, 30, 60, 130])
def test_short_histories_and_long_horizons_still_get_an_answer(horizon: int, steps: int) -> None:
    values = daily(3, steps=steps)

    batch = forecast_batch(values, ForecastParameters(horizon=horizon, step_seconds=HOUR))

    assert batch.values.shape == (3, 3, horizon)
    assert np.isfinite(batch.values).all()
    assert (batch.values[:, 2] > batch.values[:, 0]).all()


@pytest.mark.parametrize("scale", [1e-30, 1e-6, 1e9, 1e150])
def test_any_unit_will_do(scale: float) -> None:
    values = daily(3)

    scaled = forecast_batch(values * scale, HOURLY).values / scale

    np.testing.assert_allclose(scaled, forecast_batch(values, HOURLY).values, rtol=1e-3)


def test_small_changes_far_from_zero_are_not_lost() -> None:
    values = 1e12 + daily(3)

    batch = forecast_batch(values, HOURLY)

    truth = 100 + 30 * np.sin(2 * np.pi * np.arange(STEPS, STEPS + 48) / 24)
    assert np.abs(batch.mean - 1e12 - truth).max() < 8.0


def test_counts_that_are_mostly_zero_are_forecast_as_zero() -> None:
    random = np.random.default_rng(6)
    rare = np.where(random.random((3, STEPS)) < 0.1, random.integers(1, 9, (3, STEPS)), 0).astype(float)

    assert (forecast_batch(rare, HOURLY).mean == 0).mean() > 0.9


def office_hours(start: float, steps: int, offset_before: int, offset_after: int, change: float) -> NDArray[np.float64]:
    times = start + HOUR * np.arange(steps)
    local = (times + np.where(times < change, offset_before, offset_after) * HOUR) // HOUR % 24
    return np.where((local >= 9) & (local < 17), 100.0, 10.0)


@pytest.mark.parametrize(
    ("change", "before", "after"),
    [
        (datetime(2026, 3, 29, 1, tzinfo=UTC), 1, 2),
        (datetime(2026, 10, 25, 1, tzinfo=UTC), 2, 1),
    ],
    ids=["spring", "autumn"],
)
@pytest.mark.parametrize("hours_since", [-24, 30], ids=["the change lies ahead", "the change has been"])
def test_office_hours_keep_their_hour_over_a_clock_change(
    change: datetime, before: int, after: int, hours_since: int
) -> None:
    moment = change.timestamp()
    start = moment + (hours_since - STEPS) * HOUR
    everything = office_hours(start, STEPS + 48, before, after, moment)
    values = everything[None, :STEPS] + 0.5 * np.random.default_rng(7).normal(size=(3, STEPS))

    batch = forecast_batch(
        values, ForecastParameters(horizon=48, step_seconds=HOUR, timezone="Europe/Berlin"), start=start
    )

    assert np.abs(batch.mean - everything[STEPS:]).max() < 10.0


@pytest.mark.parametrize(("step", "before"), [(60.0, 60.0), (60.0, 600.0), (60.0, 1740.0), (900.0, 1800.0)])
@pytest.mark.parametrize("special", [frozenset(), frozenset({date(2026, 10, 26)})], ids=["usual days", "a special day"])
def test_a_history_that_begins_in_the_hour_that_comes_twice_is_forecast(
    step: float, before: float, special: frozenset[date]
) -> None:
    start = datetime(2026, 10, 25, 1, tzinfo=UTC).timestamp() - before
    values = 50 + np.random.default_rng(8).normal(size=(2, 30))
    parameters = ForecastParameters(horizon=4, step_seconds=step, timezone="Europe/Berlin", special_days=special)

    batch = forecast_batch(values, parameters, start=start)

    assert batch.status == (SeriesStatus.OK, SeriesStatus.OK)
    assert np.abs(batch.mean - 50).max() < 3.0


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"horizon": 0}, "horizon"),
        ({"step_seconds": 0.0}, "step"),
        ({"quantiles": (0.9, 0.1)}, "rise"),
        ({"quantiles": (0.0, 0.5)}, "between 0 and 1"),
        ({"lower": 5.0, "upper": 1.0}, "bound"),
        ({"periods": (1,)}, "season"),
        ({"periods": tuple(range(5, 14))}, "the 7 seasons that matter most"),
    ],
)
def test_wrong_parameters_are_refused_before_any_work(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        replace(HOURLY, **wrong)


def test_an_array_of_the_wrong_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="dimensions"):
        forecast_batch(np.zeros(5), HOURLY)


@pytest.mark.parametrize("step", [1.0, HOUR, 86_400.0])
def test_a_time_zone_that_is_not_known_is_refused(step: float) -> None:
    with pytest.raises(ValueError, match="time zone"):
        forecast_batch(daily(1), ForecastParameters(horizon=4, step_seconds=step, timezone="Mars/Olympus"))


def test_an_empty_batch_is_an_empty_answer() -> None:
    assert forecast_batch(np.zeros((0, 50)), HOURLY).values.shape == (0, 3, 48)
    assert forecast_batch(np.zeros((2, 0)), HOURLY).status == (SeriesStatus.EMPTY, SeriesStatus.EMPTY)


@pytest.mark.parametrize("days", [22, 31, 60, 120])
def test_a_line_of_a_few_weeks_of_days_goes_on(days: int) -> None:
    line = np.arange(60.0, 60.0 + days)
    batch = forecast_batch(line[None, :], ForecastParameters(horizon=7, step_seconds=86_400.0), start=1_704_067_200.0)

    np.testing.assert_allclose(batch.mean[0], 60 + days + np.arange(7), atol=0.5)
    np.testing.assert_allclose(batch.values[0], np.tile(batch.mean, (3, 1)), atol=1.0)


def test_a_line_of_three_days_of_hours_goes_on() -> None:
    line = np.arange(60.0, 63.0, 1 / 24)
    batch = forecast_batch(line[None, :], ForecastParameters(horizon=24, step_seconds=3600.0), start=1_704_067_200.0)

    np.testing.assert_allclose(batch.mean[0], 63 + np.arange(24) / 24, atol=0.1)


def test_a_step_that_was_seen_once_makes_no_interval_wider_than_all_that_was_seen() -> None:
    stepped = np.where(np.arange(21) < 16, 10.0, 100.0) + np.random.default_rng(0).normal(0, 0.1, 21)
    batch = forecast_batch(stepped[None, :], ForecastParameters(horizon=7, step_seconds=86_400.0))

    assert batch.mean[0] == pytest.approx(100, abs=1)
    assert batch.values[0].max() <= 100 + 1 + np.ptp(stepped)


def test_a_line_of_a_week_of_hours_has_a_narrow_interval_at_every_hour() -> None:
    line = 50 + np.arange(200) / 24 + np.random.default_rng(1).normal(0, 0.05, 200)
    asked = ForecastParameters(horizon=24, step_seconds=HOUR)

    for steps in range(160, 200, 2):  # after a week another method can be used, but has been tried once only
        low, _, high = forecast_batch(line[None, :steps], asked, start=1_704_067_200.0).values[0]
        assert (high - low).max() < 0.5
