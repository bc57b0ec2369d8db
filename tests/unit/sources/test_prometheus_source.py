"""Counting, looking around, and the checks of doctor."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from threading import Event

import httpx
import pytest

from domain.labels import Labels
from domain.times import from_epoch
from sources.base import Check, Source
from sources.config import PrometheusConfig
from sources.errors import SourceError, SourceMalformed, SourceTooLarge
from sources.open import open_source
from sources.prometheus import PrometheusSource
from sources.prometheus.flights import Flights
from sources.prometheus.throttle import CALM, Throttle
from tests.unit.sources.wire import URL, failure, form, source_of, success

START, END = from_epoch(1_795_000_000), from_epoch(1_795_003_600)


def vector(*values: str) -> httpx.Response:
    return success({"resultType": "vector", "result": [{"metric": {}, "value": [600, value]} for value in values]})


def test_series_are_counted_by_the_source() -> None:
    with source_of(lambda _: vector("1234")) as (source, recorder):
        assert source.count("rate(x[5m]) # note", START) == 1234

    assert form(recorder.requests[0]) == {"query": "count(\nrate(x[5m]) # note\n)", "time": "1795000000.000"}


def test_an_empty_count_is_none_at_all() -> None:
    with source_of(lambda _: vector()) as (source, _):
        assert source.count("x", START) == 0


@pytest.mark.parametrize("number", ["NaN", "+Inf", "-1", "abc", ""])
def test_a_count_that_is_no_number_of_series_is_not_understood(number: str) -> None:
    with source_of(lambda _: vector(number)) as (source, _), pytest.raises(SourceMalformed, match="counts"):
        source.count("x", START)


def test_a_query_that_is_one_number_is_one_series_and_not_asked_for() -> None:
    with source_of(lambda _: vector()) as (source, recorder):
        assert source.count("time() / 2", START) == 1

    assert recorder.requests == []


def test_series_are_found_sorted_and_once_each() -> None:
    found = success([{"b": "2"}, {"a": "1"}, {"b": "2"}])

    with source_of(lambda _: found) as (source, recorder):
        assert source.discover().series(["x", "y"], START, END) == (Labels.of(a="1"), Labels.of(b="2"))

    assert b"match%5B%5D=x&match%5B%5D=y" in recorder.requests[0].content


def test_values_of_a_label_are_sorted() -> None:
    with source_of(lambda _: success(["b", "a"])) as (source, recorder):
        assert source.discover().label_values("host", ["x"], START, END) == ("a", "b")

    assert recorder.requests[0].url.path == "/api/v1/label/host/values"


@pytest.mark.parametrize("data", [None, {}, {"y": []}])
def test_a_metric_that_no_target_tells_of_has_no_metadata(data: object) -> None:
    with source_of(lambda _: success(data)) as (source, _):
        assert source.discover().metadata("y") is None


@pytest.mark.parametrize("status", [200, 500])
def test_lists_in_lists_without_end_are_not_understood(status: int) -> None:
    body = b'{"status": "success", "more": ' + b"[" * 200_000

    with source_of(lambda _: httpx.Response(status, content=body), attempts=1) as (source, _):
        with pytest.raises(SourceError):
            source.count("x", START)
        assert not next(iter(source.check())).ok


@pytest.mark.parametrize("end", ["", '": cannot select more than 3 samples', "\\"])
def test_a_refusal_that_is_full_of_quotes_is_understood_at_once(end: str) -> None:
    said = 'query="' + '\\"' * 45_000 + end

    with source_of(lambda _: failure(422, "422", said), attempts=1) as (source, _):
        began = time.perf_counter()
        with pytest.raises(SourceError) as caught:
            source.count("x", START)

    assert time.perf_counter() - began < 2  # it took most of a minute
    assert isinstance(caught.value, SourceTooLarge) == ("cannot select" in end)


def test_labels_that_are_no_texts_are_not_understood() -> None:
    with source_of(lambda _: success([{"a": 1}])) as (source, _), pytest.raises(SourceMalformed):
        source.discover().series(["x"], START, END)


def server(skew: timedelta = timedelta(0), *, tells: bool = True) -> httpx.MockTransport:
    """A healthy server whose clock is off by so much, and that may tell nothing of itself."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/query"):
            response = vector("1")
            response.headers["date"] = format_datetime(datetime.now(UTC) + skew, usegmt=True)
            return response
        if not tells:
            return httpx.Response(404, text="not found")
        about = {"version": "3.1.0"} if request.url.path.endswith("buildinfo") else {"query.max-samples": "50000000"}
        return success(about)

    return httpx.MockTransport(answer)


def checks_of(transport: httpx.MockTransport, history: timedelta = timedelta(0)) -> dict[str, Check]:
    source = PrometheusSource("metrics", PrometheusConfig.model_validate({"url": URL}), transport)
    try:
        return {check.name: check for check in source.check(history)}
    finally:
        source.close()


def test_a_healthy_source_passes_every_check() -> None:
    checks = checks_of(server())

    assert all(check.ok for check in checks.values())
    assert "3.1.0" in checks["version"].what
    assert "query.max-samples 50000000" in checks["limits"].what


