"""What grows is found, and its date is near the true one, whatever is laid over the growth."""

from __future__ import annotations

import numpy as np
import pytest

from analyzers.capacity import CapacityResult
from domain.notes import NoteCode
from domain.watch import Direction, Measure
from tests.fixtures.exhaustion import AS_OF, DAY, ask, days_back, days_until, noise, probability

T = days_back(45)


def codes(result: CapacityResult, row: int = 0) -> set[NoteCode]:
    return {note.code for note in result.notes[row]}


def test_steady_growth_is_dated_to_the_day_with_a_narrow_interval() -> None:
    result = ask(80 + T + noise(1, T.size, 0.3))

    assert days_until(result.p50)[0] == pytest.approx(20, abs=1)
    assert days_until(result.p10)[0] < 20 < days_until(result.p90)[0]
    assert days_until(result.p90)[0] - days_until(result.p10)[0] < 8
    assert probability(result, 14) < 0.1
    assert probability(result, 30) > 0.9
    assert result.growth_per_day[0] == pytest.approx(1.0, abs=0.15)


def test_a_daily_peak_reaches_the_limit_before_the_mean_does() -> None:
    wave = 8 * np.sin(2 * np.pi * T)  # the peak is eight above the mean

    result = ask(80 + T + wave + noise(2, T.size, 0.3))

    assert days_until(result.p50)[0] == pytest.approx(12, abs=1.5)
    assert NoteCode.SEASON in codes(result)


def test_peaks_that_grow_over_a_flat_base_are_what_counts() -> None:
    peaks = np.clip(np.sin(2 * np.pi * T), 0, None)

    result = ask(10 + (75 + T) * peaks + noise(3, T.size, 0.5))  # the peak reaches 100 in 15 days

    assert days_until(result.p50)[0] == pytest.approx(15, abs=3)
    assert NoteCode.PEAKS in codes(result)


def test_a_trough_drift_under_a_sawtooth_is_found() -> None:
    teeth = 6 * ((T / 2.3) % 1.0)

    result = ask(74 + T + teeth + noise(4, T.size, 0.3))  # teeth reach 80 now, 100 in 20 days

    assert days_until(result.p50)[0] == pytest.approx(20, abs=4)


def test_what_a_collection_leaves_behind_grows_until_the_heap_is_full() -> None:
    result = ask(60 + T + 30 * ((T / 0.4) % 1.0) + noise(18, T.size, 0.5))  # peaks at 90 now, one a day more

    assert days_until(result.p50)[0] == pytest.approx(10, abs=2)


def test_a_store_that_grows_is_full_when_it_compacts_and_not_only_when_its_base_is() -> None:
    bump = np.clip(1 - np.abs(((T + 0.5) % 4.0) / 0.3 - 1), 0, None)

    result = ask(70 + T + 20 * bump + noise(19, T.size, 0.3))  # a bump reaches 100 in ten days, the base in thirty

    assert days_until(result.p10)[0] < 15
    assert probability(result, 30) > 0.5


def test_a_drift_that_begins_under_a_flat_sawtooth_is_found_within_two_cycles() -> None:
    period = 3.0
    teeth = 8 * ((T / period) % 1.0)
    drift = np.clip(T + 2 * period, 0, None) * 2.0  # since two cycles, two a day

    result = ask(65 + teeth + drift + noise(5, T.size, 0.3))  # 85 now at the peak: 7 to 8 days are left

    assert probability(result, 30) > 0.5


def test_growth_that_began_four_days_ago_is_dated_by_those_days() -> None:
    result = ask(60 + 3 * np.clip(T + 4, 0, None) + noise(6, T.size, 0.2))  # 72 now, three a day

    assert days_until(result.p50)[0] == pytest.approx(28 / 3, abs=2.5)
    assert any(note.code is NoteCode.SLOPE_CHANGE for note in result.notes[0])
    assert days_until(result.growth_since)[0] == pytest.approx(-4, abs=1.5)


