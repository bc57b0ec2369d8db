"""A small estate in a file: five disks, one of which will be full in ten days."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sqlalchemy import Engine

from domain.job import Job, Policy
from jobs.pipeline import RunContext
from jobs.workers import Workers
from sources.config import FilesConfig
from tests.fixtures.builders import AS_OF, make_job, make_watch

GIB = 2.0**30
SIZE = 100 * GIB
STEPS = 30 * 24


def write_history(path: Path, used_by_host: dict[str, list[float]]) -> None:
    """Hourly samples that end at `AS_OF`: free and total bytes of one disk for each host."""
    times = int(AS_OF.timestamp() * 1000) - 3_600_000 * np.arange(STEPS - 1, -1, -1)
    frames = []
    for host, used in used_by_host.items():
        labels = json.dumps({"instance": host, "mountpoint": "/var"})
        for name, values in (
            ("node_filesystem_size_bytes", np.full(STEPS, SIZE)),
            ("node_filesystem_avail_bytes", SIZE - np.array(used)),
        ):
            frames.append(
                pl.DataFrame({"ts": times, "value": values}).with_columns(name=pl.lit(name), labels=pl.lit(labels))
            )
    pl.concat(frames).write_parquet(path)


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """Four disks that rest, each with a daily swing, and one that grows by 4 GiB a day to 60 GiB."""
    hours = np.arange(STEPS)
    swing = 2 * GIB * np.sin(2 * np.pi * hours / 24)
    noise = np.random.default_rng(7).normal(0, 0.1 * GIB, (5, STEPS))
    used = {f"db-{number}": (30 + 10 * number) * GIB + swing + noise[number] for number in range(4)}
    used["grows"] = 60 * GIB - (STEPS - 1 - hours) * 1.9 * GIB / 24 + noise[4]
    path = tmp_path / "history.parquet"
    write_history(path, {host: list(values) for host, values in used.items()})
    return path


@pytest.fixture
def job() -> Job:
    """A job of one watch, hour by hour, that opens at the first sight."""
    watch = make_watch(step=timedelta(hours=1))
    return make_job(Policy(open_after_runs=1), watches=(watch,), source="files")


@pytest.fixture
def context(engine: Engine, history: Path) -> RunContext:
    """What a run needs, in one process."""
    return RunContext(
        engine,
        FilesConfig(kind="files", path=history),
        "test:1",
        workers=Workers("sequential"),
        clock=lambda: AS_OF + timedelta(days=30),  # tests pass whatever day it is
    )
