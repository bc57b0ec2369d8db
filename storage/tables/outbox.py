"""The outbox: what still has to be told to the Control Plane, and what was."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Identity, Index, Integer, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.outbox import MessageKind, MessageState
from storage.tables.base import Base, one_of


class OutboxRow(Base):
    """A message, and who is sending it just now. Messages of one subject go out in the order of their ids."""

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    kind: Mapped[str]
    subject: Mapped[str]
    key: Mapped[str]
    payload: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(server_default=MessageState.PENDING.value)
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    unknown: Mapped[bool] = mapped_column(server_default=text("false"))
    holder: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    next_attempt_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    finished_at: Mapped[datetime | None]  # delivered, given up or discarded
    remote_id: Mapped[str | None]  # the Control Plane's id of what this message made or changed
    reason: Mapped[str] = mapped_column(server_default="")  # why it waits, is dead or was discarded

    __table_args__ = (
        one_of("kind", MessageKind),
        one_of("state", MessageState),
        UniqueConstraint("key"),
        CheckConstraint("char_length(key) BETWEEN 1 AND 128", name="key"),
        CheckConstraint("attempts >= 0", name="attempts"),
        CheckConstraint("(holder IS NULL) = (lease_until IS NULL)", name="lease"),
        CheckConstraint("holder IS NULL OR state = 'pending'", name="held"),
        CheckConstraint("(finished_at IS NULL) = (state = 'pending')", name="finished"),
        Index("ix_outbox_pending", "id", postgresql_where=text("state = 'pending'")),
        Index("ix_outbox_blocking", "subject", "id", postgresql_where=text("state IN ('pending', 'dead')")),
        Index("ix_outbox_dead", "id", postgresql_where=text("state = 'dead'")),
        Index("ix_outbox_subject", "subject", "id"),
        Index("ix_outbox_finished_at", "finished_at", postgresql_where=text("finished_at IS NOT NULL")),
    )
