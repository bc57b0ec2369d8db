"""Switches: what was paused or stopped for all processes at once, by whom and why."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class SwitchRow(Base):
    """A switch that somebody has touched. One that nobody has touched has no row, and is off.

    A switch that is on with a time in `until` turns itself off then.
    """

    __tablename__ = "switches"

    name: Mapped[str] = mapped_column(primary_key=True)
    is_on: Mapped[bool]
    until: Mapped[datetime | None]
    reason: Mapped[str]
    actor: Mapped[str]
    changed_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
