"""Seconds to write and read 10,000 rows of each kind, on an embedded server of its own with all its care for the disk.

python -m benchmarks.storage.write_speed [ROWS]
"""

from __future__ import annotations

import resource
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp

from sqlalchemy import Engine, text

from domain.finding import (
    Analysis,
    Chart,
    Evidence,
    Finding,
    FindingKind,
    FindingState,
    Growth,
    Severity,
    fingerprint,
)
from domain.forecast import Exhaustion, Forecast
from domain.labels import Labels
from domain.notes import Note, NoteCode
from domain.outbox import MessageKind, NewMessage, message_key
from domain.run import Shard
from domain.series import SeriesStatus, SourceNotes
from storage import schema
from storage.analyses import load_analyses
from storage.config import DatabaseConfig
from storage.embedded import EmbeddedServer, ServerFolder
from storage.embedded.account import server_account
from storage.engine import make_engine, read_only, transaction
from storage.findings import append_history, list_findings, load_findings, upsert_findings
from storage.outbox import add_messages, claim_messages, record_delivered
from storage.runs import claim_run
from storage.shards import plan_shards, record_shard

NIGHT = datetime(2026, 11, 22, 2, tzinfo=UTC)
HOLDER = "benchmark"
CHARTED = 20  # one analysis of so many has a chart


