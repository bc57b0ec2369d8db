"""What is dead is seen, and a person decides on it; every decision leaves a trace."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, text

from domain.finding import Severity
from domain.incident import Incident, IncidentStatus
from domain.outbox import MessageKind, foreign_subject
from storage.audit import list_audit
from storage.engine import read_only, transaction
from storage.errors import NotFound, StorageError
from storage.incidents import open_incidents
from storage.outbox import add_messages, claim_messages, record_dead, record_delivered, record_retry
from storage.outbox_admin import discard_message, get_message, list_messages, prune_messages, retry_message
from storage.tables import MessageState
from tests.integration.storage.builders import NIGHT, message

pytestmark = pytest.mark.server

FAR = datetime(2100, 1, 1, tzinfo=UTC)


def dead_message(engine: Engine) -> int:
    with transaction(engine) as session:
        add_messages(session, [message("s1", "open"), message("s1", "update")])
        (first,) = claim_messages(session, holder="a", limit=1, lease_seconds=60)
        record_dead(session, first.id, holder="a", reason="422: no such resource", status=422)
    return first.id


def test_a_dead_message_that_is_retried_goes_out_before_those_behind_it(engine: Engine) -> None:
    dead = dead_message(engine)

    with transaction(engine) as session:
        retry_message(session, dead, actor="ann", reason="the resource is there now")

    with transaction(engine) as session:
        (again,) = claim_messages(session, holder="b", limit=5, lease_seconds=60)
    assert (again.id, again.attempts) == (dead, 0)  # its tries are counted anew
    with read_only(engine) as session:
        (entry,) = list_audit(session, action="outbox.").items
    assert (entry.actor, entry.action, entry.reason) == ("ann", "outbox.retry", "the resource is there now")
    assert entry.details["why"] == "422: no such resource"


def test_what_may_still_take_effect_is_not_hurried(engine: Engine) -> None:
    with transaction(engine) as session:
        add_messages(session, [message("s1")])
        (sent,) = claim_messages(session, holder="a", limit=1, lease_seconds=60)
        record_retry(session, sent.id, holder="a", delay_seconds=30, unknown=True, error="no answer")
        due = get_message(session, sent.id).next_attempt_at

    told = f"is looked up at {due:%Y-%m-%d %H:%M:%S}Z before it is sent again"
    with pytest.raises(StorageError, match=told), transaction(engine) as session:
        retry_message(session, sent.id, actor="ann")

    with transaction(engine) as session:
        assert get_message(session, sent.id).next_attempt_at == due
        assert claim_messages(session, holder="b", limit=5, lease_seconds=60) == []


def test_what_was_surely_not_carried_out_is_sent_at_once(engine: Engine) -> None:
    with transaction(engine) as session:
        add_messages(session, [message("s1")])
        (sent,) = claim_messages(session, holder="a", limit=1, lease_seconds=60)
        record_retry(session, sent.id, holder="a", delay_seconds=900, unknown=False, error="connection refused")

    with transaction(engine) as session:
        retry_message(session, sent.id, actor="ann")

    with transaction(engine) as session:
        assert [one.id for one in claim_messages(session, holder="b", limit=5, lease_seconds=60)] == [sent.id]


def test_a_dead_message_that_is_discarded_lets_its_subject_go_on(engine: Engine) -> None:
    dead = dead_message(engine)

    with transaction(engine) as session:
        discard_message(session, dead, actor="ann", reason="told by telephone")

    with transaction(engine) as session:
        (following,) = claim_messages(session, holder="b", limit=5, lease_seconds=60)
    assert following.payload == {"title": "update"}
    with read_only(engine) as session:
        assert get_message(session, dead).state is MessageState.DISCARDED
        assert [entry.action for entry in list_audit(session, subject=f"message {dead} of s1").items] == [
            "outbox.discard"
        ]


def test_what_is_told_or_being_told_is_not_discarded(engine: Engine) -> None:
    with transaction(engine) as session:
        add_messages(session, [message("s1")])
        (first,) = claim_messages(session, holder="a", limit=1, lease_seconds=60)

    with pytest.raises(StorageError, match="being sent just now"), transaction(engine) as session:
        discard_message(session, first.id, actor="ann", reason="")
    with transaction(engine) as session:
        record_delivered(session, first.id, holder="a", status=201)
    with pytest.raises(StorageError, match="is delivered"), transaction(engine) as session:
        discard_message(session, first.id, actor="ann", reason="")
    with pytest.raises(StorageError, match="only what is pending or dead"), transaction(engine) as session:
        retry_message(session, first.id, actor="ann")


def test_messages_are_listed_by_state_and_subject_page_by_page(engine: Engine) -> None:
    dead = dead_message(engine)
    with transaction(engine) as session:
        add_messages(session, [message("s2")])

    with read_only(engine) as session:
        assert [one.id for one in list_messages(session, state=MessageState.DEAD).items] == [dead]
        assert [one.subject for one in list_messages(session, subject="s2").items] == ["s2"]
        page = list_messages(session, limit=2)
        assert page.next_cursor is not None
        rest = list_messages(session, limit=2, cursor=page.next_cursor)
    assert [one.subject for one in page.items + rest.items] == ["s1", "s1", "s2"]
    assert rest.next_cursor is None


def test_a_message_that_is_not_there_is_said_so(engine: Engine) -> None:
    with pytest.raises(NotFound), transaction(engine) as session:
        retry_message(session, 99, actor="ann")


def test_old_messages_are_forgotten_but_what_is_dead_or_still_needed(engine: Engine) -> None:
    dead_message(engine)
    resolve = message("over", "resolve", MessageKind.INCIDENT_RESOLVE)
    with transaction(engine) as session:
        add_messages(session, [message("open"), message("over"), resolve])
    for _ in range(2):
        with transaction(engine) as session:
            for one in claim_messages(session, holder="a", limit=9, lease_seconds=60):
                record_delivered(session, one.id, holder="a", status=200, remote_id=f"INC-{one.subject}")

    with transaction(engine) as session:
        assert prune_messages(session, before=datetime.now(UTC) - timedelta(days=1)) == 0
        assert prune_messages(session, before=FAR) == 2

    with read_only(engine) as session:
        kept = [(one.subject, one.state) for one in list_messages(session).items]
        attempts = session.scalars(text("SELECT count(*) FROM outbox_attempts")).one()
    assert kept == [
        ("s1", MessageState.DEAD),
        ("s1", MessageState.PENDING),
        ("open", MessageState.DELIVERED),
    ]
    assert attempts == 2


def test_messages_of_what_is_over_are_forgotten_though_we_told_no_end(engine: Engine) -> None:
    """A person has resolved our incident, and an execution ends by itself."""
    over = Incident(
        source_key="ours",
        fingerprint="f" * 32,
        episode=1,
        job="nightly",
        title="t",
        severity=Severity.INFO,
        opened_at=NIGHT,
        status=IncidentStatus.RESOLVED,
        resolved_at=NIGHT,
    )
    with transaction(engine) as session:
        add_messages(session, [message("ours"), message("run-1", "start", MessageKind.EXECUTION_START)])
        open_incidents(session, [over])
        for one in claim_messages(session, holder="a", limit=9, lease_seconds=60):
            record_delivered(session, one.id, holder="a", status=200, remote_id=f"INC-{one.subject}")

    with transaction(engine) as session:
        assert prune_messages(session, before=FAR) == 2


def test_what_was_told_on_somebody_elses_incident_is_not_told_there_again_after_it_was_forgotten(
    engine: Engine,
) -> None:
    theirs = foreign_subject("INC-9")
    notes = [message(theirs, finding, MessageKind.INCIDENT_COMMENT) for finding in ("disk:1", "inodes:1")]
    with transaction(engine) as session:
        add_messages(session, notes)
    for _ in notes:
        with transaction(engine) as session:
            (one,) = claim_messages(session, holder="a", limit=9, lease_seconds=60)
            record_delivered(session, one.id, holder="a", status=201, remote_id="INC-9")

    with transaction(engine) as session:
        prune_messages(session, before=FAR)
        assert add_messages(session, notes) == 0
