"""Every note is a sentence in every language, whatever its facts are."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain.notes import Note, NoteCode
from domain.watch import Direction, Unit
from reports.languages import LANGUAGES
from reports.notes import note_sentence, notes_to_tell
from tests.fixtures.report_samples import SUBJECTS, analysis_of

AT = datetime(2026, 11, 9, 17, 0, tzinfo=UTC).timestamp()  # the 10th in Taipei
GIB = 2.0**30
PEAKS = Note(NoteCode.PEAKS)
FACTS: dict[NoteCode, dict[str, float]] = {
    NoteCode.LEVEL_SHIFT: {"at": AT, "by": -12 * GIB},
    NoteCode.SLOPE_CHANGE: {"at": AT},
    NoteCode.SEASON: {"period_seconds": 604800},
    NoteCode.LIMIT_CHANGED: {"at": AT, "before": 60 * GIB, "after": 98 * GIB},
    NoteCode.GAPS: {"share": 0.0004},
    NoteCode.SILENT: {"seconds": 23 * 3600.0},
    NoteCode.OUTLIERS: {"count": 1},
    NoteCode.COUNTER_RESETS: {"count": 3},
    NoteCode.CYCLE: {"period_seconds": 518400},
    NoteCode.SATURATING: {},
    NoteCode.ACCELERATING: {},
    NoteCode.PEAKS: {},
    NoteCode.RESTARTS: {"count": 2},
    NoteCode.SPECIAL_DAYS: {"count": 4},
    NoteCode.SHORT_HISTORY: {"days": 1.5},
    NoteCode.WARMING_UP: {"days": 9},
}


def sentence(code: NoteCode, language: str = "en") -> str:
    return note_sentence(Note(code, tuple(FACTS[code].items())), Unit.BYTES, language, "Asia/Taipei")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", list(NoteCode))
def test_every_note_is_a_sentence_with_all_its_facts(code: NoteCode, language: str) -> None:
    said = sentence(code, language)

    assert said.endswith("." if language == "en" else "。")
    assert "unknown" not in said
    assert "不明" not in said


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", [code for code in NoteCode if FACTS[code]])
def test_a_fact_that_is_missing_or_no_number_reads_as_unknown(code: NoteCode, language: str) -> None:
    word = "unknown" if language == "en" else "不明"
    broken = Note(code, tuple((name, float("nan")) for name in FACTS[code]))

    assert word in note_sentence(Note(code), Unit.BYTES, language, "UTC")
    assert word in note_sentence(broken, Unit.BYTES, language, "UTC")


def test_values_have_their_unit_and_days_their_time_zone() -> None:
    assert sentence(NoteCode.LIMIT_CHANGED) == "Its limit changed from 60 GiB to 98 GiB on 10 Nov 2026."
    assert sentence(NoteCode.LIMIT_CHANGED, "zh-TW") == "上限於 2026 年 11 月 10 日由 60 GiB 調整為 98 GiB。"


@pytest.mark.parametrize("code", [NoteCode.LIMIT_CHANGED, NoteCode.CYCLE])
@pytest.mark.parametrize(("language", "lower", "upper"), [("en", "lower limit", " limit"), ("zh-TW", "下限", "上限")])
def test_a_limit_from_below_is_called_so(code: NoteCode, language: str, lower: str, upper: str) -> None:
    note = Note(code, tuple(FACTS[code].items()))

    above = note_sentence(note, Unit.BYTES, language, "UTC")
    below = note_sentence(note, Unit.BYTES, language, "UTC", direction=Direction.DOWN)

    assert upper in above
    assert lower not in above
    assert lower in below
    assert upper not in below.replace(lower, "")


def test_what_repeats_by_the_month_comes_back_every_month() -> None:
    month = Note(NoteCode.SEASON, (("period_seconds", 30 * 86400.0),))

    assert note_sentence(month, Unit.BYTES, "en", "UTC") == "Comes back every month."
    assert note_sentence(month, Unit.BYTES, "zh-TW", "UTC") == "每個月重複一次。"
    assert sentence(NoteCode.SEASON) == "Repeats with a period of 7 days."


def test_a_step_down_is_told_without_a_sign() -> None:
    assert sentence(NoteCode.LEVEL_SHIFT) == "Stepped down by 12 GiB on 10 Nov 2026."


def test_counts_choose_their_plural() -> None:
    assert sentence(NoteCode.OUTLIERS) == "1 sample was set aside as an outlier."
    assert sentence(NoteCode.COUNTER_RESETS) == "The counter was reset 3 times."


def test_what_stopped_hours_ago_is_not_told_as_the_present() -> None:
    assert sentence(NoteCode.SILENT) == "Not seen for the last 23 hours: this is how it was before."
    assert sentence(NoteCode.SILENT, "zh-TW") == "最近 23 小時沒有資料，此處為先前的情形。"


def test_a_small_share_is_not_written_as_none() -> None:
    assert sentence(NoteCode.GAPS) == "< 0.1% of the window was not seen."


@pytest.mark.parametrize(
    ("days", "told"), [(13.0, True), (14 - 3 / 24, True), (14 - 2 / 24, False), (14 - 1 / 24, False), (14.0, False)]
)
def test_a_history_that_fills_its_window_is_not_called_short(days: float, told: bool) -> None:
    """A watch that asks for 14 days has them, but for a step or two."""
    short = Note(NoteCode.SHORT_HISTORY, (("days", days),))
    evidence = analysis_of(SUBJECTS[0]).evidence
    asked = replace(evidence, start=evidence.end - timedelta(days=14), step_seconds=3600, notes=(PEAKS, short))

    assert notes_to_tell(asked) == ((PEAKS, short) if told else (PEAKS,))