def main() -> None:
    """Print the table."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    folder = Path(mkdtemp(prefix="fw-bench-", dir="/tmp"))
    folder.chmod(0o755)
    server = EmbeddedServer(ServerFolder(folder / "postgres"), server_account())
    try:
        engine = make_engine(server.ensure_running(), DatabaseConfig())
        schema.upgrade(engine)
        measure(engine, rows)
        engine.dispose()
    finally:
        server.stop()
        shutil.rmtree(folder)


def measure(engine: Engine, rows: int) -> None:
    """Time each step, in the order in which a run takes them."""
    analyses, findings, messages = _analyses(rows), _findings(rows), _messages(rows)
    with transaction(engine) as session:
        run = claim_run(session, job="nightly", as_of=NIGHT, holder=HOLDER, lease_seconds=3600).run
        plan_shards(session, run.id, [Shard(0, "node/filesystem-space")])

    def record() -> None:
        with transaction(engine) as session:
            record_shard(session, run.id, 0, holder=HOLDER, analyses=analyses, notes=SourceNotes(), timings={})

    def load() -> None:
        with read_only(engine) as session:
            assert len(load_analyses(session, run.id)) == rows

    def upsert() -> None:
        with transaction(engine) as session:
            upsert_findings(session, findings, run_id=run.id)

    def history() -> None:
        with transaction(engine) as session:
            append_history(session, findings, run_id=run.id, as_of=NIGHT)

    def known() -> None:
        with read_only(engine) as session:
            assert len(load_findings(session, job="nightly")) == rows

    def page() -> None:
        with read_only(engine) as session:
            list_findings(session, job="nightly", limit=50)

    def add() -> None:
        with transaction(engine) as session:
            add_messages(session, messages)

    print(f"{'step':<42}{'s':>8}{'rows/s':>10}")
    _time("record a shard's analyses (1 in 20 charted)", rows, record)
    _time("read the analyses of a run", rows, load)
    _time("write findings, all new", rows, upsert)
    _time("write findings, all known", rows, upsert)
    _time("append their history", rows, history)
    _time("read what decide has to know", rows, known)
    _time("one page of 50 findings of all", 50, page)
    _time("write messages to the outbox", rows, add)
    _time("write them again (all there)", rows, add)
    _time("claim and deliver, one by one", 500, lambda: _deliver(engine, 500))
    with read_only(engine) as reader:
        size = reader.scalars(text("SELECT pg_database_size(current_database()) / 1048576")).one()
    print(f"database {size} MB, peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")


def _time(step: str, rows: int, deed: Callable[[], None]) -> None:
    began = time.perf_counter()
    deed()
    seconds = time.perf_counter() - began
    print(f"{step:<42}{seconds:>8.2f}{rows / seconds:>10,.0f}")


def _deliver(engine: Engine, count: int) -> None:
    for _ in range(count):
        with transaction(engine) as session:
            (message,) = claim_messages(session, holder=HOLDER, limit=1, lease_seconds=60)
        with transaction(engine) as session:
            record_delivered(session, message.id, holder=HOLDER, status=201, response="{}", remote_id="INC-1")


def _entities(rows: int) -> Sequence[Labels]:
    return [
        Labels.of(instance=f"db-{row % 500}.example:9100", mountpoint=f"/data/{row}", device="/dev/sda1")
        for row in range(rows)
    ]


def _evidence() -> Evidence:
    return Evidence(
        source="prometheus",
        query='node_filesystem_size_bytes{fstype!~"tmpfs|overlay"} - node_filesystem_avail_bytes',
        limit_query="node_filesystem_size_bytes",
        start=NIGHT - timedelta(days=30),
        end=NIGHT,
        step_seconds=300,
        samples_seen=8600,
        samples_expected=8640,
        method="trend+season",
        backtest_score=0.7312345678,
        current=91234567890.0,
        limit=107374182400.0,
        growth=Growth(123456789.5, NIGHT - timedelta(days=12)),
        notes=(Note(NoteCode.SEASON, (("period_seconds", 86400.0),)), Note(NoteCode.GAPS, (("share", 0.004),))),
    )


def _chart() -> Chart:
    times = tuple(NIGHT - timedelta(hours=3 * hour) for hour in range(240, 0, -1))
    ahead = tuple(NIGHT + timedelta(hours=12 * step) for step in range(60))
    values = tuple(9.1e10 + 12345.678 * step for step in range(240))
    fan = tuple(tuple(9.2e10 + level * step for step in range(60)) for level in (1e7, 2e7, 3e7))
    return Chart(times, values, (1.07e11,) * 240, Forecast(ahead, (0.1, 0.5, 0.9), fan))


def _analyses(rows: int) -> Sequence[Analysis]:
    exhaustion = Exhaustion(
        SeriesStatus.OK,
        p10=NIGHT + timedelta(days=6),
        p50=NIGHT + timedelta(days=9),
        p90=NIGHT + timedelta(days=14),
        within=((7, 0.2), (14, 0.9), (30, 0.99)),
        within_lead_time=0.1,
    )
    plain = Analysis("node/filesystem-space", Labels(), SeriesStatus.OK, exhaustion, _evidence())
    chart = _chart()
    return [
        replace(plain, entity=entity, labels=entity, chart=None if row % CHARTED else chart)
        for row, entity in enumerate(_entities(rows))
    ]


def _findings(rows: int) -> Sequence[Finding]:
    return [
        Finding(
            fingerprint=fingerprint(FindingKind.EXHAUSTION, analysis.watch, analysis.entity),
            job="nightly",
            watch=analysis.watch,
            kind=FindingKind.EXHAUSTION,
            entity=analysis.entity,
            severity=Severity.WARNING,
            state=FindingState.OPEN,
            episode=1,
            title=f"Filesystem space of {analysis.entity['instance']} {analysis.entity['mountpoint']}",
            summary="It runs out in nine days, and grows by 118 MB a day.",
            first_seen=NIGHT - timedelta(days=1),
            last_seen=NIGHT,
            exhaustion=analysis.exhaustion,
            evidence=analysis.evidence,
            labels=analysis.labels,
        )
        for analysis in _analyses(rows)
    ]


def _messages(rows: int) -> Sequence[NewMessage]:
    body = {"title": "Filesystem space of db-1", "description": "It runs out. " * 40, "severity": "warning"}
    subjects = [f"forewarn:{row:032x}:1" for row in range(rows)]
    kind = MessageKind.INCIDENT_CREATE
    return [NewMessage(kind, subject, message_key(kind, subject, "open"), body) for subject in subjects]


if __name__ == "__main__":
    main()
