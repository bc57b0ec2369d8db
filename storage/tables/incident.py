"""Incidents: what we know of the Control Plane's records that we opened."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, Integer, func, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.finding import Outcome, Severity
from domain.incident import IncidentStatus
from storage.tables.base import Base, one_of


class IncidentRow(Base):
    """One incident, for one episode of a finding or a group."""

    __tablename__ = "incidents"

    source_key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str]
    episode: Mapped[int] = mapped_column(Integer)
    job: Mapped[str]
    title: Mapped[str]
    severity: Mapped[str]
    status: Mapped[str] = mapped_column(server_default=IncidentStatus.NEW.value)
    outcome: Mapped[str | None]
    expected_at: Mapped[datetime | None]
    members: Mapped[list[Any]] = mapped_column(server_default=text("'[]'::jsonb"))
    remote_id: Mapped[str | None]
    opened_at: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())

    __table_args__ = (
        one_of("severity", Severity),
        one_of("status", IncidentStatus),
        one_of("outcome", Outcome),
        CheckConstraint("char_length(source_key) BETWEEN 1 AND 128", name="source_key"),
        CheckConstraint("episode >= 1", name="episode"),
        CheckConstraint("(resolved_at IS NOT NULL) = (status = 'resolved')", name="resolved"),
        Index("ix_incidents_fingerprint", "fingerprint", "opened_at"),
        Index("ix_incidents_open", "job", postgresql_where=text("status <> 'resolved'")),
        Index("ix_incidents_opened_at", "opened_at", "source_key"),
        Index("ix_incidents_remote_id", "remote_id", postgresql_where=text("remote_id IS NOT NULL")),
    )
