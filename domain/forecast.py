"""Forecasts and exhaustions: what an analysis says of the future of one series."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.series import SeriesStatus


@dataclass(frozen=True, slots=True)
class Forecast:
    """Quantiles of the future of one series, one tuple per quantile, all of the same length as `times`."""

    times: tuple[datetime, ...]
    quantiles: tuple[float, ...]  # rising: (0.1, 0.5, 0.9)
    values: tuple[tuple[float, ...], ...]  # values[quantile][time], in the watch's unit


@dataclass(frozen=True, slots=True)
class Exhaustion:
    """When one series crosses its limit, as a distribution.

    A quantile that is None is an answer: with that probability it does not cross within the horizon. Where it most
    likely does, `p10` and `p90` are the ends of the interval that holds the date 8 times in 10 when it does.
    """

    status: SeriesStatus
    p10: datetime | None = None
    p50: datetime | None = None
    p90: datetime | None = None
    # (days, probability that it has crossed by then), days rising; none beyond the horizon: nothing is known of these
    within: tuple[tuple[int, float], ...] = ()
    within_lead_time: float = 0.0  # probability that it crosses before it can be fixed
    exhausted: bool = False  # the limit is reached already, at as_of
    reason: str = ""  # why nothing can be said, in words, when the status is not ok

    def probability(self, days: int) -> float | None:
        """The probability that the limit is crossed within so many days; None where that is not known."""
        return dict(self.within).get(days)
