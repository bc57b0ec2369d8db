"""Decide: what a run saw and what is known become actions as data, each with its reason in words. Pure.

`judge` says what becomes of each finding, `known` what others tell already, `gather` which incidents tell them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from domain.finding import Analysis, Finding, FindingKind, FindingState, fingerprint
from domain.job import Job
from jobs.decide.acts import (
    Act,
    Decided,
    Decision,
    Describe,
    Ending,
    IncidentAct,
    IncidentDecision,
    Moment,
    Situation,
)
from jobs.decide.gather import gather
from jobs.decide.judge import GONE, aged, heard, is_judged, judge, unseen, unwatched
from jobs.decide.known import attach

__all__ = [
    "Act",
    "Decided",
    "Decision",
    "Describe",
    "Ending",
    "IncidentAct",
    "IncidentDecision",
    "Situation",
    "decide",
    "saw_anything",
]

SEVERAL = 3  # entities of a watch: less often are all of them decommissioned than what reports them fails


def decide(
    job: Job,
    analyses: Sequence[Analysis],
    situation: Situation,
    *,
    complete: frozenset[str],
    as_of: datetime,
    describe: Describe,
) -> Decided:
    """Decide on every entity that is or was in trouble, and on every incident that is open.

    `complete` are the watches whose every shard was fetched whole, so that an entity that is not there, or whose
    series ended, is truly gone.
    Deciding twice on the same input gives the same decisions.
    """
    blind = bool(analyses) and not saw_anything(analyses)
    whole = frozenset() if blind else complete
    moment = Moment(as_of, describe, whole, _silent(analyses), situation.last_saw, situation.cut)
    before = {
        name: heard(finding, situation.incidents.get(finding.incident), job.policy, as_of)
        for name, finding in situation.findings.items()
    }
    decisions: dict[str, Decision] = {}
    too_old: set[str] = set()
    for analysis in analyses:
        name = fingerprint(FindingKind.EXHAUSTION, analysis.watch, analysis.entity)
        if name in before and is_judged(analysis):
            heard_of, before[name] = before[name], aged(before[name], job.policy, as_of)
            too_old |= {name} if before[name] != heard_of else set()
        decision = judge(job, analysis, before.get(name), name, moment)
        if decision is not None:
            decisions[name] = attach(decision, situation, job)
    watches = {watch.key for watch in job.watches}
    for name, finding in before.items():
        if name in decisions:
            continue
        if finding.watch not in watches and finding.state is not FindingState.CLEARED:
            decisions[name] = unwatched(finding, as_of)
        else:
            gone = finding.state is not FindingState.CLEARED and finding.watch in moment.complete
            decision = _not_judged(job, finding, situation.findings[name], moment, gone=gone)
            if decision is not None:
                decisions[name] = replace(decision, ending=Ending.AGED) if name in too_old else decision
    return gather(job, decisions, before, situation.incidents, as_of)


def saw_anything(analyses: Sequence[Analysis]) -> bool:
    """Whether a run saw any entity as it is now: where it saw none, the source rather than all of them is gone."""
    return any(analysis.status not in GONE for analysis in analyses)


def _silent(analyses: Sequence[Analysis]) -> frozenset[str]:
    """The watches that lost all of their entities, several at once: perhaps what reports them is gone."""
    entities = Counter(analysis.watch for analysis in analyses)
    seen = {analysis.watch for analysis in analyses if analysis.status not in GONE}
    return frozenset(watch for watch, count in entities.items() if count >= SEVERAL and watch not in seen)


def _not_judged(job: Job, finding: Finding, before: Finding, moment: Moment, *, gone: bool) -> Decision | None:
    """A finding that no analysis speaks of: it is gone, or its incident ended, or nothing is new."""
    if gone:
        return unseen(finding, job.policy, moment)
    return Decision(Act.CLEAR, finding, finding.reason) if finding != before else None
