"""Forecasts of a whole batch at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analyzers.forecasting.parameters import ForecastBatch, ForecastParameters
from domain.series import SeriesStatus

MINIMUM_SEEN = 8


def forecast_batch(values: NDArray[np.float64], parameters: ForecastParameters, *, start: float = 0.0) -> ForecastBatch:
    """Forecast every series of `values[n_series, n_steps]`, NaN where unseen, all ending at the last step.

    `start` is the time of the first step, in seconds since 1970 (0: not known).
    """
    del start
    n_series, n_steps = values.shape
    quantiles = np.asarray(parameters.quantiles)
    shape = (n_series, quantiles.size, parameters.horizon)
    future = np.full(shape, np.nan)
    mean = np.full((n_series, parameters.horizon), np.nan)
    seen = np.count_nonzero(np.isfinite(values), axis=1)
    status = tuple(
        SeriesStatus.EMPTY if count == 0 else SeriesStatus.TOO_SHORT if count < MINIMUM_SEEN else SeriesStatus.OK
        for count in seen.tolist()
    )
    good = np.flatnonzero(seen >= MINIMUM_SEEN)
    period = max(parameters.periods or (1,))
    period = period if n_steps >= 3 * period else 1
    if good.size:
        rows = values[good]
        column = np.maximum.accumulate(np.where(np.isfinite(rows), np.arange(n_steps), 0), axis=1)
        filled = np.take_along_axis(rows, column, axis=1)
        phase = n_steps - period + np.arange(parameters.horizon) % period
        mean[good] = filled[:, phase]
        errors = filled[:, period:] - filled[:, :-period]
        spread = np.nanquantile(errors, quantiles, axis=1).T
        future[good] = np.sort(mean[good][:, None, :] + spread[:, :, None], axis=1)
        np.clip(future, parameters.lower, parameters.upper, out=future)
        np.clip(mean, parameters.lower, parameters.upper, out=mean)
    reasons = {
        SeriesStatus.EMPTY: "nothing was seen",
        SeriesStatus.TOO_SHORT: f"fewer than {MINIMUM_SEEN} samples were seen",
    }
    return ForecastBatch(
        quantiles=parameters.quantiles,
        values=future,
        mean=mean,
        status=status,
        reason=tuple(reasons.get(one, "") for one in status),
        method=tuple("seasonal naive" if one is SeriesStatus.OK else "" for one in status),
        backtest_score=np.full(n_series, np.nan),
        periods=tuple((period,) if period > 1 else () for _ in range(n_series)),
    )
