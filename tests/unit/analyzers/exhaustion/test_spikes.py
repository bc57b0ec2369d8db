"""Which samples are wrong: single ones that nothing else in the series is like."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from analyzers.exhaustion.envelope import envelope
from analyzers.exhaustion.spikes import find_spikes, impossible
from domain.notes import NoteCode
from tests.fixtures.exhaustion import Floats, ask, noise, probability

HOURS = np.arange(24.0 * 42)


def spikes(values: Floats) -> NDArray[np.bool_]:
    return np.asarray(find_spikes(values[None, :], 24)[0], dtype=np.bool_)


def office(busiest: float) -> Floats:
    """Six weeks with a morning and a sharp afternoon each day, on the sixth day of each week so many times as high."""
    hour = HOURS % 24
    strength = np.where(HOURS // 24 % 7 == 5, busiest, 1.0) * (1 + HOURS / HOURS.size)
    day = 5 + 12 * np.exp(-0.5 * ((hour - 8) / 3) ** 2) + 20 * np.exp(-0.5 * ((hour - 15) / 1.5) ** 2)
    return np.asarray(strength * day)


def test_the_tip_of_a_tooth_is_no_wrong_sample_but_a_sample_alone_is() -> None:
    quiet = 50 + noise(7, 24 * 20, 0.1)
    quiet[200:203] += [10, 20, 30]
    quiet[300] += 30

    found = find_spikes(quiet[None, :], 24)[0]

    assert found[300]
    assert not found[201:203].any()


@pytest.mark.parametrize("busiest", [1.3, 2.0])
def test_the_top_of_a_sharp_peak_is_no_wrong_sample_on_the_busiest_day(busiest: float) -> None:
    values = office(busiest)

    top = envelope(values[None, :], 3600.0)

    assert not spikes(values)[HOURS % 24 == 15].any()
    assert (top.top + top.week.past).max() == pytest.approx(values.max(), rel=0.03)


def test_a_wrong_sample_at_the_hour_of_the_peak_is_one() -> None:
    values = office(1.3)
    values[24 * 30 + 15] *= 3

    assert spikes(values)[24 * 30 + 15]


@pytest.mark.parametrize(("weeks", "wrong"), [(2, True), (3, False), (6, False)])
def test_what_stands_out_at_the_same_hour_of_three_weeks_is_a_job_of_the_week(weeks: int, wrong: bool) -> None:
    values = 50 + noise(7, HOURS.size, 0.1)
    jobs = 24 * 7 * np.arange(6 - weeks, 6) + 51
    values[jobs] += 30

    assert (spikes(values)[jobs] == wrong).all()


def test_wrong_samples_are_seen_where_nothing_but_they_stand_out() -> None:
    values = 40 + np.floor(HOURS / 9)  # seats that are taken one by one
    wrong = [224, 411, 727]
    values[wrong] *= [6, 7, 15]

    assert np.flatnonzero(spikes(np.asarray(values))).tolist() == wrong


def test_wrong_samples_at_other_hours_of_every_week_are_no_job() -> None:
    values = 50 + noise(7, HOURS.size, 0.1)
    wrong = 24 * 7 * np.arange(6) + np.array([3, 31, 60, 77, 100, 140])
    values[wrong] += 30

    assert spikes(values)[wrong].all()


def beyond(values: Floats, limit: float = 100.0) -> NDArray[np.intp]:
    return np.flatnonzero(impossible(values[None, :], np.full((1, values.size), limit), 24)[0])


@pytest.mark.parametrize(("lasts", "found"), [(1, 1), (3, 3), (4, 0)])
def test_a_few_hours_farther_beyond_the_limit_than_the_day_is_below_it_cannot_have_been(lasts: int, found: int) -> None:
    values = 60 + noise(1, HOURS.size, 2.0)
    values[500 : 500 + lasts] = 160

    assert beyond(values).tolist() == list(range(500, 500 + found))


def test_a_peak_that_passes_its_limit_is_none_of_these() -> None:
    values = 40 + 70 * np.exp(-0.5 * ((HOURS % 24 - 15) / 2) ** 2) * np.where(HOURS > 24 * 35, 1.0, 0.8)

    assert values.max() > 105
    assert beyond(np.asarray(values)).size == 0


def test_what_is_beyond_the_limit_every_night_is_none_of_these() -> None:
    values = 60 + noise(2, HOURS.size, 2.0) + np.where(HOURS % 24 == 2, 100, 0)

    assert beyond(values).size == 0


def test_what_is_still_beyond_the_limit_is_none_of_these() -> None:
    values = 60 + noise(3, HOURS.size, 2.0)
    values[-2:] = 180

    assert beyond(values).size == 0


def test_a_day_beyond_the_limit_was_so_in_daily_steps() -> None:
    values = np.full((1, 40), 60.0)
    values[0, 20] = 400

    assert not impossible(values, np.full((1, 40), 100.0), 1).any()


def test_the_limit_of_then_counts() -> None:
    values = np.where(HOURS < 24 * 20, 160.0, 60.0) + noise(5, HOURS.size, 2.0)
    limits = np.where(HOURS < 24 * 20, 200.0, 100.0)
    values[300:302] += 30

    assert not impossible(values[None, :], limits[None, :], 24).any()


def test_a_reading_in_the_wrong_unit_is_no_reason_to_wake_anybody() -> None:
    values = 60 + noise(6, HOURS.size, 1.0)
    values[700:703] *= 1000

    told = ask(values)

    assert np.isnan(told.p50[0])
    assert probability(told, 30) < 0.1
    assert NoteCode.OUTLIERS in {note.code for note in told.notes[0]}
