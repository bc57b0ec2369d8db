"""The oldest Postgres that is supported does all that the newest does."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import URL, Engine, text

from domain.labels import Labels
from domain.run import RunStatus
from domain.series import SourceNotes
from storage import schema
from storage.analyses import load_analyses
from storage.engine import make_engine, read_only, transaction
from storage.findings import append_history, list_findings, upsert_findings
from storage.outbox import add_messages, claim_messages, depth, record_delivered
from storage.runs import finish_run, get_run
from storage.schema import SchemaState
from storage.shards import record_shard
from storage.tables import Base
from tests.fixtures.postgres import CONFIG
from tests.integration.storage.builders import HOLDER, NIGHT, analysis, finding, message, started_run

pytestmark = pytest.mark.server


@pytest.fixture
def old_engine(postgres_15: URL) -> Iterator[Engine]:
    """An engine on an empty database of Postgres 15."""
    plain = postgres_15.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS forewarn WITH (FORCE)")
        connection.execute("CREATE DATABASE forewarn")
    engine = make_engine(postgres_15.set(database="forewarn"), CONFIG)
    yield engine
    engine.dispose()


def test_the_migrations_lead_to_the_models(old_engine: Engine) -> None:
    assert schema.upgrade(old_engine).state is SchemaState.CURRENT

    with old_engine.connect() as connection:
        assert connection.execute(text("SHOW server_version_num")).scalar_one().startswith("15")
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []


def test_a_run_goes_its_whole_way(old_engine: Engine) -> None:
    schema.upgrade(old_engine)
    run_id = started_run(old_engine)
    seen, found = analysis(Labels.of(instance="磁碟\x00")), finding()

    with transaction(old_engine) as session:
        record_shard(session, run_id, 0, holder=HOLDER, analyses=[seen], notes=SourceNotes(), timings={})
    with transaction(old_engine) as session:
        upsert_findings(session, [found], run_id=run_id)
        append_history(session, [found], run_id=run_id, as_of=NIGHT)
        add_messages(session, [message("s"), message("s")])
        finish_run(session, run_id, holder=HOLDER, status=RunStatus.SUCCEEDED)
    with transaction(old_engine) as session:
        (claimed,) = claim_messages(session, holder="a", limit=5, lease_seconds=60)
        record_delivered(session, claimed.id, holder="a", status=201, remote_id="INC-1")

    with read_only(old_engine) as session:
        assert load_analyses(session, run_id) == [seen]
        assert list_findings(session, entity=found.entity).items == (found,)
        assert get_run(session, run_id).status is RunStatus.SUCCEEDED
        assert depth(session).pending == 0
