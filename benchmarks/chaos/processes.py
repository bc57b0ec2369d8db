"""The processes that are killed: two schedulers, two dispatchers, the sandbox, and Postgres for them and for it.

Schedulers, dispatchers and the sandbox are forked from one process that has imported everything, so that a killed one
is back in milliseconds and does what a new process does: it knows nothing but what is in the database.
"""

from __future__ import annotations

import contextlib
import logging
import multiprocessing as mp
import os
import secrets
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import structlog
from sqlalchemy import make_url

from benchmarks.chaos.estate import Night, history_path, job_of
from controlplane.client import ControlPlaneClient
from controlplane.config import ControlPlaneConfig, DispatcherConfig
from controlplane.dispatcher import Dispatcher
from domain.job import Job
from jobs.outbox_store import SqlOutboxStore
from jobs.pipeline import RunContext, run_job
from jobs.scheduler import Scheduler
from jobs.workers import Workers
from sandbox.app import create_app
from sandbox.server import listen, make_server
from sandbox.settings import SandboxSettings
from sources.config import FilesConfig
from storage.config import DatabaseConfig
from storage.embedded import EmbeddedServer, ServerFolder
from storage.embedded.process import server_pid
from storage.engine import make_engine, read_only
from storage.runs import lapsed_runs

LEASE_SECONDS = 1.0  # of a run
REQUEST_SECONDS = 0.5  # of one request to the Control Plane
SETTLE_SECONDS = 1.5  # within which a request that was given up has its effect, or never has it
POLL_SECONDS = 0.03
DATABASE = DatabaseConfig(
    pool_size=3, connect_timeout=timedelta(seconds=3), statement_timeout=timedelta(seconds=20), pool_overflow=3
)
# The disk's cache survives the death of a process: only a machine that is lost needs the wait for the disk.
QUICK = {"fsync": "off", "full_page_writes": "off", "max_connections": "60"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where everything is."""

    folder: Path
    database: str  # URL
    port: int  # of the sandbox
    sandbox_database: str  # URL

    @property
    def clock(self) -> Path:
        """The file that says which night it is."""
        return self.folder / "clock"

    def set_night(self, night: Night) -> None:
        """Let it be that night."""
        partial = self.folder / "clock.part"
        partial.write_text(f"{night.number} {night.job} {night.as_of.isoformat()}", encoding="utf-8")
        partial.replace(self.clock)

    def night(self) -> Night | None:
        """Which night it is."""
        try:
            number, job, as_of = self.clock.read_text(encoding="utf-8").split()
        except FileNotFoundError:
            return None
        return Night(int(number), job, datetime.fromisoformat(as_of))

    def control_plane(self) -> ControlPlaneConfig:
        """How the sandbox is told."""
        return ControlPlaneConfig(
            url=f"http://127.0.0.1:{self.port}/api/v1",
            total_timeout=timedelta(seconds=REQUEST_SECONDS),
            dispatcher=DispatcherConfig(
                concurrency=1,
                poll_interval=timedelta(seconds=POLL_SECONDS),
                settle_time=timedelta(seconds=SETTLE_SECONDS),
                backoff_base=timedelta(milliseconds=50),
                backoff_ceiling=timedelta(seconds=1),
            ),
        )


def schedule(place: Place) -> None:
    """A scheduler process: the product's own, asked again and again instead of waiting for its cron line."""
    quiet()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    engine = make_engine(make_url(place.database), DATABASE)
    done: set[int] = set()

    def run_one(job: Job, as_of: datetime) -> None:
        night = Night(0, job.name, as_of)
        source = FilesConfig(kind="files", path=history_path(place.folder, night))
        holder = f"{os.getpid()}:{secrets.token_hex(4)}"
        workers = Workers("sequential")
        run_job(job, as_of, RunContext(engine, source, holder, workers=workers, lease_seconds=LEASE_SECONDS))
        now = place.night()
        if now is not None and (now.job, now.as_of) == (job.name, as_of):
            done.add(now.number)

    def lapsed() -> list[tuple[str, datetime]]:
        with read_only(engine) as session:
            return [(run.job, run.as_of) for run in lapsed_runs(session)]

    while True:
        night = place.night()
        if night is not None and night.number not in done:
            job = job_of(night.job)
            scheduler = Scheduler([job], run_one, lapsed, partial(_at, night))
            scheduler.run_due(job.name)
            scheduler.take_over()
        time.sleep(POLL_SECONDS)


def _at(night: Night) -> datetime:
    return night.as_of


def dispatch(place: Place) -> None:
    """A dispatcher process."""
    quiet()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    engine = make_engine(make_url(place.database), DATABASE)
    config = place.control_plane()
    with ControlPlaneClient(config) as client:
        Dispatcher(config, SqlOutboxStore(engine), client).run_forever(threading.Event())


def serve_sandbox(place: Place) -> None:
    """The Control Plane's process."""
    quiet()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    server = make_server(create_app(SandboxSettings(place.sandbox_database)))
    server.run(sockets=[listen("127.0.0.1", place.port)])


def quiet() -> None:
    """Log nothing: the table is what counts."""
    logging.disable(logging.CRITICAL)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


@dataclass(slots=True)
class Part:
    """One process that is started again whenever it is gone."""

    name: str
    work: Callable[[Place], None]
    place: Place
    process: ForkServerProcess | None = None
    died: int = 0  # times that it ended without being killed by us: never, when all is well

    def start(self) -> None:
        """Start it."""
        context = mp.get_context("forkserver")
        context.set_forkserver_preload(["benchmarks.chaos.processes"])
        self.process = context.Process(target=self.work, args=(self.place,), daemon=True, name=self.name)
        self.process.start()

    def kill(self) -> None:
        """End it as a power cut does, and start another."""
        if self.process is not None and self.process.is_alive():
            self.process.kill()
            self.process.join()
        self.start()

    def freeze(self, seconds: float) -> threading.Timer:
        """Stop it in the middle of whatever it does; the timer lets it go on."""
        pid = self.pid
        os.kill(pid, signal.SIGSTOP)
        timer = threading.Timer(seconds, _thaw, args=(pid,))
        timer.start()
        return timer

    def look_after(self) -> None:
        """Start it again where it has ended by itself, and count that."""
        if self.process is not None and not self.process.is_alive():
            self.died += 1
            self.start()

    @property
    def pid(self) -> int:
        """Its number."""
        return (self.process.pid if self.process is not None else None) or 0


def _thaw(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGCONT)


@dataclass(slots=True)
class Postgres:
    """A server of our own that may be killed."""

    folder: Path
    server: EmbeddedServer = field(init=False)

    def __post_init__(self) -> None:
        self.server = EmbeddedServer(ServerFolder(self.folder), settings=QUICK)

    def start(self) -> str:
        """Start it; gives its URL."""
        return self.server.ensure_running().render_as_string(hide_password=False)

    def kill(self) -> None:
        """End its first process as a power cut does, and start it again."""
        pid = server_pid(self.server.folder.data)
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
        self.server.ensure_running()


def now() -> datetime:
    """The present."""
    return datetime.now(UTC)
