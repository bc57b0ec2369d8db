"""The outbox: what still has to be told to the Control Plane. Messages of one subject go out one by one, in order.

A message is claimed with a lease, sent while no transaction is open, and its outcome recorded. When its holder was
killed in between, nobody knows whether it was sent: the next claim says so (`unknown`), and looks it up first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, false, func, insert, literal, or_, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import aliased

from domain.errors import LeaseLost
from domain.outbox import Message, MessageKind, NewMessage
from storage.bulk import insert_rows
from storage.clock import lease, now, seconds_from_now
from storage.engine import ReadSession, WriteSession
from storage.errors import NotFound
from storage.outbox_pause import end_lapsed_pause
from storage.switches import SwitchName, find_switch
from storage.tables import (
    AttemptOutcome,
    ExecutionRow,
    IncidentRow,
    MessageState,
    OutboxAttemptRow,
    OutboxRow,
)

# Ids are given in the order of commits: who adds messages waits for whoever is adding some. Otherwise a message could
# become visible after a later one of its subject had gone out.
_ORDER_LOCK = 7_126_893_401_126
_LONGEST_TEXT = 4000  # characters of an answer or error that are kept


@dataclass(frozen=True, slots=True)
class OutboxDepth:
    """How full the outbox is."""

    pending: int
    oldest_age_seconds: float  # of the oldest that is not held back; 0 when there is none
    dead: int


def add_messages(session: WriteSession, messages: Sequence[NewMessage]) -> int:
    """Write messages in the transaction of what they tell of, in their order; a key that is there already stays.

    Returns how many are new.
    """
    if not messages:
        return 0
    session.execute(select(func.pg_advisory_xact_lock(_ORDER_LOCK)))
    rows = ((message.kind.value, message.subject, message.key, message.payload) for message in messages)
    return insert_rows(session, OutboxRow.__table__, ["kind", "subject", "key", "payload"], rows, key=["key"])


def claim_messages(session: WriteSession, *, holder: str, limit: int, lease_seconds: float) -> list[Message]:
    """The oldest messages that are due, one per subject at most, leased to `holder` for that time; none while paused.

    Never one that stands behind an undelivered, dead or leased message of its subject, nor an execution while its
    incident is about to be told. What another claims at this moment is passed over, not waited for.
    """
    if find_switch(session, SwitchName.OUTBOX_PAUSED) is not None:
        return []
    due = session.execute(_due(limit)).all()
    if not due:
        return []
    lost = [{"message_id": row.id, "holder": row.holder, **_LOST} for row in due if row.holder is not None]
    if lost:
        session.execute(insert(OutboxAttemptRow), lost)
    claimed = session.execute(
        update(OutboxRow)
        .where(OutboxRow.id.in_([row.id for row in due]))
        .values(
            holder=holder,
            lease_until=lease(lease_seconds),
            attempts=OutboxRow.attempts + 1,
            unknown=or_(OutboxRow.unknown, OutboxRow.holder.is_not(None)),
        )
        .returning(OutboxRow, _remote_id(), _in_a_row(409), _in_a_row(403), _others_told_since(403)),
        execution_options={"populate_existing": True},
    ).all()
    return sorted((_message(*columns) for columns in claimed), key=lambda message: message.id)


def record_delivered(
    session: WriteSession,
    message_id: int,
    *,
    holder: str,
    status: int | None,
    response: str | None = None,
    remote_id: str | None = None,
) -> None:
    """The message is told. `remote_id` is the Control Plane's id of its subject's incident, or of its execution.

    Raises `LeaseLost` when another holds the message by now.
    """
    row = _take(session, message_id, holder)
    end_lapsed_pause(session)
    _attempt(session, message_id, holder, AttemptOutcome.DELIVERED, status, response, None)
    _finish(session, message_id, MessageState.DELIVERED, reason="", remote_id=remote_id)
    if remote_id is None:
        return
    if row.kind == MessageKind.EXECUTION_START.value:
        correlation_id = row.payload.get("correlationId", row.subject)
        session.execute(
            update(ExecutionRow)
            .where(ExecutionRow.correlation_id == correlation_id)
            .values(remote_id=remote_id, updated_at=now())
        )
    else:
        session.execute(
            update(IncidentRow)
            .where(IncidentRow.source_key == row.subject)
            .values(remote_id=remote_id, updated_at=now())
        )
    if row.kind == MessageKind.INCIDENT_CREATE.value:
        _name_in_executions(session, row.subject, remote_id)


def record_retry(
    session: WriteSession,
    message_id: int,
    *,
    holder: str,
    delay_seconds: float,
    unknown: bool,
    error: str,
    status: int | None = None,
    response: str | None = None,
) -> None:
    """The message is due again after the delay; `unknown`: nobody saw the answer to this try. Raises `LeaseLost`."""
    _take(session, message_id, holder)
    outcome = AttemptOutcome.UNKNOWN if unknown else AttemptOutcome.RETRY
    _attempt(session, message_id, holder, outcome, status, response, error)
    session.execute(
        update(OutboxRow)
        .where(OutboxRow.id == message_id)
        .values(
            holder=None,
            lease_until=None,
            unknown=unknown,
            next_attempt_at=seconds_from_now(delay_seconds),
            reason=_cut(error),
        )
    )


def record_dead(
    session: WriteSession,
    message_id: int,
    *,
    holder: str,
    reason: str,
    status: int | None = None,
    response: str | None = None,
) -> None:
    """The message can't be delivered as it is: it waits for a person, and its subject with it. Raises `LeaseLost`."""
    _take(session, message_id, holder)
    _attempt(session, message_id, holder, AttemptOutcome.DEAD, status, response, reason)
    _finish(session, message_id, MessageState.DEAD, reason=reason, remote_id=None)


