"""Explain a finding: how much better it would have to stand not to be told, and what would change it next. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from domain.finding import Finding, FindingState, Severity
from domain.job import Policy
from domain.watch import Direction, Watch
from jobs.ahead import days_told
from jobs.chances import chance, share
from jobs.decide.trouble import probability_by


@dataclass(frozen=True, slots=True)
class Threshold:
    """The level at `as_of` from which on the finding opens: below it (above it, for `down`) it would not have.

    `share` is that level as a share of the limit; None where the limit is zero.
    """

    level: float
    share: float | None
    days: int  # within which it must not be reached


def next_threshold(finding: Finding, watch: Watch, policy: Policy) -> Threshold | None:
    """Where the value would have to stand, growing as it does, for the median crossing to lie beyond what is told.

    None where the growth is not known or leads away from the limit, where the value can't stand so well (less than
    nothing is used), and where it stands better than that already: it is judged by its peaks then, and its last value
    says little.
    """
    evidence = finding.evidence
    limit, current, growth = evidence.limit, evidence.current, evidence.growth
    if limit is None or current is None or growth is None:
        return None
    rate = growth.per_day if watch.direction is Direction.UP else -growth.per_day
    if rate <= 0:
        return None
    days = days_told(watch, policy.tell_within)
    way = rate * days if watch.direction is Direction.UP else -rate * days
    level = limit - way
    if watch.direction is Direction.UP:
        possible, better = watch.lower is None or level >= watch.lower, current < level
    else:
        possible, better = watch.upper is None or level <= watch.upper, current > level
    if better or not possible:
        return None
    return Threshold(level, level / limit if limit else None, days)


def what_comes_next(finding: Finding, watch: Watch, policy: Policy) -> tuple[str, ...]:
    """What would open, clear or raise a finding, with the numbers of its last run beside policy's."""
    if finding.state is FindingState.CLEARED:
        return (f"It is seen again from {share(policy.open_probability)} on.",)
    days, now = probability_by(finding.exhaustion, days_told(watch, policy.tell_within))
    least = policy.clear_probability
    clean = f"below {share(least)} within {days} days, and it has {chance(now, beside=least)}"
    if finding.state is FindingState.PENDING:
        opens = f"It opens when {_runs(policy.open_after_runs)} in a row see {share(policy.open_probability)} or more"
        if policy.open_after_runs > 1:
            opens += ", of which its history without the newest day may be one"
        short = f"at once from {share(policy.open_at_once_lead)} before it can be fixed on"
        if finding.outcome is not None:
            opens = f"Once it need not be quiet any more, it{opens.removeprefix('It')}"
        return (f"{opens}, or {short}; it is dropped {clean}.",)
    cleared = f"It is clean {clean}; it is cleared after {_runs(policy.clear_after_runs)} that are clean in a row."
    return (cleared, *_next_severity(finding, policy))


def _next_severity(finding: Finding, policy: Policy) -> tuple[str, ...]:
    """From where on it is worse; nothing is worse than critical."""
    if finding.severity is Severity.CRITICAL:
        return ()
    rises = {
        Severity.INFO: (Severity.WARNING, policy.warning_lead),
        Severity.WARNING: (Severity.CRITICAL, policy.critical_lead),
    }
    severity, lead = rises[finding.severity]
    if severity.rank > policy.ceiling.rank:
        return (f"A prediction is {_A[policy.ceiling]} at most; it is critical when the limit is reached.",)
    has = chance(finding.exhaustion.within_lead_time, beside=lead)
    return (f"It is {_A[severity]} from {share(lead)} before it can be fixed on, and it has {has}.",)


_A = {Severity.INFO: "info", Severity.WARNING: "a warning", Severity.CRITICAL: "critical"}


def _runs(count: int) -> str:
    return "one run" if count == 1 else f"{count} runs"
