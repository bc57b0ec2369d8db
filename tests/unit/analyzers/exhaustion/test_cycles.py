"""Series that fill and are emptied again and again: what is told of their cycles, and when they reach a limit."""

from __future__ import annotations

import numpy as np
import pytest

from analyzers.exhaustion.cyclepaths import crossed_in_cycles
from analyzers.exhaustion.cycles import Cycles, cycles, no_weeks
from tests.fixtures.exhaustion import days_back, noise

Floats = np.ndarray[tuple[int], np.dtype[np.float64]]
DAYS = np.arange(1, 241) / 4


def teeth(ends: list[float], rises: list[float], age: float, *, sd: float = 0.1, before: float = 0.0) -> Floats:
    """Teeth from 20, each ending so many days before now, one after the other; the present one is `age` days old.

    `rises[n_teeth + 1]`: how far each rises within its length, and the present one in a day. `before`: days of 20.
    """
    at = -np.cumsum([0.0, *ends[::-1]])[::-1] - age  # when each begins
    days = days_back(float(-at[0] + before))
    index = np.searchsorted(at, days + 1e-9, side="right") - 1
    pace = np.append(np.array(rises[:-1]) / np.array(ends), rises[-1])
    since = days - at[np.maximum(index, 0)]
    return np.asarray(20 + np.where(index >= 0, pace[index] * since, 0.0) + noise(3, days.size, sd), dtype=np.float64)


def seen(values: Floats) -> Cycles:
    return cycles(values[None, :], 24.0)


def reached(found: Cycles, limit: float, day: float) -> float:
    """The probability that the limit is reached by a day."""
    return float(crossed_in_cycles(found, np.array([limit]), DAYS)[0, round(4 * day) - 1])


def test_teeth_long_ago_make_no_cycles_of_what_has_grown_since() -> None:
    early = np.where(np.arange(24 * 30) < 90, 10 + np.arange(24 * 30) % 30 / 6, 10 + 0.4 * (np.arange(24 * 30) - 90))

    assert not cycles(early[None, :], 24.0).found[0]


def test_a_cycle_that_has_outlasted_all_others_is_believed_to_go_on() -> None:
    hours = np.arange(24.0 * 40)
    teeth = 20 + 5 * (hours / 24 % 4) + noise(8, hours.size, 0.05)  # emptied every four days at forty
    goes_on = np.r_[teeth[: 24 * 32], 20 + 5 * (hours[: 24 * 8] / 24) + noise(9, 24 * 8, 0.05)]  # and then no more
    days = np.arange(1, 121) / 4

    both = cycles(np.stack([teeth, goes_on]), 24.0)
    reached = crossed_in_cycles(both, np.full(2, 80.0), days)

    assert reached[0, -1] < 0.25
    assert reached[1, -1] > 0.8


@pytest.mark.parametrize("speed", [5.0, 8.0])
def test_a_present_cycle_of_another_speed_is_taken_as_it_was_seen(speed: float) -> None:
    """What was seen of it says more than what the cycles before it were like, as far as that lies from them."""
    wave = 0.3 * np.sin(2 * np.pi * days_back(6 * 7.0 + 1.5))

    found = seen(teeth([7.0] * 6, [7.0] * 6 + [speed], 1.5) + wave)

    assert found.slope[0] == pytest.approx(speed, rel=0.05)


def test_a_noisy_day_does_not_make_the_present_cycle_another_one() -> None:
    found = seen(teeth([7.0] * 6, [7.0] * 6 + [1.5], 0.6, sd=1.0))

    assert found.slope[0] == pytest.approx(1.0, abs=0.5)


def test_what_is_not_emptied_any_more_is_as_fast_as_it_has_been_lately() -> None:
    values = teeth([7.0] * 6, [7.0] * 6 + [1.0], 21.0)
    faster = values + 2 * np.maximum(days_back(6 * 7.0 + 21.0) + 9, 0)

    assert seen(values).slope[0] == pytest.approx(1.0, rel=0.05)
    assert seen(faster).slope[0] == pytest.approx(3.0, rel=0.1)


def test_a_gap_in_a_cycle_that_goes_on_changes_no_speed() -> None:
    values = teeth([7.0] * 6, [7.0] * 6 + [2.0], 20.0)
    values[-24 * 13 : -24 * 8] = np.nan

    assert seen(values).slope[0] == pytest.approx(2.0, rel=0.05)


