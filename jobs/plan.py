"""Plan: cut a job's watches into shards that fit the memory and whose queries servers take. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from domain.labels import Labels
from domain.run import Shard
from domain.watch import Watch
from sources.promql import bytes_of_value, narrow, narrowed_selectors

BYTES_PER_VALUE = 8  # float64
COPIES = 3  # values, limits that are series, and room to work


@dataclass(frozen=True, slots=True)
class ShardLimits:
    """What one shard may cost. `memory` in bytes is what its arrays may take; `series` bounds it besides.

    `query` in bytes is how long a query may become by being narrowed: VictoriaMetrics takes 16 KiB at most.
    """

    memory: int = 48 * 1024 * 1024
    series: int = 2000
    query: int = 12_000

    def series_per_shard(self, watch: Watch) -> int:
        """How many series of a watch fit into one shard: at least one."""
        steps = steps_of(watch)
        return max(1, min(self.series, self.memory // (steps * BYTES_PER_VALUE * COPIES)))


def steps_of(watch: Watch) -> int:
    """How many steps the watch's history has on its grid."""
    return max(1, watch.history // max(watch.step, timedelta(seconds=1)))


def cut_shards(
    watches: Sequence[Watch], seen: Mapping[str, Sequence[Labels]], limits: ShardLimits
) -> tuple[Shard, ...]:
    """The shards of a run, in the order of the watches.

    `seen` gives the label sets of each watch's series by `Watch.key`; a watch that is not in it could not be
    counted and gets one shard, which will tell the reason when it runs. A watch with more series than fit is cut by
    the values of its first entity label, where its query allows that without changing what it means.
    """
    shards: list[Shard] = []
    for watch in watches:
        series = seen.get(watch.key, ())
        for part in _parts(watch, series, limits):
            shards.append(
                Shard(
                    index=len(shards),
                    watch=watch.key,
                    part=part.number,
                    parts=part.of,
                    query=part.query,
                    limit_query=part.limit_query,
                    expected_series=part.series,
                )
            )
    return tuple(shards)


@dataclass(frozen=True, slots=True)
class _Part:
    number: int
    of: int
    query: str
    limit_query: str | None
    series: int


def _parts(watch: Watch, series: Sequence[Labels], limits: ShardLimits) -> list[_Part]:
    most = limits.series_per_shard(watch)
    whole = [_Part(0, 1, watch.query, watch.limit.query, len(series))]
    label = watch.entity[0] if watch.entity else ""
    if len(series) <= most or not label:
        return whole
    groups = _groups([labels.get(label, "") for labels in series], most, _room(watch, label, limits.query))
    if len(groups) < 2:
        return whole
    parts: list[_Part] = []
    for number, (values, count) in enumerate(groups):
        query = narrow(watch.query, label, values)
        limit_query = None if watch.limit.query is None else narrow(watch.limit.query, label, values)
        if query is None:
            return whole
        parts.append(_Part(number, len(groups), query, limit_query or watch.limit.query, count))
    return parts


def _room(watch: Watch, label: str, longest: int) -> int:
    """How many bytes the label's values may take, once, so that neither query of the watch becomes longer than that.

    A query that is long by itself leaves little room; it gets a quarter, for a shard of each value is no way out.
    """
    rooms = [longest]
    for query in (watch.query, watch.limit.query):
        narrowed = narrow(query, label, [""]) if query is not None else None
        if query is not None and narrowed is not None:
            left = max(longest - len(narrowed.encode()), longest // 4)
            rooms.append(left // narrowed_selectors(query, label))
    return min(rooms)


def _groups(values: Sequence[str], most: int, room: int) -> list[tuple[tuple[str, ...], int]]:
    """Label values, sorted and packed into groups (one value is never split).

    A group has at most `most` series, and its values take at most `room` bytes of a matcher.
    """
    counts: dict[str, int] = {}
    for value in values:
        counts[value] = counts.get(value, 0) + 1
    groups: list[tuple[tuple[str, ...], int]] = []
    current: list[str] = []
    size = taken = 0
    for value in sorted(counts):
        length = bytes_of_value(value)
        if current and (size + counts[value] > most or taken + length > room):
            groups.append((tuple(current), size))
            current, size, taken = [], 0, 0
        current.append(value)
        size += counts[value]
        taken += length
    if current:
        groups.append((tuple(current), size))
    return groups
