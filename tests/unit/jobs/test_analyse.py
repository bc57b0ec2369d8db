"""A batch is analysed in the service's own time zone, with its holidays; what is told of now stays what was seen."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from numpy.typing import NDArray

from analyzers.calendars import public_holidays
from analyzers.capacity import CapacityResult, analyse_capacity
from domain.finding import Analysis
from domain.labels import Labels
from domain.notes import NoteCode
from domain.run import Shard
from domain.series import SeriesBatch
from domain.times import Grid
from domain.watch import Limit
from jobs.analyse import analyse_batch
from tests.fixtures.builders import make_watch
from tests.fixtures.exhaustion import noise

TAIPEI = "Asia/Taipei"
AS_OF = datetime(2026, 3, 5, 2, tzinfo=ZoneInfo(TAIPEI))  # two weeks after the new year of the lunar calendar
HOLIDAYS = public_holidays("TW", [2026])
WATCH = make_watch(limit=Limit(value=100.0))
MONTH = timedelta(days=30)


def office() -> NDArray[np.float64]:
    """A load of office hours that rests on holidays, in hours up to `AS_OF`, and one that always rises."""
    local = [datetime.fromtimestamp(AS_OF.timestamp() - 3600 * back, ZoneInfo(TAIPEI)) for back in range(719, -1, -1)]
    busy = [float(at.weekday() < 5 and 9 <= at.hour < 18 and at.date() not in HOLIDAYS) for at in local]
    load = 20 + 60 * np.array(busy) + noise(5, 720, 0.5)
    return np.stack([load, 80 + np.arange(-719.0, 1) / 24 + noise(6, 720, 0.3)])


def analysed(holidays: frozenset[date] = frozenset()) -> tuple[Analysis, ...]:
    values = office()
    labels = (Labels.of(instance="a", mountpoint="/"), Labels.of(instance="b", mountpoint="/"))
    batch = SeriesBatch(labels, Grid.ending(AS_OF, 3600, values.shape[1]), values)
    shard = Shard(0, WATCH.key, query="used{}")
    return analyse_batch(WATCH, shard, "prometheus", batch, None, TAIPEI, MONTH, holidays)


def holidays_of(analysis: Analysis) -> list[float]:
    return [note.fact("count") for note in analysis.evidence.notes if note.code is NoteCode.SPECIAL_DAYS]


def test_a_load_that_comes_back_from_holidays_is_no_trouble_and_says_which_days_were_taken_as_usual() -> None:
    load, rises = analysed(holidays=HOLIDAYS)

    assert load.exhaustion.p10 is None
    assert holidays_of(load) == [8.0]
    assert holidays_of(rises) == []
    assert rises.exhaustion.p50 is not None


def test_without_a_calendar_no_day_is_taken_for_another() -> None:
    load, rises = analysed()

    assert holidays_of(load) == holidays_of(rises) == []


def test_what_is_told_of_now_is_what_was_seen() -> None:
    load, rises = analysed(holidays=HOLIDAYS)

    assert [load.evidence.current, rises.evidence.current] == [pytest.approx(value[-1]) for value in office()]


def disk(left: float, horizon: timedelta, tell_within: timedelta) -> Analysis:
    """A disk that grows by a hundredth a day and has so many days left."""
    watch = make_watch(limit=Limit(value=100.0), horizon=horizon)
    values = 100 - left + np.arange(-719.0, 1)[None] / 24 + noise(6, 720, 0.05)
    batch = SeriesBatch((Labels.of(instance="a", mountpoint="/"),), Grid.ending(AS_OF, 3600, 720), values)
    (analysis,) = analyse_batch(watch, Shard(0, watch.key, query="used{}"), "p", batch, None, TAIPEI, tell_within)
    return analysis


def test_the_probability_at_the_end_of_what_is_told_is_worked_out() -> None:
    days, last = zip(*disk(9.3, timedelta(days=60), timedelta(days=10)).exhaustion.within, strict=True)

    assert days == (3, 7, 10, 14, 30, 60)
    assert last[1] < 0.5
    assert last[2] > 0.9


def test_of_days_beyond_the_horizon_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of these the analysis says NaN."""

    def analyse_no_further(*given: Any) -> CapacityResult:
        found, horizon = analyse_capacity(*given), given[3].horizon_seconds / 86_400
        within = np.where(np.array(found.within_days) > horizon, np.nan, found.within)
        return replace(found, within=within)

    monkeypatch.setattr("jobs.analyse.analyse_capacity", analyse_no_further)

    found = disk(14.03, timedelta(days=14), MONTH)

    assert [day for day, _ in found.exhaustion.within] == [3, 7, 14]
    assert found.earlier is not None
    assert [day for day, _ in found.earlier.within] == [3, 7, 14]
    assert found.chart is not None
