"""What the API answers: the domain's words in JSON, camelCase, times in RFC 3339. The command line prints the same."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, PlainSerializer, model_validator
from pydantic.alias_generators import to_camel

from api.text import answerable
from domain.finding import Analysis, Chart, Evidence, Finding, FindingKind, FindingState, Severity
from domain.forecast import Exhaustion, Forecast
from domain.notes import Note
from domain.report import Report
from domain.run import Run, RunStatus, ShardOutcome
from domain.series import SeriesStatus
from domain.times import rfc3339

Instant = Annotated[datetime, PlainSerializer(rfc3339, return_type=str, when_used="json")]
Item = TypeVar("Item")


class Answer(BaseModel):
    """Anything that is answered."""

    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True, frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _answerable(cls, given: Any) -> Any:
        """Labels and words of other systems may hold what no answer can."""
        return answerable(given)

    def json_text(self) -> str:
        """As JSON, by its names in the API."""
        return self.model_dump_json(by_alias=True)


class ExhaustionOut(Answer):
    """When the limit is reached; null: not within the horizon.

    `within` has the probability by so many days, as far as the horizon.
    """

    status: SeriesStatus
    exhausted: bool
    p10: Instant | None
    p50: Instant | None
    p90: Instant | None
    within: dict[str, float | None]
    within_lead_time: float
    reason: str

    @classmethod
    def of(cls, exhaustion: Exhaustion) -> ExhaustionOut:
        """The exhaustion as it is answered."""
        return cls(
            status=exhaustion.status,
            exhausted=exhaustion.exhausted,
            p10=exhaustion.p10,
            p50=exhaustion.p50,
            p90=exhaustion.p90,
            within={f"{days}d": told_probability(probability) for days, probability in exhaustion.within},
            within_lead_time=exhaustion.within_lead_time,
            reason=exhaustion.reason,
        )


class GrowthOut(Answer):
    """How the value moves, in its unit a day; `since` null: for the whole window."""

    per_day: float
    since: Instant | None


class NoteOut(Answer):
    """One thing that the analysis noticed."""

    code: str
    facts: dict[str, float]

    @classmethod
    def of(cls, note: Note) -> NoteOut:
        """The note as it is answered."""
        return cls(code=note.code.value, facts=dict(note.facts))


class EvidenceOut(Answer):
    """How the analysis came to its answer: enough to redo it."""

    source: str
    query: str
    limit_query: str | None
    start: Instant
    end: Instant
    step_seconds: int
    samples_seen: int
    samples_expected: int
    method: str
    backtest_score: float | None
    current: float | None
    limit: float | None
    growth: GrowthOut | None
    peak: float | None
    notes: list[NoteOut]
    warnings: list[str]

    @classmethod
    def of(cls, evidence: Evidence) -> EvidenceOut:
        """The evidence as it is answered."""
        growth = evidence.growth
        return cls(
            source=evidence.source,
            query=evidence.query,
            limit_query=evidence.limit_query,
            start=evidence.start,
            end=evidence.end,
            step_seconds=evidence.step_seconds,
            samples_seen=evidence.samples_seen,
            samples_expected=evidence.samples_expected,
            method=evidence.method,
            backtest_score=evidence.backtest_score,
            current=evidence.current,
            limit=evidence.limit,
            growth=None if growth is None else GrowthOut(per_day=growth.per_day, since=growth.since),
            peak=evidence.peak,
            notes=[NoteOut.of(note) for note in evidence.notes],
            warnings=list(evidence.warnings),
        )


class ForecastOut(Answer):
    """Quantiles of the future: `values[quantile][time]`, in the watch's unit."""

    times: list[Instant]
    quantiles: list[float]
    values: list[list[float]]

    @classmethod
    def of(cls, forecast: Forecast) -> ForecastOut:
        """The forecast as it is answered."""
        return cls(
            times=list(forecast.times),
            quantiles=list(forecast.quantiles),
            values=[list(quantile) for quantile in forecast.values],
        )


class ChartOut(Answer):
    """What a picture needs: history, limit and forecast; null is a gap."""

    times: list[Instant]
    values: list[float | None]
    limits: list[float | None]
    forecast: ForecastOut | None

    @classmethod
    def of(cls, chart: Chart) -> ChartOut:
        """The chart as it is answered."""
        return cls(
            times=list(chart.times),
            values=list(chart.values),
            limits=list(chart.limits),
            forecast=None if chart.forecast is None else ForecastOut.of(chart.forecast),
        )


