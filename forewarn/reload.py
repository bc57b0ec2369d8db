"""The service under configurations that change: the last one that could be used is the one that is kept."""

from __future__ import annotations

from contextlib import closing
from functools import partial
from pathlib import Path

import structlog

from controlplane.errors import ControlPlaneError
from forewarn.configuration import Configuration, read_configuration, told
from forewarn.logs import configure_logs
from forewarn.service import Service
from forewarn.signals import Signals
from jobs.problems import ConfigError
from storage.errors import StorageError
from storage.schema import open_database

log = structlog.get_logger(__name__)

EXPECTED = (StorageError, ControlPlaneError, OSError)  # what may keep a right configuration from working here
ADVICE = "mend it and reload; until then the former configuration holds"


def serve_anew(config: Path | None, parts: frozenset[str]) -> None:
    """Serve until a signal asks to stop, and anew whenever one asks to reload. Raises what ended the service."""
    with closing(Signals()) as signals:
        former: Configuration | None = None
        current: Configuration | None = read_configuration(config)
        while current is not None and not signals.end:
            configure_logs(current.settings.log.level, current.settings.log.format)
            service = Service(current, parts, signals)
            try:
                wanted = service.run(partial(usable, current.settings.file))
            except EXPECTED as error:
                if service.began or former is None:
                    raise
                log.error("configuration_refused", what=str(error), advice=ADVICE)
                current, former = former, None
            else:
                current, former = wanted, current


def usable(file: Path | None) -> Configuration | None:
    """The configuration as its files are now; None where it can't be used, or its database: the log tells why then."""
    read = reread(file)
    if read is None:
        return None
    try:
        open_database(read.settings.database).dispose()
    except StorageError as error:  # perhaps it is away for all: who serves now can wait for it, who begins can't
        log.error("configuration_refused", what=str(error), advice=ADVICE)
        return None
    log.info("configuration_accepted", file=str(file) if file is not None else None)
    return read


def reread(file: Path | None) -> Configuration | None:
    """The configuration as its files are now; None where it can't be used: every fault is in the log then.

    A file that was read before has to be there still: without it, the defaults would be taken.
    """
    try:
        return read_configuration(file)
    except ConfigError as error:
        for problem in error.problems:
            log.error("configuration_refused", **told(problem))
        return None
