"""The network tells one distribution that is one: rising with the level, with the day, and never with the limit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from analyzers.exhaustion.contract import CapacityParameters
from analyzers.exhaustion.features import features
from analyzers.exhaustion.network import (
    BELIEVED,
    HORIZONS,
    LEVELS,
    Learnt,
    Network,
    exceeded,
    fitted_network,
    learnt,
    pooled,
    rising,
    to_bytes,
)
from analyzers.exhaustion.outline import INPUTS, Outline, outline, squash
from analyzers.exhaustion.structure import structure
from domain.watch import Direction, Measure
from tests.fixtures.exhaustion import noise

DAYS = np.arange(1, 241) / 4.0
T = np.arange(-60 * 24 + 1, 1) / 24


def shown(values: NDArray[np.float64], limit: float = 100.0) -> Outline:
    """What the network is shown of one hourly series."""
    parameters = CapacityParameters(
        direction=Direction.UP,
        measure=Measure.GAUGE,
        horizon_seconds=60 * 86400.0,
        lead_seconds=3 * 86400.0,
        minimum_history_seconds=3 * 86400.0,
        lower=0.0,
        upper=None,
        capped=False,
    )
    found = structure(3600.0, values[None, :], np.full((1, values.size), limit), parameters)
    return outline(found, features(found))


def told(values: NDArray[np.float64]) -> Learnt:
    return learnt(fitted_network(), shown(values), np.array([True]))


GROWS = 40 + 0.6 * T + noise(3, T.size, 0.5)
RESTS = 40 + 4 * np.sin(2 * np.pi * T) + noise(3, T.size, 0.5)


def test_growth_reaches_a_limit_about_when_a_line_does_and_what_rests_reaches_none() -> None:
    grows, rests = told(GROWS), told(RESTS)

    by_day = grows.crossed(np.array([52.0]), DAYS)[0]
    assert by_day[int(np.searchsorted(DAYS, 10))] < 0.2
    assert by_day[int(np.searchsorted(DAYS, 40))] > 0.8
    assert rests.crossed(np.array([90.0]), DAYS)[0, -1] < 0.05


def test_every_input_has_a_name_and_is_finite_whatever_was_seen() -> None:
    for values in (GROWS, RESTS, np.zeros(T.size), np.where(T < -5, np.nan, GROWS), np.where(T > -2, np.nan, GROWS)):
        seen = shown(values)

        assert seen.inputs.shape == (1, len(INPUTS))
        assert np.isfinite(seen.inputs).all()
    assert len(set(INPUTS)) == len(INPUTS)


def test_neither_the_limit_nor_the_unit_is_shown() -> None:
    seen = shown(GROWS, limit=100.0)

    assert np.array_equal(seen.inputs, shown(GROWS, limit=60.0).inputs)
    for unit in (2.0**-20, 2.0**40):
        assert np.array_equal(shown(GROWS * unit).inputs, seen.inputs)


@given(
    raw=st.lists(st.floats(-30, 30), min_size=len(LEVELS), max_size=len(LEVELS)),
    heights=st.lists(st.floats(-50, 50), min_size=2, max_size=2),
)
def test_a_higher_limit_is_never_more_likely_to_be_reached(raw: list[float], heights: list[float]) -> None:
    quantiles = rising(np.array(raw)[None, None, :])

    low, high = (exceeded(quantiles, np.array([height]))[0, 0] for height in sorted(heights))

    assert np.all(np.diff(quantiles) >= 0)
    assert 0 <= high <= low <= 1


def test_at_a_quantile_the_probability_is_its_own() -> None:
    quantiles = np.broadcast_to(np.linspace(-1, 3, len(LEVELS)), (1, 1, len(LEVELS)))

    for level, height in zip(LEVELS, quantiles[0, 0], strict=True):
        assert exceeded(quantiles, np.array([height]))[0, 0] == pytest.approx(1 - level)


def test_the_probability_never_falls_from_day_to_day_and_begins_at_nothing() -> None:
    falling = np.linspace(4, 0, len(HORIZONS))[None, :, None] + np.linspace(-1, 1, len(LEVELS))
    one = np.ones(1)

    reached = Learnt(falling, top=0 * one, scale=one, share=one).crossed(np.array([1.0]), DAYS)[0]

    assert np.all(np.diff(reached) >= 0)
    assert Learnt(falling, 0 * one, one, one).crossed(np.array([1.0]), np.array([1e-6]))[0, 0] < 1e-3


def test_only_what_is_believed_has_a_share() -> None:
    seen = shown(GROWS)

    shares = [learnt(fitted_network(), seen, np.array([believed])).share[0] for believed in (True, False)]

    assert shares == [BELIEVED, 0.0]


def test_what_is_said_together_is_surer_than_its_mean_and_leaves_an_even_chance_even() -> None:
    grows = told(GROWS)
    limit = np.array([52.0])
    said = grows.crossed(limit, DAYS)

    together = pooled(said, grows, limit, DAYS)

    assert np.all(np.diff(together[0]) >= 0)
    assert np.all((together > said)[said > 0.51])
    assert np.all((together < said)[(said < 0.49) & (said > 0)])
    assert pooled(1 - said, grows, limit, DAYS)[0, -1] < 0.5  # the network has the smaller share
    assert np.array_equal(pooled(1 - said, replace(grows, share=np.zeros(1)), limit, DAYS), 1 - said)


def test_what_is_far_off_is_squashed_and_what_is_not_known_is_nothing() -> None:
    assert squash(np.array([np.nan, np.inf, 60.0, 1e9, -1e9])).tolist() == pytest.approx(
        [0.0, *[float(np.arcsinh(180.0))] * 3, -float(np.arcsinh(180.0))]
    )


def test_a_network_of_other_inputs_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    fitted_network.cache_clear()
    monkeypatch.setattr("analyzers.exhaustion.network.INPUTS", INPUTS[1:])
    try:
        with pytest.raises(ValueError, match=r"benchmarks\.exhaustion\.learn"):
            fitted_network()
    finally:
        fitted_network.cache_clear()


def test_what_was_added_to_an_outline_since_is_not_shown_to_a_network() -> None:
    network, inputs = fitted_network(), shown(GROWS).inputs
    some = [name for name in network.names if not name.startswith("never")]
    at = [network.names.index(name) for name in some]
    first, *rest = network.weights
    earlier = replace(
        network, names=tuple(some), mean=network.mean[at], deviation=network.deviation[at], weights=(first[at], *rest)
    )
    blind = first.copy()
    blind[[name.startswith("never") for name in network.names]] = 0.0

    assert len(some) < len(network.names)
    assert earlier.quantiles(inputs) == pytest.approx(replace(network, weights=(blind, *rest)).quantiles(inputs))


def test_a_network_comes_back_from_its_bytes_to_half_precision() -> None:
    network = fitted_network()

    assert len(to_bytes(network)) < 1_000_000
    assert all(np.array_equal(weight, weight.astype(np.float16)) for weight in network.weights)
    assert isinstance(network, Network)
