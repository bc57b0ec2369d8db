"""Not enough to go by is an answer of its own, and one bad series stops no other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analyzers.capacity import CapacityParameters, CapacityResult, analyse_capacity
from analyzers.exhaustion import outlook as outlook_module
from analyzers.exhaustion.view import View, look
from domain.series import SeriesStatus
from domain.watch import Direction, Measure
from tests.fixtures.exhaustion import AS_OF, Floats, ask, days_back, noise, probability

T = days_back(30)
DAY_AHEAD = CapacityParameters(Direction.UP, Measure.GAUGE, 86400.0, 0.0, 0.0, None, None, capped=False)
GROWS = 80 + T + noise(1, T.size, 0.3)


def alone(**changes: Any) -> CapacityResult:
    """Growth next to the same growth with something wrong."""
    broken = GROWS.copy()
    limits = np.full((2, T.size), 100.0)
    if "unseen" in changes:
        broken[changes["unseen"]] = np.nan
    if "limit" in changes:
        limits[1] = changes["limit"]
    return ask(np.stack([GROWS, broken]), limits)


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"unseen": slice(None)}, SeriesStatus.EMPTY),
        ({"limit": np.nan}, SeriesStatus.NO_LIMIT),
        ({"limit": np.inf}, SeriesStatus.NO_LIMIT),
        ({"limit": 0.0}, SeriesStatus.NO_LIMIT),
        ({"unseen": slice(-60, None)}, SeriesStatus.STALE),
        ({"unseen": slice(0, -40)}, SeriesStatus.TOO_SHORT),
        ({"unseen": slice(20, -20)}, SeriesStatus.TOO_SPARSE),
    ],
    ids=["empty", "no-limit", "infinite-limit", "zero-limit", "stale", "too-short", "too-sparse"],
)
def test_says_why_and_leaves_the_others_alone(changes: dict[str, Any], status: SeriesStatus) -> None:
    result = alone(**changes)

    assert result.status == (SeriesStatus.OK, status)
    assert result.reason[1]
    assert np.isnan(result.p50[1])
    assert result.within[1].max() == 0
    assert probability(result, 30) > 0.8


def test_one_value_all_the_time_is_constant_and_never_fills() -> None:
    result = ask(np.full(T.size, 99.0))

    assert result.status == (SeriesStatus.CONSTANT,)
    assert np.isnan(result.p50[0])
    assert probability(result, 30) < 0.05


def test_a_value_over_its_limit_is_exhausted_now() -> None:
    result = ask(103 + noise(2, T.size, 0.2))

    assert result.exhausted[0]
    assert result.p10[0] == result.p50[0] == result.p90[0] == AS_OF
    assert result.within.min() == 1
    assert result.within_lead[0] == 1


def test_a_series_that_makes_the_method_fail_is_failed_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = look

    def fails_on_the_second(step: float, values: Floats, limits: Floats, parameters: CapacityParameters) -> View:
        if np.any(values > 1000):
            raise FloatingPointError("made to fail")
        return honest(step, values, limits, parameters)

    monkeypatch.setattr(outlook_module, "look", fails_on_the_second)

    result = ask(np.stack([GROWS, 2000 + GROWS, GROWS]))

    assert result.status == (SeriesStatus.OK, SeriesStatus.FAILED, SeriesStatus.OK)
    assert "made to fail" in result.reason[1]
    assert probability(result, 30, 0) == probability(result, 30, 2) > 0.8


def test_no_series_is_no_answer() -> None:
    result = ask(np.empty((0, 100)), np.empty((0, 100)))

    assert result.status == ()
    assert result.within.shape == (0, 3)
    assert result.fan.shape[0] == 0


def test_refuses_arrays_that_do_not_fit() -> None:
    with pytest.raises(ValueError, match="must be the same"):
        analyse_capacity(AS_OF + 3600 * np.arange(5.0), np.ones((2, 5)), np.ones((2, 4)), DAY_AHEAD)
    with pytest.raises(ValueError, match="not a regular grid"):
        analyse_capacity(np.array([0.0, 1.0, 3.0]), np.ones((1, 3)), np.ones((1, 3)), DAY_AHEAD)


@pytest.mark.parametrize(
    ("field", "value"),
    [("horizon_seconds", 0.0), ("horizon_seconds", np.nan), ("lead_seconds", -1.0), ("quantiles", (0.5, 0.1))],
)
def test_refuses_a_question_that_cannot_be_answered(field: str, value: Any) -> None:
    with pytest.raises(ValueError, match=field):
        ask(GROWS, **{field: value})


@pytest.mark.parametrize("days", [1, 7, 14])
def test_long_steps_can_be_told_of(days: int) -> None:
    result = monthly(days)

    assert result.status == (SeriesStatus.OK,)


@pytest.mark.parametrize("days", [15, 31, 90])
def test_steps_of_weeks_are_too_sparse_and_the_reason_says_so(days: int) -> None:
    result = monthly(days)

    assert result.status == (SeriesStatus.TOO_SPARSE,)
    assert f"{days} days apart" in result.reason[0]
    assert result.within.max() == 0


def monthly(days: int) -> CapacityResult:
    values = 50 + np.arange(24.0) + noise(3, 24, 0.2)
    parameters = CapacityParameters(Direction.UP, Measure.GAUGE, 60 * 86400.0, 0.0, 0.0, None, None, capped=False)
    times = AS_OF + days * 86400.0 * np.arange(-23.0, 1.0)
    return analyse_capacity(times, values[None, :], np.full((1, 24), 100.0), parameters)
