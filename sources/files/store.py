"""Samples of many series in flat arrays: found by label, looked up by time, without a loop over series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

Metric = Mapping[str, str]  # all labels of a series, `__name__` among them; never changed
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Samples of `n_series` series, by series and then by time.

    `keys[n]` rises strictly: series number times `span`, plus milliseconds since `origin`. So one binary search
    finds the samples of any series at any time. `times[n]` is in milliseconds since 1970.
    """

    keys: Ints
    times: Ints
    values: Floats
    origin: int
    span: int

    @classmethod
    def of(cls, codes: Ints, times: Ints, values: Floats) -> Samples:
        """Samples from series numbers `codes[n]` (from 0), times and values that are sorted by both."""
        origin = int(times.min(initial=np.iinfo(np.int64).max)) if times.size else 0
        # One more than the widest distance, so that "just before the first" never meets the series before.
        span = int(times.max()) - origin + 2 if times.size else 2
        return cls(codes * span + (times - origin), times, values, origin, span)

    def position(self, rows: Ints, moments: Ints, *, including: bool) -> Ints:
        """How many samples of all come before each moment, `[n_rows, n_moments]`; at it as well where `including`."""
        relative = np.clip(moments - self.origin, -1, self.span - 1)
        wanted = rows[:, None] * self.span + relative[None, :]
        found = np.searchsorted(self.keys, wanted.ravel(), side="right" if including else "left")
        return found.reshape(wanted.shape).astype(np.int64, copy=False)

    def first(self, rows: Ints) -> Ints:
        """Where the samples of each series begin, `[n_rows]`."""
        return np.searchsorted(self.keys, rows * self.span).astype(np.int64, copy=False)


@dataclass(frozen=True, slots=True, eq=False)
class SampleStore:
    """All series of a file or folder.

    A NaN value says that the series was gone from then until its next sample (Prometheus' stale marker).
    """

    metrics: tuple[Metric, ...]
    every: Samples  # with the NaN samples
    solid: Samples  # without them: what range functions see
    intervals: Floats  # [n_series] seconds: the median distance of neighbouring samples of its metric; 0: none has any
    by_name: Mapping[str, Ints] = field(repr=False)  # series numbers by metric name
    repeated: int = 0  # samples that were there more than once, at the same time

    @classmethod
    def of(cls, metrics: Sequence[Metric], codes: Ints, times: Ints, values: Floats) -> SampleStore:
        """A store of samples in any order; of two samples of a series at one time the later row counts."""
        order = _order(codes, times)
        if order is not None:
            codes, times, values = codes[order], times[order], values[order]
        keep = np.ones(len(codes), dtype=bool)
        keep[:-1] = (codes[1:] != codes[:-1]) | (times[1:] != times[:-1])
        if not keep.all():
            codes, times, values = codes[keep], times[keep], values[keep]
        every = Samples.of(codes, times, values)
        gone = np.isnan(values)
        solid = every
        if gone.any():
            solid = Samples(every.keys[~gone], times[~gone], values[~gone], every.origin, every.span)
        by_name = _by_name(metrics)
        intervals = _intervals(len(metrics), by_name, codes, times)
        return cls(tuple(metrics), every, solid, intervals, by_name, int(np.count_nonzero(~keep)))

    def __len__(self) -> int:
        return len(self.metrics)

    def interval(self, rows: Ints | None = None) -> float:
        """How far apart samples are, in seconds: as a rule, or at most of some series; 0 where it can't be told."""
        if rows is None:
            known = self.intervals[self.intervals > 0]
            return float(np.median(known)) if known.size else 0.0
        return float(self.intervals[rows].max(initial=0.0))


def _order(codes: Ints, times: Ints) -> Ints | None:
    """The order by series and time; None where the samples are in it already."""
    same = codes[1:] == codes[:-1]
    if bool(np.all((codes[1:] > codes[:-1]) | (same & (times[1:] >= times[:-1])))):
        return None
    return np.lexsort((times, codes)).astype(np.int64, copy=False)


def _intervals(count: int, by_name: Mapping[str, Ints], codes: Ints, times: Ints) -> Floats:
    """By metric and not by series: one that was seen twice in a month does not tell how often it is scraped."""
    name_of = np.zeros(count, dtype=np.int64)
    for number, rows in enumerate(by_name.values()):
        name_of[rows] = number
    within = codes[1:] == codes[:-1]
    gaps = pl.DataFrame({"name": name_of[codes[1:][within]], "gap": np.diff(times)[within]})
    medians = gaps.group_by("name").agg(pl.col("gap").median())
    seconds = np.zeros(len(by_name))
    seconds[medians["name"].to_numpy()] = medians["gap"].to_numpy() / 1_000
    return seconds[name_of] if count else np.empty(0)


def _by_name(metrics: Sequence[Metric]) -> dict[str, Ints]:
    rows: dict[str, list[int]] = {}
    for row, metric in enumerate(metrics):
        rows.setdefault(metric.get("__name__", ""), []).append(row)
    return {name: np.array(members, dtype=np.int64) for name, members in rows.items()}
