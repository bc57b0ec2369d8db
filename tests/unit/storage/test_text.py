"""Any text can be stored, and comes back as it was."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.finding import Chart
from storage import codec
from storage.text import ESCAPE, escape, storable, unescape

any_text = st.text(st.characters(exclude_categories=()))
any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | any_text,
    lambda inner: st.lists(inner) | st.dictionaries(any_text, inner),
    max_leaves=12,
)


@given(any_text)
def test_escaped_text_holds_nothing_that_postgres_refuses_and_comes_back(text: str) -> None:
    escaped = escape(text)

    assert "\x00" not in escaped
    assert escaped.encode().decode() == escaped
    assert unescape(escaped) == text


@given(any_text, any_text)
def test_texts_that_differ_stay_different(one: str, other: str) -> None:
    assert (escape(one) == escape(other)) == (one == other)


@pytest.mark.parametrize("text", ["", "db-1", "磁碟空間", "\U0001f4be", "\t\n\"'\\"])
def test_ordinary_text_is_stored_as_it_is(text: str) -> None:
    assert storable(text)
    assert escape(text) == text


@given(any_json)
def test_json_comes_back_as_it_was(value: object) -> None:
    text = codec.dumps(value)

    assert "\x00" not in text
    assert "\\u0000" not in json.dumps(json.loads(text))
    assert codec.loads(text.encode()) == value


@pytest.mark.parametrize("value", [math.inf, -math.inf, f"{ESCAPE}inf", f"{ESCAPE}{ESCAPE}nan", "inf"])
def test_an_infinity_and_a_text_that_looks_like_one_are_told_apart(value: object) -> None:
    back = codec.loads(codec.dumps({"value": [value]}).encode())

    assert back == {"value": [value]}
    assert type(back["value"][0]) is type(value)


def test_what_is_not_a_number_comes_back_as_that() -> None:
    assert math.isnan(codec.loads(codec.dumps(math.nan).encode()))


def test_a_zero_keeps_its_sign_in_text() -> None:
    assert math.copysign(1, codec.loads(codec.dumps(-0.0).encode())) == -1


def test_a_gap_in_a_chart_is_a_gap_and_no_number() -> None:
    chart = Chart(times=(), values=(None, 1.0, math.inf), limits=())

    assert codec.loads(codec.dumps(chart).encode(), Chart) == chart
