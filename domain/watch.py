"""Watches: one thing to look at, and the packs that bring ready-made ones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Direction(StrEnum):
    """Which way trouble lies: `up` runs out when the value reaches the limit from below, `down` from above."""

    UP = "up"
    DOWN = "down"


class Measure(StrEnum):
    """What the value is: a `gauge` (a level), or a `counter` whose increase since the first sample counts."""

    GAUGE = "gauge"
    COUNTER = "counter"


class Unit(StrEnum):
    """The unit of a watch's value and limit; reports write it for people."""

    BYTES = "bytes"
    BYTES_PER_SECOND = "bytes_per_second"
    BITS_PER_SECOND = "bits_per_second"
    PERCENT = "percent"  # 0 to 100
    RATIO = "ratio"  # 0 to 1
    SECONDS = "seconds"
    COUNT = "count"
    PER_SECOND = "per_second"
    CORES = "cores"
    CELSIUS = "celsius"
    TIMESTAMP = "timestamp"  # seconds since 1970, such as the end of a certificate


@dataclass(frozen=True, slots=True)
class LocalText:
    """One text in the languages that people read."""

    en: str
    zh_tw: str

    def in_language(self, language: str) -> str:
        """The text for a language tag; English for any but `zh-TW`."""
        return self.zh_tw if language.lower().replace("_", "-") == "zh-tw" else self.en


@dataclass(frozen=True, slots=True)
class Limit:
    """Where a watch's value must not get to: a constant, or a query whose series may change over time.

    A limit query's series is matched to the value's series by the watch's entity labels. Exactly one is given.
    """

    value: float | None = None
    query: str | None = None

    def __post_init__(self) -> None:
        """Refuse a limit that is neither or both."""
        if (self.value is None) == (self.query is None):
            raise ValueError("a limit is either a value or a query")


@dataclass(frozen=True, slots=True)
class Watch:
    """One thing to look at: a query, what it measures, its limit, its unit and its entity labels."""

    name: str  # unique within its pack: "filesystem-space"
    pack: str  # "node"
    title: LocalText  # "Filesystem space"
    query: str  # PromQL
    unit: Unit
    entity: tuple[str, ...]  # the labels that name what a finding is about
    advice: LocalText  # what to do about it, one sentence
    limit: Limit
    direction: Direction = Direction.UP
    measure: Measure = Measure.GAUGE
    horizon: timedelta = timedelta(days=30)  # how far ahead is looked
    lead_time: timedelta = timedelta(days=3)  # how long people need to fix it
    history: timedelta = timedelta(days=30)  # how far back is looked
    step: timedelta = timedelta(minutes=5)
    lower: float | None = 0.0  # the value can't be below this ...
    upper: float | None = None  # ... nor above this; None: no bound, or the limit itself where `capped`
    capped: bool = False  # the value can physically not pass its limit (a disk can't be over-full)
    minimum_history: timedelta = timedelta(days=3)  # younger series are "too_short"
    alerts: str | None = None  # a regular expression: names of alerts that tell the same, in part and in any case
    give_back: bool = False  # the limit is paid for and can be made smaller: tell what is far too large

    @property
    def key(self) -> str:
        """`pack/name`, unique among all watches."""
        return f"{self.pack}/{self.name}"


@dataclass(frozen=True, slots=True)
class Pack:
    """A file of ready-made watches for one kind of system."""

    name: str
    title: LocalText
    watches: tuple[Watch, ...]
    requires: str = ""  # the exporter or exporters that feed it, in words
