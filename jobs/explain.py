"""Explain a finding: what was decided, and how much better it would have to stand not to be told. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from domain.finding import Finding
from domain.job import Policy
from domain.watch import Direction, Watch


@dataclass(frozen=True, slots=True)
class Threshold:
    """The level at `as_of` from which on the finding opens: below it (above it, for `down`) it would not have.

    `share` is that level as a share of the limit; None where the limit is zero.
    """

    level: float
    share: float | None
    days: int  # within which it must not be reached


def next_threshold(finding: Finding, watch: Watch, policy: Policy) -> Threshold | None:
    """Where the value would have to stand, growing as it does, for the median crossing to lie beyond `tell_within`.

    None where the growth is not known or leads away from the limit, and where the value stands better than that
    already: it is judged by its peaks then, and its last value says little.
    """
    evidence = finding.evidence
    limit, current, growth = evidence.limit, evidence.current, evidence.growth
    if limit is None or current is None or growth is None:
        return None
    rate = growth.per_day if watch.direction is Direction.UP else -growth.per_day
    if rate <= 0:
        return None
    days = max(policy.tell_within, watch.lead_time) / timedelta(days=1)
    way = rate * days if watch.direction is Direction.UP else -rate * days
    level = limit - way
    better = current < level if watch.direction is Direction.UP else current > level
    if better:
        return None
    return Threshold(level, level / limit if limit else None, round(days))
