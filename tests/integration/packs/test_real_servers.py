"""Every watch's queries, asked of real servers; and the watches of this machine on its own live metrics."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import numpy as np
import pytest

from domain.times import Grid
from domain.watch import Watch
from jobs.entities import EntityRows, align_limits, by_entity
from jobs.packs import LimitModel, load_pack, pack_names
from sources.base import Source
from sources.config import PrometheusConfig
from sources.open import open_source
from tests.fixtures.prometheus import ServerFactory
from tests.fixtures.systems import END, history, system_names
from tests.fixtures.systems.expected import EXPECTED

pytestmark = pytest.mark.server

# What a virtual machine may not have: swap, sensors, network mounts, connection tracking, network cards that state a
# speed, and disks and file systems of its own.
MAY_BE_ABSENT = {
    "node/swap": "node_memory_SwapTotal_bytes",
    "node/temperature": "node_hwmon_temp_crit_celsius",
    "node/network-filesystem-space": 'node_filesystem_size_bytes{fstype=~"nfs.*|cifs"}',
    "node/conntrack": "node_nf_conntrack_entries_limit",
    "node/network-in": 'node_network_speed_bytes{device=~"(en|eth).*"}',
    "node/network-out": 'node_network_speed_bytes{device=~"(en|eth).*"}',
    "node/disk-io": 'node_disk_io_time_seconds_total{device=~"(sd|vd|xvd|nvme).*"}',
    "node/filesystem-space": 'node_filesystem_size_bytes{fstype=~"ext4|xfs"}',
    "node/filesystem-inodes": 'node_filesystem_files{fstype=~"ext4|xfs"}',
}


def all_watches() -> list[Watch]:
    loaded = [load_pack(name) for name in pack_names()]
    watches = [watch for found in loaded for watch in found.pack.watches]
    return watches + [waiting.with_limit(LimitModel(value=1000)) for found in loaded for waiting in found.waiting]


@contextlib.contextmanager
def opened(url: str, kind: str = "prometheus") -> Iterator[Source]:
    source = open_source("test", PrometheusConfig.model_validate({"url": url, "kind": kind}))
    try:
        yield source
    finally:
        source.close()


def seen_by(source: Source, watch: Watch, grid: Grid) -> tuple[EntityRows, np.ndarray]:
    rows = by_entity(source.fetch(watch.query, grid), watch)
    limits = source.fetch(watch.limit.query, grid) if watch.limit.query is not None else None
    return rows, align_limits(rows, limits, watch)


def differences(source: Source) -> list[str]:
    """The watches that see anything else than what is expected of the small systems."""
    grid = Grid(END - 300, 300, 2)
    found = []
    for watch in all_watches():
        rows, limits = seen_by(source, watch, grid)
        expected = EXPECTED[watch.key]
        same = [dict(entity) for entity in rows.entities] == [seen.entity for seen in expected] and (
            np.allclose(rows.values[:, -1], [seen.value for seen in expected])
            and np.allclose(limits[:, -1], [seen.limit for seen in expected])
        )
        if not same:
            found.append(f"{watch.key}: {[dict(entity) for entity in rows.entities]} {rows.values} {limits}")
    return found


def test_prometheus_parses_every_query_and_gives_what_is_expected(prometheus_server: ServerFactory) -> None:
    with opened(prometheus_server(history(*system_names()))) as source:
        assert "\n".join(differences(source)) == ""


def test_victoriametrics_gives_the_same(victoria_server: ServerFactory) -> None:
    with opened(victoria_server(history(*system_names())), "victoriametrics") as source:
        assert "\n".join(differences(source)) == ""


def test_this_machine_is_seen_by_the_watches_of_its_kind(prometheus_server: ServerFactory, node_exporter: str) -> None:
    """Each watch gives series with all its entity labels and a limit, or the machine has no such thing."""
    url = prometheus_server(scrape=(node_exporter,))
    _wait_for_samples(url)

    with opened(url) as source:
        grid = Grid.ending(datetime.now(UTC), 5, 3)
        missing = []
        for watch in load_pack("node").pack.watches:
            rows, limits = seen_by(source, watch, grid)
            if not rows.entities:
                missing.append(watch.key)
            wanted = set(watch.entity) - {"cluster"}
            assert [dict(entity) for entity in rows.entities if set(entity) != wanted] == []
            assert np.all(limits[:, -1] > 0), watch.key
            assert np.all(rows.values[:, -1] <= limits[:, -1]), watch.key

        there = {key for key, metric in MAY_BE_ABSENT.items() if source.count(f"({metric}) > 0", datetime.now(UTC))}
        assert sorted(key for key in missing if key not in MAY_BE_ABSENT or key in there) == []


def _wait_for_samples(url: str) -> None:
    """Until rates can be had: two scrapes, five seconds apart."""
    until = time.monotonic() + 60
    query = 'min(count_over_time(node_cpu_seconds_total{mode="idle"}[1h])) >= 3'
    while time.monotonic() < until:
        found = httpx.get(f"{url}/api/v1/query", params={"query": query}).json()["data"]["result"]
        if found:
            return
        time.sleep(0.5)
    raise AssertionError("node_exporter was not scraped three times within a minute")
