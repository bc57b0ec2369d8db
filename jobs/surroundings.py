"""What others tell already when a run decides: alerts that fire, silences, incidents that are not ours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from domain.alert import KnownAlert, KnownIncident, KnownSilence
from domain.job import Job
from jobs.automation.state import Available


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What others tell already. `missing` names, in words, what could not be looked at."""

    alerts: tuple[KnownAlert, ...] = ()
    silences: tuple[KnownSilence, ...] = ()
    others: tuple[KnownIncident, ...] = ()
    missing: tuple[str, ...] = ()
    unheard: str = ""  # why silences are not known; no script is started then
    available: Available | None = None  # what automation could use; None: it was not asked for


NOTHING = Surroundings()
LookAround = Callable[[Job, datetime], Surroundings]
