"""The forecast of a group of series with the same seasons: try every method, combine, and measure the errors."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analyzers.forecasting.combine import Combination, combine
from analyzers.forecasting.history import History, Working, make_history
from analyzers.forecasting.intervals import Spread, flat_offsets, spread_of
from analyzers.forecasting.level_steps import level_steps_removed, unsettled
from analyzers.forecasting.medians import nan_median
from analyzers.forecasting.methods import Attempt, forecast_all
from analyzers.forecasting.origins import choose_origins
from analyzers.forecasting.parameters import ForecastParameters
from analyzers.forecasting.seasons import shows
from analyzers.forecasting.transforms import SoftLog

NAMED = 3  # methods that are named, by weight
HELPS = 0.98  # a season is accepted when the best method with it errs at most this much of the best without it
MIDDLE = 0.5
A_LITTLE = 0.02  # of the weights: less is what a method has that hardly counts
LEAST_ORIGINS = 2  # from which errors are taken; with fewer, the spread of the values themselves


@dataclass(frozen=True, slots=True, eq=False)
class GroupForecast:
    """`centre[horizon, n_series]`, its spread, and how it came about."""

    centre: NDArray[np.float64]
    spread: Spread
    score: NDArray[np.float64]  # error over the naive method's; NaN: not known
    method: tuple[str, ...]
    periods: tuple[tuple[int, ...], ...]


def forecast_group(
    values: NDArray[np.float64], periods: tuple[int, ...], parameters: ForecastParameters
) -> GroupForecast:
    """Forecast `values[n_series, n_steps]`, all with the candidate seasons `periods`."""
    history = level_steps_removed(make_history(values, periods), parameters.horizon)
    origins = choose_origins(history.steps, parameters.horizon, periods)
    soft = SoftLog.fit(history.values)
    softened = soft.forward(history.values)
    attempts = forecast_all(history, origins, soft, softened)
    actual = origins.actual(history)
    found = combine(attempts, actual, origins)
    errors = np.where(_alike(attempts, found.weights), actual - found.centre[1:], np.nan)
    naive = np.where(np.isnan(errors), np.nan, actual - attempts[0].future[1:])
    season = max((period for period in periods if period <= parameters.horizon), default=1)
    spread = spread_of(errors, origins, parameters.quantiles, season)
    few = spread.origins < LEAST_ORIGINS
    if few.any():
        spread.offsets[:, :, few] = flat_offsets(_deviations(history)[:, few], parameters.quantiles)
    spread.offsets[...] += doubt(unsettled(history, parameters.horizon), parameters.quantiles)
    centre = np.where(np.isfinite(found.centre[0]), found.centre[0], history.values[-1])
    return GroupForecast(
        centre=history.scale.back(centre),
        spread=replace(spread, offsets=spread.offsets * history.scale.unit),
        score=_mean(errors) / _mean(naive),
        method=_names(attempts, found),
        periods=_accepted(attempts, found, history, softened),
    )


def _alike(attempts: list[Attempt], weights: Working) -> NDArray[np.bool_]:
    """From which past origins the forecasts are like the real one, `[n_origins - 1, 1, n_series]`.

    Those from which most of what it is made of, `weights[n_methods, n_series]`, knew enough, or at least a little of it
    where the former are too few to take errors from; all, where none is so: at the beginning of a short history only
    the naive method says something, and its errors are not those to come.
    """
    knew = np.stack([np.isfinite(attempt.future[1:, 0] + attempt.future[1:, -1]) for attempt in attempts])
    share = np.einsum("ms,mos->os", weights, knew)
    total = weights.sum(axis=0)
    alike = share >= MIDDLE * total
    alike |= (share >= A_LITTLE * total) & (np.count_nonzero(alike, axis=0) < LEAST_ORIGINS)
    return np.asarray(alike | ~alike.any(axis=0), dtype=np.bool_)[:, None]


def doubt(change: Working, quantiles: tuple[float, ...]) -> NDArray[np.float64]:
    """What makes the quantiles' offsets reach to where the series is now, `[n_quantiles, 1, n_series]`, to be added.

    `change[n_series]`: how far off that is. The median stays: it may come back.
    """
    levels = np.array(quantiles)[:, None, None]
    side = np.where(change > 0, levels > MIDDLE, levels < MIDDLE)
    return np.where(side, change.astype(np.float64), 0.0)


def _mean(errors: Working) -> NDArray[np.float64]:
    """The mean size of errors `[n_origins, horizon, n_series]`; NaN where none is known or all are zero."""
    known = np.isfinite(errors)
    count = np.count_nonzero(known, axis=(0, 1))
    total = np.abs(errors).sum(axis=(0, 1), where=known, dtype=np.float64)
    out = np.full(count.size, np.nan)
    np.divide(total, count, out=out, where=(count > 0) & (total > 0))
    return out


def _deviations(history: History) -> Working:
    """How far values lie from their median, `[n_steps, n_series]`; NaN where unseen."""
    values = np.where(history.seen, history.values, np.nan)
    return np.asarray(values - nan_median(values, 0), dtype=np.float32)


def _names(attempts: list[Attempt], found: Combination) -> tuple[str, ...]:
    """The methods that weigh most, with their weights."""
    order = np.argsort(-found.weights, axis=0, kind="stable")[:NAMED]
    share = np.take_along_axis(found.weights, order, axis=0)
    count = np.count_nonzero(found.weights, axis=0)
    return tuple(
        ", ".join(f"{attempts[index].name} {part:.0%}" for index, part in zip(places, parts, strict=True) if part > 0)
        + (f" and {more - NAMED} others" if more > NAMED else "")
        for places, parts, more in zip(order.T.tolist(), share.T.tolist(), count.tolist(), strict=True)
    )


def _accepted(
    attempts: list[Attempt], found: Combination, history: History, softened: Working
) -> tuple[tuple[int, ...], ...]:
    """The seasons that help each series: with them its past is forecast better than without, and they show in it."""
    errors = np.where(np.isfinite(found.errors), found.errors, np.inf)
    accepted = []
    for period in history.periods:
        uses = np.array([period in attempt.periods for attempt in attempts])
        best, without = errors[uses].min(axis=0), errors[~uses].min(axis=0, initial=np.inf)
        accepted.append(np.isfinite(best) & (best <= HELPS * without) & shows(softened, period))
    return tuple(
        tuple(period for period, one in zip(history.periods, accepted, strict=True) if one[index])
        for index in range(history.series)
    )
