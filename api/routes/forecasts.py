"""Forecasts: what each run said of each entity, whether or not it became a finding."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from api.context import Database
from api.entities import EntityFilter
from api.schemas import ForecastRecord, PageOut
from domain.series import SeriesStatus
from storage.analyses import list_forecasts

router = APIRouter(tags=["forecasts"])


@router.get("/forecasts")
def forecasts(
    session: Database,
    entity: EntityFilter,
    run_id: Annotated[UUID | None, Query(alias="runId")] = None,
    job: str | None = None,
    watch: str | None = None,
    status: SeriesStatus | None = None,
    before: datetime | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: str | None = None,
) -> PageOut[ForecastRecord]:
    """Recorded forecasts, the newest first; `before` keeps those whose median crossing is before that time."""
    page = list_forecasts(
        session,
        run_id=run_id,
        job=job,
        watch=watch,
        status=status,
        entity=entity,
        before=before,
        limit=limit,
        cursor=cursor,
    )
    items = [ForecastRecord.of(one.run_id, one.job, one.as_of, one.analysis) for one in page.items]
    return PageOut(items=items, next_cursor=page.next_cursor)
