"""Findings: what an analysis says about an entity, with the evidence by which a person can redo it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from domain.forecast import Exhaustion, Forecast
from domain.labels import Labels
from domain.notes import Note
from domain.series import SeriesStatus


class Severity(StrEnum):
    """How bad it is, in the Control Plane's words; `rank` orders them."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for info, 1 for warning, 2 for critical."""
        return ("info", "warning", "critical").index(self.value)


class FindingKind(StrEnum):
    """What a finding claims."""

    EXHAUSTION = "exhaustion"  # it will reach, or has reached, its limit
    OVERSIZED = "oversized"  # it is far too large for what it does


class FindingState(StrEnum):
    """Where a finding stands, from run to run."""

    PENDING = "pending"  # seen, not yet told (hysteresis)
    OPEN = "open"  # told: its episode has an incident
    CLEARING = "clearing"  # open, but the last run saw nothing of it
    CLEARED = "cleared"  # gone: its episode is over


class Outcome(StrEnum):
    """What came of a prediction when its day had come (the Control Plane's words)."""

    PREVENTED = "prevented"
    OCCURRED = "occurred"
    FALSE_POSITIVE = "false_positive"
    ACCEPTED_RISK = "accepted_risk"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True)
class Chart:
    """What a picture of one entity needs, thinned to a few hundred points; None is a gap."""

    times: tuple[datetime, ...]
    values: tuple[float | None, ...]
    limits: tuple[float | None, ...]
    forecast: Forecast | None = None


@dataclass(frozen=True, slots=True)
class Growth:
    """How the value moves: `per_day` in the watch's unit, steady since `since` (None: for the whole window)."""

    per_day: float
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """How an analysis came to its answer: enough for a person to redo it."""

    source: str  # the name of the source
    query: str
    limit_query: str | None
    start: datetime  # the window that was looked at
    end: datetime
    step_seconds: int
    samples_seen: int
    samples_expected: int
    method: str  # the method or combination that was chosen, by name
    backtest_score: float | None  # its scaled error on held-back history (1 = as good as the naive method)
    current: float | None  # the last value seen, in the watch's unit
    limit: float | None  # the limit at as_of
    growth: Growth | None = None
    peak: float | None = None  # where its days lately peak (downward: bottom), if that is what is judged
    notes: tuple[Note, ...] = ()  # data quality, limits that moved, seasons that were found, ...
    warnings: tuple[str, ...] = ()  # what the source warned of


@dataclass(frozen=True, slots=True)
class Analysis:
    """What one run says about one entity of one watch: the input of `decide`. Recorded for every entity."""

    watch: str  # Watch.key
    entity: Labels
    status: SeriesStatus
    exhaustion: Exhaustion
    evidence: Evidence
    oversized_by: float | None = None  # how much could be given back, in the watch's unit; None: nothing
    earlier: Exhaustion | None = (
        None  # the same analysis with the newest day held back; only where something may happen
    )
    labels: Labels = field(default_factory=Labels)  # all labels of the series, for routing and grouping
    chart: Chart | None = None  # only where something may happen within the horizon


@dataclass(frozen=True, slots=True)
class Told:
    """What the Control Plane was last told of a finding, so that only news is told again."""

    at: datetime  # the as_of of the run that told it
    severity: Severity
    p50: datetime | None


@dataclass(frozen=True, slots=True)
class Finding:
    """What an analysis says about an entity, as it stands now: one per fingerprint."""

    fingerprint: str
    job: str
    watch: str
    kind: FindingKind
    entity: Labels
    severity: Severity
    state: FindingState
    episode: int  # from 1; a new one begins when it comes back after it was cleared
    title: str
    summary: str  # sentences a person understands
    first_seen: datetime
    last_seen: datetime
    exhaustion: Exhaustion
    evidence: Evidence
    seen_runs: int = 1  # runs in a row that saw it
    clean_runs: int = 0  # runs in a row that did not
    reason: str = ""  # why it is in this state, in words
    labels: Labels = field(default_factory=Labels)  # all labels of the series, for routing and grouping
    opened_at: datetime | None = None  # the as_of at which this episode was told; None: not told yet
    cleared_at: datetime | None = None
    told: Told | None = None
    incident: str = ""  # the source key of the incident that tells it; empty: it is not told
    reopenings: int = 0  # how often this episode came back within the quiet time
    outcome: Outcome | None = None  # what a person, or Forewarn, said of the last incident
    quiet_until: datetime | None = None  # nothing is told of it before this


def fingerprint(kind: FindingKind, watch: str, entity: Labels) -> str:
    """The name of a finding that stays the same from run to run: 32 hexadecimal digits.

    It depends on what the finding is about and on nothing that changes (severity, dates, values).
    """
    text = json.dumps([kind.value, watch, list(entity.pairs)], ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]
