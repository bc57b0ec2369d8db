"""What a person reads when something is wrong: what, where, and what to do; and nothing is lost."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from forewarn.demo.bundle import bundled
from tests.acceptance.conftest import Product

pytestmark = pytest.mark.server
NOWHERE = "http://127.0.0.1:9"
BUNDLE = bundled()


def fails(product: Product, *arguments: str) -> str:
    done = product.run(*arguments, code=1)
    assert "Traceback" not in done.stderr
    return done.stderr


def test_a_source_that_cannot_be_reached(product: Product, database_url: str) -> None:
    product.configure(
        sources={"main": {"url": NOWHERE, "attempts": 1, "connect_timeout": "1s"}}, database={"url": database_url}
    )

    said = fails(product, "run", "nightly-capacity")

    assert f"main: {NOWHERE}: can't be reached" in said
    assert said.count("Is it up, and is its url right?") == 1
    (night,) = product.json("runs")
    assert (night["status"], night["summary"]) == ("planned", {})
    assert night["reason"].startswith(f"last try failed: main: {NOWHERE}: can't be reached")
    listed = product.run("runs").stdout
    assert re.search(r"planned +- +- +waiting", listed), listed


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"databse": {}}, ["forewarn.yaml:2", "databse", "database"]),
        ({"api": {"port": "many"}}, ["forewarn.yaml:3", "api.port", "whole number"]),
        ({"jobs": {"nightly-capacity": {"schedule": "61 2 * * *"}}}, ["forewarn.yaml:4", "schedule"]),
        ({"timezone": "Asia/Taipeh"}, ["forewarn.yaml:2", "timezone", "Asia/Taipei"]),
    ],
    ids=["unknown key", "wrong type", "bad cron line", "no such time zone"],
)
def test_a_configuration_with_a_fault_names_file_line_and_key(
    product: Product, settings: dict[str, object], words: list[str]
) -> None:
    product.configure(**settings)

    said = product.run("config", "check", code=1).stdout

    assert [word for word in words if word not in said] == []


def test_a_job_that_there_is_not(product: Product) -> None:
    assert "nightly-capacity" in fails(product, "run", "nightly-capacty")


@pytest.mark.parametrize("how", [(), ("--dry-run",)])
def test_a_time_that_is_still_to_come(product: Product, how: tuple[str, ...]) -> None:
    product.configure(database={"url": "postgresql://forewarn@127.0.0.1:9/forewarn"})  # it is not even asked

    said = fails(product, "run", "nightly-capacity", "--as-of", "2226-11-22T02:00:00Z", *how)

    assert "2226-11-22T02:00:00Z is still to come" in said


def test_a_database_that_is_down_at_start(product: Product) -> None:
    product.configure(database={"url": "postgresql://forewarn:hunter2@127.0.0.1:9/forewarn", "connect_timeout": "2s"})

    said = fails(product, "run", "nightly-capacity")

    assert "127.0.0.1" in said
    assert "hunter2" not in said


def test_a_database_of_a_newer_schema(product: Product, database_url: str, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'from_the_future'"))
    product.configure(database={"url": database_url})

    assert "newer Forewarn" in fails(product, "run", "nightly-capacity")


def test_a_database_without_tables(product: Product, fresh_database: Callable[..., str]) -> None:
    product.configure(database={"url": fresh_database(empty=True)})

    assert "forewarn db upgrade" in fails(product, "run", "nightly-capacity")


def test_a_database_that_goes_away_in_the_middle_loses_nothing(
    product: Product, database_url: str, engine: Engine
) -> None:
    product.configure(
        sources={"demo": {"path": str(BUNDLE.history)}},
        database={"url": database_url},
        workers={"backend": "sequential", "lease": "1s"},
        reports={"folder": str(product.folder / "reports")},
    )
    process = product.start("run", "nightly-capacity", "--as-of", BUNDLE.as_of.isoformat())
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        while process.poll() is None:
            done = connection.execute(text("SELECT count(*) FROM shards WHERE status = 'done'")).scalar_one()
            if done >= 5:
                connection.execute(
                    text(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                        "WHERE datname = current_database() AND pid <> pg_backend_pid()"  # others use the server, too
                    )
                )
                break
    said = process.communicate(timeout=120)[1]

    printed = product.json("run", "nightly-capacity", "--as-of", BUNDLE.as_of.isoformat())

    assert process.returncode in (0, 1), said  # it may have gone on with a new connection
    assert "Traceback" not in said
    assert len(printed["findings"]) == len(BUNDLE.planted)


def test_a_report_folder_that_cannot_be_written(product: Product, database_url: str, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    product.configure(
        sources={"demo": {"path": str(BUNDLE.history)}},
        database={"url": database_url},
        jobs={"nightly-capacity": {"packs": ["redis"]}},
        reports={"folder": str(blocked / "reports")},
    )

    said = fails(product, "run", "nightly-capacity", "--as-of", BUNDLE.as_of.isoformat())

    assert str(blocked) in said
    assert product.json("findings")  # what was found is stored all the same


def test_an_address_at_which_somebody_else_listens(product: Product, database_url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        product.configure(
            sources={"demo": {"path": str(BUNDLE.history)}}, database={"url": database_url}, api={"port": port}
        )

        said = fails(product, "serve")

    assert f"127.0.0.1:{port}" in said
    assert "api.port" in said