def test_a_staircase_that_goes_on_is_found_with_an_honest_interval() -> None:
    steps = 4.0 * np.floor(T / 4.0)  # four every four days

    result = ask(84 + steps - steps[-1] + noise(7, T.size, 0.2))

    assert days_until(result.p50)[0] == pytest.approx(16, abs=5)


def test_exponential_growth_fills_before_its_last_line_would() -> None:
    value = 50 * np.exp(np.log(2) * T / 20)  # doubles in twenty days: full then; a line from now on needs 29

    result = ask(value + noise(8, T.size, 0.1))

    assert days_until(result.p50)[0] == pytest.approx(20, abs=4)
    assert NoteCode.ACCELERATING in codes(result)


def test_traffic_that_grows_by_percent_is_dated_by_its_percent_although_no_two_days_are_alike() -> None:
    t = days_back(60)
    day = np.floor(t - t[0] + 1e-9).astype(int)
    load = np.clip(np.sin(2 * np.pi * t), 0, None)
    scattered = [np.exp(np.random.default_rng(seed).normal(0, 0.03, day[-1] + 1))[day] for seed in range(6)]

    result = ask(5 + 60 * np.exp(0.02 * t) * load * np.stack(scattered))  # full in 23 days; at today's pace in 29

    assert np.median(days_until(result.p50)) == pytest.approx(23, abs=2.5)
    assert days_until(result.p50) == pytest.approx(23, abs=7)
    assert (days_until(result.p10) < 23).all()
    assert (days_until(result.p90) > 23).all()


def test_a_month_end_that_grows_is_dated_to_the_next_one() -> None:
    days = days_back(86)
    month, away = np.divmod(days + 83, 30.4)  # 83, 53 and 22 days ago, and in eight days
    height = 16 * 1.25**month

    values = 30 + height * (away < 3) + noise(21, days.size, 0.3)
    result = ask(np.stack([values, values]), np.array([[30 + 16 * 1.25**2.5], [30 + 16 * 1.25**4]]))

    assert probability(result, 7) < 0.05
    assert probability(result, 14) > 0.3
    assert probability(result, 14, row=1) < 0.15
    assert any(note.fact("period_seconds") > 27 * 86400 for note in result.notes[0] if note.code is NoteCode.SEASON)


def test_a_backlog_that_doubles_from_week_to_week_may_fill_the_week_after_next() -> None:
    """It is worked off every night, and nothing comes at the weekend: no line goes through its peaks."""
    t = days_back(27.9)
    day, hour = np.floor(t + 1e-9), (t - np.floor(t + 1e-9)) * 24
    height = 40 * 2.0 ** (np.floor(day / 7) + 1) * np.isin(day % 7, range(5))  # 80 next week, 160 in the one after it
    result = ask(2 + height * np.clip(np.sin(np.pi * (hour - 8) / 11), 0, None) + noise(1, t.size, 0.15))

    assert probability(result, 14) > 0.4
    assert days_until(result.p10)[0] == pytest.approx(7.6, abs=1)
    assert "as a week ago" in result.method[0]
    assert (NoteCode.SEASON, (("period_seconds", 7 * 86400.0),)) in {(n.code, n.facts) for n in result.notes[0]}


def test_growth_on_weekdays_only_is_dated_with_its_weekends() -> None:
    weekday = (np.floor(T) % 7) < 5
    value = np.cumsum(weekday) / 24 * 1.4  # one a day on average

    result = ask(80 + value - value[-1] + noise(9, T.size, 0.2))

    assert days_until(result.p50)[0] == pytest.approx(20, abs=2.5)


def test_heavy_noise_does_not_bring_the_date_forward_to_its_own_peaks() -> None:
    result = ask(55 + T + noise(10, T.size, 8.0))  # noise alone passes the limit now and then; growth needs 45 days

    assert not result.exhausted[0]
    assert probability(result, 14) < 0.3


def test_gaps_of_hours_and_days_leave_the_date_where_it_is() -> None:
    value = 80 + T + noise(11, T.size, 0.3)
    value[200:230] = np.nan
    value[500:640] = np.nan
    value[900:905] = np.nan

    result = ask(value)

    assert days_until(result.p50)[0] == pytest.approx(20, abs=1.5)
    assert NoteCode.GAPS in codes(result)


