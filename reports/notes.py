"""What an analysis noticed about a series, in a sentence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from domain.finding import Evidence
from domain.notes import Note, NoteCode
from domain.times import from_epoch
from domain.watch import Direction, Unit
from reports import formats
from reports.languages import Language, language_of
from reports.sentences import bound_of

_DAY = 86_400.0
_STEPS_LATE = 2  # that a series may begin after its window and still fill it
_MONTH = (27.5 * _DAY, 31.5 * _DAY)


def note_sentence(
    note: Note,
    unit: Unit,
    language: str,
    timezone: str,
    near: datetime | None = None,
    direction: Direction = Direction.UP,
) -> str:
    """One sentence for what was noticed; days have a year where it is not the one of `near`.

    A fact that the note lacks, or that is not a number, reads as unknown.
    """
    return _SENTENCES[note.code](_Facts(note, unit, language_of(language), timezone, near, direction))


def notes_to_tell(evidence: Evidence) -> tuple[Note, ...]:
    """The notes that say something: that a series fills the window that was asked for is no lack of history."""
    window = (evidence.end - evidence.start).total_seconds() - _STEPS_LATE * evidence.step_seconds
    return tuple(
        note
        for note in evidence.notes
        if note.code is not NoteCode.SHORT_HISTORY or dict(note.facts).get("days", 0.0) * _DAY < window
    )


@dataclass(frozen=True, slots=True)
class _Facts:
    """The facts of one note, written for people."""

    note: Note
    unit: Unit
    words: Language
    timezone: str
    near: datetime | None
    direction: Direction  # from which side its limit is reached

    def number(self, name: str) -> float | None:
        found = dict(self.note.facts).get(name)
        return found if found is not None and abs(found) < float("inf") else None

    def at(self) -> str:
        seconds = self.number("at")
        known = seconds is not None and 0 <= seconds <= formats.LATEST
        return (
            formats.day(from_epoch(seconds), self.words.tag, self.timezone, near=self.near)
            if seconds is not None and known
            else self.unknown
        )

    def value(self, name: str) -> str:
        return formats.value(self.number(name), self.unit, self.words.tag, self.timezone)

    def amount(self, name: str) -> str:
        found = self.number(name)
        return self.unknown if found is None else formats.difference(abs(found), self.unit, self.words.tag)

    def share(self, name: str) -> str:
        found = self.number(name)
        return self.unknown if found is None else formats.percent(100 * found, self.words.tag)

    def period(self) -> str:
        found = self.number("period_seconds")
        return self.unknown if found is None else formats.period(found, self.words.tag)

    def days(self) -> str:
        found = self.number("days")
        return self.unknown if found is None else formats.seconds(found * _DAY, self.words.tag)

    def times(self, once: str, often: str) -> str:
        """A sentence with a count in it, in the plural form that the count asks for."""
        found = self.number("count")
        written = self.unknown if found is None else formats.number(found, self.words.tag)
        return self.words.catalogue.ngettext(once, often, int(found or 0)).format(count=written)

    @property
    def unknown(self) -> str:
        return formats.unknown(self.words.tag)


def _level_shift(facts: _Facts) -> str:
    down = (facts.number("by") or 0.0) < 0
    amount, at = facts.amount("by"), facts.at()
    if down:
        return facts.words.gettext("Stepped down by {amount} on {at}.", amount=amount, at=at)
    return facts.words.gettext("Stepped up by {amount} on {at}.", amount=amount, at=at)


def _slope_change(facts: _Facts) -> str:
    return facts.words.gettext("Its trend changed on {at}.", at=facts.at())


def _season(facts: _Facts) -> str:
    if _MONTH[0] < (facts.number("period_seconds") or 0.0) < _MONTH[1]:
        return facts.words.gettext("Comes back every month.")
    return facts.words.gettext("Repeats with a period of {period}.", period=facts.period())


def _limit_changed(facts: _Facts) -> str:
    return facts.words.gettext(
        "Its {bound} changed from {before} to {after} on {at}.",
        bound=bound_of(facts.direction, facts.words.tag),
        before=formats.before_words(facts.value("before"), facts.words.tag),
        after=facts.value("after"),
        at=facts.at(),
    )


def _gaps(facts: _Facts) -> str:
    return facts.words.gettext("{share} of the window was not seen.", share=facts.share("share"))


def _silent(facts: _Facts) -> str:
    found = facts.number("seconds")
    span = facts.unknown if found is None else formats.seconds(found, facts.words.tag)
    return facts.words.gettext("Not seen for the last {span}: this is how it was before.", span=span)


def _outliers(facts: _Facts) -> str:
    return facts.times("{count} sample was set aside as an outlier.", "{count} samples were set aside as outliers.")


def _counter_resets(facts: _Facts) -> str:
    return facts.times("The counter was reset {count} time.", "The counter was reset {count} times.")


def _cycle(facts: _Facts) -> str:
    if facts.direction is Direction.DOWN:
        return facts.words.gettext(
            "Cycles about every {period} and stays above its lower limit (rotation, cleanup or garbage collection).",
            period=facts.period(),
        )
    return facts.words.gettext(
        "Cycles about every {period} and stays under its limit (rotation, cleanup or garbage collection).",
        period=facts.period(),
    )


def _saturating(facts: _Facts) -> str:
    return facts.words.gettext("Its growth slows down.")


def _accelerating(facts: _Facts) -> str:
    return facts.words.gettext("Its growth speeds up.")


def _peaks(facts: _Facts) -> str:
    return facts.words.gettext("Judged by its daily peaks, not by its mean.")


def _restarts(facts: _Facts) -> str:
    return facts.times(
        "Fell back to a low level {count} time and grew again, as restarts do.",
        "Fell back to a low level {count} times and grew again, as restarts do.",
    )


def _special_days(facts: _Facts) -> str:
    return facts.times(
        "{count} quiet holiday was judged as the usual day that it would have been.",
        "{count} quiet holidays were judged as the usual days that they would have been.",
    )


def _short_history(facts: _Facts) -> str:
    return facts.words.gettext("Seen for {days} only.", days=facts.days())


def _warming_up(facts: _Facts) -> str:
    return facts.words.gettext("Warming up: {days} until the analysis may be trusted.", days=facts.days())


_SENTENCES: dict[NoteCode, Callable[[_Facts], str]] = {
    NoteCode.LEVEL_SHIFT: _level_shift,
    NoteCode.SLOPE_CHANGE: _slope_change,
    NoteCode.SEASON: _season,
    NoteCode.LIMIT_CHANGED: _limit_changed,
    NoteCode.GAPS: _gaps,
    NoteCode.SILENT: _silent,
    NoteCode.OUTLIERS: _outliers,
    NoteCode.COUNTER_RESETS: _counter_resets,
    NoteCode.CYCLE: _cycle,
    NoteCode.SATURATING: _saturating,
    NoteCode.ACCELERATING: _accelerating,
    NoteCode.PEAKS: _peaks,
    NoteCode.RESTARTS: _restarts,
    NoteCode.SPECIAL_DAYS: _special_days,
    NoteCode.SHORT_HISTORY: _short_history,
    NoteCode.WARMING_UP: _warming_up,
}
