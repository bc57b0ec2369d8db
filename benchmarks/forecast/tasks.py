"""The open data: what was known, and what came after."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
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
    if not tasks:
        raise FileNotFoundError(f"no forecasting data under {data}: give its folder with --data")
    return tasks


def _load(name: str, train: Path, test: Path, season: int) -> Task:
    known, form = _only_batch(train)
    after, _ = _only_batch(test)
    order = [after.ids.index(one) for one in known.ids]
    return Task(name, known.ids, known.values, after.values[order], known.step if form else 1.0, season)


def _only_batch(path: Path) -> tuple[LongBatch, bool]:
    table = read_long_table(path)
    if len(table.batches) != 1:
        raise ValueError(f"{path} holds series of {len(table.batches)} steps: a set has one")
    return table.batches[0], table.form.instants
