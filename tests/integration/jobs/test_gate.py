"""What was decided leaves only while it may: the gate is asked when a start is claimed, and before it is sent."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text

from domain.alert import KnownSilence
from domain.audit import AuditEntry
from domain.errors import LeaseLost
from domain.execution import Execution, ExecutionStatus
from domain.finding import Severity
from domain.incident import Incident, IncidentStatus
from domain.mute import Matcher, MatchOperator
from domain.outbox import Message, MessageKind, NewMessage
from jobs.automation.after import Automation
from jobs.automation.load import APPROVED
from jobs.outbox_store import SqlOutboxStore
from jobs.surroundings import NOTHING, Surroundings
from storage.audit import append_audit, list_audit
from storage.engine import read_only, transaction
from storage.executions import add_execution, get_execution
from storage.findings import upsert_findings
from storage.incidents import open_incidents, record_remote
from storage.outbox import add_messages
from storage.outbox_admin import get_message, list_messages
from storage.switches import SwitchName, turn_on
from storage.tables import MessageState
from tests.fixtures.builders import AS_OF
from tests.unit.jobs.automation.situations import INCIDENT, make_config, make_finding

pytestmark = pytest.mark.server
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
DB = make_finding()
RUN = f"fw:clean:{DB.fingerprint}:e1:run1"


@pytest.fixture
def decided(engine: Engine) -> Engine:
    """A database in which a start was decided at `AS_OF`, for a finding whose incident is known."""
    with transaction(engine) as session:
        upsert_findings(session, [DB])
        open_incidents(session, [Incident(INCIDENT, "g" * 32, 1, DB.job, "t", Severity.WARNING, AS_OF)])
        add_execution(session, Execution(RUN, "clean-temp", "clean", DB.fingerprint, INCIDENT, AS_OF, dry_run=False))
        add_messages(session, [NewMessage(MessageKind.EXECUTION_START, RUN, "k", {"correlationId": RUN})])
    return engine


def leaving(
    engine: Engine, at: datetime, around: Surroundings = NOTHING, automation: Automation | None = None
) -> list[Message]:
    """The starts that are claimed, and may be sent where they are not found."""
    store = SqlOutboxStore(engine, lambda: at, automation, lambda: around)
    claimed = store.claim("test", 1, MINUTE)
    return [one for one in claimed if one.kind is MessageKind.EXECUTION_START and store.may_leave(one, "test")]


def withdrawn(engine: Engine) -> list[tuple[str, str]]:
    """The guard and the reason of what was withdrawn."""
    with read_only(engine) as session:
        entries = list_audit(session, action="automation.withdrawn").items
    return [(entry.details["guard"], entry.reason) for entry in entries]


def stands(engine: Engine, status: IncidentStatus, seen_at: datetime) -> None:
    with transaction(engine) as session:
        record_remote(
            session,
            INCIDENT,
            remote_id="inc-1",
            status=status,
            severity=Severity.WARNING,
            outcome=None,
            resolved_at=None,
            seen_at=seen_at,
        )


def sent_and_never_answered(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE outbox SET unknown = true, attempts = 1"))


def taken_by_another(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE outbox SET holder = 'another'"))


def due_again(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE outbox SET next_attempt_at = now()"))


def stop(engine: Engine) -> None:
    with transaction(engine) as session:
        turn_on(session, SwitchName.AUTOMATION_STOPPED, reason="an audit", actor="anna")


def test_what_could_not_leave_within_an_hour_is_withdrawn(decided: Engine) -> None:
    assert leaving(decided, AS_OF + HOUR + timedelta(seconds=1)) == []
    assert withdrawn(decided) == [("replay", "it was decided at 2026-11-22 02:00Z, more than an hour ago")]
    with read_only(decided) as session:
        assert get_execution(session, RUN).status is ExecutionStatus.CANCELLED


def test_within_an_hour_it_leaves(decided: Engine) -> None:
    assert [one.subject for one in leaving(decided, AS_OF + HOUR)] == [RUN]


def test_a_clock_that_was_set_back_keeps_no_start(decided: Engine) -> None:
    assert [one.subject for one in leaving(decided, AS_OF - HOUR)] == [RUN]


@pytest.mark.parametrize("status", [IncidentStatus.ACKNOWLEDGED, IncidentStatus.IN_PROGRESS])
def test_a_person_who_goes_to_work_meanwhile_withdraws_the_start(decided: Engine, status: IncidentStatus) -> None:
    stands(decided, status, AS_OF + MINUTE)

    assert leaving(decided, AS_OF + 2 * MINUTE) == []
    assert withdrawn(decided) == [("acknowledged", f"a person has acknowledged {INCIDENT}")]


def test_who_went_to_work_before_it_was_decided_was_heeded_then(decided: Engine) -> None:
    stands(decided, IncidentStatus.ACKNOWLEDGED, AS_OF)

    assert [one.subject for one in leaving(decided, AS_OF + MINUTE)] == [RUN]


def test_who_is_not_at_work_any_more_keeps_no_start(decided: Engine) -> None:
    stands(decided, IncidentStatus.ACKNOWLEDGED, AS_OF + MINUTE)
    stands(decided, IncidentStatus.NEW, AS_OF + 2 * MINUTE)

    assert [one.subject for one in leaving(decided, AS_OF + 3 * MINUTE)] == [RUN]


def test_what_a_person_approved_leaves_also_when_the_incident_is_acknowledged(decided: Engine) -> None:
    stands(decided, IncidentStatus.ACKNOWLEDGED, AS_OF + MINUTE)
    with transaction(decided) as session:
        append_audit(session, [AuditEntry("anna", APPROVED, RUN)])

    assert [one.subject for one in leaving(decided, AS_OF + 2 * MINUTE)] == [RUN]


SILENCE = KnownSilence("s", (Matcher("instance", MatchOperator.EQUAL, "db-1"),), AS_OF + HOUR)


def test_a_start_that_another_takes_while_silences_are_looked_at_ends_no_dispatcher(decided: Engine) -> None:
    stop(decided)

    def look() -> Surroundings:
        taken_by_another(decided)
        return NOTHING

    store = SqlOutboxStore(decided, lambda: AS_OF + MINUTE, silences=look)

    assert store.claim("test", 1, MINUTE) == []
    assert withdrawn(decided) == []


def test_a_silence_that_begins_meanwhile_withdraws_the_start(decided: Engine) -> None:
    assert leaving(decided, AS_OF + MINUTE, Surroundings(silences=(SILENCE,))) == []
    assert withdrawn(decided) == [("muted", "silenced in Alertmanager until 2026-11-22 03:00Z")]


def test_a_silence_of_something_else_or_that_has_ended_keeps_no_start(decided: Engine) -> None:
    other = replace(SILENCE, matchers=(Matcher("instance", MatchOperator.EQUAL, "db-2"),))
    ended = replace(SILENCE, ends_at=AS_OF + MINUTE)

    left = leaving(decided, AS_OF + MINUTE, Surroundings(silences=(other, ended)))

    assert [one.subject for one in left] == [RUN]


def test_a_silence_that_is_seen_only_at_the_last_look_withdraws_the_start(decided: Engine) -> None:
    looks = [Surroundings(silences=(SILENCE,)), NOTHING]
    store = SqlOutboxStore(decided, lambda: AS_OF + MINUTE, silences=looks.pop)
    (claimed,) = store.claim("test", 1, MINUTE)

    assert not store.may_leave(claimed, "test")
    assert [guard for guard, _ in withdrawn(decided)] == ["muted"]


UNHEARD = Surroundings(unheard="connection refused")


def test_while_silences_can_not_be_read_a_start_waits_and_leaves_when_they_can(decided: Engine) -> None:
    assert leaving(decided, AS_OF + MINUTE, UNHEARD) == []
    with read_only(decided) as session:
        message = get_message(session, 1)
    due_again(decided)

    assert withdrawn(decided) == []
    assert (message.state, message.attempts, message.holder, message.reason) == (
        MessageState.PENDING,
        0,
        None,
        "Alertmanager's silences could not be read: connection refused",
    )
    assert [(one.subject, one.unknown) for one in leaving(decided, AS_OF + 2 * MINUTE)] == [(RUN, False)]


def test_a_start_does_not_wait_for_silences_longer_than_it_may_wait_at_all(decided: Engine) -> None:
    assert leaving(decided, AS_OF + MINUTE, UNHEARD) == []
    due_again(decided)

    assert leaving(decided, AS_OF + HOUR + MINUTE, UNHEARD) == []
    assert [guard for guard, _ in withdrawn(decided)] == ["replay"]


def told(engine: Engine) -> list[tuple[str, str]]:
    """The subject and the text of what incidents are told."""
    with read_only(engine) as session:
        messages = list_messages(session).items
    return [(one.subject, one.payload["content"]) for one in messages if one.kind is MessageKind.INCIDENT_COMMENT]


FOR_WHAT_IS_AROUND: list[tuple[timedelta, Surroundings, str]] = [
    (2 * HOUR, NOTHING, "it could not be sent within an hour"),
    (MINUTE, Surroundings(silences=(SILENCE,)), "what it is for was muted or silenced meanwhile"),
]
BY_CONFIGURATION: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({}, {"scripts": []}, "the configuration does not allow it any more"),
    ({"entities": ""}, {}, "the configuration does not allow it there any more"),
    ({}, {"hours": []}, "the hours in which scripts may be started are over"),
]


def said(why: str) -> list[tuple[str, str]]:
    return [(INCIDENT, f"The script clean-temp was withdrawn before it was started ({RUN}): {why}.")]


@pytest.mark.parametrize(("later", "around", "why"), FOR_WHAT_IS_AROUND)
def test_an_incident_is_told_that_a_start_came_too_late_or_is_silenced(
    decided: Engine, later: timedelta, around: Surroundings, why: str
) -> None:
    assert leaving(decided, AS_OF + later, around) == []
    assert told(decided) == said(why)


@pytest.mark.parametrize(("rule", "changes", "why"), BY_CONFIGURATION)
def test_an_incident_is_told_that_the_configuration_withdrew_a_start(
    decided: Engine, rule: dict[str, Any], changes: dict[str, Any], why: str
) -> None:
    automation = Automation(make_config(rule, **changes))

    assert leaving(decided, AS_OF + MINUTE, automation=automation) == []
    assert told(decided) == said(why)


def test_an_incident_is_told_that_a_start_was_withdrawn_for_who_went_to_work(decided: Engine) -> None:
    stands(decided, IncidentStatus.ACKNOWLEDGED, AS_OF + MINUTE)

    assert leaving(decided, AS_OF + 2 * MINUTE) == []
    assert told(decided) == said("a person has acknowledged the incident meanwhile")


def test_an_incident_that_is_over_is_told_nothing_of_a_start_that_was_withdrawn(decided: Engine) -> None:
    stands(decided, IncidentStatus.RESOLVED, AS_OF + MINUTE)
    stop(decided)

    assert leaving(decided, AS_OF + MINUTE) == []
    assert told(decided) == []
    assert [guard for guard, _ in withdrawn(decided)] == ["kill_switch"]


def test_who_writes_to_the_outbox_is_waited_for_before_a_row_of_it_is_held(decided: Engine) -> None:
    """A run that concludes holds the outbox, and may want the row: neither must wait for the other."""
    store = SqlOutboxStore(decided, lambda: AS_OF + MINUTE)
    (claimed,) = store.claim("test", 1, MINUTE)
    stop(decided)

    with ThreadPoolExecutor(1) as pool:
        with transaction(decided) as session:
            add_messages(session, [NewMessage(MessageKind.INCIDENT_COMMENT, "another", "k2", {})])
            looking = pool.submit(store.may_leave, claimed, "test")
            with pytest.raises(TimeoutError):
                looking.result(timeout=1)
            session.execute(text("SELECT 1 FROM outbox WHERE id = 1 FOR UPDATE NOWAIT"))
        assert not looking.result(timeout=10)


def test_what_was_sent_and_never_answered_is_neither_sent_again_nor_taken_for_withdrawn(decided: Engine) -> None:
    sent_and_never_answered(decided)
    stop(decided)

    assert leaving(decided, AS_OF + MINUTE) == []
    assert withdrawn(decided) == []
    with read_only(decided) as session:
        assert get_execution(session, RUN).status is ExecutionStatus.PENDING
        message = get_message(session, 1)
    assert (message.state, message.unknown, message.reason) == (
        MessageState.PENDING,
        True,
        "automation is stopped: an audit",
    )


def test_what_was_sent_and_never_answered_is_looked_up_although_all_is_stopped(decided: Engine) -> None:
    sent_and_never_answered(decided)
    stop(decided)

    claimed = SqlOutboxStore(decided, lambda: AS_OF + MINUTE).claim("test", 1, MINUTE)

    assert [(one.subject, one.unknown) for one in claimed] == [(RUN, True)]


def test_what_another_has_claimed_meanwhile_is_left_to_it(decided: Engine) -> None:
    store = SqlOutboxStore(decided, lambda: AS_OF + MINUTE)
    (mine,) = store.claim("test", 1, MINUTE)
    stop(decided)
    taken_by_another(decided)

    with pytest.raises(LeaseLost):
        store.may_leave(mine, "test")
    assert withdrawn(decided) == []
