"""Histories with a known end: a shape, measured as it is in the field, with noise, gaps, wrong samples and quotas."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from benchmarks.exhaustion.parts import HORIZON, Floats, Rng, wander
from benchmarks.exhaustion.shapes import FAMILIES, SHAPES
from domain.watch import Direction, Measure

DAY = 86400
START = 1_750_000_000 // DAY * DAY
YOUNG = 0.15  # share of histories that are shorter than a month
DIRTY = 0.08  # share of all histories that have gaps, and of those that have wrong samples
MEASURED = ("gaps", "outliers", "quota", "counter")  # kinds that are about how it is measured, not about the shape
KINDS = (*SHAPES, *MEASURED)
FAMILY_KINDS = {name: tuple(shapes) for name, shapes in FAMILIES.items()}
FAMILY_KINDS["field"] += MEASURED


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """One series with its truth: `values` and `limits` at `start`, `start + step`, ...; NaN where nothing was seen."""

    name: str
    kind: str
    step: int
    start: int
    values: Floats
    limits: Floats
    direction: Direction
    measure: Measure
    future: Floats  # noise-free, in the same terms as the values
    days: float | None  # until it is exhausted; None: not within 60 days

    @property
    def now(self) -> int:
        """The instant of the last sample."""
        return self.start + (self.values.size - 1) * self.step


def generate(seed: int, per_kind: int, kinds: tuple[str, ...] = KINDS) -> Iterator[History]:
    """`per_kind` histories of every kind; the same for the same seed."""
    for kind in kinds:
        rng = np.random.default_rng([seed, zlib.crc32(kind.encode())])
        for i in range(per_kind):
            yield _history(rng, kind, f"{kind}-{seed}-{i}")


def _history(rng: Rng, kind: str, name: str) -> History:
    """One history whose usage has not reached its limit so far."""
    step = int(rng.choice([3600, 3600, 3600, 900, 300]))
    days = int(rng.integers(30, 91)) if step == 3600 else int(rng.integers(30, 44)) if step == 900 else 30
    if rng.uniform() < YOUNG:
        days = int(rng.integers(8, 30))
    shape = SHAPES[
        str(rng.choice(["linear", "wandering", "rough_day", "seasonal_growth", "plateau"]))
        if kind in MEASURED
        else kind
    ]
    t = np.arange(-days * DAY // step + 1, HORIZON * DAY // step + 1) * step / DAY
    past = t <= 0
    while True:
        usage = np.maximum(shape(rng, t), 0.0)
        if usage[past].max() < 0.998:
            break
    return _measure(rng, kind, name, step, t, usage)


def _measure(rng: Rng, kind: str, name: str, step: int, t: Floats, usage: Floats) -> History:
    """The usage as it is seen: capacity, direction, noise, gaps, wrong samples, quota, counter."""
    past = t <= 0
    capacity = float(rng.choice([100.0, 1000.0, 6553600.0, 50 * 2.0**30, 500 * 2.0**30]))
    reached = np.flatnonzero(usage[~past] >= 1)
    seen = usage[past] + _noise(rng, kind, t[past], usage[past])
    if kind == "outliers" or (kind != "counter" and rng.uniform() < DIRTY):
        wrong = rng.uniform(size=seen.size) < rng.choice([0.003, 0.01, 0.02])
        seen[wrong] = rng.choice([0.0, 0.0, 1.1, 1.5], wrong.sum()) * rng.uniform(0.7, 1.0, wrong.sum())
    limits = np.full(seen.size, 1.0)
    if kind == "quota":
        at = int(rng.uniform(0.2, 0.97) * seen.size)
        limits[:at] = rng.uniform(0.6, 1.4)
    down = kind != "counter" and capacity > 1e10 and rng.uniform() < 0.6
    values, future = seen * capacity, usage[~past] * capacity
    limits = limits * capacity
    if down:
        values, future, limits = limits - values, capacity - future, np.zeros(seen.size)
    if kind == "counter":
        values_so_far = float(usage[past].max()) * capacity
        values = _counter(rng, usage[past], seen, capacity)
        future = np.maximum.accumulate(np.maximum(future, values_so_far)) - usage[0] * capacity
        limits = limits - usage[0] * capacity
    values = np.where(_lost(rng, kind, step, seen.size), np.nan, values)
    return History(
        name=name,
        kind=kind,
        step=step,
        start=START,
        values=values,
        limits=limits,
        direction=Direction.DOWN if down else Direction.UP,
        measure=Measure.COUNTER if kind == "counter" else Measure.GAUGE,
        future=future,
        days=float(t[~past][reached[0]]) if reached.size else None,
    )


def _noise(rng: Rng, kind: str, t: Floats, usage: Floats) -> Floats:
    """White noise and a little that lasts for hours, as shares of the capacity."""
    sd = float(np.exp(rng.uniform(np.log(0.0005), np.log(0.012))))
    if kind == "heavy_noise":
        sd = rng.uniform(0.03, 0.12)
    if kind == "near_constant":
        sd = 0.0 if rng.uniform() < 0.3 else 0.0005
    if kind == "counter":
        sd = 0.0
    white = rng.normal(0, sd, usage.size)
    return white + (wander(rng, t, sd, rng.uniform(0.1, 0.6)) if rng.uniform() < 0.5 else 0.0)


def _counter(rng: Rng, usage: Floats, seen: Floats, capacity: float) -> Floats:
    """A counter that grew by the usage, and began anew at some restarts."""
    total = np.maximum.accumulate(seen) - usage[0]
    values: Floats = total * capacity + rng.uniform(0, 2) * capacity
    for share in np.sort(rng.uniform(0.05, 0.98, int(rng.integers(0, 4)))):
        at = int(share * values.size)
        values[at:] -= values[at - 1]
    return np.maximum(values, 0.0)


def _lost(rng: Rng, kind: str, step: int, size: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Samples that were not scraped: single ones, and for gaps whole hours and days."""
    lost = rng.uniform(size=size) < rng.choice([0.0, 0.005, 0.02])
    if kind == "gaps" or rng.uniform() < DIRTY:
        for _ in range(int(rng.integers(1, 6))):
            length = int(np.exp(rng.uniform(np.log(0.1), np.log(6))) * DAY / step)
            begin = int(rng.uniform(0, 1) * size)
            lost[begin : begin + length] = True
    lost[[0, -1]] = False
    result: np.ndarray[tuple[int], np.dtype[np.bool_]] = lost
    return result