def withdraw_subject(session: WriteSession, subject: str) -> bool:
    """Let go of a subject that nobody was told of yet, with all its messages; False when somebody may have been.

    A try whose answer is known to be a failure told nobody anything; a message that somebody holds, or held when it was
    last heard of, may have.
    """
    rows = session.execute(
        select(OutboxRow.state, OutboxRow.holder, OutboxRow.unknown)
        .where(OutboxRow.subject == subject)
        .order_by(OutboxRow.id)
        .with_for_update()
    ).all()
    untold = [row.state == MessageState.PENDING.value and row.holder is None and not row.unknown for row in rows]
    if not untold or not all(untold):
        return False
    session.execute(
        update(OutboxRow)
        .where(OutboxRow.subject == subject)
        .values(state=MessageState.DISCARDED.value, finished_at=now(), reason="it was over before anybody was told")
    )
    return True


def postpone_message(session: WriteSession, message_id: int, *, holder: str, seconds: float, reason: str) -> None:
    """Give a claimed message back, to be due again after that time. It is no try. Raises `LeaseLost`."""
    _take(session, message_id, holder)
    session.execute(
        update(OutboxRow)
        .where(OutboxRow.id == message_id)
        .values(
            holder=None,
            lease_until=None,
            attempts=OutboxRow.attempts - 1,
            next_attempt_at=seconds_from_now(seconds),
            reason=reason,
        )
    )


def wake_held_back(session: WriteSession) -> int:
    """What was held back is due at once: a mute has ended. Returns how many messages that are."""
    statement = (
        update(OutboxRow)
        .where(
            OutboxRow.state == MessageState.PENDING.value,
            OutboxRow.attempts == 0,
            OutboxRow.holder.is_(None),
            OutboxRow.next_attempt_at > now(),
        )
        .values(next_attempt_at=now())
    )
    return session.connection().execute(statement).rowcount


def release_messages(session: WriteSession, message_ids: Sequence[int], *, holder: str) -> int:
    """Give back messages that were not sent after all: the try does not count. Returns how many were still ours."""
    statement = (
        update(OutboxRow)
        .where(OutboxRow.id.in_(message_ids), OutboxRow.holder == holder)
        .values(holder=None, lease_until=None, attempts=OutboxRow.attempts - 1)
    )
    return session.connection().execute(statement).rowcount


