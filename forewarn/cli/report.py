"""`forewarn report`: the report of a run."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from forewarn.cli.options import Config

FORMATS = {".html": "html", ".md": "markdown", ".json": "json"}


def report(
    job: Annotated[str | None, typer.Option(help="Of this job; without it, of the newest run of any.")] = None,
    run: Annotated[str | None, typer.Option(help="Of the run with this id.")] = None,
    language: Annotated[str, typer.Option(help="en or zh-TW; without it, the language of the settings.")] = "",
    form: Annotated[str, typer.Option("--format", help="html, markdown or json.")] = "",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A file; without it, standard output.")] = None,
    config: Config = None,
) -> None:
    """Print the report of the newest run, or write it to a file."""
    from uuid import UUID

    from forewarn.settings import load_settings
    from jobs.reporting import write_file
    from storage.engine import read_only
    from storage.errors import NotFound
    from storage.reports import latest_report
    from storage.schema import open_database

    settings = load_settings(config)
    wanted = form or (FORMATS.get(output.suffix, "html") if output is not None else "markdown")
    if wanted not in FORMATS.values():
        raise typer.BadParameter(f"{wanted!r} is no format: write html, markdown or json")
    with read_only(open_database(settings.database)) as session:
        found = latest_report(
            session,
            language=language or settings.language,
            format=wanted,
            job=job,
            run_id=None if run is None else UUID(run),
        )
    if found is None or found.content is None:
        raise NotFound("there is no such report: `forewarn run nightly-capacity` makes one")
    if output is None:
        sys.stdout.write(found.content)
    else:
        typer.echo(write_file(output.parent, output.name, found.content))
