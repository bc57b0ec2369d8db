"""Analyses: what each run said of each entity. They are read back when a run is resumed, and when its day has come."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, literal, select, tuple_, update

from domain.finding import Analysis, Chart
from domain.labels import Labels
from domain.series import SeriesStatus
from storage.bulk import upsert_rows
from storage.engine import ReadSession, WriteSession
from storage.paging import Page, bounded, decode_cursor, make_page
from storage.tables import AnalysisRow, RunRow

_COLUMNS = (
    "run_id", "watch", "entity_key", "entity", "shard_index", "position", "status", "exhausted", "p10", "p50", "p90",
    "within_lead_time", "method", "backtest_score", "current_value", "limit_value", "body", "chart",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class RecordedForecast:
    """An analysis with the run that made it. Its chart is left out in lists."""

    run_id: UUID
    job: str
    as_of: datetime
    analysis: Analysis


def entity_key(watch: str, entity: Labels) -> UUID:
    """A short name of an entity under a watch, for keys and look-ups."""
    text = json.dumps([watch, list(entity.pairs)], ensure_ascii=True, separators=(",", ":"))
    return UUID(bytes=hashlib.sha256(text.encode()).digest()[:16])


def insert_analyses(session: WriteSession, run_id: UUID, shard_index: int, analyses: Sequence[Analysis]) -> int:
    """Write the analyses of a shard; one of an entity that the run has already takes the place of the other."""
    rows = _rows(run_id, shard_index, analyses)
    return upsert_rows(session, AnalysisRow.__table__, _COLUMNS, rows, key=("run_id", "watch", "entity_key"))


def load_analyses(session: ReadSession, run_id: UUID) -> list[Analysis]:
    """All analyses of a run, in the order of its shards: exactly what was recorded."""
    statement = (
        select(AnalysisRow.body, AnalysisRow.chart)
        .where(AnalysisRow.run_id == run_id)
        .order_by(AnalysisRow.shard_index, AnalysisRow.position)
    )
    return [_analysis(body, chart) for body, chart in session.execute(statement)]


def find_analysis(session: ReadSession, run_id: UUID, *, watch: str, entity: Labels) -> Analysis | None:
    """What a run said of one entity, with its chart."""
    row = session.get(AnalysisRow, (run_id, watch, entity_key(watch, entity)))
    return None if row is None else _analysis(row.body, row.chart)


def list_forecasts(
    session: ReadSession,
    *,
    run_id: UUID | None = None,
    job: str | None = None,
    watch: str | None = None,
    status: SeriesStatus | None = None,
    entity: Labels | None = None,
    before: datetime | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[RecordedForecast]:
    """Recorded forecasts, newest `as_of` first, by watch and entity within a run.

    `entity` are labels that the entity has among others; `before`: whose median crossing is before that.
    Raises `BadCursor`.
    """
    key = (RunRow.as_of, AnalysisRow.run_id, AnalysisRow.watch, AnalysisRow.entity_key)
    statement = (
        select(AnalysisRow.body, RunRow.job, *key)
        .join(RunRow, RunRow.id == AnalysisRow.run_id)
        .order_by(*(part.desc() for part in key))
        .limit(bounded(limit) + 1)
    )
    if run_id is not None:
        statement = statement.where(AnalysisRow.run_id == run_id)
    if job is not None:
        statement = statement.where(RunRow.job == job)
    if watch is not None:
        statement = statement.where(AnalysisRow.watch == watch)
    if status is not None:
        statement = statement.where(AnalysisRow.status == status.value)
    if entity:
        statement = statement.where(AnalysisRow.entity.contains(dict(entity)))
    if before is not None:
        statement = statement.where(AnalysisRow.p50 < before)
    if cursor is not None:
        parts = decode_cursor(cursor, datetime, UUID, str, UUID)
        statement = statement.where(tuple_(*key) < tuple_(*map(literal, parts)))
    rows = session.execute(statement).all()
    return make_page(rows, limit, _forecast, lambda row: (row.as_of, row.run_id, row.watch, row.entity_key))


def prune_analyses(session: WriteSession, *, before: datetime) -> int:
    """Forget the analyses of runs of a time before that; the runs themselves stay. Returns how many."""
    old = select(RunRow.id).where(RunRow.as_of < before)
    statement = delete(AnalysisRow).where(AnalysisRow.run_id.in_(old))
    return session.connection().execute(statement).rowcount


def prune_charts(session: WriteSession, *, before: datetime) -> int:
    """Forget only the charts of runs of a time before that: they are most of the bytes. Returns how many."""
    old = select(RunRow.id).where(RunRow.as_of < before)
    statement = update(AnalysisRow).where(AnalysisRow.run_id.in_(old), AnalysisRow.chart.is_not(None))
    return session.connection().execute(statement.values(chart=None)).rowcount


def _rows(run_id: UUID, shard_index: int, analyses: Sequence[Analysis]) -> Iterator[tuple[object, ...]]:
    for position, analysis in enumerate(analyses):
        exhaustion, evidence = analysis.exhaustion, analysis.evidence
        yield (
            run_id, analysis.watch, entity_key(analysis.watch, analysis.entity), dict(analysis.entity), shard_index,
            position, analysis.status.value, exhaustion.exhausted, exhaustion.p10, exhaustion.p50, exhaustion.p90,
            exhaustion.within_lead_time, evidence.method, evidence.backtest_score, evidence.current, evidence.limit,
            replace(analysis, chart=None), analysis.chart,
        )  # fmt: skip


def _analysis(body: Analysis, chart: Chart | None) -> Analysis:
    return replace(body, chart=chart)


def _forecast(row: Any) -> RecordedForecast:
    return RecordedForecast(row.run_id, row.job, row.as_of, _analysis(row.body, None))
