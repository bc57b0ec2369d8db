"""What an evaluation needs to know beside the expression."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum

from sources.files.store import Ints, SampleStore


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
    lookback: int  # milliseconds for which a sample counts when no newer one came
    shortest_range: int  # milliseconds: a shorter range would hold too few samples and is widened to this
    dialect: Dialect = Dialect.PROMETHEUS_3
    infos: dict[str, None] = field(default_factory=dict)  # what was done differently, in words, in order

    @property
    def left_open(self) -> bool:
        """Whether a window leaves out the sample at its very beginning."""
        return self.dialect is Dialect.PROMETHEUS_3

    def at_steps(self, times: Ints) -> Context:
        """The same evaluation at other steps: a subquery's."""
        return replace(self, times=times)
