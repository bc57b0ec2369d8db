"""The methods of a forecast in words: what carried it, each with its weight."""

from __future__ import annotations

import re
from collections.abc import Callable

from reports import formats
from reports.languages import Language, language_of
from reports.text import visible

_PART = re.compile(r"(?P<name>.+) (?P<share>\d+)%")
_DAY = 86_400.0


def method_words(method: str, language: str) -> str:
    """`line 28d 70%, last 10%` in words; a name that is not known stays as it is."""
    words = language_of(language)
    parts = [part for part in (_part(text, words) for text in method.split(", ")) if part]
    return words.gettext("; ").join(parts)


def _part(text: str, words: Language) -> str:
    found = _PART.fullmatch(text)
    if found is None:
        return visible(_name(text, words))
    share = formats.percent(float(found["share"]), words.tag)
    return words.gettext("{name} ({share})", name=visible(_name(found["name"], words)), share=share)


def _name(name: str, words: Language) -> str:
    for pattern, write in _NAMES:
        found = re.fullmatch(pattern, name)
        if found is not None:
            days = [formats.seconds(float(number) * _DAY, words.tag) for number in found.groups()]
            return write(words, *days)
    return name


def _last(words: Language) -> str:
    return words.gettext("the last value stays")


def _mean(words: Language, days: str) -> str:
    return words.gettext("the mean of {days}", days=days)


def _line(words: Language, days: str) -> str:
    return words.gettext("a line through the last {days}", days=days)


def _line_without_jumps(words: Language, days: str) -> str:
    return words.gettext("a line through the last {days}, steps set aside", days=days)


def _line_of_highest(words: Language, days: str, _: str) -> str:
    return words.gettext("a line through the highest of the last {days}", days=days)


def _line_since_change(words: Language) -> str:
    return words.gettext("a line since the last change")


def _line_of_lows(words: Language) -> str:
    return words.gettext("a line through its lows")


def _line_of_middle(words: Language) -> str:
    return words.gettext("a line through its middle")


def _line_of_weeks(words: Language) -> str:
    return words.gettext("a line through the highest of each week")


def _week_ago(words: Language) -> str:
    return words.gettext("the week before comes again, as much stronger as it has become")


def _never(words: Language) -> str:
    return words.gettext("it stays within its limit")


def _levels_off(words: Language) -> str:
    return words.gettext("a curve that levels off")


def _by_a_share(words: Language) -> str:
    return words.gettext("growth by the same share of itself each day")


def _speeds_up(words: Language) -> str:
    return words.gettext("a curve that speeds up")


def _month_ago(words: Language) -> str:
    return words.gettext("the month before comes again")


def _learnt(words: Language) -> str:
    return words.gettext("learnt from simulated histories")


def _drift_of_all(words: Language) -> str:
    return words.gettext("the drift of the whole window")


def _fading(words: Language, _: str, days: str) -> str:
    return words.gettext("growth of the last {days} that fades", days=days)


def _curve(words: Language, days: str) -> str:
    return words.gettext("a curve through the last {days}", days=days)


def _growth(words: Language, days: str) -> str:
    return words.gettext("growth of the last {days} whose pace keeps changing as it did", days=days)


def _pieces(words: Language) -> str:
    return words.gettext("pieces of its past come again")


def _cycles(words: Language) -> str:
    return words.gettext("its cycles go on")


_NAMES: tuple[tuple[str, Callable[..., str]], ...] = (
    (r"last", _last),
    (r"mean (\d+)d", _mean),
    (r"line (\d+)d", _line),
    (r"line (\d+)d without jumps", _line_without_jumps),
    (r"line (\d+)d of the highest (\d+)d", _line_of_highest),
    (r"line since the last change", _line_since_change),
    (r"line of the lows", _line_of_lows),
    (r"line of the middle", _line_of_middle),
    (r"line of the week's peaks", _line_of_weeks),
    (r"curve that levels off", _levels_off),
    (r"growth by a share of itself", _by_a_share),
    (r"curve that speeds up", _speeds_up),
    (r"as a month ago", _month_ago),
    (r"as a week ago", _week_ago),
    (r"never", _never),
    (r"learnt from histories", _learnt),
    (r"drift all", _drift_of_all),
    (r"fading (\d+)d to (\d+)d", _fading),
    (r"curve (\d+)d", _curve),
    (r"growth (\d+)d", _growth),
    (r"pieces of the past", _pieces),
    (r"cycles", _cycles),
)
