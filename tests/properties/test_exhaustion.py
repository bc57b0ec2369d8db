"""Laws that hold for any history: what an answer may depend on, and what it can never be."""

from __future__ import annotations

from random import Random

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from domain.series import SeriesStatus
from tests.fixtures.exhaustion import AS_OF, ask, days_back, days_until

T = days_back(21)
seeds = st.integers(0, 2**32 - 1)


def history(seed: int) -> np.ndarray:
    """Growth, a day, steps, noise, gaps and wrong samples, in any mixture."""
    rng = np.random.default_rng(seed)
    value = rng.uniform(20, 95) + rng.normal(0, 0.8) * T + rng.uniform(0, 8) * np.sin(2 * np.pi * T)
    value += np.where(rng.uniform(T[0], 0) < T, rng.choice([0.0, 10.0, -10.0]), 0.0)
    value += rng.normal(0, rng.uniform(0, 2), T.size)
    value[rng.uniform(size=T.size) < rng.choice([0.0, 0.02])] = rng.choice([0.0, 200.0])
    begin = int(rng.uniform(0, T.size))
    value[begin : begin + int(rng.choice([0, 5, 60]))] = np.nan
    return value


def bursts(seed: int) -> np.ndarray:
    """A job that runs for some hours of every day, more or less."""
    rng = np.random.default_rng(seed)
    return np.asarray(25 * ((T + rng.random()) % 1 < 0.15) * rng.uniform(0.5, 1.3, T.size))


def anything(seed: int) -> np.ndarray:
    """Numbers with no sense: huge, tiny, constant, missing."""
    rng = np.random.default_rng(seed)
    value = rng.normal(0, 10.0 ** rng.integers(-8, 12), T.size)
    value[rng.uniform(size=T.size) < rng.choice([0.0, 0.5, 0.97])] = rng.choice([0.0, np.nan, 1e15, -1e-300])
    return value


@settings(max_examples=40, deadline=None)
@given(seeds)
def test_probabilities_rise_with_time_and_quantiles_are_in_order(seed: int) -> None:
    result = ask(history(seed), quantiles=(0.1, 0.5, 0.9))

    assert np.all((result.within >= 0) & (result.within <= 1))
    assert np.all(np.diff(result.within, axis=1) >= -1e-12)
    dates = np.array([result.p10[0], result.p50[0], result.p90[0]])
    told = dates[~np.isnan(dates)]
    assert np.all(np.diff(told) >= 0)
    assert np.all(told >= AS_OF)
    assert not np.any(np.isnan(dates[: told.size]))  # a later quantile is never told without an earlier one
    if result.status[0] is SeriesStatus.OK:
        assert np.all(np.diff(result.fan[0], axis=0) >= -1e-6)


@settings(max_examples=40, deadline=None)
@example(2543)  # days that stand still
@example(197)  # constant, once what cannot have been is set aside
@given(seeds)
def test_no_history_raises_or_gives_half_an_answer(seed: int) -> None:
    result = ask(np.stack([anything(seed), history(seed)]))

    assert result.status[0] is not SeriesStatus.FAILED, result.reason[0]
    assert np.all(np.isfinite(result.within))


@settings(max_examples=25, deadline=None)
@example(481, -20)
@given(seeds, st.integers(-20, 40))
def test_another_unit_gives_the_same_dates(seed: int, exponent: int) -> None:
    value, factor = history(seed), 2.0**exponent

    one, other = ask(value, 100.0), ask(factor * value, factor * 100.0)

    np.testing.assert_allclose(other.within, one.within, atol=1e-6)
    np.testing.assert_allclose(days_until(other.p50), days_until(one.p50), rtol=1e-4, atol=1e-3)


@settings(max_examples=40, deadline=None)
@example([2318, 2515, 2541], Random(0))  # the second begins two days and a half before the first
@example([1713, 1238, 1149], Random(0))  # ... five hours
@example([978, 189, 3487], Random(0))
@given(st.lists(seeds, min_size=2, max_size=5, unique=True), st.randoms(use_true_random=False))
def test_the_order_and_the_company_of_series_change_nothing(found: list[int], random: Random) -> None:
    rows = np.stack([history(seed) for seed in found])
    order = list(range(len(found)))
    random.shuffle(order)

    together, shuffled, alone = ask(rows), ask(rows[order]), ask(rows[0])

    np.testing.assert_allclose(shuffled.within, together.within[order], atol=1e-9)
    np.testing.assert_allclose(together.within[0], alone.within[0], atol=1e-9)
    assert shuffled.method == tuple(together.method[i] for i in order)


@settings(max_examples=40, deadline=None)
@example(3, 118, 98, True)  # six nightly peaks, the first of them in a day that was not seen whole
@example(5, 96, 72, True)
@example(7, 96, 72, False)
@example(12808, 470, 34, True)  # the hour of a week that the older one has seen three times
@example(30732, 75, 1, False)  # it begins beyond the limit
@example(79, 75, 10, True)  # three days, the last of which ends lower
@given(seeds, st.integers(75, 504), st.integers(1, 400), st.booleans())
def test_a_series_beside_older_ones_has_the_answer_that_it_has_alone(
    seed: int, hours: int, before: int, busy: bool
) -> None:
    value = history(seed)[-hours:] + (bursts(seed)[-hours:] if busy else 0.0)
    value = value[int(np.argmax(np.isfinite(value))) :]

    older = np.random.default_rng(seed).normal(50, 1, before + value.size)

    alone, late = ask(value), ask(np.stack([np.r_[np.full(before, np.nan), value], older]))

    np.testing.assert_allclose(late.within[:1], alone.within, atol=1e-3)
    np.testing.assert_allclose(late.growth_per_day[:1], alone.growth_per_day, rtol=0.01, atol=1e-3)
    assert late.status[:1] == alone.status


@settings(max_examples=15, deadline=None)
@given(seeds)
def test_the_same_question_has_the_same_answer_and_changes_nothing(seed: int) -> None:
    value = history(seed)
    before = value.copy()

    one, other = ask(value), ask(value)

    np.testing.assert_array_equal(value, before)
    np.testing.assert_array_equal(one.within, other.within)
    np.testing.assert_array_equal(one.fan, other.fan)


@settings(max_examples=15, deadline=None)
@given(st.floats(0.2, 3.0), st.floats(1.2, 4.0), seeds)
def test_what_grows_more_steeply_fills_no_later(slope: float, factor: float, seed: int) -> None:
    noise = np.random.default_rng(seed).normal(0, 0.2, T.size)

    result = ask(np.stack([90 + slope * T + noise, 90 + factor * slope * T + noise]))

    dates = np.nan_to_num(days_until(result.p50), nan=61.0)
    assert dates[1] <= dates[0] + 0.5


@settings(max_examples=15, deadline=None)
@given(seeds)
def test_a_higher_limit_is_never_reached_earlier(seed: int) -> None:
    value = history(seed)

    result = ask(np.stack([value, value]), np.array([[100.0], [110.0]]) * np.ones((2, T.size)))

    assert np.all(result.within[1] <= result.within[0] + 0.02)


@settings(max_examples=15, deadline=None)
@given(seeds)
def test_the_fan_stays_inside_what_the_value_can_be(seed: int) -> None:
    result = ask(np.clip(history(seed), 0, 100), lower=0.0, upper=100.0, capped=True)

    fan = result.fan[0][~np.isnan(result.fan[0])]
    assert np.all((fan >= 0) & (fan <= 100))
