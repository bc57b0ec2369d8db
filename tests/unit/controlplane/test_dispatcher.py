"""What the dispatcher does with each message and each failure, against a Control Plane in memory."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from controlplane.dispatcher import Result, Timing
from domain.outbox import Message, MessageKind, foreign_subject
from tests.unit.controlplane.memory_store import HELD_FOR
from tests.unit.controlplane.plane import (
    CONFIG,
    CREATE,
    NOW,
    PAYLOADS,
    SUBJECT,
    Desk,
    Fault,
    answer,
    lose_answer,
    message,
    page,
    refuse_connection,
)


def test_a_message_is_told_once_and_then_nothing_is_due() -> None:
    desk = Desk(message(MessageKind.INCIDENT_CREATE))

    assert [desk.turn(), desk.turn()] == [Result.DELIVERED, None]
    assert desk.plane.effects == ["create"]


def test_messages_of_one_subject_go_out_in_order_and_know_the_incident() -> None:
    kinds = [MessageKind.INCIDENT_CREATE, MessageKind.INCIDENT_UPDATE]
    kinds += [MessageKind.INCIDENT_COMMENT, MessageKind.INCIDENT_RESOLVE]
    desk = Desk(*(message(kind, number) for number, kind in enumerate(kinds, 1)))

    while desk.turn() is not None:
        continue

    assert desk.plane.effects == ["create", "update", "comment", "resolve"]


def test_a_later_message_waits_for_an_earlier_one_that_failed_and_other_subjects_do_not() -> None:
    other = message(MessageKind.INCIDENT_CREATE, 3, subject="b", payload=CREATE | {"sourceKey": "b"})
    desk = Desk(message(MessageKind.INCIDENT_CREATE), message(MessageKind.INCIDENT_UPDATE, 2), other)
    desk.plane.before = [refuse_connection]

    assert [desk.turn(), desk.turn(), desk.turn()] == [Result.RETRY, Result.DELIVERED, None]
    assert desk.plane.incidents[0]["sourceKey"] == "b"
    assert [desk.turn(later=2.0), desk.turn()] == [Result.DELIVERED, Result.DELIVERED]


@pytest.mark.parametrize(
    "kind",
    [
        MessageKind.INCIDENT_CREATE,
        MessageKind.INCIDENT_UPDATE,
        MessageKind.INCIDENT_COMMENT,
        MessageKind.INCIDENT_RESOLVE,
        MessageKind.EXECUTION_START,
    ],
)
@pytest.mark.parametrize("done", [True, False], ids=["done", "not done"])
@pytest.mark.parametrize("fault", [lose_answer, answer(500), answer(503)], ids=["silence", "500", "503"])
def test_after_an_unknown_answer_it_is_looked_up_before_it_is_sent_again(
    kind: MessageKind, done: bool, fault: Fault
) -> None:
    desk = Desk(message(kind))
    if kind not in {MessageKind.INCIDENT_CREATE, MessageKind.EXECUTION_START}:
        desk.plane.incidents = [CREATE | {"id": "inc-1", "status": "new", "createdAt": NOW, "updatedAt": NOW}]
    if done:
        desk.plane.after = [fault]
    else:
        desk.plane.before = [fault]

    assert desk.turn() is Result.UNKNOWN
    assert desk.turn(later=29.0) is None  # it may still take effect for the settle time
    assert desk.turn(later=1.0) is (Result.FOUND if done else Result.DELIVERED)
    assert len(desk.plane.effects) == 1


@pytest.mark.parametrize("kind", list(MessageKind))
@pytest.mark.parametrize("done", [True, False], ids=["done", "not done"])
def test_what_is_held_back_is_looked_up_and_never_sent(kind: MessageKind, done: bool) -> None:
    desk = Desk(message(kind))
    if kind not in {MessageKind.INCIDENT_CREATE, MessageKind.EXECUTION_START}:
        desk.plane.incidents = [CREATE | {"id": "inc-1", "status": "new", "createdAt": NOW, "updatedAt": NOW}]
    (desk.plane.after if done else desk.plane.before).append(lose_answer)
    assert desk.turn() is Result.UNKNOWN
    effects = list(desk.plane.effects)

    entry = desk.store.entries[1]
    entry.message = replace(entry.message, held_back="muted by ana")

    assert desk.turn(later=60.0) is (Result.FOUND if done else Result.HELD_BACK)
    assert desk.plane.effects == effects
    assert desk.state() == ("done" if done else "waiting")


def test_what_was_held_back_is_sent_when_it_no_longer_is() -> None:
    desk = Desk(message(MessageKind.INCIDENT_CREATE, unknown=True))
    entry = desk.store.entries[1]
    entry.message = replace(entry.message, held_back="muted by ana")
    assert desk.turn() is Result.HELD_BACK
    assert entry.reason == "muted by ana"

    entry.message = replace(entry.message, held_back="")

    assert desk.turn() is None
    assert desk.turn(later=HELD_FOR) is Result.DELIVERED
    assert entry.message.attempts == 0


@pytest.mark.parametrize("done", [True, False], ids=["done", "not done"])
def test_a_start_that_may_have_been_sent_is_looked_up_and_not_sent_again_when_it_may_no_longer_leave(
    done: bool,
) -> None:
    desk = Desk(message(MessageKind.EXECUTION_START))
    (desk.plane.after if done else desk.plane.before).append(lose_answer)
    assert desk.turn() is Result.UNKNOWN
    desk.store.stopped = True

    assert desk.turn(later=60.0) is (Result.FOUND if done else Result.HELD_BACK)
    assert len(desk.plane.executions) == (1 if done else 0)


def test_what_is_no_start_is_sent_without_a_last_look() -> None:
    desk = Desk(message(MessageKind.INCIDENT_CREATE))
    desk.store.stopped = True

    assert desk.turn() is Result.DELIVERED


def test_a_start_that_was_taken_from_a_dispatcher_is_not_sent_by_it() -> None:
    desk = Desk(message(MessageKind.EXECUTION_START, unknown=True))

    def take(_request: httpx.Request) -> httpx.Response:
        desk.store.entries[1].holder = "another"
        return page([])

    desk.plane.handler = take

    assert desk.turn() is Result.LEASE_LOST
    assert [request.method for request in desk.plane.asked] == ["GET"]


def test_a_message_whose_dispatcher_was_killed_is_looked_up_when_its_lease_is_over() -> None:
    desk = Desk(message(MessageKind.INCIDENT_CREATE))
    lease = Timing.of(CONFIG).lease
    desk.store.claim("killed", 1, timedelta(seconds=lease))
    desk.plane.work(httpx.Request("POST", "http://127.0.0.1/api/v1/incidents", json=CREATE))

    assert desk.turn(later=lease - 1) is None
    assert desk.turn(later=1.0) is Result.FOUND
    assert desk.plane.effects == ["create"]


def test_what_a_dispatcher_tells_after_its_lease_went_to_another_is_not_recorded() -> None:
    desk = Desk(message(MessageKind.INCIDENT_CREATE))

    def freeze(_request: httpx.Request) -> None:
        desk.store.entries[1].holder = "another"

    desk.plane.before = [freeze]

    assert desk.turn() is Result.LEASE_LOST
    assert desk.state() == "waiting"


def test_a_dispatcher_that_was_frozen_after_its_claim_sends_nothing() -> None:
    desk = Desk(message(MessageKind.INCIDENT_CREATE))
    desk.store.frozen_in_claim = Timing.of(CONFIG).sending + 1

    assert desk.turn() is Result.RETRY
    assert desk.plane.effects == []
    assert "not sent" in desk.store.entries[1].reason


def test_a_lookup_without_an_answer_leaves_a_message_as_unsent_as_it_was() -> None:
    desk = Desk(message(MessageKind.INCIDENT_UPDATE))
    desk.plane.handler = lose_answer

    assert desk.turn() is Result.RETRY
    assert not desk.store.entries[1].message.unknown


@pytest.mark.parametrize("status", [400, 422, 413])
def test_what_is_refused_as_wrong_is_dead_at_once_and_says_why(status: int) -> None:
    desk = Desk(message(MessageKind.INCIDENT_CREATE))
    desk.plane.before = [answer(status)]

    assert desk.turn() is Result.DEAD
    assert f"answered {status} E: m" in desk.store.entries[1].reason


@pytest.mark.parametrize(
    "payload",
    [{"title": "", "severity": "info"}, {"title": "t", "severity": "fatal"}, CREATE | {"sourceKey": "other"}, {}],
)
def test_a_payload_that_breaks_the_contract_is_dead_before_it_is_sent(payload: dict[str, Any]) -> None:
    desk = Desk(message(MessageKind.INCIDENT_CREATE, payload=payload))

    assert desk.turn() is Result.DEAD
    assert desk.plane.effects == []


def test_a_fault_of_the_credential_pauses_all_and_burns_no_try() -> None:
    other = message(MessageKind.INCIDENT_CREATE, 2, subject="b", payload=CREATE | {"sourceKey": "b"})
    desk = Desk(message(MessageKind.INCIDENT_CREATE), other)
    desk.plane.before = [answer(401)]

    assert [desk.turn(), desk.turn(), desk.turn(later=59.0)] == [Result.PAUSED, None, None]
    assert desk.store.entries[1].message.attempts == 0
    assert [desk.turn(later=1.0), desk.turn()] == [Result.DELIVERED, Result.DELIVERED]


def create(number: int) -> Message:
    subject = f"forewarn:{number}:1"
    return message(MessageKind.INCIDENT_CREATE, number, subject=subject, payload=CREATE | {"sourceKey": subject})


def forbidding(desk: Desk, *parts: str) -> None:
    """Let everything be allowed but changes whose path has one of these parts."""

    def handle(request: httpx.Request) -> httpx.Response:
        refused = request.method != "GET" and any(part in request.url.path for part in parts)
        return (
            httpx.Response(403, json={"error": "FORBIDDEN", "message": "no"}) if refused else desk.plane.work(request)
        )

    desk.plane.handler = handle


def test_one_operation_that_is_not_allowed_keeps_no_other_message_waiting() -> None:
    desk = Desk(message(MessageKind.EXECUTION_START), create(2), create(3), create(4))
    forbidding(desk, "execute")

    assert [desk.turn() for _ in range(5)] == [Result.RETRY, *[Result.DELIVERED] * 3, None]
    assert desk.store.entries[1].message.attempts == 1
    assert [desk.turn(later=60.0), desk.state()] == [Result.DEAD, "dead"]
    assert "not allowed with our credential, 2 times in a row" in desk.store.entries[1].reason


def test_where_nothing_is_told_what_is_not_allowed_waits_until_it_is() -> None:
    desk = Desk(create(1), create(2))
    forbidding(desk, "incidents")
    assert {desk.turn(later=900.0) for _ in range(20)} == {Result.RETRY}

    forbidding(desk)

    assert [desk.turn(later=900.0), desk.turn(), desk.plane.effects] == [*[Result.DELIVERED] * 2, ["create"] * 2]


def test_several_operations_in_a_row_that_are_not_allowed_pause_all() -> None:
    comment = message(MessageKind.INCIDENT_COMMENT, 2, subject=foreign_subject("inc-1"))
    desk = Desk(message(MessageKind.EXECUTION_START), comment, create(3), create(4))
    forbidding(desk, "execute", "incidents")

    assert [desk.turn() for _ in range(4)] == [Result.RETRY, Result.RETRY, Result.PAUSED, None]
    forbidding(desk, "execute", "comments")
    assert desk.turn(later=59.0) is None
    assert {desk.turn(later=1.0) for _ in range(4)} >= {Result.DELIVERED}
    assert desk.plane.effects == ["create", "create"]


def test_a_request_that_reached_nobody_does_not_say_that_something_is_allowed() -> None:
    comment = message(MessageKind.INCIDENT_COMMENT, 2, subject=foreign_subject("inc-1"))
    desk = Desk(message(MessageKind.EXECUTION_START), comment, create(3), create(4))
    forbidding(desk, "execute", "incidents")
    desk.plane.before = [lambda _request: None, lambda _request: None, refuse_connection]

    assert [desk.turn() for _ in range(4)] == [*[Result.RETRY] * 3, Result.PAUSED]


def test_a_wrong_url_pauses_instead_of_killing_messages() -> None:
    desk = Desk(message(MessageKind.INCIDENT_CREATE))
    desk.plane.before = [answer(404)]

    assert [desk.turn(), desk.state()] == [Result.PAUSED, "waiting"]


def test_too_many_requests_wait_as_told() -> None:
    desk = Desk(message(MessageKind.INCIDENT_CREATE))
    desk.plane.before = [answer(429, **{"retry-after": "17"})]

    assert [desk.turn(), desk.turn(later=16.0), desk.turn(later=1.0)] == [Result.RETRY, None, Result.DELIVERED]


def test_too_many_requests_of_which_nobody_says_how_long_keep_no_other_message_waiting() -> None:
    desk = Desk(create(1), create(2))
    desk.plane.before = [answer(429)]

    assert [desk.turn(), desk.turn(), desk.turn(later=60.0)] == [Result.RETRY, *[Result.DELIVERED] * 2]


def test_what_a_server_that_is_down_says_of_when_to_come_back_holds_for_its_message() -> None:
    desk = Desk(create(1), create(2))
    desk.plane.before = [answer(503, **{"retry-after": "300"})]

    assert [desk.turn(), desk.turn(), desk.turn(later=299.0)] == [Result.UNKNOWN, Result.DELIVERED, None]


def test_several_operations_in_a_row_that_fail_pause_nothing() -> None:
    comment = message(MessageKind.INCIDENT_COMMENT, 2, subject=foreign_subject("inc-1"))
    desk = Desk(message(MessageKind.EXECUTION_START), comment, create(3), create(4))
    desk.plane.before = [refuse_connection] * 3

    assert [desk.turn() for _ in range(4)] == [*[Result.RETRY] * 3, Result.DELIVERED]


def test_too_many_requests_let_all_messages_rest_as_long_as_told() -> None:
    desk = Desk(*(create(number) for number in range(1, 9)))
    desk.plane.before = [answer(429, **{"retry-after": "30"})]
    asked = len(desk.plane.asked)

    assert [desk.turn(), *(desk.turn(later=7.0) for _ in range(4))] == [Result.RETRY, None, None, None, None]
    assert len(desk.plane.asked) - asked == 1
    assert not desk.store.state().paused  # nothing is wrong with us
    assert [desk.turn(later=2.0), *(desk.turn() for _ in range(7))] == [Result.DELIVERED] * 8


def test_drain_does_not_wait_for_the_end_of_a_long_rest() -> None:
    desk = Desk(create(1), create(2))
    desk.plane.before = [answer(429, **{"retry-after": "3000"})]
    began = time.monotonic()

    assert desk.dispatcher.drain(60.0) == 2
    assert time.monotonic() - began < 30


def test_a_conflict_after_other_failures_is_the_first_of_its_row() -> None:
    desk = Desk(message(MessageKind.INCIDENT_CREATE))
    desk.plane.before = [*[answer(429, **{"retry-after": "1"})] * 4, answer(409)]

    assert [desk.turn(later=60.0) for _ in range(4)] == [Result.RETRY] * 4
    assert [desk.turn(later=60.0), desk.turn(later=60.0)] == [Result.UNKNOWN, Result.DELIVERED]


@pytest.mark.parametrize("kind", list(MessageKind))
@pytest.mark.parametrize("unknown", [False, True], ids=["first try", "looked up"])
def test_a_gateway_without_a_route_kills_no_message(kind: MessageKind, unknown: bool) -> None:
    desk = Desk(message(kind, unknown=unknown))
    if kind not in {MessageKind.INCIDENT_CREATE, MessageKind.EXECUTION_START}:
        desk.plane.incidents = [CREATE | {"id": "inc-1", "status": "new", "createdAt": NOW, "updatedAt": NOW}]
    desk.plane.handler = lambda _request: httpx.Response(404, text="404 page not found")
    assert [desk.turn(), desk.state()] == [Result.PAUSED, "waiting"]

    desk.plane.handler = desk.plane.work

    assert desk.turn(later=60.0) is Result.DELIVERED


def leading_nowhere(desk: Desk, part: str) -> None:
    """Let a gateway have no route for what has this in its path."""

    def handle(request: httpx.Request) -> httpx.Response:
        return httpx.Response(404, text="404 page not found") if part in request.url.path else desk.plane.work(request)

    desk.plane.handler = handle


def test_one_operation_without_a_route_keeps_no_other_message_waiting_for_ever() -> None:
    comments = [message(MessageKind.INCIDENT_COMMENT, n, subject=foreign_subject(f"inc-{n}")) for n in (1, 2, 3)]
    desk = Desk(*comments, create(4), create(5))
    leading_nowhere(desk, "comments")

    assert [desk.turn(), desk.turn(later=59.0)] == [Result.PAUSED, None]  # perhaps the gateway is being restarted
    assert [desk.turn(later=1.0), *(desk.turn() for _ in range(5))] == [
        *[Result.RETRY] * 3,
        *[Result.DELIVERED] * 2,
        None,
    ]
    assert {desk.turn(later=900.0) for _ in range(20)} == {Result.RETRY}
    assert [desk.state(n) for n in (1, 2, 3)] == ["waiting"] * 3

    desk.plane.handler = desk.plane.work
    desk.plane.incidents = [{"id": f"inc-{n}", "status": "new", "createdAt": NOW, **CREATE} for n in (1, 2, 3)]
    assert [desk.turn(later=900.0), *(desk.turn() for _ in range(2))] == [Result.DELIVERED] * 3


def test_an_operation_that_had_a_route_again_and_loses_it_pauses_all_again() -> None:
    comments = [message(MessageKind.INCIDENT_COMMENT, n, subject=foreign_subject(f"inc-{n}")) for n in (1, 2)]
    desk = Desk(*comments)
    desk.plane.incidents = [{"id": "inc-1", "status": "new", "createdAt": NOW, **CREATE}]
    leading_nowhere(desk, "comments")
    assert desk.turn() is Result.PAUSED

    leading_nowhere(desk, "inc-2")

    assert [desk.turn(later=60.0), desk.turn()] == [Result.DELIVERED, Result.PAUSED]


def test_a_process_that_begins_with_what_led_nowhere_before_tells_the_others() -> None:
    comment = message(MessageKind.INCIDENT_COMMENT, 1, subject=foreign_subject("inc-1"), attempts=1)
    desk = Desk(comment, replace(comment, id=2, subject=foreign_subject("inc-2"), attempts=0), create(3))
    leading_nowhere(desk, "comments")

    assert [desk.turn() for _ in range(3)] == [Result.RETRY, Result.RETRY, Result.DELIVERED]


def test_a_script_that_is_not_there_is_what_the_message_is_about() -> None:
    desk = Desk(message(MessageKind.EXECUTION_START))
    desk.plane.before = [
        lambda _request: httpx.Response(404, json={"error": "RESOURCE_NOT_FOUND", "message": "no such script"})
    ]

    assert desk.turn() is Result.DEAD


@pytest.mark.parametrize(
    "kind", [MessageKind.INCIDENT_CREATE, MessageKind.INCIDENT_COMMENT, MessageKind.EXECUTION_START]
)
def test_a_conflict_is_no_error_where_it_is_there_already(kind: MessageKind) -> None:
    desk = Desk(message(kind))
    desk.plane.incidents = [CREATE | {"id": "inc-1", "status": "new", "createdAt": NOW, "updatedAt": NOW}]
    desk.plane.comments = [PAYLOADS[MessageKind.INCIDENT_COMMENT] | {"id": "com-1", "createdAt": NOW}]
    started = {"id": "exe-1", "scriptName": "Clean", "status": "running"}
    desk.plane.executions = [PAYLOADS[MessageKind.EXECUTION_START] | started]
    desk.plane.before = [answer(409)]

    assert desk.turn() is Result.FOUND
    assert desk.plane.effects == []


@pytest.mark.parametrize("kind", [MessageKind.INCIDENT_UPDATE, MessageKind.INCIDENT_RESOLVE])
def test_a_change_that_an_open_incident_does_not_allow_is_given_up_in_the_end(kind: MessageKind) -> None:
    desk = Desk(message(kind))
    desk.plane.incidents = [CREATE | {"id": "inc-1", "status": "in_progress", "createdAt": NOW, "updatedAt": NOW}]
    desk.plane.before = [answer(409), answer(409)]

    assert [desk.turn(), desk.turn(later=9.0)] == [Result.UNKNOWN, Result.DEAD]
    assert "2 times in a row" in desk.store.entries[1].reason


def test_a_conflict_with_nothing_there_is_given_up_in_the_end() -> None:
    desk = Desk(message(MessageKind.INCIDENT_CREATE))
    desk.plane.before = [answer(409), answer(409)]

    assert [desk.turn(), desk.turn(later=9.0), desk.state()] == [Result.UNKNOWN, Result.DEAD, "dead"]


@pytest.mark.parametrize("kind", [MessageKind.INCIDENT_UPDATE, MessageKind.INCIDENT_RESOLVE])
def test_what_a_person_has_resolved_already_is_no_error_and_is_left_as_it_is(kind: MessageKind) -> None:
    desk = Desk(message(kind))
    resolved = {"id": "inc-1", "status": "resolved", "outcome": "false_positive", "createdAt": NOW, "updatedAt": NOW}
    desk.plane.incidents = [CREATE | resolved]

    assert desk.turn() is Result.FOUND
    assert desk.plane.incidents[0]["outcome"] == "false_positive"
    assert desk.plane.effects == []


@pytest.mark.parametrize(
    "kind", [MessageKind.INCIDENT_UPDATE, MessageKind.INCIDENT_RESOLVE, MessageKind.INCIDENT_COMMENT]
)
@pytest.mark.parametrize("known", [True, False])
def test_what_is_about_an_incident_that_is_gone_is_dead_with_the_reason(kind: MessageKind, known: bool) -> None:
    desk = Desk(message(kind))
    if known:
        desk.store.incident_ids[SUBJECT] = "inc-9"

    assert desk.turn() is Result.DEAD
    assert "not at the Control Plane" in desk.store.entries[1].reason


def test_a_control_plane_that_does_not_filter_is_never_sent_a_second_incident() -> None:
    desk = Desk(message(MessageKind.INCIDENT_CREATE, unknown=True))
    stranger = CREATE | {"sourceKey": "other", "id": "inc-7", "status": "new", "createdAt": NOW, "updatedAt": NOW}
    desk.plane.handler = lambda _request: page([stranger])

    assert desk.turn() is Result.RETRY
    assert desk.store.entries[1].message.unknown
    assert desk.plane.effects == []


def test_a_control_plane_that_does_not_filter_is_never_asked_for_a_second_execution() -> None:
    desk = Desk(message(MessageKind.EXECUTION_START, unknown=True))
    stranger = {"id": "exe-7", "scriptId": "clean-temp", "scriptName": "Clean", "status": "success"}
    desk.plane.executions = [stranger | {"correlationId": "other"}]

    assert desk.turn() is Result.RETRY
    assert desk.store.entries[1].message.unknown
    assert desk.plane.effects == []


def test_of_two_incidents_that_were_made_the_oldest_is_ours() -> None:
    desk = Desk(message(MessageKind.INCIDENT_UPDATE))
    made = CREATE | {"status": "new", "updatedAt": NOW}
    desk.plane.incidents = [
        made | {"id": "inc-1", "createdAt": "2026-11-22T04:00:00Z"},
        made | {"id": "inc-2", "createdAt": NOW},
    ]

    assert desk.turn() is Result.DELIVERED
    assert [one["severity"] for one in desk.plane.incidents] == ["warning", "critical"]


def test_an_update_of_which_a_part_stands_there_already_is_sent() -> None:
    changes = {"severity": CREATE["severity"], "title": CREATE["title"], "expectedAt": "2026-11-24T03:00:00Z"}
    desk = Desk(message(MessageKind.INCIDENT_UPDATE, payload=changes, unknown=True))
    desk.plane.incidents = [CREATE | {"id": "inc-1", "status": "new", "createdAt": NOW, "updatedAt": NOW}]

    assert desk.turn() is Result.DELIVERED
    assert desk.plane.incidents[0]["expectedAt"] == changes["expectedAt"]


def test_an_unknown_answer_is_not_forgotten_by_later_failures() -> None:
    desk = Desk(message(MessageKind.INCIDENT_CREATE))
    desk.plane.after = [lose_answer]
    desk.turn()
    desk.plane.handler = refuse_connection
    assert desk.turn(later=30.0) is Result.RETRY
    desk.plane.handler = desk.plane.work

    assert desk.turn(later=60.0) is Result.FOUND
    assert desk.plane.effects == ["create"]


def test_tries_are_counted_by_kind_and_result() -> None:
    desk = Desk(message(MessageKind.INCIDENT_CREATE))
    desk.plane.before = [refuse_connection]
    desk.turn()
    desk.turn(later=10.0)

    def count(result: str) -> float | None:
        labels = {"kind": "incident.create", "result": result}
        return desk.registry.get_sample_value("forewarn_delivery_attempts_total", labels)

    assert (count("retry"), count("delivered"), count("dead")) == (1.0, 1.0, None)


def test_the_lease_outlasts_the_last_request_and_the_time_in_which_it_may_take_effect() -> None:
    timing = Timing.of(CONFIG)

    assert timing.lease > timing.sending + 10 + 30
    assert timing.sending >= 3 * 10  # a lookup, a read and a change fit in


def test_drain_says_how_many_still_wait() -> None:
    desk = Desk(message(MessageKind.INCIDENT_CREATE), message(MessageKind.INCIDENT_UPDATE, 2))
    desk.plane.before = [answer(401)]

    assert desk.dispatcher.drain(0.3) == 2
    desk.store.now += 60.0
    assert desk.dispatcher.drain(5.0) == 0


def test_a_comment_on_somebody_elses_incident_goes_there() -> None:
    subject = foreign_subject("inc-1")
    desk = Desk(message(MessageKind.INCIDENT_COMMENT, subject=subject))
    desk.plane.incidents = [
        CREATE | {"id": "inc-1", "sourceKey": "x", "status": "new", "createdAt": NOW, "updatedAt": NOW}
    ]

    assert desk.turn() is Result.DELIVERED
    assert desk.plane.effects == ["comment"]


def test_an_execution_that_could_not_be_found_again_is_not_started() -> None:
    desk = Desk(message(MessageKind.EXECUTION_START, payload={"scriptId": "clean-temp"}))

    assert [desk.turn(), desk.plane.effects] == [Result.DEAD, []]


def test_a_comment_that_could_not_be_found_again_is_not_taken_for_another_ones() -> None:
    desk = Desk(message(MessageKind.INCIDENT_COMMENT, payload={"content": "two days left"}, unknown=True))
    desk.plane.incidents = [CREATE | {"id": "inc-1", "status": "new", "createdAt": NOW, "updatedAt": NOW}]
    desk.plane.comments = [{"id": "com-1", "content": "I look at it", "createdAt": NOW}]

    assert [desk.turn(), desk.plane.effects] == [Result.DEAD, []]


def test_a_comment_is_found_on_a_later_page() -> None:
    desk = Desk(message(MessageKind.INCIDENT_COMMENT, unknown=True, subject=foreign_subject("inc-1")))
    pages = {
        str(number): [{"id": f"c{number}", "content": "x", "sourceKey": f"comment-{4 - number}", "createdAt": NOW}]
        for number in (1, 2, 3)
    }

    def paged(request: httpx.Request) -> httpx.Response:
        number = request.url.params["page"]
        pagination = {"page": int(number), "pageSize": 1, "total": 3, "totalPages": 3}
        return httpx.Response(200, json={"items": pages[number], "pagination": pagination})

    desk.plane.handler = paged

    assert desk.turn() is Result.FOUND
