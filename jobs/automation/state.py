"""What the guards look at: what was started before, what people do, what the Control Plane has. Data alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from domain.alert import KnownSilence
from domain.execution import Execution, ExecutionStatus
from domain.finding import Finding
from domain.labels import Labels
from domain.mute import Mute, Recurrence
from jobs.automation.config import RuleModel


@dataclass(frozen=True, slots=True)
class Available:
    """What the Control Plane has, as it answered at that moment."""

    at: datetime
    scripts: Mapping[str, frozenset[str] | None]  # the parameters of those that are enabled; None: it does not tell
    resources: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # ids by name and by address, lower case


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is: what the guards know of a finding."""

    watch: str
    entity: Labels
    labels: Mapping[str, str]

    @classmethod
    def of(cls, finding: Finding) -> Place:
        """Where a finding is."""
        return cls(finding.watch, finding.entity, {**finding.labels, **finding.entity})

    def near(self, other: Place, rule: RuleModel) -> bool:
        """Whether both are in one group of the rule."""
        if rule.group is None:
            return self.watch == other.watch
        return self.labels.get(rule.group, "") == other.labels.get(rule.group, "")


@dataclass(frozen=True, slots=True)
class Past:
    """An execution that was asked for, and where; None: nobody knows any more."""

    execution: Execution
    place: Place | None

    @property
    def withdrawn(self) -> bool:
        """Whether it was called off before the Control Plane was told of it."""
        return self.execution.status is ExecutionStatus.CANCELLED and self.execution.remote_id is None


@dataclass(frozen=True, slots=True)
class Attended:
    """An incident that a person has acknowledged, and where its findings are; None: too many to look at."""

    source_key: str
    places: tuple[Place, ...] | None


@dataclass(frozen=True, slots=True)
class GuardState:
    """Everything that the guards look at, as it is at the moment `at`."""

    at: datetime
    windows: tuple[Recurrence, ...] = ()  # the allowed hours
    stopped: str | None = None  # why the kill switch is on
    available: Available | None = None  # None: the Control Plane was not asked, or did not answer
    past: tuple[Past, ...] = ()  # the newest first
    sizes: Mapping[tuple[str, str, str], int] = field(default_factory=dict)  # entities by (rule, watch, group)
    attended: tuple[Attended, ...] = ()
    storms: frozenset[str] = frozenset()  # incidents that list the members of a storm
    mutes: tuple[Mute, ...] = ()
    silences: tuple[KnownSilence, ...] = ()
    unheard: str = ""  # why Alertmanager's silences are not known; empty: they are, or there is no Alertmanager
    approvals: Mapping[str, datetime] = field(default_factory=dict)  # when a person agreed, by correlation id
    rearmed: Mapping[str, datetime] = field(default_factory=dict)  # what a script did before this is forgiven

    def after(self, execution: Execution, place: Place) -> GuardState:
        """The state once this execution was asked for too."""
        return replace(self, past=(Past(execution, place), *self.past))

    def sent(self, *, dry_run: bool) -> tuple[Past, ...]:
        """What the Control Plane was, or will be, asked for: dry runs, or real ones."""
        return tuple(one for one in self.past if one.execution.dry_run == dry_run and not one.withdrawn)
