"""Which days of a run's history were holidays: of a country, of a calendar file, or of both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, field_validator, model_validator


@dataclass(frozen=True, slots=True)
class Holidays:
    """Where holidays come from. `country`: TW, US, DE-BY; `calendar`: the text of an .ics file. None: from nowhere."""

    country: str | None = None
    calendar: bytes | None = None

    def before(self, as_of: datetime, history: timedelta, timezone: str) -> frozenset[date]:
        """The holidays of the history up to the day before `as_of`: what today is like is seen as it is."""
        if self.country is None and self.calendar is None:
            return frozenset()
        today = as_of.astimezone(ZoneInfo(timezone)).date()
        first = today - history - timedelta(days=1)
        return _between(first, today - timedelta(days=1), self.country, self.calendar, timezone)


class HolidaysConfig(BaseModel):
    """Days that are quieter than their weekday. A bare country does, too."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    country: str | None = Field(default=None, description="Whose public holidays: TW, US, DE-BY.")
    calendar: Path | None = Field(default=None, description="A calendar file (.ics) whose events are holidays.")

    _content: bytes | None = PrivateAttr(default=None)  # of the calendar, as it was with the rest of the configuration

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, given: Any) -> Any:
        return given if isinstance(given, Mapping | cls) or given is None else {"country": given}

    @field_validator("country")
    @classmethod
    def _known(cls, country: str | None) -> str | None:
        _a_day(country, None)
        return country

    @field_validator("calendar")
    @classmethod
    def _readable(cls, calendar: Path | None) -> Path | None:
        _a_day(None, _text_of(calendar))
        return calendar

    @model_validator(mode="after")
    def _keep(self) -> HolidaysConfig:
        self._content = _text_of(self.calendar)
        return self

    def read(self) -> Holidays:
        """The holidays, with the calendar as it was when the configuration was read."""
        return Holidays(self.country, self._content)


def _a_day(country: str | None, calendar: bytes | None) -> None:
    """Look at one day, so that what can't be read is refused when the configuration is."""
    some = date(2026, 1, 1)
    _between(some, some, country, calendar, "UTC")


def _between(first: date, last: date, country: str | None, calendar: bytes | None, timezone: str) -> frozenset[date]:
    """The holidays between two local days. Raises `ValueError`."""
    from analyzers.calendars import holidays_between  # every command has settings, and few have holidays in them

    return holidays_between(first, last, country, calendar, timezone)


def _text_of(calendar: Path | None) -> bytes | None:
    try:
        return None if calendar is None else calendar.read_bytes()
    except OSError as error:
        raise ValueError(f"{calendar} can't be read: {error.strerror}") from error
