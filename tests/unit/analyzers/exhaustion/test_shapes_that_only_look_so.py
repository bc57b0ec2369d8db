"""What fools a line through the samples: none of these fills, and none is told to."""

from __future__ import annotations

import numpy as np
import pytest

from domain.notes import NoteCode
from tests.fixtures.exhaustion import ask, days_back, noise, probability

T = days_back(45)
SAWTOOTH = 50 + 40 * ((T / 5.0) % 1.0)
LEAK_AGE = (T + 3.0) % 7.0
COMPACTION = np.clip(1 - np.abs(((T + 0.5) % 4.0) / 0.3 - 1), 0, None)  # for half a day, every four days

SHAPES = {
    "a sawtooth of cleanups whose peaks stay under the limit": SAWTOOTH,
    "a sawtooth seen at its top": 50 + 40 * (((T - 0.4) / 5.0) % 1.0),
    "a log that is rotated every night": 60 + 25 * (T % 1.0),
    "a heap that is collected every ten hours": 40 + 30 * ((T / 0.42) % 1.0),
    "a store that needs room to compact": 60 + 20 * COMPACTION,
    "a leak with restarts": 50 + 5 * LEAK_AGE,
    "a level shift by a deploy eight days ago": np.where(T < -8, 55.0, 80.0),
    "a level shift by a deploy last night": np.where(T < -0.8, 55.0, 75.0),
    "growth that ended six days ago": 80 + np.minimum(T + 6, 0),
    "a staircase that stopped three weeks ago": 70 + 5.0 * np.floor(np.minimum(T + 21, 0) / 4.0),
    "an S-curve that has saturated": 40 + 45 / (1 + np.exp(-(T + 22) / 3)),
    "an S-curve that is three quarters done": 30 + 50 / (1 + np.exp(-(T + 5) / 4)),
    "a load on weekdays only": 30 + 50 * ((np.floor(T) % 7) < 5) * np.clip(np.sin(2 * np.pi * T), 0, None),
    "a level close under its limit": np.full(T.size, 96.0),
    "a level that hardly moves": 99.0 + 0.02 * np.sin(T / 3),
    "a level that creeps": 95 + 0.002 * T,
    "a fast start, then nothing": 85 - 60 * np.exp(-(T - T[0]) / 2.0),
    "a daily wave that nearly touches the limit": 70 + 22 * np.sin(2 * np.pi * T),
    "a decline": 80 - 0.5 * T - 22,
}


@pytest.mark.parametrize("name", SHAPES)
def test_is_not_told_to_fill(name: str) -> None:
    result = ask(SHAPES[name] + noise(sum(map(ord, name)), T.size, 0.3))

    assert np.isnan(result.p50[0])
    assert probability(result, 14) < 0.3
    assert probability(result, 30) < 0.4
    assert not result.exhausted[0]


def test_heavy_noise_alone_is_no_growth() -> None:
    result = ask(60 + noise(31, T.size, 8.0))

    assert np.isnan(result.p50[0])
    assert probability(result, 30) < 0.2


def test_a_quota_that_was_cut_to_above_a_level_is_no_growth() -> None:
    result = ask(60 + noise(36, T.size, 0.3), np.where(T < -5, 100.0, 70.0))

    assert np.isnan(result.p50[0])
    assert result.limit[0] == 70


def test_wrong_samples_above_the_limit_are_no_exhaustion() -> None:
    value = 70 + noise(32, T.size, 0.5)
    value[[100, 400, 700, 1000, T.size - 3]] = 140.0

    result = ask(value)

    assert not result.exhausted[0]
    assert np.isnan(result.p50[0])


def test_a_sawtooth_under_its_cap_is_told_as_a_cycle() -> None:
    result = ask(SAWTOOTH + noise(33, T.size, 0.3))

    cycle = next(note for note in result.notes[0] if note.code is NoteCode.CYCLE)
    assert cycle.fact("period_seconds") == pytest.approx(5 * 86400, rel=0.05)


def test_a_level_shift_is_told_with_its_size_and_day() -> None:
    result = ask(np.where(T < -8, 55.0, 80.0) + noise(34, T.size, 0.3))

    shift = next(note for note in result.notes[0] if note.code is NoteCode.LEVEL_SHIFT)
    assert shift.fact("by") == pytest.approx(25, abs=2)
    assert (shift.fact("at") - 1_764_000_000) / 86400 == pytest.approx(-8, abs=0.6)


def test_a_week_is_not_trusted_before_it_was_seen_three_times() -> None:
    young = days_back(17)
    busy = 50 + 20 * ((np.floor(young) % 7) < 5)

    result = ask(busy + noise(35, young.size, 0.3))

    periods = {note.fact("period_seconds") for note in result.notes[0] if note.code is NoteCode.SEASON}
    assert 7 * 86400 not in periods


def test_one_noisy_sample_over_the_limit_is_not_exhausted() -> None:
    values = 90 + noise(62, days_back(45).size, 2)
    values[-1] = 101.0

    assert not ask(values).exhausted[0]
    values[-2] = 100.5
    assert ask(values).exhausted[0]


def test_what_was_cleaned_up_hours_ago_is_no_longer_about_to_fill() -> None:
    t = days_back(30)
    values = np.where(t < -9 / 24, 82 + 0.6 * t, 20 + 0.6 * t) + noise(3, t.size, 0.2)

    assert probability(ask(values), 30) < 0.05


@pytest.mark.parametrize("ends", range(7), ids=["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"])
@pytest.mark.parametrize("ago", [1, 2, 3])
def test_an_office_load_of_which_a_day_was_not_seen_is_no_growth(ends: int, ago: int) -> None:
    hour = np.round(T * 24) + 18 + 24 * ends  # it is six in the evening
    at_work = (hour // 24 % 7 < 5) & (hour % 24 >= 9) & (hour % 24 < 17)
    load = 20 + 70 * at_work + noise(41, T.size, 0.4)
    load[hour // 24 == ends - ago] = np.nan

    result = ask(load)

    assert np.isnan(result.p50[0])
    assert probability(result, 14) < 0.1
    assert probability(result, 30) < 0.15
