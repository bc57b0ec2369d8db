"""A read API on a real database, with something in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import Engine

from api.config import ApiConfig
from api.context import ApiContext
from domain.finding import Analysis, Chart
from domain.labels import Labels
from domain.run import Run, Shard
from domain.series import SourceNotes
from jobs.record import conclude_and_record
from jobs.reporting import save_reports
from jobs.summary import StageSeconds
from jobs.telling import Telling
from storage.engine import transaction
from storage.runs import claim_run
from storage.shards import plan_shards, record_shard
from tests.fixtures.api import Serve
from tests.fixtures.builders import AS_OF, make_analysis, make_job


def record_night(engine: Engine, analyses: list[Analysis], night: int = 0) -> Run:
    """A run that has seen these analyses, from its claim to its report."""
    as_of = AS_OF + timedelta(days=night)
    job = make_job()
    with transaction(engine) as session:
        run = claim_run(session, job=job.name, as_of=as_of, holder="test", lease_seconds=60).run
        plan_shards(session, run.id, [Shard(0, "node/filesystem-space", query="q")], holder="test")
        record_shard(session, run.id, 0, holder="test", analyses=analyses, notes=SourceNotes(samples=100))
    recorded = conclude_and_record(job, run, engine, "test", Telling(), StageSeconds)
    save_reports(engine, job, recorded, Telling())
    return recorded.summary.run


def host(name: str, days: float, lead: float = 0.1, night: int = 0) -> Analysis:
    """A host whose disk fills in so many days."""
    as_of = AS_OF + timedelta(days=night)
    analysis = make_analysis(days, lead=lead, as_of=as_of, entity=Labels.of(instance=name, mountpoint="/var"))
    chart = Chart((AS_OF - timedelta(hours=1), AS_OF), (1.0, None), (2.0, 2.0))
    return replace(analysis, chart=chart)


@pytest.fixture
def night(engine: Engine) -> Run:
    """One run that found three disks that fill."""
    return record_night(engine, [host("a", 3, lead=0.6), host("b", 9), host("c", 20)])


@pytest.fixture
def client(engine: Engine, serve: Serve) -> httpx.Client:
    """A client of an API that asks nobody for a token."""
    return serve(ApiContext(ApiConfig(), engine, version="1.2.3"))
