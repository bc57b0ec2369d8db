"""That a limit is never crossed: something that is not seen in the history keeps the series below it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from analyzers.exhaustion.backtest import Backtest
from analyzers.exhaustion.contract import Flags, Floats
from analyzers.exhaustion.models import NAMES as MODELS

SETTLED = 2  # the horizon of the backtest whose error says how far what stays below its limit moves


@dataclass(frozen=True, slots=True, eq=False)
class Never:
    """Series that stay where they are: `level` and `off`, how far they move about it, `[n_series]` each."""

    NAMES: ClassVar[tuple[str, ...]] = ("never",)

    level: Floats
    off: Floats

    def usable(self, _exact: Flags, clear: Flags, /) -> Flags:
        """Not where growth is foretold so well that it is not talked away, `[n_series, 1]`."""
        return ~clear[:, None]

    def ahead(self, days: Floats) -> tuple[Floats, Floats]:
        """Where they are, and how far they move, `[n_series, 1, n_days]` each."""
        level, off = (np.repeat(each[:, None, None], days.size, axis=2) for each in (self.level, self.off))
        return level, off

    def pace(self) -> Floats:
        """Nothing, `[n_series, 1]`: it tells of the end alone."""
        return np.zeros((self.level.size, 1))


def never(tested: Backtest) -> Never:
    """Series that stay at their last value, as far as that was seen in the past."""
    last = MODELS.index("last")
    return Never(tested.now.level[:, last, 0], tested.end_spread[:, last, SETTLED])
