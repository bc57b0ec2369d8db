"""`forewarn outbox`: what still has to be told, and what could not be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from domain.outbox import MessageState
from forewarn.cli.answers import print_answers
from forewarn.cli.options import AsJson, Config, this_person, told

app = typer.Typer(help="What still has to be told to the Control Plane.", no_args_is_help=True)
UNTOLD = (MessageState.PENDING, MessageState.DEAD)
GISTS = ("title", "content", "resolution", "scriptId")  # parts of payloads, by what says most
MessageId = Annotated[int, typer.Argument(help="The message's number, from `forewarn outbox list`.")]


@app.command("list")
def list_(
    state: Annotated[MessageState | None, typer.Option(help="In this state.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 50,
    json: AsJson = False,
    config: Config = None,
) -> None:
    """What waits or was given up, in the order in which it was written; with --state, messages in that state."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from domain.times import rfc3339
    from forewarn.settings import load_settings
    from reports.text import visible
    from storage.engine import read_only
    from storage.outbox_admin import list_messages
    from storage.outbox_pause import outbox_resting
    from storage.schema import open_database

    settings = load_settings(config)
    with read_only(open_database(settings.database)) as session:
        pages = [list_messages(session, state=one, limit=limit) for one in (UNTOLD if state is None else (state,))]
        paused = outbox_resting(session)
    listed = sorted((entry for page in pages for entry in page.items), key=lambda entry: entry.id)
    found = listed[:limit]
    if json:
        from api.routes.outbox import MessageOut

        print_answers([MessageOut.of(entry) for entry in found])
        return
    console = Console(highlight=False)
    if paused is not None:
        why = escape(visible(paused.reason or "paused", 500))
        console.print(f"[yellow]Delivery rests[/] since {rfc3339(paused.since)}: {why}")
    if not found:
        console.print("Nothing waits, and nothing was given up." if state is None else f"No message is {state.value}.")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("Id", "State", "Kind", "What it tells", "Tries", "Reason"):
        table.add_column(title, overflow="fold")
    for entry in found:
        table.add_row(
            str(entry.id),
            entry.state.value,
            entry.kind.value,
            escape(visible(gist(entry.payload), 120)),
            str(entry.attempts),
            escape(visible(entry.reason, 500)),
        )
    console.print(table)
    if len(listed) > limit or any(page.next_cursor for page in pages):
        console.print(f"There are more than these {limit}: give a higher --limit, or a --state.")


def gist(payload: Mapping[str, Any]) -> str:
    """What a message tells, in one line: the title of an incident, the first line of a text, the name of a script."""
    said = next((str(payload[name]) for name in GISTS if payload.get(name)), "")
    return next((line for line in said.splitlines() if line.strip()), "")


@app.command()
def retry(message: MessageId, config: Config = None) -> None:
    """Send a message again that was given up, or at once one that waits for its next try."""
    from forewarn.settings import load_settings
    from storage.engine import transaction
    from storage.outbox_admin import retry_message
    from storage.schema import open_database

    with transaction(open_database(load_settings(config).database)) as session:
        retry_message(session, message, actor=this_person())
    typer.echo(f"Message {message} is due now.")


@app.command()
def discard(
    message: MessageId,
    reason: Annotated[str, typer.Option(help="Why it need not be told; it is kept in the audit log.", callback=told)],
    config: Config = None,
) -> None:
    """Let a message go untold; what follows it goes on."""
    from forewarn.settings import load_settings
    from storage.engine import transaction
    from storage.outbox_admin import discard_message
    from storage.schema import open_database

    with transaction(open_database(load_settings(config).database)) as session:
        discard_message(session, message, actor=this_person(), reason=reason)
    typer.echo(f"Message {message} was let go.")


@app.command()
def resume(config: Config = None) -> None:
    """Go on with delivery that rests, now that the Control Plane takes our credential again."""
    from forewarn.settings import load_settings
    from storage.engine import transaction
    from storage.outbox_pause import resume_outbox
    from storage.schema import open_database

    with transaction(open_database(load_settings(config).database)) as session:
        resume_outbox(session, actor=this_person())
    typer.echo("Delivery goes on.")