def depth(session: ReadSession) -> OutboxDepth:
    """How full the outbox is. What is held back may wait for weeks, and nothing is wrong: it has no age."""
    pending, oldest, dead = session.execute(
        select(
            func.count().filter(OutboxRow.state == MessageState.PENDING.value),
            func.extract("epoch", now() - func.min(OutboxRow.created_at).filter(_expected())),
            func.count().filter(OutboxRow.state == MessageState.DEAD.value),
        ).where(OutboxRow.state.in_([MessageState.PENDING.value, MessageState.DEAD.value]))
    ).one()
    return OutboxDepth(pending, max(0.0, float(oldest or 0)), dead)


def next_due(session: ReadSession) -> float | None:
    """In how many seconds a message may be claimed: 0 for now; None while none can be, however long one waits."""
    paused = find_switch(session, SwitchName.OUTBOX_PAUSED)
    if paused is not None and paused.until is None:
        return None
    free_at = func.greatest(OutboxRow.next_attempt_at, func.coalesce(OutboxRow.lease_until, OutboxRow.next_attempt_at))
    statement = select(func.extract("epoch", func.min(free_at) - now())).where(_expected())
    seconds: float | None = session.scalars(statement).one()
    if seconds is None:
        return None
    rest = 0.0
    if paused is not None and paused.until is not None:
        rest = float(session.scalars(select(func.extract("epoch", literal(paused.until) - now()))).one())
    return max(0.0, float(seconds), rest)


_LOST = {"outcome": AttemptOutcome.UNKNOWN.value, "error": "its dispatcher was gone before it told what came of it"}


def _expected() -> ColumnElement[bool]:
    """Whether it waits for its next try alone.

    What was never tried and is not due is held back by a mute or for want of an approval: nobody waits for that.
    """
    return and_(
        OutboxRow.state == MessageState.PENDING.value,
        ~_blocked(),
        or_(OutboxRow.attempts > 0, OutboxRow.next_attempt_at <= now()),
    )


def _blocked() -> ColumnElement[bool]:
    """Whether an earlier message of the same subject is not told yet, or an execution's incident comes first."""
    earlier = aliased(OutboxRow)
    behind = exists().where(
        earlier.subject == OutboxRow.subject,
        earlier.id < OutboxRow.id,
        earlier.state.in_([MessageState.PENDING.value, MessageState.DEAD.value]),
    )
    return or_(behind, _incident_comes_first())


def _incident_comes_first() -> ColumnElement[bool]:
    """Whether it is an execution whose incident is about to be told, so that it can name it.

    An incident that is muted, dead, or was not accepted at the first try keeps no remedy waiting.
    """
    create = aliased(OutboxRow)
    first_try = and_(create.attempts == 0, create.next_attempt_at <= now())
    told_soon = exists().where(
        ExecutionRow.correlation_id == OutboxRow.subject,
        create.subject == ExecutionRow.source_key,
        create.kind == MessageKind.INCIDENT_CREATE.value,
        create.state == MessageState.PENDING.value,
        or_(create.holder.is_not(None), first_try),
    )
    return and_(OutboxRow.kind == MessageKind.EXECUTION_START.value, told_soon)


def _name_in_executions(session: WriteSession, source_key: str, remote_id: str) -> None:
    """Executions of an incident that is known now name it; what was tried before stays as it was sent."""
    ours = exists().where(ExecutionRow.correlation_id == OutboxRow.subject, ExecutionRow.source_key == source_key)
    tried = exists().where(OutboxAttemptRow.message_id == OutboxRow.id)  # also before a person revived it
    session.execute(
        update(OutboxRow)
        .where(
            OutboxRow.kind == MessageKind.EXECUTION_START.value,
            OutboxRow.state == MessageState.PENDING.value,
            OutboxRow.attempts == 0,
            ~tried,
            ours,
        )
        .values(payload=OutboxRow.payload.op("||")(literal({"incidentId": remote_id}, JSONB)))
    )


def _due(limit: int) -> Any:
    return (
        select(OutboxRow.id, OutboxRow.holder)
        .where(OutboxRow.state == MessageState.PENDING.value, OutboxRow.next_attempt_at <= now(), _free(), ~_blocked())
        .order_by(OutboxRow.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=OutboxRow)
    )


