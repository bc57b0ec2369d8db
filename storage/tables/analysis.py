"""Analyses: what each run says of each entity; the forecasts that will be graded when their day comes."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from domain.finding import Analysis, Chart
from domain.series import SeriesStatus
from storage.tables.base import Base, one_of
from storage.tables.stored import Stored


class AnalysisRow(Base):
    """One entity in one run. `body` is the whole analysis but for its chart; the other columns are for asking."""

    __tablename__ = "analyses"

    run_id: Mapped[UUID] = mapped_column(primary_key=True)
    watch: Mapped[str] = mapped_column(primary_key=True)
    entity_key: Mapped[UUID] = mapped_column(primary_key=True)  # a digest of the entity: jsonb makes a poor key
    entity: Mapped[dict[str, Any]]
    shard_index: Mapped[int] = mapped_column(Integer)
    position: Mapped[int] = mapped_column(Integer)  # in its shard, so that a run is read back in its order
    status: Mapped[str]
    exhausted: Mapped[bool]
    p10: Mapped[datetime | None]
    p50: Mapped[datetime | None]
    p90: Mapped[datetime | None]
    within_lead_time: Mapped[float]
    method: Mapped[str]
    backtest_score: Mapped[float | None]
    current_value: Mapped[float | None]
    limit_value: Mapped[float | None]
    body: Mapped[Analysis] = mapped_column(Stored(Analysis))
    chart: Mapped[Chart | None] = mapped_column(Stored(Chart))

    __table_args__ = (
        one_of("status", SeriesStatus),
        CheckConstraint("position >= 0", name="position"),
        ForeignKeyConstraint(["run_id", "shard_index"], ["shards.run_id", "shards.shard_index"], ondelete="CASCADE"),
        Index("ix_analyses_entity", "watch", "entity_key", "run_id"),
        Index("ix_analyses_shard", "run_id", "shard_index", "position"),
    )
