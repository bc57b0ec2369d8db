"""`python -m benchmarks.chaos [--runs 300] [--seed 1]`: kill, freeze or cut off something in each of many runs."""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import time
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import median
from tempfile import mkdtemp

import psycopg
from sqlalchemy import make_url

from benchmarks.chaos.estate import Night, history_path, job_of, nights, write_history
from benchmarks.chaos.faults import BLOWS, World, set_sandbox_faults, strike
from benchmarks.chaos.processes import DATABASE, Part, Place, Postgres, dispatch, now, quiet, schedule, serve_sandbox
from benchmarks.chaos.verdict import Verdict, judge
from jobs.pipeline import RunContext, run_job
from jobs.workers import Workers
from sandbox.server import listen
from sources.config import FilesConfig
from storage import schema
from storage.engine import make_engine

PATIENCE_SECONDS = 60.0  # for one night, and for the outbox at the end
LATEST_BLOW = 0.45  # seconds after a night began: an unbroken run takes about half as long


@dataclass(frozen=True, slots=True)
class Lived:
    """One night that is over."""

    kind: str
    began: datetime
    night: Night
    kills: int
    seconds: float


def main() -> int:
    options = _options()
    quiet()
    with _servers() as (folder, postgres, place, reference):
        todo = nights(options.runs)
        for night in todo:
            write_history(folder, night, options.seed)
        begun = time.perf_counter()
        world, lived = _live(todo, place, postgres, options.seed)
        waiting = _drained(place)
        seconds = time.perf_counter() - begun
        _undisturbed(todo, folder, reference)
        verdict = judge(_plain(place.database), _plain(reference), _plain(place.sandbox_database))
        died = sum(part.died for part in (*world.schedulers, *world.dispatchers, world.sandbox))
    return _print(lived, verdict, waiting=waiting, died=died, seconds=seconds)


