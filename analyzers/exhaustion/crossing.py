"""From models and their errors to the distribution of the first crossing, and to the fan of the value."""

from __future__ import annotations

import numpy as np

from analyzers.exhaustion.backtest import HORIZONS, PRIOR_GROWTH, Backtest
from analyzers.exhaustion.contract import Floats


def student4(x: Floats) -> Floats:
    """The distribution function of Student's t with four degrees of freedom, whose mean absolute value is one.

    Tails heavier than a normal's, as errors of forecasts have them. Abramowitz and Stegun, 26.7.3.
    """
    scaled = 1 + 0.25 * x * x
    result: Floats = 0.5 + 0.375 * x / np.sqrt(scaled) * (1 - x * x / (12 * scaled))
    return result


def between_horizons(days: Floats) -> Floats:
    """Weights `[n_horizons, n_days]` that interpolate errors at `HORIZONS` to any days ahead.

    Before the first horizon its error holds; beyond the last one errors grow with a power of time.
    """
    knots = np.array(HORIZONS)
    weights = np.zeros((knots.size, days.size))
    index = np.clip(np.searchsorted(knots, days, side="right") - 1, 0, knots.size - 2)
    share = np.clip((days - knots[index]) / (knots[index + 1] - knots[index]), 0.0, 1.0)
    at = np.arange(days.size)
    weights[index, at] = 1 - share
    weights[index + 1, at] = share
    beyond = days > knots[-1]
    weights[:, beyond] = 0.0
    weights[-1, beyond] = (days[beyond] / knots[-1]) ** PRIOR_GROWTH
    return weights


def crossed_by(tested: Backtest, limit: Floats, days: Floats) -> Floats:
    """The probability, under each model, that the limit was crossed by each day: `[n_series, n_models, n_days]`.

    `limit[n_series, n_days]` is what the envelope must reach on that day (the week and the day of the series are taken
    off the limit, not added to every path). NaN for a model that cannot be used.
    """
    weights = between_horizons(days)
    ahead = _paths(tested, days)
    highest = np.maximum(tested.now.level, ahead) + tested.bias @ weights
    needed = (limit[:, None, :] - highest) / (tested.spread @ weights)
    return 1 - student4(np.minimum.accumulate(needed, axis=2))


def _paths(tested: Backtest, days: Floats) -> Floats:
    """The envelope that each model foretells, `[n_series, n_models, n_days]`."""
    now = tested.now
    curved = np.abs(now.bend) > 1e-9
    moved = np.where(curved, np.expm1(now.bend * days) / np.where(curved, now.bend, 1.0), days)
    result: Floats = now.level + now.slope * days + now.extra * moved
    return result


def mixture_quantiles(tested: Backtest, weight: Floats, days: Floats, quantiles: tuple[float, ...]) -> Floats:
    """Quantiles of the envelope under all models together: `[n_series, n_quantiles, n_days]`, by bisection."""
    middle = np.nan_to_num(_paths(tested, days))
    spread = tested.end_spread @ between_horizons(days)
    share = weight[:, :, None]
    reach = 12 * spread
    used = share > 1e-6
    low = np.min(np.where(used, middle - reach, np.inf), axis=1)
    high = np.max(np.where(used, middle + reach, -np.inf), axis=1)
    result = np.empty((middle.shape[0], len(quantiles), days.size))
    for i, q in enumerate(quantiles):
        below, above = low.copy(), high.copy()
        for _ in range(24):
            half = 0.5 * (below + above)
            mass = (share * student4((half[:, None, :] - middle) / spread)).sum(axis=1)
            above = np.where(mass >= q, half, above)
            below = np.where(mass >= q, below, half)
        result[:, i] = 0.5 * (below + above)
    return result


def when(reached: Floats, share: float, days: Floats) -> Floats:
    """The day on which a rising probability `[n_series, n_days]` gets to `share`; NaN where it does not."""
    index = np.argmax(reached >= share, axis=1)
    at = np.arange(reached.shape[0])
    before = np.maximum(index - 1, 0)
    start = np.where(index > 0, reached[at, before], 0.0)
    gain = np.maximum(reached[at, index] - start, 1e-12)
    left = np.where(index > 0, days[before], 0.0)
    found = left + np.clip((share - start) / gain, 0.0, 1.0) * (days[index] - left)
    return np.where(reached.max(axis=1) >= share, found, np.nan)


def by_day(reached: Floats, day: float, days: Floats) -> Floats:
    """The probability that it was crossed by a day, `[n_series]`; beyond the horizon that of the horizon."""
    index = int(np.clip(np.searchsorted(days, day), 1, days.size - 1))
    share = float(np.clip((day - days[index - 1]) / (days[index] - days[index - 1]), 0, 1))
    return reached[:, index - 1] + share * (reached[:, index] - reached[:, index - 1])
