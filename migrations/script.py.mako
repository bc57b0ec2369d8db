"""${message}

Compatibility: the previous release still runs while this step does, and after it. So a step only adds: a column is
nullable or has a default, a constraint is added NOT VALID and validated by a later step, an index on a table that
grows is built CONCURRENTLY (in `op.get_context().autocommit_block()`, after dropping an invalid leftover). What is no
longer used is taken away one release later. Data is filled in by small batches, in a step of its own.

Revision ID: ${up_revision}
Revises: ${down_revision | comma,n}
Create Date: ${create_date}
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}
revision: str = ${repr(up_revision)}
down_revision: str | None = ${repr(down_revision)}
branch_labels: str | Sequence[str] | None = ${repr(branch_labels)}
depends_on: str | Sequence[str] | None = ${repr(depends_on)}


def upgrade() -> None:
    """Change the tables."""
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    """Change them back."""
    ${downgrades if downgrades else "pass"}
