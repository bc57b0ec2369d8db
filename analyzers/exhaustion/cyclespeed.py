"""How fast the present one of a series of cycles fills: by what was seen of it and by those before it."""

from __future__ import annotations

import numpy as np

from analyzers.exhaustion.arrays import MAD_TO_SIGMA, nan_median
from analyzers.exhaustion.contract import Flags, Floats
from analyzers.exhaustion.drops import SIDE

CHANGE = 0.6  # share by which the present speed may well differ from the last one
ANOTHER = 0.1  # of cycles run at another speed altogether ...
OTHER = 8.0  # ... which may be so many times the last one
SUREST = 1e-12  # of the square of a difference: no variance is held to be smaller


def lately(
    values: Floats, filled: Floats, trough: Floats, age: Floats, usual: Floats, per_day: float
) -> tuple[Floats, Floats]:
    """From which level the present cycle rose, and for how many days, to tell how fast it does, `[n_series]` each.

    From its `trough`; but for no longer than a `usual` cycle takes, or half of this one where that is longer: what is
    not emptied any more may fill at another speed by now. `filled` are `values[n_series, n_bins]` without gaps.
    """
    whole = np.maximum(age - SIDE / per_day, 1 / per_day)
    window = np.fmax(np.fmin(whole, usual), whole / 2)
    n_series, n_bins = values.shape
    seen = np.maximum.accumulate(np.where(np.isnan(values), 0, np.arange(n_bins)), axis=1)
    rows = np.arange(n_series)
    at = seen[rows, np.clip(n_bins - SIDE - np.round(window * per_day).astype(np.intp), 0, n_bins - 1)]
    passed = (n_bins - SIDE - at) / per_day
    around = filled[rows[:, None], np.minimum(at[:, None] + np.arange(SIDE), n_bins - 1)]
    part = (window < whole) & (passed < whole)
    return np.where(part, np.median(around, axis=1), trough), np.where(part, passed, whole)


def speed(own: Floats, doubt: Floats, last: Floats, spread: Floats) -> tuple[Floats, Floats]:
    """The speed of the present cycle, and the error of its logarithm, bounded.

    `own` is what was seen of it, with the variance `doubt`; `last` is what those before it make expect. Most cycles
    differ from that by `spread`, or by `CHANGE` where something has changed; some run at another speed altogether, and
    by what was seen it is judged which the present one is (Bayes).
    """
    near = (np.maximum(spread, CHANGE) * last) ** 2
    far = (OTHER * last) ** 2
    about, doubt_about, told_about = _believed(own, doubt, last, near)
    other, doubt_other, told_other = _believed(own, doubt, last, far)
    odds = told_other - told_about + np.log(ANOTHER / (1 - ANOTHER))
    share = 1 / (1 + np.exp(-np.clip(odds, -50, 50)))
    slope = about + share * (other - about)
    variance = doubt_about + share * (doubt_other - doubt_about) + share * (1 - share) * (other - about) ** 2
    known = slope > 0
    error = np.sqrt(variance) / np.where(known, slope, 1.0)
    return slope, np.where(known, np.clip(error, 0.0, 0.5), 0.5)


def _believed(own: Floats, doubt: Floats, last: Floats, belief: Floats) -> tuple[Floats, Floats, Floats]:
    """The slope and its variance where it is `last`, give or take the variance `belief`; and how likely `own` is then.

    The last is a logarithm, up to a constant.
    """
    apart = (own - last) ** 2
    both = np.maximum(belief + doubt, SUREST * apart + 1e-300)
    likely = -0.5 * (np.log(both) + apart / both)
    return (belief * own + doubt * last) / both, belief * doubt / both, likely


def swing(filled: Floats, there: Flags, per_day: float) -> Floats:
    """How far values half a day apart usually are from the usual step, `[n_series]`: days and slow noise are in it."""
    half = max(1, round(per_day / 2))
    change = np.where(there[:, :-half], filled[:, half:] - filled[:, :-half], np.nan)
    return np.asarray(
        np.nan_to_num(MAD_TO_SIGMA * nan_median(np.abs(change - nan_median(change)[:, None]))) / np.sqrt(2.0),
        dtype=np.float64,
    )
