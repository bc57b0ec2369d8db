"""The past of a group of series, made ready for the methods: one column a series, gaps filled."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Working = NDArray[np.float32]

FAR = 100.0  # spreads: values that lie further from zero are told apart by their distance from their mean
SHORT_GAP = 3  # steps that are bridged by a straight line; a longer gap repeats the season before it


@dataclass(frozen=True, slots=True, eq=False)
class Scale:
    """From a series' own unit to numbers of about one, and back; fields are `[n_series]`.

    `unit` is a power of two and `anchor` is zero unless the values lie far from it, so zeros stay zeros and whole
    numbers stay whole, and single precision is enough: it rounds to a millionth of the typical deviation.
    """

    anchor: NDArray[np.float64]
    unit: NDArray[np.float64]

    @classmethod
    def of(cls, values: NDArray[np.float64]) -> Scale:
        """The scale of `values[n_series, n_steps]`, NaN where unseen; each row has a finite value."""
        seen = np.isfinite(values)
        count = np.maximum(np.count_nonzero(seen, axis=1), 1)
        small = np.where(seen, values, 0.0)
        largest = np.maximum(small.max(axis=1), -small.min(axis=1))
        power = np.exp2(np.ceil(np.log2(np.where(largest > 0, largest, 1.0))))
        small /= power[:, None]
        mean = small.sum(axis=1) / count
        size = np.abs(small).sum(axis=1) / count
        spread = np.abs(small - mean[:, None]).sum(axis=1, where=seen) / count
        far = np.abs(mean) > FAR * spread
        size = np.where(far, spread, size)
        size = np.exp2(np.round(np.log2(np.where(size > 0, size, 1.0))))
        return cls(np.where(far, mean * power, 0.0), size * power)

    def forward(self, values: NDArray[np.float64]) -> Working:
        """`values[..., n_series]` as working numbers."""
        return ((values - self.anchor) / self.unit).astype(np.float32)

    def back(self, values: Working) -> NDArray[np.float64]:
        """Working numbers `[..., n_series]` in the series' own unit."""
        return values.astype(np.float64) * self.unit + self.anchor


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """Series with the same seasons, aligned at their ends, in working numbers (see `Scale`).

    `values[n_steps, n_series]` (time first: methods work on all series at once): NaN before a series begins, else
    without gaps; `seen` tells what is not filled in; `first[n_series]`: the row of the first sample; `periods` rise.
    """

    values: Working
    seen: NDArray[np.bool_]
    first: NDArray[np.int64]
    periods: tuple[int, ...]
    scale: Scale
    levels: dict[int, Working] = field(default_factory=dict)  # medians of whole cycles, by period

    @property
    def steps(self) -> int:
        """The number of rows."""
        return int(self.values.shape[0])

    @property
    def series(self) -> int:
        """The number of columns."""
        return int(self.values.shape[1])

    @property
    def season(self) -> int:
        """The shortest period, or 1 where there is none."""
        return self.periods[0] if self.periods else 1

    def known(self, backs: NDArray[np.int64]) -> NDArray[np.int64]:
        """How many steps of each series lie before each origin, `[n_origins, n_series]`."""
        counts: NDArray[np.int64] = self.steps - backs[:, None] - self.first[None, :]
        return counts


def make_history(values: NDArray[np.float64], periods: tuple[int, ...]) -> History:
    """Fill the gaps of `values[n_series, n_steps]` (each row has a finite value)."""
    seen = np.isfinite(values)
    first = np.argmax(seen, axis=1)
    filled = np.where(seen, values, np.nan)
    begun = np.arange(values.shape[1])[None, :] >= first[:, None]
    if bool((begun & ~seen).any()):
        gap = _gap_length(seen)
        for period in periods:
            filled = _repeat_season(filled, (gap > SHORT_GAP) & begun, period)
        filled = _bridge(filled)
        filled[~begun] = np.nan
    scale = Scale.of(values)
    return History(scale.forward(np.ascontiguousarray(filled.T)), np.ascontiguousarray(seen.T), first, periods, scale)


def _gap_length(seen: NDArray[np.bool_]) -> NDArray[np.int64]:
    """For every unseen step the length of the gap that it is in; 0 for a seen one."""
    steps = np.arange(seen.shape[1])
    before = np.maximum.accumulate(np.where(seen, steps, -1), axis=1)
    after = np.minimum.accumulate(np.where(seen, steps, seen.shape[1])[:, ::-1], axis=1)[:, ::-1]
    return np.where(seen, 0, after - before - 1)


def _repeat_season(values: NDArray[np.float64], wanted: NDArray[np.bool_], period: int) -> NDArray[np.float64]:
    """Fill the wanted unseen steps with the value one period before (which may be filled itself)."""
    filled = values.copy()
    for start in range(period, filled.shape[1], period):
        block = slice(start, min(start + period, filled.shape[1]))
        now = filled[:, block]
        before = filled[:, start - period : start][:, : now.shape[1]]
        filled[:, block] = np.where(np.isnan(now) & wanted[:, block], before, now)
    return filled


def _bridge(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Straight lines over what is still not there; the last value goes on to the end."""
    known = np.isfinite(values)
    steps = np.arange(values.shape[1])
    before = np.maximum.accumulate(np.where(known, steps, -1), axis=1)
    after = np.minimum.accumulate(np.where(known, steps, values.shape[1])[:, ::-1], axis=1)[:, ::-1]
    left = np.take_along_axis(values, np.maximum(before, 0), axis=1)
    right = np.take_along_axis(values, np.minimum(after, values.shape[1] - 1), axis=1)
    right = np.where(after < values.shape[1], right, left)
    share = (steps[None, :] - before) / np.maximum(after - before, 1)
    return np.where(known, values, left + (right - left) * share)
