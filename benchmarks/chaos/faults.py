"""What goes wrong in a night, and when: drawn from a seed."""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import psycopg

from benchmarks.chaos.processes import LEASE_SECONDS, SETTLE_SECONDS, Part, Place, Postgres

# A dispatcher's lease of a message, by `controlplane.dispatcher.Timing`, is a little shorter than this.
MESSAGE_LEASE_SECONDS = 7.0
TRIES = 200  # to reach the sandbox, which may have been killed a moment ago
SHARE = 0.5  # of requests that go wrong while the sandbox is told to fail

# How the sandbox may fail: the rules of `sandbox.faults`.
SANDBOX_FAULTS: Mapping[str, list[dict[str, Any]]] = {
    "answers late": [{"kind": "late_answer", "seconds": 0.7, "share": SHARE}],
    "works late": [{"kind": "late_work", "seconds": 0.7, "share": SHARE}],
    "answers twice": [{"kind": "twice", "share": SHARE}],
    "cuts the answer": [
        {"kind": "drop", "share": 0.25},
        {"kind": "half", "share": 0.25},
        {"kind": "cut", "share": 0.25},
        {"kind": "garbage", "share": 0.1},
    ],
    "does not answer": [{"kind": "stall", "seconds": 1.0, "share": SHARE}],
    "answers 5xx or 429": [
        {"kind": "status", "status": 503, "share": 0.25},
        {"kind": "done_status", "status": 500, "share": 0.25},
        {"kind": "status", "status": 429, "retry_after": 1, "share": 0.1},
    ],
}


@dataclass(slots=True)
class World:
    """Everything that can be broken."""

    place: Place
    postgres: Postgres
    maintenance: str  # URL of another database of the same server
    schedulers: list[Part]
    dispatchers: list[Part]
    sandbox: Part
    draws: random.Random
    kills: int = 0
    timers: list[Any] = field(default_factory=list)

    def worker(self) -> Part:
        """The scheduler that works on the night, most of the time; else any."""
        if self.draws.random() < 0.8:
            with psycopg.connect(self.place.database.replace("+psycopg", ""), autocommit=True) as connection:
                row = connection.execute("SELECT holder FROM runs WHERE holder IS NOT NULL LIMIT 1").fetchone()
            pid = int(row[0].split(":")[0]) if row is not None else 0
            for part in self.schedulers:
                if part.pid == pid:
                    return part
        return self.draws.choice(self.schedulers)


def _kill_scheduler(world: World) -> None:
    world.worker().kill()


def _kill_both_schedulers(world: World) -> None:
    for part in world.schedulers:
        part.kill()
    world.kills += 1


def _freeze_scheduler(world: World) -> None:
    world.timers.append(world.worker().freeze(LEASE_SECONDS * world.draws.uniform(1.1, 2.0)))


def _kill_dispatcher(world: World) -> None:
    world.draws.choice(world.dispatchers).kill()


def _freeze_dispatcher(world: World) -> None:
    world.timers.append(world.draws.choice(world.dispatchers).freeze(MESSAGE_LEASE_SECONDS))


def _kill_postgres(world: World) -> None:
    world.postgres.kill()


def _cut_connections(world: World) -> None:
    with psycopg.connect(world.maintenance, autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'forewarn'")


def _kill_sandbox(world: World) -> None:
    world.sandbox.kill()


def _freeze_sandbox(world: World) -> None:
    """Not past the settle time: within it, by its definition, a request that was given up has had its effect."""
    world.timers.append(world.sandbox.freeze(SETTLE_SECONDS * world.draws.uniform(0.2, 0.6)))


def _kill_everybody(world: World) -> None:
    for part in (*world.schedulers, *world.dispatchers, world.sandbox):
        part.kill()
    world.kills += 4


def _nothing(world: World) -> None:
    world.kills -= 1


BLOWS: Mapping[str, Callable[[World], None]] = {
    "scheduler killed": _kill_scheduler,
    "scheduler frozen": _freeze_scheduler,
    "schedulers killed": _kill_both_schedulers,
    "dispatcher killed": _kill_dispatcher,
    "dispatcher frozen": _freeze_dispatcher,
    "postgres killed": _kill_postgres,
    "connections cut": _cut_connections,
    "sandbox killed": _kill_sandbox,
    "sandbox frozen": _freeze_sandbox,
    "all but postgres": _kill_everybody,
    **{f"sandbox {name}": _nothing for name in SANDBOX_FAULTS},
}


def strike(world: World, kind: str, seconds: float) -> None:
    """Break it, that long after the night began."""
    time.sleep(seconds)
    world.kills += 1
    BLOWS[kind](world)


def set_sandbox_faults(place: Place, kind: str, *, honour_keys: bool, seed: int) -> None:
    """How the sandbox behaves in a night. One that was killed begins anew without faults, until the next night."""
    rules = SANDBOX_FAULTS.get(kind.removeprefix("sandbox "), [])
    body = {"rules": rules, "honour_keys": honour_keys, "seed": seed}
    for _ in range(TRIES):
        with contextlib.suppress(httpx.TransportError):
            httpx.put(f"http://127.0.0.1:{place.port}/sandbox/faults", json=body, timeout=5).raise_for_status()
            return
        time.sleep(0.05)
    raise RuntimeError("the sandbox does not listen")
