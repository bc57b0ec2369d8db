"""What a person sees when a command fails: what failed, where, and what to do. Never a stack of frames."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

STOPPED = 130  # what a shell calls a program that ended on Ctrl-C


@contextmanager
def told_plainly() -> Iterator[None]:
    """Print an expected failure as one message on standard error, and exit with 1; with 130 where it was stopped."""
    keyboard = _Keyboard()
    try:
        with _expected():
            yield
    except BaseException as end:
        if not keyboard.interrupted or (isinstance(end, SystemExit) and not end.code):
            raise
        # Whatever it is, Ctrl-C came first: it may have hit a statement or a rollback, which fail in their own words.
        sys.stderr.write("forewarn: stopped\n")
        sys.exit(STOPPED)
    finally:
        keyboard.let_go()


@contextmanager
def _expected() -> Iterator[None]:
    from controlplane.errors import ControlPlaneError
    from jobs.errors import JobError
    from sources.errors import SourceError
    from storage.errors import StorageError

    try:
        yield
    except (SourceError, StorageError, ControlPlaneError, JobError) as error:
        sys.exit(f"forewarn: {error}")
    except OSError as error:
        sys.exit(f"forewarn: {error.filename or 'the system'}: {error.strerror or error}")


class _Keyboard:
    """Whether Ctrl-C was pressed. A service has a handler of its own, and in the background it means nothing."""

    def __init__(self) -> None:
        self.interrupted = False
        usual = signal.getsignal(signal.SIGINT) is signal.default_int_handler
        self._listens = usual and threading.current_thread() is threading.main_thread()
        if self._listens:
            signal.signal(signal.SIGINT, self._note)

    def let_go(self) -> None:
        """As it was before."""
        if self._listens:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self.interrupted = True
        raise KeyboardInterrupt
