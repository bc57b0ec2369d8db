"""The same run killed with -9 at ten points and resumed: nothing is lost, nothing is told twice."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
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


def configure(product: Product, database_url: str, sandbox: Sandbox, backend: str = "sequential") -> None:
    product.configure(
        sources={"demo": {"path": str(BUNDLE.history)}},
        database={"url": database_url},
        control_plane={
            "url": sandbox.url,
            "dispatcher": {"settle_time": "1s", "concurrency": 1},
            "total_timeout": "2s",
        },
        workers={"backend": backend, "lease": "1s"},
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


@pytest.fixture
def keyboard() -> Iterator[None]:
    """Ctrl-C reaches what is started, also where the tests themselves run in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_a_run_that_a_person_stops_says_so_in_one_line_and_goes_on_where_it_was(
    tmp_path_factory: pytest.TempPathFactory, database_url: str, engine: Engine, sandbox: Sandbox, keyboard: None
) -> None:
    product = Product(tmp_path_factory.mktemp("stopped"))
    configure(product, database_url, sandbox, backend="threading")

    process = product.start("run", "nightly-capacity", "--as-of", AS_OF)
    until(lambda: reached(engine, "SELECT count(*) >= 8 FROM shards WHERE status = 'done'"))
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=PATIENCE_SECONDS)

    assert process.returncode == 130, said
    assert said.splitlines()[-1] == "forewarn: stopped"
    assert "Warning" not in said
    (stopped,) = product.json("runs")
    assert (stopped["status"], stopped["reason"]) == (
        "planned",
        "last try failed: it was stopped",
    )
    assert to_its_end(product)["run"]["status"] == "succeeded"