NEEDED = timedelta(days=30)
FLAG = "storage.tsdb.retention.time"


@pytest.mark.parametrize(
    ("runtime", "flags", "ok", "words"),
    [
        ("15d", {FLAG: "0s"}, False, "keeps 15 days, and the watches look back on up to 30 days: what is older is"),
        ("", {FLAG: "0s", "storage.tsdb.retention.size": "0B"}, False, "keeps 15 days, and"),
        ("", {FLAG: "0s", "storage.tsdb.retention": "45d"}, True, "keeps 45 days, and"),
        ("30d", {}, True, "keeps 30 days, and the watches look back on up to 30 days"),
        ("1y or 10GiB", {}, True, "keeps 365 days or 10GiB, and"),
        ("1w or 10GiB", {}, False, "keeps 7 days or 10GiB, and"),
        ("10GiB", {FLAG: "0s"}, True, "keeps 10GiB, however far back that reaches"),
        ("", {FLAG: "0s", "storage.tsdb.retention.size": "512MB"}, True, "keeps 512MB, however far"),
        ("", {}, True, "it does not tell for how long it keeps history"),
    ],
)
def test_a_retention_that_is_shorter_than_the_history_that_is_needed_is_flagged(
    runtime: str, flags: dict[str, str], ok: bool, words: str
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/query"):
            return vector("1")
        return success({"storageRetention": runtime} if request.url.path.endswith("runtimeinfo") else flags)

    found = checks_of(httpx.MockTransport(answer), NEEDED)["retention"]

    assert (found.ok, found.required, bool(found.advice)) == (ok, False, not ok)
    assert found.what.startswith(words)


def test_where_no_history_will_be_asked_for_its_retention_does_not_matter() -> None:
    assert "retention" not in checks_of(server())


def test_a_source_that_tells_nothing_of_itself_still_passes() -> None:
    checks = checks_of(server(tells=False))

    assert all(check.ok for check in checks.values())
    assert "does not tell" in checks["version"].what


@pytest.mark.parametrize("date", ["", "soon", "Sun, 22 Nov 2026 09:00:00 -0000", "Fri, 31 Dec 9999 23:59:59 -0100"])
def test_a_server_whose_date_is_odd_does_not_break_the_checks(date: str) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        response = vector("1") if request.url.path.endswith("/query") else success({})
        response.headers["date"] = date
        return response

    assert "clock" in checks_of(httpx.MockTransport(answer))


@pytest.mark.parametrize(("skew", "side"), [(timedelta(minutes=10), "ahead of"), (timedelta(hours=-2), "behind")])
def test_a_clock_that_is_off_is_told_with_its_side(skew: timedelta, side: str) -> None:
    clock = checks_of(server(skew))["clock"]

    assert not clock.ok
    assert not clock.required
    assert side in clock.what
    assert "NTP" in clock.advice


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        pytest.param(failure(401, "", "no"), "permission", id="401"),
        pytest.param(failure(403, "", "no"), "permission", id="403"),
        pytest.param(failure(404, "", "no"), "answers", id="404"),
        pytest.param(httpx.Response(200, html="<h1>Hello</h1>"), "answers", id="page"),
        pytest.param(httpx.Response(503, text="Service Unavailable"), "reachable", id="503"),
    ],
)
def test_what_is_unwell_is_told_with_advice(answer: httpx.Response, name: str) -> None:
    checks = checks_of(httpx.MockTransport(lambda _: answer))

    assert not checks[name].ok
    assert checks[name].advice
    assert "metrics" in checks[name].what


def test_a_source_that_cant_be_reached_is_told_at_once() -> None:
    def refuse(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("connection refused")

    checks = checks_of(httpx.MockTransport(refuse))

    assert list(checks) == ["reachable"]
    assert "connection refused" in checks["reachable"].what


def test_opening_gives_the_source_that_the_settings_ask_for() -> None:
    source: Source = open_source("metrics", PrometheusConfig.model_validate({"url": URL}))
    source.close()
    source.close()

    assert isinstance(source, PrometheusSource)
    assert source.name == "metrics"


def test_requests_in_flight_fall_to_one_and_rise_again_step_by_step() -> None:
    throttle = Throttle(3)

    throttle.complained()
    low = throttle.limit
    for _ in range(CALM):
        throttle.answered()
    middle = throttle.limit
    for _ in range(5 * CALM):
        throttle.answered()

    assert (low, middle, throttle.limit) == (1, 2, 3)


def test_work_in_flight_is_bounded_and_what_was_cancelled_never_begins() -> None:
    flights, entered, gate = Flights(1), Event(), Event()
    begun: list[str] = []

    def hold() -> None:
        entered.set()
        gate.wait(10)

    first = flights.start(hold)
    entered.wait(10)
    second = flights.start(lambda: begun.append("second"))
    cancelled = second.cancel()
    gate.set()
    first.result(10)
    flights.start(lambda: begun.append("third")).result(10)

    assert (cancelled, begun) == (True, ["third"])


def test_what_goes_wrong_in_flight_comes_to_whoever_waits() -> None:
    def broken() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        Flights(1).start(broken).result(10)
