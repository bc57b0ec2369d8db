"""Is it trouble, and how bad: what policy says of one analysis. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from domain.finding import Analysis, Finding, Severity, Told
from domain.forecast import Exhaustion
from domain.job import Job, Policy
from jobs.ahead import DAY, days_told
from jobs.chances import chance, share


def told_within(analysis: Analysis, job: Job) -> int:
    """Within how many days trouble is told, see `days_told`."""
    watch = next((watch for watch in job.watches if watch.key == analysis.watch), None)
    return -(-job.policy.tell_within // DAY) if watch is None else days_told(watch, job.policy.tell_within)


def in_trouble(analysis: Analysis, job: Job, *, active: bool) -> tuple[bool, str]:
    """Whether an analysis is worth a finding, and why (not). What is `active` already stays in trouble for longer."""
    policy = job.policy
    exhaustion = analysis.exhaustion
    if exhaustion.exhausted:
        return True, "the limit is reached already"
    days, probability = probability_by(exhaustion, told_within(analysis, job))
    needed = policy.clear_probability if active else policy.open_probability
    score = analysis.evidence.backtest_score
    if probability < needed:
        return False, f"{chance(probability, beside=needed)} within {days} days is below {share(needed)}"
    if not active and score is not None and score > policy.maximum_backtest_score:
        return False, f"the backtest score {score:.2f} is worse than {policy.maximum_backtest_score:g}"
    return True, f"{chance(probability)} within {days} days"


def probability_by(exhaustion: Exhaustion, days: int) -> tuple[int, float]:
    """The last day up to `days` whose probability is known, and that probability; none is 0."""
    return next((pair for pair in reversed(exhaustion.within) if pair[0] <= days), (days, 0.0))


def severity_of(exhaustion: Exhaustion, policy: Policy) -> Severity:
    """How bad it is: from the probability that it is full before it can be fixed, not from how full it is."""
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


def confirmed(finding: Finding, analysis: Analysis, job: Job) -> tuple[bool, str]:
    """Whether trouble is sure enough to be told, and by what."""
    policy = job.policy
    if finding.exhaustion.exhausted:
        return True, "nothing is left to wait for"
    if finding.seen_runs >= policy.open_after_runs:
        return True, f"seen in {finding.seen_runs} runs in a row"
    if finding.exhaustion.within_lead_time >= policy.open_at_once_lead:
        return True, f"{chance(finding.exhaustion.within_lead_time)} before it can be fixed: time is short"
    supported = _yesterday(analysis, job)
    runs = finding.seen_runs + (1 if supported else 0)
    if runs >= policy.open_after_runs:
        return True, supported
    seen = f"seen in {finding.seen_runs} of {policy.open_after_runs} runs"
    return False, f"{seen}; {supported}, which counts as one more" if supported else seen


def _yesterday(analysis: Analysis, job: Job) -> str:
    """What the history without its newest day says, where it would have been trouble too; else empty."""
    if analysis.earlier is None:
        return ""
    days = told_within(analysis, job)
    (_, now), (_, then) = (probability_by(one, days) for one in (analysis.exhaustion, analysis.earlier))
    if then < job.policy.open_probability:
        return ""
    said = "the same" if chance(then) == chance(now) else chance(then)
    return f"without its newest day the history says {said}"


def much_sooner(told: datetime | None, p50: datetime | None, as_of: datetime, policy: Policy) -> bool:
    """Whether so much less time is left than was told that it has to be told again; the passing of time is no news."""
    if p50 is None:
        return False
    if told is None:
        return True
    left = told - as_of
    return left > timedelta(0) and (p50 - as_of) < left * (1 - policy.renotify_growth)


def worse_than_told(finding: Finding, told: Told, as_of: datetime, policy: Policy) -> bool:
    """Whether it is worse than a person knew who accepted it."""
    return finding.severity.rank > told.severity.rank or much_sooner(told.p50, finding.exhaustion.p50, as_of, policy)


def urgency(finding: Finding) -> tuple[int, float, float, str]:
    """The order of what to tell first: severity, chance that it is too late, time left."""
    p50 = finding.exhaustion.p50
    when = p50.timestamp() if p50 is not None else float("inf")
    return (-finding.severity.rank, -finding.exhaustion.within_lead_time, when, finding.fingerprint)
