"""Does each source answer, and what do the watches of each job see in it?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from domain.job import Job
from forewarn.checks.watches import check_watches
from forewarn.settings import Settings
from jobs.packs import load_pack, pack_names
from sources.base import NO_HISTORY, Check, Source
from sources.errors import SourceError
from sources.open import open_source


def check_sources(settings: Settings, now: datetime) -> Iterator[tuple[str, Check]]:
    """(area, check) for every source, then for every enabled job that reads it."""
    requires = {name: load_pack(name).pack.requires for name in pack_names()}
    jobs = settings.build_jobs()
    for name, config in settings.sources.items():
        area = f"source {name}"
        try:
            source = open_source(name, config)
        except SourceError as error:
            yield area, Check("opens", False, str(error), error.advice)
            continue
        try:
            mine = [job for job in jobs if job.source == name]
            checks = source.check(max((watch.history for job in mine for watch in job.watches), default=NO_HISTORY))
            yield from ((area, _told(check, name, config.place)) for check in checks)
            well = all(check.ok for check in checks if check.required)
            for job in mine:
                yield from ((f"job {job.name}", check) for check in _of_job(job, source, well, now, requires))
        finally:
            source.close()


def _told(check: Check, name: str, place: str) -> Check:
    return check if check.ok else replace(check, what=check.finding(name, place))


def _of_job(job: Job, source: Source, well: bool, now: datetime, requires: Mapping[str, str]) -> Iterator[Check]:
    if well:
        yield from check_watches(job.watches, source, now, requires)
        return
    what = f"its {len(job.watches)} watches were not looked at, as {source.name} does not answer"
    yield Check("watches", False, what, f"Mend the source {source.name} first")
