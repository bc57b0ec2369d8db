"""The history of findings: how each stood after each run."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Identity, Index, Integer, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from domain.finding import FindingState, Severity
from domain.forecast import Exhaustion
from storage.tables.base import Base, one_of
from storage.tables.stored import Stored


class FindingHistoryRow(Base):
    """How one finding stood after one run, and why. It outlives the finding's run, for grading."""

    __tablename__ = "finding_history"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(ForeignKey("findings.fingerprint", ondelete="CASCADE"))
    run_id: Mapped[UUID]
    as_of: Mapped[datetime]
    state: Mapped[str]
    severity: Mapped[str]
    episode: Mapped[int] = mapped_column(Integer)
    exhaustion: Mapped[Exhaustion] = mapped_column(Stored(Exhaustion))
    current_value: Mapped[float | None]
    limit_value: Mapped[float | None]
    reason: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())

    __table_args__ = (
        one_of("state", FindingState),
        one_of("severity", Severity),
        UniqueConstraint("fingerprint", "run_id"),
        Index("ix_finding_history_as_of", "as_of"),
    )
