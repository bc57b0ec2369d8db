"""A range query over a whole grid: slices, refusals, retries, and what the source remarks on."""

from __future__ import annotations

from datetime import timedelta

import httpx
import numpy as np
import pytest

from domain.labels import Labels
from domain.times import Grid
from sources.errors import SourceMalformed, SourceRejected, SourceTooLarge, SourceUnavailable
from tests.unit.sources.wire import asked_grid, counting, failure, form, in_turn, matrix, source_of, success

GRID = Grid(1_795_000_200, 300, 5 * 288)
TOO_MANY = "query processing would load too many samples into memory in query execution"


def expected() -> np.ndarray:
    return np.vstack([GRID.times, GRID.times + 0.5])


def test_the_whole_grid_is_asked_for_in_slices_newest_first() -> None:
    with source_of(counting) as (source, recorder):
        batch = source.fetch("x", GRID)

    np.testing.assert_array_equal(batch.values, expected())
    assert batch.labels == (Labels.of(__name__="x", host="a"), Labels.of(__name__="x", host="b"))
    grids = [asked_grid(request) for request in recorder.requests]
    assert [grid.steps for grid in grids] == [72, 576, 576, 216]  # a short one first, then two days each
    assert (grids[0].end, grids[-1].start) == (GRID.end, GRID.start)
    assert batch.notes.requests == 4
    assert 0 <= batch.notes.seconds < 60
    assert batch.notes.samples == 2 * GRID.steps


def test_a_short_window_is_one_request_as_a_form() -> None:
    with source_of(counting) as (source, recorder):
        source.fetch("x", Grid(600, 300, 10))

    (request,) = recorder.requests
    assert request.method == "POST"
    assert form(request) == {"query": "x", "start": "600", "end": "3300", "step": "300"}
    assert request.headers["accept-encoding"] == "identity"
    assert request.url.path == "/api/v1/query_range"


def test_a_grid_of_no_steps_asks_nothing() -> None:
    with source_of(counting) as (source, recorder):
        batch = source.fetch("x", Grid(600, 300, 0))

    assert batch.values.shape == (0, 0)
    assert recorder.requests == []


def test_slices_are_kept_within_the_points_that_one_answer_may_have() -> None:
    with source_of(counting, slice_hours=1000, max_points=500) as (source, recorder):
        source.fetch("x", GRID)

    assert max(asked_grid(request).steps for request in recorder.requests) == 500


def test_slices_shrink_when_there_are_many_series() -> None:
    with source_of(counting, max_samples=100) as (source, recorder):
        batch = source.fetch("x", GRID)

    assert {asked_grid(request).steps for request in recorder.requests[1:-1]} == {50}
    np.testing.assert_array_equal(batch.values, expected())


def test_several_slices_in_flight_give_the_same() -> None:
    with source_of(counting, concurrency=4, slice_hours=1) as (source, _):
        batch = source.fetch("x", GRID)

    np.testing.assert_array_equal(batch.values, expected())


@pytest.mark.parametrize(
    "refusal",
    [
        pytest.param((422, "execution", TOO_MANY), id="samples"),
        pytest.param((400, "bad_data", "exceeded maximum resolution of 11,000 points per timeseries."), id="points"),
        pytest.param((503, "timeout", "query timed out in expression evaluation"), id="time"),
        pytest.param((422, "422", "cannot select more than -search.maxSamplesPerQuery=200000 samples"), id="victoria"),
        pytest.param((422, "422", "the number of matching timeseries exceeds 30; either narrow"), id="victoria series"),
        pytest.param((422, "422", 'query="unexpected": cannot select more than 3 samples'), id="in the query"),
        pytest.param((504, "", "gateway timeout"), id="gateway"),
    ],
)
def test_a_slice_that_is_refused_as_too_much_is_halved(refusal: tuple[int, str, str]) -> None:
    def small_only(request: httpx.Request) -> httpx.Response:
        return failure(*refusal) if asked_grid(request).steps > 100 else counting(request)

    with source_of(small_only) as (source, recorder):
        batch = source.fetch("x", GRID)

    np.testing.assert_array_equal(batch.values, expected())
    refused = [request for request in recorder.requests if asked_grid(request).steps > 100]
    assert len(refused) == 3  # 576, 288, 144: it learns, and asks for no more than 72 from there on


def test_a_source_that_does_not_answer_in_time_is_asked_for_less() -> None:
    def slow(request: httpx.Request) -> httpx.Response:
        if asked_grid(request).steps > 100:
            raise httpx.ReadTimeout("timed out", request=request)
        return counting(request)

    with source_of(slow) as (source, _):
        batch = source.fetch("x", GRID)

    np.testing.assert_array_equal(batch.values, expected())


def test_an_answer_that_is_too_long_is_asked_for_in_parts() -> None:
    with source_of(counting, max_response_bytes=8_000) as (source, _):
        batch = source.fetch("x", GRID)

    np.testing.assert_array_equal(batch.values, expected())


