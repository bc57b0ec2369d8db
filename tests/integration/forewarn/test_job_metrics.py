"""/metrics tells when a job last succeeded, from what is stored: what watches over us can rely on it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import Engine

from domain.job import Schedule
from domain.run import RunStatus
from forewarn.job_metrics import JobMetrics
from storage.config import DatabaseConfig
from storage.engine import open_engine, transaction
from storage.runs import claim_run, finish_run
from tests.fixtures.builders import make_job

pytestmark = pytest.mark.server

JOB = make_job(schedule=Schedule("0 2 * * *", "Asia/Taipei"))
NIGHT = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
MORNING = NIGHT + timedelta(hours=5)
LAST_END, NEXT_RUN = "forewarn_job_last_end_timestamp_seconds", "forewarn_job_next_run_timestamp_seconds"


def ran(engine: Engine, as_of: datetime, status: RunStatus) -> float:
    """Store a run that ended so; returns when."""
    with transaction(engine) as session:
        run = claim_run(session, job=JOB.name, as_of=as_of, holder="a", lease_seconds=60).run
        ended = finish_run(session, run.id, holder="a", status=status)
    assert ended.finished_at is not None
    return ended.finished_at.timestamp()


def shown(engine: Engine, metric: str, registry: CollectorRegistry | None = None) -> float | None:
    """What a process that was just started shows of the job, or one that has shown something already."""
    if registry is None:
        registry = CollectorRegistry()
        JobMetrics(registry).show([JOB], engine, MORNING)
    return registry.get_sample_value(metric, {"job": JOB.name})


def test_a_process_that_was_just_started_knows_when_the_job_last_ended(engine: Engine) -> None:
    ended = ran(engine, NIGHT, RunStatus.SUCCEEDED)

    assert shown(engine, LAST_END) == ended
    assert shown(engine, NEXT_RUN) == (NIGHT + timedelta(days=1)).timestamp()


def test_a_run_in_part_counts(engine: Engine) -> None:
    ended = ran(engine, NIGHT, RunStatus.PARTIAL)

    assert shown(engine, LAST_END) == ended


def test_a_run_that_failed_is_no_sign_of_life(engine: Engine) -> None:
    ended = ran(engine, NIGHT - timedelta(days=1), RunStatus.SUCCEEDED)
    ran(engine, NIGHT, RunStatus.FAILED)

    assert shown(engine, LAST_END) == ended


def test_a_run_under_a_clock_that_was_ahead_hides_none_that_failed_to_come(engine: Engine) -> None:
    ended = ran(engine, NIGHT, RunStatus.SUCCEEDED)
    ran(engine, NIGHT + timedelta(days=90), RunStatus.SUCCEEDED)

    assert shown(engine, LAST_END) == ended


def test_a_job_that_has_never_succeeded_has_no_last_end(engine: Engine) -> None:
    ran(engine, NIGHT, RunStatus.FAILED)

    assert shown(engine, LAST_END) is None


def test_without_a_database_the_last_end_stays_and_grows_old(engine: Engine) -> None:
    ended = ran(engine, NIGHT, RunStatus.SUCCEEDED)
    registry = CollectorRegistry()
    metrics = JobMetrics(registry)
    metrics.show([JOB], engine, MORNING)

    away = open_engine(DatabaseConfig.model_validate({"url": "postgresql://nobody@127.0.0.1:9/none"}))
    metrics.show([JOB], away, MORNING + timedelta(days=1))

    assert shown(engine, LAST_END, registry) == ended
