"""The open sample of capacity histories: a folder with series.csv.gz, limits.csv.gz, meta.json and truth.json."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import polars as pl

from benchmarks.exhaustion.generator import History
from domain.watch import Direction, Measure


class Meta(msgspec.Struct):
    """What meta.json says of one series."""

    now: int
    step_s: int
    type: str
    direction: str


class Truth(msgspec.Struct):
    """What truth.json says of one series."""

    days: float | None
    kind: str


def read_open_sample(folder: Path) -> list[History]:
    """The histories of the sample, each on its own regular grid up to its `now`; the future is not in it."""
    meta = msgspec.json.decode((folder / "meta.json").read_bytes(), type=dict[str, Meta])
    truth = msgspec.json.decode((folder / "truth.json").read_bytes(), type=dict[str, Truth])
    samples = pl.read_csv(folder / "series.csv.gz", schema_overrides={"value": pl.Float64}).partition_by(
        "series", as_dict=True
    )
    limits = pl.read_csv(folder / "limits.csv.gz", schema_overrides={"limit": pl.Float64}).partition_by(
        "series", as_dict=True
    )
    return [_history(name, meta[name], truth[name], samples[name,], limits[name,]) for name in meta]


def _history(name: str, meta: Meta, truth: Truth, samples: pl.DataFrame, limits: pl.DataFrame) -> History:
    times = samples["ts"].to_numpy()
    start = int(times[0])
    values = np.full((meta.now - start) // meta.step_s + 1, np.nan)
    values[(times - start) // meta.step_s] = samples["value"].to_numpy()
    grid = start + meta.step_s * np.arange(values.size)
    since, limit = limits["ts"].to_numpy(), limits["limit"].to_numpy()
    index = np.searchsorted(since, grid, side="right") - 1
    return History(
        name=name,
        kind=truth.kind,
        step=meta.step_s,
        start=start,
        values=values,
        limits=np.where(index >= 0, limit[np.maximum(index, 0)], np.nan),
        direction=Direction(meta.direction),
        measure=Measure(meta.type),
        future=np.empty(0),
        days=truth.days,
    )
