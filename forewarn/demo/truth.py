"""What is planted in the demo: which entities run out, and when, read off the future that the generator knows."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from forewarn.demo.cluster import CLUSTER
from forewarn.demo.shapes import Array
from forewarn.demo.timeline import Timeline

SATURATED = 0.99  # of a link's speed: what a full link carries, averaged over half an hour


def plant_truth(line: Timeline) -> None:
    """Record everything that runs out, by the watch that is to find it and the labels that it will have."""
    _space(line)
    _tables(line)
    _network(line)
    _services(line)


def _space(line: Timeline) -> None:
    disk = {"instance": "tpe-db-01:9100", "mountpoint": "/var/lib/postgresql"}
    line.plant("node/filesystem-space", disk, line.find("node_filesystem_avail_bytes", disk) <= 0)
    spool = {"instance": "khh-web-02:9100", "mountpoint": "/var/spool"}
    line.plant("node/filesystem-inodes", spool, line.find("node_filesystem_files_free", spool) <= 0)
    claim = {"cluster": CLUSTER, "namespace": "orders", "persistentvolumeclaim": "data-orders-queue-0"}
    line.plant("kubernetes/volume-space", claim, line.find("kubelet_volume_stats_available_bytes", claim) <= 0)


def _tables(line: Timeline) -> None:
    balancer = {"instance": "tpe-lb-01:9100"}
    entries = line.find("node_nf_conntrack_entries", balancer)
    line.plant("node/conntrack", balancer, entries >= line.find("node_nf_conntrack_entries_limit", balancer))
    application = {"instance": "tpe-app-02:9100"}
    files = line.find("node_filefd_allocated", application)
    line.plant("node/file-descriptors", application, files >= line.find("node_filefd_maximum", application))


def _network(line: Timeline) -> None:
    leased = {"instance": "khh-sw-02", "ifName": "GigabitEthernet1/0/12"}
    octets = line.find("ifHCInOctets", leased)
    bits = np.diff(octets, prepend=octets[0]) * 8 / (line.times[1] - line.times[0])
    average = np.convolve(bits, np.full(3, 1 / 3))[: len(bits)]
    line.plant("snmp/interface-in", leased, average >= SATURATED * 1e6 * line.find("ifHighSpeed", leased))
    shop = {"instance": "https://pay.example.com.tw/healthz"}
    line.plant("blackbox/certificate", shop, line.find("probe_ssl_earliest_cert_expiry", shop) <= line.times)


def _services(line: Timeline) -> None:
    postgres = {"instance": "tpe-db-02:9187"}
    limit = line.find("pg_settings_max_connections", postgres)
    limit = limit - line.find("pg_settings_superuser_reserved_connections", postgres)
    line.plant("postgres/connections", postgres, line.total("pg_stat_database_numbackends", postgres) >= limit)
    cache = {"instance": "tpe-cache-01:9121"}
    memory = line.find("redis_memory_used_bytes", cache)
    line.plant("redis/memory", cache, memory >= line.find("redis_memory_max_bytes", cache))
    program, old = {"job": "billing-api"}, {"job": "billing-api", "id": "G1 Old Gen"}
    floor = _floor_of_the_hour(line.find("jvm_memory_used_bytes", old))
    line.plant("jvm/heap", program, floor >= line.find("jvm_memory_max_bytes", old))


def _floor_of_the_hour(values: Array) -> Array:
    """The least of each sample and the five before it."""
    padded = np.concatenate([np.full(5, values[0]), values])
    least: Array = sliding_window_view(padded, 6).min(axis=1)
    return least
