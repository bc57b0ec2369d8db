"""What comes back every week, stronger or weaker each time: a backlog of working days that doubles from week to week.

The week that is taken out of the history (`season.py`) may grow by as much each time, and not by a share of itself; and
no line follows what begins again at nothing every Monday. So days are held against those seven days before them.
"""

from __future__ import annotations

import numpy as np

from analyzers.exhaustion.arrays import nan_median
from analyzers.exhaustion.contract import Floats
from analyzers.exhaustion.recurring import Recurring, as_it_was, daily_peaks, nothing_recurs, rounding_of

WEEK = 7  # days
LEAST_DAYS = 14  # that have a day a week before them: three weeks
LOOKED_DAYS = 35  # how far back: how strong it has become is what it has become lately
WHOLE = 0.6  # of the variance about a line, that the week before must foretell
STRONGER = (0.6, 2.5)  # how much weaker or stronger a week may be than the one before
WANDERS = 0.05  # of what stands out: how far off that may be, a week


def weeks(top: Floats, per_day: float) -> Recurring:
    """The week of `top[n_series, n_quarters]`, the highest of each day with its week, as strong as it has become."""
    peaks, since = daily_peaks(top, per_day)
    if peaks.shape[1] < WEEK + LEAST_DAYS:
        return nothing_recurs(np.nan_to_num(peaks[:, -1:]), WEEK)
    known = np.where(since, peaks, np.nan)[:, -LOOKED_DAYS:]
    now, before = known[:, WEEK:], known[:, :-WEEK]
    both = ~np.isnan(now + before)
    held = as_it_was(np.where(both, now, np.nan), np.where(both, before, np.nan), STRONGER)
    found = (np.count_nonzero(both, axis=1) >= LEAST_DAYS) & (held.agrees > WHOLE)
    zero = np.zeros(top.shape[0])
    return Recurring(
        found=found,
        agrees=np.where(found, held.agrees, 0.0),
        lag=np.full(top.shape[0], WEEK, dtype=np.intp),
        stronger=np.where(found, held.stronger, 1.0),
        more=np.where(found, held.more, 0.0),
        middle=np.nan_to_num(nan_median(known[:, -2 * WEEK :])),
        past=np.nan_to_num(peaks[:, -WEEK:]),
        level=zero,
        slope=zero,
        error=np.nan_to_num(held.error) + rounding_of(top),
        wanders=np.full(top.shape[0], WANDERS),
    )
