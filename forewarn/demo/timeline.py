"""The demo's clock and recorder: every module of the demo describes its targets on one timeline."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from domain.labels import Labels
from domain.times import from_epoch
from forewarn.demo.shapes import DAY, Array

INTERVAL = timedelta(minutes=10)  # how often the demo's targets are scraped
HISTORY = timedelta(days=30)
FUTURE = timedelta(days=95)  # how far the truth is known: "healthy" means that nothing happens in it


@dataclass(frozen=True, slots=True, eq=False)
class DemoSeries:
    """One series: all its labels with `__name__`, and its samples; missing samples are absent."""

    labels: Labels
    times: NDArray[np.int64]  # seconds since 1970, rising
    values: Array


@dataclass(frozen=True, slots=True)
class Planted:
    """One entity that will run out, and when: what a good forecast must find."""

    watch: str  # Watch.key
    entity: Labels
    exhausts_at: datetime


@dataclass(slots=True, eq=False)
class Timeline:
    """The instants of the demo, from 30 days before `as_of` to the end of the known future."""

    as_of: float
    seed: int
    times: Array = field(init=False)
    levels: list[tuple[Labels, Array, NDArray[np.bool_]]] = field(default_factory=list)  # labels, truth, scraped?
    planted: list[Planted] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Lay out the instants; one of them is `as_of` itself."""
        step = INTERVAL.total_seconds()
        before = int(HISTORY / INTERVAL) - 1
        after = int(FUTURE / INTERVAL)
        self.times = self.as_of + step * np.arange(-before, after + 1, dtype=np.float64)

    @property
    def days(self) -> Array:
        """Days since `as_of`; negative in the past."""
        return (self.times - self.as_of) / DAY

    def at(self, days: float) -> float:
        """The moment so many days after `as_of`, in seconds since 1970."""
        return self.as_of + days * DAY

    def rng(self, *names: str) -> np.random.Generator:
        """Random numbers that depend on the seed and the names alone: a new series changes no other one."""
        return np.random.default_rng([self.seed, zlib.crc32("\0".join(names).encode())])

    def constant(self, value: float) -> Array:
        """One value all the time."""
        return np.full(len(self.times), value)

    def add(self, name: str, labels: dict[str, str], values: Array, *, seen: NDArray[np.bool_] | None = None) -> None:
        """Record one series; where `seen` is false there was no scrape."""
        keep = np.ones(len(self.times), dtype=bool) if seen is None else seen
        everything = Labels.of({"__name__": name, **labels})
        self.levels.append((everything, values, keep))

    def until(self, end: float) -> list[DemoSeries]:
        """What was scraped up to a moment, sorted by name and labels; a series without a sample is left out."""
        count = int(np.searchsorted(self.times, end, side="right"))
        times = self.times[:count].astype(np.int64)
        scraped = (
            DemoSeries(labels, times[keep[:count]], values[:count][keep[:count]])
            for labels, values, keep in self.levels
        )
        return sorted((one for one in scraped if len(one.times)), key=lambda one: one.labels.pairs)

    def find(self, name: str, labels: dict[str, str]) -> Array:
        """The values of the one series with these labels. Raises `LookupError` when there is not exactly one."""
        found = self._all(name, labels)
        if len(found) != 1:
            raise LookupError(f"{len(found)} series {name} have the labels {labels}: one is wanted")
        return found[0]

    def total(self, name: str, labels: dict[str, str]) -> Array:
        """The sum of all series with these labels."""
        total: Array = np.sum(self._all(name, labels), axis=0)
        return total

    def _all(self, name: str, labels: dict[str, str]) -> list[Array]:
        wanted = {"__name__": name, **labels}.items()
        return [values for labels, values, _ in self.levels if wanted <= dict(labels).items()]

    def plant(self, watch: str, entity: dict[str, str], exhausted: NDArray[np.bool_]) -> None:
        """Record the truth: the first instant after `as_of` at which the thing is exhausted."""
        future = exhausted & (self.times > self.as_of)
        if not future.any() or (exhausted & (self.times <= self.as_of)).any():
            raise ValueError(f"{watch} {Labels.of(entity)} is to run out after as_of and before the timeline ends")
        self.planted.append(Planted(watch, Labels.of(entity), from_epoch(float(self.times[np.argmax(future)]))))

    def outage(self, *spans: tuple[float, float]) -> NDArray[np.bool_]:
        """True where scrapes arrived: false within each span of days since `as_of`."""
        seen = np.ones(len(self.times), dtype=bool)
        for start, end in spans:
            seen &= (self.days < start) | (self.days >= end)
        return seen
