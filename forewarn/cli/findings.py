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
    """The findings as they stand now, the worst first."""
    from rich.console import Console

    from api.schemas import FindingOut
    from domain.labels import Labels
    from forewarn.cli.known import require_job, require_watch
    from forewarn.cli.rendering import findings_table
    from forewarn.settings import load_settings
    from storage.engine import read_only
    from storage.findings import list_findings
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
        while len(found) < limit:
            page = list_findings(
                session,
                job=job,
                watch=watch,
                severity=severity,
                state=state or LIVE,
                entity=entity,
                limit=min(1000, limit - len(found)),
                cursor=cursor,
            )
            found += page.items
            cursor = page.next_cursor
            if cursor is None:
                break
        newest = next(iter(list_runs(session, job=job, limit=1).items), None)
    if json:
        print_answers([FindingOut.of(finding) for finding in found])
    elif found:
        Console(highlight=False).print(findings_table(found, settings.timezone, most=limit))
        if cursor is not None:
            typer.echo(f"There are more than these {limit}: give a higher --limit, or --watch, --severity or --label.")
    else:
        typer.echo(_nothing(newest))


def _nothing(newest: Run | None) -> str:
    """No finding, in words: it is good news only where somebody has looked."""
    if newest is None:
        return "No run yet, so nothing is known. `forewarn run nightly-capacity` makes the first."
    if newest.status in (RunStatus.SUCCEEDED, RunStatus.PARTIAL):
        return "Nothing stands just now. `forewarn runs` shows when a job last looked."
    stands = f"the newest run, {newest.job} for {rfc3339(newest.as_of)}, is {newest.status.value}"
    return f"No finding is stored, and {stands}: what there is to find is not known. `forewarn runs` tells more."
