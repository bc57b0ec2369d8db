"""The outlook of one chunk of series: prepared, forecast by several models, weighted, and crossed with its limit."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from analyzers.exhaustion.contract import CapacityParameters, CapacityResult, Flags, Floats, fan_times, nothing_said
from analyzers.exhaustion.lines import lines
from analyzers.exhaustion.pressure import last_seen, pressure
from analyzers.exhaustion.standing import standing
from domain.series import SeriesStatus

Item = TypeVar("Item", np.float64, np.bool_)

DAY = 86400.0
WINDOWS = (4, 7, 14, 28, 56)
HORIZONS = (1, 2, 4, 7, 14, 28)
NODES = np.array([-1.96, -1.44, -1.15, -0.93, -0.76, -0.6, -0.45, -0.32, -0.19, -0.06])
NODES = np.concatenate([NODES, -NODES[::-1]])


def outlook(times: Floats, values: Floats, limits: Floats, parameters: CapacityParameters) -> CapacityResult:
    """See `analyzers.capacity.analyse_capacity`, which checks its arguments and gives chunks of a batch to this."""
    as_of = float(times[-1])
    status, reason, able = standing(times, values, limits, parameters)
    empty = nothing_said(values.shape[0], as_of, parameters, SeriesStatus.EMPTY, "")
    empty = replace(empty, status=status, reason=reason, current=last_seen(values), limit=last_seen(limits))
    if not able.any():
        return empty
    step = float(times[1] - times[0])
    turned = pressure(step, values[able], limits[able], parameters)
    daily = daily_peaks(turned.values, max(1, round(DAY / turned.bin_seconds)))
    level, slope, spread, weight, score = forecast(daily)
    return _answer(empty, able, parameters, as_of, turned.sign, turned.limit, level, slope, spread, weight, score)


def daily_peaks(values: Floats, bins_per_day: int) -> Floats:
    """The second highest hour of every day, counted from the end: `[n_series, n_days]`."""
    missing = -values.shape[1] % bins_per_day
    padded = np.concatenate([np.full((values.shape[0], missing), np.nan), values], axis=1)
    days = padded.reshape(values.shape[0], -1, bins_per_day)
    ordered = np.sort(np.where(np.isnan(days), -np.inf, days), axis=2)
    peaks = ordered[:, :, -2] if bins_per_day > 12 else ordered[:, :, -1]
    return np.where(np.isfinite(peaks), peaks, np.nan)


def forecast(daily: Floats) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Level, slope, spread at the horizons, weight and score of every model at the last origin."""
    fitted = lines(daily, WINDOWS)
    flat = lines(daily, (3,))
    level = np.concatenate([np.nan_to_num(flat.level, nan=0.0) * 0 + _hold(daily)[:, None, :], fitted.level], axis=1)
    slope = np.concatenate([np.zeros_like(flat.slope), fitted.slope], axis=1)
    n_series, n_models, n_days = level.shape
    error = np.full((n_series, n_models, len(HORIZONS)), np.nan)
    for k, h in enumerate(HORIZONS):
        if n_days <= h + 3:
            continue
        miss = np.abs(daily[:, None, h:] - level[:, :, :-h] - h * slope[:, :, :-h])[:, :, -45:]
        seen = ~np.isnan(miss)
        total = np.where(seen, miss, 0.0).sum(axis=2)
        error[:, :, k] = np.where(seen.sum(axis=2) >= 3, total / np.maximum(seen.sum(axis=2), 1), np.nan)
    naive = error[:, :1, :]
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = error / np.where(naive > 0, naive, np.nan)
    known = ~np.isnan(ratio)
    score = np.where(known, ratio, 0).sum(axis=2) / np.maximum(known.sum(axis=2), 1)
    score = np.where(known.any(axis=2), score, np.where(np.arange(n_models) == 0, 1.0, 1.2))
    usable = ~np.isnan(level[:, :, -1]) & ~np.isnan(slope[:, :, -1])
    weight = np.where(usable, np.maximum(score, 0.02) ** -4.0, 0.0)
    weight /= np.maximum(weight.sum(axis=1, keepdims=True), 1e-300)
    noise = 0.02 * np.nanmax(np.abs(daily), axis=1)
    filled = np.where(np.isnan(error), noise[:, None, None] * np.array(HORIZONS) ** 0.7, error)
    best = (score * weight).sum(axis=1)
    end = np.nan_to_num(level[:, :, -1]), np.nan_to_num(slope[:, :, -1])
    return end[0], end[1], 1.25 * filled, weight, best


def _hold(daily: Floats) -> Floats:
    """The mean of the last three days at every origin."""
    seen = ~np.isnan(daily)
    total = np.cumsum(np.where(seen, daily, 0.0), axis=1)
    count = np.cumsum(seen, axis=1).astype(np.float64)
    total[:, 3:] -= total[:, :-3].copy()
    count[:, 3:] -= count[:, :-3].copy()
    with np.errstate(divide="ignore", invalid="ignore"):
        mean: Floats = total / count
    return mean


