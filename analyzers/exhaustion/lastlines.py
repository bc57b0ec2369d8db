"""The lines since the last change of three edges of a series: its daily peaks, its daily lows, and the middle of them.

Peaks show noise as growth, and what is kept below a limit touches it again and again; the middle does not move with
noise, and where only the lows climb (a heap after each collection), they tell of the end before the peaks do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analyzers.exhaustion.arrays import trailing_max
from analyzers.exhaustion.breaks import Segment, last_segment, line_ahead, needed_since_break
from analyzers.exhaustion.contract import Floats
from analyzers.exhaustion.envelope import Envelope
from analyzers.exhaustion.jumps import whole_days, without_jumps

NAMES = ("line since the last change", "line of the lows", "line of the middle")


@dataclass(frozen=True, slots=True, eq=False)
class LastLines:
    """The last line of each edge of a batch. The week and the day are taken out of `peaks` and `middle`."""

    peaks: Segment
    lows: Segment
    middle: Segment

    def needed(self, limit: Floats, plain_limit: Floats, days: Floats) -> Floats:
        """How many spreads above each line its limit has been at least, by each day: `[n_series, 3, n_days]`.

        `limit[n_series, n_days]` without the week and the day, as the envelope must reach it; `plain_limit[n_series]`.
        """
        plain = np.broadcast_to(plain_limit[:, None], limit.shape)
        edges = ((self.peaks, limit), (self.lows, plain), (self.middle, limit))
        return np.stack([needed_since_break(edge, above, days) for edge, above in edges], axis=1)

    def ahead(self, days: Floats) -> tuple[Floats, Floats]:
        """Where the day's highest is under each line, and how far off that may be, `[n_series, 3, n_days]` each.

        Under the line of the lows it stays where it is until the lows get there.
        """
        lines = [line_ahead(edge, days) for edge in (self.peaks, self.lows, self.middle)]
        value = np.stack([ahead for ahead, _ in lines], axis=1)
        value[:, 1] = np.maximum(value[:, 1], self.peaks.level[:, None])
        return value, np.stack([spread for _, spread in lines], axis=1)

    def slopes(self) -> Floats:
        """What each line adds to the day's highest in a day, `[n_series, 3]`: the lows add nothing yet."""
        return np.stack([self.peaks.slope, np.zeros_like(self.peaks.slope), self.middle.slope], axis=1)


def last_lines(seen: Envelope, jump: Floats) -> LastLines:
    """The last lines of a batch. `jump` are the jumps of `seen.top`, of the same shape."""
    middle = trailing_max(seen.level, max(1, round(seen.per_day))) - seen.week.past  # it jumps when the peaks do
    return LastLines(
        peaks=last_segment(whole_days(without_jumps(seen.top, jump), jump, seen.per_day), seen.per_day),
        lows=last_segment(seen.low, seen.per_day),
        middle=last_segment(without_jumps(middle, jump), seen.per_day),
    )
