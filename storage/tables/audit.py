"""The audit log: who decided what, and why. Rows are added, and never changed; only retention takes old ones away."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Identity, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class AuditRow(Base):
    """One decision or deed. A trigger of the database refuses to change it."""

    __tablename__ = "audit_log"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    actor: Mapped[str]  # "forewarn", or the person who did it
    action: Mapped[str]  # "incident.open", "automation.refused", "outbox.discard", ...
    subject: Mapped[str]  # a fingerprint, a source key, a message id, ...
    reason: Mapped[str] = mapped_column(server_default="")
    details: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))

    __table_args__ = (
        Index("ix_audit_log_at", "at"),
        Index("ix_audit_log_subject", "subject", "id"),
        Index("ix_audit_log_action", "action", "id"),
    )
