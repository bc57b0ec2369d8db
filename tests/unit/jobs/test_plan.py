"""How a job's watches are cut into shards."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.labels import Labels
from domain.watch import Limit
from jobs.plan import ShardLimits, cut_shards
from tests.fixtures.builders import make_watch

SMALL = ShardLimits(series=3)


def hosts(*names: str) -> list[Labels]:
    return [Labels.of(instance=name, mountpoint="/") for name in names]


def test_a_watch_that_fits_is_one_shard_with_its_own_query() -> None:
    watch = make_watch()

    (shard,) = cut_shards([watch], {watch.key: hosts("a", "b")}, SMALL)

    assert (shard.query, shard.limit_query, shard.parts) == (watch.query, watch.limit.query, 1)


def test_a_watch_that_could_not_be_counted_has_one_shard_that_will_tell_why() -> None:
    assert [shard.expected_series for shard in cut_shards([make_watch()], {}, SMALL)] == [0]


def test_a_large_watch_is_cut_by_the_values_of_its_first_entity_label() -> None:
    watch = make_watch()

    shards = cut_shards([watch], {watch.key: hosts("d", "b", "a", "c", "e")}, SMALL)

    assert [(shard.part, shard.parts, shard.expected_series) for shard in shards] == [(0, 2, 3), (1, 2, 2)]
    assert all('instance=~"a|b|c"' in text for text in (shards[0].query, shards[0].limit_query or ""))
    assert 'instance=~"d|e"' in shards[1].query


def test_the_series_of_one_value_stay_together() -> None:
    watch = make_watch()
    many = [Labels.of(instance="a", mountpoint=f"/{number}") for number in range(5)]

    assert len(cut_shards([watch], {watch.key: many}, SMALL)) == 1
    assert len(cut_shards([watch], {watch.key: [*many, *hosts("b")]}, SMALL)) == 2


def test_a_query_that_cannot_be_narrowed_stays_whole() -> None:
    watch = make_watch(query="sum by (mountpoint) (node_filesystem_size_bytes)", limit=Limit(value=1.0))

    (shard,) = cut_shards([watch], {watch.key: hosts("a", "b", "c", "d")}, SMALL)

    assert shard.query == watch.query


@pytest.mark.parametrize("selectors", [1, 4])
def test_no_query_becomes_too_long_by_its_values(selectors: int) -> None:
    """The values stand in every selector, escaped, in bytes; VictoriaMetrics takes 16 KiB at most."""
    metric = "node_filesystem_size_bytes{}"
    watch = make_watch(query=" - ".join([metric] * selectors), limit=Limit(query=metric))
    names = [f"主機-{number}.eu-central-1.compute.internal:9100" for number in range(900)]

    shards = cut_shards([watch], {watch.key: hosts(*names)}, ShardLimits(series=500))

    lengths = [len(text.encode()) for shard in shards for text in (shard.query, shard.limit_query or "")]
    assert max(lengths) <= 12_000
    assert max(lengths) > 11_000, "shards are no smaller than they must be"
    assert sum(shard.expected_series for shard in shards) == 900


def test_a_query_that_is_long_by_itself_is_not_cut_into_a_shard_of_each_value() -> None:
    watch = make_watch(query=f'x{{a!="{"y" * 13_000}"}}', limit=Limit(value=1.0))

    assert len(cut_shards([watch], {watch.key: hosts(*"abcdefgh")}, SMALL)) == 3


def test_longer_history_means_fewer_series_in_a_shard() -> None:
    limits = ShardLimits()

    month = limits.series_per_shard(make_watch())
    quarter = limits.series_per_shard(make_watch(history=timedelta(days=90)))

    assert month == 3 * quarter + month % quarter
    assert month * 8640 * 8 * 3 <= limits.memory
