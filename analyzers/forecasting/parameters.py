"""What goes into a forecast and what comes out of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from domain.series import SeriesStatus

MOST_PERIODS = 7  # each brings three methods, and no more than 32 of those are combined


@dataclass(frozen=True, slots=True)
class ForecastParameters:
    """How far to look, on what grid, and what is known beforehand.

    `lower` and `upper` are what the value can physically not pass; None lets a series that was never negative
    stay so. `periods` are seasons in steps, at most `MOST_PERIODS`; None finds them in the data, and takes none of
    which fewer than three cycles were seen. Where the time is a mere count of steps, `step_seconds` is 1 and means
    nothing.
    """

    horizon: int
    step_seconds: float
    quantiles: tuple[float, ...] = (0.1, 0.5, 0.9)
    lower: float | None = None
    upper: float | None = None
    periods: tuple[int, ...] | None = None
    timezone: str | None = None  # IANA name: seasons keep their hour there over both clock changes
    special_days: frozenset[date] = frozenset()  # local days that may not be like their weekday

    def __post_init__(self) -> None:
        """Refuse what can't be computed, before any work."""
        if self.horizon < 1:
            raise ValueError(f"the horizon is {self.horizon} steps: it must be at least 1")
        if not np.isfinite(self.step_seconds) or self.step_seconds <= 0:
            raise ValueError(f"the step is {self.step_seconds} s: it must be positive")
        if not self.quantiles or any(not 0 < q < 1 for q in self.quantiles):
            raise ValueError(f"the quantiles are {self.quantiles}: each must lie between 0 and 1")
        if any(b <= a for a, b in zip(self.quantiles, self.quantiles[1:], strict=False)):
            raise ValueError(f"the quantiles are {self.quantiles}: they must rise")
        if self.lower is not None and self.upper is not None and self.lower >= self.upper:
            raise ValueError(f"the lower bound {self.lower} is not below the upper bound {self.upper}")
        if self.periods is not None and any(period < 2 for period in self.periods):
            raise ValueError(f"the periods are {self.periods}: a season has at least 2 steps")
        if self.periods is not None and len(set(self.periods)) > MOST_PERIODS:
            raise ValueError(f"the periods are {self.periods}: give the {MOST_PERIODS} seasons that matter most")


@dataclass(frozen=True, slots=True, eq=False)
class ForecastBatch:
    """The future of every series of a batch.

    `values[n_series, n_quantiles, horizon]` rises with the quantile and stays within the bounds; it and `mean`
    (`[n_series, horizon]`: the centre of the combined methods) are NaN where nothing can be said (`status` is
    neither ok nor constant; `reason` says why). `method` names what was chosen or combined;
    `backtest_score[n_series]` is its error on held-back history over that of the seasonal naive method (1 = as
    good; NaN = not known); `periods` are the seasons that were accepted, in steps.
    """

    quantiles: tuple[float, ...]
    values: NDArray[np.float64]
    mean: NDArray[np.float64]
    status: tuple[SeriesStatus, ...]
    reason: tuple[str, ...]
    method: tuple[str, ...]
    backtest_score: NDArray[np.float64]
    periods: tuple[tuple[int, ...], ...]