def test_one_step_that_is_refused_as_too_much_is_an_error_with_advice() -> None:
    with (
        source_of(lambda _: failure(422, "execution", TOO_MANY)) as (source, _),
        pytest.raises(SourceTooLarge) as caught,
    ):
        source.fetch("x", GRID)

    assert caught.value.status == 422
    assert "fewer series" in caught.value.advice
    assert caught.value.window is not None
    assert caught.value.window[0] == caught.value.window[1]


@pytest.mark.parametrize("passing", [500, 502, 503, 429])
def test_what_may_pass_is_tried_again(passing: int) -> None:
    once = in_turn(httpx.Response(passing, text="later"), counting)

    with source_of(once) as (source, recorder):
        batch = source.fetch("x", Grid(600, 300, 10))

    assert len(batch) == 2
    assert len(recorder.requests) == 2


def test_a_broken_connection_is_tried_again() -> None:
    with source_of(in_turn(httpx.ReadError("reset"), counting)) as (source, recorder):
        source.fetch("x", Grid(600, 300, 10))

    assert len(recorder.requests) == 2


def test_tries_come_to_an_end_with_the_last_error() -> None:
    with (
        source_of(lambda _: httpx.Response(502, text="bad gateway")) as (source, recorder),
        pytest.raises(SourceUnavailable, match="bad gateway") as caught,
    ):
        source.fetch("x", Grid(600, 300, 10))

    assert len(recorder.requests) == 3
    assert caught.value.status == 502


@pytest.mark.parametrize(
    ("status", "advice"),
    [(400, "console"), (401, "credentials"), (403, "tenant"), (404, "path prefix"), (302, "final address")],
)
def test_what_will_not_pass_is_never_tried_again(status: int, advice: str) -> None:
    with (
        source_of(lambda _: failure(status, "bad_data", "no")) as (source, recorder),
        pytest.raises(SourceRejected, match=advice) as caught,
    ):
        source.fetch("x", GRID)

    assert len(recorder.requests) == 1
    assert caught.value.status == status


def test_a_reason_that_comes_after_a_long_query_is_told() -> None:
    text = 'error when executing query="x{host=~\\"' + "a|" * 5_000 + '\\"}": cannot evaluate: the disk is gone'

    with (
        source_of(lambda _: failure(422, "422", text)) as (source, _),
        pytest.raises(SourceRejected, match=r"error when executing query=.* \.\.\. .*the disk is gone") as caught,
    ):
        source.fetch("x", GRID)

    assert len(caught.value.problem) < 600


def test_a_query_that_is_too_long_is_not_asked_for_in_halves() -> None:
    text = "too long query; got 16400 bytes; mustn't exceed `-search.maxQueryLen=16384` bytes"

    with (
        source_of(lambda _: failure(422, "422", text)) as (source, recorder),
        pytest.raises(SourceRejected, match="Name fewer values"),
    ):
        source.fetch("x", GRID)

    assert len(recorder.requests) == 1


def test_after_a_complaint_only_one_request_is_in_flight() -> None:
    with source_of(in_turn(httpx.Response(429, text="slow down"), counting), concurrency=3) as (source, _):
        source.fetch("x", Grid(600, 300, 10))

        assert source._api.throttle.limit == 1


def test_a_wait_that_would_end_after_the_deadline_is_not_begun() -> None:
    busy = failure(429, "", "slow down", **{"retry-after": "3600"})

    with (
        source_of(lambda _: busy, total_timeout=timedelta(seconds=30)) as (source, recorder),
        pytest.raises(SourceUnavailable) as caught,
    ):
        source.fetch("x", Grid(600, 300, 10))

    assert caught.value.retry_after == 3600
    assert len(recorder.requests) == 1


def test_nothing_is_asked_once_the_time_limit_is_over() -> None:
    with (
        source_of(counting, total_timeout=timedelta(microseconds=1)) as (source, recorder),
        pytest.raises(SourceUnavailable, match="time limit") as caught,
    ):
        source.fetch("x", GRID)

    assert recorder.requests == []
    assert "total_timeout" in caught.value.advice


def test_series_that_appear_and_vanish_between_slices_get_rows_of_their_own() -> None:
    def changing(request: httpx.Request) -> httpx.Response:
        times = asked_grid(request).times.astype(int).tolist()
        old, new = [t for t in times if t < GRID.start + 700 * 300], [t for t in times if t >= GRID.start + 700 * 300]
        series = [({"host": "old"}, [(t, "1") for t in old]), ({"host": "new"}, [(t, "2") for t in new])]
        return matrix([one for one in series if one[1]])

    with source_of(changing) as (source, _):
        batch = source.fetch("x", GRID)

    assert [labels["host"] for labels in batch.labels] == ["new", "old"]
    assert batch.seen.tolist() == [GRID.steps - 700, 700]
    assert np.isnan(batch.values[0, :700]).all()
    assert (batch.values[1, :700] == 1).all()


