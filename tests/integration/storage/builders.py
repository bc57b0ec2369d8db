"""Values for the tests of storage, each valid and each with one thing to say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Engine

from domain.finding import Analysis, Evidence, Finding, FindingKind, FindingState, Severity, fingerprint
from domain.forecast import Exhaustion
from domain.labels import Labels
from domain.outbox import MessageKind, NewMessage, message_key
from domain.run import Shard
from domain.series import SeriesStatus
from storage.engine import transaction
from storage.runs import claim_run
from storage.shards import plan_shards

NIGHT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
HOLDER = "host-a:1"


def evidence(**changes: Any) -> Evidence:
    plain = Evidence(
        source="prometheus",
        query="node_filesystem_avail_bytes",
        limit_query=None,
        start=NIGHT - timedelta(days=30),
        end=NIGHT,
        step_seconds=300,
        samples_seen=8640,
        samples_expected=8641,
        method="trend",
        backtest_score=0.7,
        current=10.5,
        limit=100.0,
    )
    return replace(plain, **changes)


def analysis(entity: Labels | None = None, **changes: Any) -> Analysis:
    plain = Analysis(
        watch="node/filesystem-space",
        entity=entity or Labels.of(instance="db-1", mountpoint="/"),
        status=SeriesStatus.OK,
        exhaustion=Exhaustion(SeriesStatus.OK, p50=NIGHT + timedelta(days=9), within=((7, 0.2), (14, 0.9))),
        evidence=evidence(),
    )
    return replace(plain, **changes)


def finding(entity: Labels | None = None, **changes: Any) -> Finding:
    about = entity or Labels.of(instance="db-1", mountpoint="/")
    watch = changes.get("watch", "node/filesystem-space")
    plain = Finding(
        fingerprint=fingerprint(changes.get("kind", FindingKind.EXHAUSTION), watch, about),
        job="nightly",
        watch=watch,
        kind=FindingKind.EXHAUSTION,
        entity=about,
        severity=Severity.WARNING,
        state=FindingState.OPEN,
        episode=1,
        title="Filesystem space of db-1",
        summary="It runs out in nine days.",
        first_seen=NIGHT - timedelta(days=1),
        last_seen=NIGHT,
        exhaustion=analysis().exhaustion,
        evidence=evidence(),
    )
    return replace(plain, **changes)


def message(subject: str, transition: str = "open", kind: MessageKind = MessageKind.INCIDENT_CREATE) -> NewMessage:
    return NewMessage(kind, subject, message_key(kind, subject, transition), {"title": transition})


def started_run(engine: Engine, *, shards: int = 1, job: str = "nightly", as_of: datetime = NIGHT) -> UUID:
    """A run that HOLDER holds, with its plan."""
    with transaction(engine) as session:
        run = claim_run(session, job=job, as_of=as_of, holder=HOLDER, lease_seconds=60).run
        plan_shards(session, run.id, [Shard(index, f"node/watch-{index}") for index in range(shards)])
    return run.id
