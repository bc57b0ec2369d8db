"""Reports: what was rendered of each run, in each language and format."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, null, select
from sqlalchemy.dialects.postgresql import insert

from domain.report import Report
from storage.clock import now
from storage.engine import ReadSession, WriteSession
from storage.errors import NotFound
from storage.paging import Page, bounded, decode_cursor, make_page
from storage.tables import ReportRow, RunRow


def save_report(session: WriteSession, run_id: UUID, *, language: str, format: str, content: str) -> int:
    """Keep a report; rendered again it takes the place of the one before. Returns its id."""
    statement = insert(ReportRow).values(run_id=run_id, language=language, format=format, content=content)
    statement = statement.on_conflict_do_update(
        index_elements=["run_id", "language", "format"], set_={"content": content, "created_at": now()}
    )
    return session.scalars(statement.returning(ReportRow.id)).one()


def get_report(session: ReadSession, report_id: int) -> Report:
    """The report with its content. Raises `NotFound`."""
    row = session.execute(_reports(with_content=True).where(ReportRow.id == report_id)).one_or_none()
    if row is None:
        raise NotFound(f"there is no report {report_id}")
    return _report(row)


def latest_report(
    session: ReadSession, *, language: str, format: str, job: str | None = None, run_id: UUID | None = None
) -> Report | None:
    """The report of the newest run (of that job, or of that run only), with its content; None when there is none."""
    statement = (
        _reports(with_content=True)
        .where(ReportRow.language == language, ReportRow.format == format)
        .order_by(RunRow.as_of.desc(), ReportRow.id.desc())
        .limit(1)
    )
    if job is not None:
        statement = statement.where(RunRow.job == job)
    if run_id is not None:
        statement = statement.where(ReportRow.run_id == run_id)
    row = session.execute(statement).one_or_none()
    return None if row is None else _report(row)


def list_reports(
    session: ReadSession,
    *,
    job: str | None = None,
    run_id: UUID | None = None,
    language: str | None = None,
    format: str | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[Report]:
    """Reports without their contents, the last rendered first. Raises `BadCursor`."""
    statement = _reports(with_content=False).order_by(ReportRow.id.desc()).limit(bounded(limit) + 1)
    for column, wanted in (
        (RunRow.job, job),
        (ReportRow.run_id, run_id),
        (ReportRow.language, language),
        (ReportRow.format, format),
    ):
        if wanted is not None:
            statement = statement.where(column == wanted)
    if cursor is not None:
        (report_id,) = decode_cursor(cursor, int)
        statement = statement.where(ReportRow.id < report_id)
    rows = session.execute(statement).all()
    return make_page(rows, limit, _report, lambda row: (row.id,))


def prune_reports(session: WriteSession, *, before: datetime) -> int:
    """Forget reports of runs of a time before that; they can be rendered again. Returns how many."""
    old = select(RunRow.id).where(RunRow.as_of < before)
    return session.connection().execute(delete(ReportRow).where(ReportRow.run_id.in_(old))).rowcount


def _reports(*, with_content: bool) -> Any:
    return select(
        ReportRow.id,
        ReportRow.run_id,
        RunRow.job,
        RunRow.as_of,
        ReportRow.language,
        ReportRow.format,
        ReportRow.created_at,
        func.char_length(ReportRow.content).label("size"),
        (ReportRow.content if with_content else null()).label("content"),
    ).join(RunRow, RunRow.id == ReportRow.run_id)


def _report(row: Any) -> Report:
    return Report(
        id=row.id,
        run_id=row.run_id,
        job=row.job,
        as_of=row.as_of.astimezone(UTC),
        language=row.language,
        format=row.format,
        created_at=row.created_at.astimezone(UTC),
        size=row.size,
        content=row.content,
    )
