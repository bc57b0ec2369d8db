"""Judge one finding: what it was, what this run saw of it, and what it is now. Pure.

1. Where nothing can be said (too short, too sparse, no limit, ...), what is open stays open: absence is not health.
2. There is trouble when the limit is reached already, or when the probability that it is reached within
   `tell_within` is at least `open_probability` and the method's backtest is not worse than `maximum_backtest_score`.
   What is pending or open already stays in trouble down to `clear_probability` (hysteresis).
3. Trouble opens an episode when it was seen in `open_after_runs` runs in a row (that yesterday's history says the
   same counts as one), or time is short (`open_at_once_lead`), or the limit is reached. Else it is pending; a run
   that alone would not have seen it opens nothing, and breaks the row.
4. Severity comes from the probability that it is full before it can be fixed, never above `ceiling` for a
   prediction; what is exhausted already is critical.
5. Without trouble an open episode is clearing, and cleared after `clear_after_runs` clean runs in a row. Back within
   `reopen_within` the same episode goes on.
6. An entity that is gone is cleared once it was not seen for `gone_after`, and not by the first run that misses it:
   the source may have been away for all that time. Where all of a watch's several entities end, what reports them may
   be gone, and it takes four times as long. Where the run saw nothing of anything, or a part of an answer, it is the
   source that is gone, and nothing is known of the entities.
   An episode older than `maximum_age` ends when its entity is judged again, and begins anew where trouble goes on.
7. A person's word on its incident counts: a false positive is quiet for `false_positive_mute`, an accepted risk until
   it is worse than what was accepted, anything else that a person resolved for `reopen_within`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from domain.finding import Analysis, Finding, FindingKind, FindingState, Outcome, Told
from domain.incident import Incident, IncidentStatus
from domain.job import Job, Policy
from domain.series import SeriesStatus
from jobs.decide.acts import Act, Decision, Ending, Moment
from jobs.decide.trouble import confirmed, in_trouble, much_sooner, severity_of, worse_than_told
from reports.formats import duration

SAID = (SeriesStatus.OK, SeriesStatus.CONSTANT)
GONE = (SeriesStatus.STALE, SeriesStatus.EMPTY)
PATIENCE = 4  # times `gone_after`, where it may be the exporter that is gone: it is found again after long holidays


def judge(job: Job, analysis: Analysis, before: Finding | None, name: str, moment: Moment) -> Decision | None:
    """What becomes of one entity; None where there is nothing to say and nothing was said."""
    policy = job.policy
    active = before is not None and before.state is not FindingState.CLEARED
    if not is_judged(analysis):
        return _nothing_said(before, analysis, policy, moment) if before is not None and active else None
    trouble, why = in_trouble(analysis, job, active=active)
    if not trouble:
        return _clean(before, analysis, policy, moment.as_of, why) if before is not None and active else None
    if before is None or not active:
        after = _begin(job, analysis, before, name, moment)
    else:
        after = _again(before, analysis, policy, moment)
        opens, why_not = in_trouble(analysis, job, active=False)
        if after.state is FindingState.PENDING and not opens:
            return Decision(Act.HOLD, replace(after, seen_runs=0, reason=why_not), why_not, analysis)
    return _quiet(after, analysis, moment.as_of, policy, why) or _tell(after, analysis, job, moment.as_of, why)


def is_judged(analysis: Analysis) -> bool:
    """Whether an analysis says anything of its entity, good or bad."""
    return analysis.status in SAID or analysis.exhaustion.exhausted


def heard(finding: Finding, incident: Incident | None, policy: Policy, as_of: datetime) -> Finding:
    """The finding after what became of its incident at the Control Plane; None: it has none that is known."""
    if incident is not None and incident.status is IncidentStatus.RESOLVED:
        return _closed_by_person(finding, incident, policy, as_of)
    return finding


def aged(finding: Finding, policy: Policy, as_of: datetime) -> Finding:
    """The finding after what became of its age. Only for an entity that is judged: of others nobody knows the end."""
    if finding.incident and finding.opened_at is not None and as_of - finding.opened_at > policy.maximum_age:
        reason = (
            f"older than {duration(policy.maximum_age, 'en')}: the episode ends, and begins anew where trouble goes on"
        )
        return replace(_ended(finding, as_of, reason), opened_at=None, outcome=None, seen_runs=finding.seen_runs)
    return finding


def unwatched(before: Finding, as_of: datetime) -> Decision:
    """What becomes of a finding whose watch the job has no more: nobody would ever see that it is over."""
    act = Act.DROP if before.state is FindingState.PENDING else Act.CLEAR
    reason = f"the job has no watch {before.watch} any more"
    return Decision(act, _ended(before, as_of, reason), reason, ending=Ending.UNWATCHED)


def unseen(before: Finding, policy: Policy, moment: Moment) -> Decision:
    """What becomes of a finding whose entity was not reported, though its watch was."""
    patience = policy.gone_after * (PATIENCE if before.watch in moment.silent else 1)
    if moment.as_of - before.last_seen < patience or moment.first_without(before):
        return Decision(Act.KEEP, before, "not seen in this run")
    act = Act.DROP if before.state is FindingState.PENDING else Act.CLEAR
    reason = f"not reported since {before.last_seen:%Y-%m-%d %H:%M}Z: it is gone"
    return Decision(act, _ended(before, moment.as_of, reason), reason, ending=Ending.GONE)


def _nothing_said(before: Finding, analysis: Analysis, policy: Policy, moment: Moment) -> Decision:
    if analysis.status in GONE and before.watch in moment.complete:
        return unseen(before, policy, moment)
    return Decision(Act.KEEP, before, f"nothing can be said: {analysis.status.value}", analysis)


def _closed_by_person(finding: Finding, incident: Incident, policy: Policy, as_of: datetime) -> Finding:
    at = incident.resolved_at or as_of
    said = incident.outcome.value if incident.outcome is not None else "no outcome"
    ended = replace(_ended(finding, at, f"its incident was resolved: {said}"), outcome=incident.outcome)
    if incident.outcome is Outcome.FALSE_POSITIVE:
        return replace(ended, quiet_until=at + policy.false_positive_mute)
    if incident.outcome is Outcome.ACCEPTED_RISK:
        return replace(ended, quiet_until=None)
    return replace(ended, quiet_until=at + policy.reopen_within)


def _begin(job: Job, analysis: Analysis, before: Finding | None, name: str, moment: Moment) -> Finding:
    title, summary = moment.describe(analysis)
    returns = _returns(before, job.policy, moment.as_of)
    episode = 1 if before is None else before.episode + (0 if returns else 1)
    return Finding(
        fingerprint=name,
        job=job.name,
        watch=analysis.watch,
        kind=FindingKind.EXHAUSTION,
        entity=analysis.entity,
        severity=severity_of(analysis.exhaustion, job.policy),
        state=FindingState.PENDING,
        episode=episode,
        title=title,
        summary=summary,
        first_seen=min(before.first_seen, moment.as_of) if before is not None and returns else moment.as_of,
        last_seen=moment.as_of,
        exhaustion=analysis.exhaustion,
        evidence=analysis.evidence,
        labels=analysis.labels,
        seen_runs=1 if before is None else before.seen_runs + 1,  # more than 1 only for an episode that begins anew
        told=None if before is None else before.told,
        reopenings=before.reopenings + 1 if before is not None and returns else 0,
        outcome=None if before is None else before.outcome,
        quiet_until=None if before is None else before.quiet_until,
    )


def _returns(before: Finding | None, policy: Policy, as_of: datetime) -> bool:
    """Whether trouble is back so soon that the episode that was cleared goes on."""
    return (
        before is not None
        and before.opened_at is not None
        and before.cleared_at is not None
        and before.outcome in (None, Outcome.CLEARED)
        and as_of - before.cleared_at <= policy.reopen_within
    )


def _again(before: Finding, analysis: Analysis, policy: Policy, moment: Moment) -> Finding:
    title, summary = moment.describe(analysis)
    return replace(
        before,
        severity=severity_of(analysis.exhaustion, policy),
        state=FindingState.PENDING if before.state is FindingState.PENDING else FindingState.OPEN,
        title=title,
        summary=summary,
        first_seen=min(before.first_seen, moment.as_of),  # a run under a clock that was ahead may have been the first
        last_seen=moment.as_of,
        exhaustion=analysis.exhaustion,
        evidence=analysis.evidence,
        labels=analysis.labels,
        seen_runs=before.seen_runs + 1,
        clean_runs=0,
    )


def _quiet(after: Finding, analysis: Analysis, as_of: datetime, policy: Policy, why: str) -> Decision | None:
    """What a person asked not to be told for now; None where it may be told."""
    if after.state is not FindingState.PENDING:
        return None
    reason = ""
    if after.quiet_until is not None and as_of < after.quiet_until:
        said = after.outcome.value if after.outcome is not None else "resolved"
        reason = f"{why}; a person said {said}: quiet until {after.quiet_until:%Y-%m-%d %H:%M}Z"
    elif (
        after.outcome is Outcome.ACCEPTED_RISK
        and after.told is not None
        and not worse_than_told(after, after.told, as_of, policy)
    ):
        reason = f"{why}; the risk is accepted, and no worse than it was then"
    if not reason:
        return None
    return Decision(Act.IGNORE, replace(after, reason=reason), reason, analysis)


def _tell(after: Finding, analysis: Analysis, job: Job, as_of: datetime, why: str) -> Decision:
    if after.state is FindingState.PENDING:
        sure, how = confirmed(after, analysis, job)
        reason = f"{why}; {how}"
        if not sure:
            return Decision(Act.HOLD, replace(after, reason=reason), reason, analysis)
        opened = replace(after, opened_at=as_of, outcome=None, quiet_until=None)
        return Decision(Act.OPEN, _told(opened, as_of, reason), reason, analysis, untold=after)
    told = after.told
    if told is not None and after.severity.rank > told.severity.rank:
        reason = f"{why}; severity rose from {told.severity.value} to {after.severity.value}"
        return Decision(Act.ESCALATE, _told(after, as_of, reason), reason, analysis)
    if told is not None and much_sooner(told.p50, after.exhaustion.p50, as_of, job.policy):
        reason = f"{why}; much less time is left than was told on {told.at:%Y-%m-%d %H:%M}Z"
        return Decision(Act.UPDATE, _told(after, as_of, reason), reason, analysis)
    return Decision(Act.KEEP, replace(after, reason=why), why, analysis)


def _told(after: Finding, as_of: datetime, reason: str) -> Finding:
    told = Told(as_of, after.severity, after.exhaustion.p50)
    return replace(after, state=FindingState.OPEN, told=told, reason=reason)


def _clean(before: Finding, analysis: Analysis, policy: Policy, as_of: datetime, why: str) -> Decision:
    if before.state is FindingState.PENDING:
        reason = f"{why}; it was never told"
        return Decision(Act.DROP, _ended(before, as_of, reason), reason, analysis)
    clean_runs = before.clean_runs + 1
    if clean_runs >= policy.clear_after_runs:
        reason = f"{why}; {clean_runs} clean runs in a row"
        return Decision(Act.CLEAR, _ended(before, as_of, reason), reason, analysis, ending=Ending.CLEAN)
    reason = f"{why}; {clean_runs} of {policy.clear_after_runs} clean runs"
    after = replace(before, state=FindingState.CLEARING, clean_runs=clean_runs, seen_runs=0, reason=reason)
    return Decision(Act.KEEP, after, reason, analysis)


def _ended(before: Finding, as_of: datetime, reason: str) -> Finding:
    return replace(
        before,
        state=FindingState.CLEARED,
        cleared_at=as_of,
        seen_runs=0,
        clean_runs=before.clean_runs + 1,
        reason=reason,
        incident="",
    )
