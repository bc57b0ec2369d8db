"""`forewarn explain`: why a finding is what it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from forewarn.cli.options import Config

if TYPE_CHECKING:
    from collections.abc import Iterator

    from domain.audit import AuditEntry
    from domain.finding import Finding
    from domain.job import Job, Policy
    from domain.watch import Watch
    from storage.findings import HistoryEntry

HISTORY_SHOWN = 14
MOST_COUNTED = 200  # false positives of a watch
LONGEST = 20_000  # characters of one text: a query is shown whole


def explain(
    finding: Annotated[
        str, typer.Argument(help="The finding's id, from `forewarn findings`, or its whole fingerprint.")
    ],
    config: Config = None,
) -> None:
    """Why a finding was told, or was not: its evidence, the decisions on it, and the next threshold."""
    from rich.console import Console

    from forewarn.cli.told import told_of
    from forewarn.settings import load_settings
    from jobs.look_around import FALSE_POSITIVE
    from storage.audit import list_audit
    from storage.engine import read_only
    from storage.findings import find_finding, finding_history
    from storage.schema import open_database

    settings = load_settings(config)
    with read_only(open_database(settings.database)) as session:
        found = find_finding(session, finding)
        told = told_of(session, found)
        history = finding_history(session, found.fingerprint, limit=HISTORY_SHOWN).items
        false = list_audit(session, action=FALSE_POSITIVE, subject=found.watch, limit=MOST_COUNTED).items
    job = settings.build_job(found.job) if found.job in settings.jobs else None
    console = Console(highlight=False, soft_wrap=True)
    for part in (
        _what(found, told),
        _evidence(found),
        _next(found, job),
        _called_false(false),
        _past(history),
    ):
        for line in part:
            console.print(line)


def _what(found: Finding, told: str) -> Iterator[str]:
    from rich.markup import escape

    from reports.text import visible

    yield f"[bold]{escape(visible(found.title, LONGEST))}[/]"
    yield escape(visible(found.summary, LONGEST))
    state = f"{found.state.value}, severity {found.severity.value}, episode {found.episode}"
    yield f"State: {state}, {escape(visible(told, LONGEST))}"
    yield f"Why: {escape(visible(found.reason, LONGEST))}"


def _evidence(found: Finding) -> Iterator[str]:
    from rich.markup import escape

    from domain.times import rfc3339
    from reports.text import visible

    seen = found.evidence
    yield ""
    yield "[bold]Evidence[/]"
    yield f"  Query: {escape(visible(' '.join(seen.query.split()), LONGEST))}"
    if seen.limit_query is not None:
        yield f"  Limit: {escape(visible(' '.join(seen.limit_query.split()), LONGEST))}"
    window = f"{rfc3339(seen.start)} to {rfc3339(seen.end)}"
    yield f"  Window: {window}, step {seen.step_seconds} s, of {escape(seen.source)}"
    yield f"  Samples: {seen.samples_seen} of {seen.samples_expected}"
    score = "unknown" if seen.backtest_score is None else f"{seen.backtest_score:.2f} (1 is the naive method)"
    yield f"  Method: {escape(seen.method)}; backtest {score}"
    yield f"  Fingerprint: {found.fingerprint}"


def _next(found: Finding, job: Job | None) -> Iterator[str]:
    from rich.markup import escape

    from jobs.explain import what_comes_next

    yield ""
    if job is None:
        yield escape(f"Nobody looks at it any more: the job {found.job} is not configured.")
        return
    watch = next((one for one in job.watches if one.key == found.watch), None)
    if watch is None:
        yield escape(f"Nobody looks at it any more: the job {found.job} has no watch {found.watch}.")
        return
    yield "[bold]The next thresholds[/]"
    for line in (*_threshold(found, watch, job.policy), *what_comes_next(found, watch, job.policy)):
        yield f"  {line}"


def _threshold(found: Finding, watch: Watch, policy: Policy) -> Iterator[str]:
    from domain.watch import Direction
    from jobs.explain import next_threshold
    from reports.formats import value

    found_threshold = next_threshold(found, watch, policy)
    if found_threshold is None or found.exhaustion.exhausted:
        return
    side = "below" if watch.direction is Direction.UP else "above"
    level = value(found_threshold.level, watch.unit, "en")
    share = "" if found_threshold.share is None else f" ({found_threshold.share:.0%} of its limit)"
    yield (
        f"Growing as it does, it would not have opened {side} {level}{share}: "
        f"its median crossing would lie beyond {found_threshold.days} days."
    )


def _called_false(entries: tuple[AuditEntry, ...]) -> Iterator[str]:
    if not entries:
        return
    times = "once" if len(entries) == 1 else f"{len(entries)} times"
    last = max((entry.at for entry in entries if entry.at is not None), default=None)
    yield ""
    when = "" if last is None else f", last on {last:%Y-%m-%d %H:%M}Z"
    yield f"People called a finding of this watch false {times}{when}."


def _past(history: tuple[HistoryEntry, ...]) -> Iterator[str]:
    from rich.markup import escape

    from domain.times import rfc3339
    from reports.text import visible

    yield ""
    yield "[bold]Decisions, newest first[/]"
    for entry in history:
        stood = f"{rfc3339(entry.as_of)}  {entry.state.value:<9} {entry.severity.value:<9}"
        yield f"  {stood} {escape(visible(entry.reason, LONGEST))}"
