"""The `forewarn` command."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from forewarn.cli import (
    audit,
    automation,
    config,
    db,
    demo,
    doctor,
    exhaust,
    explain,
    findings,
    forecast,
    incidents,
    mute,
    outbox,
    report,
    run,
    runs,
    serve,
)
from forewarn.cli.failures import told_plainly

app = typer.Typer(
    name="forewarn",
    help="Prevents outages: forecasts what will run out, and tells people in time.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.command("run")(run.run)
app.command("serve")(serve.serve)
app.command("demo")(demo.demo)
app.command("findings")(findings.findings)
app.command("runs")(runs.runs)
app.command("incidents")(incidents.incidents)
app.command("report")(report.report)
app.command("doctor")(doctor.doctor)
app.command("forecast")(forecast.forecast)
app.command("exhaust")(exhaust.exhaust)
app.add_typer(config.app, name="config")
app.add_typer(db.app, name="db")
app.add_typer(outbox.app, name="outbox")
app.add_typer(mute.app, name="mute")
app.add_typer(automation.app, name="automation")
app.command("audit")(audit.audit)
app.command("explain")(explain.explain)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"forewarn {version('forewarn')}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Prevents outages: forecasts what will run out, and tells people in time."""


def main() -> None:
    """Run the command line. What fails is told in plain words; the exit code is 1."""
    if sys.stderr is None:  # it was closed (2>&-): what is told there is lost, and not what is asked for
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - until the process ends
    with told_plainly():
        app()
    sys.exit(0)


if __name__ == "__main__":
    main()
