"""Nothing is lost, nothing is told twice, and each subject hears its messages in order."""

from __future__ import annotations

import threading
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, text

from domain.errors import LeaseLost
from domain.execution import Execution
from domain.finding import Severity
from domain.incident import Incident
from domain.outbox import Message, MessageKind, NewMessage
from storage.audit import list_audit
from storage.engine import read_only, transaction
from storage.errors import NotFound
from storage.executions import add_execution, get_execution
from storage.incidents import get_incident, open_incidents
from storage.outbox import (
    add_messages,
    claim_messages,
    depth,
    next_due,
    postpone_message,
    record_dead,
    record_delivered,
    record_retry,
    release_messages,
    wake_held_back,
    withdraw_subject,
)
from storage.outbox_admin import get_message, list_attempts, retry_message
from storage.outbox_pause import outbox_resting, pause_outbox, resume_outbox
from storage.tables import AttemptOutcome, MessageState
from tests.integration.storage.builders import NIGHT, message

pytestmark = pytest.mark.server


def write(engine: Engine, *messages: NewMessage) -> int:
    with transaction(engine) as session:
        return add_messages(session, messages)


def claim(engine: Engine, holder: str = "a", limit: int = 10) -> list[Message]:
    with transaction(engine) as session:
        return claim_messages(session, holder=holder, limit=limit, lease_seconds=60)


def deliver(engine: Engine, one: Message, holder: str = "a", remote_id: str | None = None) -> None:
    with transaction(engine) as session:
        record_delivered(session, one.id, holder=holder, status=201, response="{}", remote_id=remote_id)


def lapse(engine: Engine) -> None:
    with transaction(engine) as session:
        session.execute(text("UPDATE outbox SET lease_until = clock_timestamp() - interval '1 s' WHERE holder <> ''"))


def test_messages_are_claimed_oldest_first_one_per_subject(engine: Engine) -> None:
    write(engine, message("s1", "open"), message("s1", "update"), message("s2", "open"), message("s3", "open"))

    claimed = claim(engine, limit=2)

    assert [(one.subject, one.payload["title"]) for one in claimed] == [("s1", "open"), ("s2", "open")]
    assert claimed[0].attempts == 0
    assert not claimed[0].unknown
    assert claimed[0].remote_id is None


def test_the_next_message_of_a_subject_waits_until_the_one_before_is_told(engine: Engine) -> None:
    write(engine, message("s1", "open"), message("s1", "update"))
    (first,) = claim(engine)

    assert claim(engine, "b") == []
    deliver(engine, first, remote_id="INC-7")

    (second,) = claim(engine, "b")
    assert second.payload == {"title": "update"}
    assert second.remote_id == "INC-7"


def test_a_try_that_fails_delays_its_own_subject_alone(engine: Engine) -> None:
    write(engine, message("s1", "open"), message("s2", "open"))
    (first,) = claim(engine, limit=1)
    with transaction(engine) as session:
        record_retry(session, first.id, holder="a", delay_seconds=3600, unknown=False, error="away")

    assert [one.subject for one in claim(engine)] == ["s2"]


def test_only_what_surely_nobody_was_told_of_is_withdrawn(engine: Engine) -> None:
    write(engine, *(message(subject, "open") for subject in ("failed", "unknown", "held", "told", "waiting")))
    failed, unknown, _held, told, *_ = claim(engine, limit=4)
    with transaction(engine) as session:
        record_retry(session, failed.id, holder="a", delay_seconds=60, unknown=False, error="no route")
        record_retry(session, unknown.id, holder="a", delay_seconds=60, unknown=True, error="no answer")
    deliver(engine, told)

    with transaction(engine) as session:
        subjects = ("failed", "unknown", "held", "told", "waiting", "never heard of")
        withdrawn = [subject for subject in subjects if withdraw_subject(session, subject)]

    assert withdrawn == ["failed", "waiting"]
    with read_only(engine) as session:
        assert depth(session).pending == 2