def _answer(
    empty: CapacityResult,
    able: Flags,
    parameters: CapacityParameters,
    as_of: float,
    sign: float,
    limit: Floats,
    level: Floats,
    slope: Floats,
    spread: Floats,
    weight: Floats,
    score: Floats,
) -> CapacityResult:
    """The paths crossed with the limit, and written into the rows that are able."""
    days = (fan_times(as_of, parameters.horizon_seconds) - as_of) / DAY
    grid = np.concatenate([[0.0], days])
    knots = np.concatenate([[0.0], HORIZONS])
    s = np.concatenate([spread[:, :, :1] * 0.7, spread], axis=2)
    at = np.clip(np.searchsorted(knots, grid, side="right") - 1, 0, len(knots) - 2)
    share = (grid - knots[at]) / (knots[at + 1] - knots[at])
    width = s[:, :, at] + share * (s[:, :, at + 1] - s[:, :, at])
    middle = level[:, :, None] + slope[:, :, None] * grid
    paths = middle[:, :, None, :] + NODES[:, None] * width[:, :, None, :]
    crossed = np.maximum.accumulate(paths >= limit[:, None, None, None], axis=3).mean(axis=2)
    reached = (crossed * weight[:, :, None]).sum(axis=1)
    done = reached[:, 0] >= 0.5
    quantile = [np.where(done, as_of, _when(reached, q, grid, as_of)) for q in (0.1, 0.5, 0.9)]
    within = np.stack([_by(reached, float(d), grid) for d in parameters.within_days], axis=1)
    n_paths = paths.shape[1] * paths.shape[2]
    flat = paths.reshape(paths.shape[0], n_paths, -1)[:, :, 1:]
    mass = np.repeat(weight / paths.shape[2], paths.shape[2], axis=1)
    order = np.argsort(flat, axis=1)
    ordered = np.take_along_axis(flat, order, axis=1)
    total = np.cumsum(np.take_along_axis(np.broadcast_to(mass[:, :, None], flat.shape), order, axis=1), axis=1)
    fan = np.stack([_pick(ordered, total, q if sign > 0 else 1 - q) for q in parameters.quantiles], axis=1) * sign
    low = -np.inf if parameters.lower is None else parameters.lower
    high = np.inf if parameters.upper is None else parameters.upper
    fan = np.clip(fan, low, high)
    if parameters.capped:
        cap = (sign * limit)[:, None, None]
        fan = np.minimum(fan, cap) if sign > 0 else np.maximum(fan, cap)
    return replace(
        empty,
        p10=_fill(empty.p10, able, quantile[0]),
        p50=_fill(empty.p50, able, quantile[1]),
        p90=_fill(empty.p90, able, quantile[2]),
        within=_fill(empty.within, able, within),
        within_lead=_fill(empty.within_lead, able, _by(reached, parameters.lead_seconds / DAY, grid)),
        exhausted=_fill(empty.exhausted, able, done),
        growth_per_day=_fill(empty.growth_per_day, able, sign * (slope * weight).sum(axis=1)),
        method=tuple("lines over windows" if a else "" for a in able),
        backtest_score=_fill(empty.backtest_score, able, score),
        fan=_fill(empty.fan, able, fan),
    )


def _pick(ordered: Floats, total: Floats, q: float) -> Floats:
    """The weighted quantile, `[n_series, n_times]`."""
    index = np.argmax(total >= q - 1e-9, axis=1)
    picked: Floats = np.take_along_axis(ordered, index[:, None, :], axis=1)[:, 0]
    return picked


def _when(reached: Floats, q: float, grid: Floats, as_of: float) -> Floats:
    """When the probability reaches q, interpolated; NaN where it does not."""
    index = np.argmax(reached >= q, axis=1)
    at = np.arange(reached.shape[0])
    before = np.maximum(index - 1, 0)
    gain = reached[at, index] - reached[at, before]
    share = np.where(gain > 0, (q - reached[at, before]) / np.where(gain > 0, gain, 1.0), 0.0)
    days = grid[before] + np.clip(share, 0, 1) * (grid[index] - grid[before])
    return np.where(reached.max(axis=1) >= q, as_of + days * DAY, np.nan)


def _by(reached: Floats, days: float, grid: Floats) -> Floats:
    """The probability by that day, interpolated; beyond the horizon it is that of the horizon."""
    index = int(np.clip(np.searchsorted(grid, days), 1, grid.size - 1))
    share = float(np.clip((days - grid[index - 1]) / (grid[index] - grid[index - 1]), 0, 1))
    return reached[:, index - 1] + share * (reached[:, index] - reached[:, index - 1])


def _fill(target: NDArray[Item], able: Flags, values: NDArray[Item]) -> NDArray[Item]:
    """A copy of `target` with the rows that are able replaced."""
    filled = target.copy()
    filled[able] = values
    return filled
