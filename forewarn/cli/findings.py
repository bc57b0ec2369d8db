"""`forewarn findings`: what stands just now."""

from __future__ import annotations

from typing import Annotated

import typer

from domain.finding import Finding, FindingState, Severity
from domain.run import Run, RunStatus
from domain.times import rfc3339
from forewarn.cli.answers import print_answers
from forewarn.cli.options import AsJson, Config

LIVE = [FindingState.PENDING, FindingState.OPEN, FindingState.CLEARING]


def findings(
    job: Annotated[str | None, typer.Option(help="Of this job only.")] = None,
    watch: Annotated[str | None, typer.Option(help="Of this watch only: node/filesystem-space.")] = None,
    severity: Annotated[Severity | None, typer.Option(help="Of this severity only.")] = None,
    state: Annotated[list[FindingState] | None, typer.Option(help="In this state; may be repeated.")] = None,
    label: Annotated[list[str] | None, typer.Option(help="With this label: instance=db-1; may be repeated.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 200,
    json: AsJson = False,
    config: Config = None,
) -> None:
    """The findings as they stand now, the most urgent first, as in the report."""
    from rich.console import Console

    from api.schemas import FindingOut
    from domain.labels import Labels
    from forewarn.cli.known import require_job, require_watch
    from forewarn.cli.rendering import findings_table
    from forewarn.cli.urgency import by_urgency, watches_of
    from forewarn.settings import load_settings
    from storage.engine import read_only
    from storage.findings import list_findings
    from storage.paging import MAXIMUM_LIMIT
    from storage.runs import list_runs
    from storage.schema import open_database

    settings = load_settings(config)
    pairs = [text.partition("=") for text in label or ()]
    if any(not name or not sign for name, sign, _ in pairs):
        raise typer.BadParameter("a label is written as name=value, such as instance=db-1")
    entity = Labels(tuple((name, value) for name, _, value in pairs)) if pairs else None
    found: list[Finding] = []
    cursor = None
    with read_only(open_database(settings.database)) as session:
        require_job(job, settings, session)
        require_watch(watch, settings, session)
        while True:
            page = list_findings(
                session,
                job=job,
                watch=watch,
                severity=severity,
                state=state or LIVE,
                entity=entity,
                limit=MAXIMUM_LIMIT,
                cursor=cursor,
            )
            found += page.items
            cursor = page.next_cursor
            if cursor is None:
                break
        newest = next(iter(list_runs(session, job=job, limit=1).items), None)
    ordered = by_urgency(found, watches_of(settings, {finding.job for finding in found}))
    if json:
        print_answers([FindingOut.of(finding) for finding in ordered[:limit]])
    elif ordered:
        Console(highlight=False).print(findings_table(ordered[:limit], settings.timezone, most=limit))
        if len(ordered) > limit:
            typer.echo(f"There are more than these {limit}: give a higher --limit, or --watch, --severity or --label.")
    else:
        typer.echo(_nothing(newest, narrowed=bool(severity or state or label)))


def _nothing(newest: Run | None, *, narrowed: bool) -> str:
    """No finding, in words: it is good news only where somebody has looked, and where all were asked for."""
    if newest is None:
        return "No run yet, so nothing is known. `forewarn run nightly-capacity` makes the first."
    if newest.status is RunStatus.SUCCEEDED and narrowed:
        return "There is no such finding. Without --severity, --state and --label, all that stand are listed."
    if newest.status is RunStatus.SUCCEEDED:
        return "Nothing stands just now. `forewarn runs` shows when a job last looked."
    stands = f"the newest run, {newest.job} for {rfc3339(newest.as_of)}, is {newest.status.value}"
    if newest.status is RunStatus.PARTIAL:
        what = "No such finding stands" if narrowed else "Nothing stands"
        return f"{what} of what was seen, but {stands}: not all was seen. `forewarn runs` tells more."
    what = "No such finding" if narrowed else "No finding"
    return f"{what} is stored, and {stands}: what there is to find is not known. `forewarn runs` tells more."
