"""Makes the demo's history: 30 days of an enterprise's metrics, exactly as their exporters name them.

The same `as_of` and seed give the same numbers. `python -m forewarn.demo` writes the bundled files anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from domain.times import utc
from forewarn.demo.cluster import add_cluster
from forewarn.demo.fleet import add_hosts
from forewarn.demo.network import add_network
from forewarn.demo.services import add_services
from forewarn.demo.timeline import DemoSeries, Planted, Timeline
from forewarn.demo.truth import plant_truth

SEED = 20_261_122
BUNDLED_AS_OF = datetime(2026, 11, 22, tzinfo=UTC)

__all__ = ["BUNDLED_AS_OF", "SEED", "DemoHistory", "DemoSeries", "Planted", "generate"]


@dataclass(frozen=True, slots=True, eq=False)
class DemoHistory:
    """All series up to `as_of`, sorted by their labels, and the truth about what comes after it."""

    as_of: datetime
    series: tuple[DemoSeries, ...]
    planted: tuple[Planted, ...]

    @property
    def samples(self) -> int:
        """How many samples there are in all."""
        return sum(len(one.times) for one in self.series)


def generate(as_of: datetime, seed: int = SEED, *, days_after: float = 0.0) -> DemoHistory:
    """The history of the 30 days before `as_of`; with `days_after` (up to 95) also what comes after it.

    Raises `ValueError` for an `as_of` without time zone.
    """
    line = Timeline(float(int(utc(as_of).timestamp())), seed)
    add_hosts(line)
    add_cluster(line)
    add_network(line)
    add_services(line)
    plant_truth(line)
    return DemoHistory(as_of, tuple(line.until(line.at(days_after))), tuple(line.planted))
