"""Jumps, smoothing and what else the analysis is put together from: right up to the edges of a series."""

from __future__ import annotations

import numpy as np
import pytest

from analyzers.exhaustion.breaks import last_segment
from analyzers.exhaustion.crossing import Chosen, mixture_quantiles
from analyzers.exhaustion.cyclepaths import crossed_in_cycles
from analyzers.exhaustion.cycles import cycles
from analyzers.exhaustion.envelope import envelope
from analyzers.exhaustion.jumps import jumps
from analyzers.exhaustion.lines import curve, growth_by_thirds, moments
from analyzers.exhaustion.pieces import crossed_in_pieces, enough_for_pieces
from analyzers.exhaustion.pressure import find_spikes
from tests.fixtures.exhaustion import noise

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


def test_teeth_long_ago_make_no_cycles_of_what_has_grown_since() -> None:
    early = np.where(np.arange(24 * 30) < 90, 10 + np.arange(24 * 30) % 30 / 6, 10 + 0.4 * (np.arange(24 * 30) - 90))

    assert not cycles(early[None, :], 24.0).found[0]


def test_a_model_that_runs_away_does_not_blur_the_quantiles_of_the_others() -> None:
    away = np.array([[[10.0], [1e12]]])
    chosen = Chosen(
        weight=np.array([[0.96, 0.04]]),
        level=np.zeros((1, 2, 1)),
        ahead=away,
        bias=np.zeros((1, 2, 1)),
        spread=np.ones((1, 2, 1)),
        end_spread=np.ones((1, 2, 1)),
    )

    low, middle, high = mixture_quantiles(chosen, (0.1, 0.5, 0.9))[0, :, 0]

    assert middle == pytest.approx(10, abs=0.1)
    assert low == pytest.approx(8.5, abs=0.1)
    assert high == pytest.approx(11.95, abs=0.1)


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


def test_the_tip_of_a_tooth_is_no_wrong_sample_but_a_sample_alone_is() -> None:
    quiet = 50 + noise(7, 24 * 20, 0.1)
    quiet[200:203] += [10, 20, 30]
    quiet[300] += 30

    found = find_spikes(quiet[None, :], 24)[0]

    assert found[300]
    assert not found[201:203].any()


def test_a_cycle_that_has_outlasted_all_others_is_believed_to_go_on() -> None:
    hours = np.arange(24.0 * 40)
    teeth = 20 + 5 * (hours / 24 % 4) + noise(8, hours.size, 0.05)  # emptied every four days at forty
    goes_on = np.r_[teeth[: 24 * 32], 20 + 5 * (hours[: 24 * 8] / 24) + noise(9, 24 * 8, 0.05)]  # and then no more
    days = np.arange(1, 121) / 4

    both = cycles(np.stack([teeth, goes_on]), 24.0)
    reached = crossed_in_cycles(both, np.full(2, 80.0), days)

    assert reached[0, -1] < 0.25
    assert reached[1, -1] > 0.8
