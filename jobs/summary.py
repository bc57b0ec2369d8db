"""What a run came to: what is printed, returned as JSON and kept with the run."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from domain.run import Run, ShardOutcome
from jobs.decide import Act, Decision, IncidentDecision


@dataclass(frozen=True, slots=True)
class StageSeconds:
    """How long each stage took. Fetching and analysing are summed over the workers; `total` is by the clock."""

    plan: float = 0.0
    fetch: float = 0.0
    analyse: float = 0.0
    record: float = 0.0
    decide: float = 0.0
    report: float = 0.0
    total: float = 0.0


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What a run came to. `decisions` has what this run saw or changed; `repeated` says that it was done already."""

    run: Run
    decisions: tuple[Decision, ...]
    incidents: tuple[IncidentDecision, ...]
    shards: tuple[ShardOutcome, ...]
    entities: tuple[tuple[str, int], ...]  # how many entities have which status, most first
    samples: int
    seconds: StageSeconds = field(default_factory=StageSeconds)
    repeated: bool = False
    last_saw: datetime | None = None  # the time of the newest run, this one included, that saw anything
    superseded_by: datetime | None = None  # a later run has decided already: nothing was told, nothing changed

    def count(self, act: Act) -> int:
        """How many decisions are of that kind."""
        return sum(1 for decision in self.decisions if decision.act is act)
