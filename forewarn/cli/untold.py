"""What could not be told yet, for the summary of a run: how many messages, and why."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine

from forewarn.checks.words import counted
from storage.engine import read_only
from storage.outbox import depth
from storage.outbox_pause import outbox_resting


@dataclass(frozen=True, slots=True)
class Untold:
    """Messages that wait, those that were given up, and why delivery rests, if it does."""

    waiting: int
    dead: int
    resting: str | None = None

    @classmethod
    def of(cls, engine: Engine) -> Untold:
        """As the outbox stands."""
        with read_only(engine) as session:
            found, resting = depth(session), outbox_resting(session)
        return cls(found.pending, found.dead, None if resting is None else resting.reason)

    @property
    def count(self) -> int:
        """Messages that the Control Plane does not have."""
        return self.waiting + self.dead

    def lines(self) -> list[str]:
        """What a person has to know of it; nothing where all is told."""
        lines = []
        if self.resting is not None:
            lines.append(f"delivery rests: {self.resting}; `forewarn doctor` checks the credential and the address")
        if self.waiting:
            waits = "still waits" if self.waiting == 1 else "still wait"
            lines.append(f"{counted(self.waiting, 'message')} {waits} for the Control Plane: `forewarn outbox list`")
        if self.dead:
            were = "was" if self.dead == 1 else "were"
            lines.append(
                f"{counted(self.dead, 'message')} {were} given up, and a person has to look: "
                "`forewarn outbox list --state dead` tells why"
            )
        return lines
