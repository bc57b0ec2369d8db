"""What the dispatcher needs of whoever keeps the outbox. Each method is one short transaction of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from controlplane.errors import ControlPlaneError, ErrorKind
from domain.outbox import Message


class StoreUnavailable(Exception):
    """The outbox can't be reached just now."""


class HeldBack(Exception):
    """The message must not be sent now: who keeps the outbox has taken it back."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the Control Plane made, or had made already (`found`) of a message."""

    object_id: str  # of the incident, the comment or the execution
    incident_id: str | None = None  # of the incident that the message's subject has
    found: bool = False  # nothing was sent: it was there already
    status: str = ""  # the incident's or execution's status, in the contract's words
    note: str = ""  # why nothing was sent, in words


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a try failed, as it is kept with the message's attempts."""

    kind: ErrorKind
    error: str
    status: int | None = None
    excerpt: str = ""
    request_id: str = ""

    @classmethod
    def of(cls, error: ControlPlaneError) -> Failure:
        """The failure that an error tells of."""
        return cls(error.kind, str(error), error.status, error.excerpt, error.request_id)


@dataclass(frozen=True, slots=True)
class OutboxState:
    """How full the outbox is. `waiting` are messages that are neither delivered nor dead."""

    waiting: int
    dead: int
    oldest_age: timedelta | None = None  # of the oldest that waits and is not held back
    paused: bool = False
    next_due: timedelta | None = timedelta(
        0
    )  # until a message may be claimed; None: none can be, however long one waits


class OutboxStore(Protocol):
    """The outbox, as a dispatcher sees it. Raises `StoreUnavailable` when it can't be reached.

    Methods that record raise `domain.errors.LeaseLost` when `worker` no longer holds the message.
    """

    def claim(self, worker: str, limit: int, lease: timedelta) -> Sequence[Message]:
        """The next messages that are due, at most one per subject and none that follows an undelivered one of its
        subject, held for `worker` until the lease lapses. A message whose holder's lease lapsed comes back as
        `unknown`. None while the outbox is paused. What says why it is `held_back` is only looked up.
        """
        ...

    def may_leave(self, message: Message, worker: str) -> bool:
        """Whether a start may still be sent, asked directly before it is; where not, `worker` holds it no more."""
        ...

    def hold(self, message: Message, worker: str) -> None:
        """The message is `held_back`, and was not told before: it is due again later, and the try does not count."""
        ...

    def delivered(self, message: Message, worker: str, receipt: Receipt) -> None:
        """The message is told; later messages of its subject know the incident's id."""
        ...

    def retry(self, message: Message, worker: str, *, after: timedelta, unknown: bool, failure: Failure) -> None:
        """The message is due again after that time; `unknown` asks to look up before it is sent."""
        ...

    def dead(self, message: Message, worker: str, *, reason: str, failure: Failure) -> None:
        """The message will not be sent again unless a person says so."""
        ...

    def pause(self, message: Message, worker: str, *, duration: timedelta, failure: Failure) -> None:
        """Nothing is claimed for that time, and the message is given back without counting the try."""
        ...

    def rest(self, *, duration: timedelta, failure: Failure) -> None:
        """Nothing is claimed for that time: what is refused is not one message's matter."""
        ...

    def state(self) -> OutboxState:
        """How full the outbox is."""
        ...
