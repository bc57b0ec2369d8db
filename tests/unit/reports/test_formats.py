"""Numbers, times and durations for people: rounding never lies about the ends."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest

from domain.watch import Unit
from reports import formats

MOMENT = datetime(2026, 11, 29, 17, 45, tzinfo=UTC)  # the 30th, 01:45 in Taipei
GIB = 2.0**30


@pytest.mark.parametrize(
    ("x", "written"),
    [
        (0.0, "0"),
        (1.0, "1"),
        (1.236, "1.24"),
        (12.34, "12.3"),
        (123.4, "123"),
        (1234.0, "1,234"),
        (999_999.0, "999,999"),
        (1_234_567.0, "1.23 million"),
        (0.00123, "0.0012"),
        (0.00001, "< 0.0001"),
        (-0.00001, "> -0.0001"),
        (-12.34, "-12.3"),
        (math.inf, "unknown"),
        (math.nan, "unknown"),
    ],
)
def test_a_number_keeps_three_significant_digits_and_is_never_written_as_zero(x: float, written: str) -> None:
    assert formats.number(x, "en") == written


def test_large_numbers_are_shortened_as_the_language_counts() -> None:
    assert formats.number(123_456_789.0, "zh-TW") == "1.23 億"
    assert formats.number(123_456_789.0, "en") == "123 million"


@pytest.mark.parametrize(
    ("x", "written"),
    [
        (0.0, "0%"),
        (0.001, "< 0.1%"),
        (0.5, "0.5%"),
        (9.94, "9.9%"),
        (50.4, "50%"),
        (99.4, "99.4%"),
        (99.97, "> 99.9%"),
        (100.0, "100%"),
        (100.04, "> 100%"),
        (100.3, "100.3%"),
        (250.0, "250%"),
        (-0.0, "0%"),
        (-0.03, "> -0.1%"),
        (-0.3, "-0.3%"),
        (-12.3, "-12%"),
    ],
)
def test_zero_and_a_hundred_percent_are_written_only_when_they_are_exactly_that(x: float, written: str) -> None:
    assert formats.percent(x, "en") == written


@pytest.mark.parametrize(
    ("p", "written"),
    [(0.0, "< 1%"), (0.004, "< 1%"), (0.01, "1%"), (0.5, "50%"), (0.99, "99%"), (0.996, "> 99%"), (1.0, "> 99%")],
)
def test_a_forecast_is_never_certain(p: float, written: str) -> None:
    assert formats.probability(p, "en") == written


@pytest.mark.parametrize("p", [None, float("nan")])
def test_a_probability_beyond_the_forecast_is_a_dash(p: float | None) -> None:
    assert formats.probability(p, "en") == formats.probability(p, "zh-TW") == "—"


@pytest.mark.parametrize(
    ("x", "unit", "written"),
    [
        (0.0, Unit.BYTES, "0 B"),
        (1.5 * GIB, Unit.BYTES, "1.5 GiB"),
        (1023.99 * GIB, Unit.BYTES, "1 TiB"),
        (-2.0 * GIB, Unit.BYTES, "-2 GiB"),
        (3.0 * 2**20, Unit.BYTES_PER_SECOND, "3 MiB/s"),
        (9.4e8, Unit.BITS_PER_SECOND, "940 Mbit/s"),
        (78.0, Unit.PERCENT, "78%"),
        (0.78, Unit.RATIO, "78%"),
        (0.35, Unit.SECONDS, "350 ms"),
        (0.0, Unit.SECONDS, "0 seconds"),
        (3 * 86400.0, Unit.SECONDS, "3 days"),
        (350.0, Unit.COUNT, "350"),
        (12.5, Unit.PER_SECOND, "12.5 per second"),
        (1.0, Unit.CORES, "1 core"),
        (1.003, Unit.CORES, "1 core"),
        (1.002, Unit.SECONDS, "1 second"),
        (3.5, Unit.CORES, "3.5 cores"),
        (61.0, Unit.CELSIUS, "61 °C"),
        (MOMENT.timestamp(), Unit.TIMESTAMP, "29 Nov 2026"),
        (1e15, Unit.TIMESTAMP, "unknown"),
        (-5.0, Unit.TIMESTAMP, "unknown"),
        (None, Unit.BYTES, "unknown"),
        (float("nan"), Unit.COUNT, "unknown"),
        (float("inf"), Unit.COUNT, "unknown"),
    ],
)
def test_a_value_is_written_in_its_unit(x: float | None, unit: Unit, written: str) -> None:
    assert formats.value(x, unit, "en") == written


def test_the_difference_of_two_percentages_is_in_points() -> None:
    assert formats.difference(1.0, Unit.PERCENT, "en") == "1 point"
    assert formats.difference(0.01, Unit.RATIO, "en") == "1 point"
    assert formats.difference(0.2, Unit.RATIO, "zh-TW") == "20 個百分點"
    assert formats.difference(3.2, Unit.PERCENT, "zh-TW") == "3.2 個百分點"


@pytest.mark.parametrize(
    ("per_day", "unit", "written"),
    [
        (2.1 * GIB, Unit.BYTES, "2.1 GiB a day"),
        (-2.1 * GIB, Unit.BYTES, "2.1 GiB a day"),
        (0.02, Unit.COUNT, "0.6 a month"),
        (40.0, Unit.COUNT, "40 a day"),
        (0.004, Unit.RATIO, "0.4 points a day"),
        (3600.0, Unit.SECONDS, "60 minutes a day"),
    ],
)
def test_a_rate_chooses_the_span_in_which_it_reads_best(per_day: float, unit: Unit, written: str) -> None:
    assert formats.rate(per_day, unit, "en") == written


@pytest.mark.parametrize(
    ("length", "written"),
    [
        (timedelta(seconds=-5), "0 seconds"),
        (timedelta(seconds=90), "90 seconds"),
        (timedelta(minutes=3, seconds=59), "3 minutes"),
        (timedelta(hours=47, minutes=59), "47 hours"),
        (timedelta(days=2), "2 days"),
        (timedelta(days=8, hours=23), "8 days"),
    ],
)
def test_time_that_is_left_is_rounded_down(length: timedelta, written: str) -> None:
    assert formats.duration(length, "en") == written


def test_a_setting_is_written_exactly_where_it_is_whole() -> None:
    assert [formats.period(x, "en") for x in (86400, 259200, 7200, 5400, 300, 45)] == [
        "1 day",
        "3 days",
        "2 hours",
        "90 minutes",
        "5 minutes",
        "45 seconds",
    ]
    assert formats.period(259200, "zh-TW") == "3 天"


def test_a_day_is_that_of_the_time_zone_and_has_its_year_where_it_is_another() -> None:
    assert formats.day(MOMENT, "en", "Asia/Taipei", near=MOMENT) == "30 Nov"
    assert formats.day(MOMENT, "en", "America/New_York", near=MOMENT) == "29 Nov"
    assert formats.day(MOMENT, "en", "UTC", near=MOMENT - timedelta(days=365)) == "29 Nov 2026"
    assert formats.day(MOMENT, "zh-TW", "Asia/Taipei", near=MOMENT) == "11 月 30 日"


def test_an_hour_is_the_one_that_has_begun() -> None:
    assert formats.hour(MOMENT, "en", "Asia/Taipei") == "30 Nov, 01:00"
    assert formats.hour(MOMENT, "zh-TW", "Asia/Taipei") == "11 月 30 日 1 時"


def test_the_time_zone_is_named_with_its_offset_of_that_day() -> None:
    assert formats.zone(MOMENT, "Asia/Taipei") == "Asia/Taipei, UTC+08:00"
    assert formats.zone(MOMENT, "UTC") == "UTC"
    assert formats.zone(datetime(2026, 7, 1, tzinfo=UTC), "Europe/Berlin") == "Europe/Berlin, UTC+02:00"
    assert formats.zone(MOMENT, "Europe/Berlin") == "Europe/Berlin, UTC+01:00"


@pytest.mark.parametrize("change", [datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)])
def test_no_offset_is_told_that_does_not_hold_for_the_hours_ahead(change: datetime) -> None:
    """`25 Oct, 13:00` would be an hour off, read in the offset of the night before."""
    before = [formats.zone(change - timedelta(hours=hours), "Europe/Berlin") for hours in (49, 47, 1)]

    assert before[0].startswith("Europe/Berlin, UTC+")
    assert before[1:] == ["Europe/Berlin"] * 2
    assert formats.zone(change, "Europe/Berlin").startswith("Europe/Berlin, UTC+")
    assert formats.zone(change, "Asia/Taipei") == "Asia/Taipei, UTC+08:00"


def test_latin_letters_are_parted_from_chinese_words_that_follow() -> None:
    assert formats.before_words("檔案系統 inode", "zh-TW") == "檔案系統 inode "
    assert formats.before_words("檔案系統空間", "zh-TW") == "檔案系統空間"
    assert formats.before_words("Inodes", "en") == "Inodes"
    assert formats.before_words("", "zh-TW") == ""


def test_sentences_are_joined_without_spaces_in_chinese() -> None:
    assert formats.joined(["One.", "", "Two."], "en") == "One. Two."
    assert formats.joined(["一。", "", "二。"], "zh-TW") == "一。二。"


@pytest.mark.parametrize(
    ("interval", "lines"),
    [
        ("11 Dec – 17 Dec", ["11\u00a0Dec\u00a0–", "17\u00a0Dec"]),
        ("17 Jan 2027 or later", ["17\u00a0Jan\u00a02027", "or", "later"]),
        ("12 月 4 日–12 月 8 日", ["12\u00a0月\u00a04\u00a0日–12\u00a0月\u00a08\u00a0日"]),
    ],
)
def test_a_date_is_not_broken_over_lines(interval: str, lines: list[str]) -> None:
    assert formats.unbroken(interval).split(" ") == lines
