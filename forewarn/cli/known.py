"""Names that a person gives to look something up: one that nothing bears is refused, not answered with "nothing"."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from forewarn.settings import Settings
    from storage.engine import ReadSession


def require_job(name: str | None, settings: Settings, session: ReadSession) -> None:
    """Raises `typer.BadParameter` for a job that is neither configured nor has a run that is still kept."""
    from jobs.problems import did_you_mean
    from storage.runs import jobs_that_ran

    if name is None or name in settings.jobs:
        return
    known = {*settings.jobs, *jobs_that_ran(session)}
    if name not in known:
        raise typer.BadParameter(f"there is no job {name!r}; {did_you_mean(name, known)}", param_hint="--job")


def require_watch(name: str | None, settings: Settings, session: ReadSession) -> None:
    """Raises `typer.BadParameter` for a watch that is in no job and of which no finding is kept."""
    from jobs.problems import did_you_mean
    from storage.findings import watches_with_findings

    if name is None:
        return
    stored = watches_with_findings(session)
    if name in stored:
        return
    known = stored | {watch.key for job in settings.jobs for watch in settings.build_job(job).watches}
    if name not in known:
        raise typer.BadParameter(f"no job looks at {name!r}; {did_you_mean(name, known)}", param_hint="--watch")


def require_language(tag: str) -> None:
    """Raises `typer.BadParameter` for a language that nothing is written in."""
    from jobs.config import check_language

    try:
        check_language(tag)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--language") from None
