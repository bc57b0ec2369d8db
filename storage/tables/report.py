"""Reports: what people read of a run, in each language and format."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Identity, Index, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class ReportRow(Base):
    """One rendered report. Rendered again, it takes the place of the one before."""

    __tablename__ = "reports"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    run_id: Mapped[UUID] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"))
    language: Mapped[str]
    format: Mapped[str]
    content: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())

    __table_args__ = (
        UniqueConstraint("run_id", "language", "format"),
        Index("ix_reports_created_at", "created_at"),
    )
