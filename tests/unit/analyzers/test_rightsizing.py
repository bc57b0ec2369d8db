"""What could be given back: only what no peak ever used, and only where it is worth it."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from analyzers.rightsizing import oversized_by
from tests.fixtures.exhaustion import ask, days_back, noise

HOURS = 14 * 24
QUIET = np.array([False])


def by(
    values: NDArray[np.float64],
    limit: float | NDArray[np.float64] = 100.0,
    growing: NDArray[np.bool_] = QUIET,
    ahead: float = np.nan,
) -> float:
    limits = np.broadcast_to(limit, (1, values.size))
    return float(oversized_by(np.atleast_2d(values), limits, 3600.0, np.array([ahead]), growing)[0])


def test_a_tenth_used_gives_back_all_but_the_peak_and_a_quarter_more() -> None:
    assert by(np.full(HOURS, 10.0)) == pytest.approx(100 - 12.5)


def test_the_highest_peak_is_kept_even_where_it_came_once_at_the_start() -> None:
    values = np.full(HOURS, 10.0)
    values[0] = 60.0  # a start-up peak

    assert by(values) == pytest.approx(100 - 75)


def test_peaks_over_half_of_the_limit_for_more_than_a_hundredth_of_the_time_give_nothing_back() -> None:
    values = np.full(HOURS, 10.0)
    values[: HOURS // 50] = 55.0

    assert np.isnan(by(values))


def test_what_is_not_worth_it_is_not_told() -> None:
    values = np.full(HOURS, 10.0)
    values[5] = 74.0  # only 7.5 of 100 are beyond the head-room

    assert np.isnan(by(values))


@pytest.mark.parametrize("limit", [np.nan, np.inf, 0.0, -5.0])
def test_without_a_limit_nothing_is_too_large(limit: float) -> None:
    assert np.isnan(by(np.full(HOURS, 1.0), limit))


def test_less_than_a_week_gives_nothing_back() -> None:
    assert np.isnan(by(np.full(6 * 24, 10.0)))


def test_what_may_fill_is_left_alone() -> None:
    assert np.isnan(by(np.full(HOURS, 10.0), growing=np.array([True])))


def test_what_is_to_come_is_kept_as_what_was_seen_is() -> None:
    assert by(np.full(HOURS, 10.0), ahead=40.0) == pytest.approx(100 - 50)
    assert by(np.full(HOURS, 10.0), ahead=4.0) == pytest.approx(100 - 12.5)
    assert np.isnan(by(np.full(HOURS, 10.0), ahead=75.0))


@pytest.mark.parametrize(("before", "told"), [(50.0, None), (85.0, None), (95.0, 43.75), (400.0, 43.75)])
def test_a_limit_that_was_raised_is_too_large_once_it_was_so_for_the_whole_window(
    before: float, told: float | None
) -> None:
    limits = np.where(np.arange(HOURS) < HOURS - 24, before, 100.0)

    assert by(np.full(HOURS, 45.0), limits) == pytest.approx(np.nan if told is None else told, nan_ok=True)


def test_a_limit_that_was_lowered_is_held_against_what_it_is_now() -> None:
    limits = np.where(np.arange(HOURS) < HOURS - 24, 400.0, 100.0)

    assert np.isnan(by(np.full(HOURS, 60.0), limits))


@pytest.mark.parametrize("before", [np.nan, np.inf, 0.0, -1.0])
def test_a_time_without_a_limit_says_nothing_against_giving_back(before: float) -> None:
    limits = np.where(np.arange(HOURS) < 24, before, 100.0)

    assert by(np.full(HOURS, 45.0), limits) == pytest.approx(43.75)


def test_unseen_steps_are_neither_small_nor_large() -> None:
    values = np.full(HOURS, 10.0)
    values[::3] = np.nan

    assert by(np.concatenate([values, values])) == pytest.approx(87.5)


def test_the_analysis_tells_it_for_what_is_flat_and_not_for_what_grows() -> None:
    t = days_back(30)
    flat, grows = 10 + noise(1, t.size, 0.2), 30 + 0.9 * t + noise(2, t.size, 0.2)

    result = ask(np.stack([flat, grows]), 100.0, horizon_seconds=120 * 86400.0)

    assert 80 < result.oversized_by[0] < 88
    assert np.isnan(result.oversized_by[1])


def test_what_grows_keeps_what_it_needs_up_to_the_horizon() -> None:
    t = days_back(30)
    grows = 20 + 0.3 * t + noise(3, t.size, 0.1)  # 38 in sixty days: a quarter more than 20 would be full in seventeen

    result = ask(grows, 100.0)

    assert result.oversized_by[0] == pytest.approx(100 - 1.25 * 38, abs=1)


def test_what_was_nearly_full_until_its_limit_was_raised_yesterday_is_not_far_too_large() -> None:
    t = days_back(30)
    limits = np.where(t < -1, 50.0, 100.0)

    result = ask(45 + noise(4, t.size, 0.5), limits)

    assert np.isnan(result.oversized_by[0])
