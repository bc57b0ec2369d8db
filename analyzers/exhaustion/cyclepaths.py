"""When a series of cycles reaches its limit: in the present cycle, in a later one that is longer, or never.

The cycles ahead are drawn from those that were seen.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analyzers.exhaustion.contract import Floats
from analyzers.exhaustion.crossing import reached_on_paths
from analyzers.exhaustion.cycles import Cycles

PATHS = 48
MOST_CYCLES = 40  # that are drawn ahead
ENDLESS = 0.08  # how likely a cycle is not to end, before it is known how long it has gone on
LEAST_SPREAD = 0.1  # of the logarithm of lengths


def crossed_in_cycles(seen: Cycles, limit: Floats, days: Floats) -> Floats:
    """The probability that the limit `[n_series]` was crossed by each day, `[n_series, n_days]`; 0 without cycles."""
    reached = np.zeros((limit.size, days.size))
    rows = np.flatnonzero(seen.found)
    if rows.size:
        reached[rows] = reached_on_paths(_first_crossings(seen, rows, limit[rows], 1.5 * float(days[-1])), days)
    return reached


def _first_crossings(seen: Cycles, rows: NDArray[np.intp], limit: Floats, horizon: float) -> Floats:
    """The day of the first crossing on each of some paths, `[n_rows, PATHS]`; infinite where there is none.

    The paths' random numbers are the same for every series, so that a series' answer does not depend on its batch.
    """
    rng = np.random.default_rng(20)
    lengths = np.sort(seen.length[rows], axis=1)
    count = np.count_nonzero(~np.isnan(lengths), axis=1)
    size = (rows.size, PATHS)
    start = np.broadcast_to(-seen.age[rows][:, None], size).copy()
    trough = np.broadcast_to((seen.level[rows] - seen.slope[rows] * seen.age[rows])[:, None], size).copy()
    first = np.full(size, np.inf)
    older = (lengths <= seen.age[rows][:, None]).sum(axis=1) / np.maximum(count, 1)
    known = np.exp(seen.slope_error[rows][:, None] * rng.normal(size=PATHS))
    endless = np.arange(PATHS) < np.round(PATHS * _endless(seen, rows, lengths, count))[:, None]
    for cycle in range(MOST_CYCLES):
        u, z, v = rng.uniform(size=PATHS), rng.normal(size=PATHS), rng.normal(size=PATHS)
        share = np.broadcast_to(u, size)
        if cycle == 0:
            share = np.minimum(older[:, None] + (1 - older[:, None]) * share, 1.0)
        length = _quantile(lengths, count, share)
        spread = seen.slope_spread[rows][:, None] * (0.0 if cycle == 0 else 1.0)
        slope = seen.slope[rows][:, None] * known * np.exp(spread * z)
        if cycle == 0:
            trough = seen.level[rows][:, None] - slope * seen.age[rows][:, None]
            late = seen.age[rows][:, None] * (1 + 0.15 * u)
            length = np.maximum(length, late)
            length[endless] = np.inf
        need = (limit[:, None] - trough) / np.maximum(slope, 1e-300)
        crossed = (need <= length) & np.isinf(first)
        first = np.where(crossed, np.maximum(start + need, 0.0), first)
        start = start + length
        if start.min() > horizon:
            break
        start = np.minimum(start, 1e6)
        base = seen.trough[rows, 0] + seen.drift[rows] * seen.age[rows]
        trough = base[:, None] + seen.drift[rows][:, None] * start + seen.trough_spread[rows][:, None] * v
    return np.where(first <= horizon, first, np.inf)


def _endless(seen: Cycles, rows: NDArray[np.intp], lengths: Floats, count: Floats) -> Floats:
    """The probability that the present cycle does not end, `[n_rows]`: what has gone on for too long has no end.

    By Bayes: a cycle that ends would have lasted so long with a probability that falls fast beyond the usual length.
    """
    known = ~np.isnan(lengths)
    logs = np.log(np.where(known, lengths, 1.0))
    middle = np.where(known, logs, 0.0).sum(axis=1) / np.maximum(count, 1)
    far = np.where(known, logs - middle[:, None], 0.0)
    spread = np.sqrt((far**2).sum(axis=1) / np.maximum(count - 1, 1) + LEAST_SPREAD**2)
    beyond = (np.log(np.maximum(seen.age[rows], 1e-9)) - middle) / (spread * np.sqrt(1 + 1 / np.maximum(count, 1)))
    lasts = 1 / (1 + np.exp(np.clip(1.7 * beyond, -50, 50)))  # the logistic function, for a normal one's tail
    result: Floats = ENDLESS / (ENDLESS + (1 - ENDLESS) * lasts)
    return result


def _quantile(ordered: Floats, count: Floats, share: Floats) -> Floats:
    """Quantiles of the first `count` of each row, interpolated, a little wider than what was seen."""
    at = share * (count - 1)[:, None]
    low = np.clip(np.floor(at).astype(np.intp), 0, ordered.shape[1] - 1)
    high = np.minimum(low + 1, np.maximum(count - 1, 0)[:, None].astype(np.intp))
    rows = np.arange(ordered.shape[0])[:, None]
    left, right = ordered[rows, low], ordered[rows, high]
    result: Floats = (left + (at - low) * (right - left)) * (0.93 + 0.14 * share)
    return result
