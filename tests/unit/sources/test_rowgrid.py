"""The step of a series and the cells of its rows: clocks that jitter, drift, repeat, and months."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from sources.rowgrid import OFF_GRID_SHARE, Places, places, steps

Floats = NDArray[np.float64]
T0 = 1_704_067_200.0


def laid(time: Floats, seen: NDArray[np.bool_] | None = None) -> tuple[float, Places]:
    code = np.zeros(time.size, dtype=np.int32)
    step = steps(code, time, 1)
    return float(step[0]), places(code, time, np.ones(time.size, dtype=np.bool_) if seen is None else seen, step)


def regular(place: Places) -> bool:
    return bool(place.off[0] <= OFF_GRID_SHARE)


@pytest.mark.parametrize(("step", "jitter"), [(60, 1), (60, 2), (30, 1), (15, 1), (300, 5), (3600, 60)])
def test_times_in_whole_seconds_jitter_about_their_step(step: int, jitter: int) -> None:
    steps_ = np.arange(4000.0)
    jittered = np.random.default_rng(1).integers(-jitter, jitter + 1, steps_.size).astype(np.float64)
    time = T0 + step * steps_ + jittered

    found, place = laid(time)

    assert found == step
    np.testing.assert_array_equal(place.cell, steps_)
    assert place.end[0] == time[-1]
    assert place.counts.all()


@pytest.mark.parametrize("unit", [1.0, 0.001])
def test_a_step_that_no_two_samples_have_is_a_whole_number_where_that_fits(unit: float) -> None:
    hours = T0 + 3600 * np.arange(721.0)
    jitter = np.random.default_rng(2).uniform(-60, 60, hours.size)

    found, place = laid(hours + (jitter / unit).round() * unit)

    assert found == 3600
    np.testing.assert_array_equal(place.cell, np.arange(721))


def test_an_uneven_step_stays_as_it_is() -> None:
    assert laid(T0 + 1000.5 * np.arange(100.0))[0] == 1000.5


def test_a_minority_of_closer_samples_at_the_end_moves_no_other() -> None:
    hours = T0 + 3600 * np.arange(721.0)
    time = np.r_[hours, hours[-1] + 60 * np.arange(1, 36)]

    found, place = laid(time)

    assert found == 3600
    np.testing.assert_array_equal(place.cell[:721], np.arange(721))
    np.testing.assert_array_equal(np.flatnonzero(place.counts), np.arange(721))
    assert place.end[0] == hours[-1]


def test_retries_share_the_cell_of_what_they_repeat() -> None:
    hours = T0 + 3600 * np.arange(720.0)
    time = np.sort(np.r_[hours, hours[10:260:10] + 7])

    found, place = laid(time)

    assert found == 3600
    np.testing.assert_array_equal(time[place.counts], hours)
    np.testing.assert_array_equal(place.cell[place.counts], np.arange(720))


def test_of_two_rows_in_a_cell_the_nearer_with_a_value_counts() -> None:
    time = np.array([0.0, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1000, 1007, 1100, 1200])
    seen = np.ones(time.size, dtype=np.bool_)

    assert laid(time, seen)[1].counts.tolist() == [True] * 11 + [False] + [True] * 2
    seen[10] = False
    assert laid(time, seen)[1].counts.tolist() == [True] * 10 + [False] + [True] * 3


def test_a_day_of_a_finer_step_in_a_longer_history_is_thinned_out() -> None:
    time = np.r_[T0 + 3600 * np.arange(720.0), T0 + 3600 * 719 + 300 * np.arange(1, 61.0)]

    found, place = laid(time)

    assert found == 3600
    assert regular(place)
    np.testing.assert_array_equal(place.cell[place.counts], np.arange(725))
    assert place.end[0] == time[-1]


def test_a_gap_leaves_cells_empty() -> None:
    _, place = laid(T0 + 60 * np.array([0.0, 1, 2, 3, 7, 8]))

    assert place.cell.tolist() == [0, 1, 2, 3, 7, 8]


def test_months_are_one_step_apart_though_their_lengths_differ() -> None:
    months = np.arange("2018-01", "2026-01", dtype="datetime64[M]").astype("datetime64[s]").astype(np.float64)

    _, place = laid(months)

    assert regular(place)
    np.testing.assert_array_equal(place.cell, np.arange(96))


@pytest.mark.parametrize("whole_seconds", [True, False])
def test_a_clock_that_drifts_loses_no_cell(whole_seconds: bool) -> None:
    time = T0 + 60.002 * np.arange(40_000.0)

    found, place = laid(np.asarray(np.floor(time) if whole_seconds else time.round(3), dtype=np.float64))

    assert found == (60.0 if whole_seconds else 60.002)
    assert regular(place)
    np.testing.assert_array_equal(place.cell, np.arange(40_000))


def test_times_of_chance_have_no_step() -> None:
    random = np.random.default_rng(3)

    for count in (30, 300, 3000):
        _, place = laid(np.unique(T0 + random.integers(0, 30 * 86400, count)).astype(np.float64))
        assert not regular(place)


def test_series_side_by_side_are_judged_alone() -> None:
    hours, minutes = T0 + 3600 * np.arange(50.0), T0 + 17 + 60 * np.arange(400.0)
    code = np.repeat(np.array([0, 1, 2], dtype=np.int32), [50, 1, 400])
    time = np.r_[hours, 5.0, minutes]

    step = steps(code, time, 3)
    place = places(code, time, np.ones(time.size, dtype=np.bool_), step)

    assert step.tolist() == [3600, 1, 60]
    assert place.end.tolist() == [hours[-1], 5.0, minutes[-1]]
    assert place.off.tolist() == [0, 0, 0]
    np.testing.assert_array_equal(place.cell, np.r_[np.arange(50), 0, np.arange(400)])


def test_even_series_beside_uneven_ones_change_no_step() -> None:
    random = np.random.default_rng(4)
    series = [
        T0 + 3600 * np.arange(90.0),
        T0 + 60 * np.arange(400.0) + random.integers(-1, 2, 400),
        T0 + 300 * np.flatnonzero(random.random(500) < 0.9).astype(np.float64),
        T0 + 3600 * np.arange(200.0) + random.uniform(-60, 60, 200),
        np.array([T0, T0 + 7]),
        np.array([T0]),
    ]
    code = np.repeat(np.arange(len(series), dtype=np.int32), [time.size for time in series])

    together = steps(code, np.concatenate(series), len(series))

    assert together.tolist() == [laid(time)[0] for time in series] == [3600, 60, 300, 3600, 7, 1]
