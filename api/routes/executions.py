"""Executions: which scripts the Control Plane was asked to run, and whether they helped."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import AwareDatetime

from api.context import Database
from api.schemas import Answer, Instant, PageOut
from domain.execution import Execution, ExecutionStatus
from storage.executions import list_executions

router = APIRouter(tags=["automation"])


class ExecutionOut(Answer):
    """One execution. `output` and `error` are a script's words: show them as text, and trust them in nothing."""

    correlation_id: str
    script_id: str
    rule: str
    fingerprint: str
    source_key: str
    parameters: dict[str, Any]
    targets: list[str]
    reason: str
    dry_run: bool
    status: ExecutionStatus
    remote_id: str | None
    output: str | None
    error: str | None
    requested_at: Instant
    started_at: Instant | None
    completed_at: Instant | None
    days_gained: float | None

    @classmethod
    def of(cls, execution: Execution) -> ExecutionOut:
        """The execution as it is answered."""
        return cls(
            correlation_id=execution.correlation_id,
            script_id=execution.script_id,
            rule=execution.rule,
            fingerprint=execution.fingerprint,
            source_key=execution.source_key,
            parameters=execution.parameters,
            targets=list(execution.targets),
            reason=execution.reason,
            dry_run=execution.dry_run,
            status=execution.status,
            remote_id=execution.remote_id,
            output=execution.output,
            error=execution.error,
            requested_at=execution.requested_at,
            started_at=execution.started_at,
            completed_at=execution.completed_at,
            days_gained=execution.days_gained,
        )


@router.get("/executions")
def executions(
    session: Database,
    rule: str | None = None,
    script: str | None = None,
    finding: Annotated[str | None, Query(pattern="^[0-9a-f]{32}$")] = None,
    status: ExecutionStatus | None = None,
    since: AwareDatetime | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: str | None = None,
) -> PageOut[ExecutionOut]:
    """Executions, the last requested first."""
    page = list_executions(
        session,
        rule=rule,
        script_id=script,
        fingerprint=finding,
        status=status,
        since=since,
        limit=limit,
        cursor=cursor,
    )
    return PageOut(items=[ExecutionOut.of(one) for one in page.items], next_cursor=page.next_cursor)
