"""What is planted in the demo: which entities run out, and when, read off the future that the generator knows."""

from __future__ import annotations

import numpy as np

from forewarn.demo.timeline import Timeline

KHH_LINE = {"instance": "khh-sw-02", "ifName": "GigabitEthernet1/0/12"}


def plant_truth(line: Timeline) -> None:
    """Record everything that runs out, by the watch that is to find it."""
    _space(line)
    _tables(line)
    _traffic(line)
    _services(line)


def _space(line: Timeline) -> None:
    disk = {"instance": "tpe-db-01:9100", "mountpoint": "/var/lib/postgresql"}
    line.plant("node/filesystem-space", disk, line.find("node_filesystem_avail_bytes", disk) <= 0)
    spool = {"instance": "khh-web-02:9100", "mountpoint": "/var/spool"}
    line.plant("node/filesystem-inodes", spool, line.find("node_filesystem_files_free", spool) <= 0)
    claim = {"namespace": "orders", "persistentvolumeclaim": "data-orders-queue-0"}
    line.plant("kubernetes/volume-space", claim, line.find("kubelet_volume_stats_available_bytes", claim) <= 0)


def _tables(line: Timeline) -> None:
    balancer = {"instance": "tpe-lb-01:9100"}
    entries = line.find("node_nf_conntrack_entries", balancer)
    limit = line.find("node_nf_conntrack_entries_limit", balancer)
    line.plant("node/conntrack", balancer, entries >= limit)
    application = {"instance": "tpe-app-02:9100"}
    files = line.find("node_filefd_allocated", application)
    line.plant("node/file-descriptors", application, files >= line.find("node_filefd_maximum", application))


def _traffic(line: Timeline) -> None:
    octets = line.find("ifHCInOctets", KHH_LINE)
    rate = np.diff(octets, prepend=octets[0]) * 8 / (line.times[1] - line.times[0])
    line.plant("snmp/interface-in", KHH_LINE, rate >= 0.999 * line.find("ifHighSpeed", KHH_LINE) * 1e6)
    shop = {"instance": "https://pay.example.com.tw/healthz"}
    line.plant("blackbox/certificate", shop, line.find("probe_ssl_earliest_cert_expiry", shop) <= line.times)


def _services(line: Timeline) -> None:
    postgres = {"instance": "tpe-db-02:9187"}
    used = line.total("pg_stat_activity_count", postgres)
    line.plant("postgres/connections", postgres, used >= line.find("pg_settings_max_connections", postgres))
    cache = {"instance": "tpe-cache-01:9121"}
    memory = line.find("redis_memory_used_bytes", cache)
    line.plant("redis/memory", cache, memory >= line.find("redis_memory_max_bytes", cache))
