"""Executions: the automation scripts that the Control Plane was asked to run, and whether they helped."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import and_, delete, exists, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from domain.execution import Execution, ExecutionStatus
from storage.clock import now
from storage.engine import ReadSession, WriteSession
from storage.errors import NotFound
from storage.paging import Page, bounded, decode_cursor, make_page
from storage.tables import ExecutionRow

LONGEST_OUTPUT = 20_000  # characters of a script's output or error that are kept


def add_execution(session: WriteSession, execution: Execution) -> bool:
    """Write an execution in the transaction of its outbox row; False when it is there already."""
    statement = insert(ExecutionRow).values(
        correlation_id=execution.correlation_id,
        script_id=execution.script_id,
        rule=execution.rule,
        fingerprint=execution.fingerprint,
        source_key=execution.source_key,
        parameters=execution.parameters,
        targets=list(execution.targets),
        reason=execution.reason,
        dry_run=execution.dry_run,
        requested_at=execution.requested_at,
    )
    made = statement.on_conflict_do_nothing(index_elements=["correlation_id"]).returning(ExecutionRow.correlation_id)
    return session.scalars(made).one_or_none() is not None


def record_progress(
    session: WriteSession,
    correlation_id: str,
    *,
    status: ExecutionStatus,
    remote_id: str | None = None,
    output: str | None = None,
    error: str | None = None,
    started_at: datetime | None = None,
    completed_at: datetime | None = None,
) -> None:
    """Write how the execution stands at the Control Plane; its output is cut to a bound. Raises `NotFound`."""
    values: dict[str, Any] = {"status": status.value, "output": _cut(output), "error": _cut(error)}
    known = {"remote_id": remote_id, "started_at": started_at, "completed_at": completed_at}
    _change(session, correlation_id, {**values, **{name: value for name, value in known.items() if value is not None}})


def record_effect(session: WriteSession, correlation_id: str, *, days_gained: float) -> None:
    """Write by how many days the exhaustion moved away after the execution. Raises `NotFound`."""
    _change(session, correlation_id, {"days_gained": days_gained})


def get_execution(session: ReadSession, correlation_id: str) -> Execution:
    """The execution. Raises `NotFound`."""
    row = session.get(ExecutionRow, correlation_id, populate_existing=True)
    if row is None:
        raise NotFound(f"there is no execution {correlation_id}")
    return _execution(row)


def lock_execution(session: WriteSession, correlation_id: str) -> Execution:
    """The execution, which nobody else changes until the transaction ends. Raises `NotFound`."""
    row = session.get(ExecutionRow, correlation_id, populate_existing=True, with_for_update=True)
    if row is None:
        raise NotFound(f"there is no execution {correlation_id}")
    return _execution(row)


def unfinished_executions(session: ReadSession) -> list[Execution]:
    """Executions whose end is not known yet, oldest first."""
    unfinished = [status.value for status in ExecutionStatus if not status.finished]
    statement = select(ExecutionRow).where(ExecutionRow.status.in_(unfinished)).order_by(ExecutionRow.requested_at)
    return [_execution(row) for row in session.scalars(statement, **_ANEW)]


def list_executions(
    session: ReadSession,
    *,
    rule: str | None = None,
    script_id: str | None = None,
    fingerprint: str | None = None,
    status: ExecutionStatus | None = None,
    since: datetime | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[Execution]:
    """Executions, the last requested first. Raises `BadCursor`."""
    key = (ExecutionRow.requested_at, ExecutionRow.correlation_id)
    statement = select(ExecutionRow).order_by(*(part.desc() for part in key)).limit(bounded(limit) + 1)
    for column, wanted in (
        (ExecutionRow.rule, rule),
        (ExecutionRow.script_id, script_id),
        (ExecutionRow.fingerprint, fingerprint),
        (ExecutionRow.status, status),
    ):
        if wanted is not None:
            statement = statement.where(column == str(wanted))
    if since is not None:
        statement = statement.where(ExecutionRow.requested_at >= since)
    if cursor is not None:
        statement = statement.where(tuple_(*key) < tuple_(*decode_cursor(cursor, datetime, str)))
    rows = session.scalars(statement, **_ANEW).all()
    return make_page(rows, limit, _execution, lambda row: (row.requested_at, row.correlation_id))


def was_touched(session: ReadSession, source_key: str) -> bool:
    """Whether a real execution was asked for because of that incident, and not withdrawn before it was told."""
    withdrawn = and_(ExecutionRow.status == ExecutionStatus.CANCELLED.value, ExecutionRow.remote_id.is_(None))
    real = exists().where(ExecutionRow.source_key == source_key, ExecutionRow.dry_run.is_(False), ~withdrawn)
    return bool(session.scalars(select(real)).one())


def prune_executions(session: WriteSession, *, before: datetime) -> int:
    """Forget executions that were completed before that. Returns how many."""
    statement = delete(ExecutionRow).where(ExecutionRow.completed_at < before)
    return session.connection().execute(statement).rowcount


_ANEW: dict[str, Any] = {"execution_options": {"populate_existing": True}}


def _change(session: WriteSession, correlation_id: str, values: dict[str, Any]) -> None:
    chosen = update(ExecutionRow).where(ExecutionRow.correlation_id == correlation_id)
    if session.connection().execute(chosen.values(**values, updated_at=now())).rowcount == 0:
        raise NotFound(f"there is no execution {correlation_id}")


def _cut(text: str | None) -> str | None:
    return text if text is None or len(text) <= LONGEST_OUTPUT else f"{text[:LONGEST_OUTPUT]}…"


def _execution(row: ExecutionRow) -> Execution:
    return Execution(
        correlation_id=row.correlation_id,
        script_id=row.script_id,
        rule=row.rule,
        fingerprint=row.fingerprint,
        source_key=row.source_key,
        requested_at=row.requested_at.astimezone(UTC),
        parameters=row.parameters,
        targets=tuple(row.targets),
        reason=row.reason,
        dry_run=row.dry_run,
        status=ExecutionStatus(row.status),
        remote_id=row.remote_id,
        output=row.output,
        error=row.error,
        started_at=None if row.started_at is None else row.started_at.astimezone(UTC),
        completed_at=None if row.completed_at is None else row.completed_at.astimezone(UTC),
        days_gained=row.days_gained,
    )
