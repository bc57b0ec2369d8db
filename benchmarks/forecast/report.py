"""The table: every method on every set, ours on either half of the series too."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from analyzers.forecasting import ForecastParameters, forecast_batch
from benchmarks.forecast.rivals import QUOTED, Answer, rivals
from benchmarks.forecast.scoring import Score, reference, score
from benchmarks.forecast.tasks import Task, load_tasks

COLUMNS = ("OWA", "rSN", "MASE", "median", "SPL", "cov80")
HEADER = f"  {'method':24s} {'series':7s} " + " ".join(f"{name:>7s}" for name in COLUMNS) + f" {'series/s':>9s}"


def accuracy(data: Path) -> None:
    """Print one table for each set."""
    print("OWA: relative to M4's Naive2; rSN: to the seasonal naive; median: of MASE; SPL: scaled pinball loss.")
    print("half 1, half 2: of the series, by a hash of their names. quoted: from BASELINES.md, not run here.")
    for task in load_tasks(data):
        print(f"\n{task.name}: {len(task.ids)} series, {task.horizon} steps ahead\n{HEADER}")
        known = reference(task)
        everything = np.ones(len(task.ids), dtype=np.bool_)
        (point, quantiles), speed = _timed(task)
        for half, rows in (("all", everything), ("half 1", task.half(0)), ("half 2", task.half(1))):
            _line("forewarn", half, score(task, known, point, quantiles, rows), speed)
        for name, rival in rivals(task).items():
            begin = time.process_time()
            point, quantiles = rival(task)
            speed = len(task.ids) / max(time.process_time() - begin, 1e-9)
            _line(name, "all", score(task, known, point, quantiles, everything), speed)
        for name, (owa, rsn, median, spl, coverage, speed) in QUOTED.get(task.name, {}).items():
            _line(f"{name} (quoted)", "all", Score(np.nan, median, np.nan, owa, rsn, spl, coverage), speed)


def _timed(task: Task) -> tuple[Answer, float]:
    parameters = ForecastParameters(horizon=task.horizon, step_seconds=task.step_seconds)
    begin = time.process_time()
    batch = forecast_batch(task.train, parameters)
    return (batch.mean, batch.values), len(task.ids) / (time.process_time() - begin)


def _line(name: str, series: str, result: Score, speed: float) -> None:
    numbers = (result.owa, result.rsn, result.mase, result.mase_median, result.spl, result.coverage)
    cells = " ".join(f"{number:7.3f}" if np.isfinite(number) else f"{'-':>7s}" for number in numbers)
    print(f"  {name:24s} {series:7s} {cells} {speed:9.0f}", flush=True)
