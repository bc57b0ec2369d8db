"""Where the rooms are joined: from settings to a database, a source, a run, a dispatcher."""

from __future__ import annotations

import os
import secrets
import socket
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path

from sqlalchemy import Engine

from controlplane.client import ControlPlaneClient
from controlplane.config import ControlPlaneConfig
from controlplane.dispatcher import Dispatcher
from controlplane.metrics import DispatcherMetrics
from domain.job import Job
from forewarn.settings import Settings
from jobs.automation.after import Automation
from jobs.automation.inventory import look_at
from jobs.automation.silences import KeptSilences
from jobs.look_around import look_around, silences_now
from jobs.outbox_store import SqlOutboxStore
from jobs.pipeline import Progress, RunContext, silent
from jobs.present import now
from jobs.surroundings import NOTHING, LookAround, Surroundings
from jobs.telling import Telling
from jobs.workers import Workers
from sources.alertmanager import Alertmanager
from sources.config import PrometheusConfig
from sources.errors import SourceError
from sources.open import open_source
from storage.embedded import default_folder
from storage.embedded.account import server_account

VERSION = version("forewarn")


def this_process() -> str:
    """A name for this process that no other has, now or later."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"


def run_context(settings: Settings, engine: Engine, job: Job, progress: Progress = silent) -> RunContext:
    """What a run of this job needs."""
    source = settings.sources[job.source]
    return RunContext(
        engine=engine,
        source=source,
        holder=this_process(),
        telling=Telling(
            settings.language,
            settings.timezone,
            base_url=None if settings.api.public_url is None else str(settings.api.public_url),
            source_url=source.url if isinstance(source, PrometheusConfig) else None,
        ),
        workers=Workers(settings.workers.backend, settings.workers.count),
        lease_seconds=settings.workers.lease.total_seconds(),
        progress=progress,
        look_around=looking_around(settings, engine),
        only_look=looking_around(settings, engine, record=False),
        automation=automation_of(settings),
        holidays=settings.holidays.read(),
        version=VERSION,
    )


def looking_around(settings: Settings, engine: Engine, *, record: bool = True) -> LookAround:
    """How a run learns what others tell already: from its source, from Alertmanager, from the Control Plane.

    What became of our incidents and executions is written down, unless `record` says that nothing is.
    """

    def look(job: Job, as_of: datetime) -> Surroundings:
        with ExitStack() as stack:
            source = stack.enter_context(closing(open_source(job.source, settings.sources[job.source])))
            alertmanager, client = None, None
            if settings.alertmanager is not None:
                alertmanager = stack.enter_context(closing(Alertmanager(settings.alertmanager)))
            config = settings.delivers_to
            if config is not None:
                client = stack.enter_context(ControlPlaneClient(config))
            around = look_around(
                job,
                as_of,
                now=now(),
                engine=engine,
                source=source,
                alertmanager=alertmanager,
                control_plane=client,
                record=record,
            )
            if client is None or not record:
                return around
            return replace(around, available=look_at(settings.automation, engine, client, as_of, now()))

    return look


def automation_of(settings: Settings) -> Automation:
    """What automation may do."""
    return Automation(settings.automation, settings.timezone, settings.language)


def silenced(settings: Settings, within: timedelta | None = None) -> Surroundings:
    """What is silenced just now in Alertmanager, where there is one; it is given up after `within`, if not before."""
    config = settings.alertmanager
    if config is None:
        return NOTHING
    if within is not None:
        config = config.model_copy(update={"total_timeout": min(within, config.total_timeout)})
    try:
        with closing(Alertmanager(config)) as alertmanager:
            return silences_now(alertmanager)
    except SourceError as error:  # its certificates can't be loaded
        return Surroundings(unheard=str(error))


def report_folder(settings: Settings) -> Path:
    """Where reports are written."""
    if settings.reports.folder is not None:
        return settings.reports.folder
    if settings.database.data_dir is not None:
        return settings.database.data_dir / "reports"
    return default_folder(None, server_account()).base.parent / "reports"


def make_dispatcher(
    config: ControlPlaneConfig,
    engine: Engine,
    client: ControlPlaneClient,
    metrics: DispatcherMetrics | None = None,
    *,
    settings: Settings,
) -> Dispatcher:
    """A dispatcher for the outbox in that database; scripts are started as the settings allow."""
    silences = KeptSilences(lambda: silenced(settings, config.total_timeout))  # a message's lease lasts longer
    store = SqlOutboxStore(engine, automation=automation_of(settings), silences=silences)
    return Dispatcher(config, store, client, metrics=metrics)
