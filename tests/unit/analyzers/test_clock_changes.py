"""Both clock changes of a year: what lives by the wall clock goes on at the same local hour, nothing else is moved."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from analyzers.calendars import special_steps
from analyzers.capacity import CapacityParameters, CapacityResult, analyse_capacity
from analyzers.clocks import laid_out
from domain.notes import NoteCode
from domain.watch import Direction, Measure
from tests.fixtures.exhaustion import DAY, LIMIT, Floats, noise, probability

DAYS = 45
CHANGES = {
    "Europe/Berlin": (datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)),
    "America/New_York": (datetime(2026, 3, 8, 7, tzinfo=UTC), datetime(2026, 11, 1, 6, tzinfo=UTC)),
}
CASES = [
    pytest.param(zone, change + timedelta(days=days, hours=11), id=f"{zone}-{change:%b}-{days}d")
    for zone, changes in CHANGES.items()
    for change in changes
    for days in (0, 2, 7, 20)
]


def instants(end: datetime, step: int = 3600) -> Floats:
    return end.timestamp() + step * np.arange(1 - DAYS * round(DAY) // step, 1, dtype=np.float64)


def office(times: Floats, zone: str) -> Floats:
    """One in the office hours of a time zone, else zero."""
    local = [datetime.fromtimestamp(time, ZoneInfo(zone)) for time in times]
    return np.array([float(moment.weekday() < 5 and 9 <= moment.hour < 17) for moment in local])


def ask(times: Floats, values: Floats, zone: str, **changes: Any) -> CapacityResult:
    parameters = CapacityParameters(
        Direction.UP, Measure.GAUGE, 60 * DAY, 3 * DAY, 3 * DAY, None, None, capped=False, timezone=zone
    )
    rows = np.atleast_2d(values)
    limits = changes.get("limits", np.full(rows.shape, LIMIT))
    return analyse_capacity(times, rows, limits, parameters, changes.get("special"))


@pytest.mark.parametrize(("zone", "end"), CASES)
def test_a_load_of_office_hours_is_not_told_to_fill(zone: str, end: datetime) -> None:
    times = instants(end)

    result = ask(times, 20 + 60 * office(times, zone) + noise(1, times.size, 0.4), zone)

    assert np.isnan(result.p10[0])
    assert probability(result, 30) < 0.1


HOLIDAYS = {  # that lie within days of a clock change
    "Europe/Berlin": [date(2026, 1, 1), date(2026, 4, 3), date(2026, 4, 6)],
    "Australia/Sydney": [date(2026, 1, 26), date(2026, 4, 3), date(2026, 4, 4), date(2026, 4, 6), date(2026, 10, 5)],
    "Europe/Dublin": [date(2026, 10, 26)],
}


@pytest.mark.parametrize(
    ("zone", "end", "days"),
    [
        ("Europe/Berlin", date(2026, 4, 4), 100),
        ("Australia/Sydney", date(2026, 4, 8), 30),
        ("Australia/Sydney", date(2026, 4, 8), 100),
        ("Australia/Sydney", date(2026, 10, 7), 30),
        ("Europe/Dublin", date(2026, 10, 28), 30),
    ],
)
def test_a_holiday_beside_a_clock_change_is_no_growth(zone: str, end: date, days: int) -> None:
    now = datetime.combine(end, time(2), ZoneInfo(zone)).timestamp()
    times = now + 1800 * np.arange(1 - 48 * days, 1, dtype=np.float64)
    special = special_steps(times[0], 1800, times.size, HOLIDAYS[zone], zone)
    values = 20 + 72 * office(times, zone) * ~special + noise(1, times.size, 0.4)

    result = ask(times, values, zone, special=special)

    assert probability(result, 30) < 0.3


@pytest.mark.parametrize(("zone", "end"), CASES)
def test_a_load_that_grows_is_dated_as_it_would_be_without_a_change(zone: str, end: datetime) -> None:
    times = instants(end)
    days = (times - times[-1]) / DAY

    result = ask(times, 20 + office(times, zone) * (60 + 0.8 * days) + noise(2, times.size, 0.4), zone)

    assert (result.p50[0] - times[-1]) / DAY == pytest.approx(23, abs=5)  # 80 now; the 25th day at 0.8 a day


@pytest.mark.parametrize("zone", CHANGES)
@pytest.mark.parametrize("which", [0, 1])
def test_what_does_not_live_by_the_wall_clock_is_judged_as_ever(zone: str, which: int) -> None:
    times = instants(CHANGES[zone][which] + timedelta(days=9))
    days = (times - times[-1]) / DAY
    cron = 40 + 30 * ((times % DAY) // 3600 == 2) + noise(3, times.size, 0.4)  # at two o'clock in UTC, every day
    rows = np.stack([80 + days, 80 + days + noise(4, times.size, 0.3), cron])

    here, there = ask(times, rows, zone), ask(times, rows, "UTC")

    np.testing.assert_array_equal(here.p50, there.p50)
    np.testing.assert_array_equal(here.within, there.within)
    assert here.notes == there.notes


def test_each_row_of_a_batch_is_judged_as_it_is_alone() -> None:
    zone, end = "Europe/Berlin", CHANGES["Europe/Berlin"][1] + timedelta(days=9)
    times = instants(end, step=900)
    line = 80 + (times - times[-1]) / DAY + noise(5, times.size, 0.3)
    load = 20 + 60 * office(times, zone) + noise(6, times.size, 0.4)

    together = ask(times, np.stack([line, load, line]), zone)

    for row, alone in enumerate((line, load, line)):
        np.testing.assert_allclose(together.within[row], ask(times, alone, zone).within[0], atol=1e-9)


def by_wall(times: Floats, rows: Floats, zone: str) -> list[int]:
    """The rows that are laid onto the wall clock."""
    parts = laid_out(times, rows, np.full(rows.shape, LIMIT), np.zeros(times.size, dtype=np.bool_), zone)
    return [row for part in parts if part.values.shape[1] != times.size for row in part.rows.tolist()]


@pytest.mark.parametrize("which", [0, 1], ids=["spring", "autumn"])
@pytest.mark.parametrize("after", [4, 8, 20])
@pytest.mark.parametrize("before", [1, 2, 3, 5, 6, 7, 8])
def test_a_young_series_lives_by_the_wall_clock_whatever_the_age_of_its_neighbours(
    which: int, after: int, before: int
) -> None:
    zone = "Europe/Berlin"
    times = instants(CHANGES[zone][which] + timedelta(days=after))
    old = 20 + 60 * office(times, zone) + noise(8, times.size, 0.4)
    begin = times.size - (after + before) * 24
    young = np.where(np.arange(times.size) < begin, np.nan, old)

    alone = by_wall(times[begin:], young[None, begin:], zone)
    together = by_wall(times, np.stack([young, old]), zone)

    assert together == ([0, 1] if alone else [1])


@pytest.mark.parametrize("which", [0, 1], ids=["spring", "autumn"])
def test_a_day_before_the_change_decides_nothing_and_a_week_with_gaps_does(which: int) -> None:
    zone = "Europe/Berlin"
    times = instants(CHANGES[zone][which] + timedelta(days=20))
    load = 20 + 60 * office(times, zone) + noise(8, times.size, 0.4)
    step = np.arange(times.size)
    day = np.where(step < times.size - 21 * 24, np.nan, load)
    gaps = np.where(step % 17 == 0, np.nan, load)

    assert by_wall(times, np.stack([day, gaps, load]), zone) == [1, 2]


def test_the_hour_that_is_skipped_is_not_seen_and_of_the_one_that_comes_twice_the_later_counts() -> None:
    spring, autumn = (instants(change + timedelta(days=8)) for change in CHANGES["Europe/Berlin"])

    for times, longer in ((spring, 1), (autumn, -1)):
        values = (20 + 60 * office(times, "Europe/Berlin"))[None]
        none = np.zeros(times.size, dtype=np.bool_)
        (laid,) = laid_out(times, values, np.full(values.shape, LIMIT), none, "Europe/Berlin")
        assert laid.values.shape[1] == times.size + longer
        assert np.isnan(laid.values).sum() == max(longer, 0)
        assert laid.times[-1] == times[-1]
        assert np.isfinite(laid.limits).all()
        np.testing.assert_array_equal(laid.values[0, -100:], values[0, -100:])


def test_a_limit_that_changed_keeps_its_day() -> None:
    times = instants(CHANGES["Europe/Berlin"][1] + timedelta(days=9))
    values = 20 + 60 * office(times, "Europe/Berlin") + noise(7, times.size, 0.4)
    limits = np.where(times < times[-1] - 20 * DAY, 90.0, 100.0)[None]

    result = ask(times, values, "Europe/Berlin", limits=limits)

    change = next(note for note in result.notes[0] if note.code is NoteCode.LIMIT_CHANGED)
    assert (change.fact("at") - times[-1]) / DAY == pytest.approx(-20, abs=0.1)


def test_a_time_zone_that_is_not_known_is_refused() -> None:
    times = instants(datetime(2026, 7, 1, tzinfo=UTC))

    with pytest.raises(ValueError, match="time zone"):
        ask(times, np.full(times.size, 5.0), "Mars/Olympus")


def test_a_time_zone_that_is_not_known_is_refused_also_where_steps_are_days() -> None:
    times = instants(datetime(2026, 7, 1, tzinfo=UTC), step=86_400)

    with pytest.raises(ValueError, match="time zone"):
        ask(times, np.full(times.size, 5.0), "Mars/Olympus")
