"""A Kubernetes cluster as kubelet, cAdvisor and kube-state-metrics show it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forewarn.demo.hosts import GIB, MIB
from forewarn.demo.levels import Level, busy, collected, flat, growing, noisy, rotated, saturating, shifted
from forewarn.demo.timeline import Timeline

CLUSTER = "tpe-k8s"
ALWAYS = (-1_000.0, 1_000.0)


@dataclass(frozen=True, slots=True)
class Volume:
    """One persistent volume claim: its size and how full it is."""

    namespace: str
    claim: str
    node: str
    size_gib: float
    used: Level
    first_seen: float = -1_000.0  # days since as_of


@dataclass(frozen=True, slots=True)
class Pod:
    """One pod with one container: who owns it, when it lived, its memory limit and how much of it it uses."""

    namespace: str
    name: str
    owner_kind: str
    owner: str
    container: str
    memory_mib: float
    memory_used: Level
    lived: tuple[float, float] = ALWAYS  # days since as_of


VOLUMES: tuple[Volume, ...] = (
    Volume("orders", "data-orders-queue-0", "tpe-k8s-02", 100, growing(0.685, 0.0152, weekdays=True)),
    Volume("orders", "data-orders-db-0", "tpe-k8s-01", 200, flat(0.57)),
    Volume("monitoring", "prometheus-k8s-0", "tpe-k8s-03", 300, saturating(0.35, 0.74, days=4.5)),
    Volume("monitoring", "loki-0", "tpe-k8s-03", 250, rotated(0.48, 0.72, days=3)),
    Volume("portal", "uploads", "tpe-k8s-01", 500, shifted(0.33, 0.52, day=-15.0)),
    Volume("ci", "build-cache", "tpe-k8s-02", 150, noisy(0.5, 0.06)),
    Volume("search", "data-search-2", "tpe-k8s-03", 400, flat(0.61, wobble=0.01)),
    Volume("search", "data-search-3", "tpe-k8s-03", 400, flat(0.22), first_seen=-1.8),
)

PODS: tuple[Pod, ...] = (
    # A rollout 12 days ago replaced the pod; the workload orders-api went on.
    Pod(
        "orders",
        "orders-api-6d4f9c7b8d-x2x7k",
        "ReplicaSet",
        "orders-api-6d4f9c7b8d",
        "api",
        2_048,
        busy(0.44, 0.61),
        (-1_000.0, -12.0),
    ),
    Pod(
        "orders",
        "orders-api-7c5b8d9f6c-q9v4z",
        "ReplicaSet",
        "orders-api-7c5b8d9f6c",
        "api",
        2_048,
        busy(0.40, 0.57),
        (-12.0, 1_000.0),
    ),
    Pod("orders", "orders-queue-0", "StatefulSet", "orders-queue", "queue", 4_096, flat(0.52, wobble=0.004)),
    Pod("portal", "portal-web-0", "StatefulSet", "portal-web", "web", 1_024, collected(0.35, 0.66, hours=6)),
    Pod("search", "search-2", "StatefulSet", "search", "engine", 16_384, flat(0.71, wobble=0.003)),
)

NODES: tuple[str, ...] = ("tpe-k8s-01", "tpe-k8s-02", "tpe-k8s-03")


def add_cluster(line: Timeline) -> None:
    """Record volumes, pods, nodes and quotas."""
    for volume in VOLUMES:
        _add_volume(line, volume)
    for pod in PODS:
        _add_pod(line, pod)
    for node in NODES:
        _add_node(line, node)
        _add_etcd(line, node)
    _add_certificate(line, "portal", "portal-tls", -41.0)
    _add_certificate(line, "orders", "orders-api-tls", -9.5)
    _add_quota(line, "orders", "requests.memory", 64 * GIB, flat(0.55, wobble=0.0))
    _add_quota(line, "ci", "requests.cpu", 40.0, busy(0.10, 0.62))
    _add_quota(line, "ci", "pods", 50.0, busy(0.08, 0.5))


def _add_volume(line: Timeline, volume: Volume) -> None:
    labels = {
        "cluster": CLUSTER,
        "namespace": volume.namespace,
        "persistentvolumeclaim": volume.claim,
        "node": volume.node,
        "job": "kubelet",
        "instance": f"{volume.node}:10250",
        "metrics_path": "/metrics",
    }
    seen = line.days >= volume.first_seen
    size = volume.size_gib * GIB
    used = np.clip(volume.used(line, line.rng(volume.namespace, volume.claim)), 0.0, 1.0)
    in_use = np.ceil(size * used / MIB) * MIB
    line.add("kubelet_volume_stats_capacity_bytes", labels, line.constant(size), seen=seen)
    line.add("kubelet_volume_stats_used_bytes", labels, in_use, seen=seen)
    line.add("kubelet_volume_stats_available_bytes", labels, size - in_use, seen=seen)
    inodes = volume.size_gib * 2**16
    taken = np.round(inodes * 0.02 * (1 + used) / 16) * 16
    line.add("kubelet_volume_stats_inodes", labels, line.constant(inodes), seen=seen)
    line.add("kubelet_volume_stats_inodes_used", labels, taken, seen=seen)
    line.add("kubelet_volume_stats_inodes_free", labels, inodes - taken, seen=seen)


def _add_pod(line: Timeline, pod: Pod) -> None:
    seen = (line.days >= pod.lived[0]) & (line.days < pod.lived[1])
    place = {"cluster": CLUSTER, "namespace": pod.namespace, "pod": pod.name}
    state = {**place, "job": "kube-state-metrics"}
    owner = {**state, "owner_kind": pod.owner_kind, "owner_name": pod.owner, "owner_is_controller": "true"}
    line.add("kube_pod_owner", owner, line.constant(1.0), seen=seen)
    line.add("kube_pod_status_phase", {**state, "phase": "Running"}, line.constant(1.0), seen=seen)
    limit = pod.memory_mib * MIB
    used = np.clip(pod.memory_used(line, line.rng(pod.name, pod.container)), 0.0, 1.0)
    cadvisor = {**place, "container": pod.container, "job": "kubelet", "metrics_path": "/metrics/cadvisor"}
    line.add("container_memory_rss", cadvisor, np.round(limit * used / 2**18) * 2**18, seen=seen)
    memory = {**state, "container": pod.container, "resource": "memory", "unit": "byte"}
    line.add("kube_pod_container_resource_limits", memory, line.constant(limit), seen=seen)
    line.add("kube_pod_container_resource_requests", memory, line.constant(limit / 2), seen=seen)
    cores = {**state, "container": pod.container, "resource": "cpu", "unit": "core"}
    line.add("kube_pod_container_resource_requests", cores, line.constant(1.5), seen=seen)


def _add_node(line: Timeline, node: str) -> None:
    state = {"cluster": CLUSTER, "node": node, "job": "kube-state-metrics"}
    for resource, unit, amount in (("cpu", "core", 16.0), ("memory", "byte", 64 * GIB), ("pods", "integer", 110.0)):
        labels = {**state, "resource": resource, "unit": unit}
        line.add("kube_node_status_allocatable", labels, line.constant(amount))
        line.add("kube_node_status_capacity", labels, line.constant(amount))


def _add_etcd(line: Timeline, node: str) -> None:
    labels = {"cluster": CLUSTER, "instance": f"{node}:2381", "job": "etcd"}
    size = 8 * GIB * np.clip(rotated(0.11, 0.17, days=7)(line, line.rng(node, "etcd")), 0.0, 1.0)
    line.add("etcd_mvcc_db_total_size_in_bytes", labels, np.round(size / MIB) * MIB)
    line.add("etcd_server_quota_backend_bytes", labels, line.constant(8 * GIB))


def _add_certificate(line: Timeline, namespace: str, name: str, issued: float) -> None:
    """One that lives for 90 days and is renewed when 30 are left, first issued so many days after `as_of`."""
    labels = {"cluster": CLUSTER, "namespace": namespace, "name": name, "job": "cert-manager"}
    renewals = np.floor((line.days - issued) / 60)
    line.add(
        "certmanager_certificate_expiration_timestamp_seconds",
        labels,
        line.at(0) + 86_400 * (issued + 60 * renewals + 90),
    )


def _add_quota(line: Timeline, namespace: str, resource: str, hard: float, used: Level) -> None:
    labels = {
        "cluster": CLUSTER,
        "namespace": namespace,
        "resource": resource,
        "resourcequota": "default",
        "job": "kube-state-metrics",
    }
    grain = hard / 50
    amount = np.round(hard * used(line, line.rng(namespace, resource)) / grain) * grain
    line.add("kube_resourcequota", {**labels, "type": "hard"}, line.constant(hard))
    line.add("kube_resourcequota", {**labels, "type": "used"}, amount)
