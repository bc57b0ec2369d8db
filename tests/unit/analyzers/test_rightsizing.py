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
    values: NDArray[np.float64], limit: float = 100.0, growing: NDArray[np.bool_] = QUIET, step: float = 3600.0
) -> float:
    return float(oversized_by(np.atleast_2d(values), np.array([limit]), step, growing)[0])


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
