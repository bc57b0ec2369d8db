"""How a migration runs: one process at a time, with short waits for locks, each step in a transaction of its own.

The service goes on while we migrate. A step that can't get its lock at once gives up and is tried again later, because
everybody who comes after a waiting step would have to wait behind it.
"""

from __future__ import annotations

import time

from alembic import context
from alembic.util import CommandError
from sqlalchemy import Connection, text

from storage.tables import Base

MIGRATION_LOCK = 7_126_893_401_125  # any number, but the same one in every version
WAIT_FOR_OTHERS_SECONDS = 120
LOCK_TIMEOUT = "4s"
STATEMENT_TIMEOUT = "60s"


def migrate(connection: Connection) -> None:
    """Run the steps that are waiting."""
    wait_for_turn(connection)
    connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
    connection.execute(text(f"SET statement_timeout = '{STATEMENT_TIMEOUT}'"))
    connection.commit()
    try:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            transaction_per_migration=True,
            compare_server_default=True,
        )
        with context.begin_transaction():
            context.run_migrations()
    finally:
        connection.rollback()
        connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": MIGRATION_LOCK})
        connection.execute(text("RESET lock_timeout"))
        connection.execute(text("RESET statement_timeout"))
        connection.commit()


def wait_for_turn(connection: Connection) -> None:
    """Become the one who migrates.

    Asked again and again, each time in a transaction that ends at once: who waits inside of one would keep an index
    that is built CONCURRENTLY from ever being finished, and so wait for itself.
    """
    deadline = time.monotonic() + WAIT_FOR_OTHERS_SECONDS
    while not connection.execute(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": MIGRATION_LOCK}).scalar_one():
        connection.rollback()
        if time.monotonic() > deadline:
            raise CommandError(
                f"somebody else has been migrating this database for {WAIT_FOR_OTHERS_SECONDS} s: "
                "wait until that is done, or end it, then try again"
            )
        time.sleep(0.1)
    connection.commit()


migrate(context.config.attributes["connection"])
