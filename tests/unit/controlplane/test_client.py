"""What the client does with ids, keys, tokens and answers that belong to something else."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from controlplane.client import ControlPlaneClient
from controlplane.config import ControlPlaneConfig
from controlplane.errors import CredentialFault, Malformed, Rejected, Unavailable
from controlplane.models import CommentCreate, ExecutionRequest, IncidentCreate, IncidentUpdate
from domain.finding import Severity

Handler = Callable[[httpx.Request], httpx.Response]
TOKEN = {"url": "http://127.0.0.1/token", "client_id": "c", "client_secret": "s"}
INCIDENT: dict[str, Any] = {
    "id": "inc-1",
    "title": "t",
    "severity": "info",
    "status": "new",
    "sourceKey": "key",
    "createdAt": "2026-11-22T03:00:00Z",
    "updatedAt": "2026-11-22T03:00:00Z",
}
CREATE = IncidentCreate(title="t", severity=Severity.INFO, source_key="key")


def client_of(handler: Handler, **config: Any) -> ControlPlaneClient:
    settings = ControlPlaneConfig.model_validate({"url": "http://127.0.0.1:1/api/v1", **config})
    return ControlPlaneClient(settings, transport=httpx.MockTransport(handler))


class Guarded:
    """A Control Plane with a token endpoint, which accepts the tokens of some numbers only."""

    def __init__(self, *accepted: int) -> None:
        self.accepted = {f"Bearer token-{number}" for number in accepted}
        self.tokens = 0
        self.asked: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token":
            self.tokens += 1
            return httpx.Response(200, json={"access_token": f"token-{self.tokens}", "expires_in": 300})
        self.asked.append(request.headers["authorization"])
        if self.asked[-1] not in self.accepted:
            return httpx.Response(401, json={"error": "UNAUTHORIZED", "message": "expired"})
        return httpx.Response(201, json=INCIDENT)


def test_a_refused_token_is_replaced_once() -> None:
    server = Guarded(2)

    with client_of(server, token=TOKEN) as client:
        assert client.create_incident(CREATE, key="k").id == "inc-1"

    assert server.asked == ["Bearer token-1", "Bearer token-2"]


def test_a_fresh_token_that_is_refused_too_is_a_fault_of_the_credential() -> None:
    server = Guarded()

    with client_of(server, token=TOKEN) as client, pytest.raises(CredentialFault, match="check issuer, audience"):
        client.create_incident(CREATE, key="k")

    assert server.asked == ["Bearer token-1", "Bearer token-2"]


class StoppedError(Exception):
    pass


def test_a_start_is_looked_at_directly_before_each_request_that_would_carry_it() -> None:
    plane = Guarded(2)
    looks: list[tuple[int, int]] = []  # how many tokens were fetched, and how many requests had left

    def look() -> None:
        looks.append((plane.tokens, len(plane.asked)))
        if len(looks) == 2:
            raise StoppedError

    with client_of(plane, token=TOKEN) as client, pytest.raises(StoppedError):
        client.execute(ExecutionRequest(script_id="s", correlation_id="c"), key="k", last_look=look)

    assert looks == [(1, 0), (2, 1)]
    assert len(plane.asked) == 1


def test_a_start_that_does_not_leave_soon_after_the_last_look_does_not_leave() -> None:
    clock = [0.0]
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        clock[0] += 10.1  # the process was frozen on the way
        request.extensions["trace"]("http11.send_request_headers.started", {})
        asked.append(request)
        return httpx.Response(500)

    settings = ControlPlaneConfig(url="http://127.0.0.1:1/api/v1")
    client = ControlPlaneClient(settings, transport=httpx.MockTransport(answer), clock=lambda: clock[0])
    body = ExecutionRequest(script_id="s", correlation_id="c")
    with client, pytest.raises(Unavailable, match="not sent, the time for it was over"):
        client.execute(body, key="k", not_after=60.0, last_look=lambda: None)

    assert asked == []


def test_what_a_server_fails_at_is_asked_exactly_once() -> None:
    asked: list[httpx.Request] = []

    def fail(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(503)

    with client_of(fail) as client, pytest.raises(Exception, match="503"):
        client.create_incident(CREATE, key="k")

    assert len(asked) == 1


@pytest.mark.parametrize("identifier", ["", ".", "..", "x" * 257])
def test_an_id_that_can_not_be_one_is_never_put_into_a_path(identifier: str) -> None:
    with client_of(lambda _: httpx.Response(200)) as client, pytest.raises(Rejected, match="can't be an id"):
        client.get_incident(identifier)


def test_an_id_stays_one_segment_of_the_path_whatever_it_holds() -> None:
    seen: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.raw_path)
        return httpx.Response(200, json=INCIDENT | {"id": "../a/b?c#d 檔"})

    with client_of(answer) as client:
        client.get_incident("../a/b?c#d 檔")

    assert seen == [b"/api/v1/incidents/..%2Fa%2Fb%3Fc%23d%20%E6%AA%94"]


@pytest.mark.parametrize("key", ["", "k" * 129, "a\r\nb", "鑰"])
def test_a_key_that_can_not_be_a_header_is_refused(key: str) -> None:
    with client_of(lambda _: httpx.Response(201, json=INCIDENT)) as client, pytest.raises(Rejected, match="key"):
        client.create_incident(CREATE, key=key)


def test_the_key_is_sent() -> None:
    keys: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers["idempotency-key"])
        return httpx.Response(201, json=INCIDENT)

    with client_of(answer) as client:
        client.create_incident(CREATE, key="fw-1")

    assert keys == ["fw-1"]


FOREIGN: dict[str, tuple[dict[str, Any], Callable[[ControlPlaneClient], object]]] = {
    "create": (INCIDENT | {"sourceKey": "other"}, lambda client: client.create_incident(CREATE, key="k")),
    "get": (INCIDENT, lambda client: client.get_incident("inc-2")),
    "update": (INCIDENT, lambda client: client.update_incident("inc-2", IncidentUpdate(title="x"))),
    "comment": (
        {"id": "c", "content": "x", "sourceKey": "other", "createdAt": "2026-11-22T03:00:00Z"},
        lambda client: client.add_comment("inc-1", CommentCreate(content="x", source_key="mine"), key="k"),
    ),
    "execute": (
        {"id": "e", "scriptId": "s", "scriptName": "S", "status": "pending", "correlationId": "other"},
        lambda client: client.execute(ExecutionRequest(script_id="s", correlation_id="mine"), key="k"),
    ),
}


@pytest.mark.parametrize("name", sorted(FOREIGN))
def test_an_answer_to_somebody_elses_request_is_not_taken_for_ours(name: str) -> None:
    body, call = FOREIGN[name]

    with (
        client_of(lambda _: httpx.Response(200, json=body)) as client,
        pytest.raises(Malformed, match="something else"),
    ):
        call(client)


def test_a_redirect_is_not_followed_with_our_token() -> None:
    asked: list[str] = []

    def redirect(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        return httpx.Response(307, headers={"location": "http://evil.example/"})

    with client_of(redirect) as client, pytest.raises(Exception, match="answered 307"):
        client.list_scripts()

    assert asked == ["127.0.0.1"]


def test_only_what_was_set_is_sent() -> None:
    bodies: list[Any] = []

    def answer(request: httpx.Request) -> httpx.Response:
        bodies.append(json.loads(request.content))
        return httpx.Response(200, json=INCIDENT)

    with client_of(answer) as client:
        client.update_incident("inc-1", IncidentUpdate(expected_at=None))
        client.update_incident("inc-1", IncidentUpdate(severity=Severity.CRITICAL))

    assert bodies == [{"expectedAt": None}, {"severity": "critical"}]
