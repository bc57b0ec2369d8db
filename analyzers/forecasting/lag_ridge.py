"""Autoregression with seasonal lags, ridge-regularised and robust, solved for all series at once.

Source: Hoerl and Kennard (1970) for the ridge; Huber (1964), one reweighting, for the weights of outliers; lags as in
a seasonal ARIMA (Box and Jenkins). The normal equations are kept in blocks of time, so that fits at earlier origins,
fits that forget, and fits on fewer lags cost a sum of blocks each.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analyzers.forecasting.history import History, Working
from analyzers.forecasting.medians import CONSISTENCY
from analyzers.forecasting.origins import Origins

RIDGE = 1e-4  # of the mean diagonal of the normal equations: only there to keep them solvable
FIRST_FIT = 640  # rows: the last ones, which the fit that finds outliers is made on
HUBER = 1.5  # robust standard deviations: errors above it count linearly
ROWS_PER_LAG = 3  # a fit needs so many rows for each coefficient
LARGEST = 50.0  # spreads: a recursion is stopped from running away
LONGEST_FIT = 7  # longest periods, and at least `LEAST_REACH`: older rows are left out
SLAB = 16  # series whose rows fit into the processor's cache together
LEAST_REACH = 1200  # steps
DIAGONAL = 1e-9
LEAST_LIMIT = 1e-3  # spreads: errors below it are never outliers


@dataclass(frozen=True, slots=True)
class LagRidge:
    """One variant: its lags, and after how many steps a row counts half (None: never)."""

    name: str
    lags: tuple[int, ...]
    half_life: float | None = None

    @property
    def needs(self) -> int:
        """The steps that a fit needs."""
        return self.lags[-1] + ROWS_PER_LAG * (len(self.lags) + 1)


def seasonal_lags(periods: tuple[int, ...]) -> tuple[int, ...]:
    """The last steps, those around one and two seasons ago, whole seasons up to the sixth, and around longer ones.

    Without a season: the last steps, thinning out.
    """
    lags = {1, 2, 3}
    if not periods:
        lags |= {4, 6, 8, 12}
    for index, period in enumerate(periods):
        lags |= {period - 1, period, period + 1}
        if index == 0:
            lags |= {2 * period - 1, 2 * period, 2 * period + 1}
            lags |= {k * period for k in range(3, 7)}
    return tuple(sorted(lag for lag in lags if lag > 0))


def lag_ridge(
    history: History, values: Working, variants: tuple[LagRidge, ...], origins: Origins
) -> dict[str, Working]:
    """Forecasts of each variant from every origin, `[n_origins, horizon, n_series]`; NaN where history is too short.

    `values[n_steps, n_series]`: the history on the scale to work on, NaN before a series begins. Variants for which
    no series is long enough are left out.
    """
    usable = tuple(one for one in variants if one.needs <= history.steps)
    if not usable:
        return {}
    known = np.isfinite(values)
    count = np.maximum(known.sum(axis=0, dtype=np.float32), 1)
    total = np.where(known, values, 0).sum(axis=0, dtype=np.float64)  # single precision rounds by how many series
    centre = (total / count).astype(np.float32)
    scaled = np.where(known, values - centre, 0)
    spread = (np.abs(scaled).sum(axis=0, dtype=np.float64) / count).astype(np.float32)
    spread = np.where(spread > 0, spread, np.float32(1))
    scaled /= spread
    lags = np.array(sorted({lag for one in usable for lag in one.lags}))
    forgetting = any(one.half_life is not None for one in usable)
    edges = _edges(history, int(lags[-1]), origins, forgetting=forgetting)
    blocks = _normal_blocks(history, scaled, lags, edges)
    ends = history.steps - origins.knots
    length = history.known(origins.knots)
    out: dict[str, Working] = {}
    for chosen, group in itertools.groupby(usable, key=lambda one: one.lags):
        same = tuple(group)
        keep = np.searchsorted(lags, chosen)
        beta = np.concatenate([_solve(blocks, edges, keep, ends, one.half_life) for one in same], axis=1)
        future = _recursion(scaled, chosen, beta, np.tile(origins.backs, len(same)), origins.horizon)
        future *= spread
        future += centre
        for one, part in zip(same, np.split(future, len(same), axis=0), strict=True):
            part[np.broadcast_to((length < one.needs)[:, None], part.shape)] = np.nan
            out[one.name] = part
    return out


def _edges(history: History, longest: int, origins: Origins, *, forgetting: bool) -> NDArray[np.int64]:
    """Where blocks of time begin and end: at every knot, and before it so often that forgetting is smooth.

    They are counted back from the end, so that what lies before a series changes nothing.
    """
    period = history.periods[-1] if history.periods else 1
    reach = max(LONGEST_FIT * period, LEAST_REACH)
    length = max(period, origins.horizon)
    ends = {int(end) for end in history.steps - origins.knots}
    cuts = ends | (set(range(min(ends), min(ends) - reach, -length)) if forgetting else set())
    begin = max(longest, history.steps - reach - longest)
    return np.array(sorted({cut for cut in cuts if cut > begin} | {begin}))


def _normal_blocks(
    history: History, scaled: Working, lags: NDArray[np.int64], edges: NDArray[np.int64]
) -> NDArray[np.float64]:
    """The normal equations of each block of time, `[n_blocks, n_series, n_lags + 2, n_lags + 2]`.

    The columns are the lags, a one, and the value itself; rows whose value was not seen have no weight, outliers of a
    first fit a small one. Products are summed in single precision: its rounding is a thousandth of the ridge.
    """
    series, size = scaled.shape[1], lags.size + 2
    begin, end = int(edges[0]), int(edges[-1])
    longest = int(lags[-1])
    blocks = np.zeros((max(edges.size - 1, 1), series, size, size))
    used = (np.arange(begin, end)[:, None] >= history.first + longest) & history.seen[begin:end]
    design = np.empty((min(SLAB, series), size, end - begin), dtype=np.float32)
    for start in range(0, series, SLAB):
        columns = slice(start, min(start + SLAB, series))
        rows = np.ascontiguousarray(scaled[begin - longest : end, columns].T)
        part = design[: rows.shape[0]]
        for index, lag in enumerate(lags.tolist()):
            part[:, index] = rows[:, longest - lag : rows.shape[1] - lag]
        part[:, -2] = 1.0
        part[:, -1] = rows[:, longest:]
        mask = np.ascontiguousarray(used[:, columns].T)
        if not mask.all():
            part *= mask[:, None, :]
        part *= _outlier_weights(part, mask)[:, None, :]
        for index, (left, right) in enumerate(itertools.pairwise((edges - begin).tolist())):
            block = part[:, :, left:right]
            blocks[index, columns] = block @ block.transpose(0, 2, 1)
    return blocks


def _outlier_weights(design: Working, used: NDArray[np.bool_]) -> Working:
    """The square roots of Huber's weights of the rows' errors in a first fit, `[n_series, n_rows]`."""
    recent = design[:, :, -FIRST_FIT:]
    beta = _ridge((recent @ recent.transpose(0, 2, 1)).astype(np.float64))
    error = np.abs(design[:, -1] - (beta[:, None, :] @ design[:, :-1])[:, 0])
    sample = np.where(used, error, np.inf)[:, -FIRST_FIT:]
    count = np.count_nonzero(np.isfinite(sample), axis=1)
    ordered = np.sort(sample, axis=1)
    typical = np.take_along_axis(ordered, np.maximum(count - 1, 0)[:, None] // 2, axis=1)
    limit = np.float32(HUBER * CONSISTENCY) * np.where(np.isfinite(typical), typical, 0) + np.float32(LEAST_LIMIT)
    weight: Working = np.sqrt(np.minimum(1, limit / np.maximum(error, np.float32(LEAST_LIMIT))))
    return weight


def _solve(
    blocks: NDArray[np.float64],
    edges: NDArray[np.int64],
    chosen: NDArray[np.int64],
    ends: NDArray[np.int64],
    half_life: float | None,
) -> Working:
    """The coefficients of the fit before each end, `[n_chosen + 1, n_ends, n_series]`, the constant last."""
    size = blocks.shape[-1]
    keep = np.r_[chosen, size - 2, size - 1]
    fits: dict[int, Working] = {}
    for end in ends.tolist():
        if end not in fits:
            age = end - edges[1:]
            weight = (age >= 0) * (1.0 if half_life is None else 0.5 ** (np.maximum(age, 0) / half_life))
            total = np.zeros(blocks.shape[1:])
            for one, share in zip(blocks, weight.tolist(), strict=False):
                if share > 0:
                    total += share * one
            fits[end] = _ridge(total if keep.size == size else total[:, keep[:, None], keep[None, :]])
    return np.moveaxis(np.stack([fits[end] for end in ends.tolist()]), 2, 0)


def _ridge(normal: NDArray[np.float64]) -> Working:
    """Solve `[n_series, size + 1, size + 1]` normal equations, whose last row and column are the target."""
    gram, target = normal[:, :-1, :-1].copy(), normal[:, :-1, -1:]
    size = gram.shape[-1]
    diagonal = np.arange(size - 1)
    penalty = RIDGE * np.trace(gram[:, :-1, :-1], axis1=1, axis2=2) / max(size - 1, 1)
    gram[:, diagonal, diagonal] += (penalty + DIAGONAL)[:, None]
    gram[:, -1, -1] += DIAGONAL
    return np.asarray(np.linalg.solve(gram, target)[..., 0], dtype=np.float32)


def _recursion(
    scaled: Working,
    lags: tuple[int, ...],
    beta: Working,
    backs: NDArray[np.int64],
    horizon: int,
) -> Working:
    """Step by step into the future, each forecast feeding the next, `[n_origins, horizon, n_series]`.

    Lags longer than a stretch of steps are summed for the whole stretch at once.
    """
    longest, steps = lags[-1], scaled.shape[0]
    path = np.zeros((longest + horizon, backs.size, scaled.shape[1]), dtype=np.float32)
    for index, back in enumerate(backs.tolist()):
        have = min(longest, steps - back)
        path[longest - have : longest, index] = scaled[steps - back - have : steps - back]
    weight = np.ascontiguousarray(beta)
    split = min(range(len(lags)), key=lambda i: i * horizon + (len(lags) - i) * -(-horizon // lags[i]))
    stretch = min(lags[split], horizon)
    room = np.empty((stretch, *path.shape[1:]), dtype=np.float32)
    term = room[0]
    for start in range(0, horizon, stretch):
        length = min(stretch, horizon - start)
        now = longest + start
        total = path[now : now + length]
        total += weight[-1]
        wide = room[:length]
        for index in range(split, len(lags)):
            np.multiply(weight[index], path[now - lags[index] : now - lags[index] + length], out=wide)
            total += wide
        for ahead in range(length):
            following = total[ahead]
            for index in range(split):
                np.multiply(weight[index], path[now + ahead - lags[index]], out=term)
                following += term
            np.clip(following, -LARGEST, LARGEST, out=following)
    return np.ascontiguousarray(np.moveaxis(path[longest:], 0, 1))
