"""Schedulers side by side on a real database: each run once; what was missed and what was left behind is caught up."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from textwrap import dedent

import pytest
from sqlalchemy import Engine, text

from domain.job import Job, Schedule
from domain.run import RunStatus
from jobs.pipeline import RunContext, run_job
from jobs.scheduler import Scheduler
from storage.engine import read_only
from storage.outbox_admin import list_messages
from storage.runs import find_run, lapsed_runs, list_runs
from tests.fixtures.builders import AS_OF

pytestmark = pytest.mark.server
ROOT = Path(__file__).parents[3]
PATIENCE_SECONDS = 90.0
# A run that is killed or frozen at one of its steps: `python -c ... URL HISTORY SIGNAL STAGE DONE`.
VICTIM = dedent(
    """
    import os, sys
    from datetime import timedelta
    from pathlib import Path
    from sqlalchemy import make_url
    from domain.job import Policy
    from jobs.pipeline import RunContext, run_job
    from jobs.plan import ShardLimits
    from jobs.workers import Workers
    from sources.config import FilesConfig
    from storage.engine import make_engine
    from tests.fixtures.builders import AS_OF, make_job, make_watch
    from tests.fixtures.postgres import CONFIG

    def progress(stage, done, total):
        if [stage, str(done)] == sys.argv[4:]:
            print("here", flush=True)
            os.kill(os.getpid(), int(sys.argv[3]))

    job = make_job(Policy(open_after_runs=1), watches=(make_watch(step=timedelta(hours=1)),), source="files")
    config = CONFIG.model_copy(update={"idle_transaction_timeout": timedelta(seconds=2)})
    engine = make_engine(make_url(sys.argv[1]), config)
    source = FilesConfig(kind="files", path=Path(sys.argv[2]))
    context = RunContext(engine, source, "victim", workers=Workers("sequential"), limits=ShardLimits(series=2),
                         lease_seconds=1.0, progress=progress)
    run_job(job, AS_OF, context)
    """
)


def scheduler_of(job: Job, context: RunContext, *, at: datetime = AS_OF) -> Scheduler:
    engine = context.engine

    def run_one(one: Job, as_of: datetime) -> None:
        run_job(one, as_of, context)

    def lapsed() -> list[tuple[str, datetime]]:
        with read_only(engine) as session:
            return [(run.job, run.as_of) for run in lapsed_runs(session)]

    return Scheduler([job], run_one, lapsed, lambda: at, look_every_seconds=1)


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.05)


def status_of(engine: Engine, job: Job, as_of: datetime = AS_OF) -> RunStatus | None:
    with read_only(engine) as session:
        run = find_run(session, job=job.name, as_of=as_of)
    return None if run is None else run.status


def claims_of(engine: Engine) -> list[int]:
    with engine.connect() as connection:
        return [row[0] for row in connection.execute(text("SELECT claims FROM runs ORDER BY as_of"))]


ONE_SHARD_DONE = ("analyse", "2")
ABOUT_TO_COMMIT = ("conclude", "1")  # the run's row and its job are locked


@contextmanager
def victim(
    engine: Engine, history: Path, number: signal.Signals, step: tuple[str, str] = ONE_SHARD_DONE
) -> Iterator[subprocess.Popen[str]]:
    """A process with a run, from the moment at which that signal stops it."""
    url = engine.url.render_as_string(hide_password=False)
    process = subprocess.Popen(
        [sys.executable, "-c", VICTIM, url, str(history), str(int(number)), *step],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        lines = iter(process.stdout.readline, "")
        assert any(line == "here\n" for line in lines)
        yield process
    finally:
        process.kill()
        process.communicate()


def test_what_was_missed_while_nobody_was_there_is_caught_up_at_the_start(job: Job, context: RunContext) -> None:
    hourly = replace(job, schedule=Schedule("0 * * * *", misfire_grace=timedelta(hours=3)))
    scheduler = scheduler_of(hourly, context, at=AS_OF + timedelta(minutes=30))

    scheduler.start()
    try:
        until(lambda: status_of(context.engine, job) is RunStatus.SUCCEEDED)
    finally:
        scheduler.stop()

    with read_only(context.engine) as session:
        assert [run.as_of for run in list_runs(session).items] == [AS_OF]  # three were missed: one catches up


def test_of_two_schedulers_that_start_at_once_one_runs(job: Job, context: RunContext) -> None:
    both = [scheduler_of(job, replace(context, holder=f"test:{number}")) for number in (1, 2)]
    together = threading.Barrier(2)

    def start(scheduler: Scheduler) -> None:
        together.wait()
        scheduler.run_due(job.name)

    threads = [threading.Thread(target=start, args=(scheduler,)) for scheduler in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert status_of(context.engine, job) is RunStatus.SUCCEEDED
    assert claims_of(context.engine) == [1]
    with read_only(context.engine) as session:
        assert len(list_messages(session).items) == 1


def test_a_run_whose_process_was_killed_is_taken_over_and_ends(job: Job, context: RunContext, history: Path) -> None:
    with victim(context.engine, history, signal.SIGKILL) as process:
        process.communicate()
        assert process.returncode == -9
    scheduler = scheduler_of(job, replace(context, holder="test:2"))
    assert status_of(context.engine, job) is RunStatus.RUNNING

    scheduler.start()
    try:
        until(lambda: status_of(context.engine, job) is RunStatus.SUCCEEDED)
    finally:
        scheduler.stop()

    assert claims_of(context.engine) == [2]
    with read_only(context.engine) as session:
        assert len(list_messages(session).items) == 1


@pytest.mark.parametrize(
    ("step", "told"),
    [(ONE_SHARD_DONE, "LeaseLost"), (ABOUT_TO_COMMIT, "no statement had come for too long")],
    ids=["between shards", "in the middle of its last transaction"],
)
def test_a_process_that_was_frozen_past_its_lease_writes_nothing_when_it_wakes(
    job: Job, context: RunContext, history: Path, step: tuple[str, str], told: str
) -> None:
    with victim(context.engine, history, signal.SIGSTOP, step) as process:
        scheduler = scheduler_of(job, replace(context, holder="test:2"))
        scheduler.start()
        try:
            until(lambda: status_of(context.engine, job) is RunStatus.SUCCEEDED)
        finally:
            scheduler.stop()

        os.kill(process.pid, signal.SIGCONT)
        _, errors = process.communicate(timeout=PATIENCE_SECONDS)

        assert process.returncode == 1
        assert told in errors
    with read_only(context.engine) as session:
        assert len(list_messages(session).items) == 1
        (run,) = list_runs(session).items
    assert run.status is RunStatus.SUCCEEDED
