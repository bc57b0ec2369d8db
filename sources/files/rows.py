"""Rows of files become samples: the series of each row by number, times in milliseconds, values."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sources.files.promql.values import label_set
from sources.files.store import Floats, Ints, Metric, SampleStore

# Plain numbers are seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by size: as seconds,
# 1e11 is the year 5138; as milliseconds it is 1973.
_PER_SECOND = ((1e17, 1e-6), (1e14, 1e-3), (1e11, 1.0), (0.0, 1e3))

LATEST = 253_402_300_800_000  # the year 10000, in milliseconds


@dataclass(slots=True, eq=False)
class Rows:
    """All rows of all files so far."""

    metrics: list[Metric] = field(default_factory=list)
    _numbers: dict[object, int] = field(default_factory=dict)
    _parts: list[tuple[Ints, Ints, Floats]] = field(default_factory=list)

    def number(self, metric: Metric) -> int:
        """The number of a series; a new one gets the next number."""
        number = self._numbers.setdefault(label_set(metric), len(self.metrics))
        if number == len(self.metrics):
            self.metrics.append({name: value for name, value in sorted(metric.items()) if value})
        return number

    def add(self, codes: Ints, times: Ints, values: Floats) -> None:
        """Rows as numbers: series, milliseconds, value, `[n]` each."""
        self._parts.append((codes, times, values))

    def store(self) -> SampleStore:
        """Everything, ready to be asked."""
        if not self._parts:
            nothing = np.empty(0, dtype=np.int64)
            return SampleStore.of([], nothing, nothing, np.empty(0))
        codes, times, values = (np.concatenate(part) for part in zip(*self._parts, strict=True))
        return SampleStore.of(self.metrics, codes, times, values)


def to_milliseconds(numbers: Floats) -> Floats:
    """Plain numbers as milliseconds since 1970, NaN kept; the unit is told by the largest of them."""
    largest = float(np.nanmax(np.abs(numbers), initial=0.0))
    factor = next(factor for least, factor in _PER_SECOND if largest >= least)
    scaled: Floats = np.rint(numbers * factor)
    return scaled


def not_a_time(milliseconds: Floats) -> NDArray[np.bool_]:
    """Which times are none, or lie before 1970 or beyond the year 9999, `[n]`."""
    return ~((milliseconds >= 0) & (milliseconds < LATEST))


def run_starts(keys: pl.DataFrame) -> Ints:
    """Where a row differs from the one before it; rows of one series mostly follow each other."""
    if not keys.height:
        return np.empty(0, dtype=np.int64)
    changed = np.zeros(keys.height, dtype=bool)
    changed[0] = True
    for column in keys.get_columns():
        changed |= column.ne_missing(column.shift(1)).to_numpy()
    return np.flatnonzero(changed).astype(np.int64, copy=False)


def repeated(numbers: list[int], starts: Ints, height: int) -> Ints:
    """The number of each run for each of its rows, `[height]`."""
    return np.repeat(np.array(numbers, dtype=np.int64), np.diff(np.append(starts, height)))
