"""Engines, transactions, and what becomes of the errors of a database that is not there."""

from __future__ import annotations

import math
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.adapt import Buffer, Loader
from psycopg.types.json import set_json_dumps
from psycopg.types.string import StrDumperUnknown, TextLoader
from sqlalchemy import URL, Dialect, Engine, create_engine, event, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from storage import codec
from storage.config import DatabaseConfig, configured_url
from storage.embedded import find_server
from storage.errors import DatabaseFull, DatabaseUnavailable
from storage.text import escape, unescape


class ReadSession(Session):
    """A session that only reads: the database refuses to write in it."""


class WriteSession(ReadSession):
    """A session that may write as well. Only `transaction` makes one, and only its `with` block commits."""


class _StrDumper(StrDumperUnknown):
    def dump(self, obj: str) -> Buffer | None:
        return super().dump(escape(obj))


class _TextLoader(TextLoader):
    def load(self, data: Buffer) -> str | bytes:
        text = super().load(data)
        return unescape(text) if isinstance(text, str) else text


class _JsonbLoader(Loader):
    """Leaves the text as it is: the columns of `storage.tables` know what it holds."""

    def load(self, data: Buffer) -> bytes:
        return bytes(data)


def open_engine(config: DatabaseConfig) -> Engine:
    """An engine for the configured database; with none configured, the embedded server is started first.

    The embedded server is started again when it was killed or stopped meanwhile. Nothing is connected yet where a URL
    is configured. Raises `EmbeddedServerError` when our own server does not start, and `StorageError` when the URL is
    not one.
    """
    if not config.embedded:
        return make_engine(configured_url(config), config)
    server = find_server(config.data_dir)
    engine = make_engine(server.ensure_running(), config)

    def connect(dialect: Dialect, _record: object, given: tuple[Any, ...], named: dict[str, Any]) -> Any:
        try:
            return dialect.connect(*given, **named)
        except psycopg.OperationalError:
            server.ensure_running()
            return dialect.connect(*given, **named)

    event.listen(engine, "do_connect", connect)
    return engine


def make_engine(url: URL, config: DatabaseConfig) -> Engine:
    """An engine for that URL with the configured pool and time limits."""
    engine = create_engine(
        url,
        pool_size=config.pool_size,
        max_overflow=config.pool_overflow,
        pool_timeout=config.pool_timeout.total_seconds(),
        pool_pre_ping=True,
        hide_parameters=True,  # labels and payloads do not belong in logs
        connect_args={
            "application_name": config.application_name,
            "connect_timeout": max(2, round(config.connect_timeout.total_seconds())),
            "options": _options(config),
        },
    )
    event.listen(engine, "connect", _prepare_connection)
    return engine


@contextmanager
def transaction(engine: Engine, *, idle_seconds: float | None = None) -> Generator[WriteSession, None, None]:
    """A transaction: committed at the end of the block, rolled back when it raises.

    The server ends it, and frees what it locked, when for `idle_seconds` no statement comes: our process is frozen
    then. Without, it waits for as long as `database.idle_transaction_timeout` says.

    Raises `DatabaseUnavailable` (nothing was written) when the database cannot be reached or goes away in the middle.
    """
    with _translated(engine), WriteSession(engine, expire_on_commit=False) as session, session.begin():
        if idle_seconds is not None:
            limit = str(max(1, math.ceil(idle_seconds * 1000)))
            session.execute(select(func.set_config("idle_in_transaction_session_timeout", limit, True)))
        yield session


@contextmanager
def read_only(engine: Engine) -> Generator[ReadSession, None, None]:
    """A transaction that sees one moment of the database and cannot write. Raises `DatabaseUnavailable`."""
    reader = engine.execution_options(postgresql_readonly=True, isolation_level="REPEATABLE READ")
    with _translated(engine), ReadSession(reader, expire_on_commit=False) as session, session.begin():
        yield session


def _options(config: DatabaseConfig) -> str:
    settings = {
        "timezone": "UTC",
        "statement_timeout": round(config.statement_timeout.total_seconds() * 1000),
        "idle_in_transaction_session_timeout": round(config.idle_transaction_timeout.total_seconds() * 1000),
        "jit": "off",  # our statements are short: compiling them takes longer than running them
    }
    return " ".join(f"-c {name}={value}" for name, value in settings.items())


def _prepare_connection(connection: psycopg.Connection[Any], _record: object) -> None:
    """Let all text and JSON of a new connection go through our one place for characters that Postgres refuses."""
    connection.adapters.register_dumper(str, _StrDumper)
    for name in ("text", "varchar"):
        connection.adapters.register_loader(name, _TextLoader)
    set_json_dumps(codec.dumps, connection)
    connection.adapters.register_loader("jsonb", _JsonbLoader)


@contextmanager
def _translated(engine: Engine) -> Generator[None, None, None]:
    try:
        yield
    except PoolTimeout as error:
        raise DatabaseUnavailable(
            f"no connection to the database became free in time ({error}): "
            "raise database.pool_size, or look for what holds them"
        ) from error
    except DBAPIError as error:
        translated = explain(error, engine.url)
        if translated is None:
            raise
        raise translated from error


def explain(error: DBAPIError, url: URL) -> DatabaseUnavailable | None:
    """What an error of the driver means to an operator; None when it is not the database's state that is at fault."""
    cause = error.orig
    state = getattr(cause, "sqlstate", None)
    if not isinstance(cause, _NOT_THERE) or state in _CONFLICTS:
        return None
    where = f"the database {url.database!r} at {url.query.get('host') or url.host or 'the local socket'}"
    said = str(cause).strip().splitlines()[0] if str(cause).strip() else type(cause).__name__
    kind = DatabaseFull if state in _FULL else DatabaseUnavailable
    happened, advice = _MEANINGS.get(state or "", _UNUSABLE)
    return kind(f"{where} {happened} ({said}): {advice}")


_NOT_THERE = (psycopg.OperationalError, psycopg.InterfaceError, psycopg.errors.IdleInTransactionSessionTimeout)
_CONFLICTS = ("40001", "40P01")  # between transactions: not a matter of being there
_FULL = ("53100", "53200")
_UNUSABLE = (
    "cannot be used",
    "check that it runs, and the URL, user and password; `forewarn doctor` looks at each of them",
)
_MEANINGS = {  # by SQLSTATE: what happened, and what to do
    **dict.fromkeys(_FULL, ("has run out of disk or memory", "free some, then try again")),
    "57014": (
        "took longer than database.statement_timeout for one statement",
        "look for load or locks there, or allow more time",
    ),
    "55P03": ("is locked by somebody else", "try again in a moment"),
    "25P03": (
        "ended a transaction in which no statement had come for too long",
        "this process was frozen or starved: try again, and see workers.lease and database.idle_transaction_timeout",
    ),
}
