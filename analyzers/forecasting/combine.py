"""Methods are combined per series by how well they did on its own past.

Source: weights by inverse errors after Bates and Granger (1969); the weighted median of the forecasts in place of
their mean, because it holds against one method that runs away (Stock and Watson, 2004).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analyzers.forecasting.medians import comparators
from analyzers.forecasting.methods import Attempt
from analyzers.forecasting.origins import Origins

SHARPNESS = 3.0  # weights are errors to minus this power
RECENCY = 0.9  # what an origin counts of the one after it
NEAR = 0.25  # of the horizon: its errors are weighed apart from those further out, ...
LEAST_ERROR = 1e-3  # of the naive method's: better is not told apart
TINY = 1e-9
INDEX_BITS = 63  # the lowest bits of a number's mantissa, which hold the method that it comes from


@dataclass(frozen=True, slots=True, eq=False)
class Combination:
    """`centre[n_origins, horizon, n_series]`: the combined forecasts, NaN where no method has any.

    Past origins are combined with weights from the other origins that do not overlap with them, so that their errors
    are those of forecasts. `weights[n_methods, n_series]` are those of the real forecast; `errors[n_methods,
    n_series]` are relative to the naive method's, NaN where not known.
    """

    centre: NDArray[np.float64]
    weights: NDArray[np.float64]
    errors: NDArray[np.float64]


def combine(attempts: list[Attempt], actual: NDArray[np.float64], origins: Origins) -> Combination:
    """Combine `attempts`, the first of which is the naive method; `actual[n_origins - 1, horizon, n_series]`."""
    future = np.stack([attempt.future for attempt in attempts])
    usable = np.asarray(np.isfinite(future).all(axis=2))
    near = max(int(NEAR * origins.horizon), 1)
    error = np.abs(future[:, 1:] - actual)
    far = slice(near, None) if near < origins.horizon else slice(None)
    parts = [_mean(error[:, :, part]) for part in (slice(None), slice(0, near), far)]
    shares = _shares(origins)
    whole, first, rest = (_relative(part, shares) for part in parts)
    centre = np.empty(future.shape[1:])
    for part, relative in ((slice(0, near), first), (far, rest)):
        weights = _weights(np.sqrt(whole * relative), usable)
        centre[:, part] = weighted_median(future[:, :, part], weights)
    weights = _weights(whole, usable)
    centre[weights.sum(axis=0)[:, None, :].repeat(origins.horizon, 1) == 0] = np.nan
    errors = np.where(np.isfinite(whole[:, 0]), whole[:, 0], np.nan)
    return Combination(centre, weights[:, 0], errors)


def _shares(origins: Origins) -> NDArray[np.float64]:
    """How much each past origin counts for each origin, `[n_origins, n_origins - 1]`; recent ones count more."""
    past = origins.past
    apart = np.abs(origins.backs[:, None] - past[None, :])
    age = np.abs(np.arange(origins.backs.size)[:, None] - 1 - np.arange(past.size)[None, :])
    age[0] = np.arange(past.size)
    share = RECENCY**age * (apart >= origins.horizon)
    share[0] = RECENCY ** age[0]
    alone = share.sum(axis=1) == 0
    share[alone] = RECENCY ** age[alone] * (apart[alone] > 0)
    return np.asarray(share, dtype=np.float64)


def _mean(error: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean of `error[n_methods, n_origins, n_steps, n_series]` over its steps; NaN where none is known."""
    known = np.isfinite(error)
    count = np.count_nonzero(known, axis=2)
    total = np.where(known, error, 0.0).sum(axis=2)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _relative(error: NDArray[np.float64], shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each method's error over the naive method's at the same origins, `[n_methods, n_origins, n_series]`.

    Infinite where they have no origin in common.
    """
    both = np.isfinite(error) & np.isfinite(error[:1])
    own = shares @ np.where(both, error, 0.0)
    naive = shares @ np.where(both, error[:1], 0.0)
    count = shares @ both.astype(np.float64)
    size = np.maximum(np.nanmax(np.where(both, error[:1], 0.0), axis=(0, 1), initial=0.0), 0.0) * TINY + 1e-300
    return np.where(count > 0, np.maximum((own + size) / (naive + size), LEAST_ERROR), np.inf)


def _weights(relative: NDArray[np.float64], usable: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Weights that add up to one, `[n_methods, n_origins, n_series]`; where nothing was tried, methods count alike."""
    tried = np.isfinite(relative) & usable
    weights = np.where(tried, np.where(tried, relative, 1.0) ** -SHARPNESS, 0.0)
    weights = np.where(tried.any(axis=0), weights, usable.astype(np.float64))
    return np.asarray(weights / np.maximum(weights.sum(axis=0), TINY))


def weighted_median(future: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """The weighted median over the methods, `[n_origins, n_steps, n_series]`.

    `future[n_methods, n_origins, n_steps, n_series]`, `weights[n_methods, n_origins, n_series]`. The number of the
    method rides in the lowest bits of each value (a part in 10^14), so that values alone are sorted.
    """
    methods, count, _, series = future.shape
    tagged = np.nan_to_num(future).view(np.int64)
    tagged &= ~INDEX_BITS
    tagged |= np.arange(methods).reshape(-1, 1, 1, 1)
    slices = list(tagged.view(np.float64))
    for low, high in comparators(methods):
        smaller = np.minimum(slices[low], slices[high])
        np.maximum(slices[low], slices[high], out=slices[high])
        slices[low] = smaller
    place = (np.arange(count)[:, None] * series + np.arange(series))[:, None, :]
    flat = weights.reshape(-1)
    reached = np.zeros(future.shape[1:])
    middle = np.array(slices[0])
    for one in slices:
        below = reached < 0.5 - TINY
        np.copyto(middle, one, where=below)
        reached += flat.take((one.view(np.int64) & INDEX_BITS) * (count * series) + place)
    middle.view(np.int64)[...] &= ~INDEX_BITS  # a zero is a zero again
    return middle
