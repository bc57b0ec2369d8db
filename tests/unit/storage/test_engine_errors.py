"""What the driver says becomes what an operator can do."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import errors
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError

from storage.engine import explain
from storage.errors import DatabaseFull, DatabaseUnavailable

URL = make_url("postgresql+psycopg://fore:s3cret@db.example:5433/forewarn")


def explained(error: Exception) -> DatabaseUnavailable | None:
    return explain(DBAPIError("SELECT 1", {}, error), URL)


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (errors.DiskFull("could not extend file"), DatabaseFull, "run out of disk"),
        (
            errors.QueryCanceled("canceling statement due to statement timeout"),
            DatabaseUnavailable,
            "statement_timeout",
        ),
        (
            errors.IdleInTransactionSessionTimeout("terminating connection due to idle-in-transaction timeout"),
            DatabaseUnavailable,
            "frozen",
        ),
        (errors.LockNotAvailable("canceling statement due to lock timeout"), DatabaseUnavailable, "locked by somebody"),
        (errors.AdminShutdown("terminating connection"), DatabaseUnavailable, "cannot be used"),
        (errors.CannotConnectNow("the database system is starting up"), DatabaseUnavailable, "starting up"),
        (errors.TooManyConnections("too many clients"), DatabaseUnavailable, "too many clients"),
        (errors.InvalidPassword("password authentication failed"), DatabaseUnavailable, "user and password"),
        (psycopg.OperationalError("connection refused"), DatabaseUnavailable, "forewarn doctor"),
        (psycopg.OperationalError(""), DatabaseUnavailable, "OperationalError"),
        (psycopg.InterfaceError("the connection is closed"), DatabaseUnavailable, "the connection is closed"),
    ],
)
def test_a_database_that_is_not_there_for_us_is_told_with_advice(
    error: Exception, kind: type[DatabaseUnavailable], words: str
) -> None:
    told = explained(error)

    assert type(told) is kind
    assert words in str(told)
    assert "'forewarn' at db.example" in str(told)
    assert "s3cret" not in str(told)


@pytest.mark.parametrize(
    "error",
    [
        errors.UniqueViolation("duplicate key"),
        errors.UndefinedTable("relation does not exist"),
        errors.SerializationFailure("could not serialize access"),
        errors.DeadlockDetected("deadlock detected"),
    ],
)
def test_a_fault_of_a_statement_is_left_as_it_is(error: Exception) -> None:
    assert explained(error) is None
