"""What /metrics tells of jobs, from what is stored: the same from every process, and after a restart."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from prometheus_client import REGISTRY, CollectorRegistry, Gauge
from sqlalchemy import Engine

from domain.job import Job
from jobs.due import next_due
from storage.engine import read_only
from storage.errors import StorageError
from storage.runs import latest_run


class JobMetrics:
    """The metrics of jobs on one registry."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        self._last_end = Gauge(
            "forewarn_job_last_end_timestamp_seconds",
            "When the job's newest run that succeeded, in whole or in part, came to its end; none before the first",
            ["job"],
            registry=registry,
        )
        self._next_run = Gauge(
            "forewarn_job_next_run_timestamp_seconds", "When the job is due next", ["job"], registry=registry
        )

    def show(self, jobs: Sequence[Job], engine: Engine, at: datetime) -> None:
        """Set the gauges. Where the database is away the last ends stay as they were, and grow old."""
        for job in jobs:
            due = next_due(job.schedule, at)
            if due is not None:
                self._next_run.labels(job.name).set(due.timestamp())
        with suppress(StorageError), read_only(engine) as session:
            for job in jobs:
                run = latest_run(session, job=job.name, before=at)
                if run is not None and run.finished_at is not None:
                    self._last_end.labels(job.name).set(run.finished_at.timestamp())
