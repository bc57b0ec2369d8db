"""Axes: where values and times stand in a picture, and at which round numbers they are marked. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from domain.watch import Unit
from reports import formats
from reports.languages import language_of

_TIME_STEPS = (1, 5, 10, 15, 30, 60, 300, 600, 1800, 3600, 7200, 21_600, 43_200, 86_400, 172_800, 432_000, 864_000)
_DAY_STEPS = (1, 2, 3, 7, 14, 30, 61, 91, 182, 365)
_HOUR_STEPS = (1, 2, 3, 6, 12)
_QUARTER = 900  # seconds: every zone's hours begin at one of these, in India half an hour after UTC's


_LARGEST, _SMALLEST = 1e300, 1e-300  # beyond them a span is no number any more
_ALIKE = 1e-12  # of the larger value: a narrower band is one value


@dataclass(frozen=True, slots=True)
class Scale:
    """A straight line from values to places: `low` stands at `start`, `high` at `end`."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Where a value stands, to a tenth; what lies outside stands at the edge."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 1)


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis. `minor` ones may be left out where there is little room."""

    place: float
    text: str
    minor: bool = False


def value_range(values: Sequence[float], anchors: Sequence[float], floor: float | None) -> tuple[float, float]:
    """The lowest and highest value to show: all `values` and `anchors`, from zero on where that costs little.

    `floor` is the lowest value that can be. What moves within a narrow band far from it is shown by itself.
    """
    everything = [min(max(value, -_LARGEST), _LARGEST) for value in (*values, *anchors)] or [0.0]
    low, high = min(everything), max(everything)
    if floor is not None and low >= floor and (high - low) > 0.35 * (high - floor):
        low = floor
    largest = max(abs(low), abs(high))
    if high - low <= max(_ALIKE * largest, _SMALLEST):
        room = largest * 0.1 if largest > _SMALLEST else 1.0
        return low - (room if low != floor else 0.0), high + room
    room = 0.12 * (high - low)
    return (low if low == floor else low - room), high + room


def value_ticks(scale: Scale, unit: Unit, language: str, timezone: str, wanted: int = 4) -> tuple[Tick, ...]:
    """Round values between the ends of a scale, about as many as are wanted."""
    step = _round_step((scale.high - scale.low) / wanted, unit, max(abs(scale.low), abs(scale.high)))
    first = math.ceil(scale.low / step - 1e-9)
    last = math.floor(scale.high / step + 1e-9)
    return tuple(
        Tick(scale.at(i * step), formats.value(i * step, unit, language, timezone)) for i in range(first, last + 1)
    )


def _round_step(raw: float, unit: Unit, largest: float) -> float:
    if unit in (Unit.SECONDS, Unit.TIMESTAMP) and raw >= 1:
        return next((float(step) for step in _TIME_STEPS if step >= raw), _decimal_step(raw / 86_400) * 86_400)
    if unit in (Unit.BYTES, Unit.BYTES_PER_SECOND):
        base = 1024.0 ** max(0, math.floor(math.log(max(largest, 1.0), 1024)))
        return _decimal_step(raw / base) * base
    return _decimal_step(raw)


def _decimal_step(raw: float) -> float:
    power = 10.0 ** math.floor(math.log10(raw))
    return next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= raw * (1 - 1e-9))


def time_ticks(scale: Scale, language: str, timezone: str, wanted: int = 8) -> tuple[Tick, ...]:
    """Midnights, or full hours where the picture holds but few days, of the time zone between the ends of a scale."""
    length = timedelta(seconds=scale.high - scale.low)
    if length > timedelta(days=3.5):
        return _days(scale, math.ceil(length / timedelta(days=1) / wanted), language, timezone)
    return _hours(scale, math.ceil(length / timedelta(hours=1) / wanted), language, timezone)


def _days(scale: Scale, least: int, language: str, timezone: str) -> tuple[Tick, ...]:
    words, zone = language_of(language), ZoneInfo(timezone)
    step = next((days for days in _DAY_STEPS if days >= least), least)
    midnight = datetime.fromtimestamp(scale.low, zone).replace(hour=0, minute=0, second=0, microsecond=0)
    ticks: list[Tick] = []
    for index in range(1, int((scale.high - scale.low) / 86_400) + 2):
        day = midnight + timedelta(days=index)
        if day.toordinal() % step or not scale.low <= day.timestamp() <= scale.high:
            continue
        text = format_datetime(day, words.patterns.tick_day, locale=words.locale)
        ticks.append(Tick(scale.at(day.timestamp()), text, minor=len(ticks) % 2 == 1))
    return tuple(ticks)


def _hours(scale: Scale, least: int, language: str, timezone: str) -> tuple[Tick, ...]:
    words, zone = language_of(language), ZoneInfo(timezone)
    step = next((hours for hours in _HOUR_STEPS if hours >= least), 24)
    first = math.ceil(scale.low / _QUARTER) * _QUARTER
    ticks: list[Tick] = []
    for instant in range(first, int(scale.high) + 1, _QUARTER):
        local = datetime.fromtimestamp(instant, zone)
        if local.hour % step or local.minute:
            continue
        pattern = words.patterns.tick_day if local.hour == 0 else "HH:mm"
        text = format_datetime(local, pattern, locale=words.locale)
        ticks.append(Tick(scale.at(instant), text, minor=len(ticks) % 2 == 1))
    return tuple(ticks)