def test_a_key_that_is_there_makes_no_second_message(engine: Engine) -> None:
    assert write(engine, message("s1", "open"), message("s1", "open")) == 1
    assert write(engine, message("s1", "open"), message("s1", "update")) == 1

    with read_only(engine) as session:
        assert depth(session).pending == 2


def test_ids_follow_the_order_in_which_messages_were_given(engine: Engine) -> None:
    given = [message("s", f"step-{number}") for number in range(500)]
    write(engine, *given)

    with read_only(engine) as session:
        keys = list(session.scalars(text("SELECT key FROM outbox ORDER BY id")))
    assert keys == [one.key for one in given]


def test_a_message_never_overtakes_one_whose_transaction_is_still_open(engine: Engine) -> None:
    with ThreadPoolExecutor(1) as threads:
        with transaction(engine) as session:
            add_messages(session, [message("s", "first")])
            later = threads.submit(write, engine, message("s", "second"))
            with pytest.raises(TimeoutError):
                later.result(timeout=0.3)
        later.result(timeout=10)

    assert [one.payload["title"] for one in claim(engine)] == ["first"]


def test_a_dead_message_holds_its_subject_back_and_no_other(engine: Engine) -> None:
    write(engine, message("s1", "open"), message("s1", "update"), message("s2", "open"))
    first, other = claim(engine)
    with transaction(engine) as session:
        record_dead(session, first.id, holder="a", reason="422: title is too long", status=422, response="{}")
    deliver(engine, other)

    assert claim(engine) == []
    with read_only(engine) as session:
        assert (depth(session).pending, depth(session).dead) == (1, 1)
        entry = get_message(session, first.id)
    assert (entry.state, entry.reason) == (MessageState.DEAD, "422: title is too long")


def test_a_message_whose_dispatcher_died_comes_back_as_unknown(engine: Engine) -> None:
    write(engine, message("s1"))
    (first,) = claim(engine, "dead")
    lapse(engine)

    (again,) = claim(engine, "b")

    assert (again.id, again.attempts, again.unknown) == (first.id, 1, True)
    with read_only(engine) as session:
        (lost,) = list_attempts(session, first.id)
    assert (lost.holder, lost.outcome) == ("dead", AttemptOutcome.UNKNOWN)


def test_a_dispatcher_that_was_overtaken_records_nothing(engine: Engine) -> None:
    write(engine, message("s1"))
    (first,) = claim(engine, "slow")
    lapse(engine)
    claim(engine, "b")

    with pytest.raises(LeaseLost, match="b holds it"):
        deliver(engine, first, "slow")
    with pytest.raises(LeaseLost), transaction(engine) as session:
        record_retry(session, first.id, holder="slow", delay_seconds=1, unknown=True, error="timeout")
    with pytest.raises(LeaseLost), transaction(engine) as session:
        record_dead(session, first.id, holder="slow", reason="400")

    with read_only(engine) as session:
        assert get_message(session, first.id).state is MessageState.PENDING


def test_a_late_answer_counts_while_nobody_else_has_the_message(engine: Engine) -> None:
    write(engine, message("s1"))
    (first,) = claim(engine)
    lapse(engine)

    deliver(engine, first)

    assert claim(engine, "b") == []


def test_a_message_that_failed_is_due_again_after_its_delay(engine: Engine) -> None:
    write(engine, message("s1"))
    (first,) = claim(engine)
    with transaction(engine) as session:
        record_retry(session, first.id, holder="a", delay_seconds=3600, unknown=True, error="timeout", status=503)

    assert claim(engine) == []
    with transaction(engine) as session:
        session.execute(text("UPDATE outbox SET next_attempt_at = next_attempt_at - interval '3600 s'"))
    (again,) = claim(engine)

    assert (again.attempts, again.unknown) == (1, True)
    with read_only(engine) as session:
        (tried,) = list_attempts(session, first.id)
        assert get_message(session, first.id).reason == "timeout"
    assert (tried.outcome, tried.status, tried.error) == (AttemptOutcome.UNKNOWN, 503, "timeout")


