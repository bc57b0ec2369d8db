"""The gate: whether a start that was decided may still leave, looked at when it is claimed and before it is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from domain.alert import KnownSilence
from domain.audit import AuditEntry
from domain.errors import LeaseLost
from domain.execution import Execution, ExecutionStatus
from domain.incident import IncidentStatus
from domain.outbox import Message, NewMessage
from jobs.automation import phrases
from jobs.automation.after import Automation
from jobs.automation.config import as_matchers
from jobs.automation.guards import Guard, hushed, not_heard, outside_hours
from jobs.automation.load import APPROVED, AT_WORK
from jobs.automation.record import comment
from jobs.decide.known import matches, subject_labels
from jobs.surroundings import NOTHING, Surroundings
from storage import outbox
from storage.audit import SELF, append_audit, latest_audit
from storage.engine import ReadSession, WriteSession
from storage.errors import NotFound
from storage.executions import get_execution, record_progress
from storage.findings import get_finding
from storage.incidents import find_incident
from storage.mutes import load_mutes
from storage.outbox import add_messages
from storage.outbox_admin import discard_message
from storage.switches import SwitchName, find_switch

STARTS_WITHIN = timedelta(hours=1)  # what could not leave by then is withdrawn: the next run decides anew
LOOK_AGAIN_SECONDS = 60.0
WITHDRAWN = "automation.withdrawn"


def held_back(
    session: WriteSession,
    message: Message,
    holder: str,
    at: datetime,
    automation: Automation | None = None,
    around: Surroundings = NOTHING,
) -> bool:
    """Whether a start must not be sent now. It is withdrawn then. `automation` is what is allowed now; None: anything.

    While nobody knows what is silenced (`around`), it waits. One that was sent and whose answer nobody saw is not sent
    again: it waits until it is found, or until a person discards it. Raises `LeaseLost` when another holds the message
    by now.
    """
    closed = closed_by(session, message.subject, at, automation, around.silences)
    why = not_heard(around.unheard) if closed is None else closed[1]
    if not why:
        return False
    if closed is None or message.unknown:
        outbox.postpone_message(session, message.id, holder=holder, seconds=LOOK_AGAIN_SECONDS, reason=why)
    else:
        _withdraw(session, message, holder, closed, at, "en" if automation is None else automation.language)
    return True


def _withdraw(
    session: WriteSession, message: Message, holder: str, closed: tuple[Guard, str], at: datetime, language: str
) -> None:
    """Take a start back, with its execution, and tell so where it was told that the script was asked for.

    What is told is written first: who writes to the outbox may wait for its rows, and not the other way round.
    """
    guard, why = closed
    execution = _find(session, message.subject)
    if execution is not None:
        add_messages(session, _told(session, execution, guard, language))
    if not outbox.release_messages(session, [message.id], holder=holder):
        raise LeaseLost(f"message {message.id} is not {holder}'s any more")
    discard_message(session, message.id, actor=SELF, reason=why)
    if execution is not None:
        record_progress(session, message.subject, status=ExecutionStatus.CANCELLED, error=why, completed_at=at)
        append_audit(session, [AuditEntry(SELF, WITHDRAWN, message.subject, why, {"guard": guard.value})])


def _told(session: ReadSession, execution: Execution, guard: Guard, language: str) -> tuple[NewMessage, ...]:
    """What an incident says of a start that was withdrawn; nothing once it is over."""
    incident = find_incident(session, execution.source_key)
    if incident is None or incident.status is IncidentStatus.RESOLVED:
        return ()
    why = phrases.WHY_WITHDRAWN[guard].in_language(language)
    text = phrases.WITHDRAWN.in_language(language)
    name = execution.correlation_id
    content = text.format(script=execution.script_id, correlation=name, why=why)
    return (comment(execution.source_key, f"withdrawn:{name}", content),)


def closed_by(
    session: ReadSession,
    correlation_id: str,
    at: datetime,
    automation: Automation | None = None,
    silences: Sequence[KnownSilence] = (),
) -> tuple[Guard, str] | None:
    """The guard that refuses the start of an execution at that moment, and why; None: it may be started."""
    stopped = find_switch(session, SwitchName.AUTOMATION_STOPPED)
    if stopped is not None:
        return Guard.KILL_SWITCH, f"automation is stopped: {stopped.reason or stopped.actor}"
    execution = _find(session, correlation_id)
    if execution is None:
        return Guard.REPLAY, "nobody knows any more what was decided, and when"
    if at - execution.requested_at > STARTS_WITHIN:
        return Guard.REPLAY, f"it was decided at {execution.requested_at:%Y-%m-%d %H:%M}Z, more than an hour ago"
    labels = _labels(session, execution)
    held = (
        *(() if automation is None else _forbidden(automation, execution, labels, at)),
        (Guard.MUTED, hushed(labels, load_mutes(session, as_of=at), silences, at)),
        (Guard.ACKNOWLEDGED, _taken_over(session, execution)),
    )
    return next(((guard, why) for guard, why in held if why), None)


def _forbidden(
    automation: Automation, execution: Execution, labels: Mapping[str, str], at: datetime
) -> tuple[tuple[Guard, str], ...]:
    """What the configuration says now: it may have been changed since the start was decided."""
    config, script = automation.config, execution.script_id
    if not config.enabled:
        return ((Guard.SCRIPT_LIST, "automation.enabled is false"),)
    if script not in config.scripts:
        return ((Guard.SCRIPT_LIST, f"the script {script} is not in automation.scripts"),)
    rule = config.rules.get(execution.rule)
    if rule is None or rule.script != script:
        return ((Guard.SCRIPT_LIST, f"no rule {execution.rule} asks for the script {script} any more"),)
    if not execution.dry_run and (config.dry_run or rule.dry_run):
        return ((Guard.SCRIPT_LIST, f"only dry runs of the rule {execution.rule} are allowed"),)
    if not matches(as_matchers(rule.entities), labels):
        return ((Guard.ENTITY_LIST, f"automation.rules.{execution.rule}.entities does not allow the entity any more"),)
    return ((Guard.HOURS, outside_hours(config.windows(automation.timezone), at)),)


def _find(session: ReadSession, correlation_id: str) -> Execution | None:
    try:
        return get_execution(session, correlation_id)
    except NotFound:
        return None


def _taken_over(session: ReadSession, execution: Execution) -> str:
    """Whether a person has gone to work there since the start was decided, and did not approve it."""
    incident = find_incident(session, execution.source_key)
    if incident is None or incident.status not in AT_WORK or incident.acknowledged_at is None:
        return ""
    approved = latest_audit(session, [execution.correlation_id], action=APPROVED)
    if approved or incident.acknowledged_at <= execution.requested_at:
        return ""
    return f"a person has acknowledged {incident.source_key}"


def _labels(session: ReadSession, execution: Execution) -> Mapping[str, str]:
    try:
        return subject_labels(get_finding(session, execution.fingerprint))
    except NotFound:
        return {}
