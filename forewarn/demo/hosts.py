"""Linux hosts as node_exporter shows them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from forewarn.demo import levels
from forewarn.demo.levels import Level
from forewarn.demo.shapes import Array, accumulate, noise
from forewarn.demo.timeline import Timeline

GIB = 2.0**30
MIB = 2.0**20
KIB = 2.0**10


@dataclass(frozen=True, slots=True)
class Mount:
    """One file system: its size, how full it is and how many of its inodes are taken."""

    path: str
    device: str
    size_gib: float
    used: Level
    inodes_used: Level = field(default_factory=lambda: levels.somewhere(0.02, 0.11, wobble=0.0002))
    fstype: str = "xfs"


@dataclass(frozen=True, slots=True)
class Host:
    """One machine; shares are of its own capacity."""

    name: str
    mounts: tuple[Mount, ...]
    memory_gib: float = 16.0
    memory_used: Level = field(default_factory=lambda: levels.ordinary(0.48, 0.60))
    swap_gib: float = 4.0
    cpu_busy: Level = field(default_factory=lambda: levels.ordinary(0.05, 0.45))
    conntrack: Level = field(default_factory=lambda: levels.ordinary(0.01, 0.09, wobble=0.001))
    files_open: Level = field(default_factory=lambda: levels.ordinary(0.02, 0.035, wobble=0.0005))
    disk_busy: Level = field(default_factory=lambda: levels.ordinary(0.01, 0.16, wobble=0.004))
    temperature: Level | None = None  # a share of 100 degrees; None: a virtual machine has no sensors
    network: Level | None = None  # a share of 10 Gbit/s; None: the card of a virtual machine states no speed
    reboots: tuple[float, ...] = ()  # days since as_of
    outages: tuple[tuple[float, float], ...] = ()  # spans of days without scrapes


def root(size_gib: float = 50.0) -> Mount:
    """The usual root file system: nothing happens on it."""
    return Mount("/", "/dev/mapper/vg0-root", size_gib, levels.somewhere(0.28, 0.61))


def add_host(line: Timeline, host: Host) -> None:
    """Record every series of one host."""
    labels = {"instance": f"{host.name}:9100", "job": "node"}
    seen = line.outage(*host.outages)
    for mount in host.mounts:
        _filesystem(line, host, mount, labels, seen)
    _memory(line, host, labels, seen)
    _kernel_tables(line, host, labels, seen)
    _processors(line, host, labels, seen)
    _hardware(line, host, labels, seen)


def _filesystem(line: Timeline, host: Host, mount: Mount, labels: dict[str, str], seen: NDArray[np.bool_]) -> None:
    place = {**labels, "device": mount.device, "fstype": mount.fstype, "mountpoint": mount.path}
    size = mount.size_gib * GIB
    used = np.clip(mount.used(line, line.rng(host.name, mount.path, "used")), 0.0, 1.0)
    free = np.floor(size * (1 - used) / MIB) * MIB
    line.add("node_filesystem_size_bytes", place, line.constant(size), seen=seen)
    line.add("node_filesystem_free_bytes", place, free, seen=seen)
    line.add("node_filesystem_avail_bytes", place, free, seen=seen)
    inodes = mount.size_gib * 2**16
    taken = np.clip(mount.inodes_used(line, line.rng(host.name, mount.path, "inodes")), 0.0, 1.0)
    line.add("node_filesystem_files", place, line.constant(inodes), seen=seen)
    line.add("node_filesystem_files_free", place, np.floor(inodes * (1 - taken) / 16) * 16, seen=seen)
    line.add("node_filesystem_readonly", place, line.constant(0.0), seen=seen)


def _memory(line: Timeline, host: Host, labels: dict[str, str], seen: NDArray[np.bool_]) -> None:
    total = host.memory_gib * GIB
    used = np.clip(host.memory_used(line, line.rng(host.name, "memory")), 0.02, 0.99)
    available = np.round(total * (1 - used) / MIB) * MIB
    line.add("node_memory_MemTotal_bytes", labels, line.constant(total), seen=seen)
    line.add("node_memory_MemAvailable_bytes", labels, available, seen=seen)
    line.add("node_memory_SwapTotal_bytes", labels, line.constant(host.swap_gib * GIB), seen=seen)
    swap_free = line.constant(np.round(host.swap_gib * GIB * 0.98 / MIB) * MIB)
    line.add("node_memory_SwapFree_bytes", labels, swap_free, seen=seen)


def _kernel_tables(line: Timeline, host: Host, labels: dict[str, str], seen: NDArray[np.bool_]) -> None:
    conntrack = np.clip(host.conntrack(line, line.rng(host.name, "conntrack")), 0.0005, 1.0)
    line.add("node_nf_conntrack_entries", labels, np.round(262_144 * conntrack), seen=seen)
    line.add("node_nf_conntrack_entries_limit", labels, line.constant(262_144.0), seen=seen)
    files = np.clip(host.files_open(line, line.rng(host.name, "files")), 0.001, 1.0)
    line.add("node_filefd_allocated", labels, np.round(131_072 * files / 32) * 32, seen=seen)
    line.add("node_filefd_maximum", labels, line.constant(131_072.0), seen=seen)


def _processors(line: Timeline, host: Host, labels: dict[str, str], seen: NDArray[np.bool_]) -> None:
    restarts = tuple(line.at(day) for day in host.reboots)
    boot = line.constant(line.at(-74.3))
    for moment in restarts:
        boot[line.times >= moment] = moment
    line.add("node_boot_time_seconds", labels, boot, seen=seen)
    for cpu in ("0", "1"):
        busy = np.clip(host.cpu_busy(line, line.rng(host.name, "cpu", cpu)), 0.01, 0.99)
        shares = {"user": 0.7 * busy, "system": 0.22 * busy, "iowait": 0.08 * busy, "idle": 1 - busy}
        for mode, share in shares.items():
            _cpu_counter(line, {**labels, "cpu": cpu, "mode": mode}, share, restarts, seen)


def _hardware(line: Timeline, host: Host, labels: dict[str, str], seen: NDArray[np.bool_]) -> None:
    restarts = tuple(line.at(day) for day in host.reboots)
    busy = np.clip(host.disk_busy(line, line.rng(host.name, "disk")), 0.0, 1.0)
    seconds = accumulate(line.times, busy, start=2e5, restarts=restarts)
    line.add("node_disk_io_time_seconds_total", {**labels, "device": "sda"}, np.round(seconds), seen=seen)
    drift = 1e-4 * noise(line.rng(host.name, "drift"), line.times, memory=0.2)
    line.add("node_timex_offset_seconds", labels, np.round(drift, 5), seen=seen)
    if host.temperature is not None:
        sensor = {**labels, "chip": "platform_coretemp_0", "sensor": "temp1"}
        degrees = 100 * host.temperature(line, line.rng(host.name, "temperature"))
        line.add("node_hwmon_temp_celsius", sensor, np.round(degrees), seen=seen)
        line.add("node_hwmon_temp_crit_celsius", sensor, line.constant(95.0), seen=seen)
    if host.network is not None:
        _network(line, host, host.network, labels, seen)


def _network(line: Timeline, host: Host, level: Level, labels: dict[str, str], seen: NDArray[np.bool_]) -> None:
    card = {**labels, "device": "eno1"}
    speed = 10e9 / 8
    line.add("node_network_speed_bytes", card, line.constant(speed), seen=seen)
    for way in ("receive", "transmit"):
        share = np.clip(level(line, line.rng(host.name, "network", way)), 0.0, 1.0)
        total = accumulate(line.times, speed * share, start=7e12, restarts=tuple(line.at(day) for day in host.reboots))
        line.add(f"node_network_{way}_bytes_total", card, np.round(total / MIB) * MIB, seen=seen)


def _cpu_counter(
    line: Timeline, labels: dict[str, str], share: Array, restarts: tuple[float, ...], seen: NDArray[np.bool_]
) -> None:
    before = 44.0 * 86_400 * float(share.mean())  # counted since the boot before the history begins
    seconds = accumulate(line.times, share, start=before, restarts=restarts)
    line.add("node_cpu_seconds_total", labels, np.round(seconds), seen=seen)
