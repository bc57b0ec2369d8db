"""One process at a time starts or stops a server. The system drops the lock of a process that dies."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from storage.embedded.folder import make_parent, usable
from storage.errors import EmbeddedServerError


@contextmanager
def exclusive(path: Path, timeout_seconds: float) -> Generator[None, None, None]:
    """Hold the lock of that file. Raises `EmbeddedServerError` when another process keeps it for too long."""
    with usable(path):
        make_parent(path.parent)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _wait_for(descriptor, path, timeout_seconds)
        yield
    finally:
        os.close(descriptor)


def _wait_for(descriptor: int, path: Path, timeout_seconds: float) -> None:
    deadline = time.monotonic() + timeout_seconds
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise EmbeddedServerError(
                    f"another process has been starting or stopping the embedded Postgres for {timeout_seconds:.0f} s "
                    f"({path}): look at it, end it, and try again"
                ) from None
            time.sleep(0.05)
        else:
            return
