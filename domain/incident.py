"""Incidents: the Control Plane's records that people work with, as far as we know them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.finding import Outcome, Severity


class IncidentStatus(StrEnum):
    """Where an incident stands, in the Control Plane's words."""

    NEW = "new"
    ACKNOWLEDGED = "acknowledged"
    IN_PROGRESS = "in_progress"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Incident:
    """One incident that we opened, for one episode of a finding or of a group of findings."""

    source_key: str  # its `sourceKey` at the Control Plane
    fingerprint: str  # of the finding, or of the group, that it is about
    episode: int
    job: str
    title: str
    severity: Severity
    opened_at: datetime  # the as_of of the run that opened it
    status: IncidentStatus = IncidentStatus.NEW
    expected_at: datetime | None = None  # when the trouble is predicted
    members: tuple[str, ...] = ()  # fingerprints of the findings that it gathers
    remote_id: str | None = None  # the Control Plane's id, once it is known
    outcome: Outcome | None = None
    acknowledged_at: datetime | None = None
    resolved_at: datetime | None = None
