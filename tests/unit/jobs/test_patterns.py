"""Regular expressions of mutes and silences: no expression, and no label, takes long or breaks anything."""

from __future__ import annotations

import time

import pytest

from jobs.patterns import MOST_BRACKETS, check_pattern, matches_whole


@pytest.mark.parametrize("pattern", ["(a+)+", "(a|aa)+", r"(([a-z0-9]+)-?)+\.corp", "(.*)(.*)(.*)(.*)(.*)(.*)x"])
def test_an_expression_that_could_be_read_in_many_ways_takes_no_time(pattern: str) -> None:
    begin = time.perf_counter()

    assert matches_whole(pattern, "a" * 40 + "!") is False
    assert matches_whole(pattern, "a" * 10_000 + "!") is False
    assert time.perf_counter() - begin < 2


def test_the_largest_expression_that_is_taken_is_matched_in_no_time() -> None:
    largest = "(" + "|".join(f"(.?){{{n}}}" for n in range(60, 100)) + ")x"
    begin = time.perf_counter()

    assert matches_whole(check_pattern(largest), "é" * 2000) is False
    assert time.perf_counter() - begin < 2


@pytest.mark.parametrize(
    "pattern",
    [
        "(",
        "[",
        "a**",
        "(?=a)",
        r"(a)\1",
        "a{99999999999999}",
        "a{1001}",
        "a{1,1001}",
        "(" * 499 + ")" * 499,
        "((a{100}){100}){100}",
        r"\pL{1000}",
        "\ud800",
    ],
    ids=lambda text: ascii(text[:20]),
)
def test_what_is_no_expression_of_re2_or_too_large_is_refused_in_words_and_matches_nothing(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"expression|repeats"):
        check_pattern(pattern)
    assert matches_whole(pattern, "a") is None


@pytest.mark.parametrize(
    ("pattern", "value", "expected"),
    [
        ("a.b", "a\nb", True),
        (r"\w+", "é", False),
        ("(?i)DB-[0-9]{1,3}", "db-12", True),
        ("db", "db-1", False),
        ("", "", True),
        ("a.*", "a\ud800", True),
        ("{a}", "{a}", True),
        ("(" * MOST_BRACKETS + "a" + ")" * MOST_BRACKETS, "a", True),
    ],
    ids=lambda value: ascii(value)[:20],
)
def test_an_expression_means_what_it_means_to_alertmanager(pattern: str, value: str, expected: bool) -> None:
    assert matches_whole(pattern, value) is expected
