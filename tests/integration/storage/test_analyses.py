"""Recorded forecasts can be asked for, night by night, and are forgotten when their time has come."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from domain.finding import Chart
from domain.forecast import Exhaustion
from domain.labels import Labels
from domain.series import SeriesStatus, SourceNotes
from storage.analyses import find_analysis, list_forecasts, load_analyses, prune_analyses, prune_charts
from storage.engine import read_only, transaction
from storage.shards import record_shard
from tests.integration.storage.builders import HOLDER, NIGHT, analysis, started_run

pytestmark = pytest.mark.server

DAY = timedelta(days=1)


def a_night(engine: Engine, as_of_days: int, *names: str, **changes: Any) -> None:
    run_id = started_run(engine, as_of=NIGHT + as_of_days * DAY, job=changes.pop("job", "nightly"))
    seen = [analysis(Labels.of(instance=name, mountpoint="/"), **changes) for name in names]
    with transaction(engine) as session:
        record_shard(session, run_id, 0, holder=HOLDER, analyses=seen, notes=SourceNotes(), timings={})


def asked(engine: Engine, **how: Any) -> list[tuple[int, str]]:
    with read_only(engine) as session:
        found = list_forecasts(session, **how).items
    return sorted(((one.as_of - NIGHT).days, one.analysis.entity["instance"]) for one in found)


def test_forecasts_are_chosen_by_each_filter(engine: Engine) -> None:
    a_night(engine, 0, "a", "b")
    a_night(engine, 1, "a", watch="node/memory")
    a_night(engine, 2, "c", status=SeriesStatus.TOO_SHORT, exhaustion=Exhaustion(SeriesStatus.TOO_SHORT))
    a_night(engine, 3, "d", exhaustion=Exhaustion(SeriesStatus.OK, p50=NIGHT + 2 * DAY))
    a_night(engine, 4, "e", job="hourly")

    assert len(asked(engine)) == 6
    assert asked(engine, watch="node/memory") == [(1, "a")]
    assert asked(engine, status=SeriesStatus.TOO_SHORT) == [(2, "c")]
    assert asked(engine, before=NIGHT + 5 * DAY) == [(3, "d")]
    assert asked(engine, job="hourly") == [(4, "e")]
    assert asked(engine, entity=Labels.of(instance="a")) == [(0, "a"), (1, "a")]


def test_pages_hold_every_forecast_once_the_newest_night_first(engine: Engine) -> None:
    for day in range(3):
        a_night(engine, day, "a", "b", "c")

    nights, cursor, seen = [], None, set()
    with read_only(engine) as session:
        while True:
            page = list_forecasts(session, limit=2, cursor=cursor)
            nights += [one.as_of for one in page.items]
            seen |= {(one.run_id, one.analysis.entity) for one in page.items}
            cursor = page.next_cursor
            if cursor is None:
                break

    assert nights == sorted(nights, reverse=True)
    assert (len(nights), len(seen)) == (9, 9)


def test_forecasts_of_one_run_are_asked_for_by_it(engine: Engine) -> None:
    a_night(engine, 0, "a")
    a_night(engine, 1, "b")
    with read_only(engine) as session:
        newest = list_forecasts(session, limit=1).items[0]

        assert list_forecasts(session, run_id=newest.run_id).items == (newest,)
        assert find_analysis(session, newest.run_id, watch="node/none", entity=newest.analysis.entity) is None


def test_charts_and_then_analyses_of_old_nights_are_forgotten(engine: Engine) -> None:
    chart = Chart(times=(NIGHT,), values=(1.0,), limits=(None,))
    a_night(engine, 0, "old", chart=chart)
    a_night(engine, 5, "new", chart=chart)

    with transaction(engine) as session:
        assert prune_charts(session, before=NIGHT + DAY) == 1
        assert prune_charts(session, before=NIGHT + DAY) == 0
    assert asked(engine) == [(0, "old"), (5, "new")]

    with transaction(engine) as session:
        assert prune_analyses(session, before=NIGHT + DAY) == 1
        (kept,) = list_forecasts(session).items
        assert load_analyses(session, kept.run_id)[0].chart == chart
