"""Jumps, smoothing and what else the analysis is put together from: right up to the edges of a series."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from analyzers.exhaustion.breaks import last_segment
from analyzers.exhaustion.crossing import Chosen, mixture_quantiles, student4
from analyzers.exhaustion.envelope import envelope
from analyzers.exhaustion.expert import Asked
from analyzers.exhaustion.jumps import jumps, whole_days
from analyzers.exhaustion.lastlines import last_lines
from analyzers.exhaustion.lines import curve, growth_by_thirds, moments
from analyzers.exhaustion.outlook import crossing_dates
from analyzers.exhaustion.pieces import crossed_in_pieces, enough_for_pieces
from analyzers.exhaustion.pressure import pressure
from analyzers.exhaustion.season import day_season
from tests.fixtures.exhaustion import ask, days_back, noise, parameters

LINE = np.arange(60.0)


@pytest.mark.parametrize("slope", [1.0, -1.0, 0.001, 0.0])
def test_a_line_without_noise_has_no_jump_at_either_end(slope: float) -> None:
    late = np.r_[np.full(20, np.nan), LINE[20:]]

    assert not jumps(slope * np.stack([LINE, late])).any()


@pytest.mark.parametrize("at", [3, 30, 57])
def test_a_jump_on_a_line_is_told_by_its_size_and_place(at: int) -> None:
    values = LINE + 40.0 * (at <= LINE)

    size = jumps(values[None, :])[0]

    assert np.flatnonzero(size).tolist() == [at]
    assert size[at] == pytest.approx(40, abs=1.5)


def test_a_jump_in_noise_is_told_where_it_is() -> None:
    values = noise(1, 60, 0.5) + 10.0 * (LINE >= 40)

    size = jumps(values[None, :])[0]

    assert np.flatnonzero(size).tolist() == [40]


@pytest.mark.parametrize("slope", [1.0, -1.0])
def test_the_upper_edge_of_a_line_is_a_line_to_its_end(slope: float) -> None:
    hours = np.arange(24.0 * 14)

    top = envelope(1000 + slope * hours[None, :], 3600.0).top[0]

    np.testing.assert_allclose(np.diff(top[8:]), 6 * slope, atol=1e-6)


def test_a_line_has_no_week() -> None:
    hours = np.arange(24.0 * 40)
    lines = np.stack([1e6 - 3600 * hours, 0.01 * hours + noise(5, hours.size, 0.5)])

    assert envelope(lines, 3600.0).week.found.tolist() == [0.0, 0.0]


def test_a_line_has_no_break() -> None:
    segment = last_segment(np.stack([LINE, 1e9 - 0.1 * LINE]), 4.0)

    assert segment.broken.tolist() == [0.0, 0.0]
    np.testing.assert_allclose(segment.slope, [4.0, -0.4], rtol=1e-6)


@pytest.mark.parametrize("hours", [9, 14, 23])
def test_the_upper_edge_ends_with_a_cleanup(hours: int) -> None:
    filling = 80 + 0.02 * np.arange(24.0 * 20) + noise(2, 24 * 20, 0.2)
    filling[-hours:] -= 60

    top = envelope(filling[None, :], 3600.0).top[0]

    assert top[-1] < 35
    assert top[-6] > 85


def test_the_upper_edge_outlasts_what_falls_every_evening() -> None:
    hours = np.arange(24.0 * 22 + 20)
    office = 20 + 60.0 * ((hours % 24 >= 8) & (hours % 24 < 18)) * (hours // 24 % 7 < 5) + noise(3, hours.size, 1.0)

    assert envelope(office[None, :], 3600.0).top[0][-1] > 70


@pytest.mark.parametrize(("far", "sure", "near"), [(1e12, 1.0, 0.1), (1e300, 1e-12, 0.4)])
def test_a_model_that_runs_away_does_not_blur_the_quantiles_of_the_others(far: float, sure: float, near: float) -> None:
    away = np.array([[[10.0], [far]]])
    chosen = Chosen(
        weight=np.array([[0.96, 0.04]]),
        level=np.zeros((1, 2, 1)),
        ahead=away,
        bias=np.zeros((1, 2, 1)),
        spread=np.ones((1, 2, 1)),
        end_spread=np.array([[[1.0], [sure]]]),
    )

    low, middle, high = mixture_quantiles(chosen, (0.1, 0.5, 0.9))[0, :, 0]

    assert middle == pytest.approx(10, abs=near)
    assert low == pytest.approx(8.5, abs=near)
    assert high == pytest.approx(11.95, abs=near)


@pytest.mark.parametrize("pace", [-0.1, -0.05, 0.02, 0.1])
def test_growth_by_a_share_of_itself_is_foretold_whatever_it_grows_from(pace: float) -> None:
    days = np.arange(1 - 4 * 28, 1) / 4
    ahead = 10.0
    value = 40 + np.sign(pace) * 12 * np.exp(pace * days)

    fit = growth_by_thirds(moments(value[None, :], 4.0), np.array([days.size - 1]), 4 * 28)

    foretold = fit.level + fit.slope * np.expm1(fit.bend * ahead) / fit.bend
    assert foretold[0, 0] == pytest.approx(40 + np.sign(pace) * 12 * np.exp(pace * ahead), rel=0.02)


def test_growth_at_one_pace_in_noise_is_not_bent_far() -> None:
    days = np.arange(1 - 4 * 28, 1) / 4
    value = 0.1 * days + np.stack([noise(seed, days.size, 1.0) for seed in range(50)])

    fit = growth_by_thirds(moments(value, 4.0), np.array([days.size - 1]), 4 * 28)
    parabola = curve(moments(value, 4.0), np.array([days.size - 1]), 4 * 28)

    assert np.median(np.abs(fit.bend)) < 0.5 * np.median(np.abs(parabola.bend))


def test_what_does_not_grow_does_not_bend() -> None:
    fit = growth_by_thirds(moments(np.stack([-LINE, 5 + 0 * LINE]), 4.0), np.array([59]), 60)

    assert fit.bend.tolist() == [[0.0], [0.0]]
    np.testing.assert_allclose(fit.slope[:, 0], [-4.0, 0.0], atol=1e-4)


def test_pieces_of_a_staircase_reach_a_limit_one_step_away_when_the_next_step_comes() -> None:
    steps = 10.0 * np.floor(np.arange(4 * 60) / 40)  # ten every ten days
    days = np.arange(1, 241) / 4

    reached = crossed_in_pieces(steps[None, :], 4.0, np.full((1, days.size), steps[-1] + 5), days)[0]

    assert (np.diff(reached) >= 0).all()
    assert reached[np.searchsorted(days, 5.0)] == pytest.approx(0.5, abs=0.15)
    assert reached[-1] == pytest.approx(1.0, abs=0.02)


def test_pieces_never_reach_what_lies_far_beyond_all_steps() -> None:
    days = np.arange(1, 241) / 4
    wave = np.sin(np.arange(4 * 60) / 9)

    assert crossed_in_pieces(wave[None, :], 4.0, np.full((1, days.size), 50.0), days).max() == 0


def test_a_history_of_days_has_no_pieces() -> None:
    long, short = np.ones(4 * 11), np.r_[np.full(4 * 7, np.nan), np.ones(4 * 4)]

    assert enough_for_pieces(np.stack([long, short]), 4.0).tolist() == [True, False]


def test_the_tip_of_a_tooth_of_hours_is_not_cut_off() -> None:
    hours = np.arange(24.0 * 30)
    teeth = 40 + 30 * (hours % 8) / 7 + noise(8, hours.size, 0.2)  # rises by four an hour, and falls at once

    top = envelope(teeth[None, :], 3600.0).top[0]

    np.testing.assert_allclose(top[8:], 70, atol=1.0)


@pytest.mark.parametrize("rise", [10.0, 60.0])
def test_a_step_does_not_lift_the_upper_edge_above_what_was_seen(rise: float) -> None:
    hours = np.arange(24.0 * 20)
    busy = np.where((hours % 24 >= 9) & (hours % 24 < 17), 20 + rise, 20.0)

    top = envelope(busy[None, :], 3600.0).top[0]

    assert top.max() <= 20 + rise + 1e-6


def test_a_change_of_level_leaves_the_week_as_it_is() -> None:
    hours = np.arange(24.0 * 63)
    week = 20 * (hours // 24 % 7 < 5)
    moved = np.stack([week, week + 60 * (hours >= 24 * 31)]) + noise(9, hours.size, 0.3)

    same, shifted = envelope(moved, 3600.0).week.profile

    np.testing.assert_allclose(shifted, same, atol=0.15 * np.ptp(same))


def test_the_day_after_a_step_up_has_no_part_in_the_growth_since() -> None:
    top = np.where(LINE >= 30, 80.0, 50.0)
    top[30:33] -= [3.0, 2.0, 1.0]  # the day's peak was still to come

    alone = whole_days(top[None, :], jumps(top[None, :]), 4.0)[0]

    assert np.isnan(alone[31:33]).all()
    assert last_segment(alone[None, 34:], 4.0).slope[0] == pytest.approx(0, abs=1e-9)


def test_a_step_of_yesterday_keeps_its_day() -> None:
    top = np.where(LINE >= 55, 80.0, 50.0)

    assert not np.isnan(whole_days(top[None, :], jumps(top[None, :]), 4.0)).any()


def heap(climb: float) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """A heap that is collected at 80: every few hours at first, from `climb` a day the sooner."""
    days = np.arange(24.0 * 40) / 24 - 40
    low = 20 + np.maximum(0.0, days + 25) * climb
    return np.asarray(low + (80 - low) * (24 * days % 6) / 5 + noise(10, days.size, 0.3))[None, :]


def test_the_lows_tell_of_the_end_where_the_peaks_do_not_move() -> None:
    seen = envelope(heap(1.6), 3600.0)
    lines = last_lines(seen, jumps(seen.top))
    days = np.array([7.0, 14.0, 30.0])

    needed = lines.needed(Asked(days, np.full((1, 3), 90.0), np.array([90.0])))

    assert lines.lows.slope[0] == pytest.approx(1.6, abs=0.1)
    assert abs(lines.peaks.slope[0]) < 0.1
    assert needed[0, 1, 0] > 3  # 60 now: not within a week
    assert needed[0, 1, 2] < -1.5  # but within a month
    assert lines.ahead(days)[0][0, 1, 0] == pytest.approx(80, abs=2)  # till then the peaks stay where they are


def test_busy_days_that_grow_above_quiet_ones_are_told_by_the_weeks_peaks() -> None:
    days = np.arange(24.0 * 61) / 24
    growing = np.maximum(0.0, days - 40) * (np.floor(days) % 7 < 5) * np.maximum(0.0, np.sin(2 * np.pi * days))
    seen = envelope((20 + growing + noise(12, days.size, 0.1))[None, :], 3600.0)

    weekly = last_lines(seen, jumps(seen.top)).weekly

    assert weekly.slope[0] == pytest.approx(1.0, abs=0.1)
    assert weekly.level[0] == pytest.approx(20 + days[-1] - 40, abs=2)
    assert weekly.days[0] == pytest.approx(21, abs=4)


def test_lows_of_several_series_do_not_depend_on_each_other() -> None:
    both = np.concatenate([heap(1.6), heap(0.0)])

    alone, together = envelope(both[:1], 3600.0), envelope(both, 3600.0)

    np.testing.assert_array_equal(alone.low[0], together.low[0])


@pytest.mark.parametrize(("within", "late"), [(0.9, 27.0), (0.6, np.nan)])
def test_an_interval_is_that_of_the_date_where_it_most_likely_comes(within: float, late: float) -> None:
    days = np.linspace(0.0, 60.0, 241)[1:]
    reached = within * np.minimum(days / 30, 1.0)  # as likely on each day of the next thirty

    early, middle, last = (float(x[0]) for x in crossing_dates(reached[None, :], days))

    assert middle == pytest.approx(30 * 0.5 / within, abs=0.1)
    assert last == pytest.approx(late, abs=0.1, nan_ok=True)
    assert early == pytest.approx(30 * 0.1 / (1.0 if within > 0.8 else within), abs=0.1)


def test_a_rate_that_has_just_begun_to_be_seen_moves_no_date() -> None:
    rate = 60 + days_back(30) + noise(12, 721, 0.2)
    begun = rate.copy()
    begun[0] *= 0.2  # the window of its first samples is not full

    said = ask(np.stack([rate, begun]), 100.0)

    assert said.p50[0] == said.p50[1]
    assert said.p90[0] == said.p90[1]


def test_of_a_series_of_days_the_first_one_counts() -> None:
    days = pressure(86400.0, np.arange(20.0)[None, :], np.full((1, 20), 30.0), parameters())

    assert days.values[0].tolist() == list(range(20))


FIVE_MINUTES = np.arange(12.0 * 24 * 14)


def highest(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    """What the last day reached, of five-minute samples."""
    turned = pressure(300.0, values[None, :], np.full((1, values.size), 100.0), parameters())
    return float(envelope(turned.values, turned.bin_seconds, turned.noise).top[0, -1])


def test_a_peak_of_twenty_minutes_counts() -> None:
    burst = 30.0 * (FIVE_MINUTES % 48 < 4)  # every four hours

    assert highest(40 + burst + noise(13, burst.size, 0.2)) == pytest.approx(70, abs=1.5)


def test_the_tips_of_teeth_of_two_hours_count() -> None:
    assert highest(40 + 30 * (FIVE_MINUTES % 25) / 24 + noise(14, FIVE_MINUTES.size, 0.2)) > 66


@pytest.mark.parametrize("sd", [0.2, 3.0])
def test_noise_is_no_peak(sd: float) -> None:
    assert highest(40 + noise(15, FIVE_MINUTES.size, sd)) == pytest.approx(40, abs=sd)


def test_wrong_samples_are_no_peak() -> None:
    values = 40 + noise(16, FIVE_MINUTES.size, 0.2)
    values[-150::12] = 99.0  # one an hour, for half a day

    assert highest(values) == pytest.approx(40, abs=0.5)


def test_errors_have_the_tails_of_student_with_four_degrees_of_freedom() -> None:
    spreads = np.array([-np.inf, -1e300, -8.61030, -2.77645, -0.74070, 0.0, 0.74070, 2.77645, 8.61030, 1e300, np.inf])

    below = student4(spreads)  # t of Abramowitz and Stegun's table 26.10

    np.testing.assert_allclose(below, [0, 0, 0.0005, 0.025, 0.25, 0.5, 0.75, 0.975, 0.9995, 1, 1], rtol=0, atol=2e-6)
    assert ((below >= 0) & (below <= 1)).all()


def jobs(hours_late: np.ndarray[tuple[int], np.dtype[np.int64]]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Days of 20 in which a job takes eight hours from six o'clock, or some hours later, up to 60."""
    hour = np.arange(24)
    days = [np.where((hour >= 6 + late) & (hour < 14 + late), 60.0, 20.0) for late in hours_late]
    return np.asarray(np.concatenate(days) + noise(15, 24 * hours_late.size, 0.3), dtype=np.float64)


