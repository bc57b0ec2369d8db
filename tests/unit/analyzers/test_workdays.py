"""Holidays in the history: what rested over them is judged as if it had not, and nothing else is touched."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from numpy.typing import NDArray

from analyzers.calendars import public_holidays, special_steps
from analyzers.workdays import as_usual
from tests.fixtures.exhaustion import Floats, ask, days_until, noise, probability

HOUR = 3600.0
DAYS = 45
TAIPEI = ZoneInfo("Asia/Taipei")
HOLIDAYS = public_holidays("TW", [2026])  # the new year of the lunar calendar: 15 to 20 February, and the 27th
ENDS = [datetime(2026, month, day, 2, tzinfo=TAIPEI) for month, day in ((2, 23), (2, 26), (3, 2), (3, 5), (3, 12))]


def moments(end: datetime) -> list[datetime]:
    return [end - timedelta(hours=back) for back in range(DAYS * 24 - 1, -1, -1)]


def special(end: datetime) -> NDArray[np.bool_]:
    start = end.timestamp() - (DAYS * 24 - 1) * HOUR
    return special_steps(start, HOUR, DAYS * 24, HOLIDAYS - {end.date()}, "Asia/Taipei")


def load(end: datetime, free: frozenset[date] = HOLIDAYS) -> Floats:
    """One in the office hours of working days, else zero."""
    return np.array([float(m.weekday() < 5 and 9 <= m.hour < 18 and m.date() not in free) for m in moments(end)])


@pytest.mark.parametrize("end", ENDS, ids=lambda end: f"{end:%d %b}")
def test_a_load_that_comes_back_from_a_holiday_does_not_grow(end: datetime) -> None:
    values = 20 + 60 * load(end) + noise(5, DAYS * 24, 0.5)

    usual = as_usual(values[None], HOUR, special(end), 1.0)

    result = ask(usual.values)
    assert usual.replaced[0] >= 5
    assert np.isnan(result.p10[0])
    assert probability(result, 30) < 0.05


def test_growth_is_seen_through_a_holiday() -> None:
    end = ENDS[-1]
    days = np.arange(1 - DAYS * 24, 1) / 24
    values = 20 + load(end) * (60 + 0.8 * days) + noise(5, DAYS * 24, 0.5)

    usual = as_usual(values[None], HOUR, special(end), 1.0)

    assert days_until(ask(usual.values).p50)[0] == pytest.approx(24, abs=6)


@pytest.mark.parametrize("kind", ["growth", "a load that knows no holidays", "busier on holidays"])
def test_what_is_not_quiet_on_holidays_is_left_as_it_is(kind: str) -> None:
    end = ENDS[2]
    busy = 20 + 30 * load(end, frozenset())
    values = {
        "growth": 80 + np.arange(1 - DAYS * 24, 1) / 24,
        "a load that knows no holidays": busy,
        "busier on holidays": busy + 25 * special(end),
    }[kind] + noise(6, DAYS * 24, 0.4)

    usual = as_usual(values[None], HOUR, special(end), 1.0)

    assert usual.replaced[0] == 0
    np.testing.assert_array_equal(usual.values[0], values)


def test_a_free_amount_is_quiet_the_other_way() -> None:
    end = ENDS[2]
    used = 20 + 60 * load(end) + noise(7, DAYS * 24, 0.5)

    up, down = as_usual(used[None], HOUR, special(end), 1.0), as_usual(100 - used[None], HOUR, special(end), -1.0)

    assert up.replaced[0] == down.replaced[0] > 0
    np.testing.assert_allclose(100 - down.values, up.values)
    assert as_usual(100 - used[None], HOUR, special(end), 1.0).replaced[0] == 0


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_work_that_was_put_on_a_holiday_is_seen(sign: float) -> None:
    end = ENDS[-1]
    values = 10 + 20 * load(end) + noise(5, DAYS * 24, 0.5)
    work = [i for i, moment in enumerate(moments(end)) if moment.date() == date(2026, 2, 17) and 1 <= moment.hour < 7]
    values[work] = 85.0

    usual = as_usual(sign * values[None], HOUR, special(end), sign)

    assert usual.replaced[0] >= 5
    np.testing.assert_array_equal(usual.values[0, work], sign * 85.0)
    assert np.count_nonzero(sign * usual.values[0] > 50) == len(work)
    if sign > 0:
        assert np.isnan(ask(usual.values).oversized_by[0])


def test_each_series_is_judged_alone_and_what_was_not_seen_stays_unseen() -> None:
    end = ENDS[2]
    quiet, other = 20 + 60 * load(end) + noise(8, DAYS * 24, 0.5), 80 + noise(9, DAYS * 24, 0.5)
    gone = np.full(DAYS * 24, np.nan)
    gaps = quiet.copy()
    gaps[500:530] = np.nan

    usual = as_usual(np.stack([quiet, other, gone, gaps]), HOUR, special(end), 1.0)

    assert usual.replaced.tolist() == [8, 0, 0, 8]
    assert np.isnan(usual.values[3, 500:530]).all()
    np.testing.assert_array_equal(usual.values[1], other)


def rest(steps: int, days: tuple[int, ...]) -> tuple[Floats, NDArray[np.bool_]]:
    """A load of office hours that begins on a Monday and rests on some days; and which steps these are."""
    step = np.arange(steps)
    free = np.isin(step // 24, days)
    busy = (step // 24 % 7 < 5) & (step % 24 > 8) & (step % 24 < 18) & ~free
    return 20 + 60.0 * busy + noise(10, steps, 0.3), free


def test_holidays_of_the_first_week_are_told_as_the_others_are() -> None:
    values, free = rest(28 * 24, (1, 2, 16, 17))

    usual = as_usual(values[None], HOUR, free, 1.0)

    assert np.unique(np.flatnonzero(usual.values[0] != values) // 24).tolist() == [1, 2, 16, 17]
    assert usual.replaced.tolist() == [4]


def test_days_that_follow_each_other_and_were_half_seen_are_days_each() -> None:
    values, free = rest(28 * 24, (14, 15, 16))
    values[::2] = np.nan

    assert as_usual(values[None], HOUR, free, 1.0).replaced.tolist() == [3]


def test_a_young_series_is_judged_as_it_is_alone() -> None:
    values, free = rest(42 * 24, (1, 15, 17, 23, 25))
    young = values.copy()
    young[: 14 * 24] = np.nan

    together = as_usual(np.stack([values, young]), HOUR, free, 1.0)

    alone = as_usual(young[None, 14 * 24 :], HOUR, free[14 * 24 :], 1.0)
    assert together.replaced.tolist() == [5, alone.replaced[0]] == [5, 4]
    np.testing.assert_array_equal(together.values[1, 14 * 24 :], alone.values[0])


@pytest.mark.parametrize("since", [8, 9, 10, 11])
def test_one_holiday_alone_is_no_growth(since: int) -> None:
    """A dragon boat festival in the window: the flat load was told to fill a week later."""
    values, free = rest((21 + since) * 24 + 2, (21,))
    load = 20 + 1.25 * (values - 20)

    usual = as_usual(load[None], HOUR, free, 1.0)

    assert usual.replaced.tolist() == [1]
    assert probability(ask(usual.values), 30) < 0.2


@pytest.mark.parametrize("days", [3.0, 5.3])
def test_one_day_of_what_goes_up_and_down_by_itself_is_quiet_by_chance(days: float) -> None:
    hours = np.arange(30 * 24)
    for day in range(10, 24):
        teeth = 30 + 40 * (hours / 24 / days % 1) + noise(day, hours.size, 0.3)
        assert as_usual(teeth[None], HOUR, hours // 24 == day, 1.0).replaced[0] == 0


def test_one_quiet_day_of_many_proves_nothing() -> None:
    end = ENDS[2]
    one = special_steps(moments(end)[0].timestamp(), HOUR, DAYS * 24, [date(2026, 2, 17)], "Asia/Taipei")

    assert as_usual((20 + 60 * load(end))[None], HOUR, one, 1.0).replaced[0] == 0


@pytest.mark.parametrize(("days", "count"), [((14,), 1), ((14, 15), 2), ((12, 14), 2)])
def test_a_holiday_on_which_the_clocks_go_back_is_one_day(days: tuple[int, ...], count: int) -> None:
    values, free = rest(28 * 24, days)
    hours = np.sort(np.r_[np.arange(28 * 24), 14 * 24 + 2])  # one comes twice

    assert as_usual(values[None, hours], HOUR, free[hours], 1.0).replaced.tolist() == [count]


def test_days_of_a_week_that_is_no_whole_number_of_steps_are_left_alone() -> None:
    values = np.ones((1, 100))

    assert as_usual(values, 5 * 86400.0, np.ones(100, dtype=np.bool_), 1.0).replaced[0] == 0
