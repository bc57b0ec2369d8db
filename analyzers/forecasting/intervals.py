"""Intervals from the errors of the backtest, widened until they held on the part of it that they were not made from.

Source: split conformal prediction (Vovk et al., 2005; Lei et al., 2018) and its scaled form (Romano et al., 2019,
section 5): errors are divided by how large they usually are at that time of the season, and one factor, shared by the
batch, makes up for what few and overlapping origins leave out.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from analyzers.forecasting.history import Working
from analyzers.forecasting.origins import Origins

SHAPE = 0.7  # power of the errors' profile over the season: below 1 because it is estimated itself
LEAST_SHAPE = 0.1
FOLDS = 3
GRID = np.linspace(0.02, 0.98, 25)  # levels at which a series' need of width is kept
PRIOR_SERIES = 5  # so many series' worth of the small-sample factor is mixed in
CALIBRATED = 0.8  # share of points that the interval between the outer tenths has to cover
TINY = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """`offsets[n_quantiles, horizon, n_series]` from the centre, not yet widened.

    `need[n_levels, n_series]`: by how much the 80 % interval has to be widened to cover the share `GRID` of the
    errors it was not made from; NaN where there are too few origins. `origins[n_series]`: how many could be used.
    """

    offsets: NDArray[np.float64]
    need: NDArray[np.float64]
    origins: NDArray[np.int64]


def spread_of(errors: Working, origins: Origins, quantiles: tuple[float, ...], season: int) -> Spread:
    """The spread of `errors[n_origins - 1, horizon, n_series]` (actual minus forecast, NaN where not known)."""
    shape = _shape(errors, season)
    scaled = np.ascontiguousarray(np.moveaxis(errors / shape, 2, 0))
    offsets = _quantiles(scaled.reshape(scaled.shape[0], -1), np.asarray(quantiles))
    tried = np.count_nonzero(np.isfinite(errors).any(axis=1), axis=0)
    return Spread(offsets[:, None, :] * shape, _need(scaled, origins), tried)


def flat_offsets(deviations: Working, quantiles: tuple[float, ...]) -> NDArray[np.float64]:
    """The same offsets at every step ahead, `[n_quantiles, 1, n_series]`, from `deviations[n_steps, n_series]`."""
    return _quantiles(np.ascontiguousarray(deviations.T), np.asarray(quantiles))[:, None, :]


def widening(need: NDArray[np.float64], origins: NDArray[np.int64]) -> NDArray[np.float64]:
    """The factor for every series of a batch, `[n_series]`, from `need[n_levels, n_series]` of all its series.

    Few origins alone would ask for a Student factor (as many degrees of freedom as independent origins, about half);
    the more series there are, the more their own need counts.
    """
    degrees = np.maximum(origins / 2, 1.0)
    student = student_factor(degrees)
    known = np.isfinite(need).all(axis=0)
    series = int(np.count_nonzero(known))
    if series == 0:
        return student
    pooled = max(float(np.quantile(need[:, known], CALIBRATED)), TINY)
    prior = np.exp((series * np.log(pooled) + PRIOR_SERIES * np.log(student)) / (series + PRIOR_SERIES))
    return np.asarray(np.where(known, prior, np.maximum(prior, student)))


def student_factor(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
    """How much wider Student's 80 % interval is than the normal one, by degrees of freedom (at least 1).

    Source: the expansion of Abramowitz and Stegun, 26.7.5; short by 4 % at one degree, by 0.1 % from three on.
    """
    z = NormalDist().inv_cdf(0.5 + CALIBRATED / 2)
    first = (z**2 + 1) / 4
    second = (5 * z**4 + 16 * z**2 + 3) / 96
    third = (3 * z**6 + 19 * z**4 + 17 * z**2 - 15) / 384
    return np.asarray(1 + first / degrees + second / degrees**2 + third / degrees**3)


def _shape(errors: Working, season: int) -> Working:
    """How large errors are at each step ahead relative to their mean, `[horizon, n_series]`, smooth over the season."""
    horizon = errors.shape[1]
    if not 1 < season <= horizon:
        return np.ones(errors.shape[1:], dtype=np.float32)
    known = np.isfinite(errors)
    size = np.abs(errors).sum(axis=0, where=known)
    count = np.count_nonzero(known, axis=0)
    phase = np.arange(horizon) % season
    total = np.zeros((season, errors.shape[2]))
    seen = np.zeros_like(total)
    np.add.at(total, phase, size)
    np.add.at(seen, phase, count)
    mean = total / np.maximum(seen, 1.0)
    mean = (np.roll(mean, 1, axis=0) + 2 * mean + np.roll(mean, -1, axis=0)) / 4
    relative = mean / np.maximum(mean.mean(axis=0), TINY)
    return np.asarray(np.maximum(relative, LEAST_SHAPE)[phase] ** SHAPE, dtype=np.float32)


def _quantiles(values: Working, levels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Quantiles of each row of `values[n_series, n_values]` around its median, `[n_levels, n_series]`; NaN left out."""
    if values.shape[1] == 0:
        return np.full((levels.size, values.shape[0]), np.nan)
    ordered = np.sort(values, axis=1)
    count = np.count_nonzero(np.isfinite(values), axis=1)
    wanted = np.r_[0.5, levels][:, None]
    place = np.clip(wanted * (count + 1) - 1, 0, np.maximum(count - 1, 0))
    low = np.floor(place).astype(np.int64)
    high = np.minimum(low + 1, np.maximum(count - 1, 0))
    row = np.arange(values.shape[0])
    found = ordered[row, low] + (ordered[row, high] - ordered[row, low]) * (place - low)
    return np.asarray(found[1:] - found[0])


def _need(scaled: Working, origins: Origins) -> NDArray[np.float64]:
    """By how much intervals from some origins fall short on others, `[n_levels, n_series]`; NaN for too few origins.

    Folds are stretches of time; origins whose futures overlap with a fold are left out of its intervals.
    """
    series, count, _ = scaled.shape
    levels = np.array([0.5 - CALIBRATED / 2, 0.5 + CALIBRATED / 2])
    past = origins.past
    if count < FOLDS:
        return np.full((GRID.size, series), np.nan)
    ratio = np.full(scaled.shape, np.nan, dtype=np.float32)
    for fold in np.array_split(np.arange(count), FOLDS):
        outside = np.abs(past[:, None] - past[fold]).min(axis=1) >= origins.horizon
        if not outside.any():
            continue
        low, high = _quantiles(scaled[:, outside].reshape(series, -1), levels)
        part = scaled[:, fold]
        above = part / np.maximum(high, TINY)[:, None, None]
        below = part / np.minimum(low, -TINY)[:, None, None]
        ratio[:, fold] = np.maximum(above, below)
    flat = np.sort(ratio.reshape(series, -1), axis=1)
    known = np.count_nonzero(np.isfinite(flat), axis=1)
    place = (GRID[:, None] * np.maximum(known - 1, 0)).astype(np.int64)
    need = flat[np.arange(series), place]
    return np.where(known >= FOLDS * origins.horizon, need, np.nan)
