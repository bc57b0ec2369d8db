"""The arrays of an analysis become analyses of entities, each with the evidence to redo it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import numpy as np
import pytest

from analyzers.exhaustion.contract import CapacityResult
from domain.finding import Analysis, Growth
from domain.forecast import Exhaustion
from domain.labels import Labels
from domain.notes import Note, NoteCode
from domain.run import Shard
from domain.series import SeriesBatch, SeriesStatus, SourceNotes
from domain.times import Grid
from domain.watch import Direction, Unit, Watch
from jobs.entities import EntityRows
from jobs.interpret import CHART_POINTS, interpret, to_exhaustion
from tests.fixtures.builders import AS_OF, make_watch

QUANTILES = (0.1, 0.5, 0.9)
STEPS = 1000
NOW = AS_OF.timestamp()
DAY = 86_400.0
HOST, OTHER = Labels.of(instance="db-1"), Labels.of(instance="db-2")


def result(**changes: Any) -> CapacityResult:
    """Two series: one that will be full in about nine days, one that rests."""
    nan = np.nan
    made = CapacityResult(
        status=(SeriesStatus.OK, SeriesStatus.OK),
        reason=("", ""),
        p10=np.array([NOW + 7 * DAY, nan]),
        p50=np.array([NOW + 9 * DAY, nan]),
        p90=np.array([NOW + 14 * DAY, nan]),
        within=np.array([[0.123456, 0.95], [0.0, 0.01]]),
        within_days=(7, 30),
        within_lead=np.array([0.05, 0.0]),
        exhausted=np.array([False, False]),
        current=np.array([72.0, 30.0]),
        limit=np.array([100.0, 100.0]),
        growth_per_day=np.array([3.0, nan]),
        growth_since=np.array([NOW - 5 * DAY, nan]),
        method=("robust_trend", "level"),
        backtest_score=np.array([0.6, nan]),
        oversized_by=np.array([nan, 50.0]),
        fan_times=NOW + DAY * np.arange(1.0, 4.0),
        fan=np.tile(np.array([[75.0], [76.0], [77.0]]), (2, 1, 3)),
        notes=((Note(NoteCode.OUTLIERS, (("count", 3.0),)),), ()),
    )
    return replace(made, **changes)


def values() -> Any:
    rising = np.linspace(40.0, 72.0, STEPS)
    rising[100:110] = np.nan
    return np.vstack([rising, np.full(STEPS, 30.0)])


def interpreted(
    found: CapacityResult | None = None,
    *,
    watch: Watch | None = None,
    rows: Any = None,
    earlier: dict[int, Exhaustion] | None = None,
) -> tuple[Analysis, ...]:
    data = values() if rows is None else rows
    grid = Grid.ending(AS_OF, 300, data.shape[1])
    batch = SeriesBatch((HOST, OTHER), grid, data, SourceNotes(warnings=("slow",)))
    entity_rows = EntityRows((HOST, OTHER), (Labels.of(team="data"), Labels()), data, (1, 1))
    shard = Shard(0, "node/filesystem-space", query="used{}", limit_query="size{}")
    return interpret(
        watch or make_watch(),
        shard,
        "prometheus",
        batch,
        entity_rows,
        np.full_like(data, 100.0),
        found or result(),
        QUANTILES,
        earlier or {},
    )


def test_each_entity_has_its_analysis_with_the_evidence_to_redo_it() -> None:
    fills, rests = interpreted()

    assert (fills.entity, fills.labels, fills.watch) == (HOST, Labels.of(team="data"), "node/filesystem-space")
    evidence = fills.evidence
    assert (evidence.source, evidence.query, evidence.limit_query) == ("prometheus", "used{}", "size{}")
    assert (evidence.start, evidence.end) == (AS_OF - timedelta(seconds=300 * (STEPS - 1)), AS_OF)
    assert (evidence.samples_seen, evidence.samples_expected) == (STEPS - 10, STEPS)
    assert (evidence.current, evidence.limit, evidence.backtest_score) == (72.0, 100.0, 0.6)
    assert evidence.growth == Growth(3.0, AS_OF - timedelta(days=5))
    assert (evidence.notes[0].code, evidence.warnings) == (NoteCode.OUTLIERS, ("slow",))
    assert (rests.entity, rests.evidence.growth, rests.evidence.backtest_score) == (OTHER, None, None)


def test_quantiles_are_instants_and_what_is_not_within_the_horizon_is_none() -> None:
    fills, rests = (to_exhaustion(result(), row) for row in (0, 1))

    assert fills.p50 == datetime.fromtimestamp(NOW + 9 * DAY, UTC)
    assert (rests.p10, rests.p50, rests.p90) == (None, None, None)
    assert fills.within == ((7, 0.1235), (30, 0.95))


def test_probabilities_that_are_not_known_are_left_out_and_never_not_a_number() -> None:
    """Beyond the horizon nothing is known."""
    nowhere = result(within=np.array([[0.59, np.nan], [np.nan, np.nan]]), within_lead=np.full(2, np.nan))

    near, unknown = (to_exhaustion(nowhere, row) for row in (0, 1))

    assert (near.within, near.within_lead_time) == (((7, 0.59),), 0.0)
    assert (near.probability(7), near.probability(30)) == (0.59, None)
    assert unknown.within == ()
    assert b"null" not in msgspec.json.encode(near.within)  # as which a NaN would be stored


def test_a_picture_is_kept_of_what_may_happen_though_later_days_are_not_known() -> None:
    fills, rests = interpreted(result(within=np.array([[0.06, np.nan], [0.01, np.nan]]), p10=np.full(2, np.nan)))

    assert fills.chart is not None
    assert rests.chart is None


def test_only_where_something_may_happen_a_picture_is_kept() -> None:
    fills, rests = interpreted()

    assert fills.chart is not None
    assert rests.chart is None


def test_what_could_be_given_back_is_told_where_the_limit_can_be_made_smaller() -> None:
    told, untold = (interpreted(watch=make_watch(give_back=wanted)) for wanted in (True, False))

    assert [one.oversized_by for one in told] == [None, 50.0]
    assert [one.oversized_by for one in untold] == [None, None]


def test_cores_are_given_back_whole() -> None:
    machines = make_watch(give_back=True, unit=Unit.CORES)

    found = interpreted(result(oversized_by=np.array([0.4, 2.7])), watch=machines)

    assert [one.oversized_by for one in found] == [None, 2.0]


@pytest.mark.parametrize(("direction", "peak"), [(Direction.UP, 70.0), (Direction.DOWN, 25.0)])
def test_what_is_judged_by_its_peaks_says_where_they_lately_are(direction: Direction, peak: float) -> None:
    data = np.full((2, 10 * 288), 40.0)
    data[0, 12::288], data[0, 24::288] = 70.0, 25.0  # every day
    data[0, 100], data[0, -100], data[0, -90] = 90.0, 400.0, 1.0  # long ago; wrong samples
    by_peaks = result(notes=((Note(NoteCode.PEAKS),), ()))

    peaks, rests = interpreted(by_peaks, watch=make_watch(direction=direction), rows=data)

    assert (peaks.evidence.peak, rests.evidence.peak) == (peak, None)


@pytest.mark.parametrize(
    ("daily", "peak"),
    [([60, 61, 90, 80, 75, 60, 61, 62, 63, 64], 75.0), ([70, 60], 60.0), ([70], 70.0)],
    ids=["a week of ten days", "two days", "a day alone"],
)
@pytest.mark.parametrize("missing", [0, 200])
def test_the_peak_is_that_of_the_last_weeks_second_highest_day(daily: list[float], peak: float, missing: int) -> None:
    data = np.full((2, len(daily) * 288), 40.0)
    data[:, 250::288] = daily
    by_peaks = result(notes=((Note(NoteCode.PEAKS),), ()))

    found = interpreted(by_peaks, rows=data[:, missing:])[0]

    assert found.evidence.peak == peak


def test_a_young_series_says_how_long_it_still_has_to_be_seen() -> None:
    young = values()
    young[1, : STEPS - 288] = np.nan  # a day of five minutes, of the three days that are needed
    found = result(status=(SeriesStatus.OK, SeriesStatus.TOO_SHORT))

    fills, too_short = interpreted(found, rows=young)

    assert too_short.evidence.notes == (Note(NoteCode.WARMING_UP, (("days", 2.0),)),)
    assert NoteCode.WARMING_UP not in {note.code for note in fills.evidence.notes}


def test_what_is_exhausted_already_has_a_picture_too() -> None:
    full = result(exhausted=np.array([False, True]))

    assert interpreted(full)[1].chart is not None


@pytest.mark.parametrize(("direction", "worst"), [(Direction.UP, 99.0), (Direction.DOWN, 1.0)])
def test_thinning_a_picture_keeps_the_worst_value(direction: Direction, worst: float) -> None:
    data = values()
    data[0, 777], data[0, 333] = 99.0, 1.0

    chart = interpreted(watch=make_watch(direction=direction), rows=data)[0].chart

    assert chart is not None
    assert len(chart.times) == len(chart.values) == len(chart.limits) <= CHART_POINTS
    assert worst in chart.values
    assert chart.times[-1] == AS_OF


def test_a_gap_in_a_picture_is_a_gap() -> None:
    data = values()
    data[0, 500:600] = np.nan

    chart = interpreted(rows=data)[0].chart

    assert chart is not None
    assert None in chart.values


@pytest.mark.parametrize(
    "steps", [1, 2, CHART_POINTS - 1, CHART_POINTS, CHART_POINTS + 1, 2 * CHART_POINTS, 2 * CHART_POINTS + 1]
)
def test_pictures_of_any_length_end_now(steps: int) -> None:
    chart = interpreted(rows=values()[:, -steps:])[0].chart

    assert chart is not None
    assert chart.times[-1] == AS_OF
    assert len(set(chart.times)) == len(chart.values) <= CHART_POINTS


def test_a_picture_has_the_forecast_with_its_quantiles() -> None:
    chart = interpreted()[0].chart

    assert chart is not None
    assert chart.forecast is not None
    assert chart.forecast.quantiles == QUANTILES
    assert chart.forecast.values == ((75.0,) * 3, (76.0,) * 3, (77.0,) * 3)


def test_a_forecast_that_is_not_finite_is_left_out() -> None:
    broken = result().fan.copy()
    broken[0, 2, 1] = np.inf

    chart = interpreted(result(fan=broken))[0].chart

    assert chart is not None
    assert chart.forecast is None


def test_what_yesterday_said_is_kept_beside_it() -> None:
    yesterday = to_exhaustion(result(), 0)

    assert [one.earlier for one in interpreted(earlier={0: yesterday})] == [yesterday, None]


def test_numbers_have_nine_digits_on_every_machine() -> None:
    found = result(current=np.array([72.12345678901234, np.inf]))

    fills, rests = interpreted(found)

    assert (fills.evidence.current, rests.evidence.current) == (72.1234568, None)
