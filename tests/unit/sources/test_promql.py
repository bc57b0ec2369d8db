"""Queries are checked, taken apart and narrowed as text."""

from __future__ import annotations

import pytest

from domain.times import from_epoch
from sources.promql import narrow, pin, selectors, validate


@pytest.mark.parametrize(
    "query",
    [
        "up",
        "sum by (instance) (rate(node_cpu_seconds_total[5m]))",
        "1 - avg_over_time(x[1h:5m])",
        "time() - x",
        "1",
        r"x{site=~`a\.b`} # it's `here",
        "x{site=`a\"b\\`,job='it\\'s'}",
        r'x{site=~"\\Qa.b\\E[[a]{"}',
        r'label_replace(x, `to`, `$1`, "from", `(.+)\d`)',
    ],
)
def test_a_well_formed_query_has_nothing_wrong(query: str) -> None:
    assert validate(query) is None


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("sum(x", "not valid PromQL"),
        ("", "not valid PromQL"),
        ("rate(x)", "expected type matrix"),
        ("x[5m]", "range vector"),
        ("(x[5m:1m])", "range vector"),
        ('"text"', "a string"),
        ("x offset Inf", "not valid PromQL"),
    ],
)
def test_a_query_that_gives_no_series_over_time_is_told_why(query: str, says: str) -> None:
    assert says in str(validate(query))


def test_a_string_between_backticks_is_taken_as_it_stands() -> None:
    assert selectors(r"""x{a=~`a\.b|"c"`,b=`a\n`} + x{c="`"} # `""") == (
        r"""x{a=~"a\\.b|\"c\"",b="a\\n"}""",
        'x{c="`"}',
    )


def test_a_regular_expression_is_written_as_servers_and_the_parser_both_read_it() -> None:
    assert selectors(r"""x{a=~"\\Qa.b\\E",b!~`[a&&b]`,c=~'\\w{'}""") == (
        r"""x{a=~"a\\.b",b!~"[a\\&\\&b]",c=~"\\w\\{"}""",
    )


def test_selectors_are_found_once_each_without_range_and_offset() -> None:
    query = 'rate(a{x="1"}[5m] offset 1h) / on(i) (b + a{x="1"})'

    assert selectors(query) == ('a{x="1"}', "b{}")


@pytest.mark.parametrize(
    ("query", "narrowed"),
    [
        ("x", 'x{l=~"a|b"}'),
        ('x{l!="c"}', 'x{l!="c",l=~"a|b"}'),
        ("x offset 5m", 'x{l=~"a|b"} offset 5m'),
        ("x offset -5m", 'x{l=~"a|b"} offset -5m'),
        ("rate(x[5m])", 'rate(x{l=~"a|b"}[5m])'),
        ("sum by (l, m) (x)", 'sum by (l, m) (x{l=~"a|b"})'),
        ("sum without (m) (x)", 'sum without (m) (x{l=~"a|b"})'),
        ("topk by (l) (3, x)", 'topk by (l) (3, x{l=~"a|b"})'),
        ("x / y", 'x{l=~"a|b"} / y{l=~"a|b"}'),
        ("x / ignoring (m) y", 'x{l=~"a|b"} / ignoring (m) y{l=~"a|b"}'),
        ("1 - x / 2", '1 - x{l=~"a|b"} / 2'),
        ("x / scalar(sum(y))", 'x{l=~"a|b"} / scalar(sum(y))'),
        ("time() - x", 'time() - x{l=~"a|b"}'),
        ("x * on (i) group_left (v) y", 'x{l=~"a|b"} * on (i) group_left (v) y'),
        ("y * on (i) group_right (v) x", 'y * on (i) group_right (v) x{l=~"a|b"}'),
        ("x unless on (i) y", 'x{l=~"a|b"} unless on (i) y'),
        ("x and y", 'x{l=~"a|b"} and y{l=~"a|b"}'),
        ("max_over_time(rate(x[5m])[1h:5m])", 'max_over_time(rate(x{l=~"a|b"}[5m])[1h:5m])'),
        (
            "histogram_quantile(0.9, sum by (le, l) (rate(x_bucket[5m])))",
            'histogram_quantile(0.9, sum by (le, l) (rate(x_bucket{l=~"a|b"}[5m])))',
        ),
        ("topk by (l) (scalar(y), x)", 'topk by (l) (scalar(y), x{l=~"a|b"})'),
    ],
)
def test_a_query_is_narrowed_where_its_label_comes_from(query: str, narrowed: str) -> None:
    assert narrow(query, "l", ["a", "b"]) == narrowed


@pytest.mark.parametrize(
    "query",
    [
        "sum(x)",
        "sum by (m) (x)",
        "sum without (l) (x)",
        "topk(3, x)",
        "limitk by (l) (3, x)",
        'count_values by (l) ("l", x)',
        "absent(x)",
        "vector(1)",
        "1",
        "day_of_month()",
        'label_replace(x, "l", "$1", "m", "(.*)")',
        "x / on (i) y",
        "x / ignoring (l) y",
        "x or on (i) y",
        "x * on (i) group_left (l) y",
        "x + sum(y)",
        "x or vector(0)",
        "scalar(x)",
        "(scalar(x) + scalar(y)) * 2",
        'x{l="1" or m="2"}',
        "sum(",
        "x keep_metric_names",
    ],
)
def test_a_query_is_not_narrowed_where_that_could_change_its_meaning(query: str) -> None:
    assert narrow(query, "l", ["a", "b"]) is None


def test_the_metric_name_and_buckets_are_never_narrowed() -> None:
    assert narrow("rate(x[5m])", "__name__", ["x"]) is None
    assert narrow("histogram_quantile(0.9, x_bucket)", "le", ["1"]) is None


def test_hostile_values_are_escaped_as_regex_and_as_text() -> None:
    assert narrow("x", "l", ['a.b|"c"\n\\']) == 'x{l=~"a\\\\.b\\\\|\\"c\\"\\n\\\\\\\\"}'


def test_a_query_is_not_narrowed_by_a_label_whose_name_not_all_servers_take() -> None:
    assert narrow("x", "k8s.pod", ["a", "b"]) is None
    assert narrow('x{"k8s.pod"!=""}', "l", ["a", "b"]) == 'x{"k8s.pod"!="",l=~"a|b"}'


@pytest.mark.parametrize(
    ("query", "pinned"),
    [
        ("x @ start()", "x @ 600.000"),
        ("rate(x[5m] @ end() offset 1m)", "rate(x[5m] @ 1200.000 offset 1m)"),
        ("max_over_time(x[1h:5m] @ end())", "max_over_time((x)[1h:5m] @ 1200.000)"),
        ("max_over_time((x + y)[1h:] @ start() offset -90s)", "max_over_time((x + y)[1h:] @ 600.000 offset -1m30s)"),
        (
            "max_over_time(rate(x[5m] @ start())[1h:5m] @ end())",
            "max_over_time((rate(x[5m] @ 600.000))[1h:5m] @ 1200.000)",
        ),
        ("max_over_time(x[1h:5m] @ 7)", "max_over_time(x[1h:5m] @ 7.000)"),
        ('x{l="1" or m="2"} @ start()', 'x{l="1" or m="2"} @ 600.000'),
        ("sum(x @", "sum(x @"),
    ],
)
def test_the_start_and_end_of_a_window_are_written_as_instants(query: str, pinned: str) -> None:
    assert pin(query, from_epoch(600), from_epoch(1_200)) == pinned


def test_narrowing_to_no_values_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="no values"):
        narrow("x", "l", [])
