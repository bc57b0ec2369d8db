"""`forewarn run`: one run of a job, now or for a past time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from forewarn.cli.options import AsJson, Config, moment, whole_minute

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from forewarn.cli.untold import Untold
    from forewarn.settings import Settings

DELIVERY_SECONDS = 60.0


def run(
    job: Annotated[str, typer.Argument(help="The job's name, such as nightly-capacity.")],
    as_of: Annotated[
        str, typer.Option(help="The time to run for, in RFC 3339, not in the future; nothing later is looked at.")
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Decide, and write and tell nothing.")] = False,
    deliver: Annotated[bool, typer.Option(help="Tell the Control Plane at once what there is to tell.")] = True,
    retry: Annotated[bool, typer.Option("--retry", help="Take up a run again that failed.")] = False,
    output: Annotated[Path | None, typer.Option(help="Folder for the report's files.", file_okay=False)] = None,
    json: AsJson = False,
    config: Config = None,
) -> None:
    """One run, now or for a past time: find what will run out, record it, tell it, report it."""
    from forewarn.assembly import report_folder, run_context
    from forewarn.cli.logging import configure
    from forewarn.cli.progress import shown
    from forewarn.cli.rendering import print_json_summary, print_summary
    from forewarn.cli.reporting import write_reports
    from forewarn.settings import load_settings
    from jobs.pipeline import rehearse, run_job
    from jobs.present import now, refuse_the_future
    from storage.schema import open_database

    settings = load_settings(config)
    configure(settings, quiet=True)
    chosen = settings.build_job(job)
    at = moment(as_of) if as_of else whole_minute(now())
    refuse_the_future(at, now())
    engine = open_database(settings.database)
    with shown(not json) as progress:
        context = run_context(settings, engine, chosen, progress)
        summary = rehearse(chosen, at, context) if dry_run else run_job(chosen, at, context, retry=retry)
    untold = _deliver(settings, engine) if deliver and not dry_run else None
    files = [] if dry_run else write_reports(engine, summary.run, output or report_folder(settings))
    if json:
        print_json_summary(summary, files, untold)
    else:
        print_summary(summary, files, untold, settings.timezone, chosen.watches)
    if summary.run.status.value == "failed":
        raise typer.Exit(1)


def _deliver(settings: Settings, engine: Engine) -> Untold | None:
    """Empty the outbox; returns what is not told yet, None where nobody is told."""
    from controlplane.client import ControlPlaneClient
    from forewarn.assembly import make_dispatcher
    from forewarn.cli.untold import Untold

    control_plane = settings.delivers_to
    if control_plane is None:
        return None
    with ControlPlaneClient(control_plane) as client:
        make_dispatcher(control_plane, engine, client, settings=settings).drain(DELIVERY_SECONDS)
    return Untold.of(engine)
