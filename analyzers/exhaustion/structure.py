"""What the series of a chunk are made of, found out before their limits are asked about."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analyzers.exhaustion.backtest import Backtest, backtest
from analyzers.exhaustion.contract import CapacityParameters, Floats
from analyzers.exhaustion.envelope import Envelope, envelope
from analyzers.exhaustion.experts import Experts, experts
from analyzers.exhaustion.jumps import jumps
from analyzers.exhaustion.pressure import Pressure, pressure


@dataclass(frozen=True, slots=True, eq=False)
class Structure:
    """What the series of a chunk are made of."""

    turned: Pressure
    seen: Envelope
    jump: Floats
    tested: Backtest
    experts: Experts


def structure(step: float, values: Floats, limits: Floats, parameters: CapacityParameters) -> Structure:
    """Clean a batch, find what it is made of, and test the models on its past."""
    turned = pressure(step, values, limits, parameters)
    seen = envelope(turned.values, turned.bin_seconds, turned.noise)
    jump = jumps(seen.top)
    positive = np.fmin.reduce(turned.values, axis=1) >= 0
    tested = backtest(seen.top, jump, seen.per_day)
    return Structure(turned, seen, jump, tested, experts(seen, jump, tested, positive))
