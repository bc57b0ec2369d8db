"""Horizon, step and company are of the question: what is said of a series does not depend on them."""

from __future__ import annotations

import numpy as np
import pytest

from analyzers.exhaustion.network import HORIZONS
from domain.notes import NoteCode
from tests.fixtures.exhaustion import DAY, LIMIT, ask, days_back, days_until, noise, probability

T = days_back(30)
LINE = 90 + T + noise(1, T.size, 0.1)  # full in ten days


@pytest.mark.parametrize("horizon", [20, 30, 60, 61, 90, 120, 365, 3650])
def test_a_longer_horizon_changes_no_probability_and_no_date(horizon: int) -> None:
    result = ask(LINE, horizon_seconds=horizon * DAY)

    assert days_until(result.p50)[0] == pytest.approx(10, abs=0.3)
    assert probability(result, 7) < 0.05
    assert probability(result, 14) > 0.95


def test_nothing_is_said_beyond_the_horizon() -> None:
    within = ask(LINE, horizon_seconds=14 * DAY).within[0]

    assert np.isfinite(within[:2]).all()
    assert np.isnan(within[2])


@pytest.mark.parametrize("horizon", [60, 90, 120, 240, 365, 730])
@pytest.mark.parametrize("hour", [3, 9, 15, 21])
def test_no_horizon_misses_the_hour_of_the_peak(hour: int, horizon: int) -> None:
    late = days_back(40)
    peaks = np.where(np.abs(np.round(late * 24) % 24 - hour) <= 2, 50 + (80 + late) * 0.5, 20.0)  # 100 in 20 days
    result = ask(peaks + noise(2, late.size, 0.2), horizon_seconds=horizon * DAY)

    assert days_until(result.p50)[0] == pytest.approx(20, abs=1.5)


@pytest.mark.parametrize("slot", range(6))
def test_steps_of_four_hours_miss_no_peak_either(slot: int) -> None:
    late = days_back(60, 4.0)
    peaks = np.where(np.round(late * 6) % 6 == slot, 80 + late, 20.0) + noise(3, late.size, 0.2)
    result = ask(peaks, step_hours=4.0)

    assert days_until(result.p50)[0] == pytest.approx(20, abs=1.5)
    np.testing.assert_allclose(result.fan[0, 1, :7], 81 + np.arange(7), atol=2)


def test_the_probability_begins_at_nothing() -> None:
    steep = ask(95 + 2 * T + noise(4, T.size, 0.1), horizon_seconds=730 * DAY, lead_seconds=3600.0)

    assert steep.within_lead[0] < 0.05


def test_a_line_reaches_a_limit_half_a_year_ahead_as_surely_as_one_next_month() -> None:
    late = days_back(60)
    far = ask(LIMIT + 0.2 * (late - 150) + noise(5, late.size, 0.3), horizon_seconds=300 * DAY)

    assert days_until(far.p50)[0] == pytest.approx(150, rel=0.03)
    assert days_until(far.p90)[0] < 170
    assert days_until(far.p50)[0] > 2 * HORIZONS[-1]  # where what was learnt has no say


@pytest.mark.parametrize("minutes", [5, 7, 8, 11, 25, 35, 50, 80, 100, 160])
def test_any_step_gives_an_answer(minutes: int) -> None:
    line = days_back(30, minutes / 60)
    result = ask(90 + line + noise(6, line.size, 0.1), step_hours=minutes / 60)

    assert days_until(result.p50)[0] == pytest.approx(10, abs=0.7)


@pytest.mark.parametrize("minutes", [24, 40, 48, 60, 80, 120, 160, 240])
def test_any_step_that_makes_a_day_shows_a_week_that_grows(minutes: int) -> None:
    late = days_back(60, minutes / 60)
    hours = late * 24 + 15
    busy = (np.floor(hours / 24) % 7 < 5) & (hours % 24 >= 8) & (hours % 24 < 18)
    result = ask(20 + (70 + 0.5 * late) * busy + noise(0, late.size, 1.0), step_hours=minutes / 60)

    assert probability(result, 30) > 0.93
    assert 7 * DAY in [note.facts[0][1] for note in result.notes[0] if note.code is NoteCode.SEASON]


@pytest.mark.parametrize("where", [slice(-6, None), slice(300, 348), slice(0, 30)])
@pytest.mark.parametrize("sign", [1, -1])
def test_an_infinite_sample_was_not_seen(where: slice, sign: int) -> None:
    load = 30 + 20 * np.sin(2 * np.pi * T) + noise(7, T.size, 0.5)
    infinite, unseen = load.copy(), load.copy()
    infinite[where], unseen[where] = sign * np.inf, np.nan

    one, other = ask(infinite), ask(unseen)

    np.testing.assert_allclose(one.within, other.within, atol=1e-9)
    np.testing.assert_allclose(one.fan, other.fan, rtol=1e-9)
    assert one.current[0] == other.current[0]


def test_a_limit_that_was_told_once_is_in_force_whenever_the_series_begins() -> None:
    late = LINE.copy()
    late[:48] = np.nan
    told = np.full((2, T.size), np.nan)
    told[:, :24] = LIMIT

    alone, beside = ask(late, told[:1]), ask(np.stack([late, LINE]), told)

    assert alone.limit.tolist() == [LIMIT]
    np.testing.assert_allclose(alone.within, beside.within[:1], atol=1e-9)


@pytest.mark.parametrize("before", [1, 24, 173])
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("kind", ["an S-curve of two weeks", "a month of a weekly load"])
def test_a_series_beside_an_older_one_has_its_own_curve_and_its_own_days_out_of_turn(
    kind: str, seed: int, before: int
) -> None:
    if kind == "an S-curve of two weeks":
        late = days_back(14)
        values = 20 + 85 / (1 + np.exp(-0.2 * (late + 5))) + noise(seed, late.size, 0.2)
    else:
        late = days_back(30)
        day = np.floor(late + 0.3 * (seed - 1))
        busy = (day % 7 < 5) & (np.abs(late % 1 - 0.5) < 0.2) & (day != -9)
        values = 30 + (50 + 0.8 * late) * busy + noise(seed - 1, late.size, 1.0)
    beside = np.stack([np.r_[np.full(before, np.nan), values], noise(0, before + values.size, 1.0) + 50])

    np.testing.assert_allclose(ask(beside).within[:1], ask(values).within, atol=1e-6)


@pytest.mark.parametrize("hours", [26, 32, 40, 46, 47, 61, 70])
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("kind", ["noise", "a tooth a day"])
def test_a_series_of_one_or_two_days_has_its_own_answer_beside_an_older_one(kind: str, seed: int, hours: int) -> None:
    teeth = 40 * (np.arange(hours) / 24 % 1) if kind == "a tooth a day" else 0.0
    values = 50 + teeth + noise(seed, hours, 0.2 if kind == "a tooth a day" else 1.0)
    beside = np.stack([np.r_[np.full(hours, np.nan), values], noise(seed + 10, 2 * hours, 1.0) + 50])

    alone, together = (ask(rows, 60 + 40 * (kind != "noise"), minimum_history_seconds=DAY) for rows in (values, beside))

    np.testing.assert_allclose(together.within[:1], alone.within, atol=1e-6)


def test_a_large_base_changes_no_date() -> None:
    plain, high = ask(90 + T), ask(1e7 + 90 + T, 1e7 + LIMIT)

    np.testing.assert_allclose(high.within, plain.within, atol=0.01)
    np.testing.assert_allclose(days_until(high.p90), days_until(plain.p90), atol=0.2)
