"""Times on the database's clock: leases and waits are counted on it, as the clocks of our machines need not agree."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Interval, func, literal

LONGEST_SECONDS = timedelta(days=366).total_seconds()


def now() -> ColumnElement[Any]:
    """This moment (not the beginning of the transaction)."""
    moment: ColumnElement[Any] = func.clock_timestamp()
    return moment


def seconds_from_now(seconds: float) -> ColumnElement[Any]:
    """That many seconds from this moment, but not before it, and not later than a year from it."""
    bounded = min(max(seconds, 0.0), LONGEST_SECONDS)
    return now() + literal(timedelta(seconds=bounded), Interval())


def lease(seconds: float) -> ColumnElement[Any]:
    """The end of a lease of that many seconds. Raises `ValueError` for a lease that ends at once or never."""
    if not (seconds > 0 and math.isfinite(seconds)):
        raise ValueError(f"a lease of {seconds} s is none")
    return seconds_from_now(seconds)