@pytest.mark.parametrize(("hours", "told"), [(3, False), (4, True), (20, True)])
def test_that_nothing_was_seen_for_hours_is_noted(hours: int, told: bool) -> None:
    """It is judged by what was seen, and not stale yet: a person has to know that it may be gone."""
    value = 80 + T + noise(11, T.size, 0.3)
    value[-hours:] = np.nan

    result = ask(value)

    silent = [note for note in result.notes[0] if note.code is NoteCode.SILENT]
    assert [note.fact("seconds") for note in silent] == ([hours * 3600.0] if told else [])


def test_wrong_samples_leave_the_date_where_it_is() -> None:
    value = 80 + T + noise(12, T.size, 0.3)
    value[40::97] = 150.0
    value[60::131] = 0.0

    result = ask(value)

    assert days_until(result.p50)[0] == pytest.approx(20, abs=1.5)
    assert NoteCode.OUTLIERS in codes(result)


def test_a_counter_is_judged_by_its_increase_across_resets() -> None:
    total = np.linspace(0, 80, T.size)  # 80 in 45 days: 20 more in 11.25 days
    counter = 500 + total
    counter[300:] -= counter[299]
    counter[800:] -= counter[799]

    result = ask(counter, measure=Measure.COUNTER)

    assert days_until(result.p50)[0] == pytest.approx(11.25, abs=1.5)
    assert NoteCode.COUNTER_RESETS in codes(result)


def test_a_free_amount_runs_out_when_what_is_used_fills() -> None:
    used = 80 + T + noise(13, T.size, 0.3)

    free = ask(100 - used, 0.0, direction=Direction.DOWN)

    assert days_until(free.p50)[0] == pytest.approx(days_until(ask(used).p50)[0], abs=1e-6)
    assert free.growth_per_day[0] == pytest.approx(-1.0, abs=0.15)


def test_a_limit_that_was_raised_puts_the_date_off() -> None:
    value = 80 + T + noise(14, T.size, 0.3)
    raised = np.where(T < -10, 100.0, 120.0)

    result = ask(value, raised)

    assert days_until(result.p50)[0] == pytest.approx(40, abs=3)
    assert result.limit[0] == 120
    change = next(note for note in result.notes[0] if note.code is NoteCode.LIMIT_CHANGED)
    assert (change.fact("before"), change.fact("after")) == (100, 120)


def test_a_limit_that_was_cut_brings_the_date_forward() -> None:
    result = ask(60 + 0.5 * T + noise(20, T.size, 0.3), np.where(T < -5, 100.0, 70.0))

    assert days_until(result.p50)[0] == pytest.approx(20, abs=2)
    change = next(note for note in result.notes[0] if note.code is NoteCode.LIMIT_CHANGED)
    assert (change.fact("before"), change.fact("after")) == (100, 70)


def test_a_limit_that_moves_a_little_all_the_time_changed_when_it_was_last_another_one() -> None:
    """A pool that shares its room tells another size at every sample: it did not change from 100 to 100 just now."""
    wanders = 100 + 0.2 * np.sin(7 * T)
    raised = np.where(T < -10, 80.0, 100.0) + 0.2 * np.sin(7 * T)

    still, changed = ask(np.stack([60 + noise(22, T.size, 0.3)] * 2), np.stack([wanders, raised])).notes

    assert not any(note.code is NoteCode.LIMIT_CHANGED for note in still)
    change = next(note for note in changed if note.code is NoteCode.LIMIT_CHANGED)
    assert (change.fact("at") - AS_OF) / DAY == pytest.approx(-10, abs=0.1)
    assert change.fact("before") == pytest.approx(80, abs=0.2)


def test_a_limit_that_was_cut_below_what_is_used_is_exhausted_now() -> None:
    result = ask(60 + noise(21, T.size, 0.3), np.where(T < -5, 100.0, 55.0))

    assert result.exhausted[0]


