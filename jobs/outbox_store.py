"""The outbox in Postgres, as the dispatcher wants it: each step one short transaction."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from controlplane.outbox import Failure, OutboxState, Receipt, StoreUnavailable
from domain.errors import LeaseLost
from domain.outbox import Message, MessageKind
from jobs.automation.after import Automation
from jobs.automation.gate import held_back
from jobs.muting import muted_until
from jobs.surroundings import NOTHING, Surroundings
from storage import outbox, outbox_pause
from storage.engine import WriteSession, read_only, transaction
from storage.errors import StorageError

MUTED = (MessageKind.INCIDENT_CREATE, MessageKind.INCIDENT_UPDATE, MessageKind.INCIDENT_COMMENT)
LOOK_AGAIN = timedelta(minutes=1)
MOST_PASSED_OVER = 1000  # muted messages, before a claim comes back with nothing


def _now() -> datetime:
    return datetime.now(UTC)


class SqlOutboxStore:
    """`controlplane.outbox.OutboxStore` on the tables of `storage.outbox`. What is muted just now is not handed out.

    `automation` is what may be started, and when; with None, whatever was decided on. `silences` looks at what others
    silence just now, before a start is sent.
    """

    def __init__(
        self,
        engine: Engine,
        clock: Callable[[], datetime] = _now,
        automation: Automation | None = None,
        silences: Callable[[], Surroundings] = lambda: NOTHING,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._automation = automation
        self._silences = silences

    def claim(self, worker: str, limit: int, lease: timedelta) -> Sequence[Message]:
        """The next messages that are due and not muted, held for `worker`; what is muted keeps nobody waiting."""
        for _ in range(MOST_PASSED_OVER):
            with self._writing() as session:
                seconds = lease.total_seconds()
                claimed = outbox.claim_messages(session, holder=worker, limit=limit, lease_seconds=seconds)
                unmuted = [one for message in claimed if (one := self._unmuted(session, message, worker)) is not None]
            free = [one for one in unmuted if self._is_worth_a_try(one, worker)]
            if free or not claimed:
                return free
        return []

    def _unmuted(self, session: WriteSession, message: Message, worker: str) -> Message | None:
        """The message, or None when it is muted: it is due again when the mute ends, or soon, should that end early.

        Good news is told in any case. What may have been told already is looked up: its subject's good news waits
        behind it. It is not sent again while the mute holds.
        """
        if message.kind not in MUTED:
            return message
        at = self._clock()
        muted = muted_until(session, message.subject, at)
        if muted is None:
            return message
        mute, until = muted
        reason = f"muted by {mute.owner} until {until:%Y-%m-%d %H:%M}Z: {mute.reason}"
        if message.unknown:
            return replace(message, held_back=reason)
        wait = min((until - at).total_seconds(), LOOK_AGAIN.total_seconds())
        outbox.postpone_message(session, message.id, holder=worker, seconds=max(wait, 0.1), reason=reason)
        return None

    def may_leave(self, message: Message, worker: str) -> bool:
        """Whether a start may still be sent; where not, it is withdrawn, or looked at again soon."""
        around = self._silences()  # before the transaction is open: another server is asked
        with self._writing() as session:
            return not held_back(session, message, worker, self._clock(), self._automation, around)

    def _is_worth_a_try(self, message: Message, worker: str) -> bool:
        """Whether a claimed message is handed out: not a start that is withdrawn in any case, reached or not.

        One that may have been sent already is looked up, whatever has happened since.
        """
        if message.kind is not MessageKind.EXECUTION_START or message.unknown:
            return True
        try:
            return self.may_leave(message, worker)
        except LeaseLost:
            return False

    def hold(self, message: Message, worker: str) -> None:
        """The message was not told, and is not to be sent now: it is looked at again soon."""
        with self._writing() as session:
            seconds = LOOK_AGAIN.total_seconds()
            outbox.postpone_message(session, message.id, holder=worker, seconds=seconds, reason=message.held_back)

    def delivered(self, message: Message, worker: str, receipt: Receipt) -> None:
        """The message is told. Its subject's later messages need the incident's id, also when it was a comment."""
        is_execution = message.kind is MessageKind.EXECUTION_START
        remote_id = receipt.object_id if is_execution else receipt.incident_id
        response = f"{receipt.object_id} {receipt.status} {receipt.note}".strip()
        with self._writing() as session:
            outbox.record_delivered(
                session, message.id, holder=worker, status=None, response=response, remote_id=remote_id
            )

    def retry(self, message: Message, worker: str, *, after: timedelta, unknown: bool, failure: Failure) -> None:
        """The message is due again after that time."""
        with self._writing() as session:
            outbox.record_retry(
                session,
                message.id,
                holder=worker,
                delay_seconds=after.total_seconds(),
                unknown=unknown,
                error=_words(failure),
                status=failure.status,
                response=failure.excerpt or None,
            )

    def dead(self, message: Message, worker: str, *, reason: str, failure: Failure) -> None:
        """The message waits for a person."""
        with self._writing() as session:
            outbox.record_dead(
                session,
                message.id,
                holder=worker,
                reason=f"{reason}: {_words(failure)}",
                status=failure.status,
                response=failure.excerpt or None,
            )

    def pause(self, message: Message, worker: str, *, duration: timedelta, failure: Failure) -> None:
        """Nothing is claimed for that time; the message is given back, and its try does not count."""
        with self._writing() as session:
            _pause(session, duration, failure)
            outbox.release_messages(session, [message.id], holder=worker)

    def rest(self, *, duration: timedelta, failure: Failure) -> None:
        """Nothing is claimed for that time."""
        with self._writing() as session:
            _pause(session, duration, failure)

    def state(self) -> OutboxState:
        """How full the outbox is."""
        with _translated(), read_only(self._engine) as session:
            depth = outbox.depth(session)
            paused = outbox_pause.outbox_resting(session) is not None
            due = outbox.next_due(session)
        oldest = timedelta(seconds=depth.oldest_age_seconds) if depth.pending else None
        return OutboxState(depth.pending, depth.dead, oldest, paused, None if due is None else timedelta(seconds=due))

    @contextmanager
    def _writing(self) -> Generator[WriteSession, None, None]:
        with _translated(), transaction(self._engine) as session:
            yield session


@contextmanager
def _translated() -> Generator[None, None, None]:
    """Whatever is wrong with the database: nothing was recorded, and the lease lets another try."""
    try:
        yield
    except (StorageError, DBAPIError) as error:
        raise StoreUnavailable(str(error)) from error


def _pause(session: WriteSession, duration: timedelta, failure: Failure) -> None:
    """Let all rest, for a reason without the request id: with it, a pause that only lasts would be news each time."""
    outbox_pause.pause_outbox(session, reason=failure.error, seconds=duration.total_seconds())


def _words(failure: Failure) -> str:
    return f"{failure.error} (request {failure.request_id})" if failure.request_id else failure.error
