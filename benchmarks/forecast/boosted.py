"""A boosted model on lags over all series at once, by scikit-learn: what many teams would build themselves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingRegressor

from benchmarks.forecast.tasks import Task

Floats = NDArray[np.float64]
MOST_ROWS = 60_000  # that the model is fitted to, drawn at random


def boosted(task: Task) -> Floats:
    """Centres `[n_series, horizon]`, forecast step by step; library defaults, no tuning.

    The origins of one series overlap, so that one origin's past holds another's future: a model sees one of them only.
    """
    found = np.empty((len(task.ids), task.horizon))
    origins = np.array([one.rpartition(".")[2] if "@" in one else "" for one in task.ids])
    for origin in np.unique(origins):
        rows = np.flatnonzero(origins == origin)
        found[rows] = _of_one_origin(task, task.train[rows])
    return found


def _of_one_origin(task: Task, train: Floats) -> Floats:
    lags = np.array([1, 2, 3, task.season - 1, task.season, task.season + 1, 2 * task.season, 7 * task.season])
    lags = lags[lags < train.shape[1] // 2]
    centre = np.nanmedian(train, axis=1, keepdims=True)
    scale = np.nanmean(np.abs(train - centre), axis=1, keepdims=True) + 1e-9
    scaled = (train - centre) / scale
    first = int(lags.max())
    moments = np.arange(first, train.shape[1])
    series, moment = (one.ravel() for one in np.meshgrid(np.arange(len(train)), moments, indexing="ij"))
    kept = np.random.default_rng(0).permutation(series.size)[:MOST_ROWS]
    series, moment = series[kept], moment[kept]
    target = scaled[series, moment]
    seen = np.isfinite(target)
    model = HistGradientBoostingRegressor(random_state=0)
    model.fit(scaled[series[seen, None], moment[seen, None] - lags], target[seen])
    past = scaled
    for _ in range(task.horizon):
        step = model.predict(past[:, past.shape[1] - lags])
        past = np.column_stack([past, step])
    ahead: Floats = centre + scale * past[:, -task.horizon :]
    return ahead
