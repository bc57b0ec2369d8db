"""Shards: the parts of a run, each done or not."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Integer, func, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.run import Shard, ShardStatus
from domain.series import SourceNotes
from storage.tables.base import Base, one_of
from storage.tables.stored import Stored


class ShardRow(Base):
    """A shard, what the source said of it, and how long it took."""

    __tablename__ = "shards"

    run_id: Mapped[UUID] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    shard_index: Mapped[int] = mapped_column(Integer, primary_key=True)
    watch: Mapped[str]
    plan: Mapped[Shard] = mapped_column(Stored(Shard))
    status: Mapped[str] = mapped_column(server_default=ShardStatus.PENDING.value)
    reason: Mapped[str] = mapped_column(server_default="")
    notes: Mapped[SourceNotes] = mapped_column(Stored(SourceNotes), server_default=text("'{}'::jsonb"))
    timings: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))  # seconds by stage
    series: Mapped[int] = mapped_column(server_default="0")
    planned_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    finished_at: Mapped[datetime | None]

    __table_args__ = (
        one_of("status", ShardStatus),
        CheckConstraint("shard_index >= 0", name="shard_index"),
        CheckConstraint("series >= 0", name="series"),
        CheckConstraint("(finished_at IS NULL) = (status = 'pending')", name="finished"),
    )
