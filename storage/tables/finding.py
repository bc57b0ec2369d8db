"""Findings: what is known of an entity just now, one row per fingerprint."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, func, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.finding import Finding, FindingKind, FindingState, Severity
from storage.tables.base import Base, one_of
from storage.tables.stored import Stored


class FindingRow(Base):
    """A finding. `body` is the whole of it; the other columns are for asking and ordering."""

    __tablename__ = "findings"

    fingerprint: Mapped[str] = mapped_column(primary_key=True)
    job: Mapped[str]
    watch: Mapped[str]
    kind: Mapped[str]
    severity: Mapped[str]
    state: Mapped[str]
    episode: Mapped[int] = mapped_column(Integer)
    entity: Mapped[dict[str, Any]]
    title: Mapped[str]
    first_seen: Mapped[datetime]
    last_seen: Mapped[datetime]
    cleared_at: Mapped[datetime | None]
    p50: Mapped[datetime | None]
    within_lead_time: Mapped[float]
    body: Mapped[Finding] = mapped_column(Stored(Finding))
    run_id: Mapped[UUID | None] = mapped_column(ForeignKey("runs.id", ondelete="SET NULL"))  # that last decided on it
    updated_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())

    __table_args__ = (
        one_of("kind", FindingKind),
        one_of("severity", Severity),
        one_of("state", FindingState),
        CheckConstraint("episode >= 1", name="episode"),
        CheckConstraint("first_seen <= last_seen", name="seen"),
        Index("ix_findings_job_live", "job", postgresql_where=text("state <> 'cleared'")),
        Index("ix_findings_job_cleared", "job", "last_seen", postgresql_where=text("state = 'cleared'")),
        Index("ix_findings_watch", "watch"),
        Index("ix_findings_run_id", "run_id"),
        Index("ix_findings_entity", "entity", postgresql_using="gin", postgresql_ops={"entity": "jsonb_path_ops"}),
    )
