"""What people use instead: methods that run here within seconds, and what slower ones reached elsewhere."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from benchmarks.forecast.boosted import boosted
from benchmarks.forecast.scoring import LEVELS, seasonal_naive
from benchmarks.forecast.tasks import Task

Answer = tuple[NDArray[np.float64], NDArray[np.float64] | None]
Rival = Callable[[Task], Answer]

# The project's BASELINES.md, section 1, on this same open half (Prophet on 40 of its series): OWA, rSN, median MASE,
# SPL, coverage of the 80 % interval, series a second. Defaults of statsforecast 2.1.1 and Prophet 1.5.0.
QUOTED: dict[str, dict[str, tuple[float, float, float, float, float, float]]] = {
    "M4 hourly, 48 h": {
        "holt_winters": (0.615, 1.023, 0.897, 0.725, 0.753, 4.8),
        "mstl_ets": (0.565, 0.956, 0.720, 0.792, 0.712, 3.2),
        "prophet": (0.799, 1.474, 1.176, 1.325, 0.620, 1.9),
        "dot": (0.990, 1.743, 1.846, 1.673, 0.804, 14.3),
    },
    "cloud metrics, 48 h": {
        "prophet": (1.198, 1.365, 1.117, 1.353, 0.851, 3.6),
        "dot": (1.023, 1.107, 0.868, 1.863, 0.924, 4.6),
        "holt_winters": (1.100, 1.192, 0.926, 1.680, 0.831, 3.1),
        "mstl_ets": (1.191, 1.292, 1.153, 1.737, 0.826, 2.6),
    },
    "5-minute metrics, 4 h": {
        "dot": (0.920, 0.798, 0.726, 0.567, 0.895, 25.9),
        "mstl_ets": (1.163, 1.009, 0.962, 0.741, 0.618, 6.4),
    },
}


def rivals(task: Task) -> dict[str, Rival]:
    """The methods that are run here."""
    week = round(7 * 86_400 / task.step_seconds) if task.step_seconds > 1 else 7 * task.season
    return {
        "seasonal naive": _seasonal_naive,
        "naive with drift": _drift,
        "predict_linear 7d": lambda one: (_lines(one, week, _least_squares), None),
        "Theil-Sen 7d": lambda one: (_lines(one, week, _theil_sen), None),
        "median of a day": _median,
        "boosted lags": lambda one: (boosted(one), None),
    }


def _each(task: Task) -> list[NDArray[np.float64]]:
    return [row[np.isfinite(row)] for row in task.train]


def _seasonal_naive(task: Task) -> Answer:
    """With normal intervals from the seasonal differences, wider with every season ahead (as statsforecast)."""
    z = np.array([-1.2815515655, 0.0, 1.2815515655])
    point, spread = [], []
    growth = np.sqrt(np.arange(task.horizon) // task.season + 1)
    for row in _each(task):
        season = min(task.season, row.size - 1)
        point.append(seasonal_naive(row, task.horizon, task.season))
        spread.append(np.sqrt(np.mean((row[season:] - row[:-season]) ** 2)))
    centre = np.array(point)
    return centre, centre[:, None] + np.array(spread)[:, None, None] * z[:, None] * growth


def _drift(task: Task) -> Answer:
    point, quantiles = [], []
    ahead = np.arange(1, task.horizon + 1)
    for row in _each(task):
        change = np.diff(row)
        centre = row[-1] + change.mean() * ahead
        width = change.std() * np.sqrt(ahead * (1 + ahead / row.size))
        point.append(centre)
        quantiles.append([centre + z * width for z in (-1.2815515655, 0.0, 1.2815515655)])
    return np.array(point), np.array(quantiles)


def _median(task: Task) -> Answer:
    rows = [row[-task.season :] for row in _each(task)]
    quantiles = np.array([np.quantile(row, LEVELS) for row in rows])
    repeated = np.repeat(quantiles[:, :, None], task.horizon, axis=2)
    return repeated[:, 1], repeated


def _lines(task: Task, steps: int, slope: Callable[[NDArray[np.float64]], tuple[float, float]]) -> NDArray[np.float64]:
    """A line through the last steps of each series; `slope` gives it and the level at the last step."""
    fits = [slope(row[-steps:]) for row in _each(task)]
    ahead = np.arange(1, task.horizon + 1)
    return np.array([level + rise * ahead for rise, level in fits])


def _least_squares(row: NDArray[np.float64]) -> tuple[float, float]:
    rise, level = np.polyfit(np.arange(1 - row.size, 1), row, 1)
    return float(rise), float(level)


def _theil_sen(row: NDArray[np.float64]) -> tuple[float, float]:
    kept = row[:: max(row.size // 200, 1)]
    every = max(row.size // 200, 1)
    left, right = np.triu_indices(kept.size, 1)
    rise = float(np.median((kept[right] - kept[left]) / (right - left))) / every
    return rise, float(np.median(row - rise * np.arange(1 - row.size, 1)))
