"""Alerts: what others tell already, so that it is not told twice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.labels import Labels
from domain.mute import Matcher


@dataclass(frozen=True, slots=True)
class KnownAlert:
    """An alert that fires: from `ALERTS` in Prometheus, or from Alertmanager."""

    name: str
    labels: Labels
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class KnownSilence:
    """A silence of Alertmanager: what it matches is not told there, and not by us."""

    id: str
    matchers: tuple[Matcher, ...]
    ends_at: datetime
    comment: str = ""
    owner: str = ""


@dataclass(frozen=True, slots=True)
class KnownIncident:
    """An open incident at the Control Plane that is not ours."""

    id: str
    title: str
    labels: Labels
