"""Findings: how each stands now, and how it stood after each run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, case, delete, func, literal, literal_column, or_, select, tuple_
from sqlalchemy.dialects.postgresql import TIMESTAMP

from domain.finding import Finding, FindingKind, FindingState, Severity
from domain.forecast import Exhaustion
from domain.labels import Labels
from storage.bulk import insert_rows, upsert_rows
from storage.engine import ReadSession, WriteSession
from storage.errors import NotFound
from storage.paging import Page, bounded, decode_cursor, make_page
from storage.tables import FindingHistoryRow, FindingRow

_COLUMNS = (
    "fingerprint", "job", "watch", "kind", "severity", "state", "episode", "entity", "title", "first_seen",
    "last_seen", "cleared_at", "p50", "within_lead_time", "body", "run_id",
)  # fmt: skip
_HISTORY_COLUMNS = (
    "fingerprint", "run_id", "as_of", "state", "severity", "episode", "exhaustion", "current_value", "limit_value",
    "reason",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """How one finding stood after one run, and why."""

    fingerprint: str
    run_id: UUID
    as_of: datetime
    state: FindingState
    severity: Severity
    episode: int
    exhaustion: Exhaustion
    current: float | None
    limit: float | None
    reason: str


def load_findings(
    session: ReadSession, *, job: str, cleared_within: timedelta = timedelta(days=30), as_of: datetime | None = None
) -> list[Finding]:
    """What `decide` has to know: all findings of the job that are not cleared, and those cleared not long ago.

    "Not long ago" counts back from `as_of`, or, where that is not given, from the newest finding of the job.
    """
    newest: ColumnElement[datetime] = (
        literal(as_of, TIMESTAMP(timezone=True))
        if as_of is not None
        else select(func.max(FindingRow.last_seen)).where(FindingRow.job == job).scalar_subquery()
    )
    statement = (
        select(FindingRow.body)
        .where(FindingRow.job == job)
        .where(or_(FindingRow.state != FindingState.CLEARED.value, FindingRow.last_seen >= newest - cleared_within))
        .order_by(FindingRow.fingerprint)
    )
    return list(session.scalars(statement))


def upsert_findings(session: WriteSession, findings: Sequence[Finding], *, run_id: UUID | None = None) -> int:
    """Write how findings stand now, one row per fingerprint; `run_id` is the run that decided on them."""
    rows = _rows(findings, run_id)
    return upsert_rows(session, FindingRow.__table__, _COLUMNS, rows, key=("fingerprint",), touch="updated_at")


def append_history(session: WriteSession, findings: Sequence[Finding], *, run_id: UUID, as_of: datetime) -> int:
    """Write how findings stood after a run; what is written of it already stays. Call it after `upsert_findings`."""
    rows = (
        (
            finding.fingerprint, run_id, as_of, finding.state.value, finding.severity.value, finding.episode,
            finding.exhaustion, finding.evidence.current, finding.evidence.limit, finding.reason,
        )
        for finding in findings
    )  # fmt: skip
    return insert_rows(session, FindingHistoryRow.__table__, _HISTORY_COLUMNS, rows, key=("fingerprint", "run_id"))


def get_finding(session: ReadSession, fingerprint: str) -> Finding:
    """The finding as it stands now. Raises `NotFound`."""
    body = session.scalars(select(FindingRow.body).where(FindingRow.fingerprint == fingerprint)).one_or_none()
    if body is None:
        raise NotFound(f"there is no finding {fingerprint}")
    return body


def findings_of_run(session: ReadSession, run_id: UUID) -> list[Finding]:
    """The findings that this run was the last to decide on, as they stand now, in the order of their fingerprints."""
    statement = select(FindingRow.body).where(FindingRow.run_id == run_id).order_by(FindingRow.fingerprint)
    return list(session.scalars(statement))


def find_finding(session: ReadSession, prefix: str) -> Finding:
    """The one finding whose fingerprint begins so. Raises `NotFound` when there is none, or more than one."""
    matching = FindingRow.fingerprint.startswith(prefix.lower(), autoescape=True)
    bodies = session.scalars(select(FindingRow.body).where(matching).limit(2)).all()
    if len(bodies) != 1:
        how_many = "no" if not bodies else "more than one"
        raise NotFound(f"there is {how_many} finding whose fingerprint begins with {prefix}")
    return bodies[0]


def find_run_of(session: ReadSession, fingerprint: str) -> UUID | None:
    """The run that last decided on the finding, where it is still known."""
    return session.scalars(select(FindingRow.run_id).where(FindingRow.fingerprint == fingerprint)).one_or_none()


def finding_history(
    session: ReadSession, fingerprint: str, *, limit: int = 100, cursor: str | None = None
) -> Page[HistoryEntry]:
    """How the finding stood after each run, newest first. Raises `BadCursor`."""
    statement = (
        select(FindingHistoryRow)
        .where(FindingHistoryRow.fingerprint == fingerprint)
        .order_by(FindingHistoryRow.as_of.desc(), FindingHistoryRow.id.desc())
        .limit(bounded(limit) + 1)
    )
    if cursor is not None:
        as_of, entry_id = decode_cursor(cursor, datetime, int)
        statement = statement.where(
            tuple_(FindingHistoryRow.as_of, FindingHistoryRow.id) < tuple_(literal(as_of), literal(entry_id))
        )
    rows = session.scalars(statement).all()
    return make_page(rows, limit, _entry, lambda row: (row.as_of, row.id))


def list_findings(
    session: ReadSession,
    *,
    job: str | None = None,
    watch: str | None = None,
    kind: FindingKind | None = None,
    severity: Severity | None = None,
    state: FindingState | Sequence[FindingState] | None = None,
    entity: Labels | None = None,
    since: datetime | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[Finding]:
    """Findings, the worst first: by severity, then by the median of when it happens, what never happens last.

    `entity` are labels that the entity has among others; `since`: last seen at or after that. Raises `BadCursor`.
    """
    statement = select(FindingRow).order_by(*_ORDER).limit(bounded(limit) + 1)
    for column, wanted in ((FindingRow.job, job), (FindingRow.watch, watch)):
        if wanted is not None:
            statement = statement.where(column == wanted)
    if kind is not None:
        statement = statement.where(FindingRow.kind == kind.value)
    if severity is not None:
        statement = statement.where(FindingRow.severity == severity.value)
    if state is not None:
        states = [state] if isinstance(state, FindingState) else list(state)
        statement = statement.where(FindingRow.state.in_([one.value for one in states]))
    if entity:
        statement = statement.where(FindingRow.entity.contains(dict(entity)))
    if since is not None:
        statement = statement.where(FindingRow.last_seen >= since)
    if cursor is not None:
        rank, p50, fingerprint = decode_cursor(cursor, int, datetime, str)
        after = tuple_(literal(rank), _or_never(literal(p50, TIMESTAMP(timezone=True))), literal(fingerprint))
        statement = statement.where(tuple_(*_ORDER) > after)
    rows = session.scalars(statement, execution_options={"populate_existing": True}).all()
    return make_page(
        rows,
        limit,
        lambda row: row.body,
        lambda row: (-Severity(row.severity).rank, row.p50, row.fingerprint),
    )


def watches_with_findings(session: ReadSession) -> set[str]:
    """The watches of which findings are kept."""
    return set(session.scalars(select(FindingRow.watch).distinct()))


def prune_findings(session: WriteSession, *, before: datetime) -> int:
    """Forget findings, with their history, that were cleared and last seen before that. Returns how many."""
    statement = delete(FindingRow).where(FindingRow.state == FindingState.CLEARED.value, FindingRow.last_seen < before)
    return session.connection().execute(statement).rowcount


def prune_history(session: WriteSession, *, before: datetime) -> int:
    """Forget how findings stood after runs of a time before that. Returns how many entries."""
    statement = delete(FindingHistoryRow).where(FindingHistoryRow.as_of < before)
    return session.connection().execute(statement).rowcount


def _or_never(moment: Any) -> ColumnElement[Any]:
    return func.coalesce(moment, literal_column("'infinity'::timestamptz"))


_ORDER: tuple[Any, ...] = (
    case(
        *((FindingRow.severity == severity.value, literal_column(str(-severity.rank))) for severity in Severity),
    ),
    _or_never(FindingRow.p50),
    FindingRow.fingerprint,
)


def _rows(findings: Sequence[Finding], run_id: UUID | None) -> Iterator[tuple[object, ...]]:
    for finding in findings:
        yield (
            finding.fingerprint, finding.job, finding.watch, finding.kind.value, finding.severity.value,
            finding.state.value, finding.episode, dict(finding.entity), finding.title, finding.first_seen,
            finding.last_seen, finding.cleared_at, finding.exhaustion.p50, finding.exhaustion.within_lead_time,
            finding, run_id,
        )  # fmt: skip


def _entry(row: FindingHistoryRow) -> HistoryEntry:
    return HistoryEntry(
        fingerprint=row.fingerprint,
        run_id=row.run_id,
        as_of=row.as_of.astimezone(UTC),
        state=FindingState(row.state),
        severity=Severity(row.severity),
        episode=row.episode,
        exhaustion=row.exhaustion,
        current=row.current_value,
        limit=row.limit_value,
        reason=row.reason,
    )
