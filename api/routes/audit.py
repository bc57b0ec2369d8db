"""The audit log: who decided what, and why."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import AwareDatetime

from api.context import Database
from api.schemas import Answer, Instant, PageOut
from domain.audit import AuditEntry
from storage.audit import list_audit

router = APIRouter(tags=["audit"])


class AuditOut(Answer):
    """One decision or deed, also every refusal."""

    id: int | None
    at: Instant | None
    actor: str
    action: str
    subject: str
    reason: str
    details: dict[str, Any]

    @classmethod
    def of(cls, entry: AuditEntry) -> AuditOut:
        """The entry as it is answered."""
        return cls(
            id=entry.id,
            at=entry.at,
            actor=entry.actor,
            action=entry.action,
            subject=entry.subject,
            reason=entry.reason,
            details=entry.details,
        )


@router.get("/audit")
def audit(
    session: Database,
    subject: str | None = None,
    action: str | None = None,
    since: AwareDatetime | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: str | None = None,
) -> PageOut[AuditOut]:
    """Entries, the newest first; an `action` that ends in a dot means all that begin so."""
    page = list_audit(session, subject=subject, action=action, since=since, limit=limit, cursor=cursor)
    return PageOut(items=[AuditOut.of(one) for one in page.items], next_cursor=page.next_cursor)
