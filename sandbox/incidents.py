"""Incidents and their comments."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, insert, select, update
from sqlalchemy.engine import Connection

from controlplane.models import Acknowledgement, CommentCreate, IncidentCreate, IncidentUpdate, Resolution
from sandbox.effects import claim_key, keep_key, new_id, note, now_text
from sandbox.problems import Problem
from sandbox.tables import comment, incident

Json = dict[str, Any]


def select_incidents(
    *, status: str | None = None, severity: str | None = None, source: str | None = None, source_key: str | None = None
) -> Select[Any]:
    """The bodies of the incidents that fit, newest first."""
    rows = select(incident.c.body).order_by(incident.c.seq.desc())
    wanted = {"status": status, "severity": severity, "source": source, "source_key": source_key}
    return rows.filter_by(**{name: value for name, value in wanted.items() if value is not None})


def get_incident(connection: Connection, incident_id: str) -> Json:
    """The incident's body."""
    return dict(_row(connection, incident_id, lock=False).body)


def create_incident(connection: Connection, body: IncidentCreate, key: str | None) -> tuple[int, Json]:
    """A new incident (201), or the one that this key has made (200)."""
    made = claim_key(connection, "createIncident", key)
    if made is not None:
        return 200, get_incident(connection, made)
    now = now_text()
    sent = body.body()
    answer = sent | {"id": new_id("inc"), "status": "new", "createdAt": now, "updatedAt": now, "reporter": "sandbox"}
    connection.execute(
        insert(incident).values(
            id=answer["id"],
            source=sent.get("source"),
            source_key=sent.get("sourceKey"),
            severity=sent["severity"],
            status="new",
            body=answer,
        )
    )
    keep_key(connection, "createIncident", key, answer["id"])
    note(connection, "incident.create", sent.get("sourceKey", ""), answer["id"], sent, key)
    return 201, answer


def update_incident(connection: Connection, incident_id: str, body: IncidentUpdate) -> Json:
    """Change what the body sets; an incident keeps its title where the new one is empty."""
    sent = body.body()
    change = {name: value for name, value in sent.items() if name != "title" or value}
    return _change(connection, incident_id, "incident.update", sent, change)


def acknowledge_incident(connection: Connection, incident_id: str, body: Acknowledgement) -> Json:
    """Mark it as seen."""
    return _change(connection, incident_id, "incident.acknowledge", body.body(), {"status": "acknowledged"})


def resolve_incident(connection: Connection, incident_id: str, body: Resolution) -> Json:
    """Mark it as over."""
    change: Json = {"status": "resolved", "resolvedAt": now_text()}
    if body.outcome is not None:
        change["outcome"] = body.outcome.value
    return _change(connection, incident_id, "incident.resolve", body.body(), change)


def _change(connection: Connection, incident_id: str, effect: str, sent: Json, change: Json) -> Json:
    row = _row(connection, incident_id, lock=True)
    if row.status == "resolved":
        raise Problem(409, f"incident {incident_id} is resolved")
    answer = row.body | change | {"updatedAt": now_text()}
    values = {"body": answer, "severity": answer["severity"], "status": answer["status"]}
    connection.execute(update(incident).where(incident.c.id == incident_id).values(values))
    note(connection, effect, row.source_key or "", incident_id, sent)
    return dict(answer)


def select_comments(connection: Connection, incident_id: str) -> Select[Any]:
    """The bodies of the incident's comments, oldest first."""
    _row(connection, incident_id, lock=False)
    return select(comment.c.body).where(comment.c.incident_id == incident_id).order_by(comment.c.seq)


def add_comment(connection: Connection, incident_id: str, body: CommentCreate, key: str | None) -> Json:
    """A new comment, or the one that this key has made."""
    row = _row(connection, incident_id, lock=True)
    made = claim_key(connection, f"addIncidentComment {incident_id}", key)
    if made is not None:
        return dict(connection.execute(select(comment.c.body).where(comment.c.id == made)).scalar_one())
    sent = body.body()
    answer = sent | {"id": new_id("com"), "author": "sandbox", "createdAt": now_text()}
    connection.execute(insert(comment).values(id=answer["id"], incident_id=incident_id, body=answer))
    keep_key(connection, f"addIncidentComment {incident_id}", key, answer["id"])
    note(connection, "incident.comment", row.source_key or "", answer["id"], sent, key)
    return answer


def _row(connection: Connection, incident_id: str, *, lock: bool) -> Any:
    rows = select(incident.c.body, incident.c.status, incident.c.source_key).where(incident.c.id == incident_id)
    row = connection.execute(rows.with_for_update() if lock else rows).one_or_none()
    if row is None:
        raise Problem(404, f"there is no incident {incident_id}")
    return row
