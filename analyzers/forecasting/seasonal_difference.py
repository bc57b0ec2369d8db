"""Autoregression on the change from one season ago: what comes next is last season's shape plus its drift.

Source: seasonal differencing as in a seasonal ARIMA (Box and Jenkins); the fit is that of `lag_ridge`.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analyzers.forecasting.history import History, Working
from analyzers.forecasting.lag_ridge import LagRidge, lag_ridge
from analyzers.forecasting.origins import Origins


def seasonal_difference(
    history: History, values: Working, origins: Origins, *, period: int, lags: tuple[int, ...]
) -> Working | None:
    """The forecast from every origin, `[n_origins, horizon, n_series]`; None where no series is long enough.

    `values[n_steps, n_series]`: the history on the scale to work on.
    """
    if history.steps <= period + lags[-1]:
        return None
    change = np.full_like(values, np.nan)
    change[period:] = values[period:] - values[:-period]
    later = replace(history, seen=history.seen & np.isfinite(change), first=history.first + period)
    future = lag_ridge(later, change, (LagRidge("change", lags),), origins).get("change")
    if future is None:
        return None
    row = history.steps - period - origins.backs[:, None] + np.arange(min(period, origins.horizon))
    future[:, :period] += values[np.maximum(row, 0)]
    for start in range(period, origins.horizon, period):
        ahead = slice(start, min(start + period, origins.horizon))
        future[:, ahead] += future[:, start - period : ahead.stop - period]
    return future
