"""The shape of the database: which migration it is at, and how it gets to the newest."""

from __future__ import annotations

import importlib.util
import threading
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import DBAPIError

from storage.config import DatabaseConfig
from storage.engine import explain, open_engine, read_only
from storage.errors import SchemaError, SchemaTooNew, SchemaTooOld, StorageError

OLDEST_MAJOR = 15
_one_thread = threading.Lock()


class SchemaState(StrEnum):
    """How the database's shape compares with ours."""

    EMPTY = "empty"  # nothing of ours is there yet
    OLD = "old"  # migrations are waiting
    CURRENT = "current"
    NEW = "new"  # a newer Forewarn has been here


@dataclass(frozen=True, slots=True)
class SchemaStatus:
    """Which migration the database is at, and which is the newest that we know."""

    current: str | None
    head: str
    state: SchemaState


def status(engine: Engine) -> SchemaStatus:
    """Where the database stands. Raises `DatabaseUnavailable`."""
    scripts = ScriptDirectory.from_config(_alembic())
    head = scripts.get_current_head()
    if head is None:
        raise StorageError("the migrations are missing: install Forewarn again")
    with read_only(engine) as session:
        current = MigrationContext.configure(session.connection()).get_current_revision()
    known = {script.revision for script in scripts.walk_revisions()}
    if current is None:
        return SchemaStatus(None, head, SchemaState.EMPTY)
    if current == head:
        return SchemaStatus(current, head, SchemaState.CURRENT)
    return SchemaStatus(current, head, SchemaState.OLD if current in known else SchemaState.NEW)


def upgrade(engine: Engine) -> SchemaStatus:
    """Bring the database to the newest shape; one process at a time, each step in a transaction of its own.

    Raises `SchemaTooNew` when a newer Forewarn has been there, and `DatabaseUnavailable`.
    """
    _check_server(engine)
    before = status(engine)
    _refuse_newer(before)
    if before.state is not SchemaState.CURRENT:
        config = _alembic()
        try:
            # Alembic keeps the migration that runs in globals of its module: one thread at a time.
            with _one_thread, engine.connect() as connection:
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
        except CommandError as error:
            raise SchemaError(str(error)) from error
        except DBAPIError as error:
            translated = explain(error, engine.url)
            if translated is None:
                raise
            raise translated from error
    return status(engine)


def check(engine: Engine) -> None:
    """Raise `SchemaTooNew` or `SchemaTooOld`, with advice, unless the database has our shape."""
    found = status(engine)
    _refuse_newer(found)
    if found.state is not SchemaState.CURRENT:
        raise SchemaTooOld(
            f"the database is at migration {found.current or 'none'} and this Forewarn works with {found.head}: "
            "run `forewarn db upgrade` once, with a role that may create tables"
        )


def open_database(config: DatabaseConfig) -> Engine:
    """An engine for a database that has our shape: the embedded one is migrated at once, any other must be already.

    Raises `DatabaseUnavailable`, `SchemaError` or `EmbeddedServerError`.
    """
    engine = open_engine(config)
    try:
        if config.embedded:
            upgrade(engine)
        else:
            check(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


def _refuse_newer(found: SchemaStatus) -> None:
    if found.state is SchemaState.NEW:
        raise SchemaTooNew(
            f"a newer Forewarn has migrated this database to {found.current}, and this one knows {found.head} at most: "
            "run the newer Forewarn, or restore a backup from before the upgrade"
        )


def _check_server(engine: Engine) -> None:
    with read_only(engine) as session:
        major = int(session.scalars(select(func.current_setting("server_version_num"))).one()) // 10_000
    if major < OLDEST_MAJOR:
        raise StorageError(f"the server is Postgres {major}, and Forewarn needs {OLDEST_MAJOR} or newer")


def _alembic() -> Config:
    spec = importlib.util.find_spec("migrations")
    if spec is None or spec.origin is None:
        raise StorageError("the migrations are missing: install Forewarn again")
    folder = Path(spec.origin).parent
    config = Config()
    # ConfigParser reads % as the beginning of a reference.
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    moment = "%%(year)d_%%(month).2d_%%(day).2d_%%(hour).2d%%(minute).2d"
    config.set_main_option("file_template", f"{moment}_%%(rev)s_%%(slug)s")
    config.set_main_option("timezone", "UTC")
    config.set_main_option("path_separator", "os")
    return config
