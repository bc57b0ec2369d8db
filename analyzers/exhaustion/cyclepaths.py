"""Where a series of cycles leads, and when it reaches its limit: in this cycle, a later one that is longer, or never.

The cycles ahead are drawn from those that were seen.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from analyzers.exhaustion.arrays import median_of
from analyzers.exhaustion.contract import Flags, Floats
from analyzers.exhaustion.crossing import reached_on_paths
from analyzers.exhaustion.cycles import LEAST_TREND, Cycles
from analyzers.exhaustion.expert import LITTLE, Asked, where_found

PATHS = 48
MOST_CYCLES = 40  # that are drawn ahead


@dataclass(frozen=True, slots=True, eq=False)
class CyclePaths:
    """The cycles of a batch go on as they were `seen`."""

    NAMES: ClassVar[tuple[str, ...]] = ("cycles",)
    LIGHT: ClassVar[float] = LITTLE

    seen: Cycles

    def usable(self, _exact: Flags, _clear: Flags, /) -> Flags:
        """Where there are cycles, `[n_series, 1]`."""
        return self.seen.found[:, None]

    def crossed(self, asked: Asked, worth: Flags) -> Floats:
        """The probability that the limit was crossed by each day, `[n_series, 1, n_days]`."""
        wanted = replace(self.seen, found=self.seen.found & worth[:, 0])
        return crossed_in_cycles(wanted, asked.plain_limit, asked.days)[:, None]

    def ahead(self, days: Floats) -> tuple[Floats, Floats]:
        """The middle of the band that they fill, which drifts as the troughs do, and half of its width.

        `[n_series, 1, n_days]` each; NaN without cycles.
        """
        trough, peak = median_of(self.seen.trough, 6), median_of(self.seen.peak, 6)
        middle = 0.5 * (trough + peak)[:, None] + self.pace() * days
        half = np.where(peak > trough, 0.5 * (peak - trough), 1.0 + np.abs(peak))
        off = np.broadcast_to(half[:, None], middle.shape)
        return where_found(self.seen.found[:, None], middle[:, None], off[:, None])

    def pace(self) -> Floats:
        """How far the troughs drift in a day, `[n_series, 1]`."""
        return np.nan_to_num(self.seen.drift)[:, None]


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
    extents = np.sort(seen.extent[rows], axis=1)
    count = np.count_nonzero(~np.isnan(extents), axis=1)
    size = (rows.size, PATHS)
    so_far, by_height = seen.so_far[rows][:, None], seen.by_height[rows][:, None]
    start = np.broadcast_to(-seen.age[rows][:, None], size).copy()
    first = np.full(size, np.inf)
    passed = (extents <= so_far).sum(axis=1) / np.maximum(count, 1)
    known = np.exp(seen.slope_error[rows][:, None] * rng.normal(size=PATHS))
    endless = np.arange(PATHS) < np.round(PATHS * seen.endless[rows])[:, None]
    for cycle in range(MOST_CYCLES):
        u, z, v = rng.uniform(size=PATHS), rng.normal(size=PATHS), rng.normal(size=PATHS)
        share = np.broadcast_to(u, size)
        if cycle == 0:
            share = np.minimum(passed[:, None] + (1 - passed[:, None]) * share, 1.0)
        extent = _quantile(extents, count, share)
        spread = seen.slope_spread[rows][:, None] * (0.0 if cycle == 0 else 1.0)
        taller = np.maximum(1 + cycle * seen.taller[rows][:, None], LEAST_TREND)
        slope = seen.slope[rows][:, None] * known * taller * np.exp(spread * z)
        if cycle == 0:
            trough = seen.level[rows][:, None] - slope * seen.age[rows][:, None]
            extent = np.maximum(extent, so_far * (1 + 0.15 * u))
            extent[endless] = np.inf
        length = np.where(by_height, extent * taller / np.maximum(slope, 1e-300), extent)
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


def _quantile(ordered: Floats, count: Floats, share: Floats) -> Floats:
    """Quantiles of the first `count` of each row, interpolated, a little wider than what was seen."""
    at = share * (count - 1)[:, None]
    low = np.clip(np.floor(at).astype(np.intp), 0, ordered.shape[1] - 1)
    high = np.minimum(low + 1, np.maximum(count - 1, 0)[:, None].astype(np.intp))
    rows = np.arange(ordered.shape[0])[:, None]
    left, right = ordered[rows, low], ordered[rows, high]
    result: Floats = (left + (at - low) * (right - left)) * (0.93 + 0.14 * share)
    return result
