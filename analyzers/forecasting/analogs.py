"""Analogs: the past days that were most like the last one, and what followed them.

Source: Lorenz (1969), analogues; in forecasting, nearest neighbours on windows (Yakowitz, 1987). Days are compared
around their own median, so that a shape is found again at another level.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analyzers.forecasting.history import History, Working
from analyzers.forecasting.medians import nan_median
from analyzers.forecasting.origins import Origins

NEAREST = 5
MOST_CYCLES = 35  # that are looked through


def analogs(history: History, origins: Origins, *, period: int) -> Working | None:
    """The median of what followed the nearest cycles, `[n_origins, horizon, n_series]`; NaN where too few are known.

    None where origins do not lie at the ends of whole cycles or no series is long enough.
    """
    count = history.steps // period
    least = -(-origins.horizon // period)
    if (origins.backs % period != 0).any() or count - least <= NEAREST:
        return None
    whole = history.values[history.steps - count * period :].reshape(count, period, history.series)
    values = history.values.reshape(-1)
    level = nan_median(whole, 1)
    shape = whole - level[:, None]
    out: Working = np.full((origins.backs.size, origins.horizon, history.series), np.nan, dtype=np.float32)
    for index, back in enumerate((origins.backs // period).tolist()):
        last = count - 1 - back
        begin = max(last - MOST_CYCLES, 0)
        if last - least - begin + 1 < NEAREST:
            continue
        distance = np.abs(shape[begin : last - least + 1] - shape[last]).sum(axis=1)
        nearest = _nearest(distance)
        enough = np.isfinite(np.take_along_axis(distance, nearest, 0)).all(axis=0)
        column = np.arange(history.series)
        row = (history.steps - (count - 1 - begin - nearest) * period)[:, None] + np.arange(origins.horizon)[:, None]
        followed = values.take(row * history.series + column) - level[begin + nearest, column][:, None]
        out[index] = np.where(enough, nan_median(followed, 0) + level[last], np.nan)
    return out


def _nearest(distance: Working) -> NDArray[np.int64]:
    """The rows of the `NEAREST` smallest of `distance[n_cycles, n_series]`, NaN last."""
    rows = np.ascontiguousarray(np.where(np.isnan(distance), np.inf, distance).T)
    order: NDArray[np.int64] = np.argpartition(rows, NEAREST - 1, axis=1)[:, :NEAREST].T
    return order
