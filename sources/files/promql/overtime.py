"""Functions of the samples in a window that look at their values alone: `avg_over_time` and its kin."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sources.files.promql.values import Bools
from sources.files.promql.windows import Kernel, Windows
from sources.files.store import Floats, Ints


def quantile_kernel(share: Kernel) -> Kernel:
    """`quantile_over_time` for the `share` of each window: between the two nearest ranks the value is interpolated."""

    def kernel(windows: Windows) -> Floats:
        result, shares = np.empty(windows.low.size), share(windows)
        for block in windows.spread():
            values = windows.samples.values[block.index]
            window = block.repeat(np.arange(len(block.count)))
            ranked = values[np.lexsort((values, ~np.isnan(values), window))]  # NaN comes first
            result[block.part] = ranked_quantile(ranked, block.starts, block.count, shares[block.part])
        return result

    return kernel


def ranked_quantile(ranked: Floats, starts: Ints, count: Ints, shares: Floats) -> Floats:
    """The quantile of each group of `ranked[m]`, as Prometheus interpolates it.

    Group `k` has `count[k]` values, at least one, that rise from `starts[k]` on, and the share `shares[k]`.
    """
    rank = np.clip(np.nan_to_num(shares), 0.0, 1.0) * (count - 1.0)
    below = np.maximum(np.floor(rank), 0).astype(np.int64)
    above = np.minimum(below + 1, count - 1)
    weight = rank - np.floor(rank)
    mixed: Floats = ranked[starts + below] * (1 - weight) + ranked[starts + above] * weight
    mixed = np.where(shares < 0, -np.inf, np.where(shares > 1, np.inf, mixed))
    return np.where(np.isnan(shares), np.nan, mixed)


def _sum(windows: Windows) -> Floats:
    return windows.reduce(np.add, windows.samples.values)


def _average(windows: Windows) -> Floats:
    return _sum(windows) / windows.count


def _minimum(windows: Windows) -> Floats:
    return windows.reduce(np.fmin, windows.samples.values)


def _maximum(windows: Windows) -> Floats:
    return windows.reduce(np.fmax, windows.samples.values)


def _count(windows: Windows) -> Floats:
    return windows.count.astype(np.float64)


def _last(windows: Windows) -> Floats:
    last: Floats = windows.samples.values[windows.high - 1]
    return last


def _present(windows: Windows) -> Floats:
    return np.ones(windows.low.size)


def _variance(windows: Windows) -> Floats:
    result = np.empty(windows.low.size)
    for block in windows.spread():
        values = windows.samples.values[block.index]
        values = values - block.repeat(values[block.starts])  # what is always the same has none, to the last bit
        mean = block.sum(values) / block.count
        result[block.part] = block.sum((values - block.repeat(mean)) ** 2) / block.count
    return result


def _deviation(windows: Windows) -> Floats:
    return np.sqrt(_variance(windows))


def _changes(windows: Windows) -> Floats:
    after, before = windows.samples.values[1:], windows.samples.values[:-1]
    return _jumps(windows, (after != before) & ~(np.isnan(after) & np.isnan(before)))


def _resets(windows: Windows) -> Floats:
    return _jumps(windows, windows.samples.values[1:] < windows.samples.values[:-1])


def _jumps(windows: Windows, happens: Bools) -> Floats:
    """How many neighbouring samples within each window have something happen between them."""
    before = np.concatenate([[0, 0], np.cumsum(happens)])  # before[k]: among the first k samples
    count: Floats = (before[windows.high] - before[windows.low + 1]).astype(np.float64)
    return count


OVER_TIME: Mapping[str, Kernel] = {
    "sum_over_time": _sum,
    "avg_over_time": _average,
    "min_over_time": _minimum,
    "max_over_time": _maximum,
    "count_over_time": _count,
    "last_over_time": _last,
    "present_over_time": _present,
    "stddev_over_time": _deviation,
    "stdvar_over_time": _variance,
    "changes": _changes,
    "resets": _resets,
}