def _free() -> ColumnElement[bool]:
    return or_(OutboxRow.lease_until.is_(None), OutboxRow.lease_until <= now())


def _remote_id() -> ColumnElement[Any]:
    """The Control Plane's id of the message's incident: noted beside the incident, or with an earlier message."""
    earlier = aliased(OutboxRow)
    noted = select(IncidentRow.remote_id).where(IncidentRow.source_key == OutboxRow.subject).scalar_subquery()
    told = (
        select(earlier.remote_id)
        .where(earlier.subject == OutboxRow.subject, earlier.remote_id.is_not(None))
        .where(earlier.kind != MessageKind.EXECUTION_START.value)
        .order_by(earlier.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return func.coalesce(noted, told)


def _last_tries(status: int) -> tuple[ColumnElement[bool], Any]:
    """Whether an attempt is one of a message's last, all of which met that HTTP status; and those attempts.

    What was before a message was given up does not count: a person has revived it.
    """
    one, other = aliased(OutboxAttemptRow), aliased(OutboxAttemptRow)
    breaks = or_(other.status.is_distinct_from(status), other.outcome == AttemptOutcome.DEAD.value)
    last_other = select(func.coalesce(func.max(other.id), 0)).where(other.message_id == one.message_id, breaks)
    return and_(one.message_id == OutboxRow.id, one.id > last_other.scalar_subquery()), one


def _in_a_row(status: int) -> ColumnElement[int]:
    """How many of a message's last tries met that HTTP status, one after the other."""
    last, one = _last_tries(status)
    return select(func.count(one.id)).where(last).scalar_subquery()


def _others_told_since(status: int) -> ColumnElement[bool]:
    """Whether anything was told since the first of those tries."""
    last, one = _last_tries(status)
    first = select(func.min(one.id)).where(last).scalar_subquery()
    told = aliased(OutboxAttemptRow)
    newest = select(func.max(told.id)).where(told.outcome == AttemptOutcome.DELIVERED.value).scalar_subquery()
    return func.coalesce(case((first.is_not(None), newest > first)), false())


def _take(session: WriteSession, message_id: int, holder: str) -> Any:
    row = session.execute(
        select(OutboxRow.kind, OutboxRow.subject, OutboxRow.payload, OutboxRow.holder, OutboxRow.state)
        .where(OutboxRow.id == message_id)
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFound(f"there is no message {message_id}")
    if row.holder != holder:
        standing = f"{row.holder} holds it" if row.holder else f"it is {row.state}"
        raise LeaseLost(f"message {message_id} is not {holder}'s any more: {standing}")
    return row


def _attempt(
    session: WriteSession,
    message_id: int,
    holder: str,
    outcome: AttemptOutcome,
    status: int | None,
    response: str | None,
    error: str | None,
) -> None:
    session.execute(
        insert(OutboxAttemptRow).values(
            message_id=message_id,
            holder=holder,
            outcome=outcome.value,
            status=status,
            response=None if response is None else _cut(response),
            error=None if error is None else _cut(error),
        )
    )


def _finish(session: WriteSession, message_id: int, state: MessageState, *, reason: str, remote_id: str | None) -> None:
    session.execute(
        update(OutboxRow)
        .where(OutboxRow.id == message_id)
        .values(
            state=state.value,
            holder=None,
            lease_until=None,
            finished_at=now(),
            reason=_cut(reason),
            remote_id=remote_id,
        )
    )


def _cut(text_: str) -> str:
    return text_ if len(text_) <= _LONGEST_TEXT else f"{text_[:_LONGEST_TEXT]}…"


def _message(row: OutboxRow, remote_id: str | None, conflicts: int, refusals: int, others_told: bool) -> Message:
    return Message(
        id=row.id,
        kind=MessageKind(row.kind),
        subject=row.subject,
        key=row.key,
        payload=row.payload,
        attempts=row.attempts - 1,
        unknown=row.unknown,
        remote_id=remote_id,
        created_at=row.created_at,
        conflicts=conflicts,
        refusals=refusals,
        others_told=others_told,
    )
