"""Databases, caches, queues and runtimes as their exporters show them."""

from __future__ import annotations

import numpy as np

from forewarn.demo.hosts import GIB, KIB, MIB
from forewarn.demo.levels import Level, busy, collected, flat, growing, noisy, ordinary, saturating, somewhere
from forewarn.demo.shapes import DAY, Array, accumulate, office_hours, sawtooth
from forewarn.demo.timeline import Timeline

MAX_CONNECTIONS = 400


def add_services(line: Timeline) -> None:
    """Record every service."""
    _postgres(line, "tpe-db-01:9187", busy(0.20, 0.46), {"orders": 402.0, "crm": 181.0})
    # Since a deploy 26 days ago an application forgets to give its connections back.
    _postgres(line, "tpe-db-02:9187", growing(0.655, 0.0241, since=-26.0), {"billing": 240.0})
    _redis(line, "tpe-cache-01:9121", growing(0.905, 0.0152), 16.0)
    _redis(line, "tpe-cache-02:9121", flat(0.998, wobble=0.0002), 8.0, "allkeys-lru")  # full on purpose
    _redis(line, "khh-cache-01:9121", noisy(0.4, 0.05), 0.0)  # maxmemory is not set
    _rabbitmq(line, "tpe-mq-01:15692", noisy(0.25, 0.04))
    _kafka(line, "tpe-mq-01:9308")
    _jvm(line, "tpe-app-01:9404", "crm-web", collected(0.22, 0.80, hours=5))
    # The floor that collections leave behind rises: a leak.
    _jvm(line, "tpe-app-03:9404", "billing-api", collected(0.66, 0.86, hours=0.8, floor_per_day=0.0205))
    _prometheus(line, "tpe-mon-01:9090", saturating(0.55, 0.70, days=5))


def _level(line: Timeline, level: Level, *names: str) -> Array:
    return np.clip(level(line, line.rng(*names)), 0.0, 1.0)


def _rounded(values: Array, grain: float) -> Array:
    return np.round(values / grain) * grain


def _postgres(line: Timeline, instance: str, connections: Level, databases: dict[str, float]) -> None:
    labels = {"instance": instance, "job": "postgres", "server": instance.replace(":9187", ":5432")}
    open_connections = MAX_CONNECTIONS * _level(line, connections, instance, "connections")
    for database in databases:
        place = {**labels, "datname": database}
        line.add("pg_stat_database_numbackends", place, np.round(open_connections / len(databases)))
        _transactions(line, instance, place)
    line.add("pg_replication_lag_seconds", labels, np.round(_level(line, flat(0.02, wobble=0.004), instance, "lag"), 3))
    line.add("pg_settings_max_connections", labels, line.constant(MAX_CONNECTIONS))
    line.add("pg_settings_superuser_reserved_connections", labels, line.constant(3.0))
    line.add("pg_up", labels, line.constant(1.0))
    line.add("pg_settings_max_slot_wal_keep_size_bytes", labels, line.constant(64 * GIB))
    kept = _level(line, noisy(0.04, 0.01), instance, "slot")
    slot = {**labels, "slot_name": "standby"}
    line.add("pg_replication_slots_pg_wal_lsn_diff", slot, _rounded(64 * GIB * kept, 16 * MIB))
    for database, size in databases.items():
        level = _level(line, somewhere(0.4, 0.8, wobble=0.002), instance, database)
        line.add("pg_database_size_bytes", {**labels, "datname": database}, _rounded(size * GIB * level, 8 * MIB))


def _transactions(line: Timeline, instance: str, labels: dict[str, str]) -> None:
    """Ages that freezing brings back to 150 million again and again, as autovacuum does at 200 million."""
    age = sawtooth(line.times, period=11 * DAY, phase=float(line.rng(instance, "freeze").uniform(0, 11 * DAY)))
    line.add("pg_database_wraparound_age_datfrozenxid_seconds", labels, np.round(50 * age + 150) * 1e6)
    line.add("pg_database_wraparound_age_datminmxid_seconds", labels, np.round(2 * age + 3) * 1e6)


def _redis(line: Timeline, instance: str, used: Level, limit_gib: float, policy: str = "noeviction") -> None:
    labels = {"instance": instance, "job": "redis"}
    memory = _rounded((limit_gib or 16.0) * GIB * _level(line, used, instance, "memory"), 64 * KIB)
    line.add("redis_up", labels, line.constant(1.0))
    line.add("redis_memory_used_bytes", labels, memory)
    line.add("redis_memory_max_bytes", labels, line.constant(limit_gib * GIB))
    line.add("redis_total_system_memory_bytes", labels, line.constant(32 * GIB))
    line.add("redis_instance_info", {**labels, "maxmemory_policy": policy, "role": "master"}, line.constant(1.0))
    clients = 10_000 * _level(line, ordinary(0.01, 0.06, wobble=0.001), instance, "clients")
    line.add("redis_connected_clients", labels, np.round(clients))
    line.add("redis_config_maxclients", labels, line.constant(10_000.0))


