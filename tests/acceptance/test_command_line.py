"""The command line as programs and shells use it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from forewarn.demo.bundle import bundled
from tests.acceptance.conftest import Product
from tests.fixtures.sandbox import Sandbox

FOREWARN = Path(sys.executable).with_name("forewarn")
TRUTH = bundled()


@pytest.mark.server
def test_what_is_stored_is_read_as_json_by_the_names_of_the_api(
    product: Product, database_url: str, sandbox: Sandbox
) -> None:
    product.configure(
        sources={"demo": {"path": str(TRUTH.history)}},
        database={"url": database_url},
        control_plane={"url": sandbox.url},
        jobs={"nightly-capacity": {"packs": ["redis"]}},
        reports={"folder": str(product.folder / "reports")},
    )

    ran = product.json("run", "nightly-capacity", "--as-of", TRUTH.as_of.isoformat())

    (found,) = ran["findings"]
    assert found["entity"] == {"instance": "tpe-cache-01:9121"}
    assert (found["kind"], found["severity"]) == ("exhaustion", "info")
    assert found["exhaustion"]["p10"] <= found["exhaustion"]["p50"] <= found["exhaustion"]["p90"]
    assert {"query", "start", "end", "stepSeconds", "samplesSeen", "method"} <= set(found["evidence"])
    assert product.json("findings") == [{name: value for name, value in found.items() if name != "act"}]
    assert [one["asOf"] for one in product.json("runs")] == ["2026-11-22T00:00:00Z"]
    (incident,) = product.json("incidents")
    assert (incident["members"], bool(incident["remoteId"])) == ([found["fingerprint"]], True)
    assert product.json("outbox", "list") == []  # all is told
    assert [one["remoteId"] for one in product.json("outbox", "list", "--state", "delivered")] == [incident["remoteId"]]
    assert product.json("mute", "list") == []
    assert product.json("automation", "list") == {"stopped": None, "executions": [], "refused": []}
    assert {one["action"] for one in product.json("audit")} == {"incident.open"}
    assert product.json("db", "status")["schema"] == "current"


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("forewarn ", {"run", "serve", "demo", "findings", "runs", "incidents", "report", "doctor", "config", "db"}),
        ("forewarn db ", {"upgrade", "status", "stop"}),
        ("forewarn findings --sev", {"--severity"}),
        ("forewarn findings --severity ", {"info", "warning", "critical"}),
    ],
)
def test_a_shell_completes_what_is_typed(typed: str, offered: set[str]) -> None:
    asked = {
        "_FOREWARN_COMPLETE": "complete_bash",
        "COMP_WORDS": typed,
        "COMP_CWORD": str(len(typed.split(" ")) - 1),
    }

    done = subprocess.run(
        [FOREWARN], env={**os.environ, **asked}, capture_output=True, text=True, check=False, timeout=60
    )

    assert offered <= set(done.stdout.split()), done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_there_is_completion_to_install_for_each_shell(shell: str) -> None:
    environment = {**os.environ, "_FOREWARN_COMPLETE": f"source_{shell}"}
    done = subprocess.run([FOREWARN], env=environment, capture_output=True, text=True, check=False, timeout=60)

    assert (done.returncode, "_FOREWARN_COMPLETE" in done.stdout) == (0, True), done.stderr
