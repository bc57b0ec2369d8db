"""Interpret: the arrays of a capacity analysis become analyses of entities, each with its evidence. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from analyzers.capacity import CapacityResult
from domain.finding import Analysis, Chart, Evidence, Growth
from domain.forecast import Exhaustion, Forecast
from domain.notes import Note, NoteCode
from domain.run import Shard
from domain.series import SeriesBatch, SeriesStatus
from domain.times import from_epoch
from domain.watch import Direction, Unit, Watch
from jobs.entities import EntityRows

FloatArray = NDArray[np.float64]
EXPECTING = 0.05  # from this probability on, something may happen: a chart is kept, and yesterday is asked too
CHART_POINTS = 240
DAY_SECONDS = 86_400


def interpret(
    watch: Watch,
    shard: Shard,
    source: str,
    batch: SeriesBatch,
    rows: EntityRows,
    limits: FloatArray,
    result: CapacityResult,
    quantiles: tuple[float, ...],
    earlier: Mapping[int, Exhaustion],
) -> tuple[Analysis, ...]:
    """One analysis per entity, in the order of the entities."""
    seen = np.count_nonzero(~np.isnan(rows.values), axis=1)
    analyses = []
    for row, entity in enumerate(rows.entities):
        exhaustion = to_exhaustion(result, row)
        drawn = _chart(watch, batch, rows.values[row], limits[row]) if _drawn(exhaustion) else None
        evidence = Evidence(
            source=source,
            query=shard.query,
            limit_query=shard.limit_query,
            start=from_epoch(batch.grid.start),
            end=from_epoch(batch.grid.end),
            step_seconds=batch.grid.step,
            samples_seen=int(seen[row]),
            samples_expected=batch.grid.steps,
            method=result.method[row],
            backtest_score=_number(result.backtest_score[row]),
            current=_number(result.current[row]),
            limit=_number(result.limit[row]),
            growth=_growth(result, row),
            peak=_peak(watch, batch, rows.values[row]) if _by_peaks(result, row) else None,
            notes=result.notes[row] + _warming_up(watch, batch, rows.values[row], result.status[row]),
            warnings=batch.notes.warnings,
        )
        analyses.append(
            Analysis(
                watch=watch.key,
                entity=entity,
                status=SeriesStatus(result.status[row]),
                exhaustion=exhaustion,
                evidence=evidence,
                oversized_by=_given_back(result.oversized_by[row], watch),
                earlier=earlier.get(row),
                labels=rows.labels[row],
                chart=None if drawn is None else replace(drawn, forecast=_fan(result, row, quantiles)),
            )
        )
    return tuple(analyses)


def to_exhaustion(result: CapacityResult, row: int) -> Exhaustion:
    """One row of a capacity analysis as an exhaustion."""
    return Exhaustion(
        status=SeriesStatus(result.status[row]),
        p10=_moment(result.p10[row]),
        p50=_moment(result.p50[row]),
        p90=_moment(result.p90[row]),
        within=tuple(
            (days, round(float(probability), 4))
            for days, probability in zip(result.within_days, result.within[row], strict=True)
            if np.isfinite(probability)
        ),
        within_lead_time=round(float(np.nan_to_num(result.within_lead[row])), 4),
        exhausted=bool(result.exhausted[row]),
        reason=result.reason[row],
    )


def _drawn(exhaustion: Exhaustion) -> bool:
    return (
        exhaustion.exhausted
        or exhaustion.p10 is not None
        or any(probability >= EXPECTING for _, probability in exhaustion.within)
    )


def _chart(watch: Watch, batch: SeriesBatch, values: FloatArray, limits: FloatArray) -> Chart:
    """The series thinned to the worst value of each bucket: a picture that hides a peak would hide the trouble."""
    steps = batch.grid.steps
    size = max(1, -(-steps // CHART_POINTS))
    padding = -steps % size
    reduce = np.fmax.reduce if watch.direction is Direction.UP else np.fmin.reduce
    shown = _buckets(values, size, padding)
    thinned = reduce(shown, axis=1)
    ceiling = _buckets(np.asarray(limits, dtype=np.float64), size, padding)[:, -1]
    ends = batch.grid.times[size - 1 - padding :: size]
    return Chart(
        times=tuple(from_epoch(moment) for moment in ends),
        values=tuple(_number(value) for value in thinned),
        limits=tuple(_number(value) for value in ceiling),
    )


def _buckets(values: FloatArray, size: int, padding: int) -> FloatArray:
    padded = np.concatenate([np.full(padding, np.nan), values])
    return padded.reshape(-1, size)


def _fan(result: CapacityResult, row: int, quantiles: tuple[float, ...]) -> Forecast | None:
    fan = result.fan[row]
    if result.status[row] not in (SeriesStatus.OK, SeriesStatus.CONSTANT) or not np.isfinite(fan).all():
        return None
    return Forecast(
        times=tuple(from_epoch(moment) for moment in result.fan_times),
        quantiles=quantiles,
        values=tuple(tuple(_rounded(value) for value in quantile) for quantile in fan),
    )


def _growth(result: CapacityResult, row: int) -> Growth | None:
    per_day = _number(result.growth_per_day[row])
    return None if per_day is None else Growth(per_day, _moment(result.growth_since[row]))


def _warming_up(watch: Watch, batch: SeriesBatch, values: FloatArray, status: SeriesStatus) -> tuple[Note, ...]:
    """How long a young series still has to be seen, in tenths of a day, rounded up."""
    seen = np.flatnonzero(np.isfinite(values))
    if status is not SeriesStatus.TOO_SHORT or not seen.size:
        return ()
    wanted = watch.minimum_history.total_seconds() - (values.size - seen[0]) * batch.grid.step
    days = math.ceil(10 * wanted / DAY_SECONDS - 1e-9) / 10
    return (Note(NoteCode.WARMING_UP, (("days", max(days, 0.1)),)),)


def _given_back(amount: float, watch: Watch) -> float | None:
    """What could be given back, if that can be done at all; of what is counted, whole ones."""
    whole = watch.unit in (Unit.CORES, Unit.COUNT)
    found = _number(np.floor(amount) if whole else amount) if watch.give_back else None
    return found or None


def _by_peaks(result: CapacityResult, row: int) -> bool:
    return any(note.code is NoteCode.PEAKS for note in result.notes[row])


def _peak(watch: Watch, batch: SeriesBatch, values: FloatArray) -> float | None:
    """The second highest (downward: lowest) daily peak of the last week: one wrong sample changes nothing."""
    per_day = max(1, round(DAY_SECONDS / batch.grid.step))
    week = values[-7 * per_day :]
    days = _buckets(week, per_day, -len(week) % per_day)
    if watch.direction is Direction.DOWN:
        lows = np.fmin.reduce(days, axis=1)
        found = np.sort(lows[np.isfinite(lows)])[:2]
    else:
        highs = np.fmax.reduce(days, axis=1)
        found = -np.sort(-highs[np.isfinite(highs)])[:2]
    return _number(found[-1]) if found.size else None


def _moment(seconds: float) -> datetime | None:
    return from_epoch(round(float(seconds))) if np.isfinite(seconds) else None


def _number(value: float) -> float | None:
    return _rounded(value) if np.isfinite(value) else None


def _rounded(value: float) -> float:
    """Nine significant digits: more than any metric has, and the same bits wherever they were computed."""
    return float(f"{float(value):.9g}")
