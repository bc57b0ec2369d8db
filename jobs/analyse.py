"""Fetch and analyse one shard: what a worker does. It reads the source and writes nothing."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from analyzers.calendars import special_steps
from analyzers.capacity import CapacityParameters, CapacityResult, analyse_capacity
from domain.finding import Analysis
from domain.forecast import Exhaustion
from domain.run import Shard
from domain.series import SeriesBatch, SourceNotes
from domain.times import Grid
from domain.watch import Watch
from jobs.ahead import days_asked, lead_ahead, looked_ahead
from jobs.entities import align_limits, by_entity
from jobs.interpret import EXPECTING, interpret, to_exhaustion
from jobs.plan import steps_of
from sources.base import Source
from sources.errors import SourceError, SourceUnavailable

FloatArray = NDArray[np.float64]
HELD_BACK = timedelta(days=1)  # what is cut off for the look at what yesterday's run would have said


@dataclass(frozen=True, slots=True)
class ShardResult:
    """What came of one shard. `reason` is empty when it worked; then `analyses` has one row per entity.

    `away` is the error of a source that could not be reached or did not answer.
    """

    shard: Shard
    analyses: tuple[Analysis, ...] = ()
    notes: SourceNotes = field(default_factory=SourceNotes)
    reason: str = ""
    fetch_seconds: float = 0.0
    analyse_seconds: float = 0.0
    away: SourceUnavailable | None = None


def run_shard(
    shard: Shard,
    watch: Watch,
    source: Source,
    as_of: datetime,
    timezone: str,
    tell_within: timedelta,
    holidays: frozenset[date] = frozenset(),
) -> ShardResult:
    """Fetch a shard's history up to `as_of` and analyse it. A source that fails gives a result with its reason."""
    grid = Grid.ending(as_of, int(watch.step.total_seconds()), steps_of(watch))
    started = time.perf_counter()
    try:
        batch = source.fetch(shard.query, grid)
        limits = None if shard.limit_query is None else source.fetch(shard.limit_query, grid)
    except SourceError as error:
        return ShardResult(shard, reason=str(error), fetch_seconds=time.perf_counter() - started, away=_away(error))
    fetched = time.perf_counter()
    analyses = analyse_batch(watch, shard, source.name, batch, limits, timezone, tell_within, holidays)
    done = time.perf_counter()
    notes = batch.notes if limits is None else add_notes(batch.notes, limits.notes)
    return ShardResult(shard, analyses, notes, "", fetched - started, done - fetched)


def _away(error: SourceError) -> SourceUnavailable | None:
    """The error of a source that is away, as a copy: the error itself keeps alive what was fetched when it came."""
    return SourceUnavailable(error.problem, **error.facts()) if isinstance(error, SourceUnavailable) else None


def analyse_batch(
    watch: Watch,
    shard: Shard,
    source: str,
    batch: SeriesBatch,
    limits: SeriesBatch | None,
    timezone: str,
    tell_within: timedelta,
    holidays: frozenset[date] = frozenset(),
) -> tuple[Analysis, ...]:
    """The analyses of a batch, one per entity, in the order of the entities. Pure.

    `tell_within` is the policy's: the probability at its end is among those that are worked out.
    """
    rows = by_entity(batch, watch)
    if not rows.entities:
        return ()
    limit_values = align_limits(rows, limits, watch)
    times = batch.grid.times
    parameters = capacity_parameters(watch, timezone, tell_within)
    special = special_steps(batch.grid.start, float(batch.grid.step), batch.grid.steps, holidays, timezone)
    result = analyse_capacity(times, rows.values, limit_values, parameters, special)
    earlier = _as_of_yesterday(times, rows.values, limit_values, parameters, special, result)
    return interpret(watch, shard, source, batch, rows, limit_values, result, parameters.quantiles, earlier)


def capacity_parameters(watch: Watch, timezone: str, tell_within: timedelta) -> CapacityParameters:
    """What the capacity analysis has to know of a watch, and of how far ahead policy tells."""
    return CapacityParameters(
        direction=watch.direction,
        measure=watch.measure,
        horizon_seconds=looked_ahead(watch).total_seconds(),
        lead_seconds=lead_ahead(watch).total_seconds(),
        minimum_history_seconds=watch.minimum_history.total_seconds(),
        lower=watch.lower,
        upper=watch.upper,
        capped=watch.capped,
        within_days=days_asked(watch, tell_within),
        timezone=timezone,
    )


def _as_of_yesterday(
    times: FloatArray,
    values: FloatArray,
    limits: FloatArray,
    parameters: CapacityParameters,
    special: NDArray[np.bool_],
    result: CapacityResult,
) -> dict[int, Exhaustion]:
    """By row, what the same analysis says without the newest day; only for rows where something may happen.

    A claim that yesterday's history supports too need not wait for a second run to be believed.
    """
    step = times[1] - times[0] if len(times) > 1 else 1.0
    cut = int(HELD_BACK.total_seconds() // step)
    likely = np.nan_to_num(result.within).max(axis=1, initial=0.0) >= EXPECTING  # what is not known is NaN
    rows = np.flatnonzero(likely | result.exhausted)
    if not len(rows) or cut < 1 or len(times) - cut < 2:
        return {}
    held = replace(parameters, minimum_history_seconds=parameters.minimum_history_seconds / 2)
    before = analyse_capacity(times[:-cut], values[rows, :-cut], limits[rows, :-cut], held, special[:-cut])
    return {int(row): to_exhaustion(before, index) for index, row in enumerate(rows)}


def add_notes(first: SourceNotes, second: SourceNotes) -> SourceNotes:
    """What two answers said, together."""
    return SourceNotes(
        warnings=tuple(dict.fromkeys(first.warnings + second.warnings)),
        infos=tuple(dict.fromkeys(first.infos + second.infos)),
        partial=first.partial or second.partial,
        missing=first.missing + second.missing,
        requests=first.requests + second.requests,
        samples=first.samples + second.samples,
        seconds=first.seconds + second.seconds,
    )
