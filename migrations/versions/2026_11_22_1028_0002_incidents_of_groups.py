"""A group of findings may have many incidents, one after the other, in episodes that bear the same number.

Compatibility: the previous release still runs while this step does, and after it. So a step only adds: a column is
nullable or has a default, a constraint is added NOT VALID and validated by a later step, an index on a table that
grows is built CONCURRENTLY (in `op.get_context().autocommit_block()`, after dropping an invalid leftover). What is no
longer used is taken away one release later. Data is filled in by small batches, in a step of its own.

Revision ID: 0002
Revises: 0001
Create Date: 2026-11-22 10:28:00+00:00
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Change the tables."""
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_incidents_fingerprint")
        op.execute("CREATE INDEX CONCURRENTLY ix_incidents_fingerprint ON incidents (fingerprint, opened_at)")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS uq_incidents_fingerprint_episode")


def downgrade() -> None:
    """Change them back. The rule that an episode has one incident is not brought back: rows may break it by now."""
    op.execute("DROP INDEX IF EXISTS ix_incidents_fingerprint")
