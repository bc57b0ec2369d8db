"""What still has to be told to the Control Plane, and how its keys are made."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

LATE = timedelta(hours=1)  # a message that has waited for so long is worth a look


class MessageKind(StrEnum):
    """What a message asks of the Control Plane."""

    INCIDENT_CREATE = "incident.create"
    INCIDENT_UPDATE = "incident.update"
    INCIDENT_COMMENT = "incident.comment"
    INCIDENT_RESOLVE = "incident.resolve"
    EXECUTION_START = "execution.start"


class MessageState(StrEnum):
    """Where a message stands. pending -> delivered | dead; dead -> pending (retried) | discarded."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"  # it can't be delivered as it is: a person retries or discards it; its subject waits
    DISCARDED = "discarded"


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message to be written to the outbox, in the transaction of what it tells of.

    `subject` orders: messages of one subject (an incident's `source_key`) go out one after the other, in order.
    """

    kind: MessageKind
    subject: str
    key: str  # idempotency key: the same transition never makes a second row
    payload: dict[str, Any]  # the JSON body as it will be sent; an execution is given its incident before the first try


@dataclass(frozen=True, slots=True)
class Message:
    """A message of the outbox that a dispatcher has claimed."""

    id: int
    kind: MessageKind
    subject: str
    key: str
    payload: dict[str, Any]
    attempts: int  # tries that were made before this one
    unknown: bool  # the answer to an earlier try was never seen: look the object up before sending again
    remote_id: str | None  # the Control Plane's id of the incident this subject has, once it is known
    created_at: datetime
    conflicts: int = 0  # how many of the last tries met a 409, one after the other
    refusals: int = 0  # how many of the last tries met a 403, one after the other
    others_told: bool = False  # whether anything else was told since the first of these refusals
    held_back: str = ""  # why it must not be sent now, though it is looked up; empty: it may be sent


def source_key(group: str, opened_at: datetime) -> str:
    """The Control Plane's `sourceKey` of the incident that tells a group's findings from that run on.

    It holds the time, not a count: it is never used again, whatever was forgotten meanwhile. At most 128 characters.
    """
    return f"forewarn:{group}:{opened_at:%Y%m%dT%H%M%SZ}"


FOREIGN = "incident:"


def foreign_subject(incident_id: str) -> str:
    """The subject of what is told on somebody else's incident, which is known by its id alone."""
    return f"{FOREIGN}{incident_id}"


def message_key(kind: MessageKind, subject: str, transition: str) -> str:
    """The idempotency key of a message: the same for the same transition, in whatever run or try. 64 characters."""
    digest = hashlib.sha256(f"{kind.value}\x1f{subject}\x1f{transition}".encode()).hexdigest()
    return f"fw-{digest[:61]}"
