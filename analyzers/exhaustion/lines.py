"""Least-squares lines over windows that end at every origin, for a whole batch, in one pass of running sums."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analyzers.exhaustion.contract import Floats


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """A line per series, window and origin: `level` at the origin and `slope` per bin, `[n_series, n_windows, n_bins]`.

    NaN where the window holds too little.
    """

    level: Floats
    slope: Floats


def lines(values: Floats, windows: tuple[int, ...]) -> Lines:
    """The least-squares line over the last `window` bins before and at every origin.

    A window that is longer than the history uses what there is. At least three values, over half of the bins that the
    window has there, are needed.

    Memory and time grow with `n_series * n_windows * n_bins`, not with the length of a window.
    """
    n_bins = values.shape[1]
    t = np.arange(n_bins, dtype=np.float64)
    seen = ~np.isnan(values)
    base = np.where(seen, values, 0.0).sum(axis=1) / np.maximum(np.count_nonzero(seen, axis=1), 1)
    y = np.where(seen, values - base[:, None], 0.0)
    sums = [_running(seen.astype(np.float64)), _running(seen * t), _running(seen * t * t), _running(y), _running(y * t)]
    level = np.full((values.shape[0], len(windows), n_bins), np.nan)
    slope = level.copy()
    for i, window in enumerate(windows):
        n, s1, s2, sy, sty = (_last(total, window) for total in sums)
        s1, s2, sty = s1 - t * n, s2 - 2 * t * s1 + t * t * n, sty - t * sy
        spread = n * s2 - s1 * s1
        enough = (n >= 3) & (2 * n >= np.minimum(window, t + 1)) & (spread > 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            b = (n * sty - s1 * sy) / spread
            a = (sy - b * s1) / n + base[:, None]
        level[:, i] = np.where(enough, a, np.nan)
        slope[:, i] = np.where(enough, b, np.nan)
    return Lines(level, slope)


def _running(values: Floats) -> Floats:
    """Running sums with a leading zero: `[n_series, n_bins + 1]`."""
    total = np.zeros((values.shape[0], values.shape[1] + 1))
    np.cumsum(values, axis=1, out=total[:, 1:])
    return total


def _last(total: Floats, window: int) -> Floats:
    """The sum over the last `window` bins at every origin, from running sums."""
    start = np.maximum(np.arange(total.shape[1] - 1) + 1 - window, 0)
    result: Floats = total[:, 1:] - total[:, start]
    return result
