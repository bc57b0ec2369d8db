"""`forewarn mute`: what is not told for a while, with owner, reason and expiry."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from forewarn.cli.answers import print_answers
from forewarn.cli.options import AsJson, Config, moment, this_person, told

if TYPE_CHECKING:
    from datetime import datetime

    from domain.mute import Matcher, Recurrence

app = typer.Typer(help="What is not told for a while: mutes and maintenance windows.", no_args_is_help=True)


@app.command()
def add(
    matchers: Annotated[
        str, typer.Argument(help='What to mute: instance="db-1",watch=~"node/.*". Labels of findings, and watch, kind.')
    ],
    reason: Annotated[str, typer.Option(help="Why.", callback=told)],
    lasts: Annotated[str, typer.Option("--for", help="How long from now: 2h, 3d.")] = "",
    until: Annotated[str, typer.Option(help="... or until when, in RFC 3339.")] = "",
    starts: Annotated[str, typer.Option(help="From when on; without it, from now.")] = "",
    every: Annotated[
        str, typer.Option(help="Only in a window that comes again: a cron line or an RRULE of its starts.")
    ] = "",
    window: Annotated[str, typer.Option(help="How long each of these windows lasts.")] = "",
    timezone: Annotated[str, typer.Option(help="The time zone of the windows; without it, that of the settings.")] = "",
    owner: Annotated[str, typer.Option(help="Who wants it so; without it, who you are.")] = "",
    config: Config = None,
) -> None:
    """Mute findings that all matchers match. They are still recorded and reported, and told when the mute ends."""
    from uuid import uuid4

    from domain.mute import Mute
    from forewarn.settings import load_settings
    from jobs.present import now
    from storage.engine import transaction
    from storage.mutes import add_mute
    from storage.schema import open_database

    settings = load_settings(config)
    begin = moment(starts) if starts else now()
    mute = Mute(
        id=uuid4(),
        matchers=_matchers(matchers),
        owner=owner.strip() or this_person(),
        reason=reason,
        starts_at=begin,
        expires_at=moment(until) if until else begin + _duration(lasts, "--for or --until"),
        recurrence=_recurrence(every, window, timezone or settings.timezone, begin),
    )
    if mute.expires_at <= begin:
        raise typer.BadParameter("the mute would end before it begins")
    with transaction(open_database(settings.database)) as session:
        add_mute(session, mute, actor=this_person())
    typer.echo(f"Muted until {mute.expires_at:%Y-%m-%d %H:%M}Z. `forewarn mute end {str(mute.id)[:8]}` ends it before.")


@app.command("list")
def list_(json: AsJson = False, config: Config = None) -> None:
    """Mutes that have not ended, and whether each holds just now."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from forewarn.settings import load_settings
    from jobs.present import now
    from jobs.quantities import format_duration
    from jobs.windows import holds_until
    from reports.text import visible
    from storage.engine import read_only
    from storage.mutes import list_mutes
    from storage.schema import open_database

    at = now()
    with read_only(open_database(load_settings(config).database)) as session:
        mutes = list_mutes(session, ended_since=at)
    if json:
        from api.routes.mutes import MuteOut

        print_answers([MuteOut.of(mute, at) for mute in mutes])
        return
    if not mutes:
        typer.echo("Nothing is muted.")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("Id", "Matchers", "Holds", "Ends", "Window", "Owner", "Reason"):
        table.add_column(title, overflow="fold")
    for mute in mutes:
        until = holds_until(mute, at)
        matchers = ",".join(f'{one.name}{one.operator.value}"{one.value}"' for one in mute.matchers)
        recurrence = mute.recurrence
        table.add_row(
            str(mute.id)[:8],
            escape(visible(matchers, 500)),
            "no" if until is None else f"until {until:%Y-%m-%d %H:%M}Z",
            f"{mute.expires_at:%Y-%m-%d %H:%M}Z",
            "-"
            if recurrence is None
            else escape(f"{recurrence.rule} for {format_duration(recurrence.duration)}, {recurrence.timezone}"),
            escape(visible(mute.owner, 200)),
            escape(visible(mute.reason, 500)),
        )
    Console(highlight=False).print(table)


@app.command()
def end(
    mute: Annotated[str, typer.Argument(help="The mute's id, or its beginning.")],
    reason: Annotated[str, typer.Option(help="Why, for the audit log.")] = "",
    config: Config = None,
) -> None:
    """End a mute before its time. What it held back is told within a minute."""
    from forewarn.settings import load_settings
    from jobs.present import now
    from storage.engine import transaction
    from storage.mutes import end_mute, find_mute
    from storage.schema import open_database

    with transaction(open_database(load_settings(config).database)) as session:
        found = find_mute(session, mute)
        ended = end_mute(session, found, at=now(), actor=this_person(), reason=reason)
    typer.echo(f"Mute {str(found.id)[:8]} {'is ended' if ended else 'had ended already'}.")


def _matchers(text: str) -> tuple[Matcher, ...]:
    from domain.mute import Matcher, MatchOperator
    from jobs.matchers import parse_matchers
    from jobs.patterns import check_pattern

    try:
        parsed = parse_matchers(text)
        for one in parsed:
            if one.operator in ("=~", "!~"):
                check_pattern(one.value)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    return tuple(Matcher(one.label, MatchOperator(one.operator), one.value) for one in parsed)


def _duration(text: str, option: str) -> timedelta:
    from jobs.quantities import parse_duration

    try:
        return parse_duration(text)
    except ValueError as error:
        raise typer.BadParameter(f"give {option} as 2h, 3d or 90m ({error})") from error


def _recurrence(rule: str, window: str, timezone: str, begin: datetime) -> Recurrence | None:
    from domain.mute import Recurrence
    from jobs.windows import check_recurrence

    if not rule:
        return None
    recurrence = Recurrence(rule, _duration(window, "--window"), timezone)
    try:
        check_recurrence(recurrence, begin)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    return recurrence
