"""Array work that knows of gaps: means, medians and running extremes over rows, NaN where nothing was seen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analyzers.exhaustion.contract import Floats

LONG_ROW = 1000
MAD_TO_SIGMA = 1.4826  # the median absolute deviation of a normal distribution is sigma / 1.4826
QUARTER_TO_SIGMA = 3.1384  # a quarter of a normal distribution is within sigma / 3.1384 of its middle


def nan_median(values: Floats) -> Floats:
    """The median over the last axis without its NaN; NaN where there is nothing else. Never warns.

    Most rows have seen as much as the fullest ones: those are only parted at their middle, where they are long, which
    takes two thirds of a sort (benchmarks.exhaustion).
    """
    count = np.count_nonzero(~np.isnan(values), axis=-1)
    most = int(count.max(initial=0))
    result = np.full(values.shape[:-1], np.nan)
    if most == 0:
        return result
    full = count == most
    middle = ((most - 1) // 2, most // 2)
    half = np.sort(values[full], axis=-1) if most < LONG_ROW else np.partition(values[full], middle, axis=-1)
    result[full] = 0.5 * (half[..., middle[0]] + half[..., middle[1]])
    some = (count > 0) & ~full
    if some.any():
        ordered, n = np.sort(values[some], axis=-1), count[some][..., None]
        low, high = (np.take_along_axis(ordered, at, axis=-1)[..., 0] for at in ((n - 1) // 2, n // 2))
        result[some] = 0.5 * (low + high)
    return result


def median_of(values: Floats, first: int) -> Floats:
    """The median of the first few of each row that are numbers; NaN where there are none."""
    chosen = values[:, :first]
    ordered = np.sort(chosen, axis=1)
    count = np.count_nonzero(~np.isnan(chosen), axis=1)
    rows = np.arange(values.shape[0])
    low, high = np.maximum(count - 1, 0) // 2, np.minimum(count // 2, chosen.shape[1] - 1)
    return np.where(count > 0, 0.5 * (ordered[rows, low] + ordered[rows, high]), np.nan)


def nan_quarter(values: Floats) -> Floats:
    """The value of the last axis that a quarter of the others is below; NaN where there is none."""
    count = np.count_nonzero(~np.isnan(values), axis=-1)
    at = np.maximum(count - 1, 0) // 4
    parted = np.partition(values, np.unique(at), axis=-1)
    return np.asarray(np.take_along_axis(parted, at[..., None], axis=-1)[..., 0], dtype=np.float64)


def white_noise(values: Floats) -> Floats:
    """The standard deviation of what is white in `values[n_series, n_bins]`; 0 where that can't be told.

    From second differences, which neither trends nor seasons enter, and from the smallest of them: those at the tips of
    teeth are large.
    """
    if values.shape[1] < 3:
        return np.zeros(values.shape[0])
    second = np.abs(values[:, 2:] - 2 * values[:, 1:-1] + values[:, :-2])
    return np.asarray(np.nan_to_num(QUARTER_TO_SIGMA * nan_quarter(second) / np.sqrt(6.0)), dtype=np.float64)


def median3(a: Floats, b: Floats, c: Floats) -> Floats:
    """The middle one of three arrays, element by element."""
    result: Floats = np.maximum(np.minimum(a, b), np.minimum(np.maximum(a, b), c))
    return result


def median5(a: Floats, b: Floats, c: Floats, d: Floats, e: Floats) -> Floats:
    """The middle one of five arrays, element by element: many times as fast as sorting them."""
    low = np.maximum(np.minimum(a, b), np.minimum(c, d))
    high = np.minimum(np.maximum(a, b), np.maximum(c, d))
    return median3(low, high, e)


def nan_mean(values: Floats, axis: int = -1) -> Floats:
    """The mean over an axis without its NaN; NaN where there is nothing else. Never warns."""
    seen = ~np.isnan(values)
    total = np.where(seen, values, 0.0).sum(axis=axis)
    count = seen.sum(axis=axis)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def running_sum(values: Floats) -> Floats:
    """Running sums over the last axis with a leading zero: one longer than `values`."""
    total = np.zeros((*values.shape[:-1], values.shape[-1] + 1))
    np.cumsum(values, axis=-1, out=total[..., 1:])
    return total


def centred_mean(values: Floats, width: int) -> Floats:
    """The mean of `width` bins around each bin, fewer at the ends; NaN where nothing was seen among them."""
    return _window_mean(values, width // 2, width - width // 2)


def trailing_mean(values: Floats, width: int) -> Floats:
    """The mean of the last `width` bins at each bin, fewer at the beginning; NaN where nothing was seen among them."""
    return _window_mean(values, width - 1, 1)


def _window_mean(values: Floats, before: int, after: int) -> Floats:
    """The mean of the bins from `before` bins before each bin up to `after` bins after it, that one left out."""
    seen = ~np.isnan(values)
    total = _window_sum(np.where(seen, values, 0.0), before, after)
    weight = _window_sum(seen.astype(np.float64), before, after)
    return np.where(weight > 0, total / np.maximum(weight, 1.0), np.nan)


def _window_sum(values: Floats, before: int, after: int) -> Floats:
    """The sum of the bins from `before` bins before each bin up to `after` bins after it, that one left out."""
    n = values.shape[-1]
    total = np.zeros((*values.shape[:-1], before + n + after))
    np.cumsum(values, axis=-1, out=total[..., before + 1 : before + 1 + n])
    total[..., before + 1 + n :] = total[..., before + n, None]
    result: Floats = total[..., before + after :] - total[..., :n]
    return result


def trailing_max(values: Floats, width: int) -> Floats:
    """The largest of the last `width` bins at each bin; NaN where nothing was seen among them."""
    result = values.copy()
    have = 1
    while have < width:
        shift = min(have, width - have)
        result[..., shift:] = np.fmax(result[..., shift:], result[..., :-shift].copy())
        have += shift
    return result


def fill_forward(values: Floats) -> Floats:
    """Each gap filled with the value before it (a gap at the start: with the first value)."""
    filled = values.copy()
    gaps = np.flatnonzero(np.isnan(values).any(axis=1))
    if gaps.size:
        rows = values[gaps]
        seen = ~np.isnan(rows)
        index = np.where(seen, np.arange(values.shape[1]), np.argmax(seen, axis=1)[:, None])
        np.maximum.accumulate(index, axis=1, out=index)
        filled[gaps] = np.take_along_axis(rows, index, axis=1)
    return filled


def first_bin(values: Floats) -> NDArray[np.intp]:
    """The index of the first value of each row that is a number, `[n_series]`; 0 where there is none."""
    first: NDArray[np.intp] = np.argmax(~np.isnan(values), axis=1)
    return first


def begun(values: Floats) -> NDArray[np.bool_]:
    """Which bins are not before the first value of their row, `[n_series, n_bins]`."""
    there: NDArray[np.bool_] = np.arange(values.shape[1]) >= first_bin(values)[:, None]
    return there


def last_true(flags: NDArray[np.bool_], count: int) -> NDArray[np.intp]:
    """The bins of the last `count` flags that are set in each row, the newest first: `[n_rows, count]`, -1 for none."""
    rows, bins = np.nonzero(flags)
    newer = np.cumsum(np.count_nonzero(flags, axis=1))[rows] - 1 - np.arange(rows.size)
    kept = newer < count
    at = np.full((flags.shape[0], count), -1, dtype=np.intp)
    at[rows[kept], newer[kept]] = bins[kept]
    return at


def last_seen(values: Floats) -> Floats:
    """The last value of each row that is a number, `[n_series]`; NaN where there is none."""
    seen = ~np.isnan(values)
    index = values.shape[1] - 1 - np.argmax(seen[:, ::-1], axis=1)
    last: Floats = values[np.arange(values.shape[0]), index]
    return last


def blocks_from_end(values: Floats, size: int) -> Floats:
    """Consecutive blocks of `size` bins, the last of which ends at the end: `[n_series, n_blocks, size]`.

    The first block is filled up with NaN.
    """
    missing = -values.shape[1] % size
    if missing:
        values = np.concatenate([np.full((values.shape[0], missing), np.nan), values], axis=1)
    return values.reshape(values.shape[0], -1, size)


def leading_max(values: Floats, width: int) -> Floats:
    """The largest of the `width` bins after each bin; shorter by `width`. NaN where nothing was seen among them."""
    return trailing_max(values, width)[..., width:]
