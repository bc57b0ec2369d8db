"""What can be found out about a chunk of series before their limits are asked about: structure, models, weights."""

from __future__ import annotations

from dataclasses import dataclass

from analyzers.exhaustion.backtest import Backtest, backtest
from analyzers.exhaustion.contract import CapacityParameters, Floats
from analyzers.exhaustion.cycles import Cycles, cycles, no_weeks
from analyzers.exhaustion.envelope import Envelope, envelope
from analyzers.exhaustion.features import Features, features
from analyzers.exhaustion.jumps import jumps, without_lone_step
from analyzers.exhaustion.lastlines import LastLines, last_lines
from analyzers.exhaustion.months import Months, months
from analyzers.exhaustion.pressure import Pressure, pressure
from analyzers.exhaustion.saturation import Saturation, saturation
from analyzers.exhaustion.weights import fitted_gates


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

    def features(self) -> Features:
        """What the weights are told from."""
        return features(self.seen, self.jump, self.tested, self.lines, self.cyclic, self.curves, self.monthly)


@dataclass(frozen=True, slots=True, eq=False)
class View(Structure):
    """What was found out about the series of a chunk that can be analysed."""

    weight: Floats  # [n_series, n_experts]
    factor: Floats  # [n_series, n_factors]: how likely errors ahead are so many times those of the past


def look(step: float, values: Floats, limits: Floats, parameters: CapacityParameters) -> View:
    """Clean a batch, find its structure, test the models on its past, and weigh them."""
    found = structure(step, values, limits, parameters)
    weight, factor = fitted_gates().weights(found.features())
    return View(
        found.turned,
        found.seen,
        found.jump,
        found.past,
        found.tested,
        found.lines,
        found.cyclic,
        found.curves,
        found.monthly,
        weight=weight,
        factor=factor,
    )


def structure(step: float, values: Floats, limits: Floats, parameters: CapacityParameters) -> Structure:
    """All of a view but the weights."""
    turned = pressure(step, values, limits, parameters)
    seen = envelope(turned.values, turned.bin_seconds)
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
