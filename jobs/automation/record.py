"""Write down what was decided on automation: executions, what is told of them, and the audit log."""

from __future__ import annotations

from collections.abc import Sequence

from controlplane.models import CommentCreate, ExecutionRequest
from domain.audit import AuditEntry
from domain.execution import Execution
from domain.outbox import MessageKind, NewMessage, message_key
from jobs.automation import phrases
from jobs.automation.guards import Guard
from jobs.automation.plan import AutomationDecision, asked_for
from storage.audit import SELF, append_audit, latest_audit
from storage.engine import WriteSession
from storage.executions import add_execution
from storage.incidents import find_incident
from storage.outbox import add_messages
from storage.runs import lock_job

START = "automation.start"
REFUSED = "automation.refused"


def lock_automation(session: WriteSession) -> None:
    """Let nobody else decide on automation until the transaction ends: limits hold over all jobs and processes."""
    lock_job(session, ":automation")  # no job has such a name


def write_decisions(
    session: WriteSession, decisions: Sequence[AutomationDecision], language: str
) -> tuple[NewMessage, ...]:
    """Write starts with their outbox rows, and what is news in the audit log. Returns comments for the incidents."""
    known = latest_audit(session, {one.correlation_id for one in decisions}, action="automation.")
    comments: list[NewMessage] = []
    news: list[AuditEntry] = []
    for decision in decisions:
        execution = decision.execution
        before = known.get(decision.correlation_id)
        if execution is not None:
            if add_execution(session, execution):
                add_messages(session, [start_message(session, decision, execution, language)])
                news.append(_entry(decision, START))
                text = phrases.STARTED_DRY if execution.dry_run else phrases.STARTED
                comments.append(_comment(decision, text.in_language(language), "start"))
        elif before is None or before.action != REFUSED or before.details.get("guard") != decision.guard:
            news.append(_entry(decision, REFUSED))
            if decision.guard is Guard.APPROVAL:
                comments.append(_comment(decision, phrases.WAITS.in_language(language), "waits"))
    append_audit(session, news)
    return tuple(comments)


def start_message(
    session: WriteSession, decision: AutomationDecision, execution: Execution, language: str
) -> NewMessage:
    """What asks the Control Plane for an execution."""
    script, rule, dry_run = execution.script_id, execution.rule, execution.dry_run
    incident = find_incident(session, execution.source_key)
    request = ExecutionRequest(
        script_id=script,
        parameters=execution.parameters,
        target_resources=list(execution.targets),
        reason=asked_for(script, rule, decision.finding, language, dry_run=dry_run),
        correlation_id=execution.correlation_id,
        dry_run=dry_run,
    )
    if incident is not None and incident.remote_id is not None:
        request = request.model_copy(update={"incident_id": incident.remote_id})
    subject = execution.correlation_id
    key = message_key(MessageKind.EXECUTION_START, subject, "start")
    return NewMessage(MessageKind.EXECUTION_START, subject, key, request.body())


def comment(source_key: str, transition: str, content: str) -> NewMessage:
    """A comment on one of our incidents; the same transition is told once."""
    key = message_key(MessageKind.INCIDENT_COMMENT, source_key, transition)
    body = CommentCreate(content=content, source_key=key).body()
    return NewMessage(MessageKind.INCIDENT_COMMENT, source_key, key, body)


def _comment(decision: AutomationDecision, text: str, what: str) -> NewMessage:
    content = text.format(script=decision.script_id, correlation=decision.correlation_id)
    return comment(decision.finding.incident, f"{what}:{decision.correlation_id}", content)


def _entry(decision: AutomationDecision, action: str) -> AuditEntry:
    details = {
        "rule": decision.rule,
        "script": decision.script_id,
        "fingerprint": decision.finding.fingerprint,
        "incident": decision.finding.incident,
        "dry_run": decision.dry_run,
        "guard": None if decision.guard is None else decision.guard.value,
    }
    return AuditEntry(SELF, action, decision.correlation_id, decision.reason, details)
