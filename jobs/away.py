"""When a source that was there is taken for away: question after question it answers no more. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from domain.run import Shard
from jobs.analyse import ShardResult
from sources.config import HttpConfig, SourceConfig
from sources.errors import SourceUnavailable

UNANSWERED = 3  # so many questions in a row: the source is away


@dataclass(slots=True)
class InARow:
    """How many shards, or watches of a plan, the source did not answer in a row; `away` is set for good by so many.

    Together they have to have waited for `patience` seconds at least: a server that restarts refuses many in a minute,
    and that costs nothing.
    """

    patience: float
    unanswered: int = 0
    waited: float = 0.0
    away: SourceUnavailable | None = None

    def add(self, error: SourceUnavailable | None, seconds: float) -> None:
        """Count one more question, and how long it took. Any answer begins the row anew, a refusal too."""
        if error is None:
            self.unanswered, self.waited = 0, 0.0
            return
        self.unanswered += 1
        self.waited += seconds
        if self.unanswered >= UNANSWERED and self.waited >= self.patience and self.away is None:
            self.away = error


def patience_with(config: SourceConfig) -> float:
    """Seconds that a source may go on without an answer before no more is asked of it: what one query may take."""
    return config.total_timeout.total_seconds() if isinstance(config, HttpConfig) else 0.0


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
