"""The migrations lead from nothing to exactly the tables that the code works with."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import make_url

from storage import schema
from storage.engine import make_engine
from storage.schema import SchemaState
from storage.tables import Base
from tests.fixtures.postgres import CONFIG

pytestmark = pytest.mark.server


def test_the_migrations_leave_no_difference_to_the_models(fresh_database: Callable[..., str]) -> None:
    engine = make_engine(make_url(fresh_database(empty=True)), CONFIG)
    assert schema.status(engine).state is SchemaState.EMPTY

    after = schema.upgrade(engine)

    assert after.state is SchemaState.CURRENT
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()
