"""Jobs: a schedule, some watches, an analysis and a policy."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from domain.finding import Severity
from domain.watch import Watch


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a job runs: a five-field cron line in a time zone."""

    cron: str
    timezone: str = "UTC"
    misfire_grace: timedelta = timedelta(hours=6)  # a time that was missed by more than this is skipped, and said so


@dataclass(frozen=True, slots=True)
class Policy:
    """Which analyses matter. Defaults are the strict ones: a late warning is forgiven sooner than ten false ones."""

    open_probability: float = 0.5  # P(exhausted within the horizon that is told) from which a finding is seen
    tell_within: timedelta = timedelta(days=30)  # what crosses later than this is no finding
    open_after_runs: int = 2  # opens when seen in so many runs in a row ...
    open_at_once_lead: float = 0.5  # ... or at once when P(crossed before it can be fixed) is at least this
    clear_after_runs: int = 2  # clears after so many clean runs
    clear_probability: float = 0.3  # a run is clean when the probability is below this (hysteresis)
    critical_lead: float = 0.8  # P(crossed before it can be fixed) from which severity is critical
    warning_lead: float = 0.3  # ... warning; below it is info
    ceiling: Severity = Severity.WARNING  # a prediction is never told above this; what is exhausted already may be
    reopen_within: timedelta = timedelta(days=2)  # back within this: the same episode goes on
    gone_after: timedelta = timedelta(days=3)  # what was not reported for so long is gone, and cleared
    maximum_age: timedelta = timedelta(days=90)  # an episode older than this is closed and begins anew
    renotify_growth: float = 0.25  # update when the time left shrank by this share (or severity rose)
    incidents_per_run: int = 20  # for each team; one of them lists the rest. 0: nothing new is told
    team_label: str = "team"  # the label that names whose the thing is; the cap holds for each team
    group_by: tuple[str, ...] = ()  # labels whose findings are told in one incident; empty: those of one entity
    false_positive_mute: timedelta = timedelta(days=14)  # a false positive is not told again for so long
    maximum_backtest_score: float = 2.0  # a forecast whose backtest is worse than this tells nothing


@dataclass(frozen=True, slots=True)
class Job:
    """A schedule, some watches, an analysis and a policy."""

    name: str
    schedule: Schedule
    watches: tuple[Watch, ...]
    source: str = "prometheus"
    analysis: str = "capacity"
    policy: Policy = field(default_factory=Policy)
    languages: tuple[str, ...] = ("en", "zh-TW")  # of its report
