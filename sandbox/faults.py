"""How the sandbox fails when it is told to: rules, and the seeded choice among them."""

from __future__ import annotations

import random
import threading
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class FaultKind(StrEnum):
    """What goes wrong with one request."""

    STATUS = "status"  # not done; answered with `status`
    DONE_STATUS = "done_status"  # done; answered with `status`
    STALL = "stall"  # not done; no answer for `seconds`, then the connection is cut
    LATE_ANSWER = "late_answer"  # done at once; answered after `seconds`
    LATE_WORK = "late_work"  # done after `seconds`, whether the client still waits or not; then answered
    DROP = "drop"  # done; the connection is cut instead of an answer
    CUT = "cut"  # not done; the connection is cut
    HALF = "half"  # done; half of the answer is sent, then the connection is cut
    TWICE = "twice"  # done; the answer is sent twice on the connection
    GARBAGE = "garbage"  # done; answered 200 with a page of HTML


class FaultRule(BaseModel):
    """One way to fail, for the next `count` requests (all, when null) or a `share` of them."""

    model_config = ConfigDict(extra="forbid")

    kind: FaultKind
    operations: list[str] = []  # operationIds of the contract; empty: all
    count: int | None = Field(default=None, ge=0)
    share: float = Field(default=1.0, ge=0, le=1)
    seconds: float = Field(default=5.0, ge=0)
    status: int = Field(default=503, ge=400, le=599)
    retry_after: int | None = Field(default=None, ge=0)


class FaultSwitches(BaseModel):
    """All switches; `seed` makes the choice repeatable."""

    model_config = ConfigDict(extra="forbid")

    seed: int = 0
    honour_keys: bool = True
    rules: list[FaultRule] = []


class FaultPlan:
    """Draws a fault, or none, for each request. Safe for many threads."""

    def __init__(self, switches: FaultSwitches | None = None) -> None:
        self._lock = threading.Lock()
        self.set(switches or FaultSwitches())

    def set(self, switches: FaultSwitches) -> None:
        """Forget the switches there were, and begin anew with these."""
        with self._lock:
            self._switches = switches
            self._left = [rule.count for rule in switches.rules]
            self._fired = [0 for _ in switches.rules]
            self._random = random.Random(switches.seed)

    @property
    def switches(self) -> FaultSwitches:
        """The switches as they were set."""
        return self._switches

    @property
    def fired(self) -> list[int]:
        """How often each rule was drawn."""
        return list(self._fired)

    def draw(self, operation: str) -> FaultRule | None:
        """The fault of this request: the first rule that fits and whose chance comes up."""
        with self._lock:
            for index, rule in enumerate(self._switches.rules):
                left = self._left[index]
                if (rule.operations and operation not in rule.operations) or left == 0:
                    continue
                if rule.share < 1.0 and self._random.random() >= rule.share:
                    continue
                self._left[index] = None if left is None else left - 1
                self._fired[index] += 1
                return rule
        return None
