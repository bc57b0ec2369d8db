"""The outbox as people see it: what waits, what is dead and why; to retry it or to let it go."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import and_, delete, exists, or_, select, update
from sqlalchemy.orm import aliased

from domain.audit import AuditEntry
from domain.outbox import FOREIGN, MessageKind
from storage.audit import append_audit
from storage.clock import now
from storage.engine import ReadSession, WriteSession
from storage.errors import NotFound, StorageError
from storage.paging import Page, bounded, decode_cursor, make_page
from storage.tables import AttemptOutcome, IncidentRow, MessageState, OutboxAttemptRow, OutboxRow


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    """A message with all that is known of its delivery."""

    id: int
    kind: MessageKind
    subject: str
    key: str
    payload: dict[str, Any]
    state: MessageState
    attempts: int
    unknown: bool
    holder: str | None
    lease_until: datetime | None
    next_attempt_at: datetime
    created_at: datetime
    finished_at: datetime | None
    remote_id: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to deliver a message."""

    at: datetime
    holder: str
    outcome: AttemptOutcome
    status: int | None  # of HTTP
    response: str | None
    error: str | None


def list_messages(
    session: ReadSession,
    *,
    state: MessageState | None = None,
    subject: str | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[OutboxEntry]:
    """Messages in the order in which they were written. Raises `BadCursor`."""
    statement = select(OutboxRow).order_by(OutboxRow.id).limit(bounded(limit) + 1)
    if state is not None:
        statement = statement.where(OutboxRow.state == state.value)
    if subject is not None:
        statement = statement.where(OutboxRow.subject == subject)
    if cursor is not None:
        (message_id,) = decode_cursor(cursor, int)
        statement = statement.where(OutboxRow.id > message_id)
    rows = session.scalars(statement, execution_options={"populate_existing": True}).all()
    return make_page(rows, limit, _entry, lambda row: (row.id,))


def get_message(session: ReadSession, message_id: int) -> OutboxEntry:
    """The message. Raises `NotFound`."""
    row = session.get(OutboxRow, message_id, populate_existing=True)
    if row is None:
        raise NotFound(f"there is no message {message_id}")
    return _entry(row)


def list_attempts(session: ReadSession, message_id: int) -> list[Attempt]:
    """All tries to deliver a message, the first one first."""
    statement = select(OutboxAttemptRow).where(OutboxAttemptRow.message_id == message_id).order_by(OutboxAttemptRow.id)
    return [
        Attempt(row.at.astimezone(UTC), row.holder, AttemptOutcome(row.outcome), row.status, row.response, row.error)
        for row in session.scalars(statement)
    ]


def retry_message(session: WriteSession, message_id: int, *, actor: str, reason: str = "") -> None:
    """Send a dead message again, its tries counted anew, or at once one that waits for its next try.

    What was sent and whose answer nobody saw may still take effect: it is looked up when that time is over, not before.
    Raises `NotFound`, `StorageError`.
    """
    entry = _lock(session, message_id)
    if entry.state not in (MessageState.DEAD, MessageState.PENDING):
        raise StorageError(f"message {message_id} is {entry.state.value}: only what is pending or dead can be retried")
    if entry.unknown and entry.next_attempt_at > _moment(session):
        raise StorageError(
            f"message {message_id} was sent, and nobody saw the answer: it may still take effect, and is looked up at "
            f"{entry.next_attempt_at:%Y-%m-%d %H:%M:%S}Z before it is sent again; wait until then"
        )
    values: dict[str, Any] = {"state": MessageState.PENDING.value, "next_attempt_at": now(), "finished_at": None}
    if entry.state is MessageState.DEAD:
        values["attempts"] = 0
    session.execute(update(OutboxRow).where(OutboxRow.id == message_id).values(**values))
    _audit(session, "outbox.retry", entry, actor, reason)


def discard_message(session: WriteSession, message_id: int, *, actor: str, reason: str) -> None:
    """Let a message go untold; what follows it in its subject goes on. Raises `NotFound`, `StorageError`."""
    entry = _lock(session, message_id)
    if entry.holder is not None and entry.lease_until is not None and entry.lease_until > _moment(session):
        raise StorageError(f"message {message_id} is being sent just now: try again in a minute")
    if entry.state not in (MessageState.DEAD, MessageState.PENDING):
        raise StorageError(f"message {message_id} is {entry.state.value}: there is nothing to discard")
    session.execute(
        update(OutboxRow)
        .where(OutboxRow.id == message_id)
        .values(state=MessageState.DISCARDED.value, holder=None, lease_until=None, finished_at=now(), reason=reason)
    )
    _audit(session, "outbox.discard", entry, actor, reason)


def prune_messages(session: WriteSession, *, before: datetime) -> int:
    """Forget messages, with their attempts, that were delivered or discarded before that. Returns how many.

    A dead message stays until a person has decided on it, and the one that tells our incident's id until that is over.
    What was told on somebody else's incident stays: its key is all that keeps it from being told there again.
    """
    later = aliased(OutboxRow)
    newer_id = exists().where(later.subject == OutboxRow.subject, later.id > OutboxRow.id, later.remote_id.is_not(None))
    over = exists().where(IncidentRow.source_key == OutboxRow.subject, IncidentRow.resolved_at.is_not(None))
    ends = [MessageKind.INCIDENT_RESOLVE.value, MessageKind.EXECUTION_START.value]  # nothing follows in their subject
    tells_id = and_(OutboxRow.remote_id.is_not(None), OutboxRow.kind.not_in(ends), ~newer_id, ~over)
    needed = or_(tells_id, OutboxRow.subject.startswith(FOREIGN, autoescape=True))
    states = [MessageState.DELIVERED.value, MessageState.DISCARDED.value]
    statement = delete(OutboxRow).where(OutboxRow.state.in_(states), OutboxRow.finished_at < before, ~needed)
    return session.connection().execute(statement).rowcount


def _lock(session: WriteSession, message_id: int) -> OutboxEntry:
    row = session.get(OutboxRow, message_id, populate_existing=True, with_for_update=True)
    if row is None:
        raise NotFound(f"there is no message {message_id}")
    return _entry(row)


def _moment(session: WriteSession) -> datetime:
    moment: datetime = session.scalars(select(now())).one()
    return moment


def _audit(session: WriteSession, action: str, entry: OutboxEntry, actor: str, reason: str) -> None:
    details = {"kind": entry.kind.value, "key": entry.key, "was": entry.state.value, "why": entry.reason}
    append_audit(session, [AuditEntry(actor, action, f"message {entry.id} of {entry.subject}", reason, details)])


def _entry(row: OutboxRow) -> OutboxEntry:
    return OutboxEntry(
        id=row.id,
        kind=MessageKind(row.kind),
        subject=row.subject,
        key=row.key,
        payload=row.payload,
        state=MessageState(row.state),
        attempts=row.attempts,
        unknown=row.unknown,
        holder=row.holder,
        lease_until=_utc(row.lease_until),
        next_attempt_at=row.next_attempt_at.astimezone(UTC),
        created_at=row.created_at.astimezone(UTC),
        finished_at=_utc(row.finished_at),
        remote_id=row.remote_id,
        reason=row.reason,
    )


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(UTC)
