"""Plan: which findings a script is started for, and which guard refuses the others. Pure.

Deciding twice on the same input gives the same decisions; once they are written down, nothing is left to start.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.execution import Execution
from domain.finding import Finding, FindingState
from domain.forecast import Exhaustion
from jobs.automation import phrases
from jobs.automation.config import AutomationConfig, RuleModel, as_matchers
from jobs.automation.guards import GUARDS, Candidate, Guard, correlation_prefix
from jobs.automation.parameters import bind
from jobs.automation.state import GuardState, Place
from jobs.decide.acts import Act, Decision
from jobs.decide.judge import is_judged
from jobs.decide.known import matches, subject_labels
from jobs.decide.trouble import urgency

TOLD = (Act.OPEN, Act.ESCALATE, Act.UPDATE, Act.KEEP, Act.DEFER)


@dataclass(frozen=True, slots=True)
class AutomationDecision:
    """A start, dry or real, or a refusal that names its guard."""

    correlation_id: str
    rule: str
    script_id: str
    finding: Finding
    dry_run: bool
    reason: str
    guard: Guard | None = None  # None: it is started
    execution: Execution | None = None  # what is started


def plan_executions(
    decisions: Sequence[Decision], config: AutomationConfig, state: GuardState, as_of: datetime
) -> tuple[AutomationDecision, ...]:
    """Decide for every finding that a rule is about, the most urgent first: what is started counts for the others."""
    planned: list[AutomationDecision] = []
    for finding, name in selected(decisions, config):
        decision = _decide(finding, name, config, state, as_of)
        planned.append(decision)
        if decision.execution is not None:
            state = state.after(decision.execution, Place.of(finding))
    return tuple(planned)


def selected(decisions: Sequence[Decision], config: AutomationConfig) -> list[tuple[Finding, str]]:
    """Findings that rules are about, with the rules' names: told, open, judged in this run; the most urgent first."""
    if not config.enabled:
        return []
    open_ = [
        one.finding
        for one in decisions
        if one.act in TOLD
        and one.finding.state is FindingState.OPEN
        and one.analysis is not None
        and is_judged(one.analysis)
    ]
    return [
        (finding, name)
        for finding in sorted(open_, key=urgency)
        for name, rule in config.rules.items()
        if is_about(rule, finding)
    ]


def is_about(rule: RuleModel, finding: Finding) -> bool:
    """Whether a rule is about a finding."""
    return (
        rule.looks_at(finding.watch)
        and finding.kind is rule.kind
        and finding.severity.rank >= rule.severity.rank
        and probability_of(finding.exhaustion) >= rule.probability
        and (not rule.labels or matches(as_matchers(rule.labels), subject_labels(finding)))
    )


def probability_of(exhaustion: Exhaustion) -> float:
    """The largest probability that was asked for; 1 where the limit is reached already."""
    return 1.0 if exhaustion.exhausted else max((one for _, one in exhaustion.within), default=0.0)


def correlation_id(rule: str, finding: Finding, state: GuardState, *, dry_run: bool) -> str:
    """The id of the next execution of a rule for a finding's episode. At most 128 characters."""
    prefix = correlation_prefix(rule, finding, dry_run=dry_run)
    return f"{prefix}{1 + sum(one.execution.correlation_id.startswith(prefix) for one in state.past)}"


def asked_for(script: str, rule: str, finding: Finding, language: str, *, dry_run: bool) -> str:
    """Why an execution is asked for. Only names of ours: nothing that another system wrote is in it."""
    text = phrases.ASKED_DRY if dry_run else phrases.ASKED
    facts = {"script": script, "rule": rule, "finding": finding.fingerprint, "watch": finding.watch}
    return text.in_language(language).format(**facts)


def _decide(
    finding: Finding, name: str, config: AutomationConfig, state: GuardState, as_of: datetime
) -> AutomationDecision:
    rule = config.rules[name]
    dry_run = config.dry_run or rule.dry_run
    key = correlation_id(name, finding, state, dry_run=dry_run)
    candidate = Candidate(finding, name, rule, config, state, as_of, key)
    for guard, check in GUARDS:
        why = check(candidate)
        if why:
            return AutomationDecision(key, name, rule.script, finding, dry_run, why, guard)
    reason = asked_for(rule.script, name, finding, "en", dry_run=dry_run)
    execution = Execution(
        correlation_id=key,
        script_id=rule.script,
        rule=name,
        fingerprint=finding.fingerprint,
        source_key=finding.incident,
        requested_at=state.at,
        parameters=bind(rule.parameters, finding.entity),
        targets=candidate.resources(),
        reason=reason,
        dry_run=dry_run,
    )
    return AutomationDecision(key, name, rule.script, finding, dry_run, reason, execution=execution)
