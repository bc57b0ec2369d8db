"""The same run killed with -9 at ten points and resumed: nothing is lost, nothing is told twice."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine, text

from forewarn.demo.bundle import bundled
from tests.acceptance.conftest import Product
from tests.fixtures.sandbox import Sandbox

pytestmark = [pytest.mark.server, pytest.mark.slow]

BUNDLE = bundled()
AS_OF = BUNDLE.as_of.isoformat()
PATIENCE_SECONDS = 120.0
# How far the run has come, as the database shows it; the process is killed as soon as it has come so far.
POINTS = (
    "SELECT count(*) >= 1 FROM runs",
    "SELECT count(*) >= 1 FROM shards",
    *(f"SELECT count(*) >= {done} FROM shards WHERE status = 'done'" for done in (1, 8, 20, 35)),
    "SELECT count(*) >= 1 FROM runs WHERE finished_at IS NOT NULL",
    *(f"SELECT count(*) >= {told} FROM outbox WHERE state = 'delivered'" for told in (1, 4, 8)),
)


def configure(product: Product, database_url: str, sandbox: Sandbox) -> None:
    product.configure(
        sources={"demo": {"path": str(BUNDLE.history)}},
        database={"url": database_url},
        control_plane={
            "url": sandbox.url,
            "dispatcher": {"settle_time": "1s", "concurrency": 1},
            "total_timeout": "2s",
        },
        workers={"backend": "sequential", "lease": "1s"},
        reports={"folder": str(product.folder / "reports")},
    )


def reached(engine: Engine, point: str) -> bool:
    with engine.connect() as connection:
        return bool(connection.execute(text(point)).scalar_one())


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.005)


def kill_at(product: Product, engine: Engine, point: str) -> bool:
    """Start the run and kill it at a point; whether it was killed before it came to its end."""
    process = product.start("run", "nightly-capacity", "--as-of", AS_OF)
    until(lambda: reached(engine, point) or process.poll() is not None)
    process.kill()
    process.communicate()
    return process.returncode == -9


def to_its_end(product: Product) -> Any:
    """Run it again until nobody's lease stands in the way."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            return product.json("run", "nightly-capacity", "--as-of", AS_OF)
        except AssertionError as held:
            if "is being worked on" not in str(held):
                raise
            time.sleep(0.2)
    raise AssertionError("the lease of a killed process did not lapse")


def stable(finding: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in finding.items() if name != "act"}


def test_a_run_that_is_killed_at_ten_points_comes_to_what_an_unbroken_one_does(
    tmp_path_factory: pytest.TempPathFactory,
    fresh_database: Callable[..., str],
    database_url: str,
    engine: Engine,
    sandbox: Sandbox,
) -> None:
    unbroken = Product(tmp_path_factory.mktemp("unbroken"))
    configure(unbroken, fresh_database(), sandbox)
    expected = unbroken.json("run", "nightly-capacity", "--as-of", AS_OF, "--no-deliver")
    broken = Product(tmp_path_factory.mktemp("broken"))
    configure(broken, database_url, sandbox)

    killed = [kill_at(broken, engine, point) for point in POINTS]
    after = to_its_end(broken)

    assert sum(killed) >= len(POINTS) - 1  # one may have been faster than the eye
    assert [stable(finding) for finding in after["findings"]] == [stable(finding) for finding in expected["findings"]]
    assert after["undelivered"] == 0
    created = [entry["subject"] for entry in sandbox.ledger() if entry["effect"] == "incident.create"]
    assert sorted(created) == sorted(set(created))
    assert len(created) == len(BUNDLE.planted)
