"""Runs: one row for each job and scheduled time."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.run import RunStatus
from storage.tables.base import Base, one_of


class RunRow(Base):
    """A run, and who holds it until when. A dry run is nobody's business: it shares its time with others."""

    __tablename__ = "runs"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    job: Mapped[str]
    as_of: Mapped[datetime]
    status: Mapped[str]
    dry_run: Mapped[bool] = mapped_column(server_default=text("false"))
    reason: Mapped[str] = mapped_column(server_default="")
    summary: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    holder: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    claims: Mapped[int] = mapped_column(server_default="1")
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

    __table_args__ = (
        one_of("status", RunStatus),
        CheckConstraint("(holder IS NULL) = (lease_until IS NULL)", name="lease"),
        CheckConstraint("(finished_at IS NOT NULL) = (status NOT IN ('planned', 'running'))", name="finished"),
        CheckConstraint("finished_at IS NULL OR holder IS NULL", name="finished_held"),
        Index("uq_runs_job_as_of", "job", "as_of", unique=True, postgresql_where=text("NOT dry_run")),
        Index("ix_runs_as_of_id", "as_of", "id"),
        Index("ix_runs_unfinished", "job", postgresql_where=text("finished_at IS NULL")),
    )
