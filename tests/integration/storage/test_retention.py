"""What is old enough is forgotten; what is still needed never is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import ValidationError
from sqlalchemy import Engine, text

from domain.audit import AuditEntry
from domain.finding import Chart, FindingState
from domain.labels import Labels
from domain.run import RunStatus
from domain.series import SourceNotes
from storage.analyses import list_forecasts
from storage.audit import append_audit
from storage.config import RetentionConfig
from storage.engine import read_only, transaction
from storage.findings import append_history, upsert_findings
from storage.outbox import add_messages
from storage.reports import save_report
from storage.retention import prune
from storage.runs import finish_run
from storage.shards import record_shard
from tests.integration.storage.builders import HOLDER, NIGHT, analysis, finding, message, started_run

pytestmark = pytest.mark.server

CHART = Chart(times=(NIGHT,), values=(1.0,), limits=(2.0,))


def a_whole_run(engine: Engine) -> None:
    run_id = started_run(engine)
    cleared = finding(Labels.of(instance="cleared"), state=FindingState.CLEARED)
    with transaction(engine) as session:
        record_shard(
            session, run_id, 0, holder=HOLDER, analyses=[analysis(chart=CHART)], notes=SourceNotes(), timings={}
        )
        upsert_findings(session, [finding(), cleared], run_id=run_id)
        append_history(session, [finding(), cleared], run_id=run_id, as_of=NIGHT)
        save_report(session, run_id, language="en", format="html", content="")
        add_messages(session, [message("s")])
        append_audit(session, [AuditEntry("forewarn", "incident.open", "s")])
        finish_run(session, run_id, holder=HOLDER, status=RunStatus.SUCCEEDED)


def count(engine: Engine, table: str) -> int:
    with read_only(engine) as session:
        return int(session.scalars(text(f"SELECT count(*) FROM {table}")).one())


def test_nothing_is_forgotten_on_the_next_morning(engine: Engine) -> None:
    a_whole_run(engine)

    forgotten = prune(engine, RetentionConfig(), as_of=NIGHT + timedelta(days=1))

    assert set(forgotten.values()) == {0}


def test_charts_go_first_and_the_numbers_stay_for_grading(engine: Engine) -> None:
    a_whole_run(engine)

    forgotten = prune(engine, RetentionConfig(), as_of=NIGHT + timedelta(days=30))

    assert {name for name, rows in forgotten.items() if rows} == {"charts"}
    with read_only(engine) as session:
        assert [one.analysis for one in list_forecasts(session).items] == [analysis()]


def test_in_the_end_only_what_is_live_is_left(engine: Engine) -> None:
    a_whole_run(engine)

    forgotten = prune(engine, RetentionConfig(), as_of=NIGHT + timedelta(days=36_500))

    assert (forgotten["runs"], forgotten["findings"], forgotten["audit"]) == (1, 1, 1)
    assert [count(engine, table) for table in ("runs", "shards", "analyses", "reports", "audit_log")] == [0] * 5
    assert (count(engine, "findings"), count(engine, "outbox")) == (1, 1)


def test_nothing_is_kept_for_less_than_a_day() -> None:
    with pytest.raises(ValidationError, match="greater than or equal to 1 day"):
        RetentionConfig(charts=timedelta(hours=1))
