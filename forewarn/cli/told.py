"""Whether a finding was told, in words: when, and how its incident ended."""

from __future__ import annotations

from datetime import datetime

from domain.finding import Finding
from domain.incident import Incident
from domain.outbox import MessageKind, MessageState
from domain.times import rfc3339
from storage.engine import ReadSession
from storage.incidents import find_incident, list_incidents
from storage.outbox_admin import list_messages


def told_of(session: ReadSession, found: Finding) -> str:
    """Whether it was told, from its incident: the one that tells it now, or the last that did."""
    incident = find_incident(session, found.incident) if found.incident else None
    if incident is None:
        incident = next(iter(list_incidents(session, member=found.fingerprint, limit=1).items), None)
    return in_words(found, incident, None if incident is None else _delivered_at(session, incident))


def in_words(found: Finding, incident: Incident | None, delivered_at: datetime | None) -> str:
    """The same of what is known of the incident; `delivered_at` is when the Control Plane took it, where that is kept.

    An episode that was never told keeps no time at which it was (`opened_at`), though an earlier one may have.
    """
    if incident is None:
        return "not told" if found.opened_at is None else f"told on {rfc3339(found.opened_at)}"
    if found.opened_at is None and not found.incident:
        return f"not told; an earlier episode was {_of_incident(incident, delivered_at)}"
    return _of_incident(incident, delivered_at)


def _of_incident(incident: Incident, delivered_at: datetime | None) -> str:
    if incident.remote_id is None and delivered_at is None:
        if incident.resolved_at is not None:
            return f"not told: it had passed on {rfc3339(incident.resolved_at)}, before the Control Plane took it"
        return f"not told yet: {incident.source_key} has not reached the Control Plane (`forewarn outbox list`)"
    told = f"told on {rfc3339(delivered_at or incident.opened_at)} by {incident.source_key}"
    if incident.resolved_at is None:
        return told
    outcome = "" if incident.outcome is None else f" ({incident.outcome.value})"
    return f"{told}, resolved on {rfc3339(incident.resolved_at)}{outcome}"


def _delivered_at(session: ReadSession, incident: Incident) -> datetime | None:
    for message in list_messages(session, state=MessageState.DELIVERED, subject=incident.source_key).items:
        if message.kind is MessageKind.INCIDENT_CREATE:
            return message.finished_at
    return None
