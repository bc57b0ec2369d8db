"""Shards: what each part of a run saw. One transaction per shard: all of it is there, or none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update

from domain.finding import Analysis
from domain.run import Shard, ShardOutcome, ShardStatus
from domain.series import SourceNotes
from storage.analyses import insert_analyses
from storage.bulk import insert_rows
from storage.engine import ReadSession, WriteSession
from storage.errors import NotFound
from storage.runs import lock_run
from storage.tables import ShardRow


@dataclass(frozen=True, slots=True)
class ShardRecord:
    """A shard, what came of it, and how long each stage took, in seconds."""

    shard: Shard
    outcome: ShardOutcome
    timings: dict[str, float]
    finished_at: datetime | None


def plan_shards(
    session: WriteSession, run_id: UUID, shards: Sequence[Shard], *, holder: str | None = None
) -> list[Shard]:
    """Write the plan of a run, unless it has one: a resumed run keeps the plan it began with. Returns the plan.

    Raises `LeaseLost` when a holder is given who does not hold the run any more.
    """
    lock_run(session, run_id, holder=holder)
    planned = _plan(session, run_id)
    if planned:
        return planned
    rows = [(run_id, shard.index, shard.watch, shard) for shard in shards]
    insert_rows(
        session, ShardRow.__table__, ["run_id", "shard_index", "watch", "plan"], rows, key=["run_id", "shard_index"]
    )
    return _plan(session, run_id)


def pending_shards(session: ReadSession, run_id: UUID) -> list[Shard]:
    """The shards that are not done, in the order of the plan."""
    return _plan(session, run_id, status=ShardStatus.PENDING)


def record_shard(
    session: WriteSession,
    run_id: UUID,
    shard_index: int,
    *,
    holder: str,
    analyses: Sequence[Analysis],
    notes: SourceNotes,
    timings: Mapping[str, float] | None = None,
) -> bool:
    """Write what a shard saw and that it is done; False when it was done already. Raises `LeaseLost`, `NotFound`."""
    if not _take(session, run_id, shard_index, holder):
        return False
    insert_analyses(session, run_id, shard_index, analyses)
    _finish(session, run_id, shard_index, ShardStatus.DONE, "", notes, timings, len(analyses))
    return True


def fail_shard(
    session: WriteSession,
    run_id: UUID,
    shard_index: int,
    *,
    holder: str,
    reason: str,
    notes: SourceNotes | None = None,
    timings: Mapping[str, float] | None = None,
) -> bool:
    """Write that a shard can't be had and why; False when it was done already. Raises `LeaseLost`, `NotFound`."""
    if not _take(session, run_id, shard_index, holder):
        return False
    _finish(session, run_id, shard_index, ShardStatus.FAILED, reason, notes or SourceNotes(), timings, 0)
    return True


def list_shards(session: ReadSession, run_id: UUID) -> list[ShardRecord]:
    """All shards of a run, in the order of the plan."""
    statement = select(ShardRow).where(ShardRow.run_id == run_id).order_by(ShardRow.shard_index)
    return [_record(row) for row in session.scalars(statement, execution_options={"populate_existing": True})]


def _plan(session: ReadSession, run_id: UUID, status: ShardStatus | None = None) -> list[Shard]:
    statement = select(ShardRow.plan).where(ShardRow.run_id == run_id).order_by(ShardRow.shard_index)
    if status is not None:
        statement = statement.where(ShardRow.status == status.value)
    return list(session.scalars(statement))


def _take(session: WriteSession, run_id: UUID, shard_index: int, holder: str) -> bool:
    """Whether the shard, locked for us, is still to be done."""
    lock_run(session, run_id, holder=holder)
    status = session.scalars(
        select(ShardRow.status)
        .where(ShardRow.run_id == run_id, ShardRow.shard_index == shard_index)
        .with_for_update(key_share=True)
    ).one_or_none()
    if status is None:
        raise NotFound(f"run {run_id} has no shard {shard_index}")
    return status == ShardStatus.PENDING.value


def _finish(
    session: WriteSession,
    run_id: UUID,
    shard_index: int,
    status: ShardStatus,
    reason: str,
    notes: SourceNotes,
    timings: Mapping[str, float] | None,
    series: int,
) -> None:
    session.execute(
        update(ShardRow)
        .where(ShardRow.run_id == run_id, ShardRow.shard_index == shard_index)
        .values(
            status=status.value, reason=reason, notes=notes, timings=dict(timings or {}), series=series,
            finished_at=func.clock_timestamp(),
        )
    )  # fmt: skip


def _record(row: ShardRow) -> ShardRecord:
    return ShardRecord(
        shard=row.plan,
        outcome=ShardOutcome(row.watch, ShardStatus(row.status), row.reason, row.notes, row.series),
        timings={stage: float(seconds) for stage, seconds in row.timings.items()},
        finished_at=row.finished_at,
    )
