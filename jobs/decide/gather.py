"""Gather findings into incidents: one for what belongs together, a capped number of new ones, one for a storm. Pure.

1. Findings of one job about one entity in one pack (or with the same `group_by` labels) are told in one incident. It
   is the team's whose finding is the most urgent.
2. A finding that opens joins the open incident of its group, unless that is older than `maximum_age`; else its group's
   incident begins.
3. A run begins at most `incidents_per_run` incidents for a team: the most urgent ones, and, where there are more, one
   that lists the others (a storm). A storm's members are told only there, while it is open. Where that is none, what
   is found is reported only.
4. An incident is told again when it became worse than what was told of it, or when findings joined it. Once a person
   has acknowledged it, only a higher severity is told. Its members are noted in any case.
5. An incident whose findings are all cleared is resolved.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from domain.finding import Finding, FindingState, Outcome, Severity
from domain.incident import Incident, IncidentStatus
from domain.job import Job, Policy
from domain.outbox import source_key
from jobs.decide.acts import Act, Decided, Decision, IncidentAct, IncidentDecision
from jobs.decide.known import as_pending
from jobs.decide.trouble import much_sooner, urgency

TOLD = (FindingState.OPEN, FindingState.CLEARING)
BEGINS_ANEW = "its episode was too old, and begins anew"


@dataclass(frozen=True, slots=True)
class _Group:
    """Findings that would begin an incident together, the most urgent first."""

    name: str
    team: str
    members: tuple[Decision, ...]


def gather(
    job: Job,
    decisions: Mapping[str, Decision],
    findings: Mapping[str, Finding],
    incidents: Mapping[str, Incident],
    as_of: datetime,
) -> Decided:
    """Put findings that open into incidents, and say what is told of every incident.

    `decisions` by fingerprint; `findings` all that were known before, `incidents` ours that are not resolved, by key.
    """
    open_incidents = {key: one for key, one in incidents.items() if one.status is not IncidentStatus.RESOLVED}
    young = {key: one for key, one in open_incidents.items() if as_of - one.opened_at <= job.policy.maximum_age}
    joined, groups = _join(job, decisions, young)
    reported = {} if job.policy.incidents_per_run else _reported_only(groups, decisions)
    began, deferred = _begin(job, groups if job.policy.incidents_per_run else [], young, as_of)
    placed = {
        **decisions,
        **joined,
        **reported,
        **{one.finding.fingerprint: one for new in began for one in new.members},
        **{one.finding.fingerprint: one for waiting in deferred.values() for one in waiting},
    }
    opened = _opened_by_team(job, [*joined.values(), *(one for new in began for one in new.members)])
    storms = _storms(job, began, deferred, placed, young, opened, as_of)
    now = {**findings, **{name: decision.finding for name, decision in placed.items()}}
    told = [*began, *storms, *_news(job, placed, now, open_incidents, as_of)]
    return Decided(
        tuple(decision for _, decision in sorted(placed.items())),
        tuple(sorted(told, key=lambda one: one.incident.source_key)),
    )


def group_of(finding: Finding, policy: Policy) -> str:
    """The name of the group whose incident tells a finding: 32 hexadecimal digits, the same from run to run."""
    if policy.group_by:
        values = {**finding.labels, **finding.entity}
        pairs = [[name, values.get(name, "")] for name in policy.group_by]
    else:
        pairs = [[finding.watch.partition("/")[0], ""], *map(list, finding.entity.pairs)]
    return _digest(["group", finding.job, *pairs])


def storm_of(job: Job, team: str) -> str:
    """The name of the group that a team's storm of one job is told as."""
    return _digest(["storm", job.name, team])


