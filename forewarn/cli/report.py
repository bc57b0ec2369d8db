"""`forewarn report`: the report of a run."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from domain.run import Run
from domain.times import rfc3339
from forewarn.cli.options import Config
from forewarn.cli.outfile import STANDARD, is_stream, write_whole

FORMATS = {".html": "html", ".md": "markdown", ".json": "json"}


def report(
    job: Annotated[str | None, typer.Option(help="Of this job; without it, of the newest run of any.")] = None,
    run: Annotated[str | None, typer.Option(help="Of the run with this id.")] = None,
    language: Annotated[str, typer.Option(help="en or zh-TW; without it, the language of the settings.")] = "",
    form: Annotated[str, typer.Option("--format", help="html, markdown or json.")] = "",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="A file; without it, or with -, standard output.")
    ] = None,
    config: Config = None,
) -> None:
    """Print the report of the newest run, or write it to a file."""
    from forewarn.cli.known import require_job, require_language
    from forewarn.settings import load_settings
    from storage.engine import read_only
    from storage.errors import NotFound
    from storage.reports import latest_report
    from storage.runs import get_run, list_runs
    from storage.schema import open_database

    settings = load_settings(config)
    to = output or STANDARD
    wanted = form or ("markdown" if to == STANDARD else FORMATS.get(to.suffix, "html"))
    if wanted not in FORMATS.values():
        raise typer.BadParameter(f"{wanted!r} is no format: write html, markdown or json")
    tongue = language or settings.language
    require_language(tongue)
    run_id = None if run is None else _run_id(run)
    with read_only(open_database(settings.database)) as session:
        require_job(job, settings, session)
        if run_id is not None:
            get_run(session, run_id)
        found = latest_report(session, language=tongue, format=wanted, job=job, run_id=run_id)
        newest = next(iter(list_runs(session, job=job, limit=1).items), None)
    if found is None or found.content is None:
        raise NotFound(_no_report(job or next(iter(settings.jobs)), run_id, f"{wanted} report in {tongue}"))
    _write(to, found.content)
    if run_id is None and newest is not None and newest.id != found.run_id:
        typer.echo(_older(newest), err=True)


def _write(output: Path, content: str) -> None:
    """Write the report, and say where it is where that is a file of its own."""
    through = output == STANDARD or is_stream(output)
    try:
        if not through:
            output.parent.mkdir(parents=True, exist_ok=True)
        write_whole(output, lambda stream: stream.write(content.encode()))
    except ValueError as error:
        sys.exit(f"forewarn: {error}")
    if not through:
        typer.echo(output)


def _run_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        advice = "`forewarn runs --json` lists the ids"
        raise typer.BadParameter(f"{text!r} is no id of a run: {advice}", param_hint="--run") from None


def _older(newest: Run) -> str:
    stands = (
        f"the newest run, {newest.job} for {rfc3339(newest.as_of)}, is {newest.status.value} and has no such report"
    )
    return f"This is the report of an older run: {stands}. `forewarn runs` tells more."


def _no_report(job: str, run_id: UUID | None, what: str) -> str:
    if run_id is not None:
        return f"the run {run_id} has no {what}: a run has one once it has come to its end (`forewarn runs`)"
    return (
        f"there is no {what} yet: `forewarn run {job}` makes one, and `forewarn runs` shows what came of earlier runs"
    )
