"""The files of a run's reports."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine

from domain.run import Run
from jobs.reporting import file_name, write_file
from storage.engine import read_only
from storage.reports import latest_report, list_reports


def write_reports(engine: Engine, run: Run, folder: Path) -> list[Path]:
    """Write the stored reports of a run into a folder, HTML and Markdown; returns their paths."""
    written = []
    with read_only(engine) as session:
        for listed in sorted(
            list_reports(session, run_id=run.id).items, key=lambda report: (report.language, report.format)
        ):
            if listed.format == "json":
                continue
            found = latest_report(session, language=listed.language, format=listed.format, run_id=run.id)
            if found is not None and found.content is not None:
                written.append(write_file(folder, file_name(run, found.language, found.format), found.content))
    return written