def test_a_leak_that_became_faster_reaches_the_limit_before_its_restart() -> None:
    period = 6.0
    age = (T + 2.0) % period  # the present cycle began two days ago
    slope = np.where(T >= -2, 12.0, 3.0)

    result = ask(50 + slope * age + noise(15, T.size, 0.3))  # 74 now: 100 in 2.2 days, the restart in four

    assert probability(result, 14) > 0.5


def test_five_minute_samples_say_the_same_as_hourly_ones() -> None:
    fine = days_back(30, step_hours=1 / 12)

    result = ask(80 + fine + 4 * np.sin(2 * np.pi * fine) + noise(16, fine.size, 0.5), step_hours=1 / 12)

    assert days_until(result.p50)[0] == pytest.approx(16, abs=1.5)


def test_a_week_of_history_is_enough_for_steady_growth() -> None:
    young = days_back(7)

    result = ask(80 + young + noise(17, young.size, 0.2))

    assert days_until(result.p50)[0] == pytest.approx(20, abs=4)
    assert NoteCode.SHORT_HISTORY in codes(result)


@pytest.mark.parametrize("late", [1, 2])
@pytest.mark.parametrize("step_hours", [0.25, 1.0])
def test_a_window_of_14_days_is_no_short_history(late: int, step_hours: float) -> None:
    """It begins a step after what is 14 days ago, and its first sample may come another step late."""
    t = days_back(14, step_hours)[late:]

    result = ask(80 + t + noise(17, t.size, 0.2), step_hours=step_hours)

    assert NoteCode.SHORT_HISTORY not in codes(result)


@pytest.mark.parametrize("days", [14, 30, 60])
def test_a_certificate_ends_when_it_ends_and_nothing_else_is_said_of_it(days: float) -> None:
    t = days_back(days)

    result = ask((12 - t) * 86400.0, 0.0, direction=Direction.DOWN)

    assert days_until(result.p50)[0] == pytest.approx(12, abs=0.05)
    assert probability(result, 14) > 0.98
    assert result.growth_per_day[0] == pytest.approx(-86400, rel=0.02)
    assert not codes(result) & {NoteCode.LEVEL_SHIFT, NoteCode.SLOPE_CHANGE, NoteCode.SEASON}


def test_slow_growth_in_whole_numbers_is_growth() -> None:
    t = days_back(30, 1 / 12)
    grown = np.round(12 + noise(0, t.size, 1) + 9.3 * np.clip(t + 26, 0, None) + 2 * np.sin(2 * np.pi * t))

    result = ask(np.maximum(8, grown), 397.0, step_hours=1 / 12)

    assert days_until(result.p50)[0] == pytest.approx(15, abs=1.5)
    assert result.growth_per_day[0] == pytest.approx(9.3, rel=0.1)


def test_a_staircase_without_noise_is_growth_at_every_hour() -> None:
    t = days_back(47)
    stairs = np.round(95 + 0.3 * t)  # a step every three days; 100 in a fortnight
    hours = 48

    result = ask(np.stack([stairs[hours - back : stairs.size - back] for back in range(hours)]))

    assert result.within[:, 2].min() > 0.95
    assert np.abs(days_until(result.p50) - np.arange(hours) / 24 - 15.5).max() < 2


@pytest.mark.parametrize("seed", range(4))
def test_the_first_hour_of_a_monday_is_no_wrong_sample(seed: int) -> None:
    hours = np.round(T * 24).astype(int) + 8  # now it is eight o'clock on a Monday
    busy = (hours // 24 % 7 < 5) & (hours % 24 >= 8) & (hours % 24 < 18)

    result = ask(70 + 0.7 * T + 20 * busy + noise(seed, T.size, 1.0))

    assert probability(result, 30) > 0.9
    assert NoteCode.OUTLIERS not in codes(result)


def test_an_hour_as_no_week_had_it_may_be_a_wrong_sample() -> None:
    values = 60 + 0.1 * T + noise(18, T.size, 0.3)
    values[-1] = 95.0

    assert NoteCode.OUTLIERS in codes(ask(values))
