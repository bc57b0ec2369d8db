"""Record a run's conclusion: findings, their history and the outbox in one transaction with the run's end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine

from domain.finding import Analysis, Finding, Outcome
from domain.incident import Incident
from domain.job import Job
from domain.outbox import source_key
from domain.run import Run, ShardOutcome
from domain.times import rfc3339
from jobs.conclude import Conclusion, conclude
from jobs.decide import Act, Decision
from jobs.summary import RunSummary, StageSeconds
from jobs.telling import Telling
from storage.analyses import load_analyses
from storage.engine import ReadSession, WriteSession, read_only, transaction
from storage.findings import append_history, findings_of_run, load_findings, upsert_findings
from storage.incidents import open_incidents, resolve_incident, update_incident
from storage.outbox import add_messages
from storage.runs import finish_run, latest_run, lock_job, lock_run
from storage.shards import list_shards

EVER = timedelta(days=36_500)  # the number of an episode is never used again, however long ago it was cleared
Seconds = Callable[[], StageSeconds]


@dataclass(frozen=True, slots=True)
class Recorded:
    """A run that has ended, and what a report of it is made from."""

    summary: RunSummary
    analyses: tuple[Analysis, ...]
    known: dict[str, Finding]  # as the findings stood before the run


def known_findings(session: ReadSession, job: Job) -> dict[str, Finding]:
    """All findings of a job by their fingerprint, cleared ones too."""
    return {finding.fingerprint: finding for finding in load_findings(session, job=job.name, cleared_within=EVER)}


def conclude_and_record(
    job: Job, run: Run, engine: Engine, holder: str, telling: Telling, seconds: Seconds
) -> Recorded:
    """Decide on what the run's shards recorded, and write it down: all of it, or nothing.

    Runs of one job conclude one after the other. A run that is older than one that has concluded already (a replay)
    changes no finding and tells nothing. Raises `LeaseLost` when another process has the run by now.
    """
    with transaction(engine) as session:
        lock_job(session, job.name)
        lock_run(session, run.id, holder=holder)
        analyses = load_analyses(session, run.id)
        outcomes = [record.outcome for record in list_shards(session, run.id)]
        known = known_findings(session, job)
        newer = latest_run(session, job=job.name)
        superseded = newer.as_of if newer is not None and newer.as_of > run.as_of else None
        conclusion = conclude(job, run, analyses, outcomes, known, telling)
        if superseded is None:
            _write(session, run, conclusion)
        summary = _summary(run, conclusion, outcomes, seconds(), superseded)
        ended = finish_run(
            session,
            run.id,
            holder=holder,
            status=conclusion.status,
            reason=conclusion.reason,
            summary=to_stored(summary),
        )
    return Recorded(replace(summary, run=ended), tuple(analyses), known)


def _write(session: WriteSession, run: Run, conclusion: Conclusion) -> None:
    findings = [decision.finding for decision in conclusion.decisions]
    upsert_findings(session, findings, run_id=run.id)
    append_history(session, findings, run_id=run.id, as_of=run.as_of)
    _write_incidents(session, run, conclusion.decisions)
    add_messages(session, conclusion.messages)


def _write_incidents(session: WriteSession, run: Run, decisions: Sequence[Decision]) -> None:
    open_incidents(session, [_incident(decision.finding) for decision in decisions if decision.act is Act.OPEN])
    for decision in decisions:
        finding = decision.finding
        key = source_key(finding.fingerprint, finding.episode)
        if decision.act in (Act.ESCALATE, Act.UPDATE):
            update_incident(
                session,
                key,
                title=finding.title,
                severity=finding.severity,
                expected_at=finding.exhaustion.p50,
                members=(finding.fingerprint,),
            )
        elif decision.act is Act.CLEAR:
            resolve_incident(session, key, at=run.as_of, outcome=Outcome.CLEARED)


def _incident(finding: Finding) -> Incident:
    return Incident(
        source_key=source_key(finding.fingerprint, finding.episode),
        fingerprint=finding.fingerprint,
        episode=finding.episode,
        job=finding.job,
        title=finding.title,
        severity=finding.severity,
        opened_at=finding.opened_at or finding.last_seen,
        expected_at=finding.exhaustion.p50,
        members=(finding.fingerprint,),
    )


def _summary(
    run: Run,
    conclusion: Conclusion,
    outcomes: Sequence[ShardOutcome],
    seconds: StageSeconds,
    superseded: datetime | None,
) -> RunSummary:
    return RunSummary(
        run=replace(run, status=conclusion.status, reason=conclusion.reason),
        decisions=conclusion.decisions,
        shards=tuple(outcomes),
        entities=conclusion.entities,
        samples=sum(outcome.notes.samples for outcome in outcomes),
        seconds=seconds,
        superseded_by=superseded,
    )


def to_stored(summary: RunSummary) -> dict[str, Any]:
    """The numbers of a run that are kept with it."""
    superseded = summary.superseded_by
    return {
        "entities": dict(summary.entities),
        "acts": {act.value: summary.count(act) for act in Act if summary.count(act)},
        "shards": len(summary.shards),
        "samples": summary.samples,
        "seconds": {stage: round(value, 3) for stage, value in asdict(summary.seconds).items()},
        "superseded_by": None if superseded is None else rfc3339(superseded),
    }


def stored_summary(engine: Engine, run: Run) -> RunSummary:
    """What a run that has ended came to, from what is stored: its findings as they stand now."""
    with read_only(engine) as session:
        outcomes = [record.outcome for record in list_shards(session, run.id)]
        findings = findings_of_run(session, run.id)
    kept = run.summary
    superseded = kept.get("superseded_by")
    return RunSummary(
        run=run,
        decisions=tuple(Decision(Act.KEEP, finding, finding.reason) for finding in findings),
        shards=tuple(outcomes),
        entities=tuple(kept.get("entities", {}).items()),
        samples=int(kept.get("samples", 0)),
        seconds=StageSeconds(**kept.get("seconds", {})),
        repeated=True,
        superseded_by=None if superseded is None else datetime.fromisoformat(superseded),
    )
