"""Progress on standard error, for people, when something takes a while."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from jobs.pipeline import Progress as Told
from jobs.pipeline import silent

STAGES = {"plan": "Looking for series", "analyse": "Fetching and analysing", "conclude": "Deciding and reporting"}


@contextmanager
def shown(wanted: bool = True) -> Iterator[Told]:
    """A progress bar for a run; nothing where nobody is at a terminal."""
    if not wanted or not sys.stderr.isatty():
        yield silent
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def told(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(STAGES.get(stage, stage), total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield told
