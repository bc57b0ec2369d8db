"""Seasonal profiles: the median of the last cycles at each step of the season, alone or around a level.

Source: the seasonal means of classical decomposition (Hyndman and Athanasopoulos, section 3.4), with medians in their
place so that bursts leave them alone.
"""

from __future__ import annotations

import numpy as np

from analyzers.forecasting.cycles import cycles_before, levels_before, repeat
from analyzers.forecasting.history import History, Working
from analyzers.forecasting.medians import nan_median
from analyzers.forecasting.origins import Origins


def seasonal_profile(history: History, origins: Origins, *, period: int, cycles: int, around: int = 0) -> Working:
    """The median of the last `cycles` cycles, `[n_origins, horizon, n_series]`; NaN where none is whole.

    `around`: how many neighbouring steps on either side count as the same time of the season.
    """
    profile = nan_median(cycles_before(history, origins, period, cycles, around=around), 0)
    return _where_whole(history, origins, period, repeat(profile, origins.horizon))


def level_profile(history: History, origins: Origins, *, period: int, cycles: int) -> Working:
    """The profile of the deviations from each cycle's own median, around the last cycle's median."""
    level = levels_before(history, origins, period, cycles)
    past = cycles_before(history, origins, period, cycles)
    past -= level[:, :, None]
    profile = nan_median(past, 0) + level[0][:, None]
    return _where_whole(history, origins, period, repeat(profile, origins.horizon))


def _where_whole(history: History, origins: Origins, period: int, future: Working) -> Working:
    whole = history.known(origins.backs) >= period
    return np.where(whole[:, None], future, np.nan)
