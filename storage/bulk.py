"""Many rows in one go: COPY into a staging table, then one statement into the real one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb
from sqlalchemy import Column, Connection, FromClause, MetaData, Table, func, select, text
from sqlalchemy.dialects.postgresql import Insert, distinct_on, insert

from storage.engine import WriteSession
from storage.tables.stored import Json, Stored


def upsert_rows(
    session: WriteSession,
    table: FromClause,
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    key: Sequence[str],
    touch: str | None = None,
) -> int:
    """Insert the rows; one whose key is there already takes the place of the old one. Returns how many were written.

    Of rows with the same key the last one counts. `touch` names a column that is set to now where a row is replaced.
    Written this way 10,000 rows take a fraction of the time that as many statements take.
    """
    stage = _Stage(session, table, columns)
    stage.fill(rows)
    keys = [stage.table.columns[name] for name in key]
    newest = select(*stage.table.columns).ext(distinct_on(*keys)).order_by(*keys, text("ctid DESC"))
    statement = insert(stage.target).from_select(columns, newest)
    changed: dict[str, Any] = {name: statement.excluded[name] for name in columns if name not in key}
    if touch is not None:
        changed[touch] = func.clock_timestamp()
    return stage.move(statement.on_conflict_do_update(index_elements=list(key), set_=changed))


def insert_rows(
    session: WriteSession,
    table: FromClause,
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    key: Sequence[str],
) -> int:
    """Insert the rows, in their order, whose key is not there yet; the others stay. Returns how many were new."""
    stage = _Stage(session, table, columns)
    stage.fill(rows)
    in_order = select(*stage.table.columns).order_by(text("ctid"))
    statement = insert(stage.target).from_select(columns, in_order)
    return stage.move(statement.on_conflict_do_nothing(index_elements=list(key)))


class _Stage:
    """A temporary table with the given columns of the real one and none of its constraints."""

    def __init__(self, session: WriteSession, table: FromClause, columns: Sequence[str]) -> None:
        if not isinstance(table, Table):
            raise TypeError(f"{table!r} is not a table")
        session.flush()
        self.target = table
        self.columns = columns
        self.connection: Connection = session.connection()
        self.table = Table(
            f"stage_{table.name}",
            MetaData(),
            *(Column(name, table.columns[name].type) for name in columns),
            prefixes=["TEMPORARY"],
            postgresql_on_commit="DROP",
        )
        self.table.create(self.connection)

    def fill(self, rows: Iterable[Sequence[object]]) -> None:
        driver = self.connection.connection.driver_connection
        if not isinstance(driver, psycopg.Connection):
            raise TypeError(f"bulk writes need psycopg 3, and this is {type(driver).__name__}")
        json_at = {
            at for at, name in enumerate(self.columns) if isinstance(self.table.columns[name].type, (Json, Stored))
        }
        statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
            sql.Identifier(self.table.name), sql.SQL(", ").join(map(sql.Identifier, self.columns))
        )
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(
                    [Jsonb(value) if at in json_at and value is not None else value for at, value in enumerate(row)]
                )

    def move(self, statement: Insert) -> int:
        moved = self.connection.execute(statement, execution_options={"preserve_rowcount": True}).rowcount
        self.table.drop(self.connection)
        return moved
