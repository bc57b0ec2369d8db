"""The open data: what was known, and what came after."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sources.longtable import LongBatch, read_long_table


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """One set: `train[n_series, n_steps]` (NaN in front), `test[n_series, horizon]`, and its season for scoring."""

    name: str
    ids: tuple[str, ...]
    train: NDArray[np.float64]
    test: NDArray[np.float64]
    step_seconds: float
    season: int

    @property
    def horizon(self) -> int:
        return int(self.test.shape[1])

    def half(self, which: int) -> NDArray[np.bool_]:
        """One half of the series (0 or 1), by a hash of their names; the origins of one series stay together."""
        bits = [hashlib.sha256(("fw" + one.split("@")[0]).encode()).digest()[0] % 2 for one in self.ids]
        return np.asarray(np.array(bits) == which)


def load_tasks(data: Path) -> list[Task]:
    """Every set that is there. Raises `FileNotFoundError` when none is."""
    places = [
        ("M4 hourly, 48 h", "m4_hourly/train.csv.gz", "m4_hourly/test.csv.gz", 24),
        ("cloud metrics, 48 h", "cloud_forecast/h48_train.csv.gz", "cloud_forecast/h48_test.csv.gz", 24),
        ("cloud metrics, 7 days", "cloud_forecast/h168_train.csv.gz", "cloud_forecast/h168_test.csv.gz", 24),
        ("5-minute metrics, 4 h", "cloud_forecast/p5_train.csv.gz", "cloud_forecast/p5_test.csv.gz", 288),
    ]
    tasks = [
        _load(name, data / train, data / test, season)
        for name, train, test, season in places
        if (data / train).exists() and (data / test).exists()
    ]
    tasks += [task for task in (_transformers(data / "ett"), _cloudwatch(data / "nab")) if task is not None]
    if not tasks:
        raise FileNotFoundError(f"no forecasting data under {data}: give its folder with --data")
    return tasks


def _transformers(folder: Path) -> Task | None:
    """Electricity transformers, hourly: seven columns, seven days ahead, from six origins. No choice was made on it."""
    file = folder / "ETTh1.csv.gz"
    if not file.exists():
        return None
    table = pl.read_csv(file)
    columns = {name: table[name].cast(pl.Float64).to_numpy() for name in table.columns[1:]}
    return _cut("transformers (ETTh1), 7 days", columns, horizon=168, apart=1100, history=2160, step=3600.0, season=24)


def _cloudwatch(folder: Path) -> Task | None:
    """NAB's real series at their own five minutes, four hours ahead, from six origins. No choice was made on it."""
    files = sorted(folder.glob("real*/*.csv.gz"))
    columns = {file.name: pl.read_csv(file)["value"].cast(pl.Float64).to_numpy() for file in files}
    if not columns:
        return None
    return _cut("NAB real, 5 minutes, 4 h", columns, horizon=48, apart=500, history=4032, step=300.0, season=288)


def _cut(
    name: str,
    columns: dict[str, NDArray[np.float64]],
    *,
    horizon: int,
    apart: int,
    history: int,
    step: float,
    season: int,
) -> Task:
    """Tasks from whole series: origins `apart` steps from each other, the last one `horizon` before the end."""
    ids, train, test = [], [], []
    for series, values in columns.items():
        for number in range(6):
            end = values.size - horizon - number * apart
            if end >= 2 * season:
                known = values[max(end - history, 0) : end]
                train.append(np.r_[np.full(history - known.size, np.nan), known])
                test.append(values[end : end + horizon])
                ids.append(f"{series}@{number}")
    return Task(name, tuple(ids), np.array(train), np.array(test), step, season)


def _load(name: str, train: Path, test: Path, season: int) -> Task:
    known, form = _only_batch(train)
    after, _ = _only_batch(test)
    order = [after.ids.index(one) for one in known.ids]
    return Task(name, known.ids, known.values, after.values[order], known.step if form else 1.0, season)


def _only_batch(path: Path) -> tuple[LongBatch, bool]:
    table = read_long_table(path)
    if len(table.batches) != 1:
        raise ValueError(f"{path} holds series of {len(table.batches)} steps: a set has one")
    if table.refused:
        raise ValueError(f"{path}: {table.refused}: a set is used whole")
    return table.batches[0], table.form.instants
