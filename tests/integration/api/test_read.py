"""What the read API answers."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from prometheus_client import CollectorRegistry, Gauge
from sqlalchemy import Engine

from api.config import ApiConfig
from api.context import ApiContext
from domain.run import Run
from storage.config import DatabaseConfig
from storage.engine import open_engine
from tests.fixtures.api import Serve
from tests.integration.api.conftest import host, record_night

pytestmark = pytest.mark.server


def hosts(answer: dict[str, Any]) -> list[str]:
    return [item["entity"]["instance"] for item in answer["items"]]


def test_findings_come_worst_first(client: httpx.Client, night: Run) -> None:
    answer = client.get("/api/v1/findings").json()

    assert hosts(answer) == ["a", "b", "c"]
    assert answer["items"][0]["severity"] == "warning"
    assert answer["items"][0]["exhaustion"]["within"] == {"7d": 0.9, "14d": 0.9, "30d": 0.95}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("severity=warning", ["a"]),
        ("entity=instance=b", ["b"]),
        ("entity=instance=b&entity=mountpoint=/", []),
        ("state=open", ["a"]),
        ("state=pending&state=open", ["a", "b", "c"]),
        ("watch=node/filesystem-space", ["a", "b", "c"]),
        ("job=another", []),
    ],
)
def test_findings_are_filtered(client: httpx.Client, night: Run, query: str, expected: list[str]) -> None:
    assert hosts(client.get(f"/api/v1/findings?{query}").json()) == expected


def test_pages_follow_one_another_without_gap_or_repeat(client: httpx.Client, night: Run) -> None:
    seen: list[str] = []
    cursor = ""
    for _ in range(3):
        answer = client.get(f"/api/v1/findings?limit=1{cursor}").json()
        seen += hosts(answer)
        cursor = f"&cursor={answer['nextCursor']}"

    assert (seen, answer["nextCursor"]) == (["a", "b", "c"], None)


def test_one_finding_comes_with_its_evidence_its_chart_and_its_history(
    client: httpx.Client, engine: Engine, night: Run
) -> None:
    record_night(engine, [host("a", 2, lead=0.7, night=1)], night=1)
    fingerprint = client.get("/api/v1/findings?entity=instance=a").json()["items"][0]["fingerprint"]

    found = client.get(f"/api/v1/findings/{fingerprint}").json()

    assert found["evidence"]["query"] == "node_filesystem_size_bytes - node_filesystem_avail_bytes"
    assert found["chart"]["values"] == [1.0, None]
    assert [entry["asOf"] for entry in found["history"]] == ["2026-11-23T02:00:00Z", "2026-11-22T02:00:00Z"]


def test_runs_and_their_parts(client: httpx.Client, night: Run) -> None:
    listed = client.get("/api/v1/runs").json()["items"]
    found = client.get(f"/api/v1/runs/{night.id}").json()

    assert [run["id"] for run in listed] == [str(night.id)]
    assert found["status"] == "succeeded"
    assert found["summary"]["acts"] == {"hold": 2, "open": 1}
    assert [(shard["watch"], shard["series"], shard["samples"]) for shard in found["shards"]] == [
        ("node/filesystem-space", 3, 100)
    ]


def test_forecasts_of_every_entity_are_kept(client: httpx.Client, night: Run) -> None:
    answer = client.get(f"/api/v1/forecasts?runId={night.id}&entity=instance=c").json()

    assert hosts(answer) == ["c"]
    assert answer["items"][0]["exhaustion"]["p50"] == "2026-12-12T02:00:00Z"


@pytest.mark.parametrize(("language", "title"), [("en", "Capacity report"), ("zh-TW", "容量報告")])
def test_reports_are_served_as_pages_that_load_and_run_nothing(
    client: httpx.Client, night: Run, language: str, title: str
) -> None:
    listed = client.get("/api/v1/reports").json()["items"]
    page = client.get(f"/api/v1/runs/{night.id}/reports/{language}/html")

    assert f"/api/v1/runs/{night.id}/reports/{language}/html" in [report["url"] for report in listed]
    assert title in page.text
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-12:00"])
@pytest.mark.parametrize("path", ["audit", "findings", "runs"])
def test_a_time_at_the_end_of_the_calendar_is_no_bug(client: httpx.Client, night: Run, path: str, moment: str) -> None:
    assert client.get(f"/api/v1/{path}?since={moment}").status_code in {200, 422}


@pytest.mark.parametrize("path", ["findings", "executions", "audit"])
def test_a_time_without_a_zone_is_refused_wherever_it_is_given(client: httpx.Client, night: Run, path: str) -> None:
    """Else the database would take it for one of its own zone."""
    assert client.get(f"/api/v1/{path}?since=2026-11-22T00:00:00").status_code == 422


def test_a_label_that_is_no_text_is_answered_as_json_writes_it(client: httpx.Client, engine: Engine) -> None:
    record_night(engine, [host("a\ud800", 3, lead=0.6)])

    found = client.get("/api/v1/findings").json()["items"]
    one = client.get(f"/api/v1/findings/{found[0]['fingerprint']}").json()

    assert found[0]["entity"]["instance"] == one["entity"]["instance"] == "a\\ud800"
    for path in ("forecasts", "incidents", "audit", "outbox", "runs"):
        assert client.get(f"/api/v1/{path}").status_code in {200, 422}, path


def test_the_newest_report_has_an_address_of_its_own(client: httpx.Client, night: Run) -> None:
    page = client.get("/api/v1/reports/latest?language=zh-TW&format=markdown")

    assert page.headers["content-type"].startswith("text/markdown")
    assert "容量報告" in page.text


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/v1/findings/00000000000000000000000000000000", 404, "RESOURCE_NOT_FOUND"),
        ("/api/v1/findings/not-a-fingerprint", 422, "VALIDATION_ERROR"),
        ("/api/v1/findings?severity=terrible", 422, "VALIDATION_ERROR"),
        ("/api/v1/findings?entity=nonsense", 400, "INVALID_REQUEST"),
        ("/api/v1/findings?cursor=bm9wZQ", 400, "INVALID_REQUEST"),
        ("/api/v1/findings?limit=0", 422, "VALIDATION_ERROR"),
        ("/api/v1/reports/latest", 404, "RESOURCE_NOT_FOUND"),
        ("/api/v1/nothing", 404, "RESOURCE_NOT_FOUND"),
    ],
)
def test_errors_have_the_contracts_shape(client: httpx.Client, path: str, status: int, code: str) -> None:
    answer = client.get(path, headers={"X-Request-ID": "mine-1"})

    assert (answer.status_code, answer.json()["error"], answer.json()["requestId"]) == (status, code, "mine-1")
    assert answer.json()["message"]
    assert answer.headers["X-Request-ID"] == "mine-1"


def test_a_request_id_that_could_harm_the_log_is_replaced(client: httpx.Client) -> None:
    answer = client.get("/api/v1/healthz", headers={"X-Request-ID": 'x" injected="y'})

    assert len(answer.headers["X-Request-ID"]) == 32


def test_it_says_what_is_not_ready(engine: Engine, serve: Serve) -> None:
    context = ApiContext(ApiConfig(), engine, checks={"database": lambda: True, "prometheus": lambda: False})

    answer = serve(context).get("/api/v1/readyz")

    assert answer.status_code == 503
    assert answer.json() == {"ready": False, "checks": {"database": True, "prometheus": False}}


def test_requests_are_counted(client: httpx.Client, night: Run) -> None:
    client.get("/api/v1/runs")

    metrics = client.get("/metrics").text

    assert 'forewarn_api_requests_total{method="GET",route="/api/v1/runs",status="200"} 1.0' in metrics


def test_what_is_scraped_is_brought_up_to_date_before(engine: Engine, serve: Serve) -> None:
    registry, told = CollectorRegistry(), iter((3, 5))
    waiting = Gauge("forewarn_outbox_waiting", "Messages that wait.", registry=registry)
    client = serve(ApiContext(ApiConfig(), engine, registry=registry, refresh=lambda: waiting.set(next(told))))

    for count in ("3.0", "5.0"):
        assert f"forewarn_outbox_waiting {count}" in client.get("/metrics").text


def test_one_caller_is_limited_and_health_is_not(engine: Engine, serve: Serve) -> None:
    client = serve(ApiContext(ApiConfig(requests_per_minute=2), engine))

    answers = [client.get("/api/v1/runs") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 1 <= int(answers[2].headers["Retry-After"]) <= 60
    assert client.get("/api/v1/healthz").status_code == 200


def test_a_database_that_is_away_is_said_and_not_called_a_bug(serve: Serve) -> None:
    nowhere = DatabaseConfig.model_validate({"url": "postgresql://nobody@127.0.0.1:9/nothing"})
    client = serve(ApiContext(ApiConfig(), open_engine(nowhere)))

    answer = client.get("/api/v1/findings")

    assert (answer.status_code, answer.json()["error"]) == (503, "SERVICE_UNAVAILABLE")
    assert answer.headers["Retry-After"] == "5"


def test_the_openapi_document_is_valid_and_names_every_path(client: httpx.Client) -> None:
    document = client.get("/api/v1/openapi.json").json()

    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    assert {"/api/v1/findings", "/api/v1/runs", "/api/v1/forecasts", "/api/v1/reports", "/metrics"} <= set(
        document["paths"]
    )
