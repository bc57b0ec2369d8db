"""What can be found out about a chunk of series before their limits are asked about: structure, models, weights."""

from __future__ import annotations

from dataclasses import dataclass

from analyzers.exhaustion.backtest import Backtest, backtest
from analyzers.exhaustion.breaks import Segment, last_segment
from analyzers.exhaustion.contract import CapacityParameters, Floats
from analyzers.exhaustion.cycles import Cycles, cycles
from analyzers.exhaustion.envelope import Envelope, envelope
from analyzers.exhaustion.jumps import jumps, without_jumps
from analyzers.exhaustion.pressure import Pressure, pressure
from analyzers.exhaustion.weights import features, weights


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """What was found out about the series of a chunk that can be analysed."""

    turned: Pressure
    seen: Envelope
    jump: Floats
    tested: Backtest
    segment: Segment
    cyclic: Cycles
    weight: Floats  # [n_series, n_experts]
    factor: Floats  # [n_series, n_factors]: how likely errors ahead are so many times those of the past


def look(step: float, values: Floats, limits: Floats, parameters: CapacityParameters) -> View:
    """Clean a batch, find its structure, test the models on its past, and weigh them."""
    turned = pressure(step, values, limits, parameters)
    seen = envelope(turned.values, turned.bin_seconds)
    jump = jumps(seen.top)
    tested = backtest(seen.top, jump, seen.per_day)
    cyclic = cycles(seen.bins, seen.bins_per_day)
    segment = last_segment(without_jumps(seen.top, jump), seen.per_day)
    weight, factor = weights(features(seen, jump, tested, segment, cyclic))
    return View(turned, seen, jump, tested, segment, cyclic, weight, factor)