def test_an_answer_however_long_is_kept_to_a_bound(engine: Engine) -> None:
    write(engine, message("s1"))
    (first,) = claim(engine)
    with transaction(engine) as session:
        record_delivered(session, first.id, holder="a", status=201, response="x" * 10**6)

    with read_only(engine) as session:
        (tried,) = list_attempts(session, first.id)
    assert tried.response is not None
    assert len(tried.response) == 4001


def test_a_message_that_was_given_back_unsent_has_not_been_tried(engine: Engine) -> None:
    write(engine, message("s1"))
    (first,) = claim(engine)
    with transaction(engine) as session:
        assert release_messages(session, [first.id], holder="another") == 0
        assert release_messages(session, [first.id], holder="a") == 1

    (again,) = claim(engine, "b")

    assert (again.attempts, again.unknown) == (0, False)


def due_in(engine: Engine) -> float | None:
    with read_only(engine) as session:
        return next_due(session)


def test_nobody_waits_for_what_is_held_back_until_it_is_woken(engine: Engine) -> None:
    write(engine, message("muted"))
    (held,) = claim(engine)
    with transaction(engine) as session:
        postpone_message(session, held.id, holder="a", seconds=30, reason="muted")
    assert due_in(engine) is None

    with transaction(engine) as session:
        assert wake_held_back(session) == 1

    assert due_in(engine) == 0
    assert [one.id for one in claim(engine)] == [held.id]


def test_one_waits_for_what_was_tried_and_is_due_soon(engine: Engine) -> None:
    write(engine, message("failed"))
    (failed,) = claim(engine)
    with transaction(engine) as session:
        record_retry(session, failed.id, holder="a", delay_seconds=30, unknown=False, error="away", status=503)
        assert wake_held_back(session) == 0

    due = due_in(engine)
    assert due is not None
    assert 20 < due <= 30


def test_nothing_is_claimed_while_the_outbox_is_paused(engine: Engine) -> None:
    write(engine, message("s1"))
    with transaction(engine) as session:
        pause_outbox(session, reason="401: the token is refused")

    assert claim(engine) == []
    with read_only(engine) as session:
        resting = outbox_resting(session)
    assert resting is not None
    assert resting.reason == "401: the token is refused"
    with transaction(engine) as session:
        resume_outbox(session)

    assert len(claim(engine)) == 1


def pause(engine: Engine, reason: str = "401", seconds: float = 3600) -> None:
    with transaction(engine) as session:
        pause_outbox(session, reason=reason, seconds=seconds)


def pass_the_pause(engine: Engine) -> None:
    with transaction(engine) as session:
        session.execute(text("UPDATE switches SET until = clock_timestamp() - interval '1 s'"))


def rests(engine: Engine) -> bool:
    with read_only(engine) as session:
        return outbox_resting(session) is not None


def pauses_and_ends(engine: Engine) -> list[str]:
    with read_only(engine) as session:
        return [entry.action for entry in list_audit(session, action="outbox_paused.").items][::-1]


def test_after_a_pause_one_message_tries_and_delivery_rests_until_it_gets_through(engine: Engine) -> None:
    write(engine, message("s1"))
    pause(engine)
    assert claim(engine) == []
    pass_the_pause(engine)

    (tried,) = claim(engine)
    assert rests(engine)
    deliver(engine, tried)

    assert not rests(engine)
    assert pauses_and_ends(engine) == ["outbox_paused.on", "outbox_paused.off"]


def test_a_pause_that_only_lasts_is_written_down_once_and_another_reason_again(engine: Engine) -> None:
    for _ in range(3):
        pause(engine)
        pass_the_pause(engine)
    assert pauses_and_ends(engine) == ["outbox_paused.on"]

    pause(engine, reason="the URL is wrong")

    assert pauses_and_ends(engine) == ["outbox_paused.on"] * 2


def test_what_was_under_way_when_the_pause_began_does_not_end_it(engine: Engine) -> None:
    write(engine, message("s1"), message("s2"))
    (first, _) = claim(engine)
    pause(engine)

    deliver(engine, first)

    assert rests(engine)
    assert claim(engine, holder="b") == []


