"""Every try to deliver a message: history is never overwritten."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Identity, Index, Integer, func
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, one_of


class AttemptOutcome(StrEnum):
    """What came of a try."""

    DELIVERED = "delivered"
    RETRY = "retry"  # refused for now
    UNKNOWN = "unknown"  # the answer was never seen
    DEAD = "dead"  # refused for good


class OutboxAttemptRow(Base):
    """One try to deliver a message."""

    __tablename__ = "outbox_attempts"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("outbox.id", ondelete="CASCADE"))
    holder: Mapped[str]
    outcome: Mapped[str]
    status: Mapped[int | None] = mapped_column(Integer)  # of HTTP
    response: Mapped[str | None]
    error: Mapped[str | None]
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())

    __table_args__ = (one_of("outcome", AttemptOutcome), Index("ix_outbox_attempts_message_id", "message_id", "id"))
