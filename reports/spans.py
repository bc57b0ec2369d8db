"""Intervals of crossing times on one axis of days, so that a list can be compared at a glance. Pure geometry.

The axis runs by the square root of time: near days, where a decision is due, get more room than far ones.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.forecast import Exhaustion
from reports import formats

WIDTH, HEIGHT = 200, 26
_CANDIDATES = (1, 3, 7, 14, 30, 60, 90, 180, 365)
_NEAREST_TICKS = 26.0


@dataclass(frozen=True, slots=True)
class AxisTick:
    """A day of the axis."""

    x: float
    text: str


@dataclass(frozen=True, slots=True)
class Axis:
    """The common axis: `days` long, with some of its days marked."""

    days: float
    width: int
    height: int
    ticks: tuple[AxisTick, ...]

    def x(self, days: float) -> float:
        """Where a number of days from now stands, from 0 to the width; what lies beyond stands at the end."""
        share = math.sqrt(min(max(days, 0.0), self.days) / self.days)
        return round(share * self.width, 1)


@dataclass(frozen=True, slots=True)
class Span:
    """One interval on the axis. `open_end`: it may be later than the horizon. `lead` is when it would be too late."""

    left: float
    width: float
    middle: float | None
    open_end: bool
    lead: float


def axis_of(longest: timedelta, language: str) -> Axis:
    """The axis that holds a horizon, with ticks far enough apart to be read."""
    days = max(longest / timedelta(days=1), 1.0)
    axis = Axis(days, WIDTH, HEIGHT, ())
    ticks: list[AxisTick] = []
    for candidate in _CANDIDATES:
        x = axis.x(candidate)
        if candidate <= days and (not ticks or x - ticks[-1].x >= _NEAREST_TICKS):
            ticks.append(AxisTick(x, formats.count(candidate, language)))
    return Axis(days, WIDTH, HEIGHT, tuple(ticks))


def span_of(found: Exhaustion, as_of: datetime, lead_time: timedelta, axis: Axis) -> Span | None:
    """The interval of one crossing; None where it is not expected at all."""
    if found.p10 is None:
        return None
    left = axis.x(_days(found.p10, as_of))
    right = axis.x(_days(found.p90, as_of)) if found.p90 is not None else float(axis.width)
    return Span(
        left=left,
        width=round(max(right - left, 3.0), 1),
        middle=None if found.p50 is None else axis.x(_days(found.p50, as_of)),
        open_end=found.p90 is None,
        lead=axis.x(lead_time / timedelta(days=1)),
    )


def longest_of(horizons: Sequence[timedelta]) -> timedelta:
    """The longest of some horizons; thirty days where there are none."""
    return max(horizons, default=timedelta(days=30))


def _days(moment: datetime, as_of: datetime) -> float:
    return (moment - as_of) / timedelta(days=1)
