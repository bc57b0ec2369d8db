"""The experts that are no models, in their order. A new one is added here and in a file of its own."""

from __future__ import annotations

from typing import NamedTuple

from analyzers.exhaustion.backtest import Backtest
from analyzers.exhaustion.compound import Compound, compound
from analyzers.exhaustion.contract import Flags, Floats
from analyzers.exhaustion.cyclepaths import CyclePaths
from analyzers.exhaustion.cycles import cycles, no_weeks
from analyzers.exhaustion.envelope import Envelope
from analyzers.exhaustion.expert import Drawn, Expert
from analyzers.exhaustion.jumps import without_lone_step
from analyzers.exhaustion.lastlines import LastLines, last_lines
from analyzers.exhaustion.never import Never, never
from analyzers.exhaustion.pieces import Pieces
from analyzers.exhaustion.recurrences import Recurrences, recurrences
from analyzers.exhaustion.saturation import Saturation, saturation
from analyzers.exhaustion.speeding import Speeding, speeding


class Experts(NamedTuple):
    """What each of them has found in a batch."""

    lines: LastLines
    pieces: Pieces
    cyclic: CyclePaths
    curves: Saturation
    recurring: Recurrences
    compounding: Compound
    speeding: Speeding
    never: Never  # the last

    @property
    def every(self) -> tuple[Expert, ...]:
        """All of them."""
        return self

    @property
    def drawn(self) -> tuple[Drawn, ...]:
        """All but the lines, whose errors ahead are told as those of models are, and "never"."""
        return self[1:-1]


DRAWN = (
    *Pieces.NAMES,
    *CyclePaths.NAMES,
    *Saturation.NAMES,
    *Recurrences.NAMES,
    *Compound.NAMES,
    *Speeding.NAMES,
)  # names, in the same order
NAMES = (*LastLines.NAMES, *DRAWN, *Never.NAMES)
SILENT = ("never", "line of the lows")  # these tell of the end alone, and not of what comes before it


def experts(seen: Envelope, jump: Floats, tested: Backtest, positive: Flags) -> Experts:
    """The experts of a batch. `jump` are the jumps of `seen.top`, of the same shape.

    `positive[n_series]`: the zero of a series' values is nothing at all.
    """
    return Experts(
        lines=last_lines(seen, jump),
        pieces=Pieces(without_lone_step(seen.top, jump), seen.per_day),
        cyclic=CyclePaths(no_weeks(cycles(seen.bins, seen.bins_per_day), seen.week.found)),
        curves=saturation(seen.top, seen.per_day),
        recurring=recurrences(seen),
        compounding=compound(seen, positive),
        speeding=speeding(seen.top, seen.per_day),
        never=never(tested),
    )