def test_a_last_tooth_that_rose_by_nothing_says_nothing_of_the_present_one() -> None:
    values = teeth([4.0] * 8, [8.0] * 8 + [2.0], 3.0, sd=0.0)
    values[-24 * 7 : -24 * 3] = values[-24 * 7]  # it was emptied, and stayed so; then a smaller drop
    values[-24 * 3 :] -= 3.0

    found = seen(values)

    assert found.found[0]
    assert found.slope[0] == pytest.approx(2.0, rel=0.05)


def test_a_week_that_falls_in_two_steps_is_no_cycle() -> None:
    days = np.arange(24.0 * 49) / 24
    week = np.select([days % 7 < 4.6, days % 7 < 5.3], [80.0, 50.0], 20.0) + noise(11, days.size, 0.3)
    found = cycles(week[None, :], 24.0)

    assert found.found[0]
    assert not no_weeks(found, np.array([0.99])).found[0]


def test_teeth_that_rise_higher_each_time_reach_what_no_tooth_has_reached() -> None:
    growing = seen(teeth([4.0] * 8, [20.0 + 3 * i for i in range(8)] + [44 / 4], 1.0))  # 41 at the last, 44 now
    alike = seen(teeth([4.0] * 8, [40.0] * 8 + [10.0], 1.0))

    assert growing.taller[0] == pytest.approx(3 / 30, abs=0.02)
    assert alike.taller[0] == pytest.approx(0, abs=0.005)
    assert reached(growing, 20 + 52.0, 4) < 0.3  # this one does not, but the third after it does
    assert reached(growing, 20 + 52.0, 24) > 0.8
    assert reached(alike, 20 + 52.0, 60) < 0.1


def test_teeth_that_are_emptied_sooner_as_they_rise_faster_are_no_taller() -> None:
    lengths = [8.0, 7.0, 6.0, 5.0, 4.0, 3.5, 3.0, 2.5]

    found = seen(teeth(lengths, [40.0] * 8 + [18.0], 1.0))

    assert found.taller[0] == pytest.approx(0, abs=0.01)
    assert reached(found, 20 + 55.0, 60) < 0.1


def test_few_teeth_are_taller_by_chance_and_that_is_not_believed() -> None:
    found = seen(teeth([4.0] * 4, [38.0, 44.0, 36.0, 43.0, 10.0], 1.0))

    assert abs(float(found.taller[0])) < 0.02


def test_two_clear_teeth_are_cycles_and_two_falls_of_what_sways_are_none() -> None:
    days = days_back(25)
    sways = 40 + 8 * np.sin(2 * np.pi * days / 9) - 14.0 * (days > -17) - 14.0 * (days > -6)

    assert seen(teeth([10.0, 10.0], [60.0, 60.0, 6.0], 5.0)).found[0]
    assert not seen(sways + noise(4, days.size, 0.5)).found[0]


def test_two_teeth_are_no_drift() -> None:
    found = seen(teeth([10.0, 10.0], [60.0, 60.0, 6.0], 5.0, sd=0.8))

    assert found.drift[0] == 0


def test_a_leak_that_is_restarted_every_week_is_a_cycle_and_runs_faster_now() -> None:
    found = no_weeks(seen(teeth([7.0] * 8, [30.0] * 8 + [15.0], 2.0)), np.array([0.99]))

    assert found.found[0]
    assert found.slope[0] > 2.5 * found.usual[0]
    assert reached(found, 80.0, 4) > 0.7


@pytest.mark.parametrize(("age", "least", "most"), [(1.0, 0.0, 0.1), (4.2, 0.05, 0.4), (8.0, 0.95, 1.0)])
def test_a_cycle_is_the_less_likely_to_end_the_longer_it_is_overdue(age: float, least: float, most: float) -> None:
    found = seen(teeth([4.0] * 9, [30.0] * 9 + [7.5], age))

    assert least <= found.endless[0] <= most


def test_a_clock_that_was_kept_often_is_missed_sooner() -> None:
    often, twice = (seen(teeth([4.0] * n, [30.0] * n + [7.5], 4.4, sd=0.0)).endless[0] for n in (9, 2))

    assert often > 2 * twice


def test_teeth_that_become_ever_lower_reach_nothing_and_overflow_nothing() -> None:
    found = seen(teeth([3.0] * 12, [60.0 - 3 * i for i in range(12)] + [8.0], 1.0))

    assert found.taller[0] < -0.05
    assert reached(found, 90.0, 60) < 0.1  # no more than that it is never emptied again
