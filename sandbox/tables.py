"""The sandbox's tables, in a schema of their own that it makes itself."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.schema import CreateSchema

SCHEMA = "sandbox"
metadata = MetaData(schema=SCHEMA)


def _sequence() -> Column[int]:
    return Column("seq", BigInteger, Identity(always=True), primary_key=True)


incident = Table(
    "incident",
    metadata,
    _sequence(),
    Column("id", Text, nullable=False, unique=True),
    Column("source", Text),
    Column("source_key", Text, index=True),
    Column("severity", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("body", JSONB, nullable=False),  # as it is answered
)

comment = Table(
    "comment",
    metadata,
    _sequence(),
    Column("id", Text, nullable=False, unique=True),
    Column("incident_id", Text, ForeignKey(incident.c.id), nullable=False, index=True),
    Column("body", JSONB, nullable=False),
)

execution = Table(
    "execution",
    metadata,
    _sequence(),
    Column("id", Text, nullable=False, unique=True),
    Column("script_id", Text, nullable=False),
    Column("correlation_id", Text, index=True),
    Column("status", Text, nullable=False),
    Column("requested_at", DateTime(timezone=True), nullable=False),
    Column("body", JSONB, nullable=False),
    Index("execution_unfinished", "seq", postgresql_where=text("status IN ('pending', 'running')")),
)

script = Table(
    "script",
    metadata,
    _sequence(),
    Column("id", Text, nullable=False, unique=True),
    Column("body", JSONB, nullable=False),
    Column("course", JSONB, nullable=False),  # how its executions go
)

resource = Table(
    "resource",
    metadata,
    _sequence(),
    Column("id", Text, nullable=False, unique=True),
    Column("body", JSONB, nullable=False),
)

resource_group = Table(
    "resource_group",
    metadata,
    _sequence(),
    Column("id", Text, nullable=False, unique=True),
    Column("body", JSONB, nullable=False),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("operation", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("object_id", Text),
    PrimaryKeyConstraint("operation", "key"),
)

ledger = Table(
    "ledger",
    metadata,
    _sequence(),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    Column("effect", Text, nullable=False),
    Column("subject", Text, nullable=False),  # the incident's sourceKey, or the execution's correlationId
    Column("object_id", Text, nullable=False),
    Column("idempotency_key", Text),
    Column("body", JSONB, nullable=False),
)

_LOCK = 0x5A4DB0  # one sandbox at a time makes the tables


def create_tables(engine: Engine) -> None:
    """Make the schema and the tables where they are missing."""
    with engine.begin() as connection:
        _alone(connection)
        connection.execute(CreateSchema(SCHEMA, if_not_exists=True))
        metadata.create_all(connection)


def empty_tables(engine: Engine) -> None:
    """Forget everything."""
    names = ", ".join(f'{SCHEMA}."{table.name}"' for table in metadata.sorted_tables)
    with engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY"))


def _alone(connection: Connection) -> None:
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
