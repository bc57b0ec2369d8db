"""The enterprise's Linux hosts, and what is to happen to them: four run out of something, the others only look so."""

from __future__ import annotations

from forewarn.demo.hosts import Host, Mount, add_host, root
from forewarn.demo.levels import busy, collected, flat, growing, growing_peaks, nightly, noisy, rotated, shifted
from forewarn.demo.timeline import Timeline

KHH_OUTAGE = (-17.4, -17.15)  # the Kaohsiung site could not be reached for six hours

DATABASE_DISK = Mount("/var/lib/postgresql", "/dev/mapper/vg1-pgdata", 800, growing(now=0.862, per_day=0.0148))
INODE_LEAK = Mount(
    "/var/spool",
    "/dev/mapper/vg0-spool",
    40,
    flat(0.31),
    inodes_used=growing(now=0.71, per_day=0.0178, since=-21.0),  # a mailer that never deletes, deployed 21 days ago
)

HOMES = Mount("/home", "nas-01:/export/home", 4_000, busy(0.705, 0.71, wobble=0.0005), fstype="nfs4")

HOSTS: tuple[Host, ...] = (
    Host("tpe-db-01", (root(), DATABASE_DISK), memory_gib=64, memory_used=busy(0.61, 0.66)),
    Host(
        "tpe-db-02",
        (root(), Mount("/var/lib/postgresql", "/dev/mapper/vg1-pgdata", 800, flat(0.58))),
        memory_gib=64,
        memory_used=busy(0.60, 0.65),
        cpu_busy=nightly(0.12, 0.55),
    ),
    Host("khh-web-02", (root(), INODE_LEAK), outages=(KHH_OUTAGE,)),
    Host("tpe-lb-01", (root(),), conntrack=growing_peaks(0.04, 0.70, 0.0168)),
    Host(
        "tpe-app-02",
        (root(),),
        files_open=growing(now=0.66, per_day=0.0149),
        temperature=busy(0.48, 0.66),
        memory_used=collected(0.38, 0.62, hours=9),
    ),
    # From here on nothing runs out, whatever it looks like.
    Host(
        "txg-log-01",
        (root(), Mount("/var/log", "/dev/mapper/vg1-log", 200, rotated(0.22, 0.80))),
        cpu_busy=busy(0.10, 0.30),
    ),
    Host(
        "hsz-build-01",
        (root(), Mount("/var/lib/docker", "/dev/mapper/vg1-docker", 500, rotated(0.35, 0.84, days=7, hour=5))),
        memory_used=noisy(0.45, 0.06),
        cpu_busy=busy(0.08, 0.85),
    ),
    Host(
        "tpe-file-01",
        (root(), Mount("/srv/archive", "/dev/mapper/vg1-archive", 8_000, flat(0.93, wobble=0.0001))),
        disk_busy=nightly(0.03, 0.8),
        network=nightly(0.02, 0.65),
        temperature=busy(0.41, 0.52),
    ),
    Host(
        "khh-db-01",
        (root(), Mount("/var/lib/mysql", "/dev/mapper/vg1-mysql", 600, shifted(0.47, 0.66, day=-9.2))),
        memory_gib=32,
        outages=(KHH_OUTAGE,),
    ),
    Host(
        "tpe-app-01",
        (root(), Mount("/scratch", "/dev/mapper/vg1-scratch", 120, noisy(0.42, 0.08)), HOMES),
    ),
    Host(
        "khh-web-01",
        (root(),),
        memory_used=shifted(0.41, 0.58, day=-6.1),
        reboots=(-11.3,),
        outages=((-11.31, -11.3), KHH_OUTAGE),
    ),
    Host("tpe-mq-01", (root(), Mount("/var/lib/kafka", "/dev/mapper/vg1-kafka", 1_000, flat(0.62, wobble=0.004)))),
    Host("tpe-cache-01", (root(30),), memory_gib=32, memory_used=flat(0.71, wobble=0.002)),
    Host("txg-old-01", (root(20),), outages=((-8.6, 1_000.0),)),  # switched off, never to be seen again
)


def add_hosts(line: Timeline) -> None:
    """Record every host, and the truth about those that run out."""
    for host in HOSTS:
        add_host(line, host)
