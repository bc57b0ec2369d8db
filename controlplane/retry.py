"""What to do with a message after a failure: a pure function, so that every case of it can be tested."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from controlplane.config import DispatcherConfig
from controlplane.errors import ErrorKind
from domain.outbox import Message


@dataclass(frozen=True, slots=True)
class DeliverAgain:
    """Surely not carried out: send it again after so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class LookUpFirst:
    """Perhaps carried out: after so many seconds look the object up, and send again only when it is absent."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Dead:
    """It will never be accepted: keep it, show it, and go on with the next."""

    reason: str


@dataclass(frozen=True, slots=True)
class Pause:
    """The message is fine, our credential or URL is not: let everything rest so many seconds."""

    seconds: float


Action: TypeAlias = DeliverAgain | LookUpFirst | Dead | Pause


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Times in seconds; see `DispatcherConfig`."""

    base: float = 5.0
    ceiling: float = 900.0
    settle: float = 30.0
    pause: float = 60.0
    conflict_tries: int = 5

    @classmethod
    def of(cls, config: DispatcherConfig) -> RetryPolicy:
        """The policy that the configuration tells."""
        return cls(
            base=config.backoff_base.total_seconds(),
            ceiling=config.backoff_ceiling.total_seconds(),
            settle=config.settle_time.total_seconds(),
            pause=config.pause.total_seconds(),
            conflict_tries=config.conflict_tries,
        )


_DEADLY = {
    ErrorKind.REJECTED: "the Control Plane refuses it as wrong",
    ErrorKind.NOT_FOUND: "what it is about is not at the Control Plane",
}


@dataclass(frozen=True, slots=True)
class Tries:
    """The tries of a message, with the one that has just failed."""

    total: int = 1
    in_a_row: int = 1  # the last of them that failed in the same way, where that is counted: see `of`
    others_told: bool = False  # whether anything else was told since the first of those

    @classmethod
    def of(cls, message: Message, kind: ErrorKind, *, astray: bool = False) -> Tries:
        """The tries of a message that has just failed in this way: conflicts, refusals, and what led nowhere, count.

        `astray`: another message of its kind has led nowhere, and none was told since.
        """
        before = {
            ErrorKind.CONFLICT: message.conflicts,
            ErrorKind.FORBIDDEN: message.refusals,
            ErrorKind.MISDIRECTED: message.attempts + astray,
        }.get(kind, 0)
        return cls(message.attempts + 1, before + 1, message.others_told)


def next_action(policy: RetryPolicy, tries: Tries, kind: ErrorKind, hint: float | None, jitter: float) -> Action:
    """What to do after a failure.

    `hint` is how many seconds the server asks to wait, if it does; `jitter` is a number in [0, 1). A wait is never
    shorter than the hint. Backoff is "equal jitter": half of the doubled wait, and up to as much again.

    A message that is not allowed is given up where others are told meanwhile. Where none is, nobody knows whose fault
    it is: it is tried again, and goes out when what was taken from us is given back.

    What leads nowhere lets everything rest once: a gateway is being restarted, or the URL is wrong. What still leads
    nowhere after that waits alone, as the others may well have their way.
    """
    if kind is ErrorKind.CREDENTIAL or (kind is ErrorKind.MISDIRECTED and tries.in_a_row == 1):
        return Pause(max(policy.pause, hint or 0.0))
    if kind is ErrorKind.CONFLICT and tries.in_a_row >= policy.conflict_tries:
        return Dead(f"in conflict with another object, {tries.in_a_row} times in a row")
    if kind is ErrorKind.FORBIDDEN and tries.in_a_row >= policy.conflict_tries and tries.others_told:
        return Dead(f"not allowed with our credential, {tries.in_a_row} times in a row, while others are")
    if kind in _DEADLY:
        return Dead(_DEADLY[kind])
    wait = backoff(policy, tries.total, jitter)
    if kind is ErrorKind.RATE_LIMITED and hint is not None:
        return DeliverAgain(hint + jitter * policy.base)
    wait = max(wait, hint or 0.0, policy.settle if kind is ErrorKind.UNKNOWN else 0.0)
    return LookUpFirst(wait) if kind in {ErrorKind.UNKNOWN, ErrorKind.CONFLICT} else DeliverAgain(wait)


def backoff(policy: RetryPolicy, tries: int, jitter: float) -> float:
    """Seconds to wait after so many tries: 5, 10, 20, ... up to the ceiling, half of it by chance."""
    doubled = min(policy.base * 2.0 ** min(max(tries, 1) - 1, 30), policy.ceiling)
    return doubled * (0.5 + 0.5 * jitter)
