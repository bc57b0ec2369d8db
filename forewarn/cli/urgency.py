"""The order of findings on the command line: the report's, the most urgent first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import timedelta

from domain.finding import Finding
from domain.watch import Watch
from forewarn.settings import Settings
from jobs.errors import JobError
from reports.urgency import Urgency, urgency


def by_urgency(findings: Sequence[Finding], watches: Iterable[Watch]) -> list[Finding]:
    """Findings as a report lists them. What is of none of the watches counts as fixed in no time."""
    lead_times = {watch.key: watch.lead_time for watch in watches}
    as_of = max((finding.last_seen for finding in findings), default=None)

    def key(finding: Finding) -> Urgency:
        lead_time = lead_times.get(finding.watch, timedelta(0))
        return urgency(finding.exhaustion, lead_time, as_of or finding.last_seen, finding.fingerprint)

    return sorted(findings, key=key)


def watches_of(settings: Settings, jobs: Iterable[str]) -> list[Watch]:
    """The watches of these jobs; of one that is not configured any more, or not as it has to be, none."""
    watches: list[Watch] = []
    for name in sorted(set(jobs)):
        with suppress(JobError):
            watches += settings.build_job(name).watches
    return watches
