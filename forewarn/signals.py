"""What signals ask of the service: to end, or to read its configuration again."""

from __future__ import annotations

import signal
from queue import SimpleQueue


class Signals:
    """SIGTERM and SIGINT ask to end, SIGHUP to reload. Whoever waits is woken by them, and by `wake`."""

    def __init__(self) -> None:
        self.end = False
        self._reload = False
        self._woken: SimpleQueue[None] = SimpleQueue()  # unlike an Event's, its lock is no trap for a signal's handler

    def heed(self) -> None:
        """From now on, signals ask and do nothing else. For the main thread."""
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: self._ask_to_end())
        signal.signal(signal.SIGHUP, lambda *_: self._ask_to_reload())

    def wait(self) -> None:
        """Wait until somebody asks for something, or wakes us."""
        self._woken.get()

    def wake(self) -> None:
        """Let whoever waits look around."""
        self._woken.put(None)

    def reload(self) -> bool:
        """Whether a reload was asked for since the last time that this was called, however often."""
        asked, self._reload = self._reload, False
        return asked

    def _ask_to_end(self) -> None:
        self.end = True
        self.wake()

    def _ask_to_reload(self) -> None:
        self._reload = True
        self.wake()
