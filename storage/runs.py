"""Runs: who may work on which one. A run is held by a lease on the database's clock, and lost when that lapses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, and_, delete, func, literal, or_, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from domain.errors import LeaseLost
from domain.run import Run, RunStatus, ShardStatus
from storage.clock import lease, now
from storage.engine import ReadSession, WriteSession
from storage.errors import NotFound
from storage.paging import Page, bounded, decode_cursor, make_page
from storage.tables import RunRow, ShardRow

_FINISHED = tuple(status.value for status in RunStatus if status.finished)


class ClaimOutcome(StrEnum):
    """What came of the wish to work on a run. All of them are normal."""

    FRESH = "fresh"  # nobody had it before
    RESUMED = "resumed"  # it was put back unfinished, and is ours now
    TAKEN_OVER = "taken_over"  # its holder's lease had lapsed, and it is ours now
    ALREADY_FINISHED = "already_finished"  # there is nothing left to do
    HELD_BY_OTHER = "held_by_other"  # somebody works on it

    @property
    def owned(self) -> bool:
        """Whether the run is ours."""
        return self in (ClaimOutcome.FRESH, ClaimOutcome.RESUMED, ClaimOutcome.TAKEN_OVER)


@dataclass(frozen=True, slots=True)
class Claim:
    """A run, and whether it is ours."""

    run: Run
    outcome: ClaimOutcome

    @property
    def owned(self) -> bool:
        """Whether the run is ours."""
        return self.outcome.owned


def claim_run(
    session: WriteSession,
    *,
    job: str,
    as_of: datetime,
    holder: str,
    lease_seconds: float,
    dry_run: bool = False,
    retry: bool = False,
) -> Claim:
    """Claim the run of that job and time for `holder`, which must name one process at one moment and never another.

    Of any number that claim at once, one gets it. `retry` takes up a run again that failed or was abandoned, at the
    shards that are not done. A dry run is always a new one, and keeps nobody from the real one.
    """
    values = {
        "id": uuid4(), "job": job, "as_of": as_of, "status": RunStatus.RUNNING.value, "dry_run": dry_run,
        "holder": holder, "lease_until": lease(lease_seconds), "started_at": now(),
    }  # fmt: skip
    statement = insert(RunRow).values(values)
    if not dry_run:
        statement = statement.on_conflict_do_nothing(index_elements=["job", "as_of"], index_where=text("NOT dry_run"))
    fresh = session.scalars(statement.returning(RunRow), execution_options=_ANEW).one_or_none()
    if fresh is not None:
        return Claim(_run(fresh), ClaimOutcome.FRESH)
    row = session.scalars(
        select(RunRow)
        .where(RunRow.job == job, RunRow.as_of == as_of, RunRow.dry_run.is_(False))
        .with_for_update(key_share=True),
        execution_options=_ANEW,
    ).one()
    outcome = _outcome(row, session.scalars(select(now())).one(), retry=retry)
    if not outcome.owned:
        return Claim(_run(row), outcome)
    if RunStatus(row.status).finished:
        session.execute(
            update(ShardRow)
            .where(ShardRow.run_id == row.id, ShardRow.status == ShardStatus.FAILED.value)
            .values(status=ShardStatus.PENDING.value, reason="", finished_at=None)
        )
    return Claim(_take(session, row.id, holder, lease_seconds), outcome)


def renew_lease(session: WriteSession, run_id: UUID, *, holder: str, lease_seconds: float) -> datetime:
    """Hold the run for longer; returns until when. Raises `LeaseLost` when somebody else has it by now."""
    lock_run(session, run_id, holder=holder)
    statement = update(RunRow).where(RunRow.id == run_id).values(lease_until=lease(lease_seconds))
    until = session.scalars(statement.returning(RunRow.lease_until)).one()
    if until is None:
        raise LeaseLost(f"run {run_id} has no lease any more")
    return until


def release(session: WriteSession, run_id: UUID, *, holder: str, reason: str = "") -> None:
    """Put the run back unfinished, for whoever comes next, with the reason in words. Raises `LeaseLost`."""
    lock_run(session, run_id, holder=holder)
    session.execute(
        update(RunRow)
        .where(RunRow.id == run_id)
        .values(status=RunStatus.PLANNED.value, reason=reason, holder=None, lease_until=None)
    )


def finish_run(
    session: WriteSession,
    run_id: UUID,
    *,
    holder: str,
    status: RunStatus,
    reason: str = "",
    summary: Mapping[str, Any] | None = None,
) -> Run:
    """The end of the run, written with what it decided. Raises `LeaseLost`, and `ValueError` for no end."""
    if not status.finished:
        raise ValueError(f"a run does not end as {status.value}")
    lock_run(session, run_id, holder=holder)
    statement = (
        update(RunRow)
        .where(RunRow.id == run_id)
        .values(
            status=status.value, reason=reason, summary=dict(summary or {}), finished_at=now(),
            holder=None, lease_until=None,
        )
    )  # fmt: skip
    return _run(session.scalars(statement.returning(RunRow), execution_options=_ANEW).one())


def abandon_runs(session: WriteSession, *, before: datetime) -> int:
    """Give up the unfinished runs that were begun before that and that nobody holds. Returns how many.

    What their last try said stays in the reason; `retry` still takes one up again.
    """
    given_up = literal("given up, as nobody came to its end with it; ") + RunRow.reason
    statement = (
        update(RunRow)
        .where(RunRow.created_at < before, _unheld())
        .values(
            status=RunStatus.ABANDONED.value, reason=func.rtrim(given_up, "; "), finished_at=now(),
            holder=None, lease_until=None,
        )
    )  # fmt: skip
    return session.connection().execute(statement).rowcount


def lock_job(session: WriteSession, job: str) -> None:
    """Let nobody else conclude a run of this job until the transaction ends: they do it one after the other."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"forewarn conclude {job}", 0))))