def test_the_depth_tells_how_long_the_oldest_has_waited(engine: Engine) -> None:
    with read_only(engine) as session:
        assert depth(session).oldest_age_seconds == 0.0
    write(engine, message("s1"), message("s2"))
    with transaction(engine) as session:
        session.execute(text("UPDATE outbox SET created_at = created_at - interval '90 s' WHERE subject = 's1'"))

    with read_only(engine) as session:
        found = depth(session)
    assert found.pending == 2
    assert 90 <= found.oldest_age_seconds < 100


def test_what_a_mute_holds_back_for_weeks_is_not_late(engine: Engine) -> None:
    write(engine, message("muted"), message("muted", "update"))
    (held,) = claim(engine)
    with transaction(engine) as session:
        postpone_message(session, held.id, holder="a", seconds=30, reason="muted")
        session.execute(text("UPDATE outbox SET created_at = created_at - interval '14 days'"))

    with read_only(engine) as session:
        found = depth(session)
    assert (found.pending, found.oldest_age_seconds) == (2, 0.0)


def test_what_was_tried_in_vain_grows_old(engine: Engine) -> None:
    write(engine, message("failed"))
    (failed,) = claim(engine)
    with transaction(engine) as session:
        record_retry(session, failed.id, holder="a", status=503, error="away", delay_seconds=900, unknown=False)
        session.execute(text("UPDATE outbox SET created_at = created_at - interval '90 s'"))

    with read_only(engine) as session:
        assert 90 <= depth(session).oldest_age_seconds < 100


def test_the_remote_id_is_noted_beside_the_incident_and_the_execution(engine: Engine) -> None:
    incident = Incident("forewarn:f:1", "f", 1, "nightly", "Disk", Severity.WARNING, NIGHT)
    execution = Execution("fw-1", "cleanup", "disk", "f", "forewarn:f:1", NIGHT)
    start = NewMessage(MessageKind.EXECUTION_START, "forewarn:f:1", "k2", {"correlationId": "fw-1"})
    with transaction(engine) as session:
        open_incidents(session, [incident])
        add_execution(session, execution)
        add_messages(session, [message("forewarn:f:1"), start, message("forewarn:f:1", "resolve")])

    for remote_id in ("INC-1", "EXE-9"):
        (one,) = claim(engine)
        deliver(engine, one, remote_id=remote_id)

    (last,) = claim(engine)
    assert last.remote_id == "INC-1"
    with read_only(engine) as session:
        assert get_incident(session, "forewarn:f:1").remote_id == "INC-1"
        assert get_execution(session, "fw-1").remote_id == "EXE-9"


def incident_with_execution(engine: Engine) -> None:
    """An incident that is still to be told, and an execution for it that was written before."""
    execution = Execution("fw-1", "cleanup", "disk", "f", "forewarn:f:1", NIGHT)
    start = NewMessage(MessageKind.EXECUTION_START, "fw-1", "k2", {"correlationId": "fw-1"})
    with transaction(engine) as session:
        add_execution(session, execution)
        add_messages(session, [start, message("forewarn:f:1")])


def test_an_execution_waits_for_its_incident_and_names_it(engine: Engine) -> None:
    incident_with_execution(engine)

    (create,) = claim(engine)
    assert (create.subject, claim(engine, "b")) == ("forewarn:f:1", [])
    with read_only(engine) as session:
        assert next_due(session) == pytest.approx(60, abs=5)
    deliver(engine, create, remote_id="INC-1")

    (start,) = claim(engine)
    assert start.payload == {"correlationId": "fw-1", "incidentId": "INC-1"}


def test_an_execution_does_not_wait_for_an_incident_that_was_not_accepted(engine: Engine) -> None:
    incident_with_execution(engine)
    (create,) = claim(engine)
    with transaction(engine) as session:
        record_retry(session, create.id, holder="a", delay_seconds=0, unknown=False, error="503")

    create, start = sorted(claim(engine), key=lambda one: one.kind is MessageKind.EXECUTION_START)
    deliver(engine, create, remote_id="INC-1")

    with read_only(engine) as session:
        assert get_message(session, start.id).payload == {"correlationId": "fw-1"}  # as it may have been sent


