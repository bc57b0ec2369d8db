"""How many requests may be in flight: fewer when the source says that it has too much to do."""

from __future__ import annotations

from threading import Lock

CALM = 20  # answers in a row after which one more request is let through


class Throttle:
    """A limit that falls to one on a complaint, and rises again step by step. Safe across threads."""

    def __init__(self, most: int) -> None:
        """Begin at the most that is allowed."""
        self._most = most
        self._limit = most
        self._calm = 0
        self._lock = Lock()

    @property
    def limit(self) -> int:
        """How many requests may be in flight now."""
        return self._limit

    def complained(self) -> None:
        """The source has too much to do."""
        with self._lock:
            self._limit, self._calm = 1, 0

    def answered(self) -> None:
        """The source answered."""
        with self._lock:
            self._calm += 1
            if self._calm >= CALM and self._limit < self._most:
                self._limit, self._calm = self._limit + 1, 0
