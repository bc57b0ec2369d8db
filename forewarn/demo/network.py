"""Switches as snmp_exporter shows them, and certificates as blackbox_exporter shows them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forewarn.demo.levels import (
    Level,
    busy,
    collected,
    flat,
    growing_peaks,
    nightly,
    noisy,
    ordinary,
    shifted,
    somewhere,
)
from forewarn.demo.shapes import DAY, accumulate
from forewarn.demo.timeline import Timeline

KHH_OUTAGE = (-17.4, -17.15)
SWITCH_RESTART = -13.6  # khh-sw-02 was upgraded: its counters began at 0 again


@dataclass(frozen=True, slots=True)
class Port:
    """One interface: its speed in Mbit/s, and how much of it is used in and out."""

    device: str
    index: int
    name: str
    alias: str
    speed: float
    inbound: Level
    outbound: Level
    restarts: tuple[float, ...] = ()
    outages: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Certificate:
    """One TLS endpoint: days that its certificate has left at `as_of`, and how it is renewed, if it is."""

    url: str
    days_left: float
    renewed_every: float | None = None  # days; a new one of 90 days each time


PORTS: tuple[Port, ...] = (
    Port(
        "khh-sw-02",
        12,
        "GigabitEthernet1/0/12",
        "台北—高雄 專線",
        1_000,
        growing_peaks(0.05, 0.78, 0.0105),
        busy(0.03, 0.34),
        restarts=(SWITCH_RESTART,),
    ),
    Port("khh-sw-02", 1, "GigabitEthernet1/0/1", "高雄機房 伺服器區", 1_000, busy(0.04, 0.31), busy(0.05, 0.44)),
    Port("khh-sw-02", 2, "GigabitEthernet1/0/2", "高雄辦公室 3F", 1_000, busy(0.01, 0.22), busy(0.01, 0.12)),
    Port("tpe-sw-01", 49, "TenGigabitEthernet1/1/1", "核心交換器 上行", 10_000, busy(0.06, 0.52), busy(0.05, 0.41)),
    Port("tpe-sw-01", 3, "GigabitEthernet1/0/3", "備份網路", 1_000, nightly(0.02, 0.74), nightly(0.01, 0.06)),
    Port("tpe-sw-01", 7, "GigabitEthernet1/0/7", "新竹 VPN", 1_000, shifted(0.18, 0.36, day=-12.0), busy(0.03, 0.2)),
    Port("tpe-sw-01", 9, "GigabitEthernet1/0/9", "監視器 <NVR>", 1_000, flat(0.61, wobble=0.01), flat(0.02)),
    Port("txg-sw-01", 24, "GigabitEthernet1/0/24", "台中—台北 專線", 1_000, busy(0.05, 0.48), busy(0.04, 0.37)),
)

CERTIFICATES: tuple[Certificate, ...] = (
    Certificate("https://pay.example.com.tw/healthz", 12.0),
    Certificate("https://www.example.com.tw/", 311.4),
    Certificate("https://portal.example.com.tw/login", 187.6),
    Certificate("https://mail.example.com.tw/", 402.2),
    Certificate("https://git.example.com.tw/", 82.2, renewed_every=60.0),  # an ACME client renews it 30 days ahead
)


def add_network(line: Timeline) -> None:
    """Record every switch port and every certificate."""
    for device in dict.fromkeys(port.device for port in PORTS):
        boot = line.constant(line.at(-210.5))
        if device == "khh-sw-02":
            boot[line.times >= line.at(SWITCH_RESTART)] = line.at(SWITCH_RESTART)
        line.add("sysUpTime", {"instance": device, "job": "snmp"}, np.rint(line.times - boot) * 100)
        _add_device(line, device)
    _add_storage_box(line, "nas-01")
    for port in PORTS:
        _add_port(line, port)
    for certificate in CERTIFICATES:
        _add_certificate(line, certificate)


def _add_device(line: Timeline, device: str) -> None:
    labels = {"instance": device, "job": "snmp"}
    load = 100 * ordinary(0.08, 0.36, wobble=0.02)(line, line.rng(device, "load"))
    line.add("cpmCPUTotal5minRev", {**labels, "cpmCPUTotalIndex": "1"}, np.clip(np.round(load), 1, 100))
    pool = {**labels, "ciscoMemoryPoolName": "Processor", "ciscoMemoryPoolType": "1"}
    size = 512 * 2.0**20
    used = size * somewhere(0.35, 0.6, wobble=0.002)(line, line.rng(device, "memory"))
    line.add("ciscoMemoryPoolUsed", pool, np.round(used / 2**14) * 2**14)
    line.add("ciscoMemoryPoolFree", pool, size - np.round(used / 2**14) * 2**14)


def _add_storage_box(line: Timeline, device: str) -> None:
    """A storage box that speaks the host MIBs: sizes are counted in blocks, memory in kilobytes."""
    labels = {"instance": device, "job": "snmp"}
    for core in ("196608", "196609"):
        load = 100 * ordinary(0.05, 0.4, wobble=0.02)(line, line.rng(device, "load", core))
        line.add("hrProcessorLoad", {**labels, "hrDeviceIndex": core}, np.clip(np.round(load), 1, 100))
    total = 16.0 * 2**20
    cached = np.round(total * somewhere(0.3, 0.4, wobble=0.01)(line, line.rng(device, "cached")))
    free = np.round((total - cached) * somewhere(0.3, 0.5, wobble=0.004)(line, line.rng(device, "free")))
    line.add("memTotalReal", labels, line.constant(total))
    line.add("memAvailReal", labels, free)
    line.add("memBuffer", labels, line.constant(131_072.0))
    line.add("memCached", labels, cached)
    volume = {**labels, "hrStorageIndex": "36", "hrStorageDescr": "/volume1"}
    blocks = 48e12 / 65_536
    used = noisy(0.68, 0.004)(line, line.rng(device, "volume"))
    line.add("hrStorageAllocationUnits", volume, line.constant(65_536.0))
    line.add("hrStorageSize", volume, line.constant(np.floor(blocks)))
    line.add("hrStorageUsed", volume, np.floor(blocks * used / 256) * 256)


def _add_port(line: Timeline, port: Port) -> None:
    labels = {
        "instance": port.device,
        "job": "snmp",
        "ifIndex": str(port.index),
        "ifName": port.name,
        "ifDescr": port.name,
        "ifAlias": port.alias,
    }
    seen = line.outage(*port.outages)
    octets_per_second = port.speed * 1e6 / 8
    restarts = tuple(line.at(day) for day in port.restarts)
    for name, level in (("ifHCInOctets", port.inbound), ("ifHCOutOctets", port.outbound)):
        share = np.clip(level(line, line.rng(port.device, port.name, name)), 0.0, 1.0)
        counted = accumulate(line.times, share * octets_per_second, start=7e14, restarts=restarts)
        line.add(name, labels, np.round(counted / 2**16) * 2**16, seen=seen)
        packets = accumulate(line.times, share * octets_per_second / 800 + 12, start=3e9, restarts=restarts)
        direction = "In" if name == "ifHCInOctets" else "Out"
        line.add(f"ifHC{direction}UcastPkts", labels, np.round(packets / 2**12) * 2**12, seen=seen)
        errors = accumulate(line.times, share * 2e-3, restarts=restarts)
        line.add(f"if{direction}Errors", labels, np.floor(errors), seen=seen)
        line.add(f"if{direction}Discards", labels, np.floor(errors * 3), seen=seen)
    line.add("ifHighSpeed", labels, line.constant(port.speed), seen=seen)
    line.add("ifOperStatus", labels, line.constant(1.0), seen=seen)


def _add_certificate(line: Timeline, certificate: Certificate) -> None:
    labels = {"instance": certificate.url, "job": "blackbox-https"}
    expiry = line.constant(line.at(certificate.days_left))
    if certificate.renewed_every is not None:
        period = certificate.renewed_every * DAY
        renewals = np.floor((line.times - line.at(certificate.days_left - 90.0)) / period)
        expiry = expiry + renewals * period
    line.add("probe_ssl_earliest_cert_expiry", labels, np.round(expiry))
    line.add("probe_success", labels, line.constant(1.0))
    duration = np.abs(0.18 + 0.02 * collected(0.0, 1.0, hours=7)(line, line.rng(certificate.url, "duration")))
    line.add("probe_duration_seconds", labels, np.rint(duration * 1_000) / 1_000)
