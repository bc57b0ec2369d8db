"""`forewarn audit`: who decided what, and why."""

from __future__ import annotations

from typing import Annotated

import typer

from forewarn.cli.answers import print_answers
from forewarn.cli.options import AsJson, Config, moment


def audit(
    action: Annotated[
        str, typer.Option(help="Of this action only; one that ends in a dot means all that begin so.")
    ] = "",
    subject: Annotated[str, typer.Option(help="About this only: an incident's key, an execution's id, ...")] = "",
    since: Annotated[str, typer.Option(help="From this time on, in RFC 3339.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=200, help="At most so many.")] = 50,
    json: AsJson = False,
    config: Config = None,
) -> None:
    """Decisions and deeds, the newest first; also what was refused, with its reason."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from domain.times import rfc3339
    from forewarn.settings import load_settings
    from reports.text import visible
    from storage.audit import list_audit
    from storage.engine import read_only
    from storage.schema import open_database

    with read_only(open_database(load_settings(config).database)) as session:
        found = list_audit(
            session,
            subject=subject or None,
            action=action or None,
            since=moment(since) if since else None,
            limit=limit,
        ).items
    if json:
        from api.routes.audit import AuditOut

        print_answers([AuditOut.of(entry) for entry in found])
        return
    if not found:
        typer.echo("There is no such entry.")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("At", "Who", "What", "About", "Why"):
        table.add_column(title, overflow="fold")
    for entry in found:
        table.add_row(
            "" if entry.at is None else rfc3339(entry.at),
            escape(visible(entry.actor, 200)),
            escape(visible(entry.action)),
            escape(visible(entry.subject, 128)),
            escape(visible(entry.reason, 300)),
        )
    Console(highlight=False).print(table)
