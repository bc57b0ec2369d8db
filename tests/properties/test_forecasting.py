"""Laws of the forecaster, for any series of a kind."""

from __future__ import annotations

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from analyzers.forecasting import ForecastParameters, forecast_batch

PARAMETERS = ForecastParameters(horizon=12, step_seconds=3600.0)
FEW = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def batches(draw: st.DrawFn, most: int = 5) -> NDArray[np.float64]:
    """Series with seasons, trends, noise, bursts, gaps and late beginnings, in any mixture."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    series, steps = draw(st.integers(1, most)), draw(st.integers(20, 240))
    time = np.arange(steps)
    values = random.normal(size=(series, steps)) * draw(st.sampled_from([0.0, 0.1, 5.0]))
    values += draw(st.sampled_from([0.0, 20.0])) * np.sin(2 * np.pi * time / draw(st.sampled_from([7, 24])))
    values += draw(st.sampled_from([0.0, 0.3, -0.3])) * time + draw(st.sampled_from([0.0, 100.0, 1e6]))
    values[random.random(values.shape) < draw(st.sampled_from([0.0, 0.02]))] *= 50
    values[random.random(values.shape) < draw(st.sampled_from([0.0, 0.1]))] = np.nan
    if draw(st.booleans()):
        values[0, : steps // 3] = np.nan
    return values


@FEW
@given(batches())
def test_quantiles_rise_and_series_that_were_never_negative_stay_so(values: NDArray[np.float64]) -> None:
    batch = forecast_batch(values, PARAMETERS)

    told = np.isfinite(batch.values).all(axis=(1, 2))
    assert (np.diff(batch.values[told], axis=1) >= 0).all()
    never = np.nanmin(values, axis=1, initial=np.inf) >= 0
    assert (batch.values[told & never] >= 0).all()
    assert np.isfinite(batch.mean[told]).all()


@FEW
@given(batches(), st.integers(0, 2**32 - 1))
def test_permuting_series_permutes_results(values: NDArray[np.float64], seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(values))

    one, other = forecast_batch(values, PARAMETERS), forecast_batch(values[order], PARAMETERS)

    np.testing.assert_allclose(one.mean[order], other.mean, rtol=1e-4, atol=1e-4)
    assert [one.status[index] for index in order] == list(other.status)


@FEW
@given(batches())
def test_the_centre_of_a_series_does_not_depend_on_the_others(values: NDArray[np.float64]) -> None:
    together = forecast_batch(values, PARAMETERS)

    for row in range(len(values)):
        alone = forecast_batch(values[row : row + 1], PARAMETERS)
        size = np.nanmean(np.abs(values[row])) if np.isfinite(values[row]).any() else 1.0
        np.testing.assert_allclose(alone.mean[0], together.mean[row], rtol=1e-4, atol=1e-4 * size)


@FEW
@given(batches(most=3), st.integers(1, 300))
def test_nothing_seen_before_a_series_changes_nothing(values: NDArray[np.float64], more: int) -> None:
    padded = np.concatenate([np.full((len(values), more), np.nan), values], axis=1)

    one, other = forecast_batch(values, PARAMETERS), forecast_batch(padded, PARAMETERS)

    np.testing.assert_array_equal(one.values, other.values)


@FEW
@given(batches(most=3), st.sampled_from([0.125, 8.0, 1024.0]))
def test_another_unit_gives_the_same_forecast_in_that_unit(values: NDArray[np.float64], scale: float) -> None:
    one, other = forecast_batch(values, PARAMETERS), forecast_batch(values * scale, PARAMETERS)

    np.testing.assert_allclose(other.values, one.values * scale, rtol=1e-6)


@FEW
@given(batches(most=3))
def test_the_same_arrays_give_the_same_bits(values: NDArray[np.float64]) -> None:
    one, other = forecast_batch(values, PARAMETERS), forecast_batch(values.copy(), PARAMETERS)

    np.testing.assert_array_equal(one.values, other.values)
    assert one.method == other.method
