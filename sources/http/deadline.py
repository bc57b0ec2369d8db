"""A time limit over everything that one question takes."""

from __future__ import annotations

import time
from datetime import timedelta
from threading import Event


class Deadline:
    """The moment by which a question must be answered, and a way to give it up earlier from another thread."""

    def __init__(self, limit: timedelta) -> None:
        """Begin now."""
        self.limit = limit
        self._end = time.monotonic() + limit.total_seconds()
        self._given_up = Event()

    @property
    def remaining(self) -> float:
        """Seconds that are left, at least 0."""
        return 0.0 if self._given_up.is_set() else max(0.0, self._end - time.monotonic())

    @property
    def over(self) -> bool:
        """Whether no time is left."""
        return self.remaining <= 0.0

    def give_up(self) -> None:
        """Nobody waits for the answer any more."""
        self._given_up.set()
