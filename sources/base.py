"""What every source of metric history offers, whatever stands behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from domain.series import SeriesBatch
from domain.times import Grid

NO_HISTORY = timedelta(0)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: whether it is well, what was found, and what to do where it is not.

    `required` is False where the source still works without it (clock skew, a version that can't be told).
    """

    name: str  # "reachable", "permission", "version", "clock", "limits", "retention"
    ok: bool
    what: str  # what was found, one sentence
    advice: str = ""  # what to do, one sentence; empty where all is well
    required: bool = True

    def finding(self, source: str, place: str) -> str:
        """What was found, with the place, and without the source's name and the advice, which are told beside it."""
        found = self.what.removeprefix(f"{source}: ").removesuffix(self.advice).rstrip(". ")
        return found if place in found else f"{place}: {found}"


class Source(Protocol):
    """A source of metric history. All methods raise `sources.errors.SourceError` and nothing else of their own."""

    @property
    def name(self) -> str:
        """The name that the configuration gives it; errors and evidence tell it."""
        ...

    def fetch(self, query: str, grid: Grid) -> SeriesBatch:
        """A range query over the whole grid, however many requests that takes.

        `values[n_series, n_steps]`, NaN where nothing was seen; rows are sorted by their labels. A query that matches
        nothing gives a batch of no series. What the source left out or warned of is in the batch's notes.
        """
        ...

    def count(self, query: str, at: datetime) -> int:
        """How many series a query has at a time."""
        ...

    def check(self, history: timedelta = NO_HISTORY, /) -> tuple[Check, ...]:
        """What `doctor` and `/readyz` want to know: reachable, permission, version, clock, limits. Never raises.

        With the longest `history` that will be asked for, also whether it is kept for so long, where that is told.
        """
        ...

    def close(self) -> None:
        """Give back connections and threads. Closing twice is fine."""
        ...
