"""Seasonal naive: it will be as it was one season ago. The method that every other has to beat.

Source: Hyndman and Athanasopoulos, Forecasting: Principles and Practice, section 5.2.
"""

from __future__ import annotations

from analyzers.forecasting.cycles import cycles_before, repeat
from analyzers.forecasting.history import History, Working
from analyzers.forecasting.origins import Origins


def seasonal_naive(history: History, origins: Origins, *, period: int) -> Working:
    """The last `period` steps before each origin, repeated: `[n_origins, horizon, n_series]`, NaN where not known.

    A period of 1 repeats the last value.
    """
    return repeat(cycles_before(history, origins, period, 1)[0], origins.horizon)
