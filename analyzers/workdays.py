"""Holidays in the history of what runs out: days that were quiet for once are judged as the usual days they would be.

A load that rests over a holiday and comes back looks like growth, and its peaks like a level that fell. Where the days
of a calendar were quiet, they are replaced by the same weekday of the week before and what a week usually adds. A
backtest decides that, series by series: how far those days were from that, against how far usual days are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
WEEK_SECONDS = 7 * 86_400.0
QUIETER = 2.0  # times as far below their forecast as usual days are off theirs
LEAST_DAYS = 2  # quiet days that have to say so
ROWS_AT_ONCE = 256


@dataclass(frozen=True, slots=True, eq=False)
class Usual:
    """`values[n_series, n_steps]` with quiet days as usual ones; `replaced[n_series]`: how many days those were."""

    values: Floats
    replaced: NDArray[np.int64]


def as_usual(values: Floats, step: float, special: NDArray[np.bool_], sign: float) -> Usual:
    """Judge special days as usual ones where they were quiet.

    Parameters
    ----------
    values : `[n_series, n_steps]`, NaN where nothing was seen.
    step : seconds between samples.
    special : `[n_steps]`, true on the special days.
    sign : 1 where trouble lies upward, -1 where it lies downward: quiet is the other way.
    """
    week = round(WEEK_SECONDS / step)
    replaced = np.zeros(values.shape[0], dtype=np.int64)
    days = round(float(np.count_nonzero(special[week:])) * step * 7 / WEEK_SECONDS)
    if days < LEAST_DAYS or abs(week * step - WEEK_SECONDS) > step / 2:
        return Usual(values, replaced)
    out = values.copy()
    for start in range(0, values.shape[0], ROWS_AT_ONCE):
        part = out[start : start + ROWS_AT_ONCE]
        quiet, drift = _quiet(part, week, special, sign)
        part[quiet] = _replaced(part[quiet], drift[quiet], week, special)
        replaced[start : start + ROWS_AT_ONCE][quiet] = days
    return Usual(out, replaced)


def _quiet(values: Floats, week: int, special: NDArray[np.bool_], sign: float) -> tuple[NDArray[np.bool_], Floats]:
    """Which rows were quiet on the special days, and what a week usually adds to each, `[n_series]`."""
    change = values[:, week:] - values[:, :-week]
    usual, first = ~special[week:] & ~special[:-week], special[week:] & ~special[:-week]
    able = np.isfinite(change[:, usual]).any(axis=1) & np.isfinite(change[:, first]).any(axis=1)
    drift, below, off = (np.full(values.shape[0], np.nan) for _ in range(3))
    drift[able] = np.nanmedian(change[able][:, usual], axis=1)
    rest = change[able] - drift[able, None]
    below[able] = -sign * np.nanmean(rest[:, first], axis=1)
    off[able] = np.nanmean(np.abs(rest[:, usual]), axis=1)
    quiet: NDArray[np.bool_] = able & (np.nan_to_num(below) > QUIETER * np.nan_to_num(off, nan=np.inf))
    return quiet, drift


def _replaced(values: Floats, drift: Floats, week: int, special: NDArray[np.bool_]) -> Floats:
    """The special steps from the week before, and what that week added; week by week, as some follow each other.

    Those of the first week are made of the week after it.
    """
    out = values.copy()
    columns = np.flatnonzero(special)
    first = columns[columns < min(week, special.size - week)]
    first = first[~special[first + week]]
    after = out[:, first + week] - drift[:, None]
    out[:, first] = np.where(np.isfinite(after) & np.isfinite(out[:, first]), after, out[:, first])
    for begin in range(week, special.size, week):
        now = columns[(columns >= begin) & (columns < begin + week)]
        before = out[:, now - week] + drift[:, None]
        known = np.isfinite(before) & np.isfinite(out[:, now])
        out[:, now] = np.where(known, before, out[:, now])
    return out