def lock_run(session: WriteSession, run_id: UUID, *, holder: str | None) -> None:
    """Keep the run ours until the transaction ends: what is written in it is written by its holder, or not at all.

    Raises `LeaseLost` when somebody else holds the run or it is finished, `NotFound` when there is none. A lease that
    has lapsed and that nobody has taken over is still ours. Without a holder the run is locked for anybody.
    """
    row = session.execute(
        select(RunRow.job, RunRow.as_of, RunRow.holder, RunRow.status)
        .where(RunRow.id == run_id)
        .with_for_update(key_share=True)
    ).one_or_none()
    if row is None:
        raise NotFound(f"there is no run {run_id}")
    if holder is None:
        return
    if row.holder != holder or row.status in _FINISHED:
        standing = f"{row.holder} holds it" if row.holder else f"it is {row.status}"
        raise LeaseLost(f"run {row.job} of {row.as_of.isoformat()} is not {holder}'s any more: {standing}")


def get_run(session: ReadSession, run_id: UUID) -> Run:
    """The run. Raises `NotFound`."""
    row = session.get(RunRow, run_id, populate_existing=True)
    if row is None:
        raise NotFound(f"there is no run {run_id}")
    return _run(row)


def find_run(session: ReadSession, *, job: str, as_of: datetime) -> Run | None:
    """The run of that job and time that is not a dry one, if there is one."""
    statement = select(RunRow).where(RunRow.job == job, RunRow.as_of == as_of, RunRow.dry_run.is_(False))
    row = session.scalars(statement, execution_options=_ANEW).one_or_none()
    return None if row is None else _run(row)


def latest_run(session: ReadSession, *, job: str, before: datetime | None = None) -> Run | None:
    """The newest run of the job that came to its end (succeeded or partial), of a time before `before`."""
    statement = (
        select(RunRow)
        .where(RunRow.job == job, RunRow.dry_run.is_(False))
        .where(RunRow.status.in_([RunStatus.SUCCEEDED.value, RunStatus.PARTIAL.value]))
        .order_by(RunRow.as_of.desc())
        .limit(1)
    )
    if before is not None:
        statement = statement.where(RunRow.as_of < before)
    row = session.scalars(statement, execution_options=_ANEW).one_or_none()
    return None if row is None else _run(row)


