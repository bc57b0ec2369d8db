"""Incidents: what we know of the Control Plane's records that we opened."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, func, select, tuple_, update

from domain.finding import Outcome, Severity
from domain.incident import Incident, IncidentStatus
from storage.bulk import insert_rows
from storage.clock import now
from storage.engine import ReadSession, WriteSession
from storage.errors import NotFound
from storage.paging import Page, bounded, decode_cursor, make_page
from storage.tables import IncidentRow

_COLUMNS = (
    "source_key", "fingerprint", "episode", "job", "title", "severity", "status", "outcome", "expected_at", "members",
    "remote_id", "opened_at", "acknowledged_at", "resolved_at",
)  # fmt: skip


def open_incidents(session: WriteSession, incidents: Sequence[Incident]) -> int:
    """Write incidents that a run opens; one that is there already stays as it is. Returns how many are new."""
    rows = (
        (
            incident.source_key, incident.fingerprint, incident.episode, incident.job, incident.title,
            incident.severity.value, incident.status.value, incident.outcome and incident.outcome.value,
            incident.expected_at, list(incident.members), incident.remote_id, incident.opened_at,
            incident.acknowledged_at, incident.resolved_at,
        )
        for incident in incidents
    )  # fmt: skip
    return insert_rows(session, IncidentRow.__table__, _COLUMNS, rows, key=("source_key",))


def update_incident(
    session: WriteSession,
    source_key: str,
    *,
    title: str,
    severity: Severity,
    expected_at: datetime | None,
    members: Sequence[str],
) -> None:
    """Write what a run told anew of an incident. Raises `NotFound`."""
    values = {"title": title, "severity": severity.value, "expected_at": expected_at, "members": list(members)}
    _change(session, source_key, values)


def resolve_incident(session: WriteSession, source_key: str, *, at: datetime, outcome: Outcome) -> None:
    """Write that the incident is resolved; one that is resolved already keeps its outcome. Raises `NotFound`."""
    if get_incident(session, source_key).status is IncidentStatus.RESOLVED:
        return
    values = {"status": IncidentStatus.RESOLVED.value, "resolved_at": at, "outcome": outcome.value}
    _change(session, source_key, values)


def record_remote(
    session: WriteSession,
    source_key: str,
    *,
    remote_id: str,
    status: IncidentStatus,
    severity: Severity,
    outcome: Outcome | None,
    resolved_at: datetime | None,
    seen_at: datetime,
) -> None:
    """Write how the incident stands at the Control Plane, as it was seen at that moment. Raises `NotFound`.

    The moment of acknowledgement is when it was first seen acknowledged: the Control Plane does not tell it.
    """
    known = get_incident(session, source_key)
    acknowledged = known.acknowledged_at
    if acknowledged is None and status in (IncidentStatus.ACKNOWLEDGED, IncidentStatus.IN_PROGRESS):
        acknowledged = seen_at
    resolved = None
    if status is IncidentStatus.RESOLVED:
        resolved = resolved_at or known.resolved_at or seen_at
    values = {
        "remote_id": remote_id, "status": status.value, "severity": severity.value,
        "outcome": outcome and outcome.value, "acknowledged_at": acknowledged, "resolved_at": resolved,
    }  # fmt: skip
    _change(session, source_key, values)


def find_incident(session: ReadSession, source_key: str) -> Incident | None:
    """The incident, if we opened one."""
    row = session.get(IncidentRow, source_key, populate_existing=True)
    return None if row is None else _incident(row)


def get_incident(session: ReadSession, source_key: str) -> Incident:
    """The incident. Raises `NotFound`."""
    incident = find_incident(session, source_key)
    if incident is None:
        raise NotFound(f"there is no incident {source_key}")
    return incident


def load_incidents(session: ReadSession, source_keys: Collection[str]) -> dict[str, Incident]:
    """The incidents with these keys, by key; one that is not there is left out."""
    statement = select(IncidentRow).where(IncidentRow.source_key.in_(source_keys))
    return {row.source_key: _incident(row) for row in session.scalars(statement, **_ANEW)}


def load_open_incidents(session: ReadSession, *, job: str | None = None) -> list[Incident]:
    """All incidents that are not resolved, by their key."""
    statement = select(IncidentRow).where(IncidentRow.status != IncidentStatus.RESOLVED.value)
    if job is not None:
        statement = statement.where(IncidentRow.job == job)
    return [_incident(row) for row in session.scalars(statement.order_by(IncidentRow.source_key), **_ANEW)]


def incidents_of(session: ReadSession, fingerprint: str) -> list[Incident]:
    """The incidents of a finding or a group, the newest first."""
    statement = select(IncidentRow).where(IncidentRow.fingerprint == fingerprint).order_by(IncidentRow.opened_at.desc())
    return [_incident(row) for row in session.scalars(statement, **_ANEW)]


def list_incidents(
    session: ReadSession,
    *,
    job: str | None = None,
    status: IncidentStatus | None = None,
    severity: Severity | None = None,
    outcome: Outcome | None = None,
    member: str | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[Incident]:
    """Incidents, the last opened first; `member` is the fingerprint of a finding they gather. Raises `BadCursor`."""
    key = (IncidentRow.opened_at, IncidentRow.source_key)
    statement = select(IncidentRow).order_by(*(part.desc() for part in key)).limit(bounded(limit) + 1)
    for column, wanted in (
        (IncidentRow.job, job),
        (IncidentRow.status, status),
        (IncidentRow.severity, severity),
        (IncidentRow.outcome, outcome),
    ):
        if wanted is not None:
            statement = statement.where(column == str(wanted))
    if member is not None:
        statement = statement.where(IncidentRow.members.contains([member]))
    if cursor is not None:
        statement = statement.where(tuple_(*key) < tuple_(*decode_cursor(cursor, datetime, str)))
    rows = session.scalars(statement, **_ANEW).all()
    return make_page(rows, limit, _incident, lambda row: (row.opened_at, row.source_key))


def count_outcomes(session: ReadSession, *, job: str | None = None, since: datetime | None = None) -> dict[str, int]:
    """How many resolved incidents came to each outcome; '' for those whose outcome nobody told."""
    statement = select(func.coalesce(IncidentRow.outcome, ""), func.count()).where(
        IncidentRow.status == IncidentStatus.RESOLVED.value
    )
    if job is not None:
        statement = statement.where(IncidentRow.job == job)
    if since is not None:
        statement = statement.where(IncidentRow.resolved_at >= since)
    rows = session.execute(statement.group_by(IncidentRow.outcome)).all()
    return {row[0]: row[1] for row in rows}


def prune_incidents(session: WriteSession, *, before: datetime) -> int:
    """Forget incidents that were resolved before that. Returns how many."""
    statement = delete(IncidentRow).where(IncidentRow.resolved_at < before)
    return session.connection().execute(statement).rowcount


_ANEW: dict[str, Any] = {"execution_options": {"populate_existing": True}}


def _change(session: WriteSession, source_key: str, values: dict[str, Any]) -> None:
    statement = update(IncidentRow).where(IncidentRow.source_key == source_key).values(**values, updated_at=now())
    if session.connection().execute(statement).rowcount == 0:
        raise NotFound(f"there is no incident {source_key}")


def _incident(row: IncidentRow) -> Incident:
    return Incident(
        source_key=row.source_key,
        fingerprint=row.fingerprint,
        episode=row.episode,
        job=row.job,
        title=row.title,
        severity=Severity(row.severity),
        opened_at=row.opened_at.astimezone(UTC),
        status=IncidentStatus(row.status),
        expected_at=_utc(row.expected_at),
        members=tuple(row.members),
        remote_id=row.remote_id,
        outcome=None if row.outcome is None else Outcome(row.outcome),
        acknowledged_at=_utc(row.acknowledged_at),
        resolved_at=_utc(row.resolved_at),
    )


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(UTC)
