"""The migrations lead from nothing to exactly the tables that the code works with, while others work."""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from pydantic import SecretStr
from sqlalchemy import Engine, make_url, text
from sqlalchemy.exc import DBAPIError

import migrations
from storage import schema
from storage.config import DatabaseConfig
from storage.engine import make_engine, transaction
from storage.errors import DatabaseUnavailable, SchemaTooNew, SchemaTooOld
from storage.schema import SchemaState
from storage.tables import Base
from tests.fixtures.postgres import CONFIG

pytestmark = pytest.mark.server

FOLDER = Path(migrations.__file__).parent


@pytest.fixture
def empty(fresh_database: Callable[..., str]) -> Iterator[Engine]:
    """An engine on a database with nothing in it."""
    engine = make_engine(make_url(fresh_database(empty=True)), CONFIG)
    yield engine
    engine.dispose()


def test_the_migrations_leave_no_difference_to_the_models(empty: Engine) -> None:
    assert schema.status(empty).state is SchemaState.EMPTY

    after = schema.upgrade(empty)

    assert after.state is SchemaState.CURRENT
    with empty.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []


def test_the_migrations_leave_the_same_constraints_and_indexes_as_the_models(
    empty: Engine, fresh_database: Callable[..., str]
) -> None:
    schema.upgrade(empty)
    other = make_engine(make_url(fresh_database(empty=True)), CONFIG)
    with other.begin() as connection:
        Base.metadata.create_all(connection)

    assert _rules(empty) == _rules(other)
    assert len(_rules(empty)) > 100
    other.dispose()


def test_an_upgrade_that_has_nothing_to_do_does_nothing(empty: Engine) -> None:
    first = schema.upgrade(empty)

    assert schema.upgrade(empty) == first


def test_of_many_that_upgrade_at_once_one_does_it_and_the_others_wait(empty: Engine) -> None:
    with ThreadPoolExecutor(4) as threads:
        states = {one.state for one in threads.map(lambda _: schema.upgrade(empty), range(4))}

    assert states == {SchemaState.CURRENT}


def test_of_processes_that_upgrade_at_once_one_does_it_and_the_others_wait(empty: Engine) -> None:
    script = """
        import sys
        from pydantic import SecretStr
        from storage import schema
        from storage.config import DatabaseConfig
        from storage.engine import open_engine
        print(schema.upgrade(open_engine(DatabaseConfig(url=SecretStr(sys.argv[1])))).state)
    """
    given = [sys.executable, "-c", textwrap.dedent(script), empty.url.render_as_string(hide_password=False)]
    processes = [subprocess.Popen(given, cwd=FOLDER.parent, stdout=subprocess.PIPE, text=True) for _ in range(3)]

    said = [process.communicate(timeout=120)[0].strip() for process in processes]

    assert said == ["current"] * 3


def test_each_migration_can_be_taken_back(empty: Engine) -> None:
    schema.upgrade(empty)
    config = _config()
    with empty.connect() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")

    with empty.connect() as connection:
        left = connection.execute(text("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"))
        assert {name for (name,) in left} <= {"alembic_version", "alembic_version_pkc"}
        functions = connection.execute(text("SELECT count(*) FROM pg_proc WHERE proname LIKE 'forewarn%'"))
        assert functions.scalar_one() == 0
    assert schema.upgrade(empty).state is SchemaState.CURRENT


def test_a_step_that_cannot_have_its_lock_gives_up_soon_and_changes_nothing(engine: Engine) -> None:
    config = _config()
    with transaction(engine) as session:
        session.execute(text("LOCK TABLE audit_log IN ACCESS SHARE MODE"))
        with engine.connect() as connection:
            config.attributes["connection"] = connection
            with pytest.raises(DBAPIError, match="lock timeout"):
                command.downgrade(config, "base")

    assert schema.status(engine).current == "0001"  # the steps before it are done, this one not at all
    with transaction(engine) as session:
        session.execute(text("SELECT count(*) FROM incidents"))
    assert schema.upgrade(engine).state is SchemaState.CURRENT


def test_a_database_of_a_newer_forewarn_is_left_alone_with_advice(engine: Engine) -> None:
    with transaction(engine) as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    assert schema.status(engine).state is SchemaState.NEW
    for deed in (schema.upgrade, schema.check):
        with pytest.raises(SchemaTooNew, match=r"migrated this database to 9999.*run the newer Forewarn"):
            deed(engine)


def test_a_configured_database_that_was_never_migrated_is_refused_with_advice(empty: Engine) -> None:
    config = DatabaseConfig(url=SecretStr(empty.url.render_as_string(hide_password=False)))

    with pytest.raises(SchemaTooOld, match=r"at migration none.*run `forewarn db upgrade`"):
        schema.open_database(config)


def test_a_configured_database_that_is_current_is_opened(database_url: str) -> None:
    opened = schema.open_database(DatabaseConfig(url=SecretStr(database_url)))

    assert schema.status(opened).state is SchemaState.CURRENT
    opened.dispose()


def test_a_database_that_is_away_is_told_plainly(engine: Engine) -> None:
    away = make_engine(engine.url.set(database="no_such_database"), CONFIG)

    for deed in (schema.status, schema.upgrade, schema.check):
        with pytest.raises(DatabaseUnavailable, match="no_such_database"):
            deed(away)
    away.dispose()


def test_migrations_have_dated_names_one_head_and_the_paragraph_on_compatibility() -> None:
    scripts = list(ScriptDirectory.from_config(_config()).walk_revisions())

    assert len(ScriptDirectory.from_config(_config()).get_heads()) == 1
    for script in scripts:
        assert re.fullmatch(r"\d{4}_\d\d_\d\d_\d{4}_\w+\.py", Path(script.path).name)
        assert "Compatibility: the previous release still runs" in script.longdoc
    assert len(scripts) == len(list((FOLDER / "versions").glob("*.py")))


def _rules(engine: Engine) -> set[tuple[str, ...]]:
    statement = """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace
        UNION ALL
        SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
    """
    with engine.connect() as connection:
        return {tuple(row) for row in connection.execute(text(statement)) if row[0] != "alembic_version"}


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("path_separator", "os")
    return config
