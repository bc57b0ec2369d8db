"""`forewarn runs`: what ran when, and what came of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Annotated
from uuid import UUID

import typer

from domain.run import Run, RunStatus
from forewarn.cli.answers import print_answers
from forewarn.cli.options import AsJson, Config

LONGEST_REASON = 500  # characters of a run that failed, on a terminal
LEFT = "its process is gone: `forewarn serve` goes on with it, or `forewarn run` with its time as --as-of"
COLOURS = {"succeeded": "green", "partial": "yellow", "failed": "red", "abandoned": "red", "planned": "yellow"}


def runs(
    job: Annotated[str | None, typer.Option(help="Of this job only.")] = None,
    status: Annotated[RunStatus | None, typer.Option(help="That ended so only.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 20,
    json: AsJson = False,
    config: Config = None,
) -> None:
    """Runs, the newest first."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from api.schemas import RunOut
    from domain.times import rfc3339
    from forewarn.cli.known import require_job
    from forewarn.settings import load_settings
    from reports.text import visible
    from storage.engine import read_only
    from storage.runs import lapsed_runs, list_runs
    from storage.schema import open_database

    settings = load_settings(config)
    with read_only(open_database(settings.database)) as session:
        require_job(job, settings, session)
        left = {run.id for run in lapsed_runs(session, job=job)}
        found = [_as_it_stands(run, left) for run in list_runs(session, job=job, status=status, limit=limit).items]
    if json:
        print_answers([RunOut.of(run) for run in found])
        return
    if not found:
        typer.echo(
            f"No run is {status.value}." if status else "No run yet. `forewarn run nightly-capacity` makes the first."
        )
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("Job", "As of", "Status", "Seconds", "Findings", "Reason"):
        table.add_column(title, overflow="fold")
    for run in found:
        acts = run.summary.get("acts", {})
        table.add_row(
            run.job,
            rfc3339(run.as_of),
            f"[{COLOURS.get(run.status.value, 'cyan')}]{run.status.value}[/]",
            _seconds(run),
            ", ".join(f"{count} {act}" for act, count in acts.items()) or "-",
            escape(visible(_reason(run), LONGEST_REASON)),
        )
    Console(highlight=False).print(table)


def _seconds(run: Run) -> str:
    """How long it took, where it has come to an end that says so."""
    total = run.summary.get("seconds", {}).get("total")
    return "-" if total is None else f"{total:.1f}"


def _as_it_stands(run: Run, left: Collection[UUID]) -> Run:
    """A run whose process is gone still reads `running` until somebody takes it over: its reason says so."""
    return replace(run, reason=LEFT) if run.status is RunStatus.RUNNING and run.id in left else run


def _reason(run: Run) -> str:
    if run.status is not RunStatus.PLANNED:
        return run.reason
    return "; ".join(filter(None, ("waiting to be tried again", run.reason)))
