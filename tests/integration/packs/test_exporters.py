"""The packs on real data of Debian's exporters: each watch sees its entities, with all their labels and their limits.

What these machines can't show: a replica's lag and the age of transaction ids need a later postgres_exporter than
Debian's, and there is no device for snmp_exporter, no cluster, no broker and no Java program.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import numpy as np
import pytest

from domain.labels import Labels
from domain.times import Grid
from domain.watch import Watch
from jobs.entities import align_limits, by_entity
from jobs.packs import LimitModel, load_pack
from sources.base import Source
from sources.config import PrometheusConfig
from sources.open import open_source
from tests.fixtures.prometheus import ServerFactory

pytestmark = pytest.mark.server

Seen = Mapping[Labels, tuple[float, float]]  # value and limit by entity


@contextlib.contextmanager
def opened(url: str) -> Iterator[Source]:
    source = open_source("test", PrometheusConfig.model_validate({"url": url}))
    try:
        yield source
    finally:
        source.close()


def watch_of(key: str) -> Watch:
    """The watch; one that waits for a limit gets a terabyte."""
    pack, _, name = key.partition("/")
    loaded = load_pack(pack)
    for waiting in loaded.waiting:
        if waiting.name == name:
            return waiting.with_limit(LimitModel(value=1e12))
    return next(watch for watch in loaded.pack.watches if watch.name == name)


def seen(source: Source, key: str, at: datetime | None = None) -> Seen:
    """What the watch sees, as soon as it sees something."""
    watch = watch_of(key)
    until = time.monotonic() + 40
    while True:
        grid = Grid.ending(at or datetime.now(UTC), 1, 1)
        rows = by_entity(source.fetch(watch.query, grid), watch)
        limits = align_limits(rows, source.fetch(watch.limit.query, grid) if watch.limit.query else None, watch)
        if rows.entities or time.monotonic() > until:
            break
        time.sleep(0.5)
    assert rows.entities, f"{key} sees nothing"
    assert np.isfinite(limits).all(), f"{key} lacks limits"
    return {entity: (rows.values[row, -1], limits[row, -1]) for row, entity in enumerate(rows.entities)}


def test_postgres(prometheus_server: ServerFactory, postgres_exporter: str) -> None:
    with opened(prometheus_server(scrape=(postgres_exporter,))) as source:
        connections = seen(source, "postgres/connections")
        sizes = seen(source, "postgres/database-size")

    assert list(connections) == [Labels.of(instance=postgres_exporter)]
    used, limit = connections[Labels.of(instance=postgres_exporter)]
    assert 1 <= used < limit
    assert limit % 1 == 0
    assert {entity["datname"] for entity in sizes} >= {"postgres"}
    assert not {entity["datname"] for entity in sizes} & {"template0", "template1"}


def test_redis(prometheus_server: ServerFactory, redis_exporter: str) -> None:
    with opened(prometheus_server(scrape=(redis_exporter,))) as source:
        memory = seen(source, "redis/memory")
        clients = seen(source, "redis/clients")

    (entity,) = memory
    assert dict(entity) == {"instance": redis_exporter}
    assert 0 < memory[entity][0] < memory[entity][1] == 64 * 2**20
    assert clients[entity] == (1, 10_000)


def test_a_certificate(prometheus_server: ServerFactory, probed_certificate: str) -> None:
    line = next(line for line in probed_certificate.splitlines() if line.startswith("probe_ssl_earliest_cert_expiry"))
    now = int(time.time()) // 60 * 60
    value = line.split()[-1]
    samples = [
        f'probe_ssl_earliest_cert_expiry{{instance="shop"}} {value} {now - 60 * minute}' for minute in (3, 2, 1, 0)
    ]

    with opened(prometheus_server("\n".join([*samples, "# EOF", ""]))) as source:
        ((entity, (left, limit)),) = seen(source, "blackbox/certificate", datetime.fromtimestamp(now, UTC)).items()

    assert dict(entity) == {"instance": "shop"}
    assert left == pytest.approx(20 * 86_400, abs=300)
    assert limit == 0


def test_prometheus_watches_itself(prometheus_server: ServerFactory, node_exporter: str) -> None:
    """One Prometheus that another one scrapes: too small for the watch of many series, and without rules."""
    watched = prometheus_server(scrape=(node_exporter,)).removeprefix("http://")

    with opened(prometheus_server(scrape=(watched, node_exporter))) as source:
        storage = seen(source, "prometheus/storage")
        files = seen(source, "process/file-descriptors")
        series = source.count("prometheus_tsdb_head_series{}", datetime.now(UTC))

    assert [entity["instance"] for entity in storage] == [watched]
    assert all(0 < used < limit for used, limit in files.values())
    assert series == 1
