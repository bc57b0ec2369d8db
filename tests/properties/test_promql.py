"""Queries stay queries, whatever labels hold: any text survives escaping, and narrowing selects just what it names."""

from __future__ import annotations

import re

import promql_parser as promql
from hypothesis import given
from hypothesis import strategies as st

from domain.labels import quote
from domain.times import from_epoch
from sources.patterns import escape_regex, for_both, for_rust
from sources.promql import narrow, pin, selectors, validate
from sources.syntax import parse

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
names = st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True).filter(lambda name: not name.startswith("__"))
QUERIES = [
    "x",
    "rate(x[5m])",
    "sum by (host) (x) / on (host) y",
    "1 - x / ignoring (mode) y",
    "max_over_time(x[1h:5m]) offset 1d",
    "x * on (instance) group_left (job) y",
    "histogram_quantile(0.9, sum by (le, host) (rate(x_bucket[5m])))",
    "sum(x)",
    "topk(3, x)",
    "absent(x)",
    "x or vector(0)",
]


@given(texts)
def test_any_text_survives_being_quoted(text: str) -> None:
    selector = promql.parse(f"x{{host={quote(text)}}}")

    assert isinstance(selector, promql.VectorSelector)
    assert [matcher.value for matcher in selector.matchers.matchers] == [text]


@given(texts, texts)
def test_an_escaped_text_matches_itself_and_nothing_else(text: str, other: str) -> None:
    pattern = re.compile(escape_regex(text))

    assert pattern.fullmatch(text)
    assert bool(pattern.fullmatch(other)) == (text == other)


@given(texts)
def test_an_escaped_text_is_the_same_for_every_engine(text: str) -> None:
    assert for_both(escape_regex(text)) == for_rust(escape_regex(text)) == escape_regex(text)


@given(texts)
def test_any_text_between_backticks_is_taken_as_it_stands(text: str) -> None:
    plain = text.replace("`", "")
    selector = parse(f"x{{host=`{plain}`}} # `")

    assert isinstance(selector, promql.VectorSelector)
    assert [matcher.value for matcher in selector.matchers.matchers] == [plain]


@given(st.sampled_from(QUERIES), st.lists(texts, min_size=1, max_size=4))
def test_a_narrowed_query_is_well_formed_and_names_just_these_values(query: str, values: list[str]) -> None:
    narrowed = narrow(query, "host", values)

    if narrowed is None:
        return
    assert validate(narrowed) is None
    wanted = "|".join(escape_regex(value) for value in dict.fromkeys(values))
    found: list[str] = []
    promql.walk(promql.parse(narrowed), lambda node: found.extend(_regexes(node)))
    assert found
    assert set(found) == {wanted}


def _regexes(node: object) -> list[str]:
    matchers = node.matchers.matchers if isinstance(node, promql.VectorSelector) else []
    return [matcher.value for matcher in matchers if matcher.op == promql.MatchOp.Re]


@given(st.sampled_from(QUERIES), names, st.lists(texts, min_size=1, max_size=3))
def test_narrowing_twice_is_narrowing_further(query: str, label: str, values: list[str]) -> None:
    once = narrow(query, label, values)

    if once is not None:
        twice = narrow(once, label, values[:1])
        assert twice is not None
        assert len(selectors(twice)) == len(selectors(once))


@given(st.sampled_from(QUERIES))
def test_whether_a_query_can_be_narrowed_does_not_depend_on_the_values(query: str) -> None:
    assert (narrow(query, "host", ["a"]) is None) == (narrow(query, "host", ["b", "", "c"]) is None)


@given(st.sampled_from(QUERIES))
def test_a_query_without_the_windows_own_instants_is_not_rewritten(query: str) -> None:
    assert pin(query, from_epoch(0), from_epoch(60)) == query
