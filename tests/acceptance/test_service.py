"""`forewarn serve` as a process: it runs what is due, tells of it, answers, logs, and ends when it is told to."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.acceptance.conftest import Product
from tests.fixtures.packs import TANKS
from tests.fixtures.prometheus import ServerFactory
from tests.fixtures.sandbox import Sandbox
from tests.fixtures.servers import free_port

pytestmark = [pytest.mark.server, pytest.mark.slow]

PATIENCE_SECONDS = 150
HOURS = 20 * 24
NOWHERE = "http://127.0.0.1:9"


def history(until: datetime) -> str:
    """A tank that will be full in eight days, and one that rests; OpenMetrics text."""
    lines = ["# TYPE tank_level gauge"]
    for site, slope in (("grows", 0.1), ("rests", 0.0)):
        for hour in range(HOURS, -1, -1):
            moment = (until - timedelta(hours=hour)).timestamp()
            lines.append(f'tank_level{{site="{site}"}} {80 - slope * hour + hour % 2 / 10} {moment:.0f}')
    return "\n".join([*lines, "# EOF", ""])


@contextmanager
def serving(product: Product, *arguments: str) -> Iterator[tuple[httpx.Client, subprocess.Popen[str]]]:
    """The service, and a client of its API, once that answers."""
    port = json.loads((product.folder / "forewarn.yaml").read_text())["api"]["port"]
    with (
        product.start("serve", *arguments) as process,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30.0) as client,
    ):
        try:
            until(lambda: answers(client), process)
            yield client, process
        finally:
            process.kill()


def answers(client: httpx.Client) -> bool:
    try:
        return client.get("/api/v1/healthz").is_success
    except httpx.TransportError:
        return False


def until(holds: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert process.poll() is None, f"the service ended: {process.communicate()}"
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.1)


def ended(process: subprocess.Popen[str]) -> list[dict[str, Any]]:
    """Ask the service to end; what it logged, one JSON object a line."""
    process.send_signal(signal.SIGTERM)
    _, logged = process.communicate(timeout=60)
    assert process.returncode == 0, logged
    return [json.loads(line) for line in logged.splitlines()]


def logged(process: subprocess.Popen[str], event: str) -> dict[str, Any]:
    """The next line with that event that the service logs."""
    assert process.stderr is not None
    for text in process.stderr:
        line: dict[str, Any] = json.loads(text)
        if line["event"] == event:
            return line
    raise AssertionError(f"the service ended with {process.wait()}")


def jobs_at(port: int) -> set[str]:
    """The jobs that the service at that port tells of."""
    metrics = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    return set(re.findall(r'forewarn_job_next_run_timestamp_seconds\{job="(.+?)"\}', metrics))


def test_what_is_due_is_run_told_and_answered_for(product: Product, database_url: str, sandbox: Sandbox) -> None:
    (product.folder / "tanks.om").write_text(history(datetime.now(UTC)), encoding="utf-8")
    (product.folder / "tanks.yaml").write_text(json.dumps(TANKS), encoding="utf-8")
    product.configure(
        sources={"files": {"kind": "files", "path": str(product.folder / "tanks.om")}},
        database={"url": database_url},
        control_plane={"url": sandbox.url},
        jobs={"every-minute": {"packs": ["tanks.yaml"], "schedule": "* * * * *"}},
        reports={"folder": str(product.folder / "reports")},
        api={"port": free_port()},
    )

    with serving(product) as (client, process):
        until(lambda: sandbox.effects() == ["incident.create"], process)
        found = client.get("/api/v1/findings", headers={"X-Request-ID": "one-of-mine"}).json()["items"]
        metrics = client.get("/metrics").text
        logged = ended(process)

    assert [one["entity"] for one in found] == [{"site": "grows"}]
    assert 'forewarn_job_next_run_timestamp_seconds{job="every-minute"}' in metrics
    assert 'forewarn_job_last_end_timestamp_seconds{job="every-minute"}' in metrics
    assert 'forewarn_api_requests_total{method="GET",route="/api/v1/findings",status="200"} 1.0' in metrics
    assert all({"event", "level", "logger", "timestamp"} <= set(line) for line in logged)
    assert [line["status"] for line in logged if line.get("request_id") == "one-of-mine"] == [200]


def test_it_is_ready_when_everything_that_it_needs_is(
    product: Product, database_url: str, prometheus_server: ServerFactory, guarded_sandbox: Sandbox
) -> None:
    assert guarded_sandbox.oidc is not None
    oidc = guarded_sandbox.oidc
    token = {"url": oidc.token_url, "client_id": oidc.client_id, "client_secret": oidc.client_secret}
    product.configure(
        sources={"prometheus": {"url": prometheus_server("")}},
        database={"url": database_url},
        control_plane={"url": guarded_sandbox.url, "token": token},
        api={"port": free_port()},
    )

    with serving(product, "--only", "api") as (client, _):
        ready = client.get("/api/v1/readyz")

    assert ready.status_code == 200
    everything = {"database": True, "prometheus": True, "control_plane": True, "delivery": True}
    assert ready.json() == {"ready": True, "checks": everything}


def test_it_says_which_of_them_is_away(product: Product, database_url: str) -> None:
    product.configure(
        sources={"prometheus": {"url": NOWHERE}},
        database={"url": database_url},
        control_plane={"url": f"{NOWHERE}/api/v1"},
        api={"port": free_port()},
    )

    with serving(product, "--only", "api") as (client, process):
        ready, alive = client.get("/api/v1/readyz"), client.get("/api/v1/healthz")
        ended(process)

    assert ready.status_code == 503
    assert ready.json()["checks"] == {"database": True, "prometheus": False, "control_plane": False, "delivery": True}
    assert alive.status_code == 200


def test_it_reloads_what_can_be_used_and_else_goes_on_with_what_it_has(product: Product, database_url: str) -> None:
    port, other = free_port(), free_port()

    def configure(job: str, **changes: Any) -> None:
        settings: dict[str, Any] = {
            "sources": {"prometheus": {"url": NOWHERE}},
            "database": {"url": database_url},
            "jobs": {job: {"schedule": {"cron": "0 0 1 1 *", "misfire_grace": "1m"}}},
            "api": {"port": port},
        }
        product.configure(**settings | changes)

    def reload(process: subprocess.Popen[str], job: str, **changes: Any) -> None:
        configure(job, **changes)
        process.send_signal(signal.SIGHUP)

    configure("first")
    with serving(product) as (_, process), socket.create_server(("127.0.0.1", 0)) as taken:
        reload(process, "broken", timezone="Asia/Taipeh")
        broken = logged(process, "configuration_refused")
        lines = (product.folder / "forewarn.yaml").read_text(encoding="utf-8").splitlines()
        assert jobs_at(port) == {"first"}

        reload(process, "forgetful", database={"url": "postgresql://forewarn@127.0.0.1:9/forewarn"})
        forgetful = logged(process, "configuration_refused")
        assert jobs_at(port) == {"first"}

        reload(process, "homeless", api={"port": taken.getsockname()[1]})
        homeless = logged(process, "configuration_refused")
        logged(process, "service_started")
        assert jobs_at(port) == {"first"}

        reload(process, "second")
        logged(process, "service_started")
        assert jobs_at(port) == {"second"}

        reload(process, "third", api={"port": other})
        logged(process, "service_started")
        assert jobs_at(other) == {"third"}
        with pytest.raises(httpx.ConnectError):
            jobs_at(port)

        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0

    assert broken["file"] == "forewarn.yaml"
    assert '"timezone": "Asia/Taipeh"' in lines[broken["line"] - 1]
    assert "Asia/Taipei" in f"{broken['what']} {broken['advice']}"
    assert "the database 'forewarn' at 127.0.0.1 cannot be used" in forgetful["what"]
    assert "api.port" in homeless["what"]


def test_it_answers_while_a_run_is_waited_for(product: Product, database_url: str) -> None:
    """Who asks whether it is alive must not kill a run that a reload waits for."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        product.configure(
            sources={"prometheus": {"url": f"http://127.0.0.1:{silent.getsockname()[1]}", "timeout": "3s"}},
            database={"url": database_url},
            jobs={"every-minute": {"schedule": "* * * * *"}},
            api={"port": free_port()},
        )

        with serving(product) as (client, process):
            logged(process, "run_claimed")
            process.send_signal(signal.SIGTERM)
            logged(process, "service_stopping")
            time.sleep(0.5)  # an API that ends does so within a tenth of a second
            assert answers(client)
            logged(process, "run_failed")
            assert process.wait(60) == 0
