"""The methods that are tried on a group of series, each from every origin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analyzers.forecasting.analogs import analogs
from analyzers.forecasting.history import History, Working
from analyzers.forecasting.lag_ridge import LagRidge, lag_ridge, seasonal_lags
from analyzers.forecasting.local_level import local_level
from analyzers.forecasting.medians import nan_median
from analyzers.forecasting.origins import Origins
from analyzers.forecasting.robust_trend import Trend, robust_trends
from analyzers.forecasting.seasonal_difference import seasonal_difference
from analyzers.forecasting.seasonal_naive import seasonal_naive
from analyzers.forecasting.seasonal_profile import level_profile, seasonal_profile
from analyzers.forecasting.transforms import SoftLog

PLAIN_WINDOWS = (0.25, 1, 3, 6, 12)  # horizons: what a level is the median of, where there is no season
SEASON_CYCLES = (7, 14)
TRENDS = (Trend("damped trend", blocks=14, damping=0.9),)
FEW_CYCLES = 21  # seasons: fewer make a short history
SHORT_PARTS = 4  # of a season: what a short history's lines go through the medians of
SHORT_TRENDS = (Trend("short trend", blocks=14, damping=1.0),)
FORGETTING = 4  # horizons after which a row counts half, where there is no season


@dataclass(frozen=True, slots=True, eq=False)
class Attempt:
    """What one method says: `future[n_origins, horizon, n_series]`, NaN where it has too little; and its seasons."""

    name: str
    periods: tuple[int, ...]
    future: Working


def forecast_all(history: History, origins: Origins, soft: SoftLog, softened: Working) -> list[Attempt]:
    """Every method's forecasts from every origin; the first is the naive one that others are measured against.

    `softened[n_steps, n_series]`: the history on the scale `soft`.
    """
    attempts = _seasonal_methods(history, origins) if history.periods else _plain_methods(history, origins)
    attempts += _ridges(history, origins, soft, softened)
    low, high = reachable(history, origins.horizon)
    for attempt in attempts:
        np.clip(attempt.future, low, high, out=attempt.future)
    return attempts + _trends(history, origins)


def reachable(history: History, horizon: int) -> tuple[Working, Working]:
    """The range that a series has shown, widened where its level usually moves on within a horizon, `[n_series]`."""
    values = history.values
    low, high = np.fmin.reduce(values, axis=0), np.fmax.reduce(values, axis=0)
    width = max(history.season, horizon // 4, 1)
    count = history.steps // width
    apart = max(horizon // width, 1)
    if apart >= count:
        return low, high
    level = nan_median(values[history.steps - count * width :].reshape(count, width, history.series), 1)
    usual = np.nan_to_num(nan_median(level[apart:] - level[:-apart], 0))
    return low + np.minimum(usual, 0.0), high + np.maximum(usual, 0.0)


def _plain_methods(history: History, origins: Origins) -> list[Attempt]:
    attempts = [Attempt("naive", (), seasonal_naive(history, origins, period=1))]
    for share in PLAIN_WINDOWS:
        steps = max(int(share * origins.horizon), 3)
        attempts.append(Attempt(f"median of {steps}", (), local_level(history, origins, steps=steps)))
    return attempts


def _seasonal_methods(history: History, origins: Origins) -> list[Attempt]:
    season = history.season
    attempts = [
        Attempt(f"naive {season}", (season,), seasonal_naive(history, origins, period=season)),
        Attempt(f"median of {season}", (), local_level(history, origins, steps=season)),
        Attempt(f"level + profile {season}", (season,), level_profile(history, origins, period=season, cycles=7)),
    ]
    for cycles in SEASON_CYCLES:
        profile = seasonal_profile(history, origins, period=season, cycles=cycles)
        attempts.append(Attempt(f"profile {season} of {cycles}", (season,), profile))
    similar = analogs(history, origins, period=season)
    if similar is not None:
        attempts.append(Attempt(f"analogs {season}", (season,), similar))
    for period in history.periods[1:]:
        profile = seasonal_profile(history, origins, period=period, cycles=4, around=1)
        levelled = level_profile(history, origins, period=period, cycles=4)
        attempts += [
            Attempt(f"profile {period} of 4", (period,), profile),
            Attempt(f"level + profile {period}", (period,), levelled),
        ]
    return attempts


def _trends(history: History, origins: Origins) -> list[Attempt]:
    """Lines through seasons' medians; in a short history, where few seasons make no line, through shorter ones too."""
    width = history.season if history.periods else max(origins.horizon // 4, 1)
    found = robust_trends(history, origins, TRENDS, width=width)
    attempts = [Attempt(name, history.periods[:1], future) for name, future in found.items()]
    if history.periods and history.steps < FEW_CYCLES * history.season:
        short = robust_trends(history, origins, SHORT_TRENDS, width=max(history.season // SHORT_PARTS, 1))
        attempts += [Attempt(name, (), future) for name, future in short.items()]
        attempts.append(Attempt("naive", (), seasonal_naive(history, origins, period=1)))
    return attempts


def _ridges(history: History, origins: Origins, soft: SoftLog, softened: Working) -> list[Attempt]:
    periods = history.periods
    full = seasonal_lags(periods)
    variants = [LagRidge("ridge", full)]
    day = f"ridge {periods[0]}" if periods else ""
    if len(periods) > 1:
        variants.append(LagRidge(day, seasonal_lags(periods[:1])))
    if not periods:
        variants.append(LagRidge("forgetting ridge", full, float(FORGETTING * origins.horizon)))
    found = lag_ridge(history, softened, tuple(variants), origins)
    for period in periods:
        lags = full if period == periods[0] else tuple(lag for lag in full if lag <= period)
        change = seasonal_difference(history, softened, origins, period=period, lags=lags)
        if change is not None:
            found[f"ridge on changes over {period}"] = change
    return [Attempt(name, periods[:1] if name == day else periods, soft.back(future)) for name, future in found.items()]
