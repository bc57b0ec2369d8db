"""Wall-clock slots: a season in local time keeps its hour over both clock changes."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from analyzers.grids import local_grid, utc_offsets

HOUR = 3600.0


def instant(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> float:
    return datetime(year, month, day, hour, minute, tzinfo=UTC).timestamp()


def test_without_a_clock_change_every_step_has_its_own_slot() -> None:
    grid = local_grid(instant(2026, 7, 1), HOUR, 240, "Asia/Taipei")

    assert grid.even
    np.testing.assert_array_equal(grid.ahead(200), np.arange(1, 41))


def test_in_spring_the_hour_that_is_skipped_has_no_step() -> None:
    grid = local_grid(instant(2026, 3, 28, 22), HOUR, 6, "Europe/Berlin")  # clocks change at 01:00 UTC on the 29th

    np.testing.assert_array_equal(grid.slot, [0, 1, 2, 4, 5, 6])
    spread = grid.spread(np.arange(6.0)[None, :], 6)
    np.testing.assert_array_equal(spread, [[0, 1, 2, np.nan, 3, 4, 5]])


def test_in_autumn_the_hour_that_comes_twice_is_one_slot_with_the_mean() -> None:
    grid = local_grid(instant(2026, 10, 24, 22), HOUR, 6, "Europe/Berlin")  # clocks change at 01:00 UTC on the 25th

    np.testing.assert_array_equal(grid.slot, [0, 1, 2, 2, 3, 4])
    np.testing.assert_array_equal(grid.spread(np.array([[0.0, 1, 2, 4, 5, 6]]), 6), [[0, 1, 3, 5, 6]])
    np.testing.assert_array_equal(grid.spread(np.array([[0.0, 1, np.nan, 4, 5, 6]]), 6), [[0, 1, 4, 5, 6]])


def test_in_autumn_both_steps_of_the_hour_that_comes_twice_are_read_from_one_slot() -> None:
    grid = local_grid(instant(2026, 10, 24, 22), HOUR, 6, "Europe/Berlin")

    np.testing.assert_array_equal(grid.ahead(1), [1, 2, 2, 3, 4])


def test_steps_of_five_minutes_cross_the_change_in_twelve_slots() -> None:
    grid = local_grid(instant(2026, 10, 25, 0), 300.0, 36, "Europe/Berlin")

    assert grid.slot[11] == 11
    assert grid.slot[12] == 0
    assert grid.slot[35] == 23


def test_a_grid_that_begins_in_the_hour_that_comes_twice_keeps_all_that_was_seen() -> None:
    grid = local_grid(instant(2026, 10, 25, 0, 30), 900.0, 8, "Europe/Berlin")  # half an hour before the change

    np.testing.assert_array_equal(grid.slot, [2, 3, 0, 1, 2, 3, 4, 5])
    np.testing.assert_array_equal(grid.spread(np.arange(8.0)[None], 8), [[2, 3, 2, 3, 6, 7]])
    np.testing.assert_array_equal(grid.ahead(6), [1, 2])


@pytest.mark.parametrize(
    ("zone", "change"),
    [
        ("America/New_York", instant(2026, 3, 8, 7)),
        ("America/New_York", instant(2026, 11, 1, 6)),
        ("Australia/Lord_Howe", instant(2026, 4, 4, 15)),  # half an hour
    ],
)
def test_the_offset_changes_at_the_very_second(zone: str, change: float) -> None:
    before, after = utc_offsets(np.array([change - 1, change]), zone)

    assert before != after


def test_a_zone_that_is_not_known_is_refused() -> None:
    with pytest.raises(ValueError, match="Asia/Taipei"):
        local_grid(0.0, HOUR, 3, "Mars/Olympus")
