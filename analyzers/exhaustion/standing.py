"""Whether anything can be said about a series, and if not, why."""

from __future__ import annotations

import numpy as np

from analyzers.exhaustion.arrays import last_seen
from analyzers.exhaustion.contract import CapacityParameters, Flags, Floats
from domain.series import SeriesStatus
from domain.times import DAY
from domain.watch import Direction

MINIMUM_SAMPLES = 8
MINIMUM_SHARE = 0.1  # of the steps between its first and its last sample
LEAST_SPAN = 0.3 * DAY  # seconds: of a shorter history nothing can be told
LONGEST_STEP = 14 * DAY  # seconds: from samples further apart nothing within weeks can be told
STALE_SECONDS = DAY
STALE_STEPS = 3

Standing = tuple[tuple[SeriesStatus, ...], tuple[str, ...], Flags]


def standing(times: Floats, values: Floats, limits: Floats, parameters: CapacityParameters) -> Standing:
    """The status of every series, its reason in words, and whether it is to be analysed (`ok` and `constant`).

    `values[n_series, n_steps]`, `limits[n_series, n_steps]`. Of the rules that hold the last one decides: what is
    emptier tells more.
    """
    seen = np.isfinite(values)
    count = seen.sum(axis=1)
    first = times[np.argmax(seen, axis=1)]
    last = times[values.shape[1] - 1 - np.argmax(seen[:, ::-1], axis=1)]
    step = float(times[1] - times[0]) if times.size > 1 else LEAST_SPAN
    limit = last_seen(limits)
    least_span = max(parameters.minimum_history_seconds, LEAST_SPAN)
    silent = times[-1] - last
    low, high = np.fmin.reduce(values, axis=1), np.fmax.reduce(values, axis=1)
    few = count < np.maximum(MINIMUM_SAMPLES, MINIMUM_SHARE * ((last - first) / step + 1))
    rules = (
        (SeriesStatus.CONSTANT, (low == high) & (count > 0)),
        (SeriesStatus.TOO_SPARSE, few | (step > LONGEST_STEP)),
        (SeriesStatus.TOO_SHORT, (last - first < least_span - step) | (count < 2)),
        (SeriesStatus.STALE, silent > max(STALE_SECONDS, STALE_STEPS * step)),
        (SeriesStatus.NO_LIMIT, ~np.isfinite(limit) | ((limit == 0) & (parameters.direction is Direction.UP))),
        (SeriesStatus.EMPTY, count == 0),
    )
    status = [SeriesStatus.OK] * values.shape[0]
    for state, holds in rules:
        for row in np.flatnonzero(holds):
            status[row] = state
    words = {
        SeriesStatus.EMPTY: "nothing was seen",
        SeriesStatus.NO_LIMIT: "its limit is missing, zero, infinite or not a number",
        SeriesStatus.TOO_SPARSE: "too few of its steps were seen",
        SeriesStatus.CONSTANT: "one value all the time",
    }
    if step > LONGEST_STEP:
        most = LONGEST_STEP / DAY
        words[SeriesStatus.TOO_SPARSE] = f"its samples are {step / DAY:.0f} days apart, at most {most:.0f} can be used"
    reasons = [words.get(state, "") for state in status]
    needed = least_span / DAY
    for i, state in enumerate(status):
        if state is SeriesStatus.STALE:
            reasons[i] = f"last seen {silent[i] / 3600:.0f} hours before the end"
        if state is SeriesStatus.TOO_SHORT:
            reasons[i] = f"seen for {(last[i] - first[i]) / DAY:.1f} days, {needed:.1f} are needed"
    able = np.array([state in (SeriesStatus.OK, SeriesStatus.CONSTANT) for state in status], dtype=np.bool_)
    return tuple(status), tuple(reasons), able