class FindingOut(Answer):
    """A finding as it stands now."""

    fingerprint: str
    job: str
    watch: str
    kind: FindingKind
    severity: Severity
    state: FindingState
    episode: int
    title: str
    summary: str
    reason: str
    entity: dict[str, str]
    labels: dict[str, str]
    first_seen: Instant
    last_seen: Instant
    opened_at: Instant | None
    cleared_at: Instant | None
    exhaustion: ExhaustionOut
    evidence: EvidenceOut

    @classmethod
    def of(cls, finding: Finding) -> FindingOut:
        """The finding as it is answered."""
        return cls(**finding_fields(finding))


class HistoryOut(Answer):
    """How a finding stood after one run, and why."""

    run_id: UUID
    as_of: Instant
    state: FindingState
    severity: Severity
    episode: int
    exhaustion: ExhaustionOut
    current: float | None
    limit: float | None
    reason: str


class FindingDetail(FindingOut):
    """A finding with the picture of its last analysis and how it stood after earlier runs, newest first."""

    chart: ChartOut | None
    history: list[HistoryOut]


class ForecastRecord(Answer):
    """What one run said of one entity."""

    run_id: UUID
    job: str
    as_of: Instant
    watch: str
    entity: dict[str, str]
    exhaustion: ExhaustionOut
    evidence: EvidenceOut
    oversized_by: float | None

    @classmethod
    def of(cls, run_id: UUID, job: str, as_of: datetime, analysis: Analysis) -> ForecastRecord:
        """The recorded analysis as it is answered."""
        return cls(
            run_id=run_id,
            job=job,
            as_of=as_of,
            watch=analysis.watch,
            entity=dict(analysis.entity),
            exhaustion=ExhaustionOut.of(analysis.exhaustion),
            evidence=EvidenceOut.of(analysis.evidence),
            oversized_by=analysis.oversized_by,
        )


class RunOut(Answer):
    """A run. `summary` has what it came to, in numbers."""

    id: UUID
    job: str
    as_of: Instant
    status: RunStatus
    reason: str
    created_at: Instant
    started_at: Instant | None
    finished_at: Instant | None
    summary: dict[str, Any]

    @classmethod
    def of(cls, run: Run) -> RunOut:
        """The run as it is answered."""
        return cls(
            id=run.id,
            job=run.job,
            as_of=run.as_of,
            status=run.status,
            reason=run.reason,
            created_at=run.created_at,
            started_at=run.started_at,
            finished_at=run.finished_at,
            summary=run.summary,
        )


class ShardOut(Answer):
    """What came of one part of a run."""

    watch: str
    status: str
    reason: str
    series: int
    samples: int
    partial: bool
    missing: list[str]
    warnings: list[str]

    @classmethod
    def of(cls, outcome: ShardOutcome) -> ShardOut:
        """The outcome as it is answered."""
        notes = outcome.notes
        return cls(
            watch=outcome.watch,
            status=outcome.status.value,
            reason=outcome.reason,
            series=outcome.series,
            samples=notes.samples,
            partial=notes.partial,
            missing=list(notes.missing),
            warnings=list(notes.warnings),
        )


class RunDetail(RunOut):
    """A run with its parts."""

    shards: list[ShardOut]


class ReportOut(Answer):
    """A report that is there to be read, at `url`."""

    id: int
    run_id: UUID
    job: str
    as_of: Instant
    language: str
    format: str
    size: int
    created_at: Instant
    url: str

    @classmethod
    def of(cls, report: Report) -> ReportOut:
        """The report as it is listed."""
        return cls(
            id=report.id,
            run_id=report.run_id,
            job=report.job,
            as_of=report.as_of,
            language=report.language,
            format=report.format,
            size=report.size,
            created_at=report.created_at,
            url=f"/api/v1/runs/{report.run_id}/reports/{report.language}/{report.format}",
        )


class PageOut(Answer, Generic[Item]):
    """Some items, and the cursor that leads to the next ones; null: these were the last."""

    items: list[Item]
    next_cursor: str | None


def told_probability(p: float | None) -> float | None:
    """A probability as it is answered: None where nothing is said, however that was written down."""
    return None if p is None or math.isnan(p) else p


def finding_fields(finding: Finding) -> dict[str, Any]:
    """The fields of `FindingOut`, by name."""
    return {
        "fingerprint": finding.fingerprint,
        "job": finding.job,
        "watch": finding.watch,
        "kind": finding.kind,
        "severity": finding.severity,
        "state": finding.state,
        "episode": finding.episode,
        "title": finding.title,
        "summary": finding.summary,
        "reason": finding.reason,
        "entity": dict(finding.entity),
        "labels": dict(finding.labels),
        "first_seen": finding.first_seen,
        "last_seen": finding.last_seen,
        "opened_at": finding.opened_at,
        "cleared_at": finding.cleared_at,
        "exhaustion": ExhaustionOut.of(finding.exhaustion),
        "evidence": EvidenceOut.of(finding.evidence),
    }
