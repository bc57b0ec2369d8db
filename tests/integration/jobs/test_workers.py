"""Worker processes that die cost time, and nothing else."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from dataclasses import replace
from pathlib import Path

from joblib.externals.loky import get_reusable_executor

from domain.job import Job
from jobs.pipeline import RunContext, rehearse, run_job
from jobs.plan import ShardLimits
from jobs.workers import Workers
from tests.fixtures.builders import AS_OF


def worker_processes() -> set[int]:
    """The worker processes of this one."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == os.getpid() and b"popen_loky_posix" in (folder / "cmdline").read_bytes():
                found.add(int(folder.name))
    return found


class Killer(threading.Thread):
    """Kills a worker process as soon as there is one, whatever it is doing."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.killed = 0
        self._old = worker_processes()

    def run(self) -> None:
        deadline = time.monotonic() + 60
        while not self.killed and time.monotonic() < deadline:
            for pid in list(worker_processes() - self._old)[:1]:
                os.kill(pid, signal.SIGKILL)
                self.killed = pid


def test_a_run_whose_worker_is_killed_comes_to_the_same(job: Job, context: RunContext) -> None:
    get_reusable_executor().shutdown(kill_workers=True)  # what other tests have left
    small = replace(context, limits=ShardLimits(series=1))
    expected = [decision.finding for decision in rehearse(job, AS_OF, small).decisions]
    killer = Killer()
    killer.start()

    summary = run_job(job, AS_OF, replace(small, workers=Workers("loky", 2)))

    killer.join()
    assert killer.killed
    assert summary.run.status.value == "succeeded"
    assert len(summary.shards) == 5
    assert [decision.finding for decision in summary.decisions] == expected
