"""How a migration runs: one process at a time, with short waits for locks, each step in a transaction of its own.

The service goes on while we migrate. A step that can't get its lock at once gives up and is tried again later, because
everybody who comes after a waiting step would have to wait behind it.
"""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection, text

from storage.tables import Base

MIGRATION_LOCK = 7_126_893_401_125  # any number, but the same one in every version
WAIT_FOR_OTHERS = "60s"
LOCK_TIMEOUT = "4s"
STATEMENT_TIMEOUT = "60s"


def migrate(connection: Connection) -> None:
    """Run the steps that are waiting."""
    connection.execute(text(f"SET lock_timeout = '{WAIT_FOR_OTHERS}'"))
    connection.execute(text(f"SET statement_timeout = '{WAIT_FOR_OTHERS}'"))
    connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": MIGRATION_LOCK})
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


migrate(context.config.attributes["connection"])
