"""Findings: filtered lists, and one finding with its evidence, chart and history."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import AwareDatetime

from api.context import Database
from api.entities import EntityFilter
from api.schemas import ChartOut, ExhaustionOut, FindingDetail, FindingOut, HistoryOut, PageOut, finding_fields
from domain.finding import FindingKind, FindingState, Severity
from storage.analyses import find_analysis
from storage.findings import HistoryEntry, find_run_of, finding_history, get_finding, list_findings

router = APIRouter(tags=["findings"])
Limit = Annotated[int, Query(ge=1, le=200)]
HISTORY_SHOWN = 100


@router.get("/findings")
def findings(
    session: Database,
    entity: EntityFilter,
    job: str | None = None,
    watch: str | None = None,
    kind: FindingKind | None = None,
    severity: Severity | None = None,
    state: Annotated[list[FindingState] | None, Query()] = None,
    since: AwareDatetime | None = None,
    limit: Limit = 50,
    cursor: str | None = None,
) -> PageOut[FindingOut]:
    """Findings, the worst first. `entity=instance=db-1` narrows to entities with that label; it may be repeated."""
    page = list_findings(
        session,
        job=job,
        watch=watch,
        kind=kind,
        severity=severity,
        state=state,
        entity=entity,
        since=since,
        limit=limit,
        cursor=cursor,
    )
    return PageOut(items=[FindingOut.of(finding) for finding in page.items], next_cursor=page.next_cursor)


@router.get("/findings/{fingerprint}")
def finding(session: Database, fingerprint: Annotated[str, Path(pattern="^[0-9a-f]{32}$")]) -> FindingDetail:
    """One finding with its evidence, what its chart shows, and how it stood after earlier runs."""
    found = get_finding(session, fingerprint)
    run_id = find_run_of(session, fingerprint)
    analysis = None if run_id is None else find_analysis(session, run_id, watch=found.watch, entity=found.entity)
    chart = None if analysis is None or analysis.chart is None else ChartOut.of(analysis.chart)
    history = finding_history(session, fingerprint, limit=HISTORY_SHOWN)
    return FindingDetail(**finding_fields(found), chart=chart, history=[_entry(entry) for entry in history.items])


def _entry(entry: HistoryEntry) -> HistoryOut:
    return HistoryOut(
        run_id=entry.run_id,
        as_of=entry.as_of,
        state=entry.state,
        severity=entry.severity,
        episode=entry.episode,
        exhaustion=ExhaustionOut.of(entry.exhaustion),
        current=entry.current,
        limit=entry.limit,
        reason=entry.reason,
    )
