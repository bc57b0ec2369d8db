"""Mutes at the moment of telling: whether what a message tells of is muted, by whom, and until when."""

from __future__ import annotations

from datetime import datetime

from domain.finding import Finding
from domain.mute import Mute
from jobs.decide.known import matches, subject_labels
from jobs.windows import holds_until
from storage.engine import ReadSession
from storage.errors import NotFound
from storage.findings import get_finding
from storage.incidents import find_incident
from storage.mutes import load_mutes

MOST_MEMBERS = 50  # of a storm: what has more members is told, whatever is muted


def muted_until(session: ReadSession, subject: str, at: datetime) -> tuple[Mute, datetime] | None:
    """The mute that holds for everything that an incident tells, and when the first of them ends; None: it is told."""
    mutes = [(mute, until) for mute in load_mutes(session, as_of=at) if (until := holds_until(mute, at)) is not None]
    incident = find_incident(session, subject) if mutes else None
    if incident is None or not incident.members or len(incident.members) > MOST_MEMBERS:
        return None
    held = [_mute_of(finding, mutes) for finding in _findings(session, incident.members)]
    if not held or any(one is None for one in held):
        return None
    return min((one for one in held if one is not None), key=lambda one: one[1])


def _findings(session: ReadSession, fingerprints: tuple[str, ...]) -> list[Finding]:
    found = []
    for name in fingerprints:
        try:
            found.append(get_finding(session, name))
        except NotFound:
            continue
    return found


def _mute_of(finding: Finding, mutes: list[tuple[Mute, datetime]]) -> tuple[Mute, datetime] | None:
    """Of the mutes that match a finding, the one that holds longest."""
    labels = subject_labels(finding)
    fitting = [(mute, until) for mute, until in mutes if matches(mute.matchers, labels)]
    return max(fitting, key=lambda one: one[1], default=None)
