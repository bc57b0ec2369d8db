"""The parts of the forecaster, each against its literal definition or a planted truth."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from analyzers.forecasting.analogs import analogs
from analyzers.forecasting.combine import MOST_METHODS, combine, weighted_median
from analyzers.forecasting.history import History, Scale, make_history
from analyzers.forecasting.intervals import spread_of, widening
from analyzers.forecasting.lag_ridge import LagRidge, lag_ridge, seasonal_lags
from analyzers.forecasting.local_level import local_level
from analyzers.forecasting.medians import NETWORK, comparators, nan_median, nan_spread
from analyzers.forecasting.methods import Attempt
from analyzers.forecasting.origins import Origins, choose_origins
from analyzers.forecasting.parameters import ForecastParameters
from analyzers.forecasting.robust_trend import Trend, after_last_step, robust_trends
from analyzers.forecasting.seasonal_difference import seasonal_difference
from analyzers.forecasting.seasonal_naive import seasonal_naive
from analyzers.forecasting.seasonal_profile import level_profile, seasonal_profile
from analyzers.forecasting.seasons import calendar_periods, find_periods, shows
from analyzers.forecasting.transforms import SoftLog


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(11)


def told(history: History, future: NDArray[np.float32]) -> NDArray[np.float64]:
    """The real forecast `[n_series, horizon]` in the series' own unit."""
    return history.scale.back(future[0]).T


@pytest.mark.parametrize("size", range(1, NETWORK + 3))
def test_medians_are_those_of_numpy_with_and_without_gaps(size: int, random: np.random.Generator) -> None:
    values = random.normal(size=(size, 300))
    np.testing.assert_allclose(nan_median(values, 0), np.median(values, axis=0))
    values[random.random(values.shape) < 0.4] = np.nan
    values[0, 0] = 1.0
    seen = np.isfinite(values).any(axis=0)

    np.testing.assert_allclose(nan_median(values, 0)[seen], np.nanmedian(values[:, seen], axis=0))
    assert np.isnan(nan_median(values, 0)[~seen]).all()


def test_the_network_sorts_anything() -> None:
    for size in range(2, 12):
        for bits in range(2**size):  # a network that sorts all zeros and ones sorts everything (Knuth, 5.3.4)
            items = [bits >> place & 1 for place in range(size)]
            for low, high in comparators(size):
                items[low], items[high] = min(items[low], items[high]), max(items[low], items[high])
            assert items == sorted(items)


def test_the_spread_of_normal_noise_is_its_standard_deviation(random: np.random.Generator) -> None:
    assert nan_spread(random.normal(scale=3.0, size=(1, 20_000)), 1)[0] == pytest.approx(3.0, rel=0.05)


def test_zeros_and_whole_numbers_survive_the_scale() -> None:
    values = np.array([[0.0, 3.0, 0.0, 17.0, 2.0], [1e12, 1e12 + 1, 1e12 + 2, 1e12 + 1, 1e12]])

    scale = Scale.of(values)

    np.testing.assert_array_equal(scale.back(scale.forward(values.T)).T, values)


def test_the_soft_scale_is_undone(random: np.random.Generator) -> None:
    values = random.normal(size=(50, 4)).astype(np.float32) * 10
    values[:, :2] = np.abs(values[:, :2])

    soft = SoftLog.fit(values)

    np.testing.assert_allclose(soft.back(soft.forward(values)), values, rtol=1e-3, atol=1e-4)


def test_origins_lie_at_the_same_step_of_the_season_and_fits_before_them() -> None:
    origins = choose_origins(700, 48, (24, 168))

    assert origins.backs[0] == 0
    assert (origins.past % 24 == 0).all()
    assert origins.past.min() >= 48
    assert (origins.knots >= origins.backs).all()


def test_seasonal_naive_repeats_the_last_season() -> None:
    history = make_history(np.arange(10.0)[None, :], (4,))

    future = seasonal_naive(history, choose_origins(10, 6, (4,)), period=4)

    np.testing.assert_allclose(told(history, future), [[6, 7, 8, 9, 6, 7]])


def test_a_profile_is_the_median_of_its_cycles() -> None:
    values = np.tile([1.0, 5.0, 9.0, 5.0], 12)
    values[-3] = 500.0
    history = make_history(values[None, :], (4,))

    future = seasonal_profile(history, choose_origins(48, 4, (4,)), period=4, cycles=7)

    np.testing.assert_allclose(told(history, future), [[1, 5, 9, 5]], rtol=1e-5)


