"""What a person reads of a source that is slow or refuses: what failed, on which query and window, what to do."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.acceptance.conftest import Product
from tests.integration.sources.faulty import Behaviour, Handler, faulty, stall, status

pytestmark = pytest.mark.server

AS_OF = "2026-11-22T00:00:00Z"
TOO_MANY = "query processing would load too many samples into memory in query execution"


def asked_for_history(behaviour: Behaviour) -> Behaviour:
    """A server that answers what is asked of one moment, and does something else where history is asked for."""

    def behave(handler: Handler) -> None:
        if handler.path.endswith("/query_range"):
            behaviour(handler)
            return
        found = {"resultType": "vector", "result": [{"metric": {}, "value": [1_795_000_000, "1"]}]}
        body = json.dumps({"status": "success", "data": found}).encode()
        handler.head(200, len(body))
        handler.wfile.write(body)

    return behave


def refused(code: int, text: str, kind: str = "execution") -> Behaviour:
    return status(code, json.dumps({"status": "error", "errorType": kind, "error": text}))


def night(product: Product, database_url: str, behaviour: Behaviour, **source: Any) -> str:
    """A nightly run of one pack that ends with 1; what it said."""
    with faulty(behaviour) as server:
        product.configure(
            sources={"main": {"url": server.url, "attempts": 1, **source}},
            database={"url": database_url},
            jobs={"nightly-capacity": {"packs": ["redis"], "watches": {"redis/clients": {"enabled": False}}}},
            reports={"folder": str(product.folder / "reports")},
        )
        done = product.run("run", "nightly-capacity", "--as-of", AS_OF, code=1)
    assert "Traceback" not in done.stderr
    return " ".join((done.stdout + done.stderr).split())


@pytest.mark.parametrize(
    ("behaviour", "source", "words"),
    [
        (status(401, "who are you?"), {}, ["main", "401", "credentials", "bearer_token_file"]),
        (
            asked_for_history(refused(422, TOO_MANY)),
            {"slice_hours": 720},
            ["422", TOO_MANY, "redis_memory_used_bytes", "window", "limit"],
        ),
        (
            asked_for_history(refused(422, "found duplicate series for the match group")),
            {},
            ["422", "duplicate series", "redis_memory_used_bytes", "window", "console"],
        ),
        (status(503, "Service Unavailable"), {}, ["main", "503", "its log"]),
        (asked_for_history(status(503, "down for repair")), {}, ["503", "down for repair", "redis_memory_used_bytes"]),
        (
            asked_for_history(stall),
            {"timeout": "1s", "total_timeout": "3s"},
            ["redis_memory_used_bytes", "window", "total_timeout"],
        ),
    ],
    ids=["401", "422, too much", "422, a bad query", "503", "503 in the middle", "slow"],
)
def test_what_failed_where_and_what_to_do(
    product: Product, database_url: str, behaviour: Behaviour, source: dict[str, Any], words: list[str]
) -> None:
    said = night(product, database_url, behaviour, **source)

    assert [word for word in words if word not in said] == [], said


def test_a_source_that_cannot_be_used_at_all_is_told_once(product: Product, database_url: str) -> None:
    said = night(product, database_url, status(401, "who are you?"))
    address = json.loads((product.folder / "forewarn.yaml").read_text())["sources"]["main"]["url"]

    assert said == (
        f"forewarn: main: {address}: who are you? (HTTP 401). query: vector(1). "
        "Check its credentials: bearer_token_file, username and password_file, or headers"
    )
