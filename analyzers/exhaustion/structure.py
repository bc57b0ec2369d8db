"""What the series of a chunk are made of, found out before their limits are asked about."""

from __future__ import annotations

from dataclasses import dataclass

from analyzers.exhaustion.backtest import Backtest, backtest
from analyzers.exhaustion.contract import CapacityParameters, Floats
from analyzers.exhaustion.cycles import Cycles, cycles, no_weeks
from analyzers.exhaustion.envelope import Envelope, envelope
from analyzers.exhaustion.jumps import jumps, without_lone_step
from analyzers.exhaustion.lastlines import LastLines, last_lines
from analyzers.exhaustion.months import Months, months
from analyzers.exhaustion.pressure import Pressure, pressure
from analyzers.exhaustion.saturation import Saturation, saturation


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
    monthly: Months


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
    )
