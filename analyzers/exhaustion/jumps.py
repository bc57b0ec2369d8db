"""Sudden changes of level: a deploy, a cleanup, a restart, a step of a staircase."""

from __future__ import annotations

import numpy as np

from analyzers.exhaustion.arrays import MAD_TO_SIGMA, fill_forward, first_bin, nan_median
from analyzers.exhaustion.contract import Floats

JUMP_SIGMAS = 6.0
ALONE = 0.4  # a jump is alone: the changes around it are less than this share of it, or it is a slope
SIDE = 3  # bins on each side whose median tells the level
REACH = (SIDE + 1) // 2  # bins that the middle one of them is away


def jumps(values: Floats) -> Floats:
    """The size of the jump between each bin and the one before, zero where there is none: `[n_series, n_bins]`.

    A jump is a change over two bins that is far beyond the usual ones of the series, is the largest around, and stays.
    """
    n_series, n_bins = values.shape
    size = np.zeros((n_series, n_bins))
    enough = n_bins - first_bin(values) >= 2 * SIDE + 2  # of its own, whatever is beside it
    if not enough.any():
        return size
    filled = fill_forward(values)
    bins = np.arange(n_bins)
    since = np.maximum(bins - first_bin(values)[:, None], 0)  # bins since the first value: nothing jumps at that one
    left = n_bins - 1 - bins
    change = np.zeros((n_series, n_bins))
    change[:, 1:-1] = filled[:, 2:] - filled[:, :-2]
    change[:, -1] = filled[:, -1] - filled[:, -2]
    measured = np.where((since > 0) & (left > 0), change, np.nan)
    usual = np.nan_to_num(nan_median(measured))[:, None] / 2  # in one bin
    unusual = np.where(since > 0, change - usual * (1 + np.minimum(left, 1)), 0.0)
    scale = MAD_TO_SIGMA * np.nan_to_num(nan_median(np.abs(measured - 2 * usual)))[:, None]
    span = np.ptp(filled, axis=1)[:, None]
    far = np.abs(unusual)
    padded = np.pad(far, ((0, 0), (2, 2)))
    around = [padded[:, i : i + n_bins] for i in range(5)]
    largest = (far >= np.max(around[:2], axis=0)) & (far > np.max(around[3:], axis=0))  # of two alike, the later
    before, after = _sides(filled)
    apart = np.minimum(since, REACH) + np.minimum(left, REACH)
    step = after - before - usual * apart
    found = enough[:, None] & largest & (far > JUMP_SIGMAS * scale) & (np.abs(step) > 0.5 * far) & (far > 0.02 * span)
    found &= (np.sign(step) == np.sign(unusual)) & (_around(far) < ALONE * far)
    size[found] = step[found]
    return size


def without_jumps(values: Floats, jump: Floats) -> Floats:
    """The values with every jump taken out, at the level of their end: `[n_series, n_bins]`.

    A jump's own bin is on the way from one level to the other: it is NaN.
    """
    carried = np.cumsum(jump, axis=1)
    return np.where(jump != 0, np.nan, values - carried + carried[:, -1:])


def without_lone_step(values: Floats, jump: Floats) -> Floats:
    """The values of series that jumped upward once, and not back since, as if they had been at that level all along.

    What happened once (a deploy) is not told to happen again; what happened twice may.
    """
    up, down = jump > 0, jump < 0
    since = np.cumsum(up, axis=1) > 0
    lone = (np.count_nonzero(up, axis=1) == 1) & ~(down & since).any(axis=1)
    step = np.where(up & lone[:, None], jump, 0.0)
    carried = np.cumsum(step, axis=1)
    return np.asarray(values - carried + carried[:, -1:], dtype=np.float64)


def whole_days(values: Floats, jump: Floats, per_day: float) -> Floats:
    """`values[n_series, n_bins]` of an envelope, NaN in the day after a jump upward: its peak is still to come there.

    A jump of the last two days keeps its day: there is little else to go by.
    """
    result = values.copy()
    daily = max(1, round(per_day))
    up = jump > 0
    up[:, max(values.shape[1] - 2 * daily, 0) :] = False
    for after in range(1, daily):
        result[:, after:][up[:, :-after]] = np.nan
    return result


def _around(far: Floats) -> Floats:
    """How large the changes a little before and after each bin are: the larger of the two sides' medians."""
    n_bins = far.shape[1]
    padded = np.pad(far, ((0, 0), (5, 5)))
    before = np.median(np.stack([padded[:, 5 - k : 5 - k + n_bins] for k in (3, 4, 5)]), axis=0)
    after = np.median(np.stack([padded[:, 5 + k : 5 + k + n_bins] for k in (3, 4, 5)]), axis=0)
    return np.maximum(before, after)


def _sides(filled: Floats) -> tuple[Floats, Floats]:
    """The median of the bins before each bin, and after it: the bin itself is on neither side."""
    n_bins = filled.shape[1]
    padded = np.pad(filled, ((0, 0), (SIDE, SIDE)), mode="edge")
    before = np.median(np.stack([padded[:, i : i + n_bins] for i in range(SIDE)]), axis=0)
    after = np.median(np.stack([padded[:, SIDE + 1 + i : SIDE + 1 + i + n_bins] for i in range(SIDE)]), axis=0)
    return before, after
