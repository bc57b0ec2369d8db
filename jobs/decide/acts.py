"""What a decision is: data, with its reason in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from domain.alert import KnownAlert, KnownIncident, KnownSilence
from domain.finding import Analysis, Finding
from domain.incident import Incident
from domain.mute import Mute

Describe = Callable[[Analysis], tuple[str, str]]  # title and summary, in the language that incidents are told in


class Act(StrEnum):
    """What is done about a finding in this run."""

    OPEN = "open"  # its episode begins: an incident tells it
    ESCALATE = "escalate"  # told again: the severity rose
    UPDATE = "update"  # told again: much less time is left
    CLEAR = "clear"  # its episode ends
    KEEP = "keep"  # nothing new to tell
    HOLD = "hold"  # seen, and not told yet
    DEFER = "defer"  # told only as one of many, in the incident that lists a storm's members
    DROP = "drop"  # was pending, and is gone before it was ever told
    ATTACH = "attach"  # known already: an alert fires, or somebody's incident is open
    IGNORE = "ignore"  # a person has said that it is not to be told for now


class Ending(StrEnum):
    """Why an episode ends. With the facts of its decision it can be said in any language."""

    CLEAN = "clean"  # so many runs in a row saw no trouble
    GONE = "gone"  # its entity is not reported any more
    UNWATCHED = "unwatched"  # the job does not have its watch any more
    AGED = "aged"  # it was too old; where trouble goes on, the next one begins


@dataclass(frozen=True, slots=True)
class Decision:
    """What is done about one finding, the finding as it stands afterwards, and why."""

    act: Act
    finding: Finding
    reason: str
    analysis: Analysis | None = None  # None: the entity was not seen in this run
    attached_to: str | None = None  # the id of somebody else's incident that is told of it
    ending: Ending | None = None  # why its episode ends, where we end it
    untold: Finding | None = None  # where it opens: the finding as it is should it not be told after all


class IncidentAct(StrEnum):
    """What is told of an incident."""

    OPEN = "open"
    ESCALATE = "escalate"
    UPDATE = "update"
    RESOLVE = "resolve"
    KEEP = "keep"  # nothing is told; its members changed


@dataclass(frozen=True, slots=True)
class IncidentDecision:
    """What is told of one incident, the incident as it stands afterwards, and its members, the most urgent first."""

    act: IncidentAct
    incident: Incident
    members: tuple[Decision, ...]
    reason: str
    storm: bool = False  # it lists the members of a storm
    others: int = 0  # how many findings of a storm's team opened with it and are told in other incidents


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known besides what the run saw."""

    findings: Mapping[str, Finding] = field(default_factory=dict)  # by fingerprint; cleared ones too
    incidents: Mapping[str, Incident] = field(default_factory=dict)  # by source key, as they were last seen
    alerts: tuple[KnownAlert, ...] = ()
    silences: tuple[KnownSilence, ...] = ()
    others: tuple[KnownIncident, ...] = ()  # open incidents at the Control Plane that are not ours
    mutes: tuple[Mute, ...] = ()  # those of our incidents are looked at when they are told
    last_saw: datetime | None = None  # the time of the newest run before this one that saw anything
    missing: tuple[str, ...] = ()  # what others tell that could not be looked at, in words
    cut: frozenset[str] = frozenset()  # the watches of which the run before this one could not have all that there was


@dataclass(frozen=True, slots=True)
class Decided:
    """Everything that a run decides: on findings, in the order of their fingerprints, and on incidents, by key."""

    findings: tuple[Decision, ...] = ()
    incidents: tuple[IncidentDecision, ...] = ()


@dataclass(frozen=True, slots=True)
class Moment:
    """The run that decides: its time, how its findings are put into words, and what it and the one before it saw."""

    as_of: datetime
    describe: Describe
    complete: frozenset[str] = frozenset()  # watches of which it saw all that there is: what is not there is gone
    silent: frozenset[str] = frozenset()  # those of whose several entities it saw none: their exporter may be gone
    last_saw: datetime | None = None  # see `Situation`
    cut: frozenset[str] = frozenset()  # see `Situation`

    def first_without(self, finding: Finding) -> bool:
        """Whether no run has looked and missed the entity before: the source may have been away till now."""
        return finding.watch in self.cut or (self.last_saw is not None and self.last_saw <= finding.last_seen)
