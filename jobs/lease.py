"""A lease that is renewed while the work goes on, so that nobody takes the run over."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType

from sqlalchemy.exc import SQLAlchemyError

from domain.errors import LeaseLost
from storage.errors import StorageError


class Lease:
    """Calls `renew` every third of `seconds` in a thread, from `with` to its end.

    A renewal that the database broke off is tried once more at once: after a freeze its connection is gone, and only a
    new one tells whether the run is. One that fails is kept: the next `check` raises it. So a run whose lease was lost,
    or whose database is gone, stops at its next step instead of working for nothing; what it writes is fenced off by
    the database anyway.
    """

    def __init__(self, renew: Callable[[], None], seconds: float) -> None:
        """`renew` raises when the lease is no longer ours."""
        self._renew = renew
        self._every = seconds / 3
        self._stop = threading.Event()
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._keep, name="lease", daemon=True)

    def __enter__(self) -> Lease:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def check(self) -> None:
        """Raise what the last renewal raised, if it did."""
        if self._failure is not None:
            raise self._failure

    def _keep(self) -> None:
        while not self._stop.wait(self._every):
            failure = self._attempt()
            if isinstance(failure, StorageError):
                failure = self._attempt()
            if failure is not None:
                self._failure = failure
                return

    def _attempt(self) -> Exception | None:
        try:
            self._renew()
        except (LeaseLost, StorageError, SQLAlchemyError) as error:
            return error
        return None
