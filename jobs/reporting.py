"""Reports of a run: rendered from what is stored, in each of the job's languages, and stored beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from domain.finding import FindingState
from domain.job import Job
from domain.run import Run
from jobs.record import Recorded
from jobs.telling import Telling
from reports.build import ReportLinks, build_capacity_report
from reports.render import render_html, render_json, render_markdown
from storage.engine import WriteSession, transaction
from storage.reports import save_report

SUFFIXES = {"html": "html", "markdown": "md", "json": "json"}


@dataclass(frozen=True, slots=True)
class Report:
    """One rendered report."""

    language: str
    format: str  # html, markdown or json
    content: str


def render_reports(job: Job, recorded: Recorded, telling: Telling, version: str = "") -> Iterator[Report]:
    """The reports of a run, in each language and format. Pure."""
    summary = recorded.summary
    before = [finding for finding in recorded.known.values() if finding.state is not FindingState.CLEARED]
    decided = {decision.finding.fingerprint: decision.finding for decision in summary.decisions}
    after = {**{finding.fingerprint: finding for finding in before}, **decided}
    for language in job.languages:
        report = build_capacity_report(
            run=summary.run,
            job=job,
            analyses=recorded.analyses,
            findings=[finding for _, finding in sorted(after.items())],
            previous=None if recorded.first else before,
            shards=summary.shards,
            language=language,
            timezone=telling.timezone,
            links=ReportLinks(finding=telling.finding_pages(), source=telling.source_url),
            version=version,
        )
        yield Report(language, "html", render_html(report))
        yield Report(language, "markdown", render_markdown(report))
        yield Report(language, "json", render_json(report))


def save_reports(engine: Engine, job: Job, recorded: Recorded, telling: Telling, version: str = "") -> None:
    """Render the reports of a run and store them: none of them, or all."""
    with transaction(engine) as session:
        write_reports(session, job, recorded, telling, version)


def write_reports(session: WriteSession, job: Job, recorded: Recorded, telling: Telling, version: str = "") -> None:
    """Render the reports of a run and store them, in the caller's transaction."""
    for report in list(render_reports(job, recorded, telling, version)):
        save_report(
            session,
            recorded.summary.run.id,
            language=report.language,
            format=report.format,
            content=report.content,
        )


def file_name(run: Run, language: str, report_format: str) -> str:
    """What a report's file is called: `nightly-capacity-2026-11-22T0200Z.zh-TW.html`."""
    return f"{run.job}-{run.as_of:%Y-%m-%dT%H%MZ}.{language}.{SUFFIXES[report_format]}"


def write_file(folder: Path, name: str, content: str) -> Path:
    """Write a report's file whole: who reads it sees the old one or the new one. Raises `OSError`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    partial = path.with_name(f".{name}.part")
    partial.write_text(content, encoding="utf-8")
    partial.replace(path)
    return path
