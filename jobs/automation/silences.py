"""What is silenced just now: looked at once in some seconds, however many starts ask for it."""

from __future__ import annotations

import threading
from collections.abc import Callable

from controlplane.wire import boot_clock
from jobs.surroundings import Surroundings

KEPT_SECONDS = 5.0


class KeptSilences:
    """The last look at silences, kept for some seconds. Who asks while somebody looks waits for what that brings."""

    def __init__(self, look: Callable[[], Surroundings], clock: Callable[[], float] = boot_clock) -> None:
        self._look = look
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: tuple[float, Surroundings] | None = None

    def __call__(self) -> Surroundings:
        """What is silenced, or why it is not known."""
        with self._lock:
            if self._seen is None or self._clock() - self._seen[0] >= KEPT_SECONDS:
                asked_at = self._clock()
                self._seen = asked_at, self._look()
            return self._seen[1]
