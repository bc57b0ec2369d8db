"""A time without its zone is a guess, and a grid lies where it always lies."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain.times import Grid, rfc3339, utc


def test_a_time_without_its_zone_is_refused_with_what_to_write() -> None:
    with pytest.raises(ValueError, match="2026-11-22T02:00:00Z or with an offset"):
        utc(datetime(2026, 11, 22, 2))  # noqa: DTZ001


def test_an_instant_is_written_in_utc_with_whole_seconds() -> None:
    assert rfc3339(datetime.fromisoformat("2026-11-22T02:00:00.9+08:00")) == "2026-11-21T18:00:00Z"


def test_a_grid_ends_with_the_newest_multiple_of_its_step() -> None:
    end = datetime(2026, 11, 22, 2, tzinfo=UTC)

    grids = [Grid.ending(end + timedelta(seconds=late), 300, 3) for late in (0, 299)]

    assert grids[0] == grids[1]
    assert list(grids[0].times) == [end.timestamp() - 600, end.timestamp() - 300, end.timestamp()]
    assert grids[0].end == end.timestamp()


@pytest.mark.parametrize(("step", "steps", "why"), [(0, 1, "step"), (-60, 1, "step"), (60, -1, "number of steps")])
def test_a_grid_that_can_not_be_is_refused(step: int, steps: int, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Grid(0, step, steps)


def test_a_grid_may_be_empty() -> None:
    assert len(Grid(0, 60, 0).times) == 0