@pytest.mark.parametrize("quiet_hours", [0, 3, 9])
def test_a_job_that_is_late_is_no_peak_on_top_of_a_peak(quiet_hours: int) -> None:
    late = np.random.default_rng(16).integers(-2, 5, 40)
    load = jobs(late)[: 40 * 24 - quiet_hours]

    top = envelope(load[None, :], 3600.0).top[0]

    assert np.nanmax(top) < np.max(load) + 1


def test_a_step_in_quiet_hours_lifts_the_peak_that_is_yet_to_come() -> None:
    days = np.arange(24 * 40 - 4) / 24
    wave = 40 - 20 * np.cos(2 * np.pi * days) + noise(17, days.size, 0.2)  # now it is eight in the evening
    stepped = np.r_[wave, 24 + 10 + noise(18, 4, 0.2)]

    peak_level = day_season(stepped[None, :], 24).peak_level[0]

    assert np.max(stepped) < 61
    assert peak_level[-1] > 65


def wave_in_noise(height: float, seed: int, days: int = 40) -> NDArray[np.float64]:
    """A wave of that height from its lowest to its highest, in noise whose standard deviation is one."""
    t = np.arange(days * 24) / 24
    return np.asarray(0.5 * height * np.cos(2 * np.pi * t) + noise(seed, t.size, 1.0))


@pytest.mark.parametrize("height", [1.0, 2.0])
def test_a_wave_is_found_that_single_hours_hide_in_their_noise_and_noise_adds_little_to_it(height: float) -> None:
    found = day_season(np.stack([wave_in_noise(height, seed) for seed in range(20)]), 24)

    assert (found.found > 0).all()
    assert np.median(-found.profile.min(axis=1)) == pytest.approx(height, rel=0.12)


@pytest.mark.parametrize("days", [14, 21, 40])
def test_noise_alone_has_no_day(days: int) -> None:
    alone = np.stack([wave_in_noise(0.0, seed, days) for seed in range(100)])

    assert not day_season(alone, 24).found.any()


def test_the_peak_of_an_hour_is_not_smoothed_away() -> None:
    peaks = 20.0 * (np.arange(40 * 24) % 24 == 3) + noise(19, 40 * 24, 0.5)

    assert -day_season(peaks[None, :], 24).profile.min() == pytest.approx(20, abs=1)
