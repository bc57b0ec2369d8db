"""What people see on standard error while they wait: a bar where that takes long, and no warnings of libraries."""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

PATIENCE_SECONDS = 2.0  # what takes longer shows its progress


@contextmanager
def counted(what: str, total: int | None, begin: float) -> Iterator[Callable[[int], None]]:
    """Call what this gives with how many are done; somebody at a terminal sees a bar once it takes a while.

    `total` is None where it is not known. `begin`, of `time.monotonic`, is when the command began.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty())
    task = bar.add_task(what, total=total)

    def advance(done: int) -> None:
        if time.monotonic() - begin > PATIENCE_SECONDS:
            bar.start()
        bar.advance(task, done)

    try:
        yield advance
    finally:
        bar.stop()


@contextmanager
def told_in_words() -> Iterator[None]:
    """Keep back what numpy warns of empty, huge or unlike numbers: what can't be told is told for each series."""
    with warnings.catch_warnings(action="ignore", category=RuntimeWarning):
        yield