def list_runs(
    session: ReadSession,
    *,
    job: str | None = None,
    status: RunStatus | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[Run]:
    """Runs, newest `as_of` first. Raises `BadCursor`."""
    statement = select(RunRow).order_by(RunRow.as_of.desc(), RunRow.id.desc()).limit(bounded(limit) + 1)
    if job is not None:
        statement = statement.where(RunRow.job == job)
    if status is not None:
        statement = statement.where(RunRow.status == status.value)
    if cursor is not None:
        as_of, run_id = decode_cursor(cursor, datetime, UUID)
        statement = statement.where(tuple_(RunRow.as_of, RunRow.id) < tuple_(literal(as_of), literal(run_id)))
    rows = session.scalars(statement, execution_options=_ANEW).all()
    return make_page(rows, limit, _run, lambda row: (row.as_of, row.id))


def jobs_that_ran(session: ReadSession) -> set[str]:
    """The names of the jobs that have runs."""
    return set(session.scalars(select(RunRow.job).distinct()))


def lapsed_runs(session: ReadSession, *, job: str | None = None) -> list[Run]:
    """Unfinished runs that nobody holds: put back, or their holder is gone. Oldest first."""
    statement = select(RunRow).where(_unheld(), RunRow.dry_run.is_(False)).order_by(RunRow.as_of)
    if job is not None:
        statement = statement.where(RunRow.job == job)
    return [_run(row) for row in session.scalars(statement, execution_options=_ANEW)]


def prune_runs(session: WriteSession, *, before: datetime) -> int:
    """Forget finished runs of a time before that, with their shards, analyses and reports. Returns how many."""
    statement = delete(RunRow).where(RunRow.as_of < before, RunRow.finished_at.is_not(None))
    return session.connection().execute(statement).rowcount


_ANEW = {"populate_existing": True}


def _outcome(row: RunRow, moment: datetime, *, retry: bool) -> ClaimOutcome:
    status = RunStatus(row.status)
    if status.finished:
        again = retry and status in (RunStatus.FAILED, RunStatus.ABANDONED)
        return ClaimOutcome.RESUMED if again else ClaimOutcome.ALREADY_FINISHED
    if row.lease_until is None:
        return ClaimOutcome.RESUMED
    return ClaimOutcome.TAKEN_OVER if row.lease_until <= moment else ClaimOutcome.HELD_BY_OTHER


def _take(session: WriteSession, run_id: UUID, holder: str, lease_seconds: float) -> Run:
    statement = (
        update(RunRow)
        .where(RunRow.id == run_id)
        .values(
            status=RunStatus.RUNNING.value, holder=holder, lease_until=lease(lease_seconds), claims=RunRow.claims + 1,
            started_at=func.coalesce(RunRow.started_at, now()), finished_at=None, reason="",
        )
    )  # fmt: skip
    return _run(session.scalars(statement.returning(RunRow), execution_options=_ANEW).one())


def _unheld() -> ColumnElement[bool]:
    return and_(RunRow.status.not_in(_FINISHED), or_(RunRow.holder.is_(None), RunRow.lease_until <= now()))


def _run(row: RunRow) -> Run:
    return Run(
        id=row.id,
        job=row.job,
        as_of=row.as_of.astimezone(UTC),
        status=RunStatus(row.status),
        created_at=row.created_at.astimezone(UTC),
        started_at=_utc(row.started_at),
        finished_at=_utc(row.finished_at),
        reason=row.reason,
        dry_run=row.dry_run,
        summary=row.summary,
        holder=row.holder,
        lease_until=_utc(row.lease_until),
    )


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(UTC)
