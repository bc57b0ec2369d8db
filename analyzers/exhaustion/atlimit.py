"""Who stands at its limit already, and who was there so lately that nothing keeps it below."""

from __future__ import annotations

import numpy as np

from analyzers.exhaustion.arrays import last_seen
from analyzers.exhaustion.contract import Flags, Floats
from analyzers.exhaustion.crossing import student4
from analyzers.exhaustion.models import NAMES
from analyzers.exhaustion.pressure import Pressure
from analyzers.exhaustion.structure import Structure
from domain.times import DAY

THERE = 1e-3  # of its range: a series so little below its limit stands at it
NEARBY = 0.02  # of its range: one that was at its limit within the week has not left it before it is so far below
ON_END = 4  # samples of the last bin, all of which are at the limit: they are no noise
WEEK_DAYS = np.arange(0.25, 7.25, 0.25)  # what a series does within them, it has done before
A_DAY = 1  # the horizon of the backtest of one day


def stands_there(turned: Pressure, seen: Floats, step: float) -> Flags:
    """Whether each series stands at its limit, `[n_series]`.

    Its last two bins must, or all of some samples of the last one: one alone may be noise. And so must the last that
    was `seen[n_series, n_steps]`, turned upward, `step` seconds apart: a lower one that was set aside as a wrong sample
    may be the truth.
    """
    values = turned.values
    there = ~np.isnan(values)
    last = values.shape[1] - 1 - np.argmax(there[:, ::-1], axis=1)
    earlier = values.copy()
    earlier[np.arange(last.size), last] = np.nan
    least = turned.limit - THERE * _range(values)
    two = (last_seen(values) >= least) & (last_seen(earlier) >= least)
    lately = seen[:, -max(1, round(turned.bin_seconds / step)) :]
    on_end = (np.count_nonzero(~np.isnan(lately), axis=1) >= ON_END) & (np.fmin.reduce(lately, axis=1) >= least)
    return np.asarray((two | on_end) & (last_seen(seen) >= least), dtype=np.bool_)


def kept_below(found: Structure) -> Floats:
    """How far it can be believed that something keeps a series below its limit, `[n_series]`: 1 fully, 0 not at all.

    Not of one whose peak of the last day, as its week goes on, is at its limit: what it reached it will reach again.
    How far it must be above it is told by what the peaks of days differ by. Nor of one that was at its limit within the
    week, and has hardly left it.
    """
    limit = found.turned.limit - found.seen.height(WEEK_DAYS).max(axis=1)
    over = last_seen(found.seen.top) - limit
    span = _range(found.turned.values)
    spread = found.tested.spread[:, NAMES.index("last"), A_DAY]
    kept = np.where(over > 0, 2 * (1 - student4(np.maximum(over, 0.0) / spread)), 1.0)
    week = found.turned.values[:, -round(WEEK_DAYS[-1] * DAY / found.turned.bin_seconds) :]
    was_there = np.fmax.reduce(week, axis=1) >= found.turned.limit - THERE * span
    return np.where(was_there & (over > -NEARBY * span), 0.0, kept)


def _range(values: Floats) -> Floats:
    """How far apart the highest and the lowest of each series are, `[n_series]`."""
    return np.asarray(np.fmax.reduce(values, axis=1) - np.fmin.reduce(values, axis=1), dtype=np.float64)
