"""From models and their errors to the distribution of the first crossing, and to the fan of the value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analyzers.exhaustion.backtest import HORIZONS, PRIOR_GROWTH, Backtest
from analyzers.exhaustion.contract import Floats
from analyzers.exhaustion.models import BENT, grown

BISECTIONS = 12
FINEST, FARTHEST = 1e-200, 1e300  # spread that is told from none, and the most spreads that are looked at
FAR = 1e6  # spreads: nothing is left beyond them
SMOOTHING = 0.12  # of the time to a path's crossing


def student4(x: Floats) -> Floats:
    """The distribution function of Student's t with four degrees of freedom, whose mean absolute value is one.

    Tails heavier than a normal's, as errors of forecasts have them. Abramowitz and Stegun, 26.7.3.
    """
    far = np.clip(x, -FAR, FAR)
    sine = far / np.sqrt(far * far + 4)
    result: Floats = 0.5 + sine * (0.75 - 0.25 * sine * sine)
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


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """The models of each series that are drawn out to the horizon, with what is known of their errors on each day.

    `[n_series, n_chosen, n_days]`, the weights `[n_series, n_chosen]`, which add up to one.
    """

    weight: Floats
    level: Floats  # [n_series, n_chosen, 1]: now
    ahead: Floats
    bias: Floats
    spread: Floats
    end_spread: Floats


def choose(tested: Backtest, weight: Floats, count: int, days: Floats, factor: Floats | None = None) -> Chosen:
    """The `count` models of each series with the greatest `weight[n_series, n_models]`, on some days ahead.

    `factor[n_series]`: what `end_spread` is taken times.
    """
    count = min(count, weight.shape[1])
    kept = np.argpartition(-weight, count - 1, axis=1)[:, :count]
    kept = np.take_along_axis(kept, np.argsort(kept, axis=1), axis=1)
    share = np.take_along_axis(weight, kept, axis=1)
    at = kept[:, :, None]
    now = tested.now
    straight = now.level.shape[1] - BENT
    bent = np.maximum(at - straight, 0)
    curved = np.take_along_axis(now.extra, bent, axis=1) * grown(np.take_along_axis(now.bend, bent, axis=1), days)
    level = np.nan_to_num(np.take_along_axis(now.level, at, axis=1))
    slope = np.nan_to_num(np.take_along_axis(now.slope, at, axis=1))
    between = between_horizons(days)
    return Chosen(
        weight=share / np.maximum(share.sum(axis=1, keepdims=True), 1e-300),
        level=level,
        ahead=level + slope * days + np.where(at >= straight, np.nan_to_num(curved), 0.0),
        bias=np.take_along_axis(tested.bias, at, axis=1) @ between,
        spread=np.take_along_axis(tested.spread, at, axis=1) @ between,
        end_spread=np.take_along_axis(tested.end_spread, at, axis=1)
        @ between
        * (1.0 if factor is None else factor[:, None, None]),
    )


def joined(chosen: Chosen, weight: Floats, ahead: Floats, spread: Floats) -> Chosen:
    """The chosen models and others beside them: `weight[n_series, n_others]` of all, `ahead` and `spread` for each day.

    The others' errors are the same for the highest value and for the value on a day, and have no bias.
    """
    left = np.maximum(1 - weight.sum(axis=1, keepdims=True), 0.0)
    return Chosen(
        weight=np.concatenate([chosen.weight * left, weight], axis=1),
        level=np.concatenate([chosen.level, ahead[:, :, :1]], axis=1),
        ahead=np.concatenate([chosen.ahead, ahead], axis=1),
        bias=np.concatenate([chosen.bias, np.zeros(ahead.shape)], axis=1),
        spread=np.concatenate([chosen.spread, spread], axis=1),
        end_spread=np.concatenate([chosen.end_spread, spread], axis=1),
    )


def needed_by(chosen: Chosen, limit: Floats) -> Floats:
    """How many spreads above its forecast the limit has been at least, by each day: `[n_series, n_chosen, n_days]`.

    `limit[n_series, n_days]` is what the envelope must reach on that day (the week and the day of the series are taken
    off the limit, not added to every path). It is crossed by a day when the error is beyond the least so far.
    """
    needed = (limit[:, None, :] - np.maximum(chosen.level, chosen.ahead) - chosen.bias) / chosen.spread
    return np.minimum.accumulate(needed, axis=2)


def crossed_by(needed: Floats, factors: tuple[float, ...], share: Floats) -> Floats:
    """The probability that the limit was crossed by each day, `[n_series, n_models, n_days]`.

    Spreads are taken times each of the `factors`, with the probabilities `share[n_series, n_factors]`.
    """
    reached = np.ones(needed.shape)
    for i, factor in enumerate(factors):
        reached -= share[:, i, None, None] * student4(needed * (1 / factor))
    return reached


def mixture_quantiles(chosen: Chosen, quantiles: tuple[float, ...]) -> Floats:
    """Quantiles of the envelope under all models together: `[n_series, n_quantiles, n_days]`, by bisection.

    Halves are taken of the inverse hyperbolic sine of the distance to the most believed model, in its spreads: a model
    that runs away to where nobody believes it costs no precision near by.
    """
    share = chosen.weight[:, :, None]
    rows, best = np.arange(share.shape[0]), np.argmax(chosen.weight, axis=1)
    centre = chosen.ahead[rows, best]
    reach = 10 * chosen.end_spread
    used = share > 1e-3
    lowest = np.min(np.where(used, chosen.ahead - reach, np.inf), axis=1) - centre
    highest = np.max(np.where(used, chosen.ahead + reach, -np.inf), axis=1) - centre
    unit = np.maximum(chosen.end_spread[rows, best], FINEST)
    with np.errstate(over="ignore"):  # where a model has run away
        low, high = (np.arcsinh(np.clip(edge / unit, -FARTHEST, FARTHEST)) for edge in (lowest, highest))
    steepness = 1 / chosen.end_spread
    result = np.empty((low.shape[0], len(quantiles), low.shape[1]))
    for i, q in enumerate(quantiles):
        below, above = low.copy(), high.copy()
        for _ in range(BISECTIONS):
            half = 0.5 * (below + above)
            value = centre + unit * np.sinh(half)
            with np.errstate(over="ignore"):  # so far beyond a model that has run away
                away = (value[:, None, :] - chosen.ahead) * steepness
            mass = (share * student4(away)).sum(axis=1)
            above = np.where(mass >= q, half, above)
            below = np.where(mass >= q, below, half)
        result[:, i] = centre + unit * np.sinh(0.5 * (below + above))
    return result


def between(values: Floats, knots: Floats, days: Floats) -> Floats:
    """Values at some knots, `[..., n_knots]`, on a line between them for other days: `[..., n_days]`."""
    if knots.size < 2:
        return np.repeat(values, days.size, axis=-1)
    index = np.clip(np.searchsorted(knots, days, side="right") - 1, 0, knots.size - 2)
    share = (days - knots[index]) / (knots[index + 1] - knots[index])
    return values[..., index] + share * (values[..., index + 1] - values[..., index])


def reached_on_paths(first: Floats, days: Floats) -> Floats:
    """The probability of a crossing by each day, `[n_series, n_days]`, from that on some paths `[n_series, n_paths]`.

    A few dozen paths stand for all: each is spread over the days around its own, by a share of how far away it is.
    """
    reached = np.zeros((first.shape[0], days.size))
    crossing = np.isfinite(first)
    count = np.count_nonzero(crossing, axis=1)
    rows = np.flatnonzero(count)
    if rows.size:
        at = first[crossing][:, None]
        with np.errstate(over="ignore"):
            share = 1 / (1 + np.exp((at - days) / (SMOOTHING * np.maximum(at, 0.25))))
        reached[rows] = np.add.reduceat(share, np.cumsum(count[rows]) - count[rows], axis=0) / first.shape[1]
    return reached


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
    """The probability that it was crossed by a day, `[n_series]`: none now; beyond the horizon that of the horizon."""
    knots = np.concatenate([[0.0], days])
    index = int(np.clip(np.searchsorted(knots, day), 1, knots.size - 1))
    share = float(np.clip((day - knots[index - 1]) / (knots[index] - knots[index - 1]), 0, 1))
    before = reached[:, index - 2] if index > 1 else np.zeros(reached.shape[0])
    return before + share * (reached[:, index - 1] - before)
