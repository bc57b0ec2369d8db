"""`python -m benchmarks.chaos.storm [FINDINGS]`: a run in which everything fills up: seconds, memory, messages."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from tempfile import mkdtemp

from sqlalchemy import make_url

from benchmarks.chaos.estate import FIRST_NIGHT, SIZE, job_of
from benchmarks.chaos.processes import DATABASE, Postgres, quiet
from domain.finding import Analysis, Evidence, Growth
from domain.forecast import Exhaustion
from domain.labels import Labels
from domain.run import Shard
from domain.series import SeriesStatus, SourceNotes
from jobs.record import Recorded, conclude_and_record
from jobs.reporting import save_reports
from jobs.summary import StageSeconds
from jobs.telling import Telling
from storage import schema
from storage.engine import make_engine, read_only, transaction
from storage.outbox import depth
from storage.runs import claim_run
from storage.shards import plan_shards, record_shard

WATCH = "node/space"


def analysis(number: int, count: int) -> Analysis:
    """A disk that will be full within the month, the sooner the lower its number."""
    days = 4 + 20 * number / count
    crossing = FIRST_NIGHT + timedelta(days=days)
    return Analysis(
        watch=WATCH,
        entity=Labels.of(instance=f"host-{number:06d}"),
        status=SeriesStatus.OK,
        exhaustion=Exhaustion(SeriesStatus.OK, crossing, crossing, crossing, ((7, 0.5), (30, 0.95)), 0.1),
        evidence=Evidence(
            source="files",
            query="space_used",
            limit_query="space_size",
            start=FIRST_NIGHT - timedelta(days=10),
            end=FIRST_NIGHT,
            step_seconds=3600,
            samples_seen=240,
            samples_expected=240,
            method="robust_trend",
            backtest_score=0.6,
            current=SIZE * 0.7,
            limit=SIZE,
            growth=Growth(SIZE * 0.3 / days),
        ),
    )


def measure(count: int) -> dict[str, float]:
    """One storm on a server of its own."""
    quiet()
    folder = Path(mkdtemp(prefix="fw-storm-", dir="/tmp"))
    folder.chmod(0o755)
    postgres = Postgres(folder / "postgres")
    try:
        engine = make_engine(make_url(postgres.start()), DATABASE)
        schema.upgrade(engine)
        job = job_of("storm")
        with transaction(engine) as session:
            run = claim_run(session, job=job.name, as_of=FIRST_NIGHT, holder="storm", lease_seconds=3600).run
            plan_shards(session, run.id, [Shard(0, WATCH)], holder="storm")
            seen = [analysis(number, count) for number in range(count)]
            record_shard(session, run.id, 0, holder="storm", analyses=seen, notes=SourceNotes(), timings={})
        before, begun = _peak_mib(), time.perf_counter()
        recorded: Recorded = conclude_and_record(job, run, engine, "storm", Telling(), StageSeconds)
        decided = time.perf_counter() - begun
        save_reports(engine, job, recorded, Telling())
        with read_only(engine) as session:
            messages = depth(session).pending
        engine.dispose()
    finally:
        postgres.server.stop()
        shutil.rmtree(folder, ignore_errors=True)
    reported = time.perf_counter() - begun - decided
    return {"decided": decided, "reported": reported, "messages": messages, "mib": _peak_mib() - before}


def _peak_mib() -> float:
    peak = getrusage(RUSAGE_SELF).ru_maxrss
    return peak / 2**10 if sys.platform == "linux" else peak / 2**20


def main() -> int:
    counts = [int(word) for word in sys.argv[1:]] or [1_000, 10_000]
    if len(counts) == 1:
        print(json.dumps(measure(counts[0])))
        return 0
    print(f"{'a storm of':<28} messages  decided and written s  reported s  more memory MiB")
    for count in counts:
        command = [sys.executable, "-m", "benchmarks.chaos.storm", str(count)]
        found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        print(
            f"{f'{count:,} findings':<28} {found['messages']:8.0f} {found['decided']:22.2f} "
            f"{found['reported']:11.2f} {found['mib']:16.0f}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
