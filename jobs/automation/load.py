"""Load what the guards look at from the database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from domain.alert import KnownSilence
from domain.audit import AuditEntry
from domain.execution import Execution
from domain.finding import Analysis, Finding
from domain.incident import Incident, IncidentStatus
from domain.job import Job
from domain.outbox import source_key
from jobs.automation.config import AutomationConfig
from jobs.automation.guards import group_key
from jobs.automation.state import Attended, Available, GuardState, Past, Place
from jobs.decide.gather import storm_of
from storage.audit import list_audit
from storage.engine import ReadSession
from storage.errors import NotFound
from storage.executions import list_executions
from storage.findings import get_finding
from storage.incidents import load_open_incidents
from storage.mutes import load_mutes
from storage.switches import SwitchName, find_switch

REMEMBERED = timedelta(days=100)  # longer than an episode lasts
MOST_MEMBERS = 200  # of an incident that a person has acknowledged: with more, it is everywhere
AT_WORK = (IncidentStatus.ACKNOWLEDGED, IncidentStatus.IN_PROGRESS)

APPROVED = "automation.approve"
REARMED = "automation.rearm"


def load_state(
    session: ReadSession,
    job: Job,
    config: AutomationConfig,
    findings: Sequence[Finding],
    *,
    analyses: Sequence[Analysis],
    timezone: str,
    at: datetime,
    available: Available | None,
    silences: tuple[KnownSilence, ...] = (),
    unheard: str = "",
) -> GuardState:
    """What the guards look at for these findings of a job, at that moment."""
    switch = find_switch(session, SwitchName.AUTOMATION_STOPPED)
    return GuardState(
        at=at,
        windows=config.windows(timezone),
        stopped=None if switch is None else switch.reason or f"by {switch.actor}",
        available=available,
        past=load_past(session, since=at - REMEMBERED),
        sizes=_sizes(config, analyses),
        attended=_attended(session),
        storms=_storms(job, findings),
        mutes=tuple(load_mutes(session, as_of=at)),
        silences=silences,
        unheard=unheard,
        approvals=_moments(session, APPROVED, since=at - config.approval_lasts),
        rearmed=_moments(session, REARMED, since=at - REMEMBERED),
    )


def load_past(session: ReadSession, *, since: datetime) -> tuple[Past, ...]:
    """The executions since then, with where they were, the newest first."""
    found: list[Execution] = []
    cursor: str | None = None
    while True:
        page = list_executions(session, since=since, limit=200, cursor=cursor)
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            break
    places = {name: _place(session, name) for name in {one.fingerprint for one in found}}
    return tuple(Past(one, places[one.fingerprint]) for one in found)


def _place(session: ReadSession, fingerprint: str) -> Place | None:
    try:
        return Place.of(get_finding(session, fingerprint))
    except NotFound:
        return None


def _sizes(config: AutomationConfig, analyses: Sequence[Analysis]) -> dict[tuple[str, str, str], int]:
    counted: Counter[tuple[str, str, str]] = Counter()
    for analysis in analyses:
        place = Place(analysis.watch, analysis.entity, {**analysis.labels, **analysis.entity})
        for name, rule in config.rules.items():
            if rule.looks_at(analysis.watch):
                counted[group_key(name, rule, place)] += 1
    return dict(counted)


def _attended(session: ReadSession) -> tuple[Attended, ...]:
    open_ = [one for one in load_open_incidents(session) if one.status in AT_WORK]
    return tuple(Attended(one.source_key, _members(session, one)) for one in open_)


def _members(session: ReadSession, incident: Incident) -> tuple[Place, ...] | None:
    if len(incident.members) > MOST_MEMBERS:
        return None
    places = (_place(session, name) for name in incident.members)
    return tuple(place for place in places if place is not None)


def _storms(job: Job, findings: Sequence[Finding]) -> frozenset[str]:
    """The incidents of these findings that list the members of a storm."""
    label = job.policy.team_label
    found = set()
    for finding in findings:
        team = finding.labels.get(label, finding.entity.get(label, ""))
        group = source_key(storm_of(job, team), finding.last_seen).rpartition(":")[0]
        if finding.incident.rpartition(":")[0] == group:
            found.add(finding.incident)
    return frozenset(found)


def _moments(session: ReadSession, action: str, *, since: datetime) -> dict[str, datetime]:
    """When something was last said of each subject, since then."""
    entries: list[AuditEntry] = []
    cursor: str | None = None
    while True:
        page = list_audit(session, action=action, since=since, limit=200, cursor=cursor)
        entries += page.items
        cursor = page.next_cursor
        if cursor is None:
            return {entry.subject: entry.at for entry in reversed(entries) if entry.at is not None}
