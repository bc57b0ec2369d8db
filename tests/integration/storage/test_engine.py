"""Transactions are whole or not at all, readers only read, and a database that is away is told plainly."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, make_url, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from storage import schema
from storage.config import DatabaseConfig
from storage.embedded import EmbeddedServer, ServerFolder, find_server
from storage.embedded.process import clear_remains
from storage.engine import make_engine, open_engine, read_only, transaction
from storage.errors import DatabaseUnavailable
from tests.fixtures.postgres import CONFIG, remove_server, short_folder
from tests.fixtures.servers import free_port

pytestmark = pytest.mark.server


def add_switch(name: str) -> str:
    return f"INSERT INTO switches (name, is_on, reason, actor) VALUES ('{name}', true, '', '')"


def switches(engine: Engine) -> list[str]:
    with read_only(engine) as session:
        return list(session.scalars(text("SELECT name FROM switches")))


def test_a_transaction_is_kept_when_its_block_ends(engine: Engine) -> None:
    with transaction(engine) as session:
        session.execute(text(add_switch("a")))

    assert switches(engine) == ["a"]


def test_nothing_of_a_transaction_is_kept_when_its_block_raises(engine: Engine) -> None:
    with pytest.raises(IntegrityError), transaction(engine) as session:
        session.execute(text(f"{add_switch('a')}, ('a', true, '', '')"))

    assert switches(engine) == []


def test_a_reader_cannot_write(engine: Engine) -> None:
    with pytest.raises(DBAPIError, match="read-only transaction"), read_only(engine) as session:
        session.execute(text(add_switch("a")))


def test_a_connection_that_has_read_can_write_afterwards(engine: Engine) -> None:
    single = make_engine(engine.url, CONFIG.model_copy(update={"pool_size": 1, "pool_overflow": 0}))
    assert switches(single) == []

    with transaction(single) as session:
        session.execute(text(add_switch("a")))

    assert switches(single) == ["a"]
    single.dispose()


def test_a_reader_sees_one_moment_of_the_database(engine: Engine) -> None:
    with read_only(engine) as reader:
        before = reader.scalars(text("SELECT count(*) FROM switches")).one()
        with transaction(engine) as session:
            session.execute(text(add_switch("a")))
        after = reader.scalars(text("SELECT count(*) FROM switches")).one()

    assert (before, after) == (0, 0)


def test_times_come_back_in_utc_whatever_the_server_prefers(engine: Engine) -> None:
    with transaction(engine) as session:
        assert session.scalars(text("SHOW timezone")).one() == "UTC"
        assert session.scalars(text("SHOW application_name")).one() == "forewarn-tests"


def test_a_statement_that_takes_too_long_is_stopped_with_advice(engine: Engine) -> None:
    hasty = make_engine(engine.url, CONFIG.model_copy(update={"statement_timeout": timedelta(milliseconds=50)}))

    with pytest.raises(DatabaseUnavailable, match=r"database\.statement_timeout"), read_only(hasty) as session:
        session.execute(text("SELECT pg_sleep(5)"))

    hasty.dispose()


def test_a_pool_that_stays_empty_is_told_with_advice(engine: Engine) -> None:
    limits = {"pool_size": 1, "pool_overflow": 0, "pool_timeout": timedelta(milliseconds=50)}
    narrow = make_engine(engine.url, CONFIG.model_copy(update=limits))

    with read_only(narrow) as session:
        session.execute(text("SELECT 1"))
        with pytest.raises(DatabaseUnavailable, match=r"raise database\.pool_size"):
            switches(narrow)

    narrow.dispose()


def test_a_database_that_is_down_at_start_is_told_with_where_and_what_to_do() -> None:
    port = free_port()
    url = SecretStr(f"postgresql://fore:s3cret@127.0.0.1:{port}/forewarn")
    engine = open_engine(DatabaseConfig(url=url, connect_timeout=timedelta(seconds=2)))

    with pytest.raises(DatabaseUnavailable, match=r"'forewarn' at 127\.0\.0\.1 cannot be used.*doctor") as caught:
        switches(engine)

    assert "s3cret" not in str(caught.value)
    engine.dispose()


def test_a_database_that_is_not_there_is_told_by_its_name(database_url: str) -> None:
    engine = make_engine(make_url(database_url).set(database="no_such_database"), CONFIG)

    with pytest.raises(DatabaseUnavailable, match="no_such_database"):
        switches(engine)

    engine.dispose()


def test_a_session_that_is_ended_from_outside_is_told_and_the_next_one_works(engine: Engine) -> None:
    def end_ourselves() -> None:
        with transaction(engine) as session:
            session.execute(text(add_switch("lost")))
            pid = session.scalars(text("SELECT pg_backend_pid()")).one()
            with transaction(engine) as other:
                other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
            session.execute(text(add_switch("lost too")))

    with pytest.raises(DatabaseUnavailable, match="cannot be used"):
        end_ourselves()

    assert switches(engine) == []


def wait_until_all_are_gone(server: EmbeddedServer) -> None:
    """Wait until the last process of a server that was killed has noticed it."""
    clear_remains(server.folder.data, server.folder.sockets)


def test_our_own_server_is_started_again_when_it_was_killed_or_stopped() -> None:
    data_dir = short_folder(uuid4().hex)
    server = find_server(data_dir)
    engine = schema.open_database(DatabaseConfig(data_dir=data_dir))
    with transaction(engine) as session:
        session.execute(text(add_switch("kept")))

    killed = server.status().pid
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    wait_until_all_are_gone(server)
    assert switches(engine) == ["kept"]
    assert server.status().pid not in (None, killed)
    server.stop()
    assert switches(engine) == ["kept"]

    engine.dispose()
    server.stop()
    shutil.rmtree(data_dir)


@pytest.fixture
def own_server() -> Iterator[EmbeddedServer]:
    server = EmbeddedServer(ServerFolder(short_folder(uuid4().hex)))
    yield server
    server.stop()
    remove_server(server)


def test_a_database_that_goes_away_in_the_middle_loses_the_transaction_and_nothing_else(
    own_server: EmbeddedServer,
) -> None:
    engine = make_engine(own_server.ensure_running(), CONFIG)
    with transaction(engine) as session:
        session.execute(text("CREATE TABLE switches (name text, is_on bool, reason text, actor text)"))
        session.execute(text(add_switch("kept")))

    def stop_the_server() -> None:
        with transaction(engine) as session:
            session.execute(text(add_switch("lost")))
            own_server.stop()
            session.execute(text(add_switch("lost too")))

    with pytest.raises(DatabaseUnavailable):
        stop_the_server()
    with pytest.raises(DatabaseUnavailable):
        switches(engine)
    own_server.ensure_running()
    assert switches(engine) == ["kept"]
    engine.dispose()
