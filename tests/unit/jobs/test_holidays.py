"""Which days of a history were holidays, and what the configuration may say of them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from forewarn.settings import load_settings
from jobs.holidays import Holidays
from jobs.problems import ConfigError

AS_OF = datetime(2026, 2, 19, 18, tzinfo=UTC)  # the 20th in Taipei
ICS = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//t//t//EN\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20260101T000000Z\r\n"
    "DTSTART;VALUE=DATE:20260204\r\nSUMMARY:Inventory\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


def settings(folder: Path, text: str) -> Holidays:
    file = folder / "forewarn.yaml"
    file.write_text(text, encoding="utf-8")
    return load_settings(file).holidays.read()


def test_holidays_are_those_of_the_history_without_today() -> None:
    days = Holidays("TW").before(AS_OF, timedelta(days=30), "Asia/Taipei")

    assert {date(2026, 2, 17), date(2026, 2, 19)} <= days
    assert date(2026, 2, 20) not in days  # a holiday too, but today
    assert min(days) > date(2026, 1, 1)


def test_without_any_no_day_is_special() -> None:
    assert Holidays().before(AS_OF, timedelta(days=30), "UTC") == frozenset()


def test_hours_of_a_calendar_are_on_the_days_of_the_runs_time_zone() -> None:
    a_day_in_taipei = ICS.replace(";VALUE=DATE:20260204", ":20260203T160000Z\r\nDTEND:20260204T160000Z").encode()

    days = Holidays(calendar=a_day_in_taipei).before(AS_OF, timedelta(days=30), "Asia/Taipei")

    assert days == {date(2026, 2, 4)}


def test_a_country_may_be_written_bare_and_a_calendar_stands_beside_it(tmp_path: Path) -> None:
    (tmp_path / "days.ics").write_text(ICS, encoding="utf-8", newline="")

    bare = settings(tmp_path, "holidays: TW\n")
    both = settings(tmp_path, f"holidays: {{country: TW, calendar: {tmp_path / 'days.ics'}}}\n")

    assert bare == Holidays("TW")
    assert both.before(AS_OF, timedelta(days=30), "Asia/Taipei") - bare.before(
        AS_OF, timedelta(days=30), "Asia/Taipei"
    ) == {date(2026, 2, 4)}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("holidays: ZZ\n", "no holidays are known"),
        ("holidays: {calendar: /nowhere/days.ics}\n", "can't be read"),
        ("holidays: {country: TW, region: north}\n", "region"),
    ],
    ids=["country", "calendar", "key"],
)
def test_what_cannot_be_used_is_refused_with_the_configuration(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ConfigError) as refused:
        settings(tmp_path, text)

    assert told in str(refused.value)


def test_a_calendar_that_breaks_later_stays_as_it_was_read(tmp_path: Path) -> None:
    """A night's run goes on with the configuration that was good, as it does with the packs."""
    calendar = tmp_path / "days.ics"
    calendar.write_text(ICS, encoding="utf-8", newline="")
    (tmp_path / "forewarn.yaml").write_text(f"holidays: {{calendar: {calendar}}}\n", encoding="utf-8")
    config = load_settings(tmp_path / "forewarn.yaml").holidays

    calendar.unlink()

    assert config.read() == Holidays(calendar=ICS.encode())
