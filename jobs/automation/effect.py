"""Did it help: how many days an execution, or a person, has gained. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.forecast import Exhaustion
from jobs.decide.judge import SAID

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Effect:
    """By how many days the exhaustion moved away; `at_least`: it is not in sight any more, so it may be more."""

    days: float
    at_least: bool = False


def days_gained(before: Exhaustion, now: Exhaustion, as_of: datetime) -> Effect | None:
    """The median of when it happens, now against then, beyond what the passing of time alone does.

    A median that has passed meanwhile, or a limit that was reached, counts as today. None: nothing can be said.
    """
    told = as_of if before.exhausted else before.p50
    if told is None or (now.status not in SAID and not now.exhausted):
        return None
    start = max(told, as_of)
    if now.exhausted:
        return Effect((as_of - start) / DAY)
    if now.p50 is not None:
        return Effect((now.p50 - start) / DAY)
    horizon = max((days for days, _ in now.within), default=0)
    return Effect(max(0.0, (as_of + horizon * DAY - start) / DAY), at_least=True)
