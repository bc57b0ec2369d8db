"""Mutes: what is not told for a while."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, func
from sqlalchemy.orm import Mapped, mapped_column

from domain.mute import Matcher, Recurrence
from storage.tables.base import Base
from storage.tables.stored import Stored


class MuteRow(Base):
    """A mute, with who wants it and why."""

    __tablename__ = "mutes"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    matchers: Mapped[tuple[Matcher, ...]] = mapped_column(Stored(tuple[Matcher, ...]))
    owner: Mapped[str]
    reason: Mapped[str]
    starts_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    recurrence: Mapped[Recurrence | None] = mapped_column(Stored(Recurrence))
    ended_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())

    __table_args__ = (
        CheckConstraint("starts_at < expires_at", name="window"),
        CheckConstraint("jsonb_array_length(matchers) > 0", name="matchers"),
        CheckConstraint("owner <> '' AND reason <> ''", name="accountable"),
        Index("ix_mutes_expires_at", "expires_at"),
    )
