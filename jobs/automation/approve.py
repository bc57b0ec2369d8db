"""Approve: a person agrees to one execution. Every other guard still holds."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine

from domain.audit import AuditEntry
from domain.finding import FindingState
from domain.job import Job
from jobs.automation.after import Automation
from jobs.automation.load import APPROVED, load_state
from jobs.automation.plan import AutomationDecision, plan_executions
from jobs.automation.record import REFUSED, lock_automation, write_decisions
from jobs.decide.acts import Act, Decision
from jobs.decide.judge import is_judged
from jobs.surroundings import Surroundings
from storage.analyses import find_analysis, load_analyses
from storage.audit import append_audit, list_audit
from storage.engine import WriteSession, read_only, transaction
from storage.errors import NotFound
from storage.findings import find_run_of, get_finding
from storage.outbox import add_messages


def job_of(engine: Engine, correlation_id: str) -> str:
    """The name of the job whose finding an execution would help. Raises `NotFound`."""
    with read_only(engine) as session:
        for entry in list_audit(session, subject=correlation_id, action=REFUSED, limit=1).items:
            return get_finding(session, str(entry.details.get("fingerprint", ""))).job
    raise NotFound(f"nothing waits for an approval as {correlation_id}: look at `forewarn automation list`")


def approve(
    engine: Engine,
    job: Job,
    automation: Automation,
    correlation_id: str,
    *,
    actor: str,
    reason: str,
    at: datetime,
    around: Surroundings,
) -> AutomationDecision:
    """Write down that a person agrees, and start the execution where no other guard refuses it.

    `around` is what is silenced just now, and what the Control Plane has.
    The approval holds for `approval_lasts`, also when the start is refused just now. Raises `NotFound`.
    """
    with transaction(engine) as session:
        lock_automation(session)
        entry = next(iter(list_audit(session, subject=correlation_id, action=REFUSED, limit=1).items), None)
        if entry is None:
            raise NotFound(f"nothing waits for an approval as {correlation_id}: look at `forewarn automation list`")
        decision = _seen(session, str(entry.details.get("fingerprint", "")))
        append_audit(session, [AuditEntry(actor, APPROVED, correlation_id, reason, dict(entry.details))])
        run_id = find_run_of(session, decision.finding.fingerprint)
        state = load_state(
            session,
            job,
            automation.config,
            [decision.finding],
            analyses=() if run_id is None else load_analyses(session, run_id),
            timezone=automation.timezone,
            at=at,
            available=around.available,
            silences=around.silences,
            unheard=around.unheard,
        )
        planned = plan_executions([decision], automation.config, state, decision.finding.last_seen)
        wanted = [one for one in planned if one.correlation_id == correlation_id]
        if not wanted:
            raise NotFound(f"no rule of the configuration asks for {correlation_id} any more")
        add_messages(session, write_decisions(session, wanted, automation.language))
        return wanted[0]


def _seen(session: WriteSession, fingerprint: str) -> Decision:
    """The finding as it stands, with what the last run saw of it."""
    finding = get_finding(session, fingerprint)
    run_id = find_run_of(session, fingerprint)
    analysis = None if run_id is None else find_analysis(session, run_id, watch=finding.watch, entity=finding.entity)
    if finding.state is not FindingState.OPEN:
        raise NotFound(f"the finding {fingerprint} is {finding.state.value}: there is nothing to help any more")
    if analysis is None or not is_judged(analysis):
        raise NotFound(f"the last run could say nothing of the finding {fingerprint}: approve when a later one can")
    return Decision(Act.KEEP, finding, finding.reason, analysis)
