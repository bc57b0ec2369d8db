"""Reports: which there are, and their pages."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.context import Database
from api.schemas import PageOut, ReportOut
from domain.report import Report
from storage.errors import NotFound
from storage.reports import latest_report, list_reports

router = APIRouter(tags=["reports"])
# A report is a page of its own: it brings its style, and may run and load nothing.
PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


class ReportFormat(StrEnum):
    """In what form a report is wanted."""

    HTML = "html"
    MARKDOWN = "markdown"
    JSON = "json"


class ReportLanguage(StrEnum):
    """In what language a report is wanted."""

    EN = "en"
    ZH_TW = "zh-TW"


MEDIA_TYPES = {
    ReportFormat.HTML: "text/html",
    ReportFormat.MARKDOWN: "text/markdown",
    ReportFormat.JSON: "application/json",
}


@router.get("/reports")
def reports(
    session: Database,
    job: str | None = None,
    run_id: Annotated[UUID | None, Query(alias="runId")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: str | None = None,
) -> PageOut[ReportOut]:
    """Reports, the newest first."""
    page = list_reports(session, job=job, run_id=run_id, limit=limit, cursor=cursor)
    return PageOut(items=[ReportOut.of(report) for report in page.items], next_cursor=page.next_cursor)


@router.get("/reports/latest", response_class=Response)
def newest(
    session: Database,
    job: str | None = None,
    language: ReportLanguage = ReportLanguage.EN,
    form: Annotated[ReportFormat, Query(alias="format")] = ReportFormat.HTML,
) -> Response:
    """The report of the newest run, as a page."""
    found = latest_report(session, language=language.value, format=form.value, job=job)
    return _page(found, form, "there is no report yet: run a job first")


@router.get("/runs/{run_id}/reports/{language}/{form}", response_class=Response)
def report(session: Database, run_id: UUID, language: ReportLanguage, form: ReportFormat) -> Response:
    """The report of one run, as a page."""
    found = latest_report(session, language=language.value, format=form.value, run_id=run_id)
    return _page(found, form, f"there is no such report of run {run_id}")


def _page(found: Report | None, form: ReportFormat, otherwise: str) -> Response:
    if found is None or found.content is None:
        raise NotFound(otherwise)
    return Response(found.content, media_type=f"{MEDIA_TYPES[form]}; charset=utf-8", headers=PAGE_HEADERS)
