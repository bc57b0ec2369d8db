"""The order of what runs out: ranked by when one has to begin to be in time. Pure."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from domain.forecast import Exhaustion
from reports import formats

Urgency = tuple[bool, float, float, float, str]


def urgency(found: Exhaustion, lead_time: timedelta, as_of: datetime, name: str) -> Urgency:
    """A key that puts the most urgent first: what is exhausted, then by the last moment to begin.

    Among what has to be begun now, that which comes too late most likely is first; then what runs out first.
    """
    begin = last_moment(found, lead_time)
    spare = math.inf if begin is None else max((begin - as_of).total_seconds(), 0.0)
    runs_out = math.inf if found.p50 is None else found.p50.timestamp()
    too_late = found.within_lead_time if formats.known(found.within_lead_time) else 0.0
    return (not found.exhausted, spare, -too_late, runs_out, name)


def last_moment(found: Exhaustion, lead_time: timedelta) -> datetime | None:
    """The last moment to begin so that in nine cases of ten or more it is fixed in time; None: not so soon."""
    return None if found.p10 is None else found.p10 - lead_time


def is_overdue(found: Exhaustion, lead_time: timedelta, as_of: datetime) -> bool:
    """Whether the last moment to begin is past."""
    begin = last_moment(found, lead_time)
    return begin is not None and begin <= as_of
