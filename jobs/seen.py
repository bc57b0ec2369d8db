"""What series a job's watches have, so that they can be cut into shards. Reads the source."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog

from domain.labels import Labels
from domain.times import Grid
from domain.watch import Watch
from jobs.away import UNANSWERED, InARow
from jobs.plan import ShardLimits
from sources.base import Source
from sources.errors import SourceError, SourceUnavailable

log = structlog.get_logger(__name__)
LOOK_EVERY = timedelta(hours=6)  # how closely history is looked at for series that have gone meanwhile


def require_reachable(source: Source, place: str) -> None:
    """Raise `SourceUnavailable` when the source cannot be used at all: forty watches need not each find that out."""
    for check in source.check():
        if check.required and not check.ok:
            raise SourceUnavailable(check.finding(source.name, place), source=source.name, advice=check.advice)


def series_seen(
    watches: Sequence[Watch],
    source: Source,
    as_of: datetime,
    limits: ShardLimits,
    progress: Callable[[str, int, int], None],
    patience: float,
) -> dict[str, Sequence[Labels]]:
    """The label sets of each watch's series, by `Watch.key`.

    A watch that fits into one shard is only counted; one that does not is looked at over its whole history, so that
    series that have gone meanwhile belong to a shard too. A watch that could not be asked is left out: its shard will
    tell why. So are those after three in a row that went unanswered for `patience` seconds. Raises `SourceUnavailable`
    for a source that says that it is there and answers nothing, from the first watch on: it takes minutes to find that
    out, and each watch would do so twice.
    """
    seen: dict[str, Sequence[Labels]] = {}
    row = InARow(patience)
    for done, watch in enumerate(watches):
        progress("plan", done, len(watches))
        if row.away is not None:
            log.warning("watch_not_counted", watch=watch.key, reason="the source answers no more")
            continue
        begun = time.monotonic()
        try:
            now = source.fetch(watch.query, Grid.ending(as_of, int(watch.step.total_seconds()), 1)).labels
            if len(now) > limits.series_per_shard(watch):
                steps = max(1, watch.history // LOOK_EVERY)
                past = source.fetch(watch.query, Grid.ending(as_of, int(LOOK_EVERY.total_seconds()), steps)).labels
                now = tuple(sorted({*now, *past}))
        except SourceError as error:
            log.warning("watch_not_counted", watch=watch.key, reason=str(error))
            row.add(error if isinstance(error, SourceUnavailable) else None, time.monotonic() - begun)
            if row.unanswered == UNANSWERED == done + 1:
                raise
            continue
        row.add(None, 0.0)
        seen[watch.key] = now
    return seen
