"""What is far too large: how much of a limit could be given back, with head-room, without ever cutting a peak."""

from __future__ import annotations

import numpy as np

from analyzers.exhaustion.arrays import fill_forward, last_seen
from analyzers.exhaustion.contract import Flags, Floats
from domain.times import DAY

ROOM = 1.25  # what is kept, over what was ever reached
LARGE = 0.5  # of the limit: peaks that stay below this share of it call it too large
RARE = 0.01  # share of the samples that may be above: the 99th percentile counts
LEAST = 0.1  # of the limit: less than this is not worth giving back
LEAST_DAYS = 7.0  # a week must have been seen: its busiest day decides


def oversized_by(values: Floats, limits: Floats, step_seconds: float, ahead: Floats, growing: Flags) -> Floats:
    """How much of each limit could be given back, `[n_series]`, in the unit of the value; NaN: nothing.

    A limit is too large when the 99th percentile of what was seen lies below half of it, over the whole window: also of
    what it was before it was raised. What is kept is a quarter more than the highest value that was seen at all, or is
    to come: start-up peaks are peaks (krr#110, #379), and what is cut below them fails at the next start.

    Parameters
    ----------
    values : `[n_series, n_steps]`, as they were seen, wrong samples and all (they can only make the answer smaller);
        NaN where nothing was seen.
    limits : `[n_series, n_steps]`, NaN where nothing new is said; of the last one something is given back.
    step_seconds : between samples; less than a week of samples gives NaN.
    ahead : `[n_series]`, the highest value that is to come within the horizon; NaN where that is not known.
    growing : `[n_series]`, true where the limit may be reached: nothing is given back there.
    """
    limit, known = last_seen(limits), fill_forward(limits)
    count = np.count_nonzero(np.isfinite(values), axis=1)
    highest = np.nan_to_num(np.fmax(np.fmax.reduce(values, axis=1), ahead), nan=np.inf)
    smaller = np.where(known > 0, np.fmin(known, limit[:, None]), limit[:, None])
    above = np.count_nonzero(values >= LARGE * smaller, axis=1)
    wanted = np.isfinite(limit) & (limit > 0) & (count * step_seconds >= LEAST_DAYS * DAY) & ~growing
    wanted &= np.isfinite(highest)
    surplus = np.where(wanted, limit - ROOM * np.where(wanted, np.maximum(highest, 0.0), 0.0), np.nan)
    wanted &= (above <= RARE * count) & (np.nan_to_num(surplus) >= LEAST * np.abs(limit))
    return np.where(wanted, surplus, np.nan)
