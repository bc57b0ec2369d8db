"""`forewarn automation`: scripts that were started, those that wait for a person, and the kill switch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from forewarn.cli.answers import plain, print_json
from forewarn.cli.options import AsJson, Config, this_person, told

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from domain.audit import AuditEntry
    from domain.execution import Execution

DELIVERY_SECONDS = 15.0
app = typer.Typer(help="Scripts of the Control Plane: what was started, and what waits for you.", no_args_is_help=True)


@app.command("list")
def list_(
    limit: Annotated[int, typer.Option(min=1, max=200, help="At most so many of each.")] = 20,
    json: AsJson = False,
    config: Config = None,
) -> None:
    """Executions, the newest first, and what was refused last, with the guard that refused it."""
    from rich.console import Console
    from rich.markup import escape

    from forewarn.settings import load_settings
    from jobs.automation.record import REFUSED
    from reports.text import visible
    from storage import codec
    from storage.audit import list_audit
    from storage.engine import read_only
    from storage.executions import list_executions
    from storage.schema import open_database
    from storage.switches import SwitchName, find_switch

    settings = load_settings(config)
    with read_only(open_database(settings.database)) as session:
        stopped = find_switch(session, SwitchName.AUTOMATION_STOPPED)
        executions = list_executions(session, limit=limit).items
        refused = list_audit(session, action=REFUSED, limit=limit).items
    if json:
        from api.routes.audit import AuditOut
        from api.routes.executions import ExecutionOut

        print_json(
            {
                "stopped": codec.encode(stopped),
                "executions": [plain(ExecutionOut.of(execution)) for execution in executions],
                "refused": [plain(AuditOut.of(entry)) for entry in refused],
            }
        )
        return
    console = Console(highlight=False)
    if not settings.automation.enabled:
        console.print("Automation is off: automation.enabled is false.")
    if stopped is not None:
        console.print(
            f"[red]Stopped[/] by {escape(visible(stopped.actor, 200))}: {escape(visible(stopped.reason, 500))}"
        )
    console.print(_executions(executions) if executions else "Nothing was started yet.")
    if refused:
        console.print(_refused(refused))


@app.command()
def approve(
    correlation: Annotated[str, typer.Argument(help="What waits: its id, from `forewarn automation list`.")],
    reason: Annotated[str, typer.Option(help="Why, for the audit log.")] = "",
    config: Config = None,
) -> None:
    """Agree to one execution. It is started at once, unless another guard refuses it; that guard is named."""
    from contextlib import ExitStack
    from dataclasses import replace

    from controlplane.client import ControlPlaneClient
    from forewarn.assembly import automation_of, make_dispatcher, silenced
    from forewarn.cli.logging import configure
    from forewarn.settings import load_settings
    from jobs.automation.approve import approve as agree
    from jobs.automation.approve import job_of
    from jobs.automation.inventory import look_at
    from jobs.present import now
    from storage.engine import read_only
    from storage.executions import get_execution
    from storage.schema import open_database

    settings = load_settings(config)
    configure(settings, quiet=True)
    engine = open_database(settings.database)
    job = settings.build_job(job_of(engine, correlation))
    plane, at = settings.delivers_to, now()
    with ExitStack() as stack:
        client = None if plane is None else stack.enter_context(ControlPlaneClient(plane))
        available = None if client is None else look_at(settings.automation, engine, client, at, at)
        decision = agree(
            engine,
            job,
            automation_of(settings),
            correlation,
            actor=this_person(),
            reason=reason,
            at=at,
            around=replace(silenced(settings), available=available),
        )
        if decision.guard is not None:
            typer.echo(f"Approved, and not started yet: {decision.reason} (guard: {decision.guard.value}).")
            return
        if plane is not None and client is not None:
            make_dispatcher(plane, engine, client, settings=settings).drain(DELIVERY_SECONDS)
    with read_only(engine) as session:
        started = get_execution(session, correlation).remote_id is not None
    if started:
        typer.echo(f"Approved and started: {decision.reason}.")
    else:
        typer.echo(f"Approved, and not sent yet: {decision.reason}. `forewarn outbox list` shows what it waits for.")


@app.command()
def stop(
    reason: Annotated[str, typer.Option(help="Why, for the audit log.", callback=told)],
    lasts: Annotated[str, typer.Option("--for", help="For so long: 2h. Without it, until somebody resumes it.")] = "",
    config: Config = None,
) -> None:
    """The kill switch: from now on no script is started, by whatever process, and what waits is withdrawn."""
    from forewarn.settings import load_settings
    from jobs.quantities import parse_positive_duration
    from storage.engine import transaction
    from storage.schema import open_database
    from storage.switches import SwitchName, turn_on

    try:
        seconds = parse_positive_duration(lasts).total_seconds() if lasts else None
    except ValueError as error:
        raise typer.BadParameter(f"give --for as 2h, 3d or 90m ({error})") from error
    with transaction(open_database(load_settings(config).database)) as session:
        turn_on(session, SwitchName.AUTOMATION_STOPPED, reason=reason, actor=this_person(), seconds=seconds)
    typer.echo("Automation is stopped. What runs at the Control Plane already is not called back.")


@app.command()
def resume(
    script: Annotated[str, typer.Option(help="Only forgive this script what it did: failures, and no effect.")] = "",
    reason: Annotated[str, typer.Option(help="Why, for the audit log.")] = "",
    config: Config = None,
) -> None:
    """Turn the kill switch off; with --script, give one script its right to run back."""
    from domain.audit import AuditEntry
    from forewarn.settings import load_settings
    from jobs.automation.load import REARMED
    from storage.audit import append_audit
    from storage.engine import transaction
    from storage.schema import open_database
    from storage.switches import SwitchName, turn_off

    with transaction(open_database(load_settings(config).database)) as session:
        if script:
            append_audit(session, [AuditEntry(this_person(), REARMED, script, reason)])
        else:
            turn_off(session, SwitchName.AUTOMATION_STOPPED, reason=reason, actor=this_person())
    typer.echo(f"The script {script} may run again." if script else "Automation goes on.")


def _executions(executions: Sequence[Execution]) -> Table:
    from rich.markup import escape
    from rich.table import Table

    from domain.times import rfc3339
    from reports.text import visible

    table = Table(box=None, pad_edge=False, header_style="bold", title="Executions", title_justify="left")
    for title in ("Requested", "Script", "Dry run", "Status", "Days gained", "Id"):
        table.add_column(title, overflow="fold")
    for one in executions:
        table.add_row(
            rfc3339(one.requested_at),
            escape(visible(one.script_id, 60)),
            "yes" if one.dry_run else "no",
            one.status.value,
            "-" if one.days_gained is None else f"{one.days_gained:.1f}",
            escape(one.correlation_id),
        )
    return table


def _refused(entries: Sequence[AuditEntry]) -> Table:
    from rich.markup import escape
    from rich.table import Table

    from domain.times import rfc3339
    from reports.text import visible

    table = Table(box=None, pad_edge=False, header_style="bold", title="Refused", title_justify="left")
    for title in ("At", "Guard", "Why", "Id"):
        table.add_column(title, overflow="fold")
    for one in entries:
        at = "" if one.at is None else rfc3339(one.at)
        table.add_row(at, str(one.details.get("guard", "")), escape(visible(one.reason, 200)), escape(one.subject))
    return table
