"""Mutes: what is not told for a while, with owner, reason and expiry."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID


class MatchOperator(StrEnum):
    """How a matcher compares, as Prometheus writes it. A regular expression has to match the whole value."""

    EQUAL = "="
    NOT_EQUAL = "!="
    MATCHES = "=~"
    NOT_MATCHES = "!~"


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition on a label; a label that is not there has the value ''."""

    name: str
    operator: MatchOperator
    value: str


@dataclass(frozen=True, slots=True)
class Recurrence:
    """A window that comes again: it begins when the rule says so, in the time zone, and lasts for `duration`."""

    rule: str  # a five-field cron line, or an RRULE
    duration: timedelta
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Mute:
    """What is not told: findings whose labels all matchers match, from `starts_at` until `expires_at`.

    With a recurrence, only in its windows between these two. Without an expiry there is no mute.
    """

    id: UUID
    matchers: tuple[Matcher, ...]
    owner: str
    reason: str
    starts_at: datetime
    expires_at: datetime
    recurrence: Recurrence | None = None
    ended_at: datetime | None = None  # when somebody ended it before its time
