"""How well each model would have done: rolling origins over the series' own past, all at once.

What counts for exhaustion is how high the envelope gets until some day, not where it is on that day: a forecast is
compared with the highest value up to the horizon. So noise, teeth and returns are in the errors, and an error's
distribution gives the probability of a first crossing without simulation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analyzers.exhaustion.arrays import leading_max, nan_mean, nan_median
from analyzers.exhaustion.contract import Floats
from analyzers.exhaustion.models import Models, models

HORIZONS = (0.5, 1.0, 2.0, 4.0, 7.0, 14.0, 28.0)  # days
ORIGIN_DAYS = 45
STRIDE_DAYS = 0.5
LATELY_DAYS = 10
PRIOR_GROWTH = 0.8  # how errors grow with the horizon where nothing was measured: as its power
PRIOR_WEIGHT = 2.0  # independent errors that the prior counts for
BIAS_WEIGHT = 1.5
USUAL = 0.2  # of the usual change: an error is no smaller
LEAST = 1e-5  # of the range
ROUNDING = 1e-9  # of the highest value
TINY = 1e-15
OVER = 0.5  # of how far a model was too high in the past: is believed of the future


@dataclass(frozen=True, slots=True, eq=False)
class Backtest:
    """The models now, and their errors in the past, in the unit of the series.

    `spread` and `bias` `[n_series, n_models, n_horizons]`: mean absolute error about the bias, and mean error, of the
    highest value up to the horizon. `end_spread` the same for the value at the horizon. `recent[n_series, n_models,
    n_recent]`: mean absolute error of what was foretold for the last days. NaN for a model that can't be used now.
    """

    now: Models
    spread: Floats
    bias: Floats
    end_spread: Floats
    raw: Floats  # [n_series, n_models, n_horizons]: mean absolute error of the highest value, NaN where not measured
    recent: Floats
    floor: Floats  # [n_series]: error of the last value half a day later, never zero


RECENT = ((1.0, 1.0), (2.0, 2.0), (2.0, 5.0), (4.0, 7.0))  # horizon, and the days before now in which it ends


def backtest(top: Floats, jump: Floats, per_day: float) -> Backtest:
    """Fit all models at origins every half day, and measure their errors at all horizons."""
    n_bins = top.shape[1]
    origins = _origins(n_bins, per_day)
    fitted = models(top, jump, per_day, origins)
    gap = np.diff(origins, append=2 * origins[-1] - origins[-2] if origins.size > 1 else n_bins) / per_day
    spread: list[Floats] = []
    bias: list[Floats] = []
    end: list[Floats] = []
    raw: list[Floats] = []
    for days in HORIZONS:
        high, last = _errors(fitted, top, origins, days, per_day)
        raw.append(nan_mean(np.abs(high)))
        count = (~np.isnan(high) * gap[: high.shape[2]]).sum(axis=2) / days
        share = count / (count + BIAS_WEIGHT)
        middle = share * np.nan_to_num(nan_mean(high)) + (1 - share) * (bias[-1] if bias else 0.0)
        bias.append(np.where(middle > 0, middle, OVER * middle))
        spread.append(_blend(nan_mean(np.abs(high - middle[:, :, None])), count, spread, days))
        end.append(_blend(nan_mean(np.abs(last)), count, end, days))
    floor = _floor(top, spread[0][:, 0])
    return Backtest(
        now=fitted.last(),
        spread=_at_least(np.stack(spread, axis=2), floor),
        bias=np.stack(bias, axis=2),
        end_spread=_at_least(np.stack(end, axis=2), floor),
        raw=np.stack(raw, axis=2),
        recent=_recent(fitted, top, origins, per_day),
        floor=floor,
    )


def _origins(n_bins: int, per_day: float) -> NDArray[np.intp]:
    """The bins that are origins: every half day lately, every day before that; the last one is now."""
    near, far = (max(1, round(days * per_day)) for days in (STRIDE_DAYS, 2 * STRIDE_DAYS))
    lately = np.arange(n_bins - 1, max(n_bins - 1 - max(1, round(LATELY_DAYS * per_day)), -1), -near)
    before = np.arange(lately[-1] - far, max(n_bins - 1 - round(ORIGIN_DAYS * per_day), -1), -far)
    return np.concatenate([lately, before])[::-1].astype(np.intp)


def _errors(
    fitted: Models, top: Floats, origins: NDArray[np.intp], days: float, per_day: float
) -> tuple[Floats, Floats]:
    """What came, less what was foretold: of the highest value up to the horizon, and of the value at it."""
    bins = max(1, round(days * per_day))
    usable = int(np.count_nonzero(origins + bins < top.shape[1]))
    at = origins[:usable]
    begin = fitted.level[..., :usable]
    ahead = fitted.first(usable).at(np.array(bins / per_day))
    highest = leading_max(top, bins)[:, at] if usable else np.empty((top.shape[0], 0))
    last = top[:, at + bins]
    return highest[:, None, :] - np.maximum(begin, ahead), last[:, None, :] - ahead


def _recent(fitted: Models, top: Floats, origins: NDArray[np.intp], per_day: float) -> Floats:
    """Mean absolute errors of what was foretold for the last days."""
    found = []
    for days, window in RECENT:
        bins = max(1, round(days * per_day))
        ends = origins + bins
        chosen = np.flatnonzero((ends < top.shape[1]) & (ends > top.shape[1] - 1 - round(window * per_day)))
        there = Models(*(x[..., chosen] for x in (fitted.level, fitted.slope, fitted.extra, fitted.bend)))
        miss = top[:, None, ends[chosen]] - there.at(np.array(bins / per_day))
        found.append(nan_mean(np.abs(miss)) if chosen.size else np.full(fitted.level.shape[:2], np.nan))
    return np.stack(found, axis=2)


def _blend(own: Floats, count: Floats, shorter: list[Floats], days: float) -> Floats:
    """A measured error shrunk to what the next shorter horizon makes expect: the fewer independent ones, the more."""
    if not shorter:
        return own
    expected = shorter[-1] * (days / HORIZONS[len(shorter) - 1]) ** PRIOR_GROWTH
    share = count / (count + PRIOR_WEIGHT)
    blended: Floats = np.where(np.isnan(own), expected, share * np.nan_to_num(own) + (1 - share) * expected)
    return blended


def _floor(top: Floats, shortest: Floats) -> Floats:
    """The least error that is believed: a share of the usual change in half a day, or of the range, never zero."""
    low, high = np.fmin.reduce(top, axis=1), np.fmax.reduce(top, axis=1)
    change = nan_median(np.abs(top[:, 2:] - top[:, :-2])) if top.shape[1] > 2 else np.zeros(top.shape[0])
    least = np.nan_to_num(np.maximum(LEAST * (high - low), ROUNDING * np.maximum(np.abs(high), np.abs(low))))
    usual = np.fmax(np.nan_to_num(change), np.nan_to_num(shortest))
    result: Floats = np.maximum(USUAL * usual, least) + TINY
    return result


def _at_least(spread: Floats, floor: Floats) -> Floats:
    """Spreads filled where nothing was measured, and no smaller than the floor; never falling with the horizon."""
    growth = (np.array(HORIZONS) / HORIZONS[0]) ** PRIOR_GROWTH
    filled = np.where(np.isnan(spread), 5 * floor[:, None, None] * growth, spread)
    result: Floats = np.maximum.accumulate(np.maximum(filled, floor[:, None, None]), axis=2)
    return result
