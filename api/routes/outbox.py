"""The outbox: what still has to be told to the Control Plane; to send it again, or to let it go."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from api.auth import Writer
from api.context import Context, Database
from api.problems import Problem
from api.schemas import Answer, Instant, PageOut
from domain.outbox import MessageKind
from storage.engine import transaction
from storage.errors import DatabaseUnavailable, NotFound, StorageError
from storage.outbox_admin import OutboxEntry, discard_message, get_message, list_messages, retry_message
from storage.tables import MessageState

router = APIRouter(tags=["outbox"])
MessageId = Annotated[int, Path(ge=1, le=2**63 - 1)]


class MessageOut(Answer):
    """A message with what became of it. `payload` is what is sent."""

    id: int
    kind: MessageKind
    subject: str
    state: MessageState
    attempts: int
    unknown: bool
    next_attempt_at: Instant
    created_at: Instant
    finished_at: Instant | None
    remote_id: str | None
    reason: str
    payload: dict[str, Any]

    @classmethod
    def of(cls, entry: OutboxEntry) -> MessageOut:
        """The message as it is answered."""
        return cls(
            id=entry.id,
            kind=entry.kind,
            subject=entry.subject,
            state=entry.state,
            attempts=entry.attempts,
            unknown=entry.unknown,
            next_attempt_at=entry.next_attempt_at,
            created_at=entry.created_at,
            finished_at=entry.finished_at,
            remote_id=entry.remote_id,
            reason=entry.reason,
            payload=entry.payload,
        )


class ReasonIn(BaseModel):
    """Why something is done, for the audit log."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=1, max_length=1000)


class MaybeReasonIn(BaseModel):
    """Why something is done, where anybody wants to say so."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(default="", max_length=1000)


@router.get("/outbox")
def messages(
    session: Database,
    state: MessageState | None = None,
    subject: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: str | None = None,
) -> PageOut[MessageOut]:
    """Messages in the order in which they were written."""
    page = list_messages(session, state=state, subject=subject, limit=limit, cursor=cursor)
    return PageOut(items=[MessageOut.of(entry) for entry in page.items], next_cursor=page.next_cursor)


@router.post("/outbox/{message_id}/retry")
def retry(context: Context, actor: Writer, message_id: MessageId, body: MaybeReasonIn | None = None) -> MessageOut:
    """Send a dead message again, or at once one that waits for its next try."""
    with _conflicts(), transaction(context.engine) as session:
        retry_message(session, message_id, actor=actor, reason="" if body is None else body.reason)
        return MessageOut.of(get_message(session, message_id))


@router.post("/outbox/{message_id}/discard")
def discard(context: Context, actor: Writer, message_id: MessageId, body: ReasonIn) -> MessageOut:
    """Let a message go untold; what follows it in its subject goes on."""
    with _conflicts(), transaction(context.engine) as session:
        discard_message(session, message_id, actor=actor, reason=body.reason)
        return MessageOut.of(get_message(session, message_id))


@contextmanager
def _conflicts() -> Iterator[None]:
    """What the message's state does not allow is a conflict."""
    try:
        yield
    except (NotFound, DatabaseUnavailable):
        raise
    except StorageError as error:
        raise Problem(409, str(error)) from error
