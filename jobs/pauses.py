"""Ever longer pauses between the tries of a run that keeps failing: what hangs all night is not asked all night."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

FIRST, LONGEST = timedelta(minutes=1), timedelta(minutes=15)
RunKey = tuple[str, datetime]  # a job's name and the run's as_of


class Pauses:
    """Until when each run that failed is left alone. Known to this process only: a new one tries at once."""

    def __init__(self) -> None:
        """Nothing has failed yet."""
        self._until: dict[RunKey, tuple[datetime, timedelta]] = {}

    def rests(self, run: RunKey, now: datetime) -> bool:
        """Whether the run's pause is not over yet."""
        until, _ = self._until.get(run, (now, FIRST))
        return now < until

    def failed(self, run: RunKey, now: datetime) -> None:
        """The run failed: its next pause is twice as long as the last, but no longer than `LONGEST`."""
        _, last = self._until.get(run, (now, FIRST / 2))
        pause = min(2 * last, LONGEST)
        self._until[run] = (now + pause, pause)

    def only(self, runs: Iterable[RunKey]) -> None:
        """Forget all runs but these: the others are done."""
        self._until = {run: self._until[run] for run in runs if run in self._until}
