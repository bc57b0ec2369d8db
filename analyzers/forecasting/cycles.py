"""Whole cycles before each origin, and their levels: what profiles, trends and analogs are made of."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analyzers.forecasting.history import History, Working
from analyzers.forecasting.medians import nan_median
from analyzers.forecasting.origins import Origins


def cycles_before(history: History, origins: Origins, period: int, cycles: int, *, around: int = 0) -> Working:
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


def levels_before(history: History, origins: Origins, period: int, cycles: int) -> Working:
    """The medians of the last cycles before each origin, newest first: `[n_cycles, n_origins, n_series]`.

    The level of a long cycle of whole seasons is the median of the seasons' medians.
    """
    inner = history.season
    if inner < period and period % inner == 0 and not (origins.backs % period == 0).all():
        parts = period // inner
        levels = levels_before(history, origins, inner, cycles * parts)
        return nan_median(levels.reshape(cycles, parts, *levels.shape[1:]), 1)
    if (origins.backs % period == 0).all():
        levels = _whole_levels(history, period)
        index = levels.shape[0] - 1 - origins.backs[None, :] // period - np.arange(cycles)[:, None]
        taken: Working = levels[np.maximum(index, 0)]
        taken[index < 0] = np.nan
        return taken
    return nan_median(cycles_before(history, replace(origins, horizon=period), period, cycles), 2)


def _whole_levels(history: History, period: int) -> Working:
    """The medians of whole cycles, counted back from the end, oldest first: `[n_cycles, n_series]`; computed once."""
    if period not in history.levels:
        count = max(history.steps // period, 1)
        missing = np.full((max(period - history.steps, 0), history.series), np.nan, dtype=np.float32)
        whole = np.concatenate([missing, history.values[max(history.steps - count * period, 0) :]])
        level = nan_median(whole.reshape(count, period, history.series), 1)
        begin = history.steps - np.arange(count, 0, -1) * period
        level[begin[:, None] < history.first] = np.nan
        history.levels[period] = level
    return history.levels[period]


def repeat(cycle: Working, horizon: int) -> Working:
    """`cycle[n_origins, n_ahead, n_series]` again and again: `[n_origins, horizon, n_series]`."""
    return cycle[:, np.arange(horizon) % cycle.shape[1]]
