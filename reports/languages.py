"""The languages that reports are written in: gettext catalogues, number formats and date patterns."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Literal

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

CATALOGUES = Path(__file__).parent / "translations"


@dataclass(frozen=True, slots=True)
class Patterns:
    """How a language writes days, times and large numbers, as CLDR has it."""

    day: str
    day_with_year: str
    hour: str  # a day and an hour
    minute: str  # a day and a minute
    minute_with_year: str
    full: str  # the head of a report
    tick_day: str  # on an axis, where there is little room
    compact: Literal["long", "short"]  # how 1,230,000 is shortened: "1.23 million", "123 萬"


@dataclass(frozen=True, slots=True)
class Language:
    """One language that reports are written in."""

    tag: str
    locale: Locale
    patterns: Patterns
    catalogue: NullTranslations

    def gettext(self, message: str, /, **facts: str) -> str:
        """The message in this language, with its facts put in by name."""
        return self.catalogue.gettext(message).format(**facts)

    def ngettext(self, one: str, many: str, count: int, /, **facts: str) -> str:
        """The message in the plural form that `count` asks for; the count itself is a fact like any other."""
        return self.catalogue.ngettext(one, many, count).format(**facts)


def read_catalogue(path: Path) -> NullTranslations:
    """The translations of a PO file. What it does not translate stays English."""
    with path.open("rb") as file:
        catalogue = read_po(file, locale=path.stem)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)


def _english() -> Language:
    return Language(
        tag="en",
        locale=Locale.parse("en"),
        patterns=Patterns(
            day="d MMM",
            day_with_year="d MMM y",
            hour="d MMM, HH:mm",
            minute="d MMM, HH:mm",
            minute_with_year="d MMM y, HH:mm",
            full="EEEE, d MMMM y, HH:mm",
            tick_day="d MMM",
            compact="long",
        ),
        catalogue=NullTranslations(),
    )


def _taiwanese() -> Language:
    return Language(
        tag="zh-TW",
        locale=Locale.parse("zh_TW"),
        patterns=Patterns(
            day="M 月 d 日",
            day_with_year="y 年 M 月 d 日",
            hour="M 月 d 日 H 時",
            minute="M 月 d 日 HH:mm",
            minute_with_year="y 年 M 月 d 日 HH:mm",
            full="y 年 M 月 d 日 EEEE HH:mm",
            tick_day="M/d",
            compact="short",
        ),
        catalogue=read_catalogue(CATALOGUES / "zh_TW.po"),
    )


_MAKERS = {"en": _english, "zh-TW": _taiwanese}
LANGUAGES = tuple(_MAKERS)


@cache
def language_of(tag: str) -> Language:
    """The language of a tag. Raises `ValueError` for one that no catalogue is written for."""
    if tag not in _MAKERS:
        raise ValueError(f"there are no reports in {tag!r}: choose from {', '.join(LANGUAGES)}")
    return _MAKERS[tag]()
