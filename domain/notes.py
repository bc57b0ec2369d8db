"""Notes: what an analysis noticed about a series, as facts; reports put them into a person's language."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class NoteCode(StrEnum):
    """What was noticed. Instants are seconds since 1970, shares are 0 to 1, values are in the watch's unit."""

    LEVEL_SHIFT = "level_shift"  # at, by
    SLOPE_CHANGE = "slope_change"  # at
    SEASON = "season"  # period_seconds
    LIMIT_CHANGED = "limit_changed"  # at, before, after
    GAPS = "gaps"  # share: of the window's steps that were not seen
    SILENT = "silent"  # seconds: before the end of the window, since the newest sample
    OUTLIERS = "outliers"  # count: samples that were set aside
    COUNTER_RESETS = "counter_resets"  # count
    CYCLE = "cycle"  # period_seconds: a sawtooth (rotation, cleanup, GC) that stays under its limit
    SATURATING = "saturating"  # growth that slows down
    ACCELERATING = "accelerating"  # growth that speeds up
    PEAKS = "peaks"  # judged by its daily peaks, not by its mean
    SPECIAL_DAYS = "special_days"  # count: holidays that were quiet, and are judged as usual days
    RESTARTS = "restarts"  # count: falls back to a low level, then grows again
    SHORT_HISTORY = "short_history"  # days: seen for so long only
    WARMING_UP = "warming_up"  # days: until the analysis may be trusted


@dataclass(frozen=True, slots=True)
class Note:
    """One thing that was noticed: a code, and its facts by name as the code's comment lists them."""

    code: NoteCode
    facts: tuple[tuple[str, float], ...] = ()

    def fact(self, name: str) -> float:
        """The fact of that name. Raises `KeyError` when the note has none."""
        return dict(self.facts)[name]
