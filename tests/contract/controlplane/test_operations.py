"""What the client sends, against the contract's file: paths, parameters, bodies and the answers that it understands."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from controlplane import models
from controlplane.client import ControlPlaneClient
from controlplane.config import ControlPlaneConfig
from controlplane.errors import ControlPlaneError
from domain.finding import Outcome, Severity
from tests.contract.controlplane.contract import SCHEMAS, answer_of, body_of, check, operations, resolved, sample

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC) - timedelta(hours=3)

CREATE = models.IncidentCreate(
    title="檔案系統 /data 將滿 <b>",
    description="**90 %** by Friday",
    severity=Severity.WARNING,
    source="forewarn",
    source_key="forewarn:0123:1",
    resource_ids=["r-1"],
    detected_at=NOON,
    expected_at=None,
    labels={"instance": 'db"1'},
    links=[models.Link.model_validate({"title": "evidence", "url": "https://forewarn.example/findings/1"})],
)
Call = Callable[[ControlPlaneClient], object]
CALLS: dict[str, Call] = {
    "readyz": lambda client: client.readyz(),
    "listResources": lambda client: client.list_resources(search="db-1"),
    "listResourceGroups": lambda client: client.list_resource_groups(),
    "listIncidents": lambda client: client.list_incidents(source_key="a b&c", status=models.IncidentStatus.NEW),
    "getIncident": lambda client: client.get_incident("text"),
    "createIncident": lambda client: client.create_incident(CREATE, key="fw-1"),
    "updateIncident": lambda client: client.update_incident(
        "text", models.IncidentUpdate(severity=Severity.CRITICAL, expected_at=NOON, labels={"a": "b"})
    ),
    "acknowledgeIncident": lambda client: client.acknowledge_incident("text", models.Acknowledgement(comment="seen")),
    "resolveIncident": lambda client: client.resolve_incident(
        "text", models.Resolution(resolution="gone", outcome=Outcome.CLEARED)
    ),
    "listIncidentComments": lambda client: client.list_comments("text"),
    "addIncidentComment": lambda client: client.add_comment(
        "text", models.CommentCreate(content="two days left", source_key="text"), key="fw-2"
    ),
    "listAutomationScripts": lambda client: client.list_scripts(),
    "executeAutomation": lambda client: client.execute(
        models.ExecutionRequest(script_id="s", parameters={"n": 1}, correlation_id="text", dry_run=True), key="fw-3"
    ),
    "listExecutions": lambda client: client.list_executions(correlation_id="c", status=models.ExecutionStatus.RUNNING),
    "getExecution": lambda client: client.get_execution("text"),
}


def test_the_client_uses_only_operations_of_the_contract() -> None:
    assert set(CALLS) <= set(operations())


@pytest.mark.parametrize("operation_id", sorted(CALLS))
def test_a_request_is_as_the_contract_wants_it_and_its_answer_is_understood(operation_id: str) -> None:
    method, path, operation = operations()[operation_id]
    sent: list[httpx.Request] = []
    status = next(status for status in operation["responses"] if status.startswith("2"))

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        body = sample(answer_of(operation, status))
        asked = json.loads(request.content or b"{}")
        body |= {name: asked[name] for name in ("sourceKey", "correlationId") if name in asked}
        check(body, answer_of(operation, status))
        return httpx.Response(int(status), json=body)

    config = ControlPlaneConfig(url="http://127.0.0.1:1/api/v1")
    with ControlPlaneClient(config, transport=httpx.MockTransport(answer)) as client:
        CALLS[operation_id](client)

    request = sent[0]
    assert len(sent) == 1
    assert request.method.lower() == method
    assert matches(request.url.path.removeprefix("/api/v1"), path)
    check_parameters(request, operation)
    if request.content:
        check(json.loads(request.content), body_of(operation))


def matches(path: str, template: str) -> bool:
    parts, wanted = path.split("/"), template.split("/")
    return len(parts) == len(wanted) and all(
        want.startswith("{") or part == want for part, want in zip(parts, wanted, strict=True)
    )


def check_parameters(request: httpx.Request, operation: dict[str, Any]) -> None:
    known = {parameter["name"]: parameter for parameter in operation.get("parameters", ())}
    for name, values in parse_qs(request.url.query.decode(), strict_parsing=bool(request.url.query)).items():
        schema = known[name]["schema"]
        check(int(values[0]) if schema["type"] == "integer" else values[0], schema)
    if "Idempotency-Key" in known:
        check(request.headers["idempotency-key"], known["Idempotency-Key"]["schema"])


@pytest.mark.parametrize("code", [400, 401, 403, 404, 409, 422, 429, 500, 503])
def test_the_error_shape_of_the_contract_is_understood(code: int) -> None:
    body = {"error": "SOME_CODE", "message": "words", "requestId": "r-1", "details": {"a": 1}}
    check(body, resolved(SCHEMAS["Error"]))
    config = ControlPlaneConfig(url="http://127.0.0.1:1/api/v1")
    transport = httpx.MockTransport(lambda _: httpx.Response(code, json=body))

    with (
        ControlPlaneClient(config, transport=transport) as client,
        pytest.raises(ControlPlaneError, match="words") as caught,
    ):
        client.get_incident("i")

    assert (caught.value.status, caught.value.code, caught.value.request_id) == (code, "SOME_CODE", "r-1")
