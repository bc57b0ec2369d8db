"""Holidays in the history of what runs out: days that were quiet for once are judged as the usual days they would be.

A load that rests over a holiday and comes back looks like growth, and its peaks like a level that fell. Where the days
of a calendar were quiet, they are replaced by the same weekday of the week before and what a week usually adds, but for
what lay nearer to trouble than that. A backtest decides that, series by series: how far those days were from that,
against how far usual days are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
WEEK_SECONDS = 7 * 86_400.0
QUIETER = 2.0  # times as far below their forecast as usual days are off theirs
ALONE = 6.0  # the same for one day alone: of what goes up and down by itself, any day may be quiet by chance
AN_HOUR = 1 / 24  # of a day
ROWS_AT_ONCE = 256


@dataclass(frozen=True, slots=True, eq=False)
class Usual:
    """`values[n_series, n_steps]` with quiet days as usual ones; `replaced[n_series]`: on how many days."""

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
    columns = np.flatnonzero(special)
    if abs(week * step - WEEK_SECONDS) > step / 2 or not special[week:].any():
        return Usual(values, replaced)
    begins = _beginnings(columns, week / 7)
    out = values.copy()
    for start in range(0, values.shape[0], ROWS_AT_ONCE):
        part = out[start : start + ROWS_AT_ONCE]
        days = _days(_compared(part, week)[:, columns], begins)
        quiet, drift = _quiet(part, week, special, sign, np.where(days > 1, QUIETER, ALONE))
        seen, nearer = part[quiet], np.maximum if sign > 0 else np.minimum
        usual = nearer(_replaced(seen, drift[quiet], week, special), seen)  # work that waits for holidays is no rest
        changed = np.isfinite(usual) & (usual != seen)
        replaced[start : start + ROWS_AT_ONCE][quiet] = _days(changed[:, columns], begins)
        part[quiet] = usual
    return Usual(out, replaced)


def _beginnings(columns: NDArray[np.intp], a_day: float) -> NDArray[np.intp]:
    """Where each special day begins among the special steps `columns`, of which a day has `a_day`.

    The day on which the clocks go back has an hour more, which is no day of its own.
    """
    rows = np.flatnonzero(np.r_[True, np.diff(columns) > 1])  # where steps in a row begin
    length = np.diff(np.r_[rows, columns.size])
    days = np.maximum(np.ceil(length / a_day - AN_HOUR), 1)
    index = np.arange(columns.size) - np.repeat(rows, length)
    day = np.minimum(index // a_day, np.repeat(days, length) - 1)
    return np.flatnonzero((index == 0) | np.r_[True, np.diff(day) != 0])


def _days(which: NDArray[np.bool_], begins: NDArray[np.intp]) -> NDArray[np.int64]:
    """On how many special days any step is true, `[n_series]`; `which[n_series, n_special_steps]`."""
    days: NDArray[np.int64] = np.count_nonzero(np.logical_or.reduceat(which, begins, axis=1), axis=1)
    return days


def _compared(values: Floats, week: int) -> NDArray[np.bool_]:
    """Which steps were seen, and the week before as well, `[n_series, n_steps]`."""
    seen = np.isfinite(values)
    seen[:, week:] &= seen[:, :-week].copy()
    seen[:, :week] = False
    return seen


def _quiet(
    values: Floats, week: int, special: NDArray[np.bool_], sign: float, quieter: Floats
) -> tuple[NDArray[np.bool_], Floats]:
    """Which rows were so many times `quieter` on special days, and what a week usually adds to each, `[n_series]`."""
    change = values[:, week:] - values[:, :-week]
    usual, first = ~special[week:] & ~special[:-week], special[week:] & ~special[:-week]
    able = np.isfinite(change[:, usual]).any(axis=1) & np.isfinite(change[:, first]).any(axis=1)
    drift, below, off = (np.full(values.shape[0], np.nan) for _ in range(3))
    drift[able] = np.nanmedian(change[able][:, usual], axis=1)
    rest = change[able] - drift[able, None]
    below[able] = -sign * np.nanmean(rest[:, first], axis=1)
    off[able] = np.nanmean(np.abs(rest[:, usual]), axis=1)
    quiet: NDArray[np.bool_] = able & (np.nan_to_num(below) > quieter * np.nan_to_num(off, nan=np.inf))
    return quiet, drift


def _replaced(values: Floats, drift: Floats, week: int, special: NDArray[np.bool_]) -> Floats:
    """The special steps from the week before, and what that week added; week by week, as some follow each other.

    Where the week before was not seen, those of the first week above all, they are made of the week after.
    """
    out = values.copy()
    columns = np.flatnonzero(special)
    after = np.full(values.shape, np.nan)
    after[:, :-week] = np.where(special[week:], np.nan, values[:, week:]) - drift[:, None]
    for begin in range(0, special.size, week):
        now = columns[(columns >= begin) & (columns < begin + week)]
        made = after[:, now]
        if begin:
            before = out[:, now - week] + drift[:, None]
            made = np.where(np.isfinite(before), before, made)
        known = np.isfinite(made) & np.isfinite(out[:, now])
        out[:, now] = np.where(known, made, out[:, now])
    return out
