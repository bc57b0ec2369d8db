"""How far ahead a watch is looked at, asked about and told, in whole days. Pure.

Beyond its horizon nothing is known of a watch: what policy or its lead time wants to know of later days is answered by
the last day that is known.
"""

from __future__ import annotations

from datetime import timedelta

from domain.watch import Watch

DAY = timedelta(days=1)
ALWAYS_ASKED = (7, 14, 30)  # the days whose probabilities are told of every watch that looks so far


def looked_ahead(watch: Watch) -> timedelta:
    """How far ahead a watch is looked at: its horizon, and no less than a day."""
    return max(watch.horizon, DAY)


def lead_ahead(watch: Watch) -> timedelta:
    """The time that fixing takes, as far as it lies within the horizon."""
    return min(watch.lead_time, looked_ahead(watch))


def days_told(watch: Watch, tell_within: timedelta) -> int:
    """Within how many days trouble is told: as policy says, or the lead time where that is longer; rounded up.

    At most the horizon.
    """
    wanted = -(-max(tell_within, watch.lead_time) // DAY)
    return min(wanted, looked_ahead(watch) // DAY)


def days_asked(watch: Watch, tell_within: timedelta) -> tuple[int, ...]:
    """The days by which the probability is worked out, rising. Those beyond the horizon stay unknown."""
    ends = {lead_ahead(watch) // DAY or 1, looked_ahead(watch) // DAY, days_told(watch, tell_within)}
    return tuple(sorted({*ALWAYS_ASKED, *ends}))
