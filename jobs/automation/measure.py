"""Measure what executions, and people, have gained: at the first run that sees what they changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.audit import AuditEntry
from domain.execution import Execution, ExecutionStatus
from domain.finding import Analysis, Finding
from domain.forecast import Exhaustion
from domain.outbox import NewMessage
from domain.run import Run
from domain.series import SeriesStatus
from jobs.automation import phrases
from jobs.automation.config import AutomationConfig
from jobs.automation.effect import Effect, days_gained
from jobs.automation.guards import lost_right
from jobs.automation.load import REARMED, REMEMBERED, load_past
from jobs.automation.record import comment
from jobs.automation.state import GuardState
from jobs.decide.acts import Act, Decided, IncidentAct, IncidentDecision
from storage.audit import SELF, append_audit, latest_audit
from storage.engine import WriteSession
from storage.errors import NotFound
from storage.executions import list_executions, record_effect, was_touched
from storage.findings import finding_history, get_finding
from storage.incidents import find_incident

MEASURED_WITHIN = timedelta(days=30)  # what could not be measured for so long is let be
EFFECT = "automation.effect"
LOST_RIGHT = "automation.lost_right"
FIXED = "incident.fixed"  # by people: no script had a hand in it


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a run saw, by watch and entity."""

    run: Run
    analyses: dict[tuple[str, object], Analysis]

    def of(self, finding: Finding) -> Analysis | None:
        return self.analyses.get((finding.watch, finding.entity))


def measure(
    session: WriteSession,
    run: Run,
    analyses: Sequence[Analysis],
    decided: Decided,
    config: AutomationConfig,
    language: str,
) -> tuple[NewMessage, ...]:
    """Record the effect of executions that ended before this run looked. Returns comments for the incidents."""
    comments: list[NewMessage] = []
    seen = _Seen(run, {(analysis.watch, analysis.entity): analysis for analysis in analyses})
    for execution in _unmeasured(session, run.as_of):
        effect = _effect(session, execution, seen)
        if effect is not None:
            comments += _write(session, execution, effect, config, language)
    if config.enabled:
        comments += _fixed_by_people(session, run, decided, language)
    return tuple(comments)


def _unmeasured(session: WriteSession, as_of: datetime) -> list[Execution]:
    """Real executions that succeeded before that time and were not measured, the oldest first."""
    found: list[Execution] = []
    cursor: str | None = None
    while True:
        since = as_of - MEASURED_WITHIN
        page = list_executions(session, status=ExecutionStatus.SUCCESS, since=since, limit=200, cursor=cursor)
        found += [
            one
            for one in page.items
            if not one.dry_run and one.days_gained is None and one.completed_at and one.completed_at < as_of
        ]
        cursor = page.next_cursor
        if cursor is None:
            return found[::-1]


def _effect(session: WriteSession, execution: Execution, seen: _Seen) -> Effect | None:
    try:
        finding = get_finding(session, execution.fingerprint)
    except NotFound:
        return None
    analysis = seen.of(finding) if finding.job == seen.run.job else None
    before = _told_before(session, execution)
    if analysis is None or before is None:
        return None
    return days_gained(before, analysis.exhaustion, seen.run.as_of)


def _told_before(session: WriteSession, execution: Execution) -> Exhaustion | None:
    """What was said of the finding when the execution was asked for."""
    history = finding_history(session, execution.fingerprint, limit=200)
    return next((one.exhaustion for one in history.items if one.as_of <= execution.requested_at), None)


def _write(
    session: WriteSession, execution: Execution, effect: Effect, config: AutomationConfig, language: str
) -> list[NewMessage]:
    record_effect(session, execution.correlation_id, days_gained=effect.days)
    helped = timedelta(days=effect.days) >= config.least_gain
    text = phrases.HELPED_AT_LEAST if effect.at_least else phrases.HELPED
    text = text if helped else phrases.NO_EFFECT
    values = {
        "script": execution.script_id,
        "correlation": execution.correlation_id,
        "days": f"{effect.days:.1f}",
    }
    details = {"days_gained": effect.days, "at_least": effect.at_least, "script": execution.script_id}
    reason = text.en.format(**values)
    append_audit(session, [AuditEntry(SELF, EFFECT, execution.correlation_id, reason, details)])
    _say_when_right_is_lost(session, execution, config)
    incident = find_incident(session, execution.source_key)
    if incident is None or incident.remote_id is None:
        return []
    content = text.in_language(language).format(**values)
    return [comment(execution.source_key, f"effect:{execution.correlation_id}", content)]


def _say_when_right_is_lost(session: WriteSession, execution: Execution, config: AutomationConfig) -> None:
    script, at = execution.script_id, execution.requested_at
    last = latest_audit(session, [script], action="automation.")
    known = last.get(script)
    rearmed = {script: known.at} if known is not None and known.action == REARMED and known.at is not None else {}
    state = GuardState(at, past=load_past(session, since=at - REMEMBERED), rearmed=rearmed)
    if lost_right(state, script, config) and (known is None or known.action != LOST_RIGHT):
        reason = (
            f"{script} did not help {config.without_effect} times in a row: it runs only when a person agrees, until "
            f"`forewarn automation resume --script {script}`"
        )
        append_audit(session, [AuditEntry(SELF, LOST_RIGHT, script, reason, {"script": script})])


def _fixed_by_people(session: WriteSession, run: Run, decided: Decided, language: str) -> list[NewMessage]:
    """What people gained, on the incidents that end in this run and that no script was started for."""
    comments = []
    for decision in decided.incidents:
        if decision.act is not IncidentAct.RESOLVE:
            continue
        effect = _best(decision, run.as_of)
        if effect is None or effect.days <= 0 or was_touched(session, decision.incident.source_key):
            continue
        text = phrases.FIXED_AT_LEAST if effect.at_least else phrases.FIXED
        days, key = f"{effect.days:.1f}", decision.incident.source_key
        comments.append(comment(key, "fixed", text.in_language(language).format(days=days)))
        details = {"days_gained": effect.days, "at_least": effect.at_least}
        append_audit(session, [AuditEntry(SELF, FIXED, key, text.en.format(days=days), details)])
    return comments


def _best(decision: IncidentDecision, as_of: datetime) -> Effect | None:
    found = []
    for one in decision.members:
        told = one.finding.told
        if one.act is not Act.CLEAR or one.analysis is None or told is None:
            continue
        before = Exhaustion(SeriesStatus.OK, p50=told.p50)
        found.append(days_gained(before, one.analysis.exhaustion, as_of))
    return max((one for one in found if one is not None), key=lambda one: one.days, default=None)
