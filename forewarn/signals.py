"""What signals ask of the service: to end, or to read its configuration again."""

from __future__ import annotations

import os
import select
import signal
import socket
from contextlib import suppress


class Signals:
    """SIGTERM and SIGINT ask to end, SIGHUP to reload. Whoever waits is woken by them, and by `wake`.

    A terminal that is closed sends SIGHUP as well: what was started in it ends with it, as people expect.

    Through a socket: a signal may reach another thread than the main one, which would go on waiting for a lock. Python
    writes to it whichever thread it is (`signal.set_wakeup_fd`), and then has the main one run the handler.
    """

    def __init__(self) -> None:
        self.end = False
        self._reload = False
        self._heeded = False
        self._in_terminal = False
        self._woken, self._waker = socket.socketpair()
        for one in (self._woken, self._waker):
            one.setblocking(False)

    def heed(self) -> None:
        """From now on, signals ask and do nothing else. For the main thread."""
        self._heeded = True
        self._in_terminal = _has_terminal()
        signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: self._ask_to_end())
        signal.signal(signal.SIGHUP, lambda *_: self._hung_up())

    def close(self) -> None:
        """For when nobody waits any more."""
        if self._heeded:
            signal.set_wakeup_fd(-1)
        self._woken.close()
        self._waker.close()

    def wait(self) -> None:
        """Wait until somebody asks for something, or wakes us."""
        select.select([self._woken], [], [])
        with suppress(BlockingIOError):
            self._woken.recv(4096)

    def wake(self) -> None:
        """Let whoever waits look around."""
        with suppress(OSError):  # it is full of wakes that nobody has seen yet, or closed: nobody waits
            self._waker.send(b"\0")

    def reload(self) -> bool:
        """Whether a reload was asked for since the last time that this was called, however often."""
        asked, self._reload = self._reload, False
        return asked

    def _ask_to_end(self) -> None:
        self.end = True
        self.wake()

    def _hung_up(self) -> None:
        if self._in_terminal and not _has_terminal():
            self._ask_to_end()
        else:
            self._ask_to_reload()

    def _ask_to_reload(self) -> None:
        self._reload = True
        self.wake()


def _has_terminal() -> bool:
    """Whether this process belongs to a terminal that is still there."""
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY))
    except OSError:
        return False
    return True