def test_the_order_of_labels_in_an_answer_does_not_make_another_series() -> None:
    first = matrix([({"a": "1", "b": "2"}, [(600, "1")])])
    second = matrix([({"b": "2", "a": "1"}, [(300, "5")])])

    with source_of(in_turn(first, second), slice_hours=1 / 12) as (source, _):
        batch = source.fetch("x", Grid(300, 300, 2))

    assert batch.values.tolist() == [[5.0, 1.0]]


def test_native_histograms_are_left_out_and_said_so() -> None:
    answer = success(
        {
            "resultType": "matrix",
            "result": [{"metric": {"host": "a"}, "histograms": [[600, {"count": "1", "sum": "2"}]]}],
        }
    )

    with source_of(lambda _: answer) as (source, _):
        batch = source.fetch("x", Grid(600, 300, 1))

    assert len(batch) == 0
    assert batch.notes.partial
    assert "native histograms" in batch.notes.missing[0]


def test_samples_beside_the_grid_are_left_out_and_said_so() -> None:
    answer = matrix([({"host": "a"}, [(600, "1"), (777, "2"), (900.001, "3"), (1_000_200, "4")])])

    with source_of(lambda _: answer) as (source, _):
        batch = source.fetch("x", Grid(600, 300, 2))

    assert batch.values.tolist() == [[1.0, 3.0]]
    assert batch.notes.missing == ("2 samples that lie beside the grid",)


def test_warnings_about_data_make_an_answer_partial() -> None:
    answer = matrix([], warnings=["remote_read: connection refused"])

    with source_of(lambda _: answer) as (source, _):
        notes = source.fetch("x", GRID).notes

    assert notes.warnings == ("remote_read: connection refused",)  # once, though every slice says it
    assert notes.partial


def test_remarks_on_the_query_do_not_make_an_answer_partial() -> None:
    answer = matrix([], warnings=["PromQL warning: quantile value"], infos=["PromQL info: might not be a counter"])

    with source_of(lambda _: answer) as (source, _):
        notes = source.fetch("x", GRID).notes

    assert notes.infos == ("PromQL info: might not be a counter",)
    assert not notes.partial


def test_victoria_metrics_says_itself_that_its_answer_is_partial() -> None:
    with source_of(lambda _: matrix([], isPartial=True)) as (source, _):
        assert source.fetch("x", GRID).notes.partial


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        pytest.param(httpx.Response(200, html="<h1>Log in</h1>"), "login page", id="page"),
        pytest.param(httpx.Response(200, text='{"status":"succ'), "can't be understood", id="broken"),
        pytest.param(success({"resultType": "vector", "result": []}), "no matrix", id="vector"),
        pytest.param(success(None), "no matrix", id="null"),
        pytest.param(httpx.Response(200, json={"status": "error", "error": "odd"}), "odd", id="error"),
        pytest.param(matrix([({}, [(600, "twelve")])]), "sample can't be understood", id="text"),
        pytest.param(
            success({"resultType": "matrix", "result": [{"metric": {}, "values": [[600]]}]}),
            "without its value",
            id="odd",
        ),
        pytest.param(
            success({"resultType": "matrix", "result": [{"metric": {"a": 1}, "values": [[600, "1"]]}]}),
            "can't be understood",
            id="labels",
        ),
    ],
)
def test_an_answer_that_is_no_answer_is_told_as_such(answer: httpx.Response, says: str) -> None:
    with source_of(lambda _: answer) as (source, _), pytest.raises(SourceMalformed, match=says):
        source.fetch("x", Grid(600, 300, 1))


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ("x - x @ start()", f"x - x @ {GRID.start}.000"),
        ("max_over_time(x[1h:1m] @ start())", f"max_over_time((x)[1h:1m] @ {GRID.start}.000)"),
    ],
)
def test_the_windows_own_start_and_end_hold_in_every_slice(query: str, asked: str) -> None:
    with source_of(counting) as (source, recorder):
        source.fetch(query, GRID)

    assert {form(request)["query"] for request in recorder.requests} == {asked}


def test_long_queries_may_go_by_get_where_a_proxy_asks_for_it() -> None:
    with source_of(counting, method="get") as (source, recorder):
        source.fetch("x", Grid(600, 300, 10))

    assert recorder.requests[0].method == "GET"
    assert form(recorder.requests[0])["query"] == "x"


def test_the_path_of_the_address_is_kept() -> None:
    with source_of(counting, url="https://mimir.test/prometheus/") as (source, recorder):
        source.fetch("x", Grid(600, 300, 1))

    assert str(recorder.requests[0].url) == "https://mimir.test/prometheus/api/v1/query_range"
