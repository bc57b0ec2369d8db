"""Where the past is forecast again: the origins of the rolling backtest.

Source: Tashman (2000), rolling-origin evaluation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analyzers.forecasting.history import History, Working

MOST_ORIGINS = 14
FITS = 3  # fits of the costly methods: one on everything, the others shared by neighbouring origins
LEAST_KNOWN = 8  # steps before an origin


@dataclass(frozen=True, slots=True, eq=False)
class Origins:
    """`backs[n_origins]`: how many steps before the end each origin lies; the first is 0, the real forecast.

    `knots[n_origins] >= backs`: what costly methods are fitted on ends so many steps before the end.
    """

    backs: NDArray[np.int64]
    knots: NDArray[np.int64]
    horizon: int

    @property
    def past(self) -> NDArray[np.int64]:
        """The backs of the origins whose future is known."""
        return self.backs[1:]

    def actual(self, history: History) -> Working:
        """What came after each past origin, `[n_origins - 1, horizon, n_series]`; NaN where it was not seen."""
        row = history.steps - self.past[:, None] + np.arange(self.horizon)
        return np.where(history.seen[row], history.values[row], np.nan)


def choose_origins(steps: int, horizon: int, periods: tuple[int, ...]) -> Origins:
    """Origins at the same place in the season as the end, as many as the history allows."""
    spacing = origin_spacing(horizon, periods)
    first = -(-horizon // spacing) * spacing
    count = min(MOST_ORIGINS, max((steps - LEAST_KNOWN - first) // spacing + 1, 0))
    past = first + spacing * np.arange(count)
    knots = past.copy()
    for start in range(0, MOST_ORIGINS, MOST_ORIGINS // (FITS - 1)):
        part = slice(start, start + MOST_ORIGINS // (FITS - 1))
        knots[part] = past[part].max(initial=0)
    return Origins(np.r_[0, past].astype(np.int64), np.r_[0, knots].astype(np.int64), horizon)


def origin_spacing(horizon: int, periods: tuple[int, ...]) -> int:
    """Steps between origins: a season where there is one, the longest that fits twice into the horizon."""
    if not periods:
        return max(horizon // 2, 1)
    return max((period for period in periods if 2 * period <= horizon), default=periods[0])
