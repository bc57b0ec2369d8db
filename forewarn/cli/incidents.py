"""`forewarn incidents`: what was opened at the Control Plane."""

from __future__ import annotations

from typing import Annotated

import typer

from domain.finding import Severity
from domain.incident import Incident, IncidentStatus
from forewarn.cli.answers import print_answers
from forewarn.cli.options import AsJson, Config
from reports.text import visible

NARROW = 100  # columns of a terminal: with fewer, the room is for what an incident is about


def incidents(
    status: Annotated[IncidentStatus | None, typer.Option(help="That stand so only.")] = None,
    severity: Annotated[Severity | None, typer.Option(help="Of this severity only.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 50,
    json: AsJson = False,
    config: Config = None,
) -> None:
    """Incidents that Forewarn opened, the newest first. The Control Plane's id is there once it was told."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from forewarn.cli.rendering import COLOURS, day_and_hour
    from forewarn.settings import load_settings
    from reports.formats import day
    from storage.engine import read_only
    from storage.incidents import list_incidents
    from storage.schema import open_database

    settings = load_settings(config)
    with read_only(open_database(settings.database)) as session:
        found = list_incidents(session, status=status, severity=severity, limit=limit).items
    if json:
        from api.routes.incidents import IncidentOut

        print_answers([IncidentOut.of(incident) for incident in found])
        return
    if not found:
        typer.echo("There is no such incident." if status or severity else "No incident yet.")
        return
    console = Console(highlight=False)
    narrow = console.width < NARROW
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("Opened", no_wrap=not narrow, max_width=len("2026-11-22") + 1 if narrow else None)
    for title in ("Status", "Severity", "What", "Expected", "Control Plane"):
        table.add_column(title, overflow="fold", no_wrap=title == "Expected")
    for incident in found:
        table.add_row(
            day_and_hour(incident.opened_at, settings.timezone),
            incident.status.value
            if incident.outcome is None
            else f"{incident.status.value} ({incident.outcome.value})",
            f"[{COLOURS[incident.severity.value]}]{incident.severity.value}[/]",
            escape(what_of(incident)),
            "-" if incident.expected_at is None else day(incident.expected_at, "en", settings.timezone),
            escape(incident.remote_id or "not told yet"),
        )
    console.print(table)


def what_of(incident: Incident) -> str:
    """The title, which is that of its most urgent finding, and how many more findings it tells."""
    more = len(incident.members) - 1
    return visible(incident.title, 120) + (f" (and {more} more)" if more > 0 else "")
