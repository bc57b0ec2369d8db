"""Whole cycles before each origin, and their levels: what profiles, trends and analogs are made of."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from analyzers.forecasting.history import History
from analyzers.forecasting.medians import nan_median
from analyzers.forecasting.origins import Origins


def cycles_before(
    history: History, origins: Origins, period: int, cycles: int, *, around: int = 0
) -> NDArray[np.float64]:
    """The last cycles before each origin, newest first: `[n_cycles * (2 around + 1), n_origins, n_ahead, n_series]`.

    Of each cycle only the steps that the horizon needs: `n_ahead` is the smaller of the period and the horizon. With
    `around`, each cycle is there again shifted by up to so many steps either way. NaN where nothing is known.
    """
    shifts = np.arange(-around, around + 1)
    back = (np.arange(1, cycles + 1)[:, None] * period + shifts).reshape(-1, 1, 1)
    end = history.steps - origins.backs[None, :, None]
    row = end - back + np.arange(min(period, origins.horizon))
    known = (row >= 0) & (row < end)
    taken = history.values[np.where(known, row, 0)]
    if not known.all():
        taken[~known] = np.nan
    return taken


def levels_before(history: History, origins: Origins, period: int, cycles: int) -> NDArray[np.float64]:
    """The medians of the last cycles before each origin, newest first: `[n_cycles, n_origins, n_series]`.

    The level of a long cycle of whole seasons is the median of the seasons' medians.
    """
    inner = history.season
    if inner < period and period % inner == 0 and not (origins.backs % period == 0).all():
        parts = period // inner
        levels = levels_before(history, origins, inner, cycles * parts)
        return nan_median(levels.reshape(cycles, parts, *levels.shape[1:]), 1)
    if (origins.backs % period == 0).all():
        if period not in history.levels:
            count = history.steps // period
            whole = history.values[history.steps - count * period :].reshape(count, period, history.series)
            history.levels[period] = nan_median(whole, 1)
        level = history.levels[period]
        index = level.shape[0] - 1 - origins.backs[None, :] // period - np.arange(cycles)[:, None]
        taken = level[np.maximum(index, 0)] if level.shape[0] else np.zeros((*index.shape, history.series))
        return np.where((index >= 0)[..., None], taken, np.nan)
    whole = cycles_before(history, replace(origins, horizon=period), period, cycles)
    return nan_median(whole, 2)


def repeat(cycle: NDArray[np.float64], horizon: int) -> NDArray[np.float64]:
    """`cycle[n_origins, n_ahead, n_series]` again and again: `[n_origins, horizon, n_series]`."""
    return cycle[:, np.arange(horizon) % cycle.shape[1]]
