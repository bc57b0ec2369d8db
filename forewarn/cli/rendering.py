"""What a run came to, for people and for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from api.schemas import FindingOut, RunOut, ShardOut, told_probability
from domain.finding import Finding, FindingState
from domain.run import RunStatus, ShardStatus
from domain.times import rfc3339
from domain.watch import Watch
from forewarn.cli.untold import Untold
from forewarn.cli.urgency import by_urgency
from jobs.decide import Act, Decision
from jobs.summary import RunSummary
from reports.charts import crossing_text
from reports.formats import probability
from reports.scene import as_analysis
from reports.text import visible

SHOWN = 40
STORED = "`forewarn findings` lists them all"
IN_JSON = "`--json` prints them all"  # of a rehearsal, which stores none
SHORT_ID = 8  # digits of a fingerprint that tell it from the others, and that commands take for it
NOT_TOLD = {
    Act.KEEP: "unchanged",
    Act.HOLD: "held for another run",
    Act.DEFER: "listed in a storm's incident",
    Act.ATTACH: "known already",
    Act.IGNORE: "quiet as a person wished",
    Act.DROP: "gone before they were told",
}
COLOURS = {"critical": "bold red", "warning": "yellow", "info": "cyan"}


def print_json_summary(summary: RunSummary, files: Sequence[Path], untold: Untold | None) -> None:
    """One JSON object: the run, its findings with entity, kind, severity, P10/P50/P90 and evidence, its parts."""
    run = RunOut.of(summary.run).model_dump(mode="json", by_alias=True)
    document: dict[str, Any] = {
        "run": run,
        "repeated": summary.repeated,
        "supersededBy": None if summary.superseded_by is None else rfc3339(summary.superseded_by),
        "findings": [_finding_json(decision) for decision in summary.decisions if _is_live(decision.finding)],
        "cleared": [decision.finding.fingerprint for decision in summary.decisions if not _is_live(decision.finding)],
        "entities": dict(summary.entities),
        "samples": summary.samples,
        "seconds": {stage: round(spent, 3) for stage, spent in asdict(summary.seconds).items()},
        "shards": [ShardOut.of(outcome).model_dump(mode="json", by_alias=True) for outcome in summary.shards],
        "reports": [str(path) for path in files],
        "undelivered": None if untold is None else untold.count,
    }
    sys.stdout.write(json.dumps(document, ensure_ascii=False) + "\n")


def _finding_json(decision: Decision) -> dict[str, Any]:
    found: dict[str, Any] = FindingOut.of(decision.finding).model_dump(mode="json", by_alias=True)
    return {**found, "act": decision.act.value}


def _is_live(finding: Finding) -> bool:
    return finding.state is not FindingState.CLEARED


def print_summary(
    summary: RunSummary, files: Sequence[Path], untold: Untold | None, timezone: str, watches: Sequence[Watch]
) -> None:
    """A table of findings, then what a person has to know of the run. `watches` are those of its job."""
    console = Console(highlight=False)
    run = summary.run
    live = [decision for decision in summary.decisions if _is_live(decision.finding)]
    if live:
        ordered = by_urgency([decision.finding for decision in live], watches)
        console.print(findings_table(ordered, timezone, rest=IN_JSON if run.dry_run else STORED))
    console.print(f"[bold]{run.job}[/] for {rfc3339(run.as_of)}: {_verdict(summary)}")
    counts = ", ".join(f"{count} {status}" for status, count in summary.entities)
    console.print(f"Entities: {counts or 'none seen'}. Samples: {summary.samples:,}. {_acts(summary)}")
    for line in _troubles(summary, untold):
        console.print(f"[yellow]![/] {escape(line)}")
    if not summary.repeated:
        spent = asdict(summary.seconds)
        total = spent.pop("total")
        console.print(f"[dim]{total:.1f} s: {', '.join(f'{stage} {took:.1f}' for stage, took in spent.items())}[/]")
    for path in files:
        console.print(f"Report: {path}", soft_wrap=True)


def findings_table(findings: Sequence[Finding], timezone: str, *, most: int = SHOWN, rest: str = STORED) -> Table:
    """Findings in their order, at most so many; `rest` says where all are. `forewarn explain` takes their ids."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("Id", "Severity", "State", "What", "When (P10 to P90)", "30 days"):
        table.add_column(title, overflow="fold", no_wrap=title == "Id")
    for finding in findings[:most]:
        severity = finding.severity.value
        table.add_row(
            finding.fingerprint[:SHORT_ID],
            f"[{COLOURS[severity]}]{severity}[/]",
            finding.state.value,
            escape(visible(finding.title, 120)),
            _when(finding, timezone),
            _chance(finding),
        )
    if len(findings) > most:
        table.add_row("", "", "", f"and {len(findings) - most} more: {rest}", "", "")
    return table


def day_and_hour(at: datetime, timezone: str) -> str:
    """A moment for a table: `2026-11-25 08:00+08:00`, in the time zone and with what it is from UTC."""
    return at.astimezone(ZoneInfo(timezone)).isoformat(sep=" ", timespec="minutes")


def _when(finding: Finding, timezone: str) -> str:
    if finding.exhaustion.exhausted:
        return "now"
    return crossing_text(as_analysis(finding), "en", timezone) or "later than its horizon"


def _chance(finding: Finding) -> str:
    if finding.exhaustion.exhausted:
        return "reached"
    chance = told_probability(finding.exhaustion.probability(30))
    return "-" if chance is None else probability(chance, "en")


def _verdict(summary: RunSummary) -> str:
    colour = {RunStatus.SUCCEEDED: "green", RunStatus.PARTIAL: "yellow"}.get(summary.run.status, "red")
    text = f"[{colour}]{summary.run.status.value}[/]"
    if summary.run.dry_run:
        return f"{text} (dry run: nothing was written, nothing was told)"
    if summary.repeated:
        return f"{text} (it was done already: nothing was done again)"
    return text


def _acts(summary: RunSummary) -> str:
    if summary.repeated:
        return f"Findings: {len(summary.decisions)}."
    told = {Act.OPEN: "opened", Act.ESCALATE: "escalated", Act.UPDATE: "updated", Act.CLEAR: "cleared"}
    parts = [f"{summary.count(act)} {word}" for act, word in {**told, **NOT_TOLD}.items() if summary.count(act)]
    return f"Findings: {', '.join(parts) or 'none'}."


def _empty(summary: RunSummary) -> list[str]:
    """The watches that were looked at in full and found nothing in any shard."""
    others = {shard.watch for shard in summary.shards if shard.series or shard.status is not ShardStatus.DONE}
    return sorted({shard.watch for shard in summary.shards} - others)


def _troubles(summary: RunSummary, untold: Untold | None) -> list[str]:
    lines = []
    if summary.run.reason:
        lines.append(summary.run.reason)
    warned = {text for outcome in summary.shards for text in outcome.notes.warnings}
    lines += [f"the source warns: {visible(text, 300)}" for text in sorted(warned)[:5]]
    empty = _empty(summary)
    if empty:
        match = "watch matches" if len(empty) == 1 else "watches match"
        lines.append(f"{len(empty)} {match} nothing: {', '.join(empty)}")
    if summary.superseded_by is not None:
        newer = rfc3339(summary.superseded_by)
        lines.append(f"a run for {newer} has concluded already: no finding was changed, nothing was told")
    return lines + ([] if untold is None else untold.lines())
