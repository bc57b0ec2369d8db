"""Which operations the Control Plane does not allow us, one after the other. One is that operation's matter."""

from __future__ import annotations

from threading import Lock

SEVERAL = 3  # different operations, with nothing allowed in between: it is our credential's matter


class Refusals:
    """A row of refused operations. Safe for many threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._operations: set[str] = set()

    def add(self, operation: str) -> bool:
        """Whether several operations are refused by now. The row then begins anew: no one of them rests all alone."""
        with self._lock:
            self._operations.add(operation)
            if len(self._operations) < SEVERAL:
                return False
            self._operations.clear()
            return True

    def end(self) -> None:
        """Something was allowed."""
        with self._lock:
            self._operations.clear()
