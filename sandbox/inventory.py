"""What the sandbox knows beside incidents: resources, their groups, and its audit log."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine import Connection

from sandbox.problems import Problem
from sandbox.tables import ledger, resource, resource_group

Json = dict[str, Any]


def put_resource(connection: Connection, body: Json) -> None:
    """Add a resource, or change it. `body` is as the contract answers it."""
    statement = upsert(resource).values(id=body["id"], body=body)
    connection.execute(statement.on_conflict_do_update(index_elements=[resource.c.id], set_={"body": body}))


def put_group(connection: Connection, body: Json) -> None:
    """Add a group, or change it. `body` is as the contract answers it."""
    statement = upsert(resource_group).values(id=body["id"], body=body)
    connection.execute(statement.on_conflict_do_update(index_elements=[resource_group.c.id], set_={"body": body}))


def select_resources(wanted: dict[str, str | None], search: str | None) -> Select[Any]:
    """The bodies of the resources that fit."""
    rows = select(resource.c.body).order_by(resource.c.seq)
    for name, value in wanted.items():
        if value is not None:
            rows = rows.where(resource.c.body[name].astext == value)
    if search is not None:
        texts = (resource.c.body["name"].astext, resource.c.body["ipAddress"].astext)
        rows = rows.where(or_(*(column.icontains(search, autoescape=True) for column in texts)))
    return rows


def get_resource(connection: Connection, resource_id: str) -> Json:
    """One resource's body."""
    body = connection.execute(select(resource.c.body).where(resource.c.id == resource_id)).scalar_one_or_none()
    if body is None:
        raise Problem(404, f"there is no resource {resource_id}")
    return dict(body)


def list_groups(connection: Connection) -> Json:
    """All groups."""
    items = connection.execute(select(resource_group.c.body).order_by(resource_group.c.seq)).scalars().all()
    return {"items": list(items), "total": len(items)}


def select_audit_logs(
    target: str | None, action: str | None, begin: datetime | None, end: datetime | None
) -> Select[Any]:
    """The ledger as the contract's audit log, newest first."""
    body = func.jsonb_build_object(
        "id",
        func.concat("log-", ledger.c.seq),
        "action",
        ledger.c.effect,
        "targetResourceId",
        ledger.c.object_id,
        "status",
        "success",
        "timestamp",
        func.to_char(func.timezone("UTC", ledger.c.at), 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
    )
    rows = select(body).order_by(ledger.c.seq.desc())
    if target is not None:
        rows = rows.where(ledger.c.object_id == target)
    if action is not None:
        rows = rows.where(ledger.c.effect == action)
    if begin is not None:
        rows = rows.where(ledger.c.at >= begin)
    return rows if end is None else rows.where(ledger.c.at < end)