def _rabbitmq(line: Timeline, instance: str, memory: Level) -> None:
    labels = {"instance": instance, "job": "rabbitmq"}
    limit = 6.4 * GIB
    used = _rounded(limit * _level(line, memory, instance, "memory"), 64 * KIB)
    line.add("rabbitmq_process_resident_memory_bytes", labels, used)
    line.add("rabbitmq_resident_memory_limit_bytes", labels, line.constant(_floor(limit)))
    free = 80 * GIB * _level(line, flat(0.7, wobble=0.004), instance, "disk")
    line.add("rabbitmq_disk_space_available_bytes", labels, _rounded(free, MIB))
    line.add("rabbitmq_disk_space_available_limit_bytes", labels, line.constant(2 * GIB))
    files = 32_768 * _level(line, busy(0.01, 0.04, wobble=0.0005), instance, "files")
    line.add("rabbitmq_process_open_fds", labels, np.round(files))
    line.add("rabbitmq_process_max_fds", labels, line.constant(32_768.0))
    processes = 1_048_576 * _level(line, flat(0.004, wobble=0.0002), instance, "processes")
    line.add("rabbitmq_erlang_processes_used", labels, np.round(processes))
    line.add("rabbitmq_erlang_processes_limit", labels, line.constant(1_048_576.0))
    for queue in ("orders.created", "mail.outgoing"):
        ready = 4_000 * _level(line, busy(0.0, 0.12, wobble=0.01), instance, queue)
        line.add("rabbitmq_queue_messages_ready", {**labels, "vhost": "/", "queue": queue}, np.round(ready))


def _kafka(line: Timeline, instance: str) -> None:
    labels = {"instance": instance, "job": "kafka"}
    for group, topic in (("billing", "orders"), ("search-indexer", "catalogue")):
        lag = 20_000 * _level(line, busy(0.0, 0.2, wobble=0.01), instance, group)
        partition = {**labels, "topic": topic, "partition": "0"}
        line.add("kafka_consumergroup_lag", {**partition, "consumergroup": group}, np.round(lag))
        written = np.round(accumulate(line.times, 20 * office_hours(line.times) + 2, start=8e8))
        line.add("kafka_topic_partition_current_offset", partition, written)
        line.add("kafka_topic_partition_oldest_offset", partition, written - 3e6)


def _jvm(line: Timeline, instance: str, job: str, heap: Level) -> None:
    labels = {"instance": instance, "job": job}
    limit = 8 * GIB
    old = {**labels, "area": "heap", "id": "G1 Old Gen"}
    line.add("jvm_memory_used_bytes", old, _rounded(limit * _level(line, heap, instance, "heap"), MIB))
    line.add("jvm_memory_max_bytes", old, line.constant(limit))
    young = _level(line, collected(0.0, 0.5, hours=0.4), instance, "young")
    line.add("jvm_memory_used_bytes", {**labels, "area": "heap", "id": "G1 Eden Space"}, _rounded(limit * young, MIB))
    line.add("jvm_memory_max_bytes", {**labels, "area": "heap", "id": "G1 Eden Space"}, line.constant(-1.0))
    pool = {**labels, "pool": "HikariPool-1"}
    line.add("hikaricp_connections_active", pool, np.round(30 * _level(line, busy(0.02, 0.5), instance, "pool")))
    line.add("hikaricp_connections_max", pool, line.constant(30.0))
    line.add("process_open_fds", labels, np.round(4_096 * _level(line, flat(0.11, wobble=0.004), instance, "files")))
    line.add("process_max_fds", labels, line.constant(65_536.0))


def _prometheus(line: Timeline, instance: str, series: Level) -> None:
    labels = {"instance": instance, "job": "prometheus"}
    head = _level(line, series, instance, "series")
    line.add("prometheus_tsdb_head_series", labels, np.round(1_200_000 * head))
    line.add("prometheus_tsdb_storage_blocks_bytes", labels, _rounded(180 * GIB * head, MIB))
    line.add("prometheus_tsdb_retention_limit_bytes", labels, line.constant(200 * GIB))
    line.add("go_memstats_sys_bytes", labels, _rounded(9 * GIB * head, MIB))
    line.add("go_memstats_heap_released_bytes", labels, line.constant(0.5 * GIB))
    line.add("go_gc_gomemlimit_bytes", labels, line.constant(14 * GIB))
    remote = {**labels, "remote_name": "archive", "url": "https://metrics.example.com.tw/api/v1/push"}
    desired = 12 * _level(line, busy(0.1, 0.4, wobble=0.02), instance, "shards")
    line.add("prometheus_remote_storage_shards_desired", remote, np.round(desired, 2))
    line.add("prometheus_remote_storage_shards_max", remote, line.constant(50.0))
    group = {**labels, "rule_group": "/etc/prometheus/rules.yml;node"}
    line.add("prometheus_rule_group_last_duration_seconds", group, np.round(0.4 * head, 4))
    line.add("prometheus_rule_group_interval_seconds", group, line.constant(60.0))
    line.add("process_open_fds", labels, np.round(2_048 * _level(line, flat(0.09), instance, "files")))
    line.add("process_max_fds", labels, line.constant(65_536.0))


def _floor(value: float) -> float:
    return float(np.floor(value))
