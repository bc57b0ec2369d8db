"""An outbox in memory, which keeps the promises of `OutboxStore`; tests/integration runs the real one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from controlplane.outbox import Failure, OutboxState, Receipt
from domain.errors import LeaseLost
from domain.outbox import Message

HELD_FOR = 60.0


class KilledError(BaseException):
    """The process is killed: nothing that would come after it happens."""


@dataclass(slots=True)
class Entry:
    message: Message
    state: str = "waiting"
    holder: str | None = None
    lease_until: float = 0.0
    due: float = 0.0
    reason: str = ""
    told_before: int = 0  # messages that were told before it was first refused


class MemoryOutbox:
    """Messages in their order; `now` is the store's own clock, in seconds."""

    def __init__(self, *messages: Message) -> None:
        self.entries = {message.id: Entry(message) for message in messages}
        self.now = 0.0
        self.paused_until = 0.0
        self.kill_at = ""  # `after_claim` or `before_record`
        self.frozen_in_claim = 0.0  # seconds for which the process is frozen after each claim
        self.stopped = False  # starts are taken back
        self.incident_ids: dict[str, str] = {}
        self.told: list[tuple[int, str]] = []

    def claim(self, worker: str, limit: int, lease: timedelta) -> Sequence[Message]:
        if self.now < self.paused_until:
            return []
        claimed: list[Message] = []
        blocked: set[str] = set()
        for entry in self.entries.values():
            subject = entry.message.subject
            if entry.state == "done" or len(claimed) == limit:
                continue
            if subject not in blocked and self._free(entry):
                unknown = entry.message.unknown or entry.holder is not None
                remote_id = self.incident_ids.get(subject)
                others_told = entry.message.refusals > 0 and len(self.told) > entry.told_before
                entry.message = replace(entry.message, unknown=unknown, remote_id=remote_id, others_told=others_told)
                entry.holder, entry.lease_until = worker, self.now + lease.total_seconds()
                claimed.append(entry.message)
            blocked.add(subject)
        self.now += self.frozen_in_claim
        if claimed and self.kill_at == "after_claim":
            raise KilledError
        return claimed

    def _free(self, entry: Entry) -> bool:
        return entry.state == "waiting" and entry.due <= self.now and entry.lease_until <= self.now

    def may_leave(self, message: Message, worker: str) -> bool:
        entry = self._mine(message, worker)
        if self.stopped:
            entry.holder, entry.lease_until, entry.due = None, 0.0, self.now + HELD_FOR
        return not self.stopped

    def hold(self, message: Message, worker: str) -> None:
        entry = self._mine(message, worker)
        entry.holder, entry.lease_until, entry.due = None, 0.0, self.now + HELD_FOR
        entry.reason = message.held_back

    def delivered(self, message: Message, worker: str, receipt: Receipt) -> None:
        if self.kill_at == "before_record":
            raise KilledError
        entry = self._mine(message, worker)
        entry.state = "done"
        self.told.append((message.id, receipt.note or "sent"))
        if receipt.incident_id:
            self.incident_ids[message.subject] = receipt.incident_id

    def retry(self, message: Message, worker: str, *, after: timedelta, unknown: bool, failure: Failure) -> None:
        entry = self._mine(message, worker)
        conflicts = message.conflicts + 1 if failure.status == 409 else 0
        refusals = message.refusals + 1 if failure.status == 403 else 0
        entry.message = replace(
            message, attempts=message.attempts + 1, unknown=unknown, conflicts=conflicts, refusals=refusals
        )
        if refusals <= 1:
            entry.told_before = len(self.told)
        entry.holder, entry.lease_until, entry.due = None, 0.0, self.now + after.total_seconds()
        entry.reason = failure.error

    def dead(self, message: Message, worker: str, *, reason: str, failure: Failure) -> None:
        entry = self._mine(message, worker)
        entry.state, entry.reason = "dead", f"{reason}: {failure.error}"

    def pause(self, message: Message, worker: str, *, duration: timedelta, failure: Failure) -> None:
        entry = self._mine(message, worker)
        entry.holder, entry.lease_until, entry.reason = None, 0.0, failure.error
        self.paused_until = self.now + duration.total_seconds()

    def rest(self, *, duration: timedelta, failure: Failure) -> None:
        assert failure.error
        self.paused_until = self.now + duration.total_seconds()

    def state(self) -> OutboxState:
        waiting = sum(entry.state == "waiting" for entry in self.entries.values())
        dead = sum(entry.state == "dead" for entry in self.entries.values())
        oldest = timedelta(seconds=self.now) if waiting else None
        return OutboxState(waiting, dead, oldest, self.now < self.paused_until)

    def _mine(self, message: Message, worker: str) -> Entry:
        entry = self.entries[message.id]
        if entry.holder != worker:
            raise LeaseLost(f"message {message.id} is not {worker}'s")
        return entry
