"""The measures of the M4 competition, and how often intervals hold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.forecast.tasks import Task

LEVELS = (0.1, 0.5, 0.9)


@dataclass(frozen=True, slots=True)
class Score:
    """Means over the series (and the median of MASE); intervals NaN where a method has none."""

    mase: float
    mase_median: float
    smape: float
    owa: float  # the mean of MASE and sMAPE relative to M4's Naive2
    rsn: float  # the same relative to the seasonal naive
    spl: float  # scaled pinball loss over .1, .5, .9
    coverage: float  # share of points in the interval from .1 to .9


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """What errors are measured against, one number a series."""

    scale: NDArray[np.float64]
    naive: NDArray[np.float64]  # seasonal naive forecasts [n_series, horizon]
    naive2: NDArray[np.float64]


def reference(task: Task) -> Reference:
    """The scale of MASE and the two naive forecasts of every series."""
    rows = [row[np.isfinite(row)] for row in task.train]
    scale = [_scale(row, task.season) for row in rows]
    naive = [seasonal_naive(row, task.horizon, task.season) for row in rows]
    naive2 = [_naive2(row, task.horizon, task.season) for row in rows]
    return Reference(np.array(scale), np.array(naive), np.array(naive2))


def score(
    task: Task,
    known: Reference,
    point: NDArray[np.float64],
    quantiles: NDArray[np.float64] | None,
    rows: NDArray[np.bool_],
) -> Score:
    """Score `point[n_series, horizon]` and `quantiles[n_series, 3, horizon]` on the chosen rows."""
    mase = (np.abs(task.test - point).mean(axis=1) / known.scale)[rows]
    smape = _smape(task.test, point)[rows]
    relative = []
    for other in (known.naive2, known.naive):
        other_mase = (np.abs(task.test - other).mean(axis=1) / known.scale)[rows].mean()
        relative.append((mase.mean() / other_mase + smape.mean() / _smape(task.test, other)[rows].mean()) / 2)
    spl = coverage = float("nan")
    if quantiles is not None:
        losses = [_pinball(task.test - quantiles[:, i], level) for i, level in enumerate(LEVELS)]
        spl = float((np.mean(losses, axis=0) / known.scale)[rows].mean())
        inside = (task.test >= quantiles[:, 0]) & (task.test <= quantiles[:, 2])
        coverage = float(inside.mean(axis=1)[rows].mean())
    owa, rsn = (float(one) for one in relative)
    return Score(float(mase.mean()), float(np.median(mase)), float(smape.mean()), owa, rsn, spl, coverage)


def seasonal_naive(row: NDArray[np.float64], horizon: int, season: int) -> NDArray[np.float64]:
    """The last season, repeated; the last value where there is none."""
    return np.repeat(row[-1], horizon) if row.size < season else np.resize(row[-season:], horizon)


def _scale(row: NDArray[np.float64], season: int) -> float:
    change = row[season:] - row[:-season] if row.size > season else np.diff(row)
    return max(float(np.abs(change).mean()), 1e-8 * (1 + float(np.abs(row).mean())))


def _smape(actual: NDArray[np.float64], point: NDArray[np.float64]) -> NDArray[np.float64]:
    size = np.abs(actual) + np.abs(point)
    return np.asarray(np.where(size > 0, 200 * np.abs(actual - point) / np.where(size > 0, size, 1), 0).mean(axis=1))


def _pinball(error: NDArray[np.float64], level: float) -> NDArray[np.float64]:
    return np.asarray(np.mean(2 * np.maximum(level * error, (level - 1) * error), axis=1))


def _naive2(row: NDArray[np.float64], horizon: int, season: int) -> NDArray[np.float64]:
    """M4's Naive2: naive on what classical multiplicative decomposition leaves, where a season is significant."""
    if row.size < 3 * season or (row <= 0).any() or not _seasonal(row, season):
        return np.repeat(row[-1], horizon)
    window = np.r_[0.5, np.ones(season - 1), 0.5] / season if season % 2 == 0 else np.ones(season) / season
    half = window.size // 2
    ratio = row[half : row.size - half] / np.convolve(row, window, "valid")
    phase = np.arange(half, row.size - half) % season
    shape = np.array([ratio[phase == one].mean() for one in range(season)])
    shape = shape * season / shape.sum()
    if not np.isfinite(shape).all() or (shape <= 0).any():
        return np.repeat(row[-1], horizon)
    return np.asarray(row[-1] / shape[(row.size - 1) % season] * shape[(row.size + np.arange(horizon)) % season])


def _seasonal(row: NDArray[np.float64], season: int) -> bool:
    deviation = row - row.mean()
    power = float((deviation * deviation).sum())
    if power == 0:
        return False
    lags = np.array([(deviation[lag:] * deviation[:-lag]).sum() / power for lag in range(1, season + 1)])
    limit = 1.645 * np.sqrt((1 + 2 * (lags[:-1] ** 2).sum()) / row.size)
    return bool(abs(lags[-1]) > limit)