def test_a_profile_around_a_level_follows_it() -> None:
    values = np.tile([1.0, 5.0, 9.0, 5.0], 12) + np.repeat(np.arange(12) * 10, 4)
    history = make_history(values[None, :], (4,))

    future = level_profile(history, choose_origins(48, 4, (4,)), period=4, cycles=7)

    np.testing.assert_allclose(told(history, future), [[111, 115, 119, 115]], rtol=1e-5)


def test_a_local_level_is_a_median() -> None:
    history = make_history(np.array([[9.0, 9, 9, 9, 9, 9, 9, 9, 1, 2, 900]]), ())

    assert told(history, local_level(history, choose_origins(11, 2, ()), steps=3)).tolist() == [[2.0, 2.0]]


def test_the_ridge_learns_a_recursion_and_goes_on_with_it() -> None:
    values = np.zeros(600)
    values[:3] = (1.0, 0.6, 0.2)
    for step in range(3, 600):
        values[step] = 1.6 * values[step - 1] - 0.99 * values[step - 2]
    history = make_history(values[None, :560], ())
    origins = choose_origins(560, 40, ())

    future = lag_ridge(history, history.values, (LagRidge("plain", seasonal_lags(())),), origins)["plain"]

    assert np.abs(told(history, future)[0] - values[560:]).max() < 0.02 * np.abs(values[520:560]).max()


def test_the_ridge_keeps_to_what_lies_before_an_origin(random: np.random.Generator) -> None:
    values = random.normal(size=(2, 800))
    changed = values.copy()
    changed[:, -48:] += 1000.0
    origins = Origins(np.array([48, 72]), np.array([72, 72]), 48)
    variant = LagRidge("plain", (1, 2, 24))

    one, other = (
        lag_ridge(history, values.T.astype(np.float32), (variant,), origins)["plain"]
        for values, history in ((v, make_history(v, (24,))) for v in (values, changed))
    )

    # The centre and the spread are those of all steps, so the same to rounding and not to the bit.
    np.testing.assert_allclose(one, other, atol=0.2)


def test_changes_over_a_season_carry_its_shape_and_drift() -> None:
    values = np.tile([1.0, 5.0, 9.0, 5.0], 60) + np.arange(240) * 0.25
    history = make_history(values[None, :], (4,))

    future = seasonal_difference(
        history, history.values, choose_origins(240, 8, (4,)), period=4, lags=seasonal_lags((4,))
    )

    assert future is not None
    expected = np.tile([1.0, 5.0, 9.0, 5.0], 2) + np.arange(240, 248) * 0.25
    np.testing.assert_allclose(told(history, future)[0], expected, rtol=0.01)


def test_a_trend_begins_anew_after_the_last_step_in_level() -> None:
    medians = np.r_[np.arange(14) * 1.0, 100 + np.arange(14) * 1.0][:, None].astype(np.float32)

    kept = after_last_step(medians)

    assert np.isnan(kept[:13, 0]).all()
    assert np.isfinite(kept[15:, 0]).all()


def test_a_trend_goes_through_bursts_and_after_a_step() -> None:
    values = np.where(np.arange(672) < 336, 0.0, 500.0) + np.arange(672) * 0.5
    values[::50] = 9_999.0
    history = make_history(values[None, :], (24,))

    future = robust_trends(history, choose_origins(672, 48, (24,)), (Trend("line", 28, 1.0),), width=24)["line"]

    expected = 500 + np.arange(672, 720) * 0.5
    assert np.abs(told(history, future)[0] - expected).max() < 15.0


def test_analogs_find_the_day_that_began_alike() -> None:
    quiet, busy = np.zeros(24), np.r_[np.zeros(12), np.full(12, 50.0)]
    days = [quiet, busy, busy] * 14  # after a quiet day come two busy ones
    history = make_history(np.concatenate([*days, quiet])[None, :] + 10, (24,))

    future = analogs(history, choose_origins(43 * 24, 24, (24,)), period=24)

    assert future is not None
    np.testing.assert_allclose(told(history, future)[0], 10 + busy, atol=1.0)


def literal_weighted_median(values: list[float], weights: list[float]) -> float:
    """Where the weight up to the middle of each value, joined by straight lines, passes one half."""
    order = np.argsort(values)
    ordered, shares = np.array(values)[order], np.array(weights)[order] / np.sum(weights)
    return float(np.interp(0.5, np.cumsum(shares) - shares / 2, ordered))


def test_the_weighted_median_is_its_definition(random: np.random.Generator) -> None:
    values = random.normal(size=(7, 2, 3, 5)).astype(np.float32)
    weights = random.random((2, 7, 2, 5)).astype(np.float32)
    kind = np.array([0, 1, 1])

    found = weighted_median(values, weights / weights.sum(axis=1, keepdims=True), kind)

    for origin, step, series in np.ndindex(2, 3, 5):
        own = weights[kind[step], :, origin, series].tolist()
        expected = literal_weighted_median(values[:, origin, step, series].tolist(), own)
        assert found[origin, step, series] == pytest.approx(expected, abs=1e-4)


