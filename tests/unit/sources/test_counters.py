"""A counter that is taken for a level, and a rate that is taken for a counter, by the text of a query."""

from __future__ import annotations

import pytest

from sources.counters import gives_a_rate, raw_counter


@pytest.mark.parametrize(
    "query",
    [
        "http_requests_total",
        '-(http_requests_total{code="500"})',
        "sum by (instance) (http_requests_total) * 8",
        "topk(5, http_requests_total)",
        "http_requests_total / 1024",
        "http_requests_total - 100",
        "5 + http_requests_total",
        "http_requests_total / on (instance) group_left limit_requests",
        "max_over_time(http_requests_total[1h])",
        "last_over_time((http_requests_total)[1h:5m])",
        'label_replace(http_requests_total, "a", "$1", "b", "(.*)")',
        "http_requests_total > 5",
        "http_requests_total unless on (instance) up == 0",
        "up or http_requests_total",
    ],
)
def test_a_counter_as_it_stands_is_named(query: str) -> None:
    assert raw_counter(query) == "http_requests_total"
    assert not gives_a_rate(query)


@pytest.mark.parametrize(
    "query",
    [
        "rate(http_requests_total[5m])",
        "increase(http_requests_total[1d])",
        "sum(rate(http_requests_total[5m])) / 60",
        "max_over_time(rate(http_requests_total[5m])[1h:])",
        "http_started_total - http_finished_total",
        "http_failed_total / http_requests_total",
        "http_requests_total % 10",
        "http_requests_total > bool 5",
        "count(http_requests_total)",
        "timestamp(http_requests_total)",
        "absent(http_requests_total)",
        "node_memory_MemTotal_bytes",
        '{job="node"}',
        "time()",
        "1",
    ],
)
def test_what_does_not_only_rise_is_no_counter(query: str) -> None:
    assert raw_counter(query) is None


@pytest.mark.parametrize(
    "query",
    [
        "rate(x_total[5m])",
        "-(increase(x_total[1d]))",
        "8 * sum by (instance) (irate(x_total[5m]))",
        "rate(x_total[5m]) / 10",
        'label_join(deriv(x[1h]), "a", "-", "b")',
    ],
)
def test_how_fast_something_rises_is_a_rate(query: str) -> None:
    assert gives_a_rate(query)


@pytest.mark.parametrize("query", ["x_total", "count(rate(x_total[5m]))", "x / rate(y_total[5m])", "time()", "1"])
def test_what_is_no_speed_is_no_rate(query: str) -> None:
    assert not gives_a_rate(query)
