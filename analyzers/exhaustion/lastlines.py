"""The lines since the last change of four edges of a series: its daily and weekly peaks, its daily lows, its middle.

Peaks show noise as growth, and what is kept below a limit touches it again and again; the middle does not move with
noise, and where only the lows climb (a heap after each collection), they tell of the end before the peaks do. Where
busy days grow and quiet ones do not, neither the days' peaks nor a week of one shape show it: the weeks' peaks do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from analyzers.exhaustion.arrays import first_bin, trailing_max
from analyzers.exhaustion.breaks import Segment, last_segment, line_ahead, needed_since_break
from analyzers.exhaustion.contract import Flags, Floats
from analyzers.exhaustion.envelope import Envelope
from analyzers.exhaustion.expert import Asked
from analyzers.exhaustion.jumps import whole_days, without_jumps

WEEK = 7  # days
LEAST_DAYS = 3  # of the weeks' peaks that are looked at, though the first were not whole weeks
LEAST_WEEKS = 3  # of which the peaks are known, before a line through them says anything
OFTEN = 0.5  # of a fall: one so large before it, and it has fallen like that before


@dataclass(frozen=True, slots=True, eq=False)
class LastLines:
    """The last line of each edge of a batch. The week and the day are taken out of `peaks` and `middle`."""

    NAMES: ClassVar[tuple[str, ...]] = (
        "line since the last change",
        "line of the lows",
        "line of the middle",
        "line of the week's peaks",
    )

    peaks: Segment
    lows: Segment
    middle: Segment
    weekly: Segment
    weeks: Flags  # [n_series]: the peaks of so many weeks are known, and are still peaks

    def usable(self, exact: Flags, clear: Flags, /) -> Flags:
        """Which lines can be believed, `[n_series, 4]`."""
        return np.stack([~exact, ~clear, ~exact, self.weeks & ~clear], axis=1)

    def needed(self, asked: Asked) -> Floats:
        """How many spreads above each line its limit has been at least, by each day: `[n_series, 4, n_days]`."""
        limit, plain = asked.limit, np.broadcast_to(asked.plain_limit[:, None], asked.limit.shape)
        edges = ((self.peaks, limit), (self.lows, plain), (self.middle, limit), (self.weekly, plain))
        return np.stack([needed_since_break(edge, above, asked.days) for edge, above in edges], axis=1)

    def ahead(self, days: Floats) -> tuple[Floats, Floats]:
        """Where the day's highest is under each line, and how far off that may be, `[n_series, 4, n_days]` each.

        Under the line of the lows it stays where it is until the lows get there.
        """
        lines = [line_ahead(edge, days) for edge in (self.peaks, self.lows, self.middle, self.weekly)]
        value = np.stack([ahead for ahead, _ in lines], axis=1)
        value[:, 1] = np.maximum(value[:, 1], self.peaks.level[:, None])
        return value, np.stack([spread for _, spread in lines], axis=1)

    def pace(self) -> Floats:
        """What each line adds to the day's highest in a day, `[n_series, 4]`: the lows add nothing yet."""
        nothing = np.zeros_like(self.peaks.slope)
        return np.stack([self.peaks.slope, nothing, self.middle.slope, self.weekly.slope], axis=1)


def last_lines(seen: Envelope, jump: Floats) -> LastLines:
    """The last lines of a batch. `jump` are the jumps of `seen.top`, of the same shape."""
    middle = trailing_max(seen.level, max(1, round(seen.per_day))) - seen.week.past  # it jumps when the peaks do
    enough = seen.top.shape[1] - first_bin(seen.top) >= LEAST_WEEKS * WEEK * seen.per_day
    return LastLines(
        peaks=last_segment(whole_days(without_jumps(seen.top, jump), jump, seen.per_day), seen.per_day),
        lows=last_segment(seen.low, seen.per_day),
        middle=last_segment(without_jumps(middle, jump), seen.per_day),
        weekly=last_segment(weeks_peaks(seen), 1.0, apart=WEEK),
        weeks=enough & ~_fallen_once(jump, round(WEEK * seen.per_day)),
    )


def weeks_peaks(seen: Envelope) -> Floats:
    """The highest of the last seven days at the end of each day, `[n_series, n_days]`, as it was: the week is in it.

    NaN before the first whole week, but not in the last days.
    """
    daily = max(1, round(seen.per_day))
    highest = trailing_max(seen.top + seen.week.past, WEEK * daily)
    whole = np.minimum(first_bin(seen.top) + WEEK * daily - 1, highest.shape[1] - LEAST_DAYS * daily)
    highest[np.arange(highest.shape[1]) < whole[:, None]] = np.nan
    return np.ascontiguousarray(highest[:, ::-1][:, ::daily][:, ::-1])


def _fallen_once(jump: Floats, bins: int) -> Flags:
    """Which series fell within the last bins as they never did before: their peaks of then are no peaks of now.

    `jump[n_series, n_bins]`: a cleanup, in a series that is not emptied again and again.
    """
    fall = np.maximum(-jump, 0.0)
    lately, before = fall[:, -bins:].max(axis=1), fall[:, :-bins].max(axis=1, initial=0.0)
    return np.asarray((lately > 0) & (before < OFTEN * lately), dtype=np.bool_)