def test_an_execution_does_not_wait_for_an_incident_that_is_muted(engine: Engine) -> None:
    incident_with_execution(engine)
    (create,) = claim(engine)
    with transaction(engine) as session:
        postpone_message(session, create.id, holder="a", seconds=60, reason="muted")

    assert [one.subject for one in claim(engine)] == ["fw-1"]


def test_a_message_that_is_not_there_is_said_so(engine: Engine) -> None:
    with pytest.raises(NotFound, match="no message 12"), transaction(engine) as session:
        record_dead(session, 12, holder="a", reason="")


def test_what_another_claims_at_this_moment_is_passed_over(engine: Engine) -> None:
    write(engine, message("s1"), message("s1", "update"), message("s2"))
    with transaction(engine) as session:
        held = claim_messages(session, holder="a", limit=1, lease_seconds=60)
        others = claim(engine, "b")

    assert [one.subject for one in held] == ["s1"]
    assert [one.subject for one in others] == ["s2"]


def test_many_dispatchers_tell_each_message_once_and_in_order(engine: Engine) -> None:
    subjects, steps = 8, 12
    write(engine, *(message(f"s{subject}", f"{step:02}") for step in range(steps) for subject in range(subjects)))
    told: dict[str, list[str]] = defaultdict(list)
    lock = threading.Lock()

    def dispatch(name: int) -> None:
        while True:
            claimed = claim(engine, f"dispatcher-{name}", limit=3)
            for one in claimed:
                with lock:
                    told[one.subject].append(one.payload["title"])
                deliver(engine, one, f"dispatcher-{name}")
            with read_only(engine) as session:
                if depth(session).pending == 0:
                    return

    with ThreadPoolExecutor(4) as threads:
        for done in [threads.submit(dispatch, name) for name in range(4)]:
            done.result(timeout=120)

    assert dict(told) == {f"s{subject}": [f"{step:02}" for step in range(steps)] for subject in range(subjects)}


def test_a_message_knows_how_it_failed_last_and_whether_others_were_told_since(engine: Engine) -> None:
    with transaction(engine) as session:
        add_messages(session, [message("s1"), message("s2")])

    def failed(status: int | None) -> tuple[int, int, bool]:
        """What the next claim knows after the first message has failed once more."""
        with transaction(engine) as session:
            (one,) = claim_messages(session, holder="a", limit=1, lease_seconds=60)
            assert one.subject == "s1"
            record_retry(session, one.id, holder="a", delay_seconds=0, unknown=False, error="no", status=status)
        with transaction(engine) as session:
            (again,) = claim_messages(session, holder="a", limit=1, lease_seconds=60)
            release_messages(session, [again.id], holder="a")
        return again.conflicts, again.refusals, again.others_told

    assert [failed(409), failed(409), failed(503), failed(409)] == [(number, 0, False) for number in (1, 2, 0, 1)]
    assert [failed(403), failed(403)] == [(0, 1, False), (0, 2, False)]
    with transaction(engine) as session:
        (_, other) = claim_messages(session, holder="b", limit=2, lease_seconds=60)
        record_delivered(session, other.id, holder="b", status=201)
        release_messages(session, [1], holder="b")
    assert [failed(403), failed(None), failed(403)] == [(0, 3, True), (0, 0, False), (0, 1, False)]


def test_what_was_before_a_message_was_given_up_is_not_counted_when_a_person_revives_it(engine: Engine) -> None:
    with transaction(engine) as session:
        add_messages(session, [message("s1")])
        (one,) = claim_messages(session, holder="a", limit=1, lease_seconds=60)
        record_dead(session, one.id, holder="a", reason="in conflict", status=409)
        retry_message(session, one.id, actor="ann")

    with transaction(engine) as session:
        (again,) = claim_messages(session, holder="a", limit=1, lease_seconds=60)
    assert (again.attempts, again.conflicts) == (0, 0)
