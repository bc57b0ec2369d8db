"""What is stored comes back exactly as it was, whatever other systems put into it."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from domain.finding import Analysis, Chart, Finding
from domain.labels import Labels
from domain.outbox import MessageKind, NewMessage
from domain.run import Shard
from domain.series import SourceNotes
from storage.analyses import find_analysis, list_forecasts, load_analyses
from storage.engine import read_only, transaction
from storage.findings import append_history, finding_history, get_finding, list_findings, upsert_findings
from storage.outbox import add_messages, claim_messages
from storage.runs import claim_run
from storage.shards import list_shards, pending_shards, plan_shards, record_shard
from tests.integration.storage.builders import HOLDER, NIGHT, analysis, evidence, finding, started_run
from tests.integration.storage.generated import any_labels, any_text, anything

pytestmark = pytest.mark.server

on_a_database = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)

HOSTILE = 'quo"te\\, new\nline, <script>alert(1)</script>, 磁碟空間, \x00, \ud800, \ufdd0inf, %s %(x)s'


def emptied(engine: Engine) -> None:
    with transaction(engine) as session:
        for table in ("runs", "findings", "outbox"):
            session.execute(text(f"DELETE FROM {table}"))


@on_a_database
@given(seen=anything(Analysis))
def test_an_analysis_survives_the_trip_whatever_is_in_it(engine: Engine, seen: Analysis) -> None:
    emptied(engine)
    run_id = started_run(engine)

    with transaction(engine) as session:
        record_shard(session, run_id, 0, holder=HOLDER, analyses=[seen], notes=SourceNotes(), timings={})

    with read_only(engine) as session:
        assert load_analyses(session, run_id) == [seen]
        assert find_analysis(session, run_id, watch=seen.watch, entity=seen.entity) == seen
        assert [one.analysis for one in list_forecasts(session, entity=seen.entity).items] == [
            replace(seen, chart=None)
        ]


@on_a_database
@given(seen=anything(Finding), hours=st.integers(0, 10**6))
def test_a_finding_survives_the_trip_whatever_is_in_it(engine: Engine, seen: Finding, hours: int) -> None:
    emptied(engine)
    possible = replace(seen, episode=max(1, seen.episode), last_seen=max(seen.first_seen, seen.last_seen))
    run_id = started_run(engine)

    with transaction(engine) as session:
        upsert_findings(session, [possible], run_id=run_id)
        append_history(session, [possible], run_id=run_id, as_of=NIGHT)

    with read_only(engine) as session:
        assert get_finding(session, possible.fingerprint) == possible
        assert list_findings(session, entity=possible.entity).items == (possible,)
        (entry,) = finding_history(session, possible.fingerprint).items
    assert (entry.exhaustion, entry.reason, entry.state) == (possible.exhaustion, possible.reason, possible.state)


@on_a_database
@given(planned=anything(Shard), notes=anything(SourceNotes), reason=any_text)
def test_a_shard_and_what_the_source_said_of_it_survive(
    engine: Engine, planned: Shard, notes: SourceNotes, reason: str
) -> None:
    emptied(engine)
    shard = replace(planned, index=3)
    with transaction(engine) as session:
        run = claim_run(session, job="nightly", as_of=NIGHT, holder=HOLDER, lease_seconds=60).run
        assert plan_shards(session, run.id, [shard]) == [shard]
        assert pending_shards(session, run.id) == [shard]
        record_shard(session, run.id, 3, holder=HOLDER, analyses=[], notes=notes, timings={reason: 0.25})

    with read_only(engine) as session:
        (record,) = list_shards(session, run.id)
    assert (record.shard, record.outcome.notes, record.timings) == (shard, notes, {reason: 0.25})


@on_a_database
@given(subject=any_text, title=any_text, labels=any_labels)
def test_a_message_is_sent_as_it_was_written(engine: Engine, subject: str, title: str, labels: Labels) -> None:
    emptied(engine)
    written = NewMessage(MessageKind.INCIDENT_CREATE, subject, "key", {"title": title, "labels": dict(labels)})
    with transaction(engine) as session:
        add_messages(session, [written])

    with transaction(engine) as session:
        (claimed,) = claim_messages(session, holder="dispatcher", limit=1, lease_seconds=60)

    assert (claimed.subject, claimed.payload) == (written.subject, written.payload)


def test_numbers_that_json_has_no_word_for_come_back(engine: Engine) -> None:
    run_id = started_run(engine)
    strange = evidence(current=math.nan, limit=math.inf, backtest_score=-math.inf)

    with transaction(engine) as session:
        record_shard(
            session, run_id, 0, holder=HOLDER, analyses=[analysis(evidence=strange)], notes=SourceNotes(), timings={}
        )

    with read_only(engine) as session:
        (back,) = load_analyses(session, run_id)
    assert back.evidence.current is not None
    assert math.isnan(back.evidence.current)
    assert (back.evidence.limit, back.evidence.backtest_score) == (math.inf, -math.inf)


def test_entities_are_found_by_labels_with_any_text(engine: Engine) -> None:
    hostile = finding(Labels.of(instance=HOSTILE, mountpoint="/"))
    plain = finding(Labels.of(instance="db-1", mountpoint="/"))
    with transaction(engine) as session:
        upsert_findings(session, [hostile, plain])

    with read_only(engine) as session:
        assert list_findings(session, entity=Labels.of(instance=HOSTILE)).items == (hostile,)
        assert len(list_findings(session, entity=Labels.of(mountpoint="/")).items) == 2
        assert list_findings(session, entity=Labels.of(instance="db")).items == ()


def test_labels_that_differ_only_in_what_postgres_refuses_stay_apart(engine: Engine) -> None:
    run_id = started_run(engine)
    near = [analysis(Labels.of(instance=f"db{mark}")) for mark in ("", "\x00", "\ud800", "\ufdd0", "\ufdd00000")]

    with transaction(engine) as session:
        record_shard(session, run_id, 0, holder=HOLDER, analyses=near, notes=SourceNotes(), timings={})

    with read_only(engine) as session:
        assert load_analyses(session, run_id) == near


def test_a_chart_is_kept_only_where_there_is_one(engine: Engine) -> None:
    run_id = started_run(engine)
    chart = Chart(times=(NIGHT,), values=(None,), limits=(100.0,))
    drawn, plain = analysis(Labels.of(instance="a"), chart=chart), analysis(Labels.of(instance="b"))

    with transaction(engine) as session:
        record_shard(session, run_id, 0, holder=HOLDER, analyses=[drawn, plain], notes=SourceNotes(), timings={})

    with read_only(engine) as session:
        assert load_analyses(session, run_id) == [drawn, plain]
        assert session.scalars(text("SELECT count(*) FROM analyses WHERE chart IS NOT NULL")).one() == 1
