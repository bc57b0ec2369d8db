"""Aggregations: many series to one for each group of labels."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping

import numpy as np
from numpy.typing import NDArray
from promql_parser import AggModifier, AggModifierType

from sources.files.promql.overtime import ranked_quantile
from sources.files.promql.values import NAME, QueryRefusedError, Vector, drop, group_codes, label_set
from sources.files.store import Floats, Ints, Metric


def aggregate(operator: str, vector: Vector, modifier: AggModifier | None, parameter: Floats | None) -> Vector:
    """One series per group; `parameter[n_steps]` is a quantile's share.

    Raises `QueryRefusedError` for an aggregation outside the subset.
    """
    if operator not in _REDUCTIONS and operator != "quantile":
        known = ", ".join(sorted([*_REDUCTIONS, "quantile"]))
        raise QueryRefusedError(
            f"the aggregation {operator} is not available over files",
            advice=f"Use one of {known}, or a Prometheus server",
            token=operator,
        )
    labels_of = _grouping(modifier)
    codes, firsts = group_codes(vector.metrics, lambda metric: _key(labels_of(metric)))
    metrics = [labels_of(vector.metrics[first]) for first in firsts]
    order = np.argsort(codes, kind="stable")
    starts = np.searchsorted(codes[order], np.arange(len(firsts)))
    if not len(vector):
        return Vector([], vector.values, vector.present)
    values, present = vector.values[order], vector.present[order]
    count = np.add.reduceat(present, starts, axis=0, dtype=np.int64)
    with np.errstate(all="ignore"):
        if operator == "quantile":
            shares = np.full(values.shape[1], np.nan) if parameter is None else parameter
            result = _quantile(values, present, starts, shares)
        else:
            result = _REDUCTIONS[operator](values, present, starts, count)
    return Vector(metrics, np.where(count > 0, result, np.nan), count > 0)


def _grouping(modifier: AggModifier | None) -> Callable[[Metric], Metric]:
    if modifier is None:
        return lambda _: {}
    names = list(modifier.labels)
    if modifier.type == AggModifierType.Without:
        return lambda metric: drop(metric, [*names, NAME])
    return lambda metric: {name: metric[name] for name in names if metric.get(name)}


def _key(metric: Metric) -> Hashable:
    return label_set(metric)


Reduction = Callable[[Floats, NDArray[np.bool_], Ints, Ints], Floats]


def _sum(values: Floats, present: NDArray[np.bool_], starts: Ints, _: Ints) -> Floats:
    total: Floats = np.add.reduceat(np.where(present, values, 0.0), starts, axis=0)
    return total


def _average(values: Floats, present: NDArray[np.bool_], starts: Ints, count: Ints) -> Floats:
    return _sum(values, present, starts, count) / count


def _minimum(values: Floats, present: NDArray[np.bool_], starts: Ints, _: Ints) -> Floats:
    least: Floats = np.fmin.reduceat(np.where(present, values, np.nan), starts, axis=0)
    return least


def _maximum(values: Floats, present: NDArray[np.bool_], starts: Ints, _: Ints) -> Floats:
    most: Floats = np.fmax.reduceat(np.where(present, values, np.nan), starts, axis=0)
    return most


def _count(_values: Floats, _present: NDArray[np.bool_], _starts: Ints, count: Ints) -> Floats:
    return count.astype(np.float64)


def _group(_values: Floats, _present: NDArray[np.bool_], _starts: Ints, count: Ints) -> Floats:
    return np.ones(count.shape)


def _variance(values: Floats, present: NDArray[np.bool_], starts: Ints, count: Ints) -> Floats:
    sizes = np.diff(np.append(starts, len(values)))
    # From the least of them on, so that values that are all alike have none, to the last bit.
    above = values - np.repeat(_minimum(values, present, starts, count), sizes, axis=0)
    mean = _average(above, present, starts, count)
    distance = np.where(present, above - np.repeat(mean, sizes, axis=0), 0.0)
    squares: Floats = np.add.reduceat(distance**2, starts, axis=0)
    return squares / count


def _deviation(values: Floats, present: NDArray[np.bool_], starts: Ints, count: Ints) -> Floats:
    return np.sqrt(_variance(values, present, starts, count))


def _quantile(values: Floats, present: NDArray[np.bool_], starts: Ints, shares: Floats) -> Floats:
    result = np.empty((len(starts), values.shape[1]))
    for group, (start, stop) in enumerate(zip(starts, np.append(starts[1:], len(values)), strict=True)):
        mine = present[start:stop].T
        ranked = np.where(mine, values[start:stop].T, np.inf)  # what is absent comes last, and NaN first
        unknown = np.isnan(ranked)
        ranked = np.sort(np.where(unknown, -np.inf, ranked), axis=1)
        ranked[np.arange(ranked.shape[1]) < unknown.sum(axis=1)[:, None]] = np.nan
        first = np.arange(len(ranked)) * (stop - start)
        result[group] = ranked_quantile(ranked.ravel(), first, np.maximum(mine.sum(axis=1), 1), shares)
    return result


_REDUCTIONS: Mapping[str, Reduction] = {
    "sum": _sum,
    "avg": _average,
    "min": _minimum,
    "max": _maximum,
    "count": _count,
    "group": _group,
    "stddev": _deviation,
    "stdvar": _variance,
}