def _live(todo: Sequence[Night], place: Place, postgres: Postgres, seed: int) -> tuple[World, list[Lived]]:
    """Live through all nights, each with its blow."""
    draws = random.Random(seed)
    world = World(
        place,
        postgres,
        _plain(make_url(place.database).set(database="postgres").render_as_string(hide_password=False)),
        [Part(f"scheduler-{number}", schedule, place) for number in (1, 2)],
        [Part(f"dispatcher-{number}", dispatch, place) for number in (1, 2)],
        Part("sandbox", serve_sandbox, place),
        draws,
    )
    parts = (world.sandbox, *world.schedulers, *world.dispatchers)
    for part in parts:
        part.start()
    kinds = [kind for _ in range(1 + len(todo) // len(BLOWS)) for kind in draws.sample(list(BLOWS), len(BLOWS))]
    lived = []
    try:
        for night, kind in zip(todo, kinds, strict=False):
            for part in parts:
                part.look_after()
            lived.append(_live_through(world, night, kind))
            _show(len(lived), len(todo))
        set_sandbox_faults(place, "", honour_keys=True, seed=0)
        _drained(place)
    finally:
        for timer in world.timers:
            timer.join()
        for part in parts:
            if part.process is not None:
                part.process.kill()
                part.process.join()
    return world, lived


def _live_through(world: World, night: Night, kind: str) -> Lived:
    set_sandbox_faults(world.place, kind, honour_keys=world.draws.random() < 0.5, seed=night.number)
    began, start, kills = now(), time.perf_counter(), world.kills
    world.place.set_night(night)
    strike(world, kind, world.draws.uniform(0.0, LATEST_BLOW))
    _until_over(world.place, night)
    return Lived(kind, began, night, world.kills - kills, time.perf_counter() - start)


def _until_over(place: Place, night: Night) -> None:
    """Wait until the run of the night has come to its end."""
    query = "SELECT count(*) FROM runs WHERE job = %s AND as_of = %s AND finished_at IS NOT NULL"
    deadline = time.perf_counter() + PATIENCE_SECONDS
    while time.perf_counter() < deadline:
        if _number(place, query, night.job, night.as_of):
            return
        time.sleep(0.02)
    raise RuntimeError(f"{night} did not come to its end")


def _drained(place: Place) -> int:
    """Wait until everything is told; returns how much is not."""
    deadline = time.perf_counter() + PATIENCE_SECONDS
    waiting = 1
    while waiting and time.perf_counter() < deadline:
        waiting = _number(place, "SELECT count(*) FROM outbox WHERE state IN ('pending', 'dead')")
        time.sleep(0.1)
    return waiting


def _number(place: Place, query: str, *values: object) -> int:
    try:
        with psycopg.connect(_plain(place.database), connect_timeout=5) as connection:
            row = connection.execute(query.encode(), values).fetchone()
    except psycopg.OperationalError:  # it was killed a moment ago
        return 1 if "outbox" in query else 0
    return int(row[0]) if row is not None else 0


def _undisturbed(todo: Sequence[Night], folder: Path, url: str) -> None:
    """The same nights, one after the other in this process, with nothing in their way."""
    engine = make_engine(make_url(url), DATABASE)
    for night in todo:
        source = FilesConfig(kind="files", path=history_path(folder, night))
        run_job(
            job_of(night.job), night.as_of, RunContext(engine, source, "undisturbed", workers=Workers("sequential"))
        )
    engine.dispose()


@contextmanager
def _servers() -> Iterator[tuple[Path, Postgres, Place, str]]:
    """Two Postgres servers: one that is killed, and one for the sandbox and for the undisturbed nights."""
    folder = Path(mkdtemp(prefix="fw-chaos-", dir="/tmp"))
    folder.chmod(0o755)
    ours, others = Postgres(folder / "ours"), Postgres(folder / "others")
    try:
        url, safe = ours.start(), others.start()
        names = ("reference", "sandbox")
        with psycopg.connect(_plain(safe), autocommit=True) as connection:
            for name in names:
                connection.execute(f"CREATE DATABASE {name}".encode())
        reference, sandbox = (make_url(safe).set(database=name).render_as_string(hide_password=False) for name in names)
        for one in (url, reference):
            engine = make_engine(make_url(one), DATABASE)
            schema.upgrade(engine)
            engine.dispose()
        with listen("127.0.0.1", 0) as probe:
            port = int(probe.getsockname()[1])
        yield folder, ours, Place(folder, url, port, sandbox), reference
    finally:
        ours.server.stop()
        others.server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _plain(url: str) -> str:
    return url.replace("+psycopg", "")


def _print(lived: Sequence[Lived], verdict: Verdict, *, waiting: int, died: int, seconds: float) -> int:
    began = [one.began for one in lived]

    def by_kind(moments: Sequence[datetime], kind: str) -> int:
        """How many of these moments lie in nights of a kind; what has no moment counts for the last night."""
        ends = (max(0, bisect_right(began, at) - 1) for at in moments)
        return sum(lived[index].kind == kind for index in ends)

    print(f"{'what went wrong':<28} runs kills resumed lost doubled disordered median s")
    for kind in BLOWS:
        mine = [one for one in lived if one.kind == kind]
        if not mine:
            continue
        resumed = sum((one.night.job, one.night.as_of) in verdict.resumed for one in mine)
        numbers = [by_kind(each, kind) for each in (verdict.lost, verdict.doubled, verdict.disordered)]
        print(
            f"{kind:<28} {len(mine):4d} {sum(one.kills for one in mine):5d} {resumed:7d} "
            f"{numbers[0]:4d} {numbers[1]:7d} {numbers[2]:10d} {median(one.seconds for one in mine):8.2f}"
        )
    kills = sum(one.kills for one in lived)
    totals = (len(verdict.lost), len(verdict.doubled), len(verdict.disordered))
    print(
        f"{'all':<28} {len(lived):4d} {kills:5d} {len(verdict.resumed):7d} "
        f"{totals[0]:4d} {totals[1]:7d} {totals[2]:10d} {median(one.seconds for one in lived):8.2f}"
    )
    print(f"{seconds:.0f} s; {waiting} messages still wait; {died} processes ended by themselves")
    for line in verdict.words[:20]:
        print(f"  {line}")
    return 1 if any(totals) or waiting or died or verdict.words else 0


def _show(done: int, total: int) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{done} of {total} nights" + ("\n" if done == total else ""))
        sys.stderr.flush()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chaos", description=__doc__)
    parser.add_argument("--runs", type=int, default=300, help="how many nights to live through")
    parser.add_argument("--seed", type=int, default=1, help="for what goes wrong, and when")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
