"""Instants and time grids. An instant is a timezone-aware `datetime`; on a grid it is seconds since 1970."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

DAY = 86_400.0  # seconds


def utc(moment: datetime) -> datetime:
    """The same instant in UTC. Raises `ValueError` for a naive time: a time without its zone is a guess."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone: write it as {moment.isoformat()}Z or with an offset")
    return moment.astimezone(UTC)


def from_epoch(seconds: float) -> datetime:
    """The instant that many seconds after 1970 began, in UTC."""
    return datetime.fromtimestamp(seconds, UTC)


def rfc3339(moment: datetime) -> str:
    """The instant as RFC 3339 in UTC with whole seconds: `2026-11-22T03:00:00Z`."""
    return utc(moment).replace(microsecond=0).isoformat().replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class Grid:
    """A regular time grid: `steps` instants, `start`, `start + step`, ...; both in whole seconds."""

    start: int
    step: int
    steps: int

    def __post_init__(self) -> None:
        """Refuse a step that is not positive and a negative number of steps."""
        if self.step <= 0:
            raise ValueError(f"the step of a grid is {self.step} s: it must be positive")
        if self.steps < 0:
            raise ValueError(f"the number of steps is {self.steps}: it must not be negative")

    @classmethod
    def ending(cls, end: datetime, step: int, steps: int) -> Grid:
        """The grid of `steps` instants whose last is the newest multiple of `step` that is not after `end`.

        Aligned to multiples of the step, so that a run that is replayed lands on the same grid.
        """
        last = int(utc(end).timestamp()) // step * step
        return cls(last - (steps - 1) * step, step, steps)

    @property
    def end(self) -> int:
        """The last instant of the grid, in seconds since 1970."""
        return self.start + (self.steps - 1) * self.step

    @property
    def times(self) -> NDArray[np.float64]:
        """The instants, `[n_steps]`, in seconds since 1970."""
        return self.start + self.step * np.arange(self.steps, dtype=np.float64)
