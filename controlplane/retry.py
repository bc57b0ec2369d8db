"""What to do with a message after a failure: a pure function, so that every case of it can be tested."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from controlplane.config import DispatcherConfig
from controlplane.errors import ErrorKind


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
    """The message is fine, our credential or configuration is not: let everything rest so many seconds."""

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


_PAUSING = frozenset({ErrorKind.CREDENTIAL, ErrorKind.MISDIRECTED})
_DEADLY = {
    ErrorKind.REJECTED: "the Control Plane refuses it as wrong",
    ErrorKind.NOT_FOUND: "what it is about is not at the Control Plane",
}


def next_action(policy: RetryPolicy, tries: int, kind: ErrorKind, hint: float | None, jitter: float) -> Action:
    """What to do after the failure of try number `tries` (from 1).

    `hint` is how many seconds the server asks to wait, if it does; `jitter` is a number in [0, 1). A wait is never
    shorter than the hint. Backoff is "equal jitter": half of the doubled wait, and up to as much again.
    """
    if kind in _PAUSING:
        return Pause(max(policy.pause, hint or 0.0))
    if kind is ErrorKind.CONFLICT and tries >= policy.conflict_tries:
        return Dead(f"in conflict with another object, {tries} times in a row")
    if kind in _DEADLY:
        return Dead(_DEADLY[kind])
    wait = backoff(policy, tries, jitter)
    if kind is ErrorKind.RATE_LIMITED and hint is not None:
        return DeliverAgain(hint + jitter * policy.base)
    wait = max(wait, hint or 0.0, policy.settle if kind is ErrorKind.UNKNOWN else 0.0)
    return LookUpFirst(wait) if kind in {ErrorKind.UNKNOWN, ErrorKind.CONFLICT} else DeliverAgain(wait)


def backoff(policy: RetryPolicy, tries: int, jitter: float) -> float:
    """Seconds to wait after so many tries: 5, 10, 20, ... up to the ceiling, half of it by chance."""
    doubled = min(policy.base * 2.0 ** min(max(tries, 1) - 1, 30), policy.ceiling)
    return doubled * (0.5 + 0.5 * jitter)
