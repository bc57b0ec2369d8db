"""Holidays, releases, month-ends: days that are not like their weekday.

Per series, the past special days decide what such a day is like: its weekday, the last Sunday, or the last special
day, by mean absolute error (a rolling-origin backtest of one day). Only where it is not like its weekday are past ones
set aside, and future ones taken from what they are like.
Source: special-day substitution as in load forecasting (Arora and Taylor, 2013).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from analyzers.forecasting.medians import nan_median

LEAST_DAYS = 2  # past special days that have to say so
HELPS = 0.8  # of the weekday's error: what a special day is like has to be so much closer
WEEKS = 4  # weekdays that tell what is usual
LIKE = 3  # days that a future one is made of
MOST_DAYS = 24  # past special days that are looked at


class Kind(IntEnum):
    """What a series' special days are like."""

    WEEKDAY = 0
    SUNDAY = 1
    SPECIAL = 2


@dataclass(frozen=True, slots=True, eq=False)
class Days:
    """The days of a grid of wall-clock slots.

    `day[n_slots]`: the number of each slot's day, from 0; `place[n_slots]`: its place in the day; `special[n_days]` and
    `weekday[n_days]` (Monday is 0), of history and horizon.
    """

    day: NDArray[np.int64]
    place: NDArray[np.int64]
    special: NDArray[np.bool_]
    weekday: NDArray[np.int64]

    @property
    def length(self) -> int:
        """Slots in a day."""
        return int(self.place.max(initial=0)) + 1

    def cut(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """`values[n_series, n_steps]` as `[n_days, n_series, length]`, NaN where there is nothing."""
        out = np.full((int(self.special.size), values.shape[0], self.length), np.nan)
        steps = values.shape[1]
        out[self.day[:steps], :, self.place[:steps]] = values.T
        return out


def learn(cut: NDArray[np.float64], days: Days, last: int) -> NDArray[np.int64]:
    """What the special days up to day `last` were like, `[n_series]` of `Kind`; `cut[n_days, n_series, length]`."""
    past = [int(one) for one in np.flatnonzero(days.special[: last + 1])][-MOST_DAYS:]
    total = np.zeros((len(Kind), cut.shape[1]))
    known = np.zeros(cut.shape[1], dtype=np.int64)
    for one in past:
        likes = [like(cut, days, one, kind) for kind in Kind]
        errors = np.stack([np.abs(cut[one] - other).mean(axis=1) for other in likes])
        whole = np.isfinite(errors).all(axis=0)
        total += np.where(whole, errors, 0.0)
        known += whole
    best = np.argmin(total[1:], axis=0) + 1
    closer = total[best, np.arange(best.size)] < HELPS * total[Kind.WEEKDAY]
    return np.where(closer & (known >= LEAST_DAYS), best, int(Kind.WEEKDAY))


def like(cut: NDArray[np.float64], days: Days, one: int, kind: Kind) -> NDArray[np.float64]:
    """What day `one` would be if it were of that kind, `[n_series, length]`, from the days before it."""
    before = np.arange(one)
    usual = ~days.special[:one]
    chosen = {
        Kind.WEEKDAY: before[usual & (days.weekday[:one] == days.weekday[one])][-WEEKS:],
        Kind.SUNDAY: before[usual & (days.weekday[:one] == 6)][-LIKE:],
        Kind.SPECIAL: before[~usual][-LIKE:],
    }[kind]
    if chosen.size == 0:
        return np.full(cut.shape[1:], np.nan)
    return nan_median(cut[chosen], 0)


def set_aside(values: NDArray[np.float64], days: Days, kinds: NDArray[np.int64]) -> NDArray[np.float64]:
    """`values[n_series, n_steps]` without the special days of the series that they are not usual for."""
    special = days.special[days.day[: values.shape[1]]]
    return np.where(special[None, :] & (kinds != Kind.WEEKDAY)[:, None], np.nan, values)


def replaced(
    centre: NDArray[np.float64], cut: NDArray[np.float64], days: Days, kinds: NDArray[np.int64], steps: int
) -> NDArray[np.float64]:
    """`centre[n_series, horizon]` with the special days ahead made of what they are like."""
    out = centre.copy()
    ahead = days.day[steps : steps + centre.shape[1]]
    known = int(days.day[steps - 1])
    for one in np.unique(ahead[days.special[ahead]]).tolist():
        columns = np.flatnonzero(ahead == one)
        place = days.place[steps + columns]
        history = Days(
            days.day, days.place, np.r_[days.special[: known + 1], True], np.r_[days.weekday[: known + 1], 0]
        )
        for kind in (Kind.SUNDAY, Kind.SPECIAL):
            made = like(cut[: known + 1], history, known + 1, kind)[:, place]
            wanted = (kinds == kind)[:, None] & np.isfinite(made)
            out[:, columns] = np.where(wanted, made, out[:, columns])
    return out
