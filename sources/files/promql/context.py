"""What an evaluation needs to know beside the expression."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum

from sources.files.store import Ints, SampleStore

SHORTEST_LOOKBACK = 300_000  # milliseconds: Prometheus' default
INTERVALS = 2.5  # a sample counts for so many intervals, so that one that was missed leaves no gap


class Dialect(StrEnum):
    """Whose rules hold at the edges of time windows.

    Prometheus 3 leaves out a sample that lies exactly at the beginning of a window; Prometheus 2 takes it in.
    """

    PROMETHEUS_2 = "prometheus-2"
    PROMETHEUS_3 = "prometheus-3"


@dataclass(frozen=True, slots=True)
class Context:
    """The samples, the steps `times[n_steps]` (milliseconds since 1970) and the rules of one evaluation."""

    store: SampleStore
    times: Ints
    start: int  # of the whole query, for `@ start()`
    end: int
    lookback: int | None = (
        None  # milliseconds for which a sample counts when no newer one came; None: see `lookback_of`
    )
    widen: bool = True  # whether a range that is too short for its samples is widened
    dialect: Dialect = Dialect.PROMETHEUS_3
    infos: dict[str, None] = field(default_factory=dict)  # what was done differently, in words, in order

    def lookback_of(self, rows: Ints) -> int:
        """For how long a sample of these series counts, in milliseconds: 5 minutes, or 2.5 intervals if more."""
        if self.lookback is not None:
            return self.lookback
        return max(SHORTEST_LOOKBACK, round(INTERVALS * self.store.interval(rows) * 1_000))

    def range_of(self, rows: Ints, asked: int) -> int:
        """The length of a range of these series, in milliseconds: at least 2.5 intervals, to hold two samples."""
        interval = self.store.interval(rows)
        least = round(INTERVALS * interval * 1_000)
        if not self.widen or asked >= least:
            return asked
        taken = f"[{least / 1_000:g}s] was taken"
        self.infos[f"[{asked / 1_000:g}s] is too short for samples that are {interval:g} s apart: {taken}"] = None
        return least

    @property
    def left_open(self) -> bool:
        """Whether a window leaves out the sample at its very beginning."""
        return self.dialect is Dialect.PROMETHEUS_3

    def at_steps(self, times: Ints) -> Context:
        """The same evaluation at other steps: a subquery's."""
        return replace(self, times=times)
