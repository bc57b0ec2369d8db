"""Incidents, executions, mutes, reports, switches and the audit log."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from domain.audit import AuditEntry
from domain.execution import Execution, ExecutionStatus
from domain.finding import Outcome, Severity
from domain.incident import Incident, IncidentStatus
from domain.mute import Matcher, MatchOperator, Mute, Recurrence
from storage.audit import append_audit, list_audit, prune_audit
from storage.engine import read_only, transaction
from storage.errors import NotFound
from storage.executions import (
    add_execution,
    get_execution,
    list_executions,
    prune_executions,
    record_effect,
    record_progress,
    unfinished_executions,
    was_touched,
)
from storage.incidents import (
    count_outcomes,
    find_incident,
    get_incident,
    incidents_of,
    list_incidents,
    load_incidents,
    load_open_incidents,
    open_incidents,
    prune_incidents,
    record_remote,
    resolve_incident,
    update_incident,
)
from storage.mutes import add_mute, end_mute, find_mute, list_mutes, load_mutes, prune_mutes
from storage.reports import get_report, latest_report, list_reports, prune_reports, save_report
from storage.switches import SwitchName, find_switch, turn_off, turn_on
from tests.integration.storage.builders import NIGHT, started_run

pytestmark = pytest.mark.server

DAY = timedelta(days=1)


def incident(number: int, **changes: Any) -> Incident:
    values: dict[str, Any] = {
        "source_key": f"forewarn:f{number}:1",
        "fingerprint": f"f{number}",
        "episode": 1,
        "job": "nightly",
        "title": "Filesystem space of db-1",
        "severity": Severity.WARNING,
        "opened_at": NIGHT + number * DAY,
        "members": (f"f{number}", "f-shared"),
    }
    return Incident(**{**values, **changes})


def execution(number: int, **changes: Any) -> Execution:
    values: dict[str, Any] = {
        "correlation_id": f"fw-{number}",
        "script_id": "cleanup",
        "rule": "disk",
        "fingerprint": "f1",
        "source_key": "forewarn:f1:1",
        "requested_at": NIGHT + number * DAY,
        "parameters": {"path": "/var", "days": 7},
        "targets": ("res-1",),
    }
    return Execution(**{**values, **changes})


MUTE = Mute(
    id=UUID("a0000000-0000-4000-8000-000000000001"),
    matchers=(Matcher("instance", MatchOperator.MATCHES, "db-.*"), Matcher("team", MatchOperator.NOT_EQUAL, "")),
    owner="ann",
    reason="disks are replaced",
    starts_at=NIGHT,
    expires_at=NIGHT + 7 * DAY,
    recurrence=Recurrence("0 2 * * 0", timedelta(hours=4), "Asia/Taipei"),
)


def test_an_incident_is_opened_once_whatever_makes_us_think_of_it_again(engine: Engine) -> None:
    with transaction(engine) as session:
        assert open_incidents(session, [incident(1), incident(2)]) == 2
        assert open_incidents(session, [incident(1, title="another")]) == 0

    with read_only(engine) as session:
        assert find_incident(session, "forewarn:f1:1") == incident(1)
        assert find_incident(session, "forewarn:f9:1") is None


def test_a_group_may_have_many_incidents_one_after_the_other(engine: Engine) -> None:
    later = incident(1, source_key="forewarn:f1:later", opened_at=NIGHT + 9 * DAY)

    with transaction(engine) as session:
        assert open_incidents(session, [incident(1), later]) == 2

    with read_only(engine) as session:
        assert incidents_of(session, "f1") == [later, incident(1)]
        found = load_incidents(session, ["forewarn:f1:later", "forewarn:nothing"])
    assert found == {"forewarn:f1:later": later}


def test_an_incident_follows_what_was_told_and_what_people_did(engine: Engine) -> None:
    with transaction(engine) as session:
        open_incidents(session, [incident(1)])
        update_incident(
            session, "forewarn:f1:1", title="worse", severity=Severity.CRITICAL, expected_at=NIGHT + DAY, members=["f1"]
        )
    seen: dict[str, Any] = {"remote_id": "INC-1", "severity": Severity.CRITICAL, "outcome": None, "resolved_at": None}
    with transaction(engine) as session:
        record_remote(session, "forewarn:f1:1", status=IncidentStatus.ACKNOWLEDGED, seen_at=NIGHT + DAY, **seen)
        record_remote(session, "forewarn:f1:1", status=IncidentStatus.IN_PROGRESS, seen_at=NIGHT + 2 * DAY, **seen)
    with read_only(engine) as session:
        known = get_incident(session, "forewarn:f1:1")
    assert (known.title, known.severity, known.members) == ("worse", Severity.CRITICAL, ("f1",))
    assert (known.remote_id, known.status, known.acknowledged_at) == ("INC-1", IncidentStatus.IN_PROGRESS, NIGHT + DAY)

    with transaction(engine) as session:
        outcome = {**seen, "outcome": Outcome.PREVENTED, "resolved_at": NIGHT + 3 * DAY}
        record_remote(session, "forewarn:f1:1", status=IncidentStatus.RESOLVED, seen_at=NIGHT + 4 * DAY, **outcome)
        resolve_incident(session, "forewarn:f1:1", at=NIGHT + 5 * DAY, outcome=Outcome.CLEARED)
    with read_only(engine) as session:
        known = get_incident(session, "forewarn:f1:1")
        assert load_open_incidents(session) == []
        assert count_outcomes(session, job="nightly", since=NIGHT) == {"prevented": 1}
    assert (known.outcome, known.resolved_at) == (Outcome.PREVENTED, NIGHT + 3 * DAY)


def test_incidents_are_found_by_what_they_are_about(engine: Engine) -> None:
    second = incident(1, source_key="forewarn:f1:2", episode=2, opened_at=NIGHT + 9 * DAY)
    with transaction(engine) as session:
        open_incidents(session, [incident(1), incident(2), incident(3, job="hourly"), second])
        resolve_incident(session, "forewarn:f1:1", at=NIGHT + 2 * DAY, outcome=Outcome.CLEARED)

    with read_only(engine) as session:
        assert [one.episode for one in incidents_of(session, "f1")] == [2, 1]
        assert [one.fingerprint for one in load_open_incidents(session, job="nightly")] == ["f1", "f2"]
        page = list_incidents(session, limit=3, member="f-shared")
        rest = list_incidents(session, limit=3, member="f-shared", cursor=page.next_cursor)
        assert [one.fingerprint for one in page.items + rest.items] == ["f1", "f3", "f2", "f1"]
        assert [one.episode for one in list_incidents(session, status=IncidentStatus.RESOLVED).items] == [1]
        assert [one.episode for one in list_incidents(session, outcome=Outcome.CLEARED).items] == [1]
        assert list_incidents(session, severity=Severity.CRITICAL).items == ()
    with transaction(engine) as session:
        assert prune_incidents(session, before=NIGHT + 3 * DAY) == 1


def test_an_incident_that_is_not_there_is_said_so(engine: Engine) -> None:
    with pytest.raises(NotFound, match="no incident x"), transaction(engine) as session:
        update_incident(session, "x", title="", severity=Severity.INFO, expected_at=None, members=[])


def test_an_execution_is_written_once_and_followed_to_its_end(engine: Engine) -> None:
    with transaction(engine) as session:
        assert add_execution(session, execution(1))
        assert not add_execution(session, execution(1, script_id="another"))
    with read_only(engine) as session:
        assert unfinished_executions(session) == [execution(1)]

    ended: dict[str, Any] = {"started_at": NIGHT, "completed_at": NIGHT + DAY}
    with transaction(engine) as session:
        record_progress(session, "fw-1", status=ExecutionStatus.RUNNING, remote_id="EXE-1", started_at=NIGHT)
        record_progress(session, "fw-1", status=ExecutionStatus.SUCCESS, output="ok\x00" * 10_000, **ended)
        record_effect(session, "fw-1", days_gained=12.5)

    with read_only(engine) as session:
        done = get_execution(session, "fw-1")
        assert unfinished_executions(session) == []
    assert (done.status, done.remote_id, done.days_gained) == (ExecutionStatus.SUCCESS, "EXE-1", 12.5)
    assert done.output is not None
    assert len(done.output) == 20_001


def test_executions_are_listed_the_last_requested_first(engine: Engine) -> None:
    with transaction(engine) as session:
        for number in range(4):
            add_execution(session, execution(number, rule="disk" if number else "memory"))

    with read_only(engine) as session:
        page = list_executions(session, rule="disk", limit=2)
        rest = list_executions(session, rule="disk", limit=2, cursor=page.next_cursor)
        assert [one.correlation_id for one in page.items + rest.items] == ["fw-3", "fw-2", "fw-1"]
        assert len(list_executions(session, since=NIGHT + 2 * DAY).items) == 2
        assert list_executions(session, status=ExecutionStatus.FAILED).items == ()
    with transaction(engine) as session:
        record_progress(session, "fw-1", status=ExecutionStatus.FAILED, completed_at=NIGHT)
        assert prune_executions(session, before=NIGHT + DAY) == 1


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"rule": "memory"}, {"fw-2"}),
        ({"script_id": "restart"}, {"fw-3"}),
        ({"fingerprint": "f4"}, {"fw-4"}),
        ({"status": ExecutionStatus.FAILED}, {"fw-5"}),
        ({"since": NIGHT + DAY}, {"fw-6"}),
        ({"rule": "disk", "script_id": "restart", "status": ExecutionStatus.FAILED}, set()),
        ({}, {f"fw-{number}" for number in range(1, 7)}),
    ],
)
def test_executions_are_found_by_each_of_their_names_and_by_all_together(
    engine: Engine, wanted: dict[str, Any], found: set[str]
) -> None:
    plain: dict[str, Any] = {"rule": "disk", "script_id": "clean", "fingerprint": "f", "requested_at": NIGHT}
    other: dict[int, dict[str, Any]] = {
        2: {"rule": "memory"},
        3: {"script_id": "restart"},
        4: {"fingerprint": "f4"},
        6: {"requested_at": NIGHT + DAY},
    }
    with transaction(engine) as session:
        for number in range(1, 7):
            add_execution(session, execution(number, **{**plain, **other.get(number, {})}))
        record_progress(session, "fw-5", status=ExecutionStatus.FAILED, completed_at=NIGHT + DAY)

    with read_only(engine) as session:
        assert {one.correlation_id for one in list_executions(session, **wanted).items} == found


def test_executions_that_one_run_asked_for_are_all_listed_page_by_page(engine: Engine) -> None:
    """They have one time: a page may end in the midst of them."""
    with transaction(engine) as session:
        for number in (3, 1, 5, 2, 4):
            add_execution(session, execution(number, requested_at=NIGHT))

    seen: list[str] = []
    cursor: str | None = None
    with read_only(engine) as session:
        for _ in range(3):
            page = list_executions(session, since=NIGHT, limit=2, cursor=cursor)
            seen += [one.correlation_id for one in page.items]
            cursor = page.next_cursor

    assert (seen, cursor) == (["fw-5", "fw-4", "fw-3", "fw-2", "fw-1"], None)


def test_those_whose_end_is_not_known_are_followed_oldest_first_and_never_forgotten(engine: Engine) -> None:
    with transaction(engine) as session:
        for number, days in ((1, 2), (2, 1), (3, 0), (4, 0)):
            add_execution(session, execution(number, requested_at=NIGHT + days * DAY))
        record_progress(session, "fw-1", status=ExecutionStatus.RUNNING)
        record_progress(session, "fw-4", status=ExecutionStatus.SUCCESS, completed_at=NIGHT + DAY)
        assert prune_executions(session, before=NIGHT + DAY) == 0  # what ends at that moment is kept
        assert prune_executions(session, before=NIGHT + 9 * DAY) == 1

    with read_only(engine) as session:
        assert [one.correlation_id for one in unfinished_executions(session)] == ["fw-3", "fw-2", "fw-1"]


def test_only_a_real_run_has_touched_what_an_incident_is_about(engine: Engine) -> None:
    with transaction(engine) as session:
        add_execution(session, execution(1, source_key="forewarn:a", dry_run=True))
        add_execution(session, execution(2, source_key="forewarn:b", dry_run=False))

    with read_only(engine) as session:
        assert [was_touched(session, f"forewarn:{name}") for name in "abc"] == [False, True, False]


def test_what_was_withdrawn_before_it_was_told_has_touched_nothing(engine: Engine) -> None:
    with transaction(engine) as session:
        for number, name in enumerate("abc"):
            add_execution(session, execution(number, source_key=f"forewarn:{name}", dry_run=False))
        record_progress(session, "fw-0", status=ExecutionStatus.CANCELLED)
        record_progress(session, "fw-1", status=ExecutionStatus.CANCELLED, remote_id="exe-1")
        record_progress(session, "fw-2", status=ExecutionStatus.FAILED)

    with read_only(engine) as session:
        assert [was_touched(session, f"forewarn:{name}") for name in "abc"] == [False, True, True]


def test_an_execution_that_is_not_there_is_said_so(engine: Engine) -> None:
    with pytest.raises(NotFound), transaction(engine) as session:
        record_effect(session, "x", days_gained=0)
    with pytest.raises(NotFound), read_only(engine) as session:
        get_execution(session, "x")


def test_a_mute_holds_between_its_start_and_its_end(engine: Engine) -> None:
    with transaction(engine) as session:
        assert add_mute(session, MUTE)
        assert not add_mute(session, MUTE)

    with read_only(engine) as session:
        assert load_mutes(session, as_of=NIGHT - DAY) == []
        assert load_mutes(session, as_of=NIGHT) == [MUTE]
        assert load_mutes(session, as_of=MUTE.expires_at) == []
        assert find_mute(session, "A0000000") == MUTE
        (entry,) = list_audit(session, action="mute.add").items
    assert (entry.actor, entry.reason) == ("ann", "disks are replaced")


def test_a_mute_that_somebody_ends_holds_no_longer(engine: Engine) -> None:
    with transaction(engine) as session:
        add_mute(session, MUTE)
        assert end_mute(session, MUTE, at=NIGHT + DAY, actor="bob", reason="done early")
        assert not end_mute(session, MUTE, at=NIGHT + 2 * DAY, actor="bob")

    with read_only(engine) as session:
        assert load_mutes(session, as_of=NIGHT + DAY) == []
        assert [one.ended_at for one in list_mutes(session, ended_since=NIGHT)] == [NIGHT + DAY]
        assert [entry.actor for entry in list_audit(session, subject=str(MUTE.id)).items] == ["bob", "ann"]
    with transaction(engine) as session:
        assert prune_mutes(session, before=NIGHT + 30 * DAY) == 1


@pytest.mark.parametrize("prefix", ["b", "a0000000-0000-4000-8000-000000000002", "%"])
def test_a_mute_that_is_not_there_is_said_so(engine: Engine, prefix: str) -> None:
    with transaction(engine) as session:
        add_mute(session, MUTE)

    with pytest.raises(NotFound), read_only(engine) as session:
        find_mute(session, prefix)


def test_a_report_that_is_rendered_again_takes_the_place_of_the_old(engine: Engine) -> None:
    older, newer = started_run(engine, as_of=NIGHT - DAY), started_run(engine)
    with transaction(engine) as session:
        first = save_report(session, newer, language="en", format="html", content="<p>old</p>")
        assert save_report(session, newer, language="en", format="html", content="<p>磁碟\x00</p>") == first
        save_report(session, older, language="en", format="html", content="yesterday")
        save_report(session, newer, language="zh-TW", format="markdown", content="報告")

    with read_only(engine) as session:
        found = latest_report(session, language="en", format="html", job="nightly")
        assert found is not None
        assert (found.content, found.run_id, found.as_of, found.size) == ("<p>磁碟\x00</p>", newer, NIGHT, 14)
        assert get_report(session, first) == found
        other = latest_report(session, language="en", format="html", run_id=older)
        assert other is not None
        assert other.content == "yesterday"
        assert latest_report(session, language="fr", format="html") is None
        page = list_reports(session, limit=2)
        rest = list_reports(session, limit=2, cursor=page.next_cursor)
        assert [one.content for one in page.items + rest.items] == [None] * 3
        assert [one.language for one in list_reports(session, format="markdown").items] == ["zh-TW"]
    with transaction(engine) as session:
        assert prune_reports(session, before=NIGHT) == 1
    with pytest.raises(NotFound), read_only(engine) as session:
        get_report(session, 99)


def test_the_audit_log_is_only_added_to(engine: Engine) -> None:
    with transaction(engine) as session:
        append_audit(session, [AuditEntry("forewarn", "automation.refused", "f1", "cooldown", {"guard": "cooldown"})])
        append_audit(session, [])

    for statement in ("UPDATE audit_log SET reason = ''", "DELETE FROM audit_log"):
        with pytest.raises(DBAPIError, match="only added to"), transaction(engine) as session:
            session.execute(text(statement))

    with read_only(engine) as session:
        (entry,) = list_audit(session, subject="f1", action="automation.", since=datetime(2020, 1, 1, tzinfo=UTC)).items
    assert (entry.actor, entry.reason, entry.details) == ("forewarn", "cooldown", {"guard": "cooldown"})
    assert entry.at is not None


def test_only_retention_takes_old_audit_entries_away(engine: Engine) -> None:
    with transaction(engine) as session:
        append_audit(session, [AuditEntry("forewarn", "a", str(number)) for number in range(3)])
        page = list_audit(session, limit=2)
        assert [one.subject for one in page.items] == ["2", "1"]
        assert [one.subject for one in list_audit(session, limit=2, cursor=page.next_cursor).items] == ["0"]

    with transaction(engine) as session:
        assert prune_audit(session, before=datetime.now(UTC) + DAY) == 3
        append_audit(session, [AuditEntry("forewarn", "a", "new")])
        with pytest.raises(DBAPIError, match="only added to"), session.begin_nested():
            session.execute(text("DELETE FROM audit_log"))


def test_a_switch_is_off_until_somebody_turns_it_on_and_all_of_it_is_audited(engine: Engine) -> None:
    name = SwitchName.AUTOMATION_STOPPED
    with transaction(engine) as session:
        assert find_switch(session, name) is None
        turn_off(session, name, actor="ann")
        turn_on(session, name, reason="a script went wrong", actor="ann")
        found = find_switch(session, name)
        assert found is not None
        assert (found.actor, found.reason, found.until) == ("ann", "a script went wrong", None)
        turn_off(session, name, actor="bob", reason="fixed")
        assert find_switch(session, name) is None

    with read_only(engine) as session:
        actions = [(entry.actor, entry.action) for entry in list_audit(session).items]
    assert actions == [("bob", "automation_stopped.off"), ("ann", "automation_stopped.on")]
