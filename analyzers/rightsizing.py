"""What is far too large: how much of a limit could be given back, with head-room, without ever cutting a peak."""

from __future__ import annotations

import numpy as np

from analyzers.exhaustion.contract import Flags, Floats
from domain.times import DAY

ROOM = 1.25  # what is kept, over what was ever reached
LARGE = 0.5  # of the limit: peaks that stay below this share of it call it too large
RARE = 0.01  # share of the samples that may be above: the 99th percentile counts
LEAST = 0.1  # of the limit: less than this is not worth giving back
LEAST_DAYS = 7.0  # a week must have been seen: its busiest day decides


def oversized_by(values: Floats, limit: Floats, step_seconds: float, growing: Flags) -> Floats:
    """How much of each limit could be given back, `[n_series]`, in the unit of the value; NaN: nothing.

    A limit is too large when the 99th percentile of what was seen lies below half of it, over the whole window. What is
    kept is a quarter more than the highest value that was seen at all: start-up peaks are peaks (krr#110, #379), and
    what is cut below them fails at the next start.

    Parameters
    ----------
    values : `[n_series, n_steps]`, as they were seen, wrong samples and all (they can only make the answer smaller);
        NaN where nothing was seen.
    limit : `[n_series]`, at the end.
    step_seconds : between samples; less than a week of samples gives NaN.
    growing : `[n_series]`, true where the limit may be reached: nothing is given back there.
    """
    count = np.count_nonzero(np.isfinite(values), axis=1)
    highest = np.nan_to_num(np.fmax.reduce(values, axis=1), nan=np.inf)
    above = np.count_nonzero(values >= LARGE * limit[:, None], axis=1)
    wanted = np.isfinite(limit) & (limit > 0) & (count * step_seconds >= LEAST_DAYS * DAY) & ~growing
    wanted &= np.isfinite(highest)
    surplus = np.where(wanted, limit - ROOM * np.where(wanted, np.maximum(highest, 0.0), 0.0), np.nan)
    wanted &= (above <= RARE * count) & (np.nan_to_num(surplus) >= LEAST * np.abs(limit))
    return np.where(wanted, surplus, np.nan)
