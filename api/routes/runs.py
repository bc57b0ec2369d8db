"""Runs: what ran when, and what came of it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from api.context import Database
from api.schemas import PageOut, RunDetail, RunOut, ShardOut
from domain.run import RunStatus
from storage.runs import get_run, list_runs
from storage.shards import list_shards

router = APIRouter(tags=["runs"])


@router.get("/runs")
def runs(
    session: Database,
    job: str | None = None,
    status: RunStatus | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: str | None = None,
) -> PageOut[RunOut]:
    """Runs, the newest first."""
    page = list_runs(session, job=job, status=status, limit=limit, cursor=cursor)
    return PageOut(items=[RunOut.of(run) for run in page.items], next_cursor=page.next_cursor)


@router.get("/runs/{run_id}")
def run(session: Database, run_id: UUID) -> RunDetail:
    """One run with its parts: what was seen, what is missing, and why."""
    found = get_run(session, run_id)
    shards = [ShardOut.of(record.outcome) for record in list_shards(session, run_id)]
    return RunDetail(**dict(RunOut.of(found)), shards=shards)
