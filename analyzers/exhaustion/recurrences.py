"""The experts of what comes back: the month before and the week before, each as strong as it has become."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from analyzers.exhaustion.contract import Flags, Floats
from analyzers.exhaustion.envelope import Envelope
from analyzers.exhaustion.expert import Asked, where_found
from analyzers.exhaustion.months import months
from analyzers.exhaustion.recurring import Recurring
from analyzers.exhaustion.weeks import weeks


@dataclass(frozen=True, slots=True, eq=False)
class Recurrences:
    """The month of the envelope `seen`, and the week of the days' peaks as they were: their week is in them."""

    NAMES: ClassVar[tuple[str, ...]] = ("as a month ago", "as a week ago")
    LIGHT: ClassVar[float] = 0.0

    seen: Envelope
    monthly: Recurring
    weekly: Recurring

    def usable(self, exact: Flags, _clear: Flags, /) -> Flags:
        """Where something comes back that no model foretells exactly, `[n_series, 2]`."""
        return self._found() & ~exact[:, None]

    def crossed(self, asked: Asked, worth: Flags) -> Floats:
        """The probability that the limit was crossed by each day if they go on, `[n_series, 2, n_days]`."""
        month = replace(self.monthly, found=self.monthly.found & worth[:, 0])
        week = replace(self.weekly, found=self.weekly.found & worth[:, 1])
        return np.stack([month.crossed(asked.limit, asked.days), _at_any_time(week, asked)], axis=1)

    def ahead(self, days: Floats) -> tuple[Floats, Floats]:
        """Where they lead, day and week apart, and how far off that may be, `[n_series, 2, n_days]` each."""
        month, month_off = self.monthly.ahead(days)
        week, week_off = self.weekly.ahead(days)
        ahead = np.stack([month, week - self.seen.of_day(days)], axis=1)
        return where_found(self._found(), ahead, np.stack([month_off, week_off], axis=1))

    def pace(self) -> Floats:
        """How much higher per day the highest of a turn becomes, `[n_series, 2]`."""
        return np.stack([self.monthly.pace(), self.weekly.pace()], axis=1)

    def _found(self) -> Flags:
        return np.stack([self.monthly.found, self.weekly.found], axis=1)


def recurrences(seen: Envelope) -> Recurrences:
    """What comes back in a batch."""
    monthly, weekly = months(seen.top, seen.per_day), weeks(seen.top + seen.week.past, seen.per_day)
    return Recurrences(seen, monthly, weekly)


def _at_any_time(weekly: Recurring, asked: Asked) -> Floats:
    """The probability that the limit is crossed by each day if the weeks go on, `[n_series, n_days]`.

    When a day's peak comes is not told by its height: it may be at any time of the day.
    """
    limit = np.broadcast_to(asked.plain_limit[:, None], asked.limit.shape)
    begun, part = np.floor(asked.days), asked.days % 1.0
    before = np.where(begun > 0, weekly.crossed(limit, np.maximum(begun, 1.0)), 0.0)
    return np.asarray((1 - part) * before + part * weekly.crossed(limit, begun + 1), dtype=np.float64)
