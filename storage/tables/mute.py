"""Mutes: what is not told for a while."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class MuteRow(Base):
    """A mute, with who wants it and why."""

    __tablename__ = "mutes"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    matchers: Mapped[list[Any]]
    owner: Mapped[str]
    reason: Mapped[str]
    starts_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    recurrence: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    ended_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())

    __table_args__ = (
        CheckConstraint("starts_at < expires_at", name="window"),
        CheckConstraint("jsonb_array_length(matchers) > 0", name="matchers"),
        CheckConstraint("owner <> '' AND reason <> ''", name="accountable"),
        Index("ix_mutes_expires_at", "expires_at"),
    )
