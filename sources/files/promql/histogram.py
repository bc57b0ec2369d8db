"""`histogram_quantile` over classic histograms: buckets by their upper bound `le`."""

from __future__ import annotations

import numpy as np

from sources.files.promql.values import NAME, Vector, drop, group_codes, label_set
from sources.files.store import Floats

BOUND = "le"


def histogram_quantile(share: Floats, vector: Vector) -> Vector:
    """The quantile `share[n_steps]` of each histogram, interpolated linearly within its bucket.

    A histogram without a `+Inf` bucket, or with nothing counted, gives NaN. Buckets that shrink towards larger bounds
    (a scrape in between) are taken as at least as full as the smaller ones.
    """
    bounds = np.array([_bound(metric.get(BOUND)) for metric in vector.metrics])
    vector = vector.only(~np.isnan(bounds))
    bounds = bounds[~np.isnan(bounds)]
    codes, firsts = group_codes(vector.metrics, lambda metric: label_set(drop(metric, (BOUND, NAME))))
    values = np.full((len(firsts), vector.values.shape[1]), np.nan)
    present = np.zeros(values.shape, dtype=bool)
    for code in range(len(firsts)):
        rows = np.flatnonzero(codes == code)
        rows = rows[np.argsort(bounds[rows], kind="stable")]
        there = vector.present[rows]
        present[code] = there.any(axis=0)
        # Nearly always all buckets are there at all steps: one pattern, and one pass over all of its steps.
        patterns, pattern_of = np.unique(there, axis=1, return_inverse=True)
        for number in range(patterns.shape[1]):
            mine, steps = rows[patterns[:, number]], np.flatnonzero(pattern_of.ravel() == number)
            if mine.size:
                values[code, steps] = _quantiles(share[steps], bounds[mine], vector.values[np.ix_(mine, steps)])
    metrics = [drop(vector.metrics[first], (BOUND, NAME)) for first in firsts]
    return Vector(metrics, values, present)


def _bound(text: str | None) -> float:
    try:
        return float(text or "nan")
    except ValueError:
        return float("nan")


def _quantiles(share: Floats, bounds: Floats, counts: Floats) -> Floats:
    """Prometheus' bucketQuantile: `share[n_steps]`, rising `bounds[n]`, cumulative `counts[n, n_steps]`."""
    outside = np.where(share < 0, -np.inf, np.where(share > 1, np.inf, np.nan))
    bounds, first = np.unique(bounds, return_index=True)
    if not np.isposinf(bounds[-1]) or len(bounds) < 2:
        return outside
    # Buckets of the same bound (`1` and `1.0`) are added up.
    counts = np.maximum.accumulate(np.add.reduceat(counts, first, axis=0), axis=0)
    steps = np.arange(counts.shape[1])
    with np.errstate(all="ignore"):
        rank = share * counts[-1]
        bucket = np.minimum((~(counts[:-1] >= rank)).sum(axis=0), len(bounds) - 1)
        before = np.maximum(bucket - 1, 0)
        start = np.where(bucket > 0, bounds[before], 0.0)
        below = np.where(bucket > 0, counts[before, steps], 0.0)
        inside = start + (bounds[bucket] - start) * (rank - below) / (counts[bucket, steps] - below)
    result = np.where(bucket == len(bounds) - 1, bounds[-2], inside)
    result = np.where((bucket == 0) & (bounds[0] <= 0), bounds[0], result)
    usable = (counts[-1] != 0) & (share >= 0) & (share <= 1)
    return np.where(usable, result, outside)
