"""Decide: analyses and what is known become actions, each with its reason in words. Pure.

The conditions, for one entity of one watch:

1. Where nothing can be said (too short, too sparse, no limit, ...), what is open stays open: absence is not health.
2. There is trouble when the limit is reached already, or when the probability that it is reached within
   `tell_within` is at least `open_probability` and the method's backtest is not worse than `maximum_backtest_score`.
   What is pending or open already stays in trouble down to `clear_probability` (hysteresis).
3. Trouble opens an episode when it was seen in `open_after_runs` runs in a row, or yesterday's history says the same,
   or time is short (`open_at_once_lead`), or the limit is reached. Else it is pending.
4. Severity comes from the probability that it is full before it can be fixed, never above `ceiling` for a
   prediction; what is exhausted already is critical.
5. An open episode is told again only on news: a higher severity, or so much less time (`renotify_growth`).
6. Without trouble an open episode is clearing, and cleared after `clear_after_runs` clean runs in a row.
7. An entity that is gone is cleared once it was not seen for `gone_after`.
8. Of what would open, the `incidents_per_run` most urgent do; the rest stay pending, and are counted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from domain.finding import (
    Analysis,
    Finding,
    FindingKind,
    FindingState,
    Severity,
    Told,
    fingerprint,
)
from domain.forecast import Exhaustion
from domain.job import Job, Policy
from domain.series import SeriesStatus

Describe = Callable[[Analysis], tuple[str, str]]  # title and summary, in the language that incidents are told in
SAID = (SeriesStatus.OK, SeriesStatus.CONSTANT)


class Act(StrEnum):
    """What is done about a finding in this run."""

    OPEN = "open"  # its episode begins: an incident is created
    ESCALATE = "escalate"  # told again: the severity rose
    UPDATE = "update"  # told again: much less time is left
    CLEAR = "clear"  # its episode ends: the incident is resolved
    KEEP = "keep"  # nothing new to tell
    HOLD = "hold"  # seen, and not told yet
    DEFER = "defer"  # would open, but the run may open no more incidents: it goes to the digest
    DROP = "drop"  # was pending, and is gone before it was ever told


@dataclass(frozen=True, slots=True)
class Decision:
    """What is done about one finding, the finding as it stands afterwards, and why."""

    act: Act
    finding: Finding
    reason: str
    analysis: Analysis | None = None  # None: the entity was not seen in this run


def decide(
    job: Job,
    analyses: Sequence[Analysis],
    known: Mapping[str, Finding],
    *,
    complete: frozenset[str],
    as_of: datetime,
    describe: Describe,
) -> tuple[Decision, ...]:
    """Decide on every entity that is or was in trouble, in the order of their fingerprints.

    `known` has the job's findings by fingerprint (cleared ones too, for their episode); `complete` the watches whose
    every shard was fetched, so that an entity that is not there is truly gone. Deciding twice on the same input gives
    the same decisions.
    """
    decisions: dict[str, Decision] = {}
    for analysis in analyses:
        name = fingerprint(FindingKind.EXHAUSTION, analysis.watch, analysis.entity)
        decision = _decide_one(job, analysis, known.get(name), name, as_of, describe)
        if decision is not None:
            decisions[name] = decision
    seen = {fingerprint(FindingKind.EXHAUSTION, analysis.watch, analysis.entity) for analysis in analyses}
    for name, finding in known.items():
        if name not in seen and finding.watch in complete and finding.state is not FindingState.CLEARED:
            decisions[name] = _unseen(finding, job.policy, as_of)
    return tuple(decision for _, decision in sorted(_cap(decisions, job.policy).items()))


def _decide_one(
    job: Job, analysis: Analysis, before: Finding | None, name: str, as_of: datetime, describe: Describe
) -> Decision | None:
    policy = job.policy
    active = before is not None and before.state is not FindingState.CLEARED
    if analysis.status not in SAID and not analysis.exhaustion.exhausted:
        if before is None or not active:
            return None
        if analysis.status in (SeriesStatus.STALE, SeriesStatus.EMPTY):
            return _unseen(before, policy, as_of)
        return Decision(Act.KEEP, before, f"nothing can be said: {analysis.status.value}", analysis)
    trouble, why = in_trouble(analysis, policy, active=active)
    if not trouble:
        return None if before is None or not active else _clean(before, analysis, policy, as_of, why)
    if before is None or not active:
        after = _begin(job, analysis, before, name, as_of, describe)
    else:
        after = _again(before, analysis, policy, as_of, describe)
    return _tell(after, analysis, policy, as_of, why)


def in_trouble(analysis: Analysis, policy: Policy, *, active: bool) -> tuple[bool, str]:
    """Whether an analysis is worth a finding, and why (not)."""
    exhaustion = analysis.exhaustion
    if exhaustion.exhausted:
        return True, "the limit is reached already"
    days = policy.tell_within // timedelta(days=1)
    probability = _probability_by(exhaustion, days)
    needed = policy.clear_probability if active else policy.open_probability
    score = analysis.evidence.backtest_score
    if probability < needed:
        return False, f"{probability:.0%} within {days} days is below {needed:.0%}"
    if not active and score is not None and score > policy.maximum_backtest_score:
        return False, f"the backtest score {score:.2f} is worse than {policy.maximum_backtest_score:g}"
    return True, f"{probability:.0%} within {days} days"


def _probability_by(exhaustion: Exhaustion, days: int) -> float:
    return max((probability for by, probability in exhaustion.within if by <= days), default=0.0)


def severity_of(exhaustion: Exhaustion, policy: Policy) -> Severity:
    """How bad it is: from the probability that it is full before it can be fixed."""
    if exhaustion.exhausted:
        return Severity.CRITICAL
    lead = exhaustion.within_lead_time
    if lead >= policy.critical_lead:
        severity = Severity.CRITICAL
    elif lead >= policy.warning_lead:
        severity = Severity.WARNING
    else:
        severity = Severity.INFO
    return min(severity, policy.ceiling, key=lambda level: level.rank)


def _begin(
    job: Job, analysis: Analysis, before: Finding | None, name: str, as_of: datetime, describe: Describe
) -> Finding:
    title, summary = describe(analysis)
    return Finding(
        fingerprint=name,
        job=job.name,
        watch=analysis.watch,
        kind=FindingKind.EXHAUSTION,
        entity=analysis.entity,
        severity=severity_of(analysis.exhaustion, job.policy),
        state=FindingState.PENDING,
        episode=1 if before is None else before.episode + 1,
        title=title,
        summary=summary,
        first_seen=as_of,
        last_seen=as_of,
        exhaustion=analysis.exhaustion,
        evidence=analysis.evidence,
        labels=analysis.labels,
    )


def _again(before: Finding, analysis: Analysis, policy: Policy, as_of: datetime, describe: Describe) -> Finding:
    title, summary = describe(analysis)
    return replace(
        before,
        severity=severity_of(analysis.exhaustion, policy),
        state=FindingState.PENDING if before.state is FindingState.PENDING else FindingState.OPEN,
        title=title,
        summary=summary,
        last_seen=as_of,
        exhaustion=analysis.exhaustion,
        evidence=analysis.evidence,
        labels=analysis.labels,
        seen_runs=before.seen_runs + 1,
        clean_runs=0,
    )


def _tell(after: Finding, analysis: Analysis, policy: Policy, as_of: datetime, why: str) -> Decision:
    if after.state is FindingState.PENDING:
        confirmed, how = _confirmed(after, analysis, policy)
        if not confirmed:
            reason = f"{why}; {how}"
            return Decision(Act.HOLD, replace(after, reason=reason), reason, analysis)
        return Decision(Act.OPEN, _told(after, as_of, f"{why}; {how}", opened=True), f"{why}; {how}", analysis)
    told = after.told
    if told is not None and after.severity.rank > told.severity.rank:
        reason = f"{why}; severity rose from {told.severity.value} to {after.severity.value}"
        return Decision(Act.ESCALATE, _told(after, as_of, reason), reason, analysis)
    if told is not None and _much_sooner(told, after.exhaustion.p50, as_of, policy):
        reason = f"{why}; much less time is left than was told on {told.at:%Y-%m-%d}"
        return Decision(Act.UPDATE, _told(after, as_of, reason), reason, analysis)
    return Decision(Act.KEEP, replace(after, reason=why), why, analysis)


def _confirmed(after: Finding, analysis: Analysis, policy: Policy) -> tuple[bool, str]:
    if after.exhaustion.exhausted:
        return True, "nothing is left to wait for"
    if after.seen_runs >= policy.open_after_runs:
        return True, f"seen in {after.seen_runs} runs in a row"
    if after.exhaustion.within_lead_time >= policy.open_at_once_lead:
        return True, f"{after.exhaustion.within_lead_time:.0%} before it can be fixed: time is short"
    if analysis.earlier is not None:
        probability = _probability_by(analysis.earlier, policy.tell_within // timedelta(days=1))
        if probability >= policy.open_probability:
            return True, f"without its newest day the history says {probability:.0%} as well"
    return False, f"seen in {after.seen_runs} of {policy.open_after_runs} runs"


def _much_sooner(told: Told, p50: datetime | None, as_of: datetime, policy: Policy) -> bool:
    if p50 is None:
        return False
    if told.p50 is None:
        return True
    left_then = told.p50 - as_of
    if left_then <= timedelta(0):
        return False
    return (p50 - as_of) < left_then * (1 - policy.renotify_growth)


def _told(after: Finding, as_of: datetime, reason: str, *, opened: bool = False) -> Finding:
    return replace(
        after,
        state=FindingState.OPEN,
        opened_at=as_of if opened else after.opened_at,
        told=Told(as_of, after.severity, after.exhaustion.p50),
        reason=reason,
    )


def _clean(before: Finding, analysis: Analysis, policy: Policy, as_of: datetime, why: str) -> Decision:
    if before.state is FindingState.PENDING:
        return _end(Act.DROP, before, as_of, f"{why}; it was never told", analysis)
    clean_runs = before.clean_runs + 1
    if clean_runs >= policy.clear_after_runs:
        return _end(Act.CLEAR, before, as_of, f"{why}; {clean_runs} clean runs in a row", analysis)
    reason = f"{why}; {clean_runs} of {policy.clear_after_runs} clean runs"
    after = replace(before, state=FindingState.CLEARING, clean_runs=clean_runs, seen_runs=0, reason=reason)
    return Decision(Act.KEEP, after, reason, analysis)


def _unseen(before: Finding, policy: Policy, as_of: datetime) -> Decision:
    if as_of - before.last_seen < policy.gone_after:
        return Decision(Act.KEEP, before, "not seen in this run")
    act = Act.DROP if before.state is FindingState.PENDING else Act.CLEAR
    return _end(act, before, as_of, f"not reported since {before.last_seen:%Y-%m-%d}: it is gone")


def _end(act: Act, before: Finding, as_of: datetime, reason: str, analysis: Analysis | None = None) -> Decision:
    after = replace(
        before,
        state=FindingState.CLEARED,
        cleared_at=as_of,
        seen_runs=0,
        clean_runs=before.clean_runs + 1,
        reason=reason,
    )
    return Decision(act, after, reason, analysis)


def _cap(decisions: Mapping[str, Decision], policy: Policy) -> dict[str, Decision]:
    """Let the most urgent open; defer the rest."""
    opening = sorted(
        (name for name, decision in decisions.items() if decision.act is Act.OPEN),
        key=lambda name: _urgency(decisions[name].finding, name),
    )
    capped = dict(decisions)
    for name in opening[policy.incidents_per_run :]:
        decision = decisions[name]
        reason = f"{decision.reason}; the run may open {policy.incidents_per_run} incidents, and others are more urgent"
        finding = replace(decision.finding, state=FindingState.PENDING, opened_at=None, told=None, reason=reason)
        capped[name] = Decision(Act.DEFER, finding, reason, decision.analysis)
    return capped


def _urgency(finding: Finding, name: str) -> tuple[int, float, float, str]:
    p50 = finding.exhaustion.p50
    when = p50.timestamp() if p50 is not None else float("inf")
    return (-finding.severity.rank, -finding.exhaustion.within_lead_time, when, name)
