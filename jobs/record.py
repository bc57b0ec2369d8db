"""Record a run's conclusion: findings, their history and the outbox in one transaction with the run's end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine

from domain.audit import AuditEntry
from domain.finding import Analysis, Finding, Outcome
from domain.job import Job
from domain.outbox import MessageKind, NewMessage
from domain.run import Run, ShardOutcome
from domain.times import rfc3339
from jobs.automation.after import Automation
from jobs.conclude import Conclusion, conclude, cut_watches
from jobs.decide import Act, Decision, IncidentAct, IncidentDecision, Situation, saw_anything
from jobs.summary import RunSummary, StageSeconds
from jobs.surroundings import NOTHING, Surroundings
from jobs.telling import Telling
from storage.analyses import load_analyses
from storage.audit import append_audit
from storage.engine import ReadSession, WriteSession, read_only, transaction
from storage.findings import append_history, findings_of_run, load_findings, upsert_findings
from storage.incidents import (
    load_incidents,
    load_open_incidents,
    open_incidents,
    resolve_incident,
    update_incident,
)
from storage.mutes import load_mutes
from storage.outbox import add_messages, withdraw_subject
from storage.runs import finish_run, latest_run, lock_job, lock_run
from storage.shards import list_shards

EVER = timedelta(days=36_500)  # the number of an episode is never used again, however long ago it was cleared
LAST_WORDS = (MessageKind.INCIDENT_RESOLVE,)  # nothing is said of an incident after its end
NO_AUTOMATION = Automation()
Seconds = Callable[[], StageSeconds]


@dataclass(frozen=True, slots=True)
class Recorded:
    """A run that has ended, and what a report of it is made from."""

    summary: RunSummary
    analyses: tuple[Analysis, ...]
    known: dict[str, Finding]  # as the findings stood before the run
    first: bool  # no run of the job had come to its end before


AlsoWrite = Callable[[WriteSession, Recorded], None]


def stored_situation(session: ReadSession, job: Job, around: Surroundings, as_of: datetime) -> Situation:
    """What is known before a job's run decides: its findings and incidents as they are stored, and what others tell."""
    earlier = latest_run(session, job=job.name, before=as_of)
    findings = load_findings(session, job=job.name, cleared_within=EVER)
    incidents = {incident.source_key: incident for incident in load_open_incidents(session, job=job.name)}
    incidents |= load_incidents(
        session, {finding.incident for finding in findings if finding.incident} - set(incidents)
    )
    return Situation(
        {finding.fingerprint: finding for finding in findings},
        incidents,
        around.alerts,
        around.silences,
        around.others,
        tuple(load_mutes(session, as_of=as_of)),
        last_saw=None if earlier is None else _last_saw(earlier),
        missing=around.missing,
        cut=frozenset()
        if earlier is None
        else cut_watches(record.outcome for record in list_shards(session, earlier.id)),
    )


def _last_saw(run: Run) -> datetime | None:
    """The time of the newest run, this one included, that saw anything."""
    at = run.summary.get("last_saw")
    return None if at is None else datetime.fromisoformat(at)


def conclude_and_record(
    job: Job,
    run: Run,
    engine: Engine,
    holder: str,
    telling: Telling,
    seconds: Seconds,
    around: Surroundings = NOTHING,
    automation: Automation = NO_AUTOMATION,
    also: AlsoWrite | None = None,
    *,
    not_after: datetime | None = None,
) -> Recorded:
    """Decide on what the run's shards recorded, and write it down: all of it, or nothing. `also` writes with it.

    Runs of one job conclude one after the other. A run that is older than one that has concluded already (a replay)
    changes no finding and tells nothing; one that concluded for a time after `not_after`, under a clock that was wrong,
    keeps nobody from it. Raises `LeaseLost` when another process has the run by now.
    """
    with transaction(engine) as session:
        lock_job(session, job.name)
        lock_run(session, run.id, holder=holder)
        analyses = load_analyses(session, run.id)
        outcomes = [record.outcome for record in list_shards(session, run.id)]
        situation = stored_situation(session, job, around, run.as_of)
        newer = latest_run(session, job=job.name, before=None if not_after is None else max(not_after, run.as_of))
        superseded = newer.as_of if newer is not None and newer.as_of > run.as_of else None
        conclusion = conclude(job, run, analyses, outcomes, situation, telling)
        if superseded is None:
            comments = automation.after_deciding(session, job, run, conclusion.decided, analyses, around)
            _write(session, run, conclusion, comments)
        last_saw = run.as_of if saw_anything(analyses) else situation.last_saw
        summary = _summary(run, conclusion, outcomes, seconds(), last_saw, superseded)
        ended = finish_run(
            session,
            run.id,
            holder=holder,
            status=conclusion.status,
            reason=conclusion.reason,
            summary=to_stored(summary),
        )
        earlier = latest_run(session, job=job.name, before=run.as_of)
        recorded = Recorded(replace(summary, run=ended), tuple(analyses), dict(situation.findings), earlier is None)
        if also is not None:
            also(session, recorded)
    return recorded


