"""Incidents: what was opened at the Control Plane."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api.context import Database
from api.schemas import Answer, Instant, PageOut
from domain.finding import Outcome, Severity
from domain.incident import Incident, IncidentStatus
from storage.incidents import list_incidents

router = APIRouter(tags=["incidents"])


class IncidentOut(Answer):
    """An incident as far as we know it; `remoteId` null: the Control Plane was not told yet."""

    source_key: str
    fingerprint: str
    episode: int
    job: str
    title: str
    severity: Severity
    status: IncidentStatus
    outcome: Outcome | None
    opened_at: Instant
    expected_at: Instant | None
    acknowledged_at: Instant | None
    resolved_at: Instant | None
    members: list[str]
    remote_id: str | None

    @classmethod
    def of(cls, incident: Incident) -> IncidentOut:
        """The incident as it is answered."""
        return cls(
            source_key=incident.source_key,
            fingerprint=incident.fingerprint,
            episode=incident.episode,
            job=incident.job,
            title=incident.title,
            severity=incident.severity,
            status=incident.status,
            outcome=incident.outcome,
            opened_at=incident.opened_at,
            expected_at=incident.expected_at,
            acknowledged_at=incident.acknowledged_at,
            resolved_at=incident.resolved_at,
            members=list(incident.members),
            remote_id=incident.remote_id,
        )


@router.get("/incidents")
def incidents(
    session: Database,
    job: str | None = None,
    status: IncidentStatus | None = None,
    severity: Severity | None = None,
    outcome: Outcome | None = None,
    finding: Annotated[str | None, Query(pattern="^[0-9a-f]{32}$")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: str | None = None,
) -> PageOut[IncidentOut]:
    """Incidents that Forewarn opened, the newest first; `finding` keeps those that tell that finding."""
    page = list_incidents(
        session,
        job=job,
        status=status,
        severity=severity,
        outcome=outcome,
        member=finding,
        limit=limit,
        cursor=cursor,
    )
    return PageOut(items=[IncidentOut.of(one) for one in page.items], next_cursor=page.next_cursor)
