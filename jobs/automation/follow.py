"""Follow executions to their end: what the Control Plane says of them is stored, bounded, and never trusted."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from controlplane.client import ControlPlaneClient
from controlplane.errors import ControlPlaneError, CredentialFault, NotFound, Unavailable
from controlplane.models import Execution as RemoteExecution
from domain.audit import AuditEntry
from domain.execution import Execution, ExecutionStatus
from storage.audit import SELF, append_audit, latest_audit
from storage.engine import WriteSession, read_only, transaction
from storage.errors import DatabaseUnavailable, StorageError
from storage.executions import lock_execution, record_progress, unfinished_executions
from storage.outbox_admin import list_messages
from storage.switches import SwitchName, turn_on
from storage.tables import MessageState

log = structlog.get_logger(__name__)

EVERY_SECONDS = 60.0
GIVEN_UP_AFTER = timedelta(days=7)  # what has not ended by then counts as failed
ENDED = "automation.ended"
NOT_DRY = "automation.not_dry"


@dataclass(frozen=True, slots=True)
class _Standing:
    """How an execution stands."""

    status: ExecutionStatus
    remote_id: str | None = None
    output: str | None = None
    error: str | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None


def follow_forever(
    engine: Engine, client: ControlPlaneClient, stop: threading.Event, now: Callable[[], datetime]
) -> None:
    """Follow executions every minute until it is asked to stop. What fails is tried again a minute later."""
    while not stop.wait(EVERY_SECONDS):
        try:
            follow_executions(engine, client, now())
        except (ControlPlaneError, StorageError, SQLAlchemyError) as error:
            log.warning("executions_not_followed", reason=str(error))


def follow_executions(engine: Engine, client: ControlPlaneClient, now: datetime) -> int:
    """Read back every execution whose end is not known. Returns how many ended.

    One whose answer makes no sense, or can't be stored, is told in the log and keeps no other from being followed.
    Raises `ControlPlaneError` where none can be asked for, and `DatabaseUnavailable`.
    """
    with read_only(engine) as session:
        unfinished = unfinished_executions(session)
    return sum(_follow(engine, client, execution, now) for execution in unfinished)


def _follow(engine: Engine, client: ControlPlaneClient, execution: Execution, now: datetime) -> int:
    """Read back one execution. Returns 1 for an end."""
    try:
        standing = _standing(engine, client, execution, now)
        if standing is None:
            return 0
        with transaction(engine) as session:
            return _record(session, execution, standing)
    except (Unavailable, CredentialFault, DatabaseUnavailable):
        raise
    except (StorageError, SQLAlchemyError) as error:
        log.warning("execution_not_followed", correlation_id=execution.correlation_id, reason=str(error))
        return 0


def _standing(engine: Engine, client: ControlPlaneClient, execution: Execution, now: datetime) -> _Standing | None:
    """How the execution stands; None where there is nothing new, or no sense in the answer."""
    try:
        remote = _remote(client, execution)
    except (Unavailable, CredentialFault):
        raise  # the others would fare no better
    except ControlPlaneError as error:
        return _no_sense(execution, now, str(error))
    if remote is None:
        return _unknown(engine, execution, now)
    if remote.correlation_id != execution.correlation_id or remote.script_id != execution.script_id:
        return _no_sense(execution, now, f"the Control Plane's execution {remote.id} is another one")
    if execution.dry_run and remote.dry_run is False:
        _stop_everything(engine, execution)
    status = ExecutionStatus(remote.status.value)
    if not status.finished and _given_up(execution, now):
        words = f"it was still {status.value} after {GIVEN_UP_AFTER.days} days"
        return _Standing(ExecutionStatus.FAILED, remote.id, None, words, None, now)
    completed = min(remote.completed_at or now, now) if status.finished else None
    return _Standing(status, remote.id, remote.output, remote.error, remote.started_at, completed)


def _remote(client: ControlPlaneClient, execution: Execution) -> RemoteExecution | None:
    """The Control Plane's record, by its id, or by ours where the answer to the start was never seen."""
    try:
        if execution.remote_id is not None:
            return client.get_execution(execution.remote_id)
    except NotFound:
        return None
    found = client.list_executions(correlation_id=execution.correlation_id).items
    ours = [one for one in found if one.correlation_id == execution.correlation_id]
    return min(ours, key=lambda one: one.id, default=None)


def _unknown(engine: Engine, execution: Execution, now: datetime) -> _Standing | None:
    """What becomes of an execution that the Control Plane does not know: perhaps nobody will ever ask for it."""
    with read_only(engine) as session:
        told = list_messages(session, subject=execution.correlation_id).items
    if execution.remote_id is None and told and all(one.state is MessageState.DISCARDED for one in told):
        return _Standing(ExecutionStatus.CANCELLED, error=told[-1].reason, completed_at=now)
    if execution.remote_id is None and any(one.state is MessageState.PENDING for one in told):
        return None
    return _no_sense(execution, now, "the Control Plane does not know it")


def _no_sense(execution: Execution, now: datetime, why: str) -> _Standing | None:
    """What becomes of an execution of which no answer tells how it stands: it is not waited for without end."""
    if _given_up(execution, now):
        return _Standing(ExecutionStatus.FAILED, error=why, completed_at=now)
    log.warning("execution_not_followed", correlation_id=execution.correlation_id, reason=why)
    return None


def _given_up(execution: Execution, now: datetime) -> bool:
    return now - execution.requested_at > GIVEN_UP_AFTER


def _record(session: WriteSession, before: Execution, standing: _Standing) -> int:
    """Write how it stands now; its end goes to the audit log, once. Returns 1 for an end."""
    known = lock_execution(session, before.correlation_id)
    if known.status.finished:
        return 0  # another process was quicker
    record_progress(
        session,
        before.correlation_id,
        status=standing.status,
        remote_id=standing.remote_id,
        output=standing.output,
        error=standing.error,
        started_at=_began(standing.started_at or known.started_at, standing.completed_at),
        completed_at=standing.completed_at,
    )
    if not standing.status.finished:
        return 0
    details = {"script": before.script_id, "dry_run": before.dry_run, "status": standing.status.value}
    # The script's own words stay with the execution: they are not trusted.
    reason = f"{before.script_id} ended: {standing.status.value}"
    append_audit(session, [AuditEntry(SELF, ENDED, before.correlation_id, reason, details)])
    return 1


def _began(started: datetime | None, completed: datetime | None) -> datetime | None:
    """When it was started: not after its end, which may be by our clock where the start was by theirs."""
    return started if started is None or completed is None else min(started, completed)


def _stop_everything(engine: Engine, execution: Execution) -> None:
    reason = f"{execution.correlation_id} was asked for as a dry run, and the Control Plane says that it was none"
    with transaction(engine) as session:
        lock_execution(session, execution.correlation_id)
        if latest_audit(session, [execution.correlation_id], action=NOT_DRY):
            return  # once: who has turned the switch off since then has seen it
        append_audit(session, [AuditEntry(SELF, NOT_DRY, execution.correlation_id, reason)])
        turn_on(session, SwitchName.AUTOMATION_STOPPED, reason=reason, actor=SELF)