def _write(session: WriteSession, run: Run, conclusion: Conclusion, comments: Sequence[NewMessage]) -> None:
    findings = [decision.finding for decision in conclusion.decided.findings]
    upsert_findings(session, findings, run_id=run.id)
    append_history(session, findings, run_id=run.id, as_of=run.as_of)
    never_told = {message.subject for message in conclusion.messages if _never_told(session, message)}
    messages = sorted([*conclusion.messages, *comments], key=lambda message: message.kind in LAST_WORDS)
    add_messages(session, [message for message in messages if message.subject not in never_told])
    open_incidents(session, [one.incident for one in conclusion.decided.incidents if one.act is IncidentAct.OPEN])
    for decision in conclusion.decided.incidents:
        _write_incident(session, run, decision)
    append_audit(session, [_audited(decision) for decision in conclusion.decided.incidents])


def _never_told(session: WriteSession, message: NewMessage) -> bool:
    """Whether an incident ends before anybody was told of it: then nobody need be told of its end either."""
    return message.kind is MessageKind.INCIDENT_RESOLVE and withdraw_subject(session, message.subject)


def _write_incident(session: WriteSession, run: Run, decision: IncidentDecision) -> None:
    incident = decision.incident
    if decision.act is IncidentAct.RESOLVE:
        resolve_incident(session, incident.source_key, at=run.as_of, outcome=Outcome.CLEARED)
    elif decision.act is not IncidentAct.OPEN:
        update_incident(
            session,
            incident.source_key,
            title=incident.title,
            severity=incident.severity,
            expected_at=incident.expected_at,
            members=incident.members,
        )


def _audited(decision: IncidentDecision) -> AuditEntry:
    incident = decision.incident
    details = {"severity": incident.severity.value, "members": len(incident.members)}
    return AuditEntry("forewarn", f"incident.{decision.act.value}", incident.source_key, decision.reason, details)


def _summary(
    run: Run,
    conclusion: Conclusion,
    outcomes: Sequence[ShardOutcome],
    seconds: StageSeconds,
    last_saw: datetime | None,
    superseded: datetime | None,
) -> RunSummary:
    return RunSummary(
        run=replace(run, status=conclusion.status, reason=conclusion.reason),
        decisions=conclusion.decided.findings,
        incidents=conclusion.decided.incidents,
        shards=tuple(outcomes),
        entities=conclusion.entities,
        samples=sum(outcome.notes.samples for outcome in outcomes),
        seconds=seconds,
        last_saw=last_saw,
        superseded_by=superseded,
    )


def to_stored(summary: RunSummary) -> dict[str, Any]:
    """The numbers of a run that are kept with it."""
    superseded, last_saw = summary.superseded_by, summary.last_saw
    return {
        "entities": dict(summary.entities),
        "acts": {act.value: summary.count(act) for act in Act if summary.count(act)},
        "incidents": dict(Counter(decision.act.value for decision in summary.incidents)),
        "shards": len(summary.shards),
        "samples": summary.samples,
        "seconds": {stage: round(value, 3) for stage, value in asdict(summary.seconds).items()},
        "last_saw": None if last_saw is None else rfc3339(last_saw),
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
        incidents=(),
        shards=tuple(outcomes),
        entities=tuple(kept.get("entities", {}).items()),
        samples=int(kept.get("samples", 0)),
        seconds=StageSeconds(**kept.get("seconds", {})),
        repeated=True,
        last_saw=_last_saw(run),
        superseded_by=None if superseded is None else datetime.fromisoformat(superseded),
    )
