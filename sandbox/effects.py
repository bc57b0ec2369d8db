"""What every change shares: idempotency keys, new ids, the ledger."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine import Connection

from domain.times import rfc3339
from sandbox.tables import idempotency, ledger


def new_id(prefix: str) -> str:
    """A new id of that kind of object."""
    return f"{prefix}-{uuid.uuid4().hex[:16]}"


def now_text() -> str:
    """The time now, as the contract writes it."""
    return rfc3339(datetime.now(UTC))


def claim_key(connection: Connection, operation: str, key: str | None) -> str | None:
    """Take an idempotency key, or tell which object it has made.

    A second request with the same key waits here for the first one's end.
    """
    if not key:
        return None
    take = upsert(idempotency).values(operation=operation, key=key).on_conflict_do_nothing()
    if connection.execute(take.returning(idempotency.c.key)).first() is not None:
        return None
    row = select(idempotency.c.object_id).where(idempotency.c.operation == operation, idempotency.c.key == key)
    return str(connection.execute(row).scalar_one())


def keep_key(connection: Connection, operation: str, key: str | None, object_id: str) -> None:
    """Remember which object a key has made."""
    if key:
        row = (idempotency.c.operation == operation) & (idempotency.c.key == key)
        connection.execute(update(idempotency).where(row).values(object_id=object_id))


def note(
    connection: Connection, effect: str, subject: str, object_id: str, body: dict[str, Any], key: str | None = None
) -> None:
    """Write one effect into the ledger, in the transaction that has it."""
    row = {"effect": effect, "subject": subject, "object_id": object_id, "idempotency_key": key, "body": body}
    connection.execute(insert(ledger).values(row))
