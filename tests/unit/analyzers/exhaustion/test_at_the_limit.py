"""Series that are at their limit, were there lately, or come back to it every day."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analyzers.capacity import analyse_capacity
from domain.series import SeriesStatus
from domain.watch import Direction, Measure
from tests.fixtures.exhaustion import AS_OF, DAY, ask, days_back, days_until, noise, parameters, probability

T = days_back(30)


def of_day(begin: int, hours: int) -> np.ndarray:
    """Whether each hour is one of those of the day."""
    return np.isin(np.round(T * 24) % 24, np.arange(begin, begin + hours))


@pytest.mark.parametrize("hours", [1, 6])
def test_what_is_above_its_limit_every_day_will_be_so_tomorrow(hours: int) -> None:
    nightly = np.where(of_day(3, hours), 105.0, 40.0) + noise(1, T.size, 1.0)

    result = ask(nightly)

    assert probability(result, 7) > 0.95
    assert days_until(result.p50)[0] < 1.5
    assert "never" not in result.method[0]


def test_peaks_far_above_the_limit_are_no_less_sure_than_peaks_just_above_it() -> None:
    shape = np.maximum(0.0, np.sin(2 * np.pi * (T - 0.25)))
    low, high = (probability(ask(40 + height * shape + noise(2, T.size, 1.0)), 7) for height in (62.0, 90.0))

    assert low > 0.9
    assert high >= low - 0.01


def test_a_limit_that_was_raised_far_above_the_peaks_is_not_expected_to_be_reached() -> None:
    nightly = np.where(of_day(0, 6), 95.0, 40.0) + noise(1, T.size, 1.0)
    limits = np.where(T < -2, 90.0, 200.0)

    assert probability(ask(nightly, limits), 30) < 0.05


def test_a_weekday_load_above_its_limit_is_so_again_on_monday() -> None:
    weeks = days_back(42)
    busy = (np.floor(weeks + 1.5) % 7 < 5) & (np.abs(weeks % 1 - 0.5) < 0.2)  # now: the second of two quiet days
    result = ask(np.where(busy, 104.0, 20.0) + noise(3, weeks.size, 1.0))

    assert probability(result, 7) > 0.85


def test_what_was_emptied_by_its_last_sample_is_not_said_to_be_full() -> None:
    rotated = 60 + 40 * (T % 1)  # at midnight, and now, it begins anew

    result = ask(rotated, 98.0)

    assert not result.exhausted[0]
    assert days_until(result.p50)[0] == pytest.approx(0.95, abs=0.1)


def test_one_last_sample_below_the_limit_is_not_called_full_nor_taken_for_the_end_of_it() -> None:
    fallen = np.where(T < 0, 105.0, 40.0) + noise(4, T.size, 0.3)

    result = ask(fallen)

    assert not result.exhausted[0]
    assert probability(result, 7) > 0.85


@pytest.mark.parametrize("free", [0.0, 1e-6, 4e-3])
def test_a_disk_with_a_few_blocks_left_is_full(free: float) -> None:
    filling = np.minimum(100 + 2 * (T + 3), 100.0 - free)

    result = ask(filling)

    assert result.exhausted[0]
    assert result.within[0].tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize(("count", "full"), [(60, True), (20, False)])
def test_an_hour_of_samples_at_the_limit_is_no_wrong_sample(count: int, full: bool) -> None:
    minutes = np.full(14 * 1440, 60.0) + noise(5, 14 * 1440, 0.3)
    minutes[-count:] = 120.0

    assert ask(minutes, step_hours=1 / 60).exhausted[0] == full


def test_free_space_that_is_used_up_is_exhausted() -> None:
    free = np.maximum(-2 * (T + 1), 0.0)

    assert ask(free, -0.0, direction=Direction.DOWN).exhausted[0]


def test_what_is_exhausted_is_so_at_any_distance_of_time() -> None:
    result = ask(np.full(T.size, 101.0), horizon_seconds=5 * 86400.0)

    assert result.within[0].tolist() == [1.0, 1.0, 1.0]
    assert result.within_lead[0] == 1.0


def test_a_counter_of_whole_numbers_is_told_by_its_increase() -> None:
    counter: Any = 1_000_000 + np.arange(T.size) // 12
    limits = np.full((1, T.size), 1000.0)

    result = analyse_capacity(AS_OF + DAY * T, counter[None, :], limits, parameters(measure=Measure.COUNTER))

    assert result.status[0] is SeriesStatus.OK
    assert result.current[0] == T.size // 12
    assert not result.exhausted[0]


def test_what_was_full_this_week_and_has_hardly_moved_since_is_expected_to_be_full_again() -> None:
    rng = np.random.default_rng(3)
    filling = np.where(T < -3, 100 + 2 * (T + 3), 100 - 0.5 * rng.random(T.size))
    filling[T == -3] = 100.0

    assert probability(ask(filling), 30) > 0.4


def test_what_was_cleaned_up_since_it_was_full_is_not() -> None:
    filling = np.where(T < -3, 100 + 2 * (T + 3), 70.0) + noise(6, T.size, 0.1)

    assert probability(ask(filling), 7) < 0.2
