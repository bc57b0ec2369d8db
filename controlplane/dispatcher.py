"""Empties the outbox: claim, tell, record. Each try is one HTTP conversation with no transaction open."""

from __future__ import annotations

import os
import random
import secrets
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

import structlog

from controlplane.client import ControlPlaneClient
from controlplane.config import ControlPlaneConfig
from controlplane.delivery import Delivery
from controlplane.errors import ControlPlaneError, ErrorKind
from controlplane.metrics import DispatcherMetrics
from controlplane.outbox import Failure, HeldBack, OutboxStore, Receipt, StoreUnavailable
from controlplane.refusals import Refusals
from controlplane.retry import Dead, DeliverAgain, LookUpFirst, Pause, RetryPolicy, Tries, next_action
from controlplane.wire import boot_clock
from domain.errors import LeaseLost
from domain.outbox import Message, MessageKind

SENDING_WINDOW = 6  # total times of one request within which a message's last request must have left
DRAIN_POLL_SECONDS = 0.1

log = structlog.stdlib.get_logger(__name__)


class Result(StrEnum):
    """What came of one try; the `result` label of the metrics."""

    DELIVERED = "delivered"
    FOUND = "found"  # it had been told already
    RETRY = "retry"
    UNKNOWN = "unknown"  # nobody knows whether it was told: it is looked up next time
    DEAD = "dead"
    PAUSED = "paused"
    HELD_BACK = "held_back"  # it was not told before, and must not be sent now
    LEASE_LOST = "lease_lost"


@dataclass(frozen=True, slots=True)
class Timing:
    """How long a claimed message is held. In seconds, counted from before it was claimed.

    `sending`: its last request leaves before this. `lease`: by then that request was answered or given up, whatever
    it may still do is done, and the outcome is recorded; so nobody else looks the object up too early.
    """

    sending: float
    lease: float

    @classmethod
    def of(cls, config: ControlPlaneConfig) -> Timing:
        """The times that follow from the total time of one request and the settle time."""
        total = config.total_timeout.total_seconds()
        settle = config.dispatcher.settle_time.total_seconds()
        sending = SENDING_WINDOW * total
        return cls(sending, sending + total + max(total, settle) + 1.0)


