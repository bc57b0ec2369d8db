"""What the series of a chunk are made of, found out before their limits are asked about."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analyzers.exhaustion.backtest import Backtest, backtest
from analyzers.exhaustion.contract import CapacityParameters, Floats
from analyzers.exhaustion.cycles import Cycles, cycles, no_weeks
from analyzers.exhaustion.envelope import Envelope, envelope
from analyzers.exhaustion.jumps import jumps, without_lone_step
from analyzers.exhaustion.lastlines import LastLines, last_lines
from analyzers.exhaustion.months import months
from analyzers.exhaustion.pressure import Pressure, pressure
from analyzers.exhaustion.recurring import Recurring
from analyzers.exhaustion.saturation import Saturation, saturation
from analyzers.exhaustion.weeks import weeks


@dataclass(frozen=True, slots=True, eq=False)
class Structure:
    """What the series of a chunk are made of."""

    turned: Pressure
    seen: Envelope
    jump: Floats
    past: Floats  # what pieces are drawn of: `seen.top` without what happened once
    tested: Backtest
    lines: LastLines
    cyclic: Cycles
    curves: Saturation
    monthly: Recurring
    weekly: Recurring  # of the days' peaks as they were seen, their week among them

    def week_before(self, days: Floats) -> tuple[Floats, Floats]:
        """Where the week before leads, day and week apart, and how far off that may be, `[n_series, n_days]` each."""
        ahead, off = self.weekly.ahead(days)
        return ahead - self.seen.of_day(days), off

    def crossed_as_a_week_ago(self, days: Floats) -> Floats:
        """The probability that the limit is crossed by each day if the weeks go on, `[n_series, n_days]`.

        When a day's peak comes is not told by its height: it may be at any time of the day.
        """
        limit = np.broadcast_to(self.turned.limit[:, None], (self.turned.limit.size, days.size))
        begun, part = np.floor(days), days % 1.0
        before = np.where(begun > 0, self.weekly.crossed(limit, np.maximum(begun, 1.0)), 0.0)
        return np.asarray((1 - part) * before + part * self.weekly.crossed(limit, begun + 1), dtype=np.float64)


def structure(step: float, values: Floats, limits: Floats, parameters: CapacityParameters) -> Structure:
    """Clean a batch, find what it is made of, and test the models on its past."""
    turned = pressure(step, values, limits, parameters)
    seen = envelope(turned.values, turned.bin_seconds, turned.noise)
    jump = jumps(seen.top)
    return Structure(
        turned=turned,
        seen=seen,
        jump=jump,
        past=without_lone_step(seen.top, jump),
        tested=backtest(seen.top, jump, seen.per_day),
        lines=last_lines(seen, jump),
        cyclic=no_weeks(cycles(seen.bins, seen.bins_per_day), seen.week.found),
        curves=saturation(seen.top, seen.per_day),
        monthly=months(seen.top, seen.per_day),
        weekly=weeks(seen.top + seen.week.past, seen.per_day),
    )
