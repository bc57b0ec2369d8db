"""The present: no run is for a time that is still to come.

Of the future nothing can be seen, which looks like health, and every run of a real night would count as a replay of
the past after it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from domain.times import rfc3339
from jobs.errors import RunAhead

Clock = Callable[[], datetime]
CLOCKS_DIFFER = timedelta(minutes=5)  # by as much as the clocks of two machines may differ


def now() -> datetime:
    """The present on the clock of this machine. Nothing below the scheduler and the command line asks for it."""
    return datetime.now(UTC)


def refuse_the_future(as_of: datetime, present: datetime) -> None:
    """Raise `RunAhead` when `as_of` has not come yet, by more than clocks differ."""
    if as_of - present > CLOCKS_DIFFER:
        raise RunAhead(
            f"{rfc3339(as_of)} is still to come (it is {rfc3339(present.replace(microsecond=0))} now), and nothing can "
            "be seen of it: give a time that has passed, and look at its year and its time zone"
        )