class Dispatcher:
    """Tells the outbox's messages to the Control Plane: in order per subject, each once in effect."""

    def __init__(
        self,
        config: ControlPlaneConfig,
        store: OutboxStore,
        client: ControlPlaneClient,
        *,
        metrics: DispatcherMetrics | None = None,
        jitter: Callable[[], float] = random.random,
        clock: Callable[[], float] = boot_clock,
    ) -> None:
        self._config = config.dispatcher
        self._store = store
        self._delivery = Delivery(client, self._last_look)
        self._policy = RetryPolicy.of(config.dispatcher)
        self._timing = Timing.of(config)
        self._metrics = metrics
        self._jitter = jitter
        self._clock = clock
        self._refusals = Refusals()
        self._astray: set[MessageKind] = set()  # kinds of messages that lead nowhere, since one of them was told
        self._rests_until = 0.0  # on our clock: the Control Plane asks all of us to wait, not one message
        self._worker = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"

    def run_once(self) -> Result | None:
        """Claim one message, tell it, record what came of it. None: nothing is due, or we were asked to wait.

        Raises `StoreUnavailable`; a message that was under way then is looked up by whoever claims it next.
        """
        claimed_at = self._clock()
        if claimed_at < self._rests_until:
            return None
        messages = self._store.claim(self._worker, 1, timedelta(seconds=self._timing.lease))
        if not messages:
            return None
        message = messages[0]
        result = self._try(message, claimed_at)
        if self._metrics is not None:
            self._metrics.attempts.labels(message.kind.value, result.value).inc()
            self._metrics.seconds.observe(self._clock() - claimed_at)
        return result

    def run_forever(self, stop: threading.Event) -> None:
        """Empty the outbox until `stop` is set; then end with the tries that are under way.

        An error that nobody foresaw stops all of it and is raised here: a process that ends is seen and started anew.
        """
        with ThreadPoolExecutor(self._config.concurrency, thread_name_prefix="dispatcher") as threads:
            workers = [threads.submit(self._work, stop) for _ in range(self._config.concurrency)]
            for worker in workers:
                worker.add_done_callback(lambda _: stop.set())
            while not stop.wait(self._config.poll_interval.total_seconds()):
                self._show_state()
        for worker in workers:
            worker.result()

    def drain(self, seconds: float) -> int:
        """Empty the outbox, for so many seconds at most; returns how many messages still wait.

        It does not wait for what will not be due by then: what is muted, dead, or behind something dead.
        """
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            if self.run_once() is not None:
                continue
            state = self._store.state()
            if state.waiting == 0 or state.next_due is None:
                return state.waiting
            if max(state.next_due.total_seconds(), self._rests_until - self._clock()) > left:
                return state.waiting
            time.sleep(DRAIN_POLL_SECONDS)
        return self._store.state().waiting

    def _work(self, stop: threading.Event) -> None:
        idle = self._config.poll_interval.total_seconds()
        while not stop.is_set():
            try:
                rest = 0.0 if self.run_once() is not None else idle
            except StoreUnavailable as error:
                log.warning("dispatcher.store_unavailable", error=str(error))
                rest = max(idle, self._policy.base)
            stop.wait(rest)

    def _try(self, message: Message, claimed_at: float) -> Result:
        try:
            outcome = self._tell(message, claimed_at + self._timing.sending)
            if outcome is None:
                return self._hold(message)
            if isinstance(outcome, Receipt):
                return self._record_receipt(message, outcome)
            return self._record_failure(message, outcome)
        except HeldBack:
            log.info("message.held_back", **_names(message))
            return Result.HELD_BACK
        except LeaseLost:
            log.warning("message.lease_lost", **_names(message))
            return Result.LEASE_LOST

    def _tell(self, message: Message, not_after: float) -> Receipt | ControlPlaneError | None:
        try:
            if message.held_back:
                return self._delivery.find(message)
            return self._delivery.deliver(message, not_after)
        except ControlPlaneError as error:
            return error

    def _last_look(self, message: Message) -> None:
        if not self._store.may_leave(message, self._worker):
            raise HeldBack(message.subject)

    def _hold(self, message: Message) -> Result:
        self._store.hold(message, self._worker)
        log.info("message.held_back", reason=message.held_back, **_names(message))
        return Result.HELD_BACK

    def _record_receipt(self, message: Message, receipt: Receipt) -> Result:
        self._refusals.end()
        self._astray.discard(message.kind)
        self._store.delivered(message, self._worker, receipt)
        log.info("message.delivered", remote_id=receipt.object_id, found=receipt.found, **_names(message))
        return Result.FOUND if receipt.found else Result.DELIVERED

    def _record_failure(self, message: Message, error: ControlPlaneError) -> Result:
        failure = Failure.of(error)
        tries = Tries.of(message, error.kind, astray=message.kind in self._astray)
        action = next_action(self._policy, tries, error.kind, error.retry_after, self._jitter())
        self._heed(message, error)
        match action:
            case DeliverAgain(seconds) | LookUpFirst(seconds):
                unknown = message.unknown or isinstance(action, LookUpFirst)
                after = timedelta(seconds=seconds)
                self._store.retry(message, self._worker, after=after, unknown=unknown, failure=failure)
                log.warning("message.failed", error=str(error), again_in_seconds=round(seconds, 1), **_names(message))
                if error.kind is ErrorKind.FORBIDDEN and self._refusals.add(error.operation):
                    self._store.rest(duration=timedelta(seconds=self._policy.pause), failure=failure)
                    _log_pause(message, error, self._policy.pause)
                    return Result.PAUSED
                return Result.UNKNOWN if isinstance(action, LookUpFirst) else Result.RETRY
            case Dead(reason):
                self._store.dead(message, self._worker, reason=reason, failure=failure)
                log.error("message.dead", reason=reason, error=str(error), **_names(message))
                return Result.DEAD
            case Pause(seconds):
                duration = timedelta(seconds=seconds)
                if error.kind is ErrorKind.MISDIRECTED:  # a try that counts: the next one is the message's own matter
                    self._store.retry(message, self._worker, after=duration, unknown=message.unknown, failure=failure)
                    self._store.rest(duration=duration, failure=failure)
                else:
                    self._store.pause(message, self._worker, duration=duration, failure=failure)
                _log_pause(message, error, seconds)
                return Result.PAUSED

    def _heed(self, message: Message, error: ControlPlaneError) -> None:
        """What a failure says of all messages: to wait, which kind leads nowhere, or that not everything is refused."""
        if error.kind is ErrorKind.MISDIRECTED:
            self._astray.add(message.kind)
        if error.kind is ErrorKind.RATE_LIMITED and error.retry_after:
            self._rests_until = max(self._rests_until, self._clock() + error.retry_after)
            log.warning("dispatcher.rests", error=str(error), seconds=error.retry_after)
        if error.status is not None and error.kind not in {ErrorKind.FORBIDDEN, ErrorKind.CREDENTIAL}:
            self._refusals.end()

    def _show_state(self) -> None:
        if self._metrics is None:
            return
        try:
            self._metrics.show(self._store.state())
        except StoreUnavailable as error:
            log.warning("dispatcher.store_unavailable", error=str(error))


def _log_pause(message: Message, error: ControlPlaneError, seconds: float) -> None:
    names = _names(message)
    log.error("dispatcher.paused", error=str(error), request_id=error.request_id, seconds=seconds, **names)


def _names(message: Message) -> dict[str, object]:
    return {
        "message_id": message.id,
        "kind": message.kind.value,
        "subject": message.subject,
        "tries": message.attempts + 1,
    }
