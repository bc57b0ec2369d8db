"""Little estates that live through nights: their disks rest, fill slowly, fill fast, are full, or are cleaned up."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from domain.job import Job, Policy, Schedule
from domain.watch import Limit, LocalText, Unit, Watch

FIRST_NIGHT = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)
NIGHTS = 20  # of one estate
HOSTS = 3
SIZE = 100 * 2.0**30
STEPS = 10 * 24  # hours that are looked back
METRICS = ("space", "inodes")
# How full a disk is ten days ago and now, as shares of its size.
MOODS = {"rests": (0.3, 0.3), "fills": (0.3, 0.6), "fills fast": (0.3, 0.9), "is full": (0.3, 1.0)}


@dataclass(frozen=True, slots=True)
class Night:
    """One run: a job and its time."""

    number: int
    job: str
    as_of: datetime


def nights(count: int) -> list[Night]:
    """So many nights, estate after estate."""
    return [
        Night(number, f"estate-{number // NIGHTS}", FIRST_NIGHT + timedelta(days=number % NIGHTS))
        for number in range(count)
    ]


def job_of(name: str) -> Job:
    """The estate's job: two watches of the same disks, whose findings are told in one incident per disk."""
    return Job(
        name,
        Schedule("0 2 * * *"),
        tuple(_watch(metric) for metric in METRICS),
        source="files",
        policy=Policy(open_after_runs=1, clear_after_runs=1),
        languages=("en",),
    )


def _watch(metric: str) -> Watch:
    return Watch(
        name=metric,
        pack="node",
        title=LocalText(f"Filesystem {metric}", f"檔案系統 {metric}"),
        query=f"{metric}_used",
        unit=Unit.BYTES,
        entity=("instance",),
        advice=LocalText("Clean up.", "請清理。"),
        limit=Limit(query=f"{metric}_size"),
        history=timedelta(hours=STEPS),
        step=timedelta(hours=1),
    )


def history_path(folder: Path, night: Night) -> Path:
    """Where the history of a night is."""
    return folder / f"{night.job}-{night.as_of:%Y%m%d}.parquet"


def write_history(folder: Path, night: Night, seed: int) -> None:
    """What the source knows in that night. Each disk's mood changes from one night to the next, or does not."""
    times = int(night.as_of.timestamp() * 1000) - 3_600_000 * np.arange(STEPS - 1, -1, -1)
    frames = []
    for host in range(HOSTS):
        labels = json.dumps({"instance": f"db-{host}"})
        for metric in METRICS:
            used = _used(_mood(seed, night, host, metric), random.Random(f"{seed}{night}{host}{metric}"))
            for name, values in ((f"{metric}_used", used), (f"{metric}_size", np.full(STEPS, SIZE))):
                frame = pl.DataFrame({"ts": times, "value": values})
                frames.append(frame.with_columns(name=pl.lit(name), labels=pl.lit(labels)))
    path = history_path(folder, night)
    partial = path.with_suffix(".part")
    pl.concat(frames).write_parquet(partial)
    partial.replace(path)


def _mood(seed: int, night: Night, host: int, metric: str) -> str:
    """One disk in three changes its mood in a night."""
    mood = "rests"
    draws = random.Random(f"{seed} {night.job} {host} {metric}")
    for _ in range((night.as_of - FIRST_NIGHT).days + 1):
        if draws.random() < 0.35:
            mood = draws.choice([*MOODS, "rests"])
    return mood


def _used(mood: str, draws: random.Random) -> NDArray[np.float64]:
    begin, end = MOODS[mood]
    noise = np.random.default_rng(draws.getrandbits(32)).normal(0.0, 0.002, STEPS)
    share: NDArray[np.float64] = np.clip(np.linspace(begin, end, STEPS) + noise, 0.0, 1.0)
    if mood == "is full":
        share[-6:] = 1.0
    return share * SIZE