def _digest(parts: Sequence[object]) -> str:
    text = json.dumps(parts, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _join(
    job: Job, decisions: Mapping[str, Decision], incidents: Mapping[str, Incident]
) -> tuple[dict[str, Decision], list[_Group]]:
    """Findings that open and have an incident to join, and the groups of those that have none."""
    by_group = {incident.fingerprint: key for key, incident in sorted(incidents.items())}
    joined: dict[str, Decision] = {}
    alone: dict[str, list[Decision]] = {}
    for name, decision in sorted(decisions.items()):
        if decision.act is not Act.OPEN:
            continue
        group = group_of(decision.finding, job.policy)
        if group in by_group:
            joined[name] = _placed(decision, by_group[group])
        else:
            alone.setdefault(group, []).append(decision)
    groups = [_group(name, members, job.policy) for name, members in alone.items()]
    return joined, sorted(groups, key=lambda group: urgency(group.members[0].finding))


def _group(name: str, members: Iterable[Decision], policy: Policy) -> _Group:
    ordered = tuple(sorted(members, key=lambda one: urgency(one.finding)))
    return _Group(name, team_of(ordered[0].finding, policy), ordered)


def team_of(finding: Finding, policy: Policy) -> str:
    """Whose the thing is that a finding is about; empty: nobody's."""
    return finding.labels.get(policy.team_label, finding.entity.get(policy.team_label, ""))


def _reported_only(groups: Sequence[_Group], decisions: Mapping[str, Decision]) -> dict[str, Decision]:
    """What a job that may begin no incident would tell: it stands in its report, and waits for a run that may."""
    new = [one for group in groups for one in group.members]
    elsewhere = [one for one in decisions.values() if one.attached_to is not None]
    held = {}
    for decision in [*new, *elsewhere]:
        reason = f"{decision.reason}; incidents_per_run is 0: it is reported, and nobody is told"
        finding = as_pending(decision, reason)
        waiting = replace(decision, act=Act.HOLD, finding=finding, reason=reason, attached_to=None, untold=None)
        held[finding.fingerprint] = waiting
    return held


def _begin(
    job: Job, groups: Sequence[_Group], incidents: Mapping[str, Incident], as_of: datetime
) -> tuple[list[IncidentDecision], dict[str, list[Decision]]]:
    """Incidents that begin, and the findings for which there is no room, by team."""
    cap = job.policy.incidents_per_run
    counts: dict[str, int] = {}
    for group in groups:
        counts[group.team] = counts.get(group.team, 0) + 1
    began: list[IncidentDecision] = []
    deferred: dict[str, list[Decision]] = {}
    taken: dict[str, int] = {}
    storming = {incident.fingerprint for incident in incidents.values()}
    for group in groups:
        more = counts[group.team] > cap or storm_of(job, group.team) in storming
        room = cap - 1 if more else cap
        if taken.get(group.team, 0) < room:
            taken[group.team] = taken.get(group.team, 0) + 1
            began.append(_new(job, group, as_of))
            continue
        for decision in group.members:
            reason = f"{decision.reason}; the run may begin {cap} incidents, and others are more urgent"
            finding = replace(decision.finding, reason=reason)
            waiting = replace(decision, act=Act.DEFER, finding=finding, reason=reason)
            deferred.setdefault(group.team, []).append(waiting)
    return began, deferred


def _new(job: Job, group: _Group, as_of: datetime) -> IncidentDecision:
    key = source_key(group.name, as_of)
    members = tuple(_placed(decision, key) for decision in group.members)
    return IncidentDecision(IncidentAct.OPEN, _incident(job, group.name, members, as_of), members, members[0].reason)


def _incident(job: Job, group: str, members: Sequence[Decision], as_of: datetime) -> Incident:
    first = members[0].finding
    return Incident(
        source_key=source_key(group, as_of),
        fingerprint=group,
        episode=max(one.finding.episode for one in members),
        job=job.name,
        title=first.title,
        severity=_worst(one.finding for one in members),
        opened_at=as_of,
        expected_at=_soonest(one.finding for one in members),
        members=tuple(one.finding.fingerprint for one in members),
    )


def _storms(
    job: Job,
    began: Sequence[IncidentDecision],
    deferred: Mapping[str, Sequence[Decision]],
    placed: dict[str, Decision],
    incidents: Mapping[str, Incident],
    opened: Mapping[str, int],
    as_of: datetime,
) -> list[IncidentDecision]:
    """One incident for each team whose findings had no room: the open one of its storm, or a new one.

    `opened` has how many findings of each team are told in other incidents from this run on.
    """
    by_group = {incident.fingerprint: incident for _, incident in sorted(incidents.items())}
    told: list[IncidentDecision] = []
    for team, found in sorted(deferred.items()):
        ordered = sorted(found, key=lambda one: urgency(one.finding))
        known = by_group.get(storm_of(job, team))
        key = known.source_key if known is not None else source_key(storm_of(job, team), as_of)
        members = tuple(_placed(decision, key) for decision in ordered)
        placed.update({one.finding.fingerprint: one for one in members})
        if known is None:
            incident = _incident(job, storm_of(job, team), members, as_of)
            reason = f"{len(members)} more findings than the {len(began)} that have incidents of their own"
            others = opened.get(team, 0)
            told.append(IncidentDecision(IncidentAct.OPEN, incident, members, reason, storm=True, others=others))
    return told


def _opened_by_team(job: Job, told: Iterable[Decision]) -> Mapping[str, int]:
    return Counter(team_of(one.finding, job.policy) for one in told)


def _news(
    job: Job,
    placed: Mapping[str, Decision],
    now: Mapping[str, Finding],
    incidents: Mapping[str, Incident],
    as_of: datetime,
) -> list[IncidentDecision]:
    """What is told anew of incidents that are open."""
    members: dict[str, list[Finding]] = {key: [] for key in incidents}
    for finding in now.values():
        if finding.state in TOLD and finding.incident in members:
            members[finding.incident].append(finding)
    told = []
    for key, incident in incidents.items():
        left = sorted(members[key], key=urgency)
        decision = _again(job, incident, left, placed, as_of) if left else _resolved(incident, placed, as_of)
        if decision is not None:
            told.append(decision)
    return told


def _again(
    job: Job, incident: Incident, left: Sequence[Finding], placed: Mapping[str, Decision], as_of: datetime
) -> IncidentDecision | None:
    severity, expected = _worst(left), _soonest(left)
    names = tuple(one.fingerprint for one in left)
    joined = len(set(names) - set(incident.members))
    acknowledged = incident.status in (IncidentStatus.ACKNOWLEDGED, IncidentStatus.IN_PROGRESS)
    decisions = tuple(placed[name] for name in names if name in placed)
    seen = [one for one in decisions if one.analysis is not None]
    act, why = IncidentAct.KEEP, "its members changed"
    if not seen:
        pass
    elif severity.rank > incident.severity.rank:
        act, why = IncidentAct.ESCALATE, f"severity rose from {incident.severity.value} to {severity.value}"
    elif joined and not acknowledged:
        act, why = IncidentAct.UPDATE, f"{joined} findings joined it"
    elif not acknowledged and much_sooner(incident.expected_at, expected, as_of, job.policy):
        act, why = IncidentAct.UPDATE, "much less time is left than was told"
    if act is IncidentAct.KEEP:
        if set(names) == set(incident.members):
            return None
        return IncidentDecision(act, replace(incident, members=names), decisions, why)
    after = replace(incident, title=seen[0].finding.title, severity=severity, expected_at=expected, members=names)
    storm = incident.fingerprint in {storm_of(job, team_of(one, job.policy)) for one in left}
    reason = seen[0].reason if why in seen[0].reason else f"{seen[0].reason}; {why}"
    return IncidentDecision(act, after, decisions, reason, storm=storm)


def _resolved(incident: Incident, placed: Mapping[str, Decision], as_of: datetime) -> IncidentDecision:
    decisions = tuple(placed[name] for name in incident.members if name in placed)
    reasons = dict.fromkeys(one.reason if one.act is Act.CLEAR else BEGINS_ANEW for one in decisions)
    reason = "; ".join(list(reasons)[:3]) or "none of its findings stands any more"
    after = replace(incident, status=IncidentStatus.RESOLVED, outcome=Outcome.CLEARED, resolved_at=as_of)
    return IncidentDecision(IncidentAct.RESOLVE, after, decisions, reason)


def _placed(decision: Decision, key: str) -> Decision:
    return replace(decision, finding=replace(decision.finding, incident=key))


def _worst(findings: Iterable[Finding]) -> Severity:
    return max((finding.severity for finding in findings), key=lambda severity: severity.rank)


def _soonest(findings: Iterable[Finding]) -> datetime | None:
    return min((finding.exhaustion.p50 for finding in findings if finding.exhaustion.p50 is not None), default=None)
