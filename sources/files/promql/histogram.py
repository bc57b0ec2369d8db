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
        for step in np.flatnonzero(present[code]):
            mine = rows[there[:, step]]
            values[code, step] = _quantile(float(share[step]), bounds[mine], vector.values[mine, step])
    metrics = [drop(vector.metrics[first], (BOUND, NAME)) for first in firsts]
    return Vector(metrics, values, present)


def _bound(text: str | None) -> float:
    try:
        return float(text or "nan")
    except ValueError:
        return float("nan")


def _quantile(share: float, bounds: Floats, counts: Floats) -> float:
    """Prometheus' bucketQuantile: `bounds` rise, `counts` are cumulative."""
    if share < 0 or share > 1:
        return -np.inf if share < 0 else np.inf
    if np.isnan(share) or not np.isposinf(bounds[-1]):
        return float("nan")
    bounds, counts = _distinct(bounds, counts)
    counts = np.maximum.accumulate(counts)
    total = counts[-1]
    if len(bounds) < 2 or total == 0 or np.isnan(total):
        return float("nan")
    rank = share * total
    bucket = int(np.searchsorted(counts[:-1], rank, side="left"))
    if bucket == len(bounds) - 1:
        return float(bounds[-2])
    if bucket == 0 and bounds[0] <= 0:
        return float(bounds[0])
    start = float(bounds[bucket - 1]) if bucket else 0.0
    below = float(counts[bucket - 1]) if bucket else 0.0
    inside = float(counts[bucket]) - below
    return start + (float(bounds[bucket]) - start) * float(rank - below) / inside


def _distinct(bounds: Floats, counts: Floats) -> tuple[Floats, Floats]:
    """Buckets of the same bound (`1` and `1.0`) added up."""
    unique, inverse = np.unique(bounds, return_inverse=True)
    return unique, np.bincount(inverse, counts).astype(np.float64)
