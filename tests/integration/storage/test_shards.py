"""What a shard saw is written in one go, once, by its run's holder."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, text

from domain.errors import LeaseLost
from domain.labels import Labels
from domain.run import Shard, ShardStatus
from domain.series import SourceNotes
from storage.analyses import load_analyses
from storage.engine import read_only, transaction
from storage.errors import NotFound
from storage.shards import fail_shard, list_shards, pending_shards, plan_shards, record_shard
from tests.integration.storage.builders import HOLDER, analysis, started_run

pytestmark = pytest.mark.server

NOTES = SourceNotes(
    warnings=("late samples",), partial=True, missing=("2026-11-03",), requests=4, samples=9, seconds=1.5
)


def test_a_resumed_run_keeps_the_plan_it_began_with(engine: Engine) -> None:
    run_id = started_run(engine, shards=2)

    with transaction(engine) as session:
        again = plan_shards(session, run_id, [Shard(0, "another/plan")], holder=HOLDER)

    assert [shard.watch for shard in again] == ["node/watch-0", "node/watch-1"]


def test_only_the_holder_plans(engine: Engine) -> None:
    run_id = started_run(engine)

    with pytest.raises(LeaseLost), transaction(engine) as session:
        plan_shards(session, run_id, [Shard(0, "node/x")], holder="another")


def test_a_shard_is_done_together_with_what_it_saw(engine: Engine) -> None:
    run_id = started_run(engine, shards=2)
    seen = [analysis(Labels.of(instance="a")), analysis(Labels.of(instance="b"))]

    with transaction(engine) as session:
        assert record_shard(
            session, run_id, 1, holder=HOLDER, analyses=seen, notes=NOTES, timings={"fetch": 1.25, "analyse": 0.5}
        )

    with read_only(engine) as session:
        assert [shard.index for shard in pending_shards(session, run_id)] == [0]
        done = list_shards(session, run_id)[1]
        assert load_analyses(session, run_id) == seen
    assert (done.outcome.status, done.outcome.notes, done.outcome.series) == (ShardStatus.DONE, NOTES, 2)
    assert done.timings == {"fetch": 1.25, "analyse": 0.5}
    assert done.finished_at is not None


def test_nothing_of_a_shard_is_there_when_its_transaction_fails(engine: Engine) -> None:
    run_id = started_run(engine)

    with transaction(engine) as session:
        record_shard(session, run_id, 0, holder=HOLDER, analyses=[analysis()], notes=NOTES, timings={})
        session.rollback()

    with read_only(engine) as session:
        assert load_analyses(session, run_id) == []
        assert len(pending_shards(session, run_id)) == 1


def test_a_shard_that_is_done_is_not_written_again(engine: Engine) -> None:
    run_id = started_run(engine)
    first, second = [analysis(Labels.of(instance="a"))], [analysis(Labels.of(instance="b"))]
    with transaction(engine) as session:
        assert record_shard(session, run_id, 0, holder=HOLDER, analyses=first, notes=NOTES, timings={})

    with transaction(engine) as session:
        assert not record_shard(session, run_id, 0, holder=HOLDER, analyses=second, notes=NOTES, timings={})
        assert not fail_shard(session, run_id, 0, holder=HOLDER, reason="too late")

    with read_only(engine) as session:
        assert load_analyses(session, run_id) == first


def test_who_lost_the_run_records_nothing(engine: Engine) -> None:
    run_id = started_run(engine)
    with transaction(engine) as session:
        session.execute(text("UPDATE runs SET holder = 'another'"))

    with pytest.raises(LeaseLost, match="another holds it"), transaction(engine) as session:
        record_shard(session, run_id, 0, holder=HOLDER, analyses=[analysis()], notes=NOTES, timings={})
    with pytest.raises(LeaseLost), transaction(engine) as session:
        fail_shard(session, run_id, 0, holder=HOLDER, reason="503")

    with read_only(engine) as session:
        assert load_analyses(session, run_id) == []


def test_a_shard_that_failed_says_why(engine: Engine) -> None:
    run_id = started_run(engine)

    with transaction(engine) as session:
        assert fail_shard(session, run_id, 0, holder=HOLDER, reason="422: too many samples", notes=NOTES)

    with read_only(engine) as session:
        (failed,) = list_shards(session, run_id)
        assert pending_shards(session, run_id) == []
    assert (failed.outcome.status, failed.outcome.reason) == (ShardStatus.FAILED, "422: too many samples")
    assert failed.outcome.notes == NOTES


def test_analyses_come_back_in_the_order_of_the_shards_whatever_order_they_were_done_in(engine: Engine) -> None:
    run_id = started_run(engine, shards=3)
    for index in (2, 0, 1):
        names = [f"{index}-{letter}" for letter in "zya"]
        seen = [analysis(Labels.of(instance=name)) for name in names]
        with transaction(engine) as session:
            record_shard(session, run_id, index, holder=HOLDER, analyses=seen, notes=NOTES, timings={})

    with read_only(engine) as session:
        order = [one.entity["instance"] for one in load_analyses(session, run_id)]
    assert order == ["0-z", "0-y", "0-a", "1-z", "1-y", "1-a", "2-z", "2-y", "2-a"]


def test_of_an_entity_that_two_shards_saw_the_later_recorded_counts(engine: Engine) -> None:
    run_id = started_run(engine, shards=2)
    for index, value in ((0, 1.0), (1, 2.0)):
        with transaction(engine) as session:
            record_shard(
                session,
                run_id,
                index,
                holder=HOLDER,
                analyses=[analysis(oversized_by=value)] * 2,
                notes=NOTES,
                timings={},
            )

    with read_only(engine) as session:
        assert load_analyses(session, run_id) == [analysis(oversized_by=2.0)]


def test_a_shard_that_was_never_planned_is_said_so(engine: Engine) -> None:
    run_id = started_run(engine)

    with pytest.raises(NotFound, match="has no shard 7"), transaction(engine) as session:
        record_shard(session, run_id, 7, holder=HOLDER, analyses=[], notes=NOTES, timings={})
