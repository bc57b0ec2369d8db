"""A credential that the Control Plane refuses: delivery rests, everybody can see it, and nothing is lost."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine

from domain.outbox import MessageKind, NewMessage, message_key
from storage.engine import transaction
from storage.outbox import add_messages
from tests.acceptance.conftest import Product
from tests.fixtures.sandbox import Sandbox
from tests.fixtures.servers import free_port

pytestmark = [pytest.mark.server, pytest.mark.slow]

SUBJECT = "forewarn:disk:20261122T020000Z"
PATIENCE_SECONDS = 30.0


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.05)


class Place:
    """The service with a secret in a file, beside a Control Plane that checks tokens."""

    def __init__(self, product: Product, sandbox: Sandbox, database_url: str) -> None:
        oidc = sandbox.oidc
        assert oidc is not None
        self.product, self.right = product, oidc.client_secret
        self.secret: Path = product.folder / "secret"
        self.port = free_port()
        token = {"url": oidc.token_url, "client_id": oidc.client_id, "client_secret_file": str(self.secret)}
        product.configure(
            sources={"files": {"path": str(product.folder)}},
            database={"url": database_url},
            control_plane={
                "url": sandbox.url,
                "token": token,
                "dispatcher": {"pause": "1s", "poll_interval": "1s"},
            },
            api={"port": self.port},
            jobs={"disks": {"packs": ["node"], "schedule": "0 2 * * *"}},
        )

    def metric(self, name: str) -> float:
        text = self._get("/metrics").text
        return next(float(line.split()[1]) for line in text.splitlines() if line.startswith(f"{name} "))

    def readiness(self) -> dict[str, bool]:
        return dict(self._get("/api/v1/readyz").json()["checks"])

    def answers(self) -> bool:
        try:
            return self._get("/api/v1/healthz").is_success
        except httpx.TransportError:
            return False

    def _get(self, path: str) -> httpx.Response:
        return httpx.get(f"http://127.0.0.1:{self.port}{path}", timeout=10)


@pytest.fixture
def place(product: Product, guarded_sandbox: Sandbox, database_url: str, engine: Engine) -> Place:
    body = {"title": "A disk fills up", "severity": "info", "source": "forewarn", "sourceKey": SUBJECT}
    key = message_key(MessageKind.INCIDENT_CREATE, SUBJECT, "open")
    with transaction(engine) as session:
        add_messages(session, [NewMessage(MessageKind.INCIDENT_CREATE, SUBJECT, key, body)])
    return Place(product, guarded_sandbox, database_url)


@pytest.fixture(params=[("scheduler,dispatcher,api",), ("dispatcher", "api")], ids=["one process", "two processes"])
def service(place: Place, request: pytest.FixtureRequest) -> Iterator[None]:
    """The service with a wrong secret."""
    place.secret.write_text("wrong")
    started: list[subprocess.Popen[str]] = []
    for parts in request.param:
        only = () if "," in parts else ("--only", parts)
        started.append(place.product.start("serve", *only))
    try:
        until(place.answers)
        yield
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.communicate(timeout=60)


def test_it_rests_says_so_everywhere_and_goes_on_with_the_right_secret(
    place: Place, service: None, guarded_sandbox: Sandbox
) -> None:
    until(lambda: place.metric("forewarn_dispatcher_paused") == 1.0)
    assert place.readiness()["control_plane"]
    assert not place.readiness()["delivery"]
    doctor = json.loads(place.product.run("doctor", "--json", code=1).stdout)["checks"]
    said = {(check["area"], check["name"]): check for check in doctor}
    assert said["control plane", "credential"]["verdict"] == "failed"
    assert said["activity", "delivery"]["what"].startswith("rests since ")
    (waiting,) = json.loads(place.product.run("outbox", "list", "--json").stdout)
    assert (waiting["state"], waiting["attempts"]) == ("pending", 0)

    place.secret.write_text(place.right)

    until(lambda: guarded_sandbox.effects(SUBJECT) == ["incident.create"])
    until(lambda: place.metric("forewarn_dispatcher_paused") == 0.0)
    until(lambda: place.readiness()["delivery"])  # what was found is kept for some seconds
    assert place.metric("forewarn_outbox_waiting") == 0.0
