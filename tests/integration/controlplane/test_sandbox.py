"""What the sandbox does beyond the contract's letter: it keeps things, fails on demand, and runs in a thread."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from controlplane.client import ControlPlaneClient
from controlplane.config import ControlPlaneConfig
from controlplane.models import IncidentCreate
from domain.finding import Severity
from sandbox.server import running_sandbox
from sandbox.settings import SandboxSettings
from tests.fixtures.oidc import OidcServer
from tests.fixtures.sandbox import Sandbox

pytestmark = pytest.mark.server

BODY = {"title": "disk", "severity": "info", "sourceKey": "k"}


def post(sandbox: Sandbox, key: str = "", **body: str) -> httpx.Response:
    headers = {"idempotency-key": key} if key else {}
    return httpx.post(f"{sandbox.url}/incidents", json=BODY | body, headers=headers)


def test_a_key_makes_one_incident_however_many_ask_at_once(sandbox: Sandbox) -> None:
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: post(sandbox, "same"), range(16)))

    assert sorted(answer.status_code for answer in answers) == [200] * 15 + [201]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert sandbox.effects() == ["incident.create"]


def test_keys_are_ignored_when_the_switch_says_so(sandbox: Sandbox) -> None:
    sandbox.faults(honour_keys=False)

    assert [post(sandbox, "same").status_code for _ in range(2)] == [201, 201]
    assert sandbox.effects("k") == ["incident.create"] * 2


def test_lists_come_in_pages_and_filters_are_exact(sandbox: Sandbox) -> None:
    for number in range(5):
        post(sandbox, sourceKey=f"k{number}", source="forewarn" if number else "other")

    body = httpx.get(f"{sandbox.url}/incidents?source=forewarn&page=2&pageSize=3").json()

    assert [item["sourceKey"] for item in body["items"]] == ["k1"]
    assert body["pagination"] == {"page": 2, "pageSize": 3, "total": 4, "totalPages": 2}
    assert httpx.get(f"{sandbox.url}/incidents", params={"sourceKey": "k"}).json()["items"] == []


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/incidents?page=0", 400, "INVALID_REQUEST"),
        ("/incidents?pageSize=201", 400, "INVALID_REQUEST"),
        ("/incidents?status=open", 400, "INVALID_REQUEST"),
        ("/incidents?sourceKey=%00", 400, "INVALID_REQUEST"),
        ("/audit-logs?from=yesterday", 400, "INVALID_REQUEST"),
        ("/incidents/none", 404, "RESOURCE_NOT_FOUND"),
        ("/nothing", 404, "RESOURCE_NOT_FOUND"),
    ],
)
def test_a_wrong_question_is_answered_in_the_contracts_error_shape(
    sandbox: Sandbox, path: str, status: int, code: str
) -> None:
    answer = httpx.get(sandbox.url + path)

    assert (answer.status_code, answer.json()["error"]) == (status, code)
    assert answer.json()["requestId"] == answer.headers["x-request-id"]


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b'{"title": "a\\u0000b", "severity": "info"}', "application/json", 400),
        (b'{"title": "", "severity": "info"}', "application/json", 422),
        (b'{"title": "t", "severity": "fatal"}', "application/json", 422),
        (b'{"title": "t", "severity": "info", "detectedAt": 5}', "application/json", 422),
        (b"title=t&severity=info", "application/x-www-form-urlencoded", 415),
    ],
)
def test_a_wrong_body_is_refused(sandbox: Sandbox, content: bytes, kind: str, status: int) -> None:
    answer = httpx.post(f"{sandbox.url}/incidents", content=content, headers={"content-type": kind})

    assert answer.status_code == status
    assert sandbox.ledger() == []


def test_resources_are_found_by_part_of_their_name_or_address(sandbox: Sandbox) -> None:
    day = "2026-11-22T03:00:00Z"
    common = {"type": "server", "status": "active", "createdAt": day, "updatedAt": day}
    sandbox.put_inventory(
        resources=[
            common | {"id": "r1", "name": "db_1", "ipAddress": "10.0.0.7", "groupId": "g1"},
            common | {"id": "r2", "name": "db-1", "ipAddress": "10.0.1.7", "groupId": "g1"},
        ],
        groups=[{"id": "g1", "name": "databases", "resourceCount": 2, "createdAt": day, "updatedAt": day}],
    )
    with ControlPlaneClient(sandbox.config()) as client:
        assert [item.id for item in client.list_resources(search="B_").items] == ["r1"]  # _ is no wildcard
        assert [item.id for item in client.list_resources(search="10.0.1").items] == ["r2"]
        assert client.list_resource_groups().items[0].resource_count == 2


def test_what_it_knows_outlasts_a_kill(sandbox_alone: Sandbox) -> None:
    made = post(sandbox_alone, "key").json()
    sandbox_alone.kill()
    sandbox_alone.start()

    assert post(sandbox_alone, "key").json() == made
    assert sandbox_alone.effects() == ["incident.create"]


def test_a_request_without_a_good_token_is_refused(guarded_sandbox: Sandbox, oidc: OidcServer) -> None:
    expected = {"x": 401, oidc.token(audience="other"): 401, oidc.token(): 200}

    answers = {
        token: httpx.get(f"{guarded_sandbox.url}/incidents", headers={"authorization": f"Bearer {token}"})
        for token in expected
    }

    assert {token: answer.status_code for token, answer in answers.items()} == expected
    assert answers["x"].json()["error"] == "UNAUTHORIZED"
    assert httpx.get(f"{guarded_sandbox.url}/incidents").status_code == 401


def test_it_runs_in_a_thread_of_another_program(database_url: str) -> None:
    with (
        running_sandbox(SandboxSettings(database_url)) as url,
        ControlPlaneClient(ControlPlaneConfig(url=url)) as client,
    ):
        made = client.create_incident(IncidentCreate(title="t", severity=Severity.INFO), key="k")
        assert client.readyz().ready
    with (
        running_sandbox(SandboxSettings(database_url)) as url,
        ControlPlaneClient(ControlPlaneConfig(url=url)) as client,
    ):
        assert client.list_incidents().items == [made]
