"""Numbers, times and durations as people read them.

Rounding never lies about the ends: nothing prints as 0 or as 100 % unless it is exactly that, and a probability never
does. Values keep three significant digits. Time that is left is rounded down.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypeGuard
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from babel.numbers import format_compact_decimal, format_decimal, format_percent

from domain.times import from_epoch
from domain.watch import Unit
from reports.languages import Language, language_of

_DAY = 86_400.0
_BINARY = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")
_BITS = ("bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s")
HOURS_AHEAD = timedelta(days=2)  # what is expected within this is told with its hour
HUGE = 1e15  # from here on numbers are written with an exponent
NOTHING = "—"  # stands where there is no number to tell
LATEST = 253_402_214_400.0  # the last instant whose day every time zone can write, in the year 9999


def number(x: float, language: str) -> str:
    """A number with three significant digits below 10,000, whole below a million, in words above (`1.23 million`).

    Never prints 0 for what is not 0: below 0.0001 it says so. What is no number is unknown.
    """
    if not math.isfinite(x):
        return unknown(language)
    words = language_of(language)
    locale, size = words.locale, abs(x)
    if size == 0:
        return "0"
    if size < 0.0001:
        return ("< " if x > 0 else "> -") + format_decimal(0.0001, "#,##0.####", locale=locale)
    if size >= HUGE:
        return f"{x:.3g}"
    if size >= 1_000_000:
        return _compact(x, words)
    decimals = 0 if size >= 100 else min(2 - math.floor(math.log10(size)), 4)
    pattern = "#,##0." + "#" * decimals if decimals else "#,##0"
    return str(format_decimal(x, pattern, locale=locale))


def _compact(x: float, words: Language) -> str:
    """A large number with three significant digits and a word: `1.86 million`, `186 萬`."""
    for digits in (2, 1, 0):
        written = str(
            format_compact_decimal(x, format_type=words.patterns.compact, locale=words.locale, fraction_digits=digits)
        )
        if sum(character.isdigit() for character in written) <= 3:
            break
    return re.sub(r"(?<=\d)(?=[\u4e00-\u9fff])", " ", written)


def percent(x: float, language: str) -> str:
    """A share in percent (0 to 100, or beyond) with one decimal near the ends.

    `0%` and `100%` are printed only when they are exactly that: else `< 0.1%`, `> -0.1%`, `> 99.9%` or `> 100%`.
    """
    locale = language_of(language).locale
    if abs(x) >= HUGE:
        return f"{x:.3g}%"
    if 0 < abs(x) <= 0.05:  # halves are rounded to even, so 0.05 would be written as zero
        return f"{'<' if x > 0 else '>'} {format_percent(math.copysign(0.001, x), '#,##0.#%', locale=locale)}"
    if 99.95 <= x < 100:
        return f"> {format_percent(0.999, '#,##0.#%', locale=locale)}"
    if 100 < x <= 100.05:
        return f"> {format_percent(1, '#,##0%', locale=locale)}"
    near_an_end = abs(x) < 10 or 99 < x < 101
    x = x or 0.0  # zero has no sign
    return str(format_percent(x / 100, "#,##0.#%" if near_an_end else "#,##0%", locale=locale))


def probability(p: float | None, language: str) -> str:
    """A probability (0 to 1) in whole percent, from `< 1%` to `> 99%`: a forecast is never certain.

    A dash for None and NaN: that far nothing was forecast.
    """
    locale = language_of(language).locale
    if not known(p):
        return NOTHING
    if p < 0.01:
        return f"< {format_percent(0.01, '#,##0%', locale=locale)}"
    if p > 0.99:
        return f"> {format_percent(0.99, '#,##0%', locale=locale)}"
    return str(format_percent(p, "#,##0%", locale=locale))


def known(x: float | None) -> TypeGuard[float]:
    """Whether a number is one: neither None nor NaN nor without end."""
    return x is not None and math.isfinite(x)


def count(n: int, language: str) -> str:
    """A whole number with its groups: `1,234`."""
    if abs(n) >= HUGE:
        return f"{n:.3g}"
    return str(format_decimal(n, "#,##0", locale=language_of(language).locale))


def value(x: float | None, unit: Unit, language: str, timezone: str = "UTC") -> str:
    """A value in its unit: `12.3 GiB` (binary), `940 Mbit/s` (decimal), `78%`, `3 days`, `1,234`. None: unknown."""
    if x is None or not math.isfinite(x):
        return unknown(language)
    if unit is Unit.TIMESTAMP:
        return timestamp(x, language, timezone)
    if unit in (Unit.PERCENT, Unit.RATIO):
        return percent(100 * x if unit is Unit.RATIO else x, language)
    return difference(x, unit, language)


def difference(x: float, unit: Unit, language: str) -> str:
    """How much lies between two values of the unit: as `value`, but shares in points and timestamps in time."""
    match unit:
        case Unit.BYTES:
            return _scaled(x, _BINARY, 1024, language)
        case Unit.BYTES_PER_SECOND:
            return f"{_scaled(x, _BINARY, 1024, language)}/s"
        case Unit.BITS_PER_SECOND:
            return _scaled(x, _BITS, 1000, language)
        case Unit.SECONDS | Unit.TIMESTAMP:
            return seconds(x, language)
        case Unit.COUNT:
            return number(x, language)
        case _:
            return _counted(100 * x if unit is Unit.RATIO else x, unit, language)


def _counted(x: float, unit: Unit, language: str) -> str:
    """A number with the word for what it counts."""
    words, written = language_of(language), number(x, language)
    match unit:
        case Unit.CELSIUS:
            return f"{written} °C"
        case Unit.PER_SECOND:
            return words.gettext("{number} per second", number=written)
        case Unit.CORES:
            return words.ngettext("{number} core", "{number} cores", plural(written), number=written)
        case _:
            return words.ngettext("{number} point", "{number} points", plural(written), number=written)


def plural(written: str) -> int:
    """The count that chooses a plural form: only what reads as one is singular."""
    return 1 if written == "1" else 2


def rate(per_day: float, unit: Unit, language: str) -> str:
    """How fast a value moves, without its sign: by the hour, the day or the month, whichever reads best."""
    words = language_of(language)
    size = abs(per_day)
    if unit in (Unit.SECONDS, Unit.TIMESTAMP):
        return words.gettext("{amount} a day", amount=seconds(size, language))
    monthly = size * 30 * (100 if unit is Unit.RATIO else 1)
    if unit not in (Unit.BYTES, Unit.BYTES_PER_SECOND, Unit.BITS_PER_SECOND) and monthly < 10:
        return words.gettext("{amount} a month", amount=difference(size * 30, unit, language))
    return words.gettext("{amount} a day", amount=difference(size, unit, language))


def seconds(x: float, language: str) -> str:
    """A length of time of any size with three significant digits: `350 ms`, `93.4 seconds`, `2.5 hours`, `12 days`."""
    words = language_of(language)
    size = abs(x)
    if 0 < size < 1:
        return words.gettext("{number} ms", number=number(1000 * x, language))
    scale, unit = _time_unit(size)
    return _time(number(x / scale, language), unit, words)


def duration(length: timedelta, language: str) -> str:
    """A length of time in its largest fitting unit, rounded down: `12 days`, `47 hours`, `35 minutes`.

    Days from two days on, hours from two hours on, minutes from two minutes on. Negative lengths read as none.
    """
    words = language_of(language)
    total = max(length.total_seconds(), 0.0)
    scale, unit = _time_unit(total)
    whole = math.floor(total / scale)
    return _time(count(whole, language), unit, words)


def period(length_seconds: float, language: str) -> str:
    """A length of time that is a setting, exactly where it is whole: `1 day`, `3 days`, `90 minutes`."""
    words = language_of(language)
    for scale, unit in ((_DAY, "day"), (3600.0, "hour"), (60.0, "minute")):
        if length_seconds >= scale and length_seconds % scale == 0:
            whole = int(length_seconds // scale)
            return _time(count(whole, language), unit, words)
    return seconds(length_seconds, language)


def day(moment: datetime, language: str, timezone: str, near: datetime | None = None) -> str:
    """A day of the calendar in the time zone: `30 Nov`; with its year where that is not the year of `near`."""
    words = language_of(language)
    local = moment.astimezone(ZoneInfo(timezone))
    same_year = near is not None and near.astimezone(ZoneInfo(timezone)).year == local.year
    return format_datetime(
        local, words.patterns.day if same_year else words.patterns.day_with_year, locale=words.locale
    )


def hour(moment: datetime, language: str, timezone: str) -> str:
    """A day and the full hour that has begun, in the time zone: `30 Nov, 14:00`."""
    words = language_of(language)
    local = moment.astimezone(ZoneInfo(timezone)).replace(minute=0, second=0, microsecond=0)
    return format_datetime(local, words.patterns.hour, locale=words.locale)


def minute(moment: datetime, language: str, timezone: str, near: datetime) -> str:
    """A day and a minute in the time zone: `30 Nov, 14:05`; with its year where that is not the year of `near`."""
    words = language_of(language)
    local = moment.astimezone(ZoneInfo(timezone))
    same_year = near.astimezone(ZoneInfo(timezone)).year == local.year
    pattern = words.patterns.minute if same_year else words.patterns.minute_with_year
    return format_datetime(local, pattern, locale=words.locale)


def full(moment: datetime, language: str, timezone: str) -> str:
    """A moment with its weekday and year, in the time zone: `Sunday, 22 November 2026, 03:00`."""
    words = language_of(language)
    return format_datetime(moment.astimezone(ZoneInfo(timezone)), words.patterns.full, locale=words.locale)


def zone(moment: datetime, timezone: str) -> str:
    """The name of a time zone and what it is from UTC at that moment: `Asia/Taipei, UTC+08:00`.

    The name alone where clocks change within the days ahead of which hours are told: it holds for all of them.
    """
    offset, ahead = (at.astimezone(ZoneInfo(timezone)).strftime("%z") for at in (moment, moment + HOURS_AHEAD))
    if offset != ahead:
        return timezone
    written = f"UTC{offset[:3]}:{offset[3:5]}"
    return timezone if written == "UTC+00:00" and timezone == "UTC" else f"{timezone}, {written}"


def timestamp(x: float, language: str, timezone: str) -> str:
    """A value that is an instant, as a day; what no calendar holds is unknown."""
    if not 0 <= x <= LATEST:
        return unknown(language)
    return day(from_epoch(x), language, timezone)


def unknown(language: str) -> str:
    """The word for what is not known."""
    return language_of(language).gettext("unknown")


def joined(parts: Sequence[str], language: str) -> str:
    """Sentences one after the other: with spaces in English, without in Chinese."""
    return gap(language).join(part for part in parts if part)


def unbroken(text: str) -> str:
    """The text with spaces that end no line, but after a dash and before a word (`30 Nov or later`).

    A narrow column breaks between dates, not in them.
    """
    return re.sub("(?<!–) (?![a-z])", "\u00a0", text)


def gap(language: str) -> str:
    """What stands between two sentences: a space in English, nothing in Chinese."""
    return "" if language_of(language).locale.language == "zh" else " "


def before_words(text: str, language: str) -> str:
    """The text, ready for words to follow at once: in Chinese a space parts Latin letters and digits from them."""
    parted = language_of(language).locale.language == "zh" and text[-1:].isascii() and text[-1:].isalnum()
    return f"{text} " if parted else text


def _scaled(x: float, names: Sequence[str], base: int, language: str) -> str:
    power = 0
    while abs(x) >= base * 0.9995 and power < len(names) - 1:
        x, power = x / base, power + 1
    return f"{number(x, language)} {names[power]}"


def _time_unit(total: float) -> tuple[float, str]:
    for scale, unit in ((_DAY, "day"), (3600.0, "hour"), (60.0, "minute")):
        if total >= 2 * scale:
            return scale, unit
    return 1.0, "second"


def _time(written: str, unit: str, words: Language) -> str:
    n = plural(written)
    match unit:
        case "day":
            return words.ngettext("{number} day", "{number} days", n, number=written)
        case "hour":
            return words.ngettext("{number} hour", "{number} hours", n, number=written)
        case "minute":
            return words.ngettext("{number} minute", "{number} minutes", n, number=written)
        case _:
            return words.ngettext("{number} second", "{number} seconds", n, number=written)
