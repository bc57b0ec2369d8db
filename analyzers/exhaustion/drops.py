"""Where a series falls for good, and how much of what it does the teeth between such drops explain."""

from __future__ import annotations

import numpy as np

from analyzers.exhaustion.arrays import MAD_TO_SIGMA, last_true, median3, nan_median
from analyzers.exhaustion.contract import Flags, Floats

SIDE = 3  # bins on each side of a drop whose median tells the level
NEAR = 4  # bins on each side within which only the largest drop counts
DROP_SIGMAS = 5.0
DWARF = 0.3  # a drop smaller than this share of the larger ones belongs to no cycle


def drops(filled: Floats, there: Flags) -> tuple[Floats, Floats, Flags, Floats]:
    """The level before and after each bin, where it fell for good, and the noise of such a level `[n_series]`.

    `after[i]` begins at bin i. A drop is far beyond the usual change, the largest around, and no dwarf among the drops.
    """
    n_bins = filled.shape[1]
    before = np.full(filled.shape, np.nan)
    after = before.copy()
    if n_bins < 4 * SIDE:
        return before, after, np.zeros(filled.shape, dtype=np.bool_), np.zeros(filled.shape[0])
    middle = median3(filled[:, :-2], filled[:, 1:-1], filled[:, 2:])
    before[:, SIDE:] = middle[:, : n_bins - SIDE]
    after[:, : n_bins - 2] = middle
    change = np.nan_to_num(after - before)
    settled = np.zeros(there.shape, dtype=np.bool_)
    settled[:, SIDE:] = there[:, :-SIDE]  # what is on both sides of it was seen
    change[~settled] = 0.0
    measured = np.where(settled, change, np.nan)
    sigma = MAD_TO_SIGMA * np.nan_to_num(nan_median(np.abs(measured - nan_median(measured)[:, None])))
    far = -change
    padded = np.pad(far, ((0, 0), (NEAR, NEAR)))
    around = far.copy()
    for shift in range(1, NEAR + 1):
        np.maximum(around, padded[:, NEAR - shift : NEAR - shift + n_bins], out=around)
        np.maximum(around, padded[:, NEAR + shift : NEAR + shift + n_bins], out=around)
    drop = (far >= around) & (far > DROP_SIGMAS * sigma[:, None]) & (far > 0)
    drop[:, 1:] &= ~(drop[:, :-1] & (far[:, 1:] == far[:, :-1]))
    at = last_true(drop, int(drop.sum(axis=1).max(initial=0)))
    sizes = np.where(at >= 0, far[np.arange(at.shape[0])[:, None], at], np.nan)
    drop &= far > DWARF * _large(sizes)[:, None]
    return before, after, drop, sigma / np.sqrt(2.0)


def _large(sizes: Floats) -> Floats:
    """The upper quartile of each row's sizes, `[n_series]`: 0 where there are none."""
    count = np.count_nonzero(~np.isnan(sizes), axis=1)
    ordered = np.sort(np.pad(sizes, ((0, 0), (0, 1)), constant_values=np.nan), axis=1)
    at = np.floor(0.75 * np.maximum(count - 1, 0)).astype(np.intp)
    return np.asarray(np.nan_to_num(ordered[np.arange(sizes.shape[0]), at]), dtype=np.float64)


def explained_by_teeth(filled: Floats, drop: Flags, before: Floats, after: Floats) -> Floats:
    """The share of the variance about a straight line that the teeth explain, `[n_series]`: 0 where nothing dropped."""
    share = np.zeros(filled.shape[0])
    some = np.flatnonzero(drop.any(axis=1))
    share[some] = _explained(filled[some], drop[some], before[some], after[some])
    return share


def _explained(filled: Floats, drop: Flags, before: Floats, after: Floats) -> Floats:
    """The share that the teeth explain of series in which something dropped, `[n_series]`, from the first drop on.

    A tooth is the line from the level after its drop to the level before the next one.
    """
    n_bins = filled.shape[1]
    index = np.arange(n_bins)
    last = np.maximum.accumulate(np.where(drop, index, -1), axis=1)
    following = np.minimum.accumulate(np.where(drop, index, n_bins)[:, ::-1], axis=1)[:, ::-1]
    following = np.concatenate([following[:, 1:], np.full((filled.shape[0], 1), n_bins)], axis=1)
    rows = np.arange(filled.shape[0])[:, None]
    top = np.where(following < n_bins, before[rows, np.minimum(following, n_bins - 1)], filled[:, -1:])
    base = after[rows, np.maximum(last, 0)]
    tooth = base + (top - base) * (index - last) / np.maximum(following - last, 1)
    inside = (last >= 0) & ~np.isnan(tooth)
    rest = np.where(inside, (filled - np.nan_to_num(tooth)) ** 2, 0.0).sum(axis=1)
    about = _about_line(filled, inside)
    better = inside.any(axis=1) & (rest < about)
    return np.where(better, 1 - rest / np.where(better, about, 1.0), 0.0)


def _about_line(values: Floats, inside: Flags) -> Floats:
    """The sum of squares about the least-squares line through some of each row's values."""
    n = np.maximum(inside.sum(axis=1, keepdims=True), 1)
    t = np.broadcast_to(np.arange(values.shape[1], dtype=np.float64), values.shape)
    t = np.where(inside, t - np.where(inside, t, 0.0).sum(axis=1, keepdims=True) / n, 0.0)
    y = np.where(inside, values - np.where(inside, values, 0.0).sum(axis=1, keepdims=True) / n, 0.0)
    power = np.maximum((t * t).sum(axis=1), 1e-300)
    result: Floats = np.maximum((y * y).sum(axis=1) - (t * y).sum(axis=1) ** 2 / power, 0.0)
    return result