def test_the_better_method_weighs_more_and_a_method_that_is_missing_nothing(random: np.random.Generator) -> None:
    actual = random.normal(size=(3, 4, 2)).astype(np.float32)
    origins = Origins(np.array([0, 4, 8, 12]), np.array([0, 12, 12, 12]), 4)

    def attempt(name: str, error: float) -> Attempt:
        future = np.concatenate([np.zeros((1, 4, 2), dtype=np.float32), actual + np.float32(error)])
        return Attempt(name, (), future)

    missing = Attempt("missing", (), np.full((4, 4, 2), np.nan, dtype=np.float32))
    found = combine([attempt("naive", 2.0), attempt("good", 0.5), missing], actual, origins)

    np.testing.assert_allclose(found.errors[:2, 0], [1.0, 0.25], rtol=1e-4)
    np.testing.assert_allclose(found.weights[:, 0], [1 / 65, 64 / 65, 0], rtol=1e-3)  # 4 to the third is 64


def test_more_methods_than_can_be_told_apart_are_refused() -> None:
    origins = Origins(np.array([0, 4]), np.array([0, 12]), 4)
    attempts = [Attempt(str(number), (), np.zeros((2, 4, 1), dtype=np.float32)) for number in range(MOST_METHODS + 1)]

    with pytest.raises(ValueError, match="33 methods can't be combined: at most 32"):
        combine(attempts, np.zeros((1, 4, 1), dtype=np.float32), origins)


def test_intervals_cover_what_they_promise_on_errors_not_seen(random: np.random.Generator) -> None:
    errors = random.normal(size=(15, 48, 400)).astype(np.float32)
    origins = Origins(np.r_[0, 48 + 24 * np.arange(14)], np.zeros(15, dtype=np.int64), 48)

    spread = spread_of(errors[1:], origins, (0.1, 0.5, 0.9), 24)
    factor = widening(spread.need, spread.origins)
    low, middle, high = spread.offsets * factor

    assert np.mean((errors[0] >= low) & (errors[0] <= high)) == pytest.approx(0.8, abs=0.02)
    assert (middle == 0).all()


def test_intervals_widen_where_one_stretch_of_time_says_little_of_the_next(random: np.random.Generator) -> None:
    level = random.normal(size=(5, 1, 400)).repeat(3, axis=0)[:14]  # errors that come in stretches
    errors = (level + 0.3 * random.normal(size=(14, 48, 400))).astype(np.float32)
    origins = Origins(np.r_[0, 48 + 24 * np.arange(14)], np.zeros(15, dtype=np.int64), 48)

    spread = spread_of(errors, origins, (0.1, 0.5, 0.9), 24)

    assert widening(spread.need, spread.origins).min() > 1.1


def test_few_origins_ask_for_wider_intervals() -> None:
    none = np.full((25, 3), np.nan)

    wide, less, narrow = widening(none, np.array([2, 6, 14]))

    assert wide > less > narrow > 1.0


@pytest.mark.parametrize(
    ("step", "periods"),
    [(3600.0, (24, 168)), (300.0, (288, 2016)), (86_400.0, (7,)), (1.0, ()), (7000.0, ())],
)
def test_the_calendar_gives_days_and_weeks_in_whole_steps(step: float, periods: tuple[int, ...]) -> None:
    assert calendar_periods(step) == periods


def test_a_season_that_no_calendar_knows_is_found(random: np.random.Generator) -> None:
    wave = np.tile(np.r_[np.arange(10.0), np.arange(7.0)], 60)[None, :] + random.normal(size=(2, 1020))

    assert find_periods(wave, ForecastParameters(horizon=10, step_seconds=3600.0)) == [(17, 24, 168)] * 2


def test_given_seasons_are_kept_to_where_three_cycles_were_seen() -> None:
    values = np.full((2, 100), np.nan)
    values[0] = values[1, 60:] = 1.0
    given = ForecastParameters(horizon=5, step_seconds=60.0, periods=(12, 30))

    values[1, 60:] = 1.0
    assert find_periods(values, given) == [(12, 30), (12,)]


def test_a_drifting_level_shows_no_season(random: np.random.Generator) -> None:
    drift = np.cumsum(random.normal(size=(1000, 20)), axis=0).astype(np.float32)
    wave = np.sin(2 * np.pi * np.arange(1000) / 24)[:, None].astype(np.float32)

    assert not shows(drift, 24).any()
    assert shows(wave, 24).all()
