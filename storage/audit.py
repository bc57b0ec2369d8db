"""The audit log: who decided what, and why. It is only added to."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from sqlalchemy import delete, insert, select, text
from sqlalchemy.dialects.postgresql import distinct_on

from domain.audit import AuditEntry
from storage.engine import ReadSession, WriteSession
from storage.paging import Page, bounded, decode_cursor, make_page
from storage.tables import AuditRow

SELF = "forewarn"  # the actor where no person had a hand in it


def append_audit(session: WriteSession, entries: Sequence[AuditEntry]) -> None:
    """Write down what was decided or done, in the transaction of the deed."""
    rows = [
        {
            "actor": entry.actor, "action": entry.action, "subject": entry.subject, "reason": entry.reason,
            "details": entry.details,
        }
        for entry in entries
    ]  # fmt: skip
    if rows:
        session.execute(insert(AuditRow), rows)


def list_audit(
    session: ReadSession,
    *,
    subject: str | None = None,
    action: str | None = None,
    since: datetime | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[AuditEntry]:
    """Entries, newest first; `action` may end in a dot to mean all that begin so. Raises `BadCursor`."""
    statement = select(AuditRow).order_by(AuditRow.id.desc()).limit(bounded(limit) + 1)
    if subject is not None:
        statement = statement.where(AuditRow.subject == subject)
    if action is not None:
        wanted = AuditRow.action.startswith(action, autoescape=True) if action.endswith(".") else None
        statement = statement.where(AuditRow.action == action if wanted is None else wanted)
    if since is not None:
        statement = statement.where(AuditRow.at >= since)
    if cursor is not None:
        (entry_id,) = decode_cursor(cursor, int)
        statement = statement.where(AuditRow.id < entry_id)
    rows = session.scalars(statement).all()
    return make_page(rows, limit, _entry, lambda row: (row.id,))


def latest_audit(session: ReadSession, subjects: Collection[str], *, action: str) -> dict[str, AuditEntry]:
    """The newest entry of each of these subjects whose action begins so; a subject without one is left out."""
    statement = (
        select(AuditRow)
        .ext(distinct_on(AuditRow.subject))
        .where(AuditRow.subject.in_(subjects), AuditRow.action.startswith(action, autoescape=True))
        .order_by(AuditRow.subject, AuditRow.id.desc())
    )
    return {row.subject: _entry(row) for row in session.scalars(statement)}


def prune_audit(session: WriteSession, *, before: datetime) -> int:
    """Take away entries that are older than that. Returns how many. Nothing else may touch an entry."""
    connection = session.connection()
    connection.execute(text("SET LOCAL forewarn.retention = 'on'"))
    pruned = connection.execute(delete(AuditRow).where(AuditRow.at < before)).rowcount
    connection.execute(text("SET LOCAL forewarn.retention = 'off'"))
    return pruned


def _entry(row: AuditRow) -> AuditEntry:
    return AuditEntry(
        actor=row.actor,
        action=row.action,
        subject=row.subject,
        reason=row.reason,
        details=row.details,
        id=row.id,
        at=row.at.astimezone(UTC),
    )
