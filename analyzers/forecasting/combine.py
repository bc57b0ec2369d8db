"""Methods are combined per series by how well they did on its own past.

Source: weights by inverse errors after Bates and Granger (1969); the weighted median of the forecasts in place of
their mean, because it holds against one method that runs away (Stock and Watson, 2004).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analyzers.forecasting.history import Working
from analyzers.forecasting.medians import comparators
from analyzers.forecasting.methods import Attempt
from analyzers.forecasting.origins import Origins

SHARPNESS = 3.0  # weights are errors to minus this power
RECENCY = 0.95  # what an origin counts of the one after it
NEAR = 0.25  # of the horizon: its errors are weighed apart from those further out, ...
LEAST_ERROR = 1e-3  # of the naive method's: better is not told apart, ...
MOST_ERROR = 1e4  # ... nor is worse
TINY = 1e-6
SMALLEST = 1e-30
HALF = np.float32(0.5)
METHOD_MASK = 31  # the lowest five bits of a number's mantissa tell the method that it comes from, ...
MOST_METHODS = METHOD_MASK + 1  # ... so that there can be so many


@dataclass(frozen=True, slots=True, eq=False)
class Combination:
    """`centre[n_origins, horizon, n_series]`: the combined forecasts, NaN where no method has any.

    Past origins are combined with weights from the other origins that do not overlap with them, so that their errors
    are those of forecasts. `weights[n_methods, n_series]` are those of the real forecast; `errors[n_methods,
    n_series]` are relative to the naive method's, NaN where not known.
    """

    centre: Working
    weights: Working
    errors: Working


def combine(attempts: list[Attempt], actual: Working, origins: Origins) -> Combination:
    """Combine `attempts`, the first of which is the naive method; `actual[n_origins - 1, horizon, n_series]`.

    Raises `ValueError` for more than `MOST_METHODS` of them.
    """
    if len(attempts) > MOST_METHODS:
        raise ValueError(f"{len(attempts)} methods can't be combined: at most {MOST_METHODS} are told apart")
    future = np.stack([attempt.future for attempt in attempts])
    usable: NDArray[np.bool_] = np.isfinite(future[:, :, 0] + future[:, :, -1])
    shares = _shares(origins)
    near = max(int(NEAR * origins.horizon), 1)
    parts = [slice(0, near), slice(near, None)] if near < origins.horizon else [slice(None)]
    errors = [_Errors.of(future[:, 1:, part], actual[:, part]) for part in parts]
    whole = _relative(_Errors.sum(errors), shares)
    weights = []
    for error in errors:
        relative = _relative(error, shares)
        weights.append(_weights(np.sqrt(whole * np.where(np.isfinite(relative), relative, whole)), usable))
    kind = np.concatenate([np.full(len(range(*part.indices(origins.horizon))), i) for i, part in enumerate(parts)])
    centre = weighted_median(future, np.stack(weights), kind)
    nothing = np.asarray(~usable.any(axis=0))
    centre[np.broadcast_to(nothing[:, None], centre.shape)] = np.nan
    past = np.where(np.isfinite(whole[:, 0]), whole[:, 0], np.float32(np.nan))
    return Combination(centre, _weights(whole, usable)[:, 0], past)


@dataclass(frozen=True, slots=True, eq=False)
class _Errors:
    """Sums and counts of errors over some steps ahead, `[n_methods, n_origins, n_series]`."""

    total: Working
    count: Working

    @classmethod
    def of(cls, future: Working, actual: Working) -> _Errors:
        methods, origins, steps, series = future.shape
        total = np.empty((methods, origins, series), dtype=np.float32)
        count = np.full(total.shape, steps, dtype=np.float32)
        for origin in range(origins):  # one at a time, because that fits into the processor's cache
            error = future[:, origin] - actual[origin]
            np.abs(error, out=error)
            total[:, origin] = error.sum(axis=1)
            if np.isnan(total[:, origin]).any():
                lost = np.isnan(error)
                count[:, origin] -= lost.sum(axis=1)
                total[:, origin] = np.where(lost, 0, error).sum(axis=1)
        return cls(total, count)

    @classmethod
    def sum(cls, parts: list[_Errors]) -> _Errors:
        total, count = parts[0].total, parts[0].count
        for part in parts[1:]:
            total, count = total + part.total, count + part.count
        return cls(total, count)


def _shares(origins: Origins) -> Working:
    """How much each past origin counts for each origin, `[n_origins, n_origins - 1]`; recent ones count more."""
    past = origins.past
    apart = np.abs(origins.backs[:, None] - past[None, :])
    age = np.abs(np.arange(origins.backs.size)[:, None] - 1 - np.arange(past.size)[None, :])
    age[0] = np.arange(past.size)
    share = RECENCY**age * (apart >= origins.horizon)
    share[0] = RECENCY ** age[0]
    alone = share.sum(axis=1) == 0
    share[alone] = RECENCY ** age[alone] * (apart[alone] > 0)
    return np.asarray(share, dtype=np.float32)


def _relative(errors: _Errors, shares: Working) -> Working:
    """Each method's mean error over the naive method's at the same origins, `[n_methods, n_origins, n_series]`.

    Infinite where they have no origin in common.
    """
    both = (errors.count > 0) & (errors.count[:1] > 0)
    mean = errors.total / np.maximum(errors.count, 1)
    own = shares @ np.where(both, mean, 0)
    naive = shares @ np.where(both, mean[:1], 0)
    count = shares @ both.astype(np.float32)
    size = mean[0].max(axis=0, initial=0.0) * TINY + SMALLEST
    relative = np.clip((own + size) / (naive + size), LEAST_ERROR, MOST_ERROR)
    return np.where(count > 0, relative, np.float32(np.inf))


def _weights(relative: Working, usable: NDArray[np.bool_]) -> Working:
    """Weights that add up to one, `[n_methods, n_origins, n_series]`; where nothing was tried, methods count alike."""
    tried = np.isfinite(relative) & usable
    weights = np.where(tried, np.where(tried, relative, 1) ** -SHARPNESS, 0)
    weights = np.where(tried.any(axis=0), weights, usable).astype(np.float32)
    weights /= np.maximum(weights.sum(axis=0), TINY)
    return weights


def weighted_median(future: Working, weights: Working, kind: NDArray[np.int64]) -> Working:
    """The weighted median over the methods, `[n_origins, n_steps, n_series]`.

    `future[n_methods, n_origins, n_steps, n_series]`; step `j` is weighed with `weights[kind[j]]`, each
    `[n_methods, n_origins, n_series]`. One origin at a time, because that fits into the processor's cache.
    """
    out = np.empty(future.shape[1:], dtype=np.float32)
    for index in range(future.shape[1]):
        out[index] = _weighted_median(future[:, index], weights[:, :, index], kind)
    return out


def _weighted_median(future: Working, weights: Working, kind: NDArray[np.int64]) -> Working:
    """The weighted median over the first axis of `future[n_methods, n_steps, n_series]`.

    The number of the method rides in the lowest bits of each value (a part in 10^6), so that values alone are sorted.
    """
    methods, _, series = future.shape
    missing = np.isnan(future[:, 0] + future[:, -1]).any()
    tagged = (np.where(np.isnan(future), np.float32(0), future) if missing else future.copy()).view(np.int32)
    tagged &= ~METHOD_MASK
    tagged |= np.arange(methods, dtype=np.int32)[:, None, None]
    slices = list(tagged.view(np.float32))
    spare = np.empty_like(slices[0])
    for low, high in comparators(methods):
        np.minimum(slices[low], slices[high], out=spare)
        np.maximum(slices[low], slices[high], out=slices[high])
        slices[low], spare = spare, slices[low]
    table = np.zeros((len(weights), series, MOST_METHODS), dtype=np.float32)
    table[:, :, :methods] = np.moveaxis(weights, 1, 2)
    table *= np.float32(0.5)
    flat = table.reshape(-1)
    place = (MOST_METHODS * (kind[:, None] * series + np.arange(series))).astype(np.int32)
    reached = np.zeros(future.shape[1:], dtype=np.float32)
    middles = np.empty(future.shape, dtype=np.float32)
    below = np.full(future.shape[1:], -1, dtype=np.int32)
    for one, middle in zip(slices, middles, strict=True):
        index = one.view(np.int32) & METHOD_MASK
        index |= place
        half = flat.take(index)
        reached += half
        middle[...] = reached
        below += reached < HALF
        reached += half
    return _between(np.stack(slices), middles, np.clip(below, 0, methods - 2))


def _between(values: Working, middles: Working, below: NDArray[np.int32]) -> Working:
    """Interpolate `values` where `middles` (the share of weight up to the middle of each) pass one half."""
    place = below * below.size + np.arange(below.size, dtype=np.int32).reshape(below.shape)
    values.view(np.int32)[...] &= ~METHOD_MASK  # a zero is a zero again
    low, high = values.reshape(-1).take(place), values.reshape(-1).take(place + below.size)
    start, stop = middles.reshape(-1).take(place), middles.reshape(-1).take(place + below.size)
    share = np.clip((HALF - start) / np.maximum(stop - start, TINY), 0, 1)
    return np.asarray(low + (high - low) * share, dtype=np.float32)
