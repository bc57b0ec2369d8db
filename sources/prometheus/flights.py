"""Requests in flight: a bounded number of threads that nobody has to wait for."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from threading import BoundedSemaphore, Thread
from types import TracebackType
from typing import Any, TypeVar

T = TypeVar("T")


class Flights:
    """Runs work in daemon threads, at most `most` at once.

    An executor of the standard library waits for its threads when the process ends: a source that stalls would then
    hold up Ctrl-C, or an error's way to the terminal, for minutes.
    """

    def __init__(self, most: int) -> None:
        """Nothing is in flight yet."""
        self._places = BoundedSemaphore(most)

    def start(self, work: Callable[[], T]) -> Future[T]:
        """Begin as soon as there is a place; work that was cancelled before that never begins."""
        future: Future[T] = Future()
        Thread(target=self._run, args=(work, future), name="source-request", daemon=True).start()
        return future

    def _run(self, work: Callable[[], T], future: Future[T]) -> None:
        with self._places:
            if future.set_running_or_notify_cancel():
                with _HandedOver(future):
                    future.set_result(work())


class _HandedOver:
    """Whatever goes wrong in here comes to whoever waits for the future."""

    def __init__(self, future: Future[Any]) -> None:
        self._future = future

    def __enter__(self) -> None:
        return None

    def __exit__(self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None) -> bool:
        if error is not None:
            self._future.set_exception(error)
        return True
