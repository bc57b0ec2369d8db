"""A level without season or trend: the median of the last steps. Hard to beat where all else is bursts and noise.

Source: Brown (1959) for local levels; the median in place of the mean holds against bursts (Huber, 1981, section 1.3).
"""

from __future__ import annotations

import numpy as np

from analyzers.forecasting.cycles import levels_before
from analyzers.forecasting.history import History, Working
from analyzers.forecasting.origins import Origins

LEAST_SHARE = 0.5  # of the steps that have to be known


def local_level(history: History, origins: Origins, *, steps: int) -> Working:
    """The median of the last `steps` steps before each origin, `[n_origins, horizon, n_series]`.

    Where that is many seasons, the median of the seasons' medians.
    """
    level = levels_before(history, origins, steps, 1)[0]
    enough = history.known(origins.backs) >= LEAST_SHARE * steps
    return np.repeat(np.where(enough, level, np.nan)[:, None], origins.horizon, axis=1)
