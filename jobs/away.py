"""When a source is taken for away after its plan: it was there, and then shard after shard it answers no more. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from domain.run import Shard
from jobs.analyse import ShardResult
from jobs.seen import UNANSWERED
from sources.errors import SourceUnavailable


@dataclass(slots=True)
class InARow:
    """How many shards in a row the source did not answer, whichever worker asked; `away` is set for good by so many.

    Together they have to have waited for `patience` seconds at least: a server that restarts refuses many in a minute,
    and that costs nothing.
    """

    patience: float
    unanswered: int = 0
    waited: float = 0.0
    away: SourceUnavailable | None = None

    def add(self, result: ShardResult) -> None:
        """Count one more. Any answer begins the row anew, a refusal too."""
        if result.away is None:
            self.unanswered, self.waited = 0, 0.0
            return
        self.unanswered += 1
        self.waited += result.fetch_seconds
        if self.unanswered >= UNANSWERED and self.waited >= self.patience and self.away is None:
            self.away = result.away


def not_asked(shard: Shard, source: str, away: SourceUnavailable) -> ShardResult:
    """What comes of a shard of a source that is away: finding that out once more would take minutes."""
    return ShardResult(shard, reason=f"not asked: {source} did not answer {UNANSWERED} times in a row", away=away)


def unless_all_away(results: Iterator[ShardResult]) -> Iterator[ShardResult]:
    """The results as they come, once the source has answered one.

    Raises `SourceUnavailable` when it is away and has answered none: nothing is recorded then, and the run is put back
    as it was planned.
    """
    held: list[ShardResult] = []
    for result in results:
        held.append(result)
        if result.away is None:
            yield from held
            yield from results
            return
    if len(held) >= UNANSWERED and held[0].away is not None:
        raise held[0].away
    yield from held
