"""Answers that real servers gave, read by the client: Prometheus 2.42 and 3.x, VictoriaMetrics 1.79."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import stamina

from domain.series import SeriesBatch
from domain.times import Grid, from_epoch
from sources.config import PrometheusConfig
from sources.errors import SourceError, SourceRejected, SourceTooLarge, SourceUnavailable
from sources.http.ask import Answer
from sources.prometheus import PrometheusSource
from sources.prometheus.questions import query_range
from sources.prometheus.refusals import refusal

RECORDED = Path(__file__).parents[2] / "fixtures" / "recorded" / "prometheus"


def recorded(name: str) -> dict[str, Any]:
    exchange: dict[str, Any] = json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8"))
    return exchange


def response(exchange: dict[str, Any]) -> httpx.Response:
    body = exchange["body"]
    content = body if isinstance(body, str) else json.dumps(body)
    headers = {"content-type": exchange["headers"].get("content-type", "")}
    return httpx.Response(exchange["status"], content=content.encode(), headers=headers)


@pytest.fixture(autouse=True)
def no_retries() -> Iterator[None]:
    with stamina.set_testing(True, attempts=1):
        yield


def opened(exchange: dict[str, Any]) -> PrometheusSource:
    transport = httpx.MockTransport(lambda _: response(exchange))
    config = PrometheusConfig.model_validate({"url": "http://recorded", "slice_hours": 1000})
    return PrometheusSource("recorded", config, transport)


def fetched(name: str, grid: Grid | None = None) -> SeriesBatch:
    """The batch that a recorded answer becomes, on the grid that it was asked for."""
    exchange = recorded(name)
    params = exchange["request"]["params"]
    if grid is None:
        start, end, step = int(params["start"]), int(params["end"]), int(params["step"])
        grid = Grid(start, step, (end - start) // step + 1)
    source = opened(exchange)
    try:
        return source.fetch(params["query"], grid)
    finally:
        source.close()


MATRICES = sorted(
    path.stem
    for path in RECORDED.glob("*.json")
    if (exchange := json.loads(path.read_text(encoding="utf-8")))["status"] == 200
    and isinstance(exchange["body"], dict)
    and isinstance(data := exchange["body"].get("data"), dict)
    and data.get("resultType") == "matrix"
    and str(exchange["request"]["params"].get("start", "")).isdigit()
    and str(exchange["request"]["params"].get("step", "")).isdigit()
    and path.stem != "vm_end_before_start"
)


@pytest.mark.parametrize("name", MATRICES)
def test_every_recorded_matrix_comes_back_sample_by_sample(name: str) -> None:
    batch = fetched(name)

    series = [one for one in recorded(name)["body"]["data"]["result"] if "values" in one]
    assert len(batch) == len(series)
    for one in series:
        row = [dict(labels) for labels in batch.labels].index(one["metric"])
        expected = np.full(batch.grid.steps, math.nan)
        for moment, value in one["values"]:
            expected[round((moment - batch.grid.start) / batch.grid.step)] = float(value)
        np.testing.assert_array_equal(batch.values[row], expected)


def test_there_are_enough_recorded_matrices() -> None:
    assert len(MATRICES) >= 20


def test_times_with_fractions_are_put_on_the_grid_only_where_they_belong() -> None:
    whole_seconds = Grid(1_795_327_800, 60, 6)

    batch = fetched("matrix_rfc3339", whole_seconds)

    assert np.isnan(batch.values).all()
    assert batch.notes.missing == ("5 samples that lie beside the grid",)


def test_data_that_was_not_asked_for_is_not_taken() -> None:
    """VictoriaMetrics answers an end before the start with samples of other times."""
    batch = fetched("vm_end_before_start", Grid(1_795_000_020, 60, 10))

    assert np.isnan(batch.values).all()
    assert batch.notes.partial


def test_a_failed_remote_read_makes_the_answer_partial() -> None:
    notes = fetched("warnings_remote_read_failed_matrix").notes

    assert notes.partial
    assert "remote_read" in notes.warnings[0]


@pytest.mark.parametrize("name", ["v3_warnings_bad_quantile", "v3_warnings_mixed_histograms", "v3_infos_rate_of_gauge"])
def test_remarks_on_a_query_are_kept_and_are_no_missing_data(name: str) -> None:
    notes = fetched(name).notes

    assert not notes.partial
    assert notes.warnings or notes.infos


@pytest.mark.parametrize(
    "name", ["matrix_native_histogram", "matrix_native_histogram_mixed", "v3_matrix_native_histogram"]
)
def test_native_histograms_are_noted(name: str) -> None:
    assert "native histograms" in fetched(name).notes.missing[0]


REJECTED = [
    "error_bad_step",
    "error_bad_time",
    "error_end_before_start",
    "error_execution_422_duplicate_labelset",
    "error_execution_422_many_to_many",
    "error_method_405",
    "error_missing_query",
    "error_not_found",
    "error_parse",
    "error_parse_type",
    "error_range_vector_in_range_query",
    "error_zero_step",
    "v3_error_many_to_many_422",
    "v3_error_parse",
    "vm_error_bad_time",
    "vm_error_missing_query",
    "vm_error_not_found",
    "vm_error_parse",
]
TOO_LARGE = [
    "error_timeout_503",
    "error_too_many_points",
    "error_too_many_samples_422",
    "v3_error_timeout",
    "v3_error_too_many_points",
    "vm_error_too_many_points",
    "vm_error_too_many_samples",
]
UNAVAILABLE = ["starting_up_503"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        *((name, SourceRejected) for name in REJECTED),
        *((name, SourceTooLarge) for name in TOO_LARGE),
        *((name, SourceUnavailable) for name in UNAVAILABLE),
    ],
)
def test_every_recorded_refusal_is_understood(name: str, kind: type[SourceError]) -> None:
    exchange = recorded(name)
    body = response(exchange)
    answer = Answer(body.status_code, dict(body.headers), body.content)

    error = refusal(answer, query_range("up", Grid(0, 60, 2)), "recorded")

    assert type(error) is kind
    assert error.status == exchange["status"]
    assert error.advice
    said = exchange["body"] if isinstance(exchange["body"], str) else exchange["body"]["error"]
    assert error.problem.startswith(" ".join(said.split())[:100])


def test_every_recorded_refusal_is_in_one_of_the_lists() -> None:
    refusals = {path.stem for path in RECORDED.glob("*.json") if recorded(path.stem)["status"] >= 400}

    assert refusals == {*REJECTED, *TOO_LARGE, *UNAVAILABLE}


def discovered(name: str) -> tuple[PrometheusSource, dict[str, Any]]:
    exchange = recorded(name)
    return opened(exchange), exchange


@pytest.mark.parametrize("name", ["series", "series_post", "series_empty", "vm_series", "warnings_series"])
def test_recorded_series_are_read(name: str) -> None:
    source, exchange = discovered(name)

    found = source.discover().series(["x"], from_epoch(0), from_epoch(60))

    source.close()
    assert [dict(labels) for labels in found] == sorted(exchange["body"]["data"], key=lambda one: sorted(one.items()))


@pytest.mark.parametrize("name", ["label_values_job", "label_values_unknown", "vm_label_values"])
def test_recorded_values_of_a_label_are_read(name: str) -> None:
    source, exchange = discovered(name)

    values = source.discover().label_values("job", ["x"], from_epoch(0), from_epoch(60))

    source.close()
    assert list(values) == sorted(exchange["body"]["data"])


def test_recorded_metadata_is_read() -> None:
    source, _ = discovered("metadata_one")

    described = source.discover().metadata("node_cpu_seconds_total")

    source.close()
    assert described is not None
    assert (described.type, described.help) == ("counter", "Seconds the CPUs spent in each mode.")


@pytest.mark.parametrize("name", ["metadata_unknown", "vm_metadata"])
def test_metadata_that_is_not_known_is_none(name: str) -> None:
    source, _ = discovered(name)

    described = source.discover().metadata("nothing")

    source.close()
    assert described is None
