"""`forewarn db`: migrate, look, stop."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from typer.testing import CliRunner, Result

from forewarn.cli.db import app
from storage.embedded import find_server
from storage.errors import DatabaseUnavailable
from tests.fixtures.postgres import short_folder
from tests.fixtures.servers import free_port

pytestmark = pytest.mark.server


@pytest.fixture
def data_dir() -> Iterator[Path]:
    folder = short_folder(uuid4().hex)
    yield folder
    find_server(folder).stop()
    shutil.rmtree(folder, ignore_errors=True)


def forewarn_db(*arguments: str, **settings: object) -> Result:
    environment = {f"FOREWARN_DATABASE__{name.upper()}": str(value) for name, value in settings.items()}
    return CliRunner().invoke(app, arguments, env={"FOREWARN_CONFIG": None, **environment}, catch_exceptions=False)


def test_our_own_server_is_made_shown_and_stopped(data_dir: Path) -> None:
    before = forewarn_db("status", data_dir=data_dir)
    upgraded = forewarn_db("upgrade", data_dir=data_dir)
    shown = forewarn_db("status", data_dir=data_dir)
    again = forewarn_db("upgrade", data_dir=data_dir)
    stopped = forewarn_db("stop", data_dir=data_dir)
    after = forewarn_db("status", data_dir=data_dir)
    none = forewarn_db("stop", data_dir=data_dir)

    assert (before.exit_code, upgraded.exit_code, shown.exit_code, after.exit_code) == (1, 0, 0, 1)
    assert f"none yet; an embedded Postgres will be made in {data_dir}/postgres" in before.output
    assert "(before: empty)" in upgraded.output
    assert "the embedded Postgres 18" in shown.output
    assert "Tables: current" in shown.output
    assert "nothing to do" in again.output
    assert "is stopped" in stopped.output
    assert "is not running; it starts when it is needed" in after.output
    assert "was not running" in none.output


def test_programs_read_where_the_database_stands(fresh_database: Callable[..., str]) -> None:
    url = fresh_database(empty=True)

    empty = forewarn_db("status", "--json", url=url)
    forewarn_db("upgrade", url=url)
    current = forewarn_db("status", "--json", url=url)

    assert (empty.exit_code, current.exit_code) == (1, 0)
    assert json.loads(empty.output)["schema"] == "empty"
    found = json.loads(current.output)
    assert found["schema"] == "current"
    assert found["migration"] == found["newest"]


def test_an_empty_database_says_what_to_run(fresh_database: Callable[..., str]) -> None:
    shown = forewarn_db("status", url=fresh_database(empty=True))

    assert shown.exit_code == 1
    assert "Tables: empty: run `forewarn db upgrade`" in shown.output


def test_a_database_of_ones_own_is_not_ours_to_stop(database_url: str) -> None:
    stopped = forewarn_db("stop", url=database_url)

    assert stopped.exit_code == 0
    assert "nothing of ours to stop" in stopped.output


def test_the_password_is_not_shown_when_the_database_is_away() -> None:
    url = f"postgresql://fore:s3cret@127.0.0.1:{free_port()}/forewarn"

    with pytest.raises(DatabaseUnavailable) as caught:
        forewarn_db("upgrade", url=url)

    assert "s3cret" not in str(caught.value)
