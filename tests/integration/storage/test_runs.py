"""A run belongs to one holder at a time, whoever asks and whoever dies."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, text

from domain.errors import LeaseLost
from domain.run import RunStatus, ShardStatus
from domain.series import SourceNotes
from storage.engine import read_only, transaction
from storage.errors import BadCursor, DatabaseUnavailable, NotFound
from storage.runs import (
    Claim,
    ClaimOutcome,
    abandon_runs,
    claim_run,
    find_run,
    finish_run,
    get_run,
    lapsed_runs,
    latest_run,
    list_runs,
    lock_run,
    prune_runs,
    release,
    renew_lease,
)
from storage.shards import fail_shard, list_shards, record_shard
from tests.integration.storage.builders import HOLDER, NIGHT, started_run

pytestmark = pytest.mark.server


def claim(engine: Engine, holder: str, *, lease_seconds: float = 60, **how: bool) -> Claim:
    with transaction(engine) as session:
        return claim_run(session, job="nightly", as_of=NIGHT, holder=holder, lease_seconds=lease_seconds, **how)


def lapse(engine: Engine) -> None:
    with transaction(engine) as session:
        session.execute(text("UPDATE runs SET lease_until = clock_timestamp() - interval '1 second'"))


def test_who_comes_first_gets_the_run_and_holds_it(engine: Engine) -> None:
    first = claim(engine, "a")

    assert first.outcome is ClaimOutcome.FRESH
    assert first.owned
    assert first.run.status is RunStatus.RUNNING
    assert (first.run.job, first.run.as_of, first.run.holder) == ("nightly", NIGHT, "a")
    assert first.run.started_at is not None


def test_a_second_claimer_is_told_who_holds_it(engine: Engine) -> None:
    claim(engine, "a")

    second = claim(engine, "b")

    assert second.outcome is ClaimOutcome.HELD_BY_OTHER
    assert not second.owned
    assert second.run.holder == "a"


def test_of_ten_that_claim_at_once_exactly_one_gets_it(engine: Engine) -> None:
    gate = threading.Barrier(10)

    def race(name: int) -> ClaimOutcome:
        gate.wait()
        return claim(engine, f"holder-{name}").outcome

    with ThreadPoolExecutor(10) as threads:
        outcomes = list(threads.map(race, range(10)))

    assert outcomes.count(ClaimOutcome.FRESH) == 1
    assert outcomes.count(ClaimOutcome.HELD_BY_OTHER) == 9


def test_of_ten_that_take_a_lapsed_run_over_exactly_one_gets_it(engine: Engine) -> None:
    claim(engine, "dead")
    lapse(engine)
    gate = threading.Barrier(10)

    def race(name: int) -> ClaimOutcome:
        gate.wait()
        return claim(engine, f"holder-{name}").outcome

    with ThreadPoolExecutor(10) as threads:
        outcomes = list(threads.map(race, range(10)))

    assert outcomes.count(ClaimOutcome.TAKEN_OVER) == 1
    assert outcomes.count(ClaimOutcome.HELD_BY_OTHER) == 9


def test_while_a_holder_writes_nobody_takes_the_run_over(engine: Engine) -> None:
    run_id = started_run(engine)
    lapse(engine)

    with ThreadPoolExecutor(1) as threads:
        with transaction(engine) as session:
            lock_run(session, run_id, holder=HOLDER)
            taken_over = threads.submit(claim, engine, "b")
            with pytest.raises(TimeoutError):
                taken_over.result(0.2)
            finish_run(session, run_id, holder=HOLDER, status=RunStatus.SUCCEEDED)

        assert taken_over.result().outcome is ClaimOutcome.ALREADY_FINISHED


def test_a_holder_that_was_overtaken_can_write_nothing_more(engine: Engine) -> None:
    run_id = started_run(engine)
    lapse(engine)
    assert claim(engine, "b").outcome is ClaimOutcome.TAKEN_OVER

    with pytest.raises(LeaseLost, match="b holds it"), transaction(engine) as session:
        renew_lease(session, run_id, holder=HOLDER, lease_seconds=60)
    with pytest.raises(LeaseLost), transaction(engine) as session:
        finish_run(session, run_id, holder=HOLDER, status=RunStatus.SUCCEEDED)
    with pytest.raises(LeaseLost), transaction(engine) as session:
        release(session, run_id, holder=HOLDER)

    with read_only(engine) as session:
        assert get_run(session, run_id).holder == "b"


def test_a_lapsed_lease_that_nobody_took_over_is_still_ours(engine: Engine) -> None:
    run_id = started_run(engine)
    lapse(engine)

    with transaction(engine) as session:
        until = renew_lease(session, run_id, holder=HOLDER, lease_seconds=60)

    assert claim(engine, "b").outcome is ClaimOutcome.HELD_BY_OTHER
    with read_only(engine) as session:
        assert get_run(session, run_id).lease_until == until


def test_a_takeover_waits_for_the_transaction_that_is_writing(engine: Engine) -> None:
    run_id = started_run(engine)
    lapse(engine)
    with ThreadPoolExecutor(1) as threads:
        with transaction(engine) as session:
            finish_run(session, run_id, holder=HOLDER, status=RunStatus.SUCCEEDED)
            overtaker = threads.submit(claim, engine, "b")
            with pytest.raises(TimeoutError):
                overtaker.result(timeout=0.3)
        assert overtaker.result(timeout=10).outcome is ClaimOutcome.ALREADY_FINISHED


def test_a_holder_that_freezes_while_it_locks_its_run_does_not_keep_others_out(engine: Engine) -> None:
    run_id = started_run(engine)
    lapse(engine)

    def freeze_in_the_middle() -> None:
        with transaction(engine, idle_seconds=0.5) as session:
            renew_lease(session, run_id, holder=HOLDER, lease_seconds=60)
            outcomes.append(claim(engine, "b").outcome)
        raise AssertionError("it was committed")

    outcomes: list[ClaimOutcome] = []
    with pytest.raises(DatabaseUnavailable, match="no statement had come for too long"):
        freeze_in_the_middle()

    assert outcomes == [ClaimOutcome.TAKEN_OVER]
    with read_only(engine) as session:
        assert get_run(session, run_id).holder == "b"


def test_a_run_that_was_put_back_is_resumed_by_whoever_comes_next(engine: Engine) -> None:
    run_id = started_run(engine)
    with transaction(engine) as session:
        release(session, run_id, holder=HOLDER, reason="last try failed: nobody there")
    with read_only(engine) as session:
        waiting = get_run(session, run_id)
    assert (waiting.status, waiting.reason) == (RunStatus.PLANNED, "last try failed: nobody there")

    again = claim(engine, "b")

    assert again.outcome is ClaimOutcome.RESUMED
    assert again.run.id == run_id


def test_a_finished_run_is_not_run_again(engine: Engine) -> None:
    run_id = started_run(engine)
    with transaction(engine) as session:
        finish_run(session, run_id, holder=HOLDER, status=RunStatus.PARTIAL, reason="a watch failed", summary={"n": 3})

    again = claim(engine, "b", retry=True)

    assert again.outcome is ClaimOutcome.ALREADY_FINISHED
    assert (again.run.status, again.run.reason, again.run.summary) == (RunStatus.PARTIAL, "a watch failed", {"n": 3})
    assert again.run.holder is None
    assert again.run.finished_at is not None


def test_a_failed_run_is_taken_up_again_when_that_is_asked_for(engine: Engine) -> None:
    run_id = started_run(engine, shards=2)
    with transaction(engine) as session:
        fail_shard(session, run_id, 1, holder=HOLDER, reason="401")
        finish_run(session, run_id, holder=HOLDER, status=RunStatus.FAILED, reason="401")

    assert claim(engine, "b").outcome is ClaimOutcome.ALREADY_FINISHED
    again = claim(engine, "b", retry=True)

    assert again.outcome is ClaimOutcome.RESUMED
    assert (again.run.id, again.run.status, again.run.reason) == (run_id, RunStatus.RUNNING, "")
    with read_only(engine) as session:
        assert [one.outcome.status for one in list_shards(session, run_id)] == [ShardStatus.PENDING] * 2


def test_dry_runs_keep_nobody_from_the_real_run(engine: Engine) -> None:
    assert claim(engine, "a", dry_run=True).outcome is ClaimOutcome.FRESH
    assert claim(engine, "b", dry_run=True).outcome is ClaimOutcome.FRESH

    real = claim(engine, "c")

    assert real.outcome is ClaimOutcome.FRESH
    with read_only(engine) as session:
        assert find_run(session, job="nightly", as_of=NIGHT) == real.run
        assert lapsed_runs(session) == []


def test_runs_that_nobody_holds_are_found_oldest_first(engine: Engine) -> None:
    held, newer, older = (started_run(engine, as_of=NIGHT - timedelta(days=days)) for days in (0, 1, 2))
    with transaction(engine) as session:
        release(session, newer, holder=HOLDER)
        session.execute(text("UPDATE runs SET lease_until = now() - interval '1 s' WHERE id = :id"), {"id": older})

    with read_only(engine) as session:
        assert [run.id for run in lapsed_runs(session)] == [older, newer]
        assert lapsed_runs(session, job="another") == []
        assert held not in [run.id for run in lapsed_runs(session, job="nightly")]


def test_only_a_run_that_nobody_holds_is_given_up(engine: Engine) -> None:
    run_id = started_run(engine)
    later = datetime.now(UTC) + timedelta(hours=1)
    with transaction(engine) as session:
        assert abandon_runs(session, before=later) == 0
    lapse(engine)

    with transaction(engine) as session:
        assert abandon_runs(session, before=later - timedelta(days=1)) == 0
        assert abandon_runs(session, before=later) == 1

    with read_only(engine) as session:
        run = get_run(session, run_id)
    assert (run.status, run.reason, run.holder) == (
        RunStatus.ABANDONED,
        "given up, as nobody came to its end with it",
        None,
    )


def test_a_run_that_is_given_up_keeps_what_its_last_try_said_and_can_be_tried_again(engine: Engine) -> None:
    run_id = started_run(engine)
    with transaction(engine) as session:
        release(session, run_id, holder=HOLDER, reason="last try failed: nobody there")
    with transaction(engine) as session:
        abandon_runs(session, before=datetime.now(UTC) + timedelta(hours=1))

    with read_only(engine) as session:
        reason = get_run(session, run_id).reason
    assert reason == "given up, as nobody came to its end with it; last try failed: nobody there"
    assert claim(engine, "b").outcome is ClaimOutcome.ALREADY_FINISHED
    assert claim(engine, "b", retry=True).outcome is ClaimOutcome.RESUMED


def test_a_run_ends_only_in_a_way_that_is_an_end(engine: Engine) -> None:
    run_id = started_run(engine)

    with pytest.raises(ValueError, match="does not end as running"), transaction(engine) as session:
        finish_run(session, run_id, holder=HOLDER, status=RunStatus.RUNNING)


def test_a_lease_has_to_last(engine: Engine) -> None:
    with pytest.raises(ValueError, match="a lease of 0 s is none"):
        claim(engine, "a", lease_seconds=0)


def test_a_run_that_is_not_there_is_said_so(engine: Engine) -> None:
    unknown = started_run(engine)
    with transaction(engine) as session:
        session.execute(text("DELETE FROM runs"))

    with pytest.raises(NotFound, match=str(unknown)), read_only(engine) as session:
        get_run(session, unknown)
    with pytest.raises(NotFound), transaction(engine) as session:
        renew_lease(session, unknown, holder=HOLDER, lease_seconds=1)


def test_pages_of_runs_hold_each_run_once_newest_first(engine: Engine) -> None:
    made = [started_run(engine, as_of=NIGHT - timedelta(days=days)) for days in range(5)]

    seen, cursor = [], None
    with read_only(engine) as session:
        while True:
            page = list_runs(session, limit=2, cursor=cursor)
            seen += [run.id for run in page.items]
            cursor = page.next_cursor
            if cursor is None:
                break

    assert seen == made


def test_runs_are_chosen_by_job_and_status(engine: Engine) -> None:
    run_id = started_run(engine)
    started_run(engine, job="hourly")
    with transaction(engine) as session:
        finish_run(session, run_id, holder=HOLDER, status=RunStatus.SUCCEEDED)

    with read_only(engine) as session:
        assert [run.id for run in list_runs(session, job="nightly").items] == [run_id]
        assert [run.job for run in list_runs(session, status=RunStatus.RUNNING).items] == ["hourly"]


def test_a_cursor_of_somebody_else_is_refused(engine: Engine) -> None:
    with pytest.raises(BadCursor), read_only(engine) as session:
        list_runs(session, cursor="bm9uc2Vuc2U")


def test_the_latest_run_is_one_that_came_to_its_end(engine: Engine) -> None:
    done, failed = (started_run(engine, as_of=NIGHT - timedelta(days=days)) for days in (2, 1))
    started_run(engine)
    with transaction(engine) as session:
        finish_run(session, done, holder=HOLDER, status=RunStatus.PARTIAL)
        finish_run(session, failed, holder=HOLDER, status=RunStatus.FAILED)

    with read_only(engine) as session:
        latest = latest_run(session, job="nightly")
        assert latest is not None
        assert latest.id == done
        assert latest_run(session, job="nightly", before=latest.as_of) is None
        assert latest_run(session, job="hourly") is None


def test_a_rehearsal_is_nobodys_latest_run(engine: Engine) -> None:
    rehearsal = claim(engine, HOLDER, dry_run=True).run
    with transaction(engine) as session:
        finish_run(session, rehearsal.id, holder=HOLDER, status=RunStatus.SUCCEEDED)

    with read_only(engine) as session:
        assert latest_run(session, job="nightly") is None


def test_forgetting_runs_spares_the_unfinished(engine: Engine) -> None:
    done, running = (started_run(engine, as_of=NIGHT - timedelta(days=days)) for days in (2, 1))
    with transaction(engine) as session:
        record_shard(session, done, 0, holder=HOLDER, analyses=[], notes=SourceNotes(), timings={})
        finish_run(session, done, holder=HOLDER, status=RunStatus.SUCCEEDED)

    with transaction(engine) as session:
        assert prune_runs(session, before=NIGHT) == 1

    with read_only(engine) as session:
        assert [run.id for run in list_runs(session).items] == [running]
        assert list_shards(session, done) == []
