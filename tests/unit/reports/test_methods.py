"""What carried a forecast, in words that a person understands."""

from __future__ import annotations

import re

import pytest

from analyzers.exhaustion.network import NAME as NETWORK
from analyzers.exhaustion.weights import EXPERTS
from reports.languages import LANGUAGES
from reports.methods import method_words


def test_methods_are_told_with_their_weight() -> None:
    method = "line 28d 70%, line 14d without jumps 17%, cycles 5%"

    assert method_words(method, "en") == (
        "a line through the last 28 days (70%); a line through the last 14 days, steps set aside (17%); "
        "its cycles go on (5%)"
    )
    assert method_words(method, "zh-TW") == (
        "最近 28 天的直線趨勢（70%）；最近 14 天的直線趨勢，排除階躍（17%）；延續既有循環（5%）"
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("expert", [*EXPERTS, NETWORK])
def test_every_method_has_its_words(expert: str, language: str) -> None:
    written = method_words(f"{expert} 60%", language)

    assert not written.startswith(f"{expert} (")
    assert not re.search(r"\d+d", written)
    assert "60%" in written


def test_a_method_that_is_not_known_stays_as_it_is() -> None:
    assert method_words("robust_trend", "en") == "robust_trend"
    assert method_words("oracle \u202e9 80%", "en") == "oracle \\u202e9 (80%)"
    assert method_words("", "en") == ""
