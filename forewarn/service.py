"""The service: a scheduler, a dispatcher and the read API, in one process or in several."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import datetime

import httpx
import structlog
import uvicorn
from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from sqlalchemy import Engine

from api.app import create_app
from controlplane.client import ControlPlaneClient
from controlplane.metrics import DispatcherMetrics
from controlplane.outbox import StoreUnavailable
from domain.job import Job
from forewarn.api_assembly import api_context
from forewarn.assembly import make_dispatcher, run_context
from forewarn.configuration import Configuration
from forewarn.job_metrics import JobMetrics
from forewarn.signals import Signals
from jobs.automation.follow import follow_forever
from jobs.outbox_store import SqlOutboxStore
from jobs.pipeline import run_job
from jobs.present import now
from jobs.scheduler import Scheduler
from storage.engine import read_only
from storage.retention import give_up, prune
from storage.runs import lapsed_runs
from storage.schema import open_database

log = structlog.get_logger(__name__)

GRACE_SECONDS = 30.0


class Service:
    """Parts of the service in one process; they end together, each after what it is doing."""

    def __init__(self, configuration: Configuration, parts: frozenset[str], signals: Signals) -> None:
        self.began = False
        self._settings = configuration.settings
        self._jobs = configuration.jobs
        self._parts = parts
        self._signals = signals
        self._stop = threading.Event()
        self._failure: BaseException | None = None
        self._registry = new_registry()
        self._metrics = DispatcherMetrics(self._registry)
        self._job_metrics = JobMetrics(self._registry)

    def run(self, reread: Callable[[], Configuration | None]) -> Configuration | None:
        """Serve until a signal asks to stop, or to reload and there is a configuration to begin anew with.

        Returns that configuration. Raises what kept it from beginning, or ended a part that nobody asked to stop.
        """
        wanted = None
        with ExitStack() as stack:
            engine = open_database(self._settings.database)
            stack.callback(engine.dispose)
            listener = self._listen(stack)
            self._signals.heed()
            self._dispatch(engine, stack)
            self._serve_api(engine, listener, stack)
            if "scheduler" in self._parts and not self._signals.end:
                self._schedule(engine, stack)  # last, so that the others go on while a run is waited for at the end
            self.began = True
            log.info("service_started", parts=sorted(self._parts), jobs=[job.name for job in self._jobs])
            while wanted is None and not self._stop.is_set() and not self._signals.end:
                self._signals.wait()
                wanted = reread() if self._signals.reload() else None
            log.info("service_stopping")
        if self._failure is not None:
            raise self._failure
        return wanted

    def _schedule(self, engine: Engine, stack: ExitStack) -> None:
        def run_one(job: Job, as_of: datetime) -> None:
            run_job(job, as_of, run_context(self._settings, engine, job))

        def lapsed() -> list[tuple[str, datetime]]:
            with read_only(engine) as session:
                return [(run.job, run.as_of) for run in lapsed_runs(session)]

        def keep_house(at: datetime) -> None:
            given_up = give_up(engine, as_of=at)
            log.info("house_kept", given_up=given_up, forgotten=prune(engine, self._settings.retention, as_of=at))

        scheduler = Scheduler(self._jobs, run_one, lapsed, now, housekeeping=keep_house)
        scheduler.start()
        for name, moment in scheduler.next_times().items():
            log.info("job_scheduled", job=name, next_run=moment.isoformat())
        stack.callback(scheduler.stop)

    def _dispatch(self, engine: Engine, stack: ExitStack) -> None:
        config = self._settings.delivers_to
        if "dispatcher" not in self._parts or config is None:
            if "dispatcher" in self._parts:
                log.warning("nobody_is_told", advice="configure control_plane; until then messages wait in the outbox")
            return
        client = stack.enter_context(ControlPlaneClient(config))
        dispatcher = make_dispatcher(config, engine, client, self._metrics, settings=self._settings)
        self._start("executions", lambda: follow_forever(engine, client, self._stop, now), stack)
        self._start("dispatcher", lambda: dispatcher.run_forever(self._stop), stack)

    def _listen(self, stack: ExitStack) -> socket.socket | None:
        if "api" not in self._parts or not self._settings.api.enabled:
            return None
        return stack.enter_context(listen(self._settings.api.address, self._settings.api.port))

    def _serve_api(self, engine: Engine, listener: socket.socket | None, stack: ExitStack) -> None:
        if listener is None:
            return
        http = stack.enter_context(httpx.Client(timeout=10.0))

        def refresh() -> None:
            """From what is stored: the same in every process, whichever runs and delivers."""
            self._job_metrics.show(self._jobs, engine, now())
            with suppress(StoreUnavailable):
                self._metrics.show(SqlOutboxStore(engine).state())

        app = create_app(api_context(self._settings, engine, http, self._registry, refresh))
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
        log.info("api_listens", address=self._settings.api.address, port=listener.getsockname()[1])
        self._start("api", lambda: server.run([listener]), stack)
        threading.Thread(target=self._end_api, args=(server,), name="api-stop", daemon=True).start()

    def _end_api(self, server: uvicorn.Server) -> None:
        self._stop.wait()
        server.should_exit = True

    def _start(self, name: str, work: Callable[[], None], stack: ExitStack) -> None:
        """Run a part in a thread; when it ends before its time, the whole service does, and tells why.

        On the way out of the stack all parts are asked to end, and this one is waited for.
        """

        def guarded() -> None:
            try:
                work()
            except BaseException as error:
                self._failure = error
                raise
            finally:
                self._stop.set()
                self._signals.wake()

        def end() -> None:
            self._stop.set()
            thread.join(GRACE_SECONDS)

        thread = threading.Thread(target=guarded, name=name, daemon=True)
        thread.start()
        stack.callback(end)


def new_registry() -> CollectorRegistry:
    """A registry that tells of the process, and of nothing that was counted before: the jobs may be others now."""
    registry = CollectorRegistry()
    for collector in (ProcessCollector, PlatformCollector, GCCollector):
        collector(registry=registry)
    return registry


def listen(address: str, port: int) -> socket.socket:
    """A socket that listens. Raises `OSError` that says what to do when somebody else listens there."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        advice = f"{error.strerror}: stop what listens there, or set api.address and api.port"
        raise OSError(error.errno, advice, f"{address}:{port}") from error
    return listener
