"""Local time on a regular grid: hours that keep their place in the day over both clock changes.

A season is a matter of the wall clock: an office opens at nine, before and after the clocks change. Steps are laid
onto a grid of wall-clock slots, forecasts are made there, and read back at the instants that were asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from numpy.typing import NDArray

DAY = 86_400


@dataclass(frozen=True, slots=True, eq=False)
class LocalGrid:
    """Wall-clock slots of a regular grid in UTC: `slot[n_steps]`, from 0, rising by one but for clock changes.

    An hour that is skipped leaves slots that no step has; an hour that comes twice has two steps on each slot. A grid
    that begins within the hour before that comes twice has its first step behind slot 0.
    """

    slot: NDArray[np.int64]

    @property
    def even(self) -> bool:
        """Whether there is no clock change: each step has its own slot, one after the other."""
        return bool((np.diff(self.slot) == 1).all())

    def spread(self, values: NDArray[np.float64], steps: int) -> NDArray[np.float64]:
        """Lay `values[n_series, steps]`, the first steps of the grid, onto the slots up to the last of them.

        Where two steps share a slot it gets their mean (the one that was seen, if only one was); slots without a
        step are NaN.
        """
        slot = self.slot[:steps]
        order = np.argsort(slot, kind="stable")
        taken, begin = np.unique(slot[order], return_index=True)
        seen = np.isfinite(values)[:, order]
        total = np.add.reduceat(np.where(seen, values[:, order], 0.0), begin, axis=1)
        number = np.add.reduceat(seen.astype(np.float64), begin, axis=1)
        out = np.full((values.shape[0], int(taken[-1]) + 1), np.nan)
        out[:, taken] = np.where(number > 0, total / np.maximum(number, 1.0), np.nan)
        return out

    def ahead(self, steps: int) -> NDArray[np.int64]:
        """For each step after the first `steps` how many slots it lies after their last: 1 is the next."""
        last = int(self.slot[:steps].max(initial=-1))
        after: NDArray[np.int64] = np.maximum(self.slot[steps:] - last, 1)
        return after


def local_grid(start: float, step: float, steps: int, zone: str) -> LocalGrid:
    """The wall-clock slots of `steps` instants from `start` (seconds since 1970), `step` seconds apart.

    A change of less than half a step leaves them even. Raises `ValueError` for a time zone that is not known.
    """
    times: NDArray[np.float64] = start + step * np.arange(steps, dtype=np.float64)
    offset = np.round(utc_offsets(times, zone) / step).astype(np.int64)
    slot = np.arange(steps, dtype=np.int64) + offset
    return LocalGrid(slot - slot.min() if steps else slot)


def utc_offsets(times: NDArray[np.float64], zone: str) -> NDArray[np.float64]:
    """Seconds that local clocks are ahead of UTC at `times[n_steps]`, seconds since 1970, rising.

    The offset is looked up once a day, and between two days with different ones where exactly it changes.
    """
    clock = time_zone(zone)
    if times.size == 0:
        return np.zeros(0)
    days = np.append(np.arange(times[0], times[-1], DAY), times[-1])
    known = [_offset(clock, moment) for moment in days.tolist()]
    out = np.full(times.size, known[0])
    for before, after, one, other in zip(days[:-1].tolist(), days[1:].tolist(), known[:-1], known[1:], strict=True):
        if one != other:
            out[times >= _change(clock, before, after, one)] = other
    return out


def time_zone(name: str) -> ZoneInfo:
    """The time zone of that IANA name. Raises `ValueError` when it is not known."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is no time zone that is known: write one such as Asia/Taipei") from error


def _offset(clock: ZoneInfo, moment: float) -> float:
    offset = datetime.fromtimestamp(moment, UTC).astimezone(clock).utcoffset()
    return offset.total_seconds() if offset is not None else 0.0


def _change(clock: ZoneInfo, before: float, after: float, old: float) -> float:
    """The second from which the offset is no longer `old`."""
    low, high = int(before), int(np.ceil(after))
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _offset(clock, middle) == old else (low, middle)
    return float(high)
