"""Executions: the automation scripts that the Control Plane was asked to run."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.execution import ExecutionStatus
from storage.tables.base import Base, one_of


class ExecutionRow(Base):
    """One script run for one finding, and whether it helped."""

    __tablename__ = "executions"

    correlation_id: Mapped[str] = mapped_column(primary_key=True)
    script_id: Mapped[str]
    rule: Mapped[str]
    fingerprint: Mapped[str]
    source_key: Mapped[str]
    parameters: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    targets: Mapped[list[Any]] = mapped_column(server_default=text("'[]'::jsonb"))
    reason: Mapped[str] = mapped_column(server_default="")
    dry_run: Mapped[bool] = mapped_column(server_default=text("true"))
    status: Mapped[str] = mapped_column(server_default=ExecutionStatus.PENDING.value)
    remote_id: Mapped[str | None]
    output: Mapped[str | None]
    error: Mapped[str | None]
    requested_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    days_gained: Mapped[float | None]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())

    __table_args__ = (
        one_of("status", ExecutionStatus),
        CheckConstraint("char_length(correlation_id) BETWEEN 1 AND 128", name="correlation_id"),
        CheckConstraint("started_at IS NULL OR completed_at IS NULL OR started_at <= completed_at", name="times"),
        Index("ix_executions_unfinished", "requested_at", postgresql_where=text("status IN ('pending', 'running')")),
        Index("ix_executions_requested_at", "requested_at", "correlation_id"),
        Index("ix_executions_fingerprint", "fingerprint", "requested_at"),
        Index("ix_executions_rule", "rule", "requested_at"),
    )
