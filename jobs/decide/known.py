"""What others tell already: alerts that fire, silences, open incidents that are not ours. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from domain.alert import KnownAlert
from domain.finding import Finding, FindingState
from domain.job import Job
from domain.labels import Labels
from domain.mute import Matcher, MatchOperator
from jobs.decide.acts import Act, Decision, Situation
from jobs.patterns import matches_whole

BROAD = frozenset({"instance", "cluster", "job", "namespace", "node", "host"})  # on which many things go wrong


def attach(decision: Decision, situation: Situation, job: Job) -> Decision:
    """The decision to open a finding, unless it is known already or silenced: then to attach it, or to hold it.

    An alert or an incident is about a finding when it has all labels of its entity, with the same values. An alert has
    to tell of the same trouble, too: a clock that is wrong says nothing of the same machine's memory.
    """
    if decision.act is not Act.OPEN:
        return decision
    finding = decision.finding
    silence = next((one for one in situation.silences if matches(one.matchers, subject_labels(finding))), None)
    if silence is not None:
        who, until = silence.owner or "somebody", f"{silence.ends_at:%Y-%m-%d %H:%M}Z"
        reason = f"{decision.reason}; silenced in Alertmanager by {who} until {until}"
        return _untold(decision, Act.HOLD, reason)
    other = next((one for one in situation.others if has_all(one.labels, finding.entity)), None)
    if other is not None:
        reason = f"{decision.reason}; the incident {other.id} is about it already"
        return replace(_untold(decision, Act.ATTACH, reason), attached_to=other.id)
    watch = next((one for one in job.watches if one.key == finding.watch), None)
    names = None if watch is None else watch.alerts
    alert = next((one for one in situation.alerts if tells_the_same(one, finding.entity, names)), None)
    if alert is not None:
        return _untold(decision, Act.ATTACH, f"{decision.reason}; the alert {alert.name} fires for it already")
    return decision


def _untold(decision: Decision, act: Act, reason: str) -> Decision:
    """The finding waits, pending: it opens as soon as nobody else tells it any more."""
    return replace(decision, act=act, finding=as_pending(decision, reason), reason=reason, untold=None)


def as_pending(decision: Decision, reason: str) -> Finding:
    """A finding that would open, as it is while it is not told: what people said of it still counts."""
    finding = decision.untold or decision.finding
    return replace(finding, state=FindingState.PENDING, opened_at=None, incident="", reason=reason)


def tells_the_same(alert: KnownAlert, entity: Labels, names: str | None) -> bool:
    """Whether an alert is about an entity, and by its name about the same trouble.

    Where a watch does not say which names those are, an alert counts on an entity that is more than a machine or a job:
    many things go wrong with these, and few with one disk.
    """
    if not has_all(alert.labels, entity):
        return False
    if names is not None:
        return re.search(names, alert.name, re.IGNORECASE) is not None
    return any(name not in BROAD for name, _ in entity.pairs)


def has_all(labels: Labels, entity: Labels) -> bool:
    """Whether labels hold all of an entity's labels, with the same values."""
    return bool(entity) and all(labels.get(name) == value for name, value in entity.pairs)


def subject_labels(finding: Finding) -> Mapping[str, str]:
    """What matchers of mutes and silences see of a finding: its labels, and what found it."""
    return {
        **finding.labels,
        **finding.entity,
        "job_name": finding.job,
        "watch": finding.watch,
        "kind": finding.kind.value,
        "severity": finding.severity.value,
        "fingerprint": finding.fingerprint,
    }


def matches(matchers: Sequence[Matcher], labels: Mapping[str, str]) -> bool:
    """Whether all matchers match; no matchers match nothing. A label that is not there has the value ''."""
    return bool(matchers) and all(_match(matcher, labels.get(matcher.name, "")) for matcher in matchers)


def _match(matcher: Matcher, value: str) -> bool:
    if matcher.operator is MatchOperator.EQUAL:
        return value == matcher.value
    if matcher.operator is MatchOperator.NOT_EQUAL:
        return value != matcher.value
    found = matches_whole(matcher.value, value)
    if found is None:  # what is no expression of RE2's silences nothing, with either operator
        return False
    return found if matcher.operator is MatchOperator.MATCHES else not found
