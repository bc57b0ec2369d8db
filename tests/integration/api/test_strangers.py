"""What callers without a token can make the API do: very little, whatever they send and however often."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from sqlalchemy import Engine

from api.app import make_verifier
from api.bodies import MOST_BYTES
from api.config import ApiConfig, OidcConfig
from api.context import ApiContext
from tests.fixtures.api import Serve

pytestmark = pytest.mark.server
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def guarded(engine: Engine, serve: Serve) -> Iterator[httpx.Client]:
    """A client of an API whose provider of tokens can't be reached."""
    oidc = {"issuer": "http://127.0.0.1:9", "audience": "forewarn", "jwks_url": "http://127.0.0.1:9/certs"}
    config = ApiConfig(oidc=OidcConfig.model_validate(oidc))
    with httpx.Client() as to_provider:
        yield serve(ApiContext(config, engine, verifier=make_verifier(config, to_provider)))


def test_a_body_that_says_it_is_long_is_refused_before_it_comes(guarded: httpx.Client) -> None:
    answer = guarded.post("/api/v1/mutes", content=b"[" * (MOST_BYTES + 1), headers=JSON)

    assert (answer.status_code, answer.json()["error"]) == (413, "INVALID_REQUEST")
    assert answer.headers["X-Request-ID"] == answer.json()["requestId"]


def test_a_body_that_does_not_say_how_long_it_is_is_read_so_far_and_no_farther(guarded: httpx.Client) -> None:
    given = 0

    def endless() -> Iterator[bytes]:
        nonlocal given
        for _ in range(2000):
            given += 16_384
            yield b"[],[],[]" * 2048

    with pytest.raises(httpx.HTTPError) as broken:
        guarded.post("/api/v1/mutes", content=endless(), headers=JSON).raise_for_status()

    assert given < 2000 * 16_384
    if isinstance(broken.value, httpx.HTTPStatusError):  # else the connection was closed while we were still sending
        assert broken.value.response.status_code == 413


def test_a_body_of_the_usual_size_is_read(guarded: httpx.Client) -> None:
    assert guarded.post("/api/v1/mutes", content=b" " * MOST_BYTES, headers=JSON).status_code in {401, 422}


def test_made_up_methods_and_paths_make_no_new_metrics(guarded: httpx.Client) -> None:
    address = guarded.base_url
    connection = http.client.HTTPConnection(address.host, address.port)
    for number in range(20):
        connection.request(f"MADEUP{number}", f"/api/v1/{number}")
        connection.getresponse().read()
    connection.close()

    lines = [line for line in guarded.get("/metrics").text.splitlines() if line.startswith("forewarn_api_requests_tot")]

    assert not any("MADEUP" in line for line in lines)
    assert 'forewarn_api_requests_total{method="other",route="none",status="404"} 20.0' in lines


def test_however_many_ask_whether_it_is_ready_each_check_runs_once(engine: Engine, serve: Serve) -> None:
    begun: list[float] = []

    def slow() -> bool:
        begun.append(time.monotonic())
        time.sleep(1.5)
        return True

    client = serve(ApiContext(ApiConfig(), engine, checks={"source": slow}))
    with ThreadPoolExecutor(60) as strangers:
        asked = [strangers.submit(client.get, "/api/v1/readyz") for _ in range(60)]
        time.sleep(0.5)
        at = time.monotonic()
        assert client.get("/api/v1/runs").status_code == 200
        waited = time.monotonic() - at
        answers = [one.result() for one in asked]

    assert {answer.status_code for answer in answers} == {200}
    assert len(begun) == 1
    assert waited < 1.0


def test_a_check_that_hangs_is_not_begun_again_and_counts_as_not_ready(
    engine: Engine, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.readiness.PATIENCE_SECONDS", 0.2)
    monkeypatch.setattr("api.readiness.KEPT_SECONDS", 0.0)
    over, begun = threading.Event(), []

    def hangs() -> bool:
        begun.append(1)
        return over.wait(30)

    client = serve(ApiContext(ApiConfig(), engine, checks={"source": hangs}))
    said = [client.get("/api/v1/readyz").json()["ready"] for _ in range(3)]
    over.set()
    deadline = time.monotonic() + 10
    while not client.get("/api/v1/readyz").json()["ready"] and time.monotonic() < deadline:
        time.sleep(0.05)

    assert said == [False, False, False]
    assert client.get("/api/v1/readyz").json()["ready"]


def test_what_fails_here_is_counted_and_has_the_id_of_its_request(engine: Engine, serve: Serve) -> None:
    def broken() -> bool:
        raise ZeroDivisionError

    client = serve(ApiContext(ApiConfig(), engine, checks={"source": broken}))

    answer = client.get("/api/v1/readyz", headers={"X-Request-ID": "mine-5"})

    assert (answer.status_code, answer.json()["error"]) == (500, "INTERNAL_ERROR")
    assert answer.headers["X-Request-ID"] == answer.json()["requestId"] == "mine-5"
    counted = 'forewarn_api_requests_total{method="GET",route="/api/v1/readyz",status="500"} 1.0'
    assert counted in client.get("/metrics").text
