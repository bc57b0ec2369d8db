"""docs/metrics.md tells of every metric that /metrics serves, and of no other."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Engine

from api.config import ApiConfig
from api.context import ApiContext
from controlplane.metrics import DispatcherMetrics
from domain.run import RunStatus
from forewarn.alert_rules import alert_rules
from forewarn.job_metrics import JobMetrics
from storage.engine import transaction
from storage.runs import claim_run, finish_run
from tests.fixtures.api import Serve
from tests.fixtures.builders import AS_OF, make_job

pytestmark = pytest.mark.server

PAGE = Path(__file__).parents[3] / "docs" / "metrics.md"
ROW = re.compile(r"^\| `([a-z_]+)` \| (gauge|counter|histogram) \| (.*?)\|(.*?)\|(.+)\|$", re.MULTILINE)
OF_SAMPLES = {"le"}  # a histogram's own

Metric = tuple[str, str, frozenset[str]]  # name, type, labels


def on_the_page() -> set[Metric]:
    rows = ROW.findall(PAGE.read_text(encoding="utf-8"))
    assert all(unit.strip() and meaning.strip() for _, _, _, unit, meaning in rows)
    return {(name, kind, frozenset(re.findall(r"`(\w+)`", labels))) for name, kind, labels, _, _ in rows}


def served(text: str) -> set[Metric]:
    """What a scrape brings, without the times at which counters began."""
    return {
        (
            f"{family.name}_total" if family.type == "counter" else family.name,
            family.type,
            frozenset(label for sample in family.samples for label in sample.labels) - OF_SAMPLES,
        )
        for family in text_string_to_metric_families(text)
        if not family.name.endswith("_created")
    }


@pytest.fixture
def scraped(engine: Engine, serve: Serve) -> str:
    """What /metrics answers where everything has happened once."""
    job = make_job()
    with transaction(engine) as session:
        run = claim_run(session, job=job.name, as_of=AS_OF, holder="a", lease_seconds=60).run
        finish_run(session, run.id, holder="a", status=RunStatus.SUCCEEDED)
    registry = CollectorRegistry()
    for standard in (ProcessCollector, PlatformCollector, GCCollector):
        standard(registry=registry)
    DispatcherMetrics(registry).attempts.labels("incident.create", "delivered").inc()
    JobMetrics(registry).show([job], engine, datetime.now(UTC))
    client = serve(ApiContext(ApiConfig(), engine, registry=registry))
    client.get("/metrics")
    return client.get("/metrics").text


def test_the_page_has_every_metric_and_no_other(scraped: str) -> None:
    assert on_the_page() == served(scraped)


def test_the_alerts_look_at_metrics_that_are_served(scraped: str) -> None:
    rules = alert_rules([make_job()], AS_OF, delivers=True)

    looked_at = {name for rule in rules for name in re.findall(r"forewarn_[a-z_]+", rule.expr)}
    assert looked_at <= {name for name, _, _ in served(scraped)}


def test_the_page_has_every_alert() -> None:
    told = set(re.findall(r"^\| `(Forewarn\w+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE))

    assert told == {rule.alert for rule in alert_rules([make_job()], AS_OF, delivers=True)}
