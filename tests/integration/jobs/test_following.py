"""Executions are followed on a real Postgres, whatever the Control Plane answers about each of them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, event

from controlplane.client import ControlPlaneClient
from controlplane.config import ControlPlaneConfig
from controlplane.errors import Unavailable
from domain.execution import Execution, ExecutionStatus
from domain.times import rfc3339
from jobs.automation import follow
from jobs.automation.follow import follow_executions, follow_forever
from jobs.automation.inventory import look_at
from storage.audit import list_audit
from storage.engine import read_only, transaction
from storage.executions import add_execution, list_executions, record_progress
from storage.switches import SwitchName, find_switch, turn_off
from tests.unit.jobs.automation.situations import make_config

pytestmark = pytest.mark.server
NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
Answer = dict[str, Any] | int


class Answers:
    """A Control Plane that says of each execution, by its id, what it is told to; a number is a status alone."""

    def __init__(self) -> None:
        self.of: dict[str, Answer] = {}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path.endswith("/scripts"):
            return httpx.Response(200, json={"items": [{"id": "clean", "name": "Clean", "type": "shell"}], "total": 1})
        name = path.rsplit("/", 1)[1]
        answer = self.of[name]
        if isinstance(answer, int):
            return httpx.Response(answer, text="no page here")
        known = {"id": name, "scriptId": "clean", "scriptName": "Clean", "correlationId": f"fw:{name}"}
        return httpx.Response(200, json=known | answer)


@pytest.fixture
def answers() -> Answers:
    return Answers()


@pytest.fixture
def client(answers: Answers) -> Iterator[ControlPlaneClient]:
    with ControlPlaneClient(ControlPlaneConfig(), transport=httpx.MockTransport(answers)) as client:
        yield client


def started(engine: Engine, *names: str, dry_run: bool = False) -> None:
    """Executions that the Control Plane has taken, one a minute."""
    with transaction(engine) as session:
        for number, name in enumerate(names):
            at = NOW + timedelta(minutes=number)
            add_execution(session, Execution(f"fw:{name}", "clean", "rule", "f" * 32, "key", at, dry_run=dry_run))
            record_progress(session, f"fw:{name}", status=ExecutionStatus.PENDING, remote_id=name)


def standing(engine: Engine) -> dict[str, Execution]:
    with read_only(engine) as session:
        return {one.remote_id or "": one for one in list_executions(session).items}


def test_an_end_without_times_is_not_before_the_start_by_a_clock_that_is_ahead(
    engine: Engine, answers: Answers, client: ControlPlaneClient
) -> None:
    started(engine, "e1")
    answers.of["e1"] = {"status": "running", "startedAt": rfc3339(NOW + timedelta(seconds=30))}
    assert follow_executions(engine, client, NOW) == 0

    answers.of["e1"] = {"status": "cancelled"}
    ended = NOW + timedelta(seconds=10)
    assert follow_executions(engine, client, ended) == 1

    execution = standing(engine)["e1"]
    assert (execution.status, execution.started_at, execution.completed_at) == (
        ExecutionStatus.CANCELLED,
        ended,
        ended,
    )


@pytest.mark.parametrize("odd", [{"status": "nonsense"}, {"status": []}, 404, 418, 500])
def test_an_answer_that_makes_no_sense_keeps_no_other_execution_and_no_run_waiting(
    engine: Engine, answers: Answers, client: ControlPlaneClient, odd: Answer
) -> None:
    started(engine, "odd", "fine")
    answers.of = {"odd": odd, "fine": {"status": "success"}}

    assert follow_executions(engine, client, NOW) == 1
    assert standing(engine)["fine"].status is ExecutionStatus.SUCCESS
    assert look_at(make_config(), engine, client, NOW, NOW) is not None


WEEK = timedelta(days=7)
TELLS_NOTHING: list[Answer] = [{"status": "timed_out"}, {"status": "success", "scriptId": "another"}, 404, 418, 500]


@pytest.mark.parametrize(
    "odd", [*TELLS_NOTHING, {"status": "success", "correlationId": "fw:another"}, {"status": "running"}]
)
def test_what_no_answer_makes_sense_of_counts_as_failed_after_a_week_and_no_sooner(
    engine: Engine, answers: Answers, client: ControlPlaneClient, odd: Answer
) -> None:
    started(engine, "e1")
    answers.of["e1"] = odd

    assert follow_executions(engine, client, NOW + WEEK) == 0
    assert follow_executions(engine, client, NOW + WEEK + timedelta(seconds=1)) == 1

    execution = standing(engine)["e1"]
    assert execution.status is ExecutionStatus.FAILED
    assert execution.error
    assert execution.completed_at == NOW + WEEK + timedelta(seconds=1)


def test_what_has_ended_is_as_it_ended_however_late_it_is_looked_at(
    engine: Engine, answers: Answers, client: ControlPlaneClient
) -> None:
    started(engine, "e1")
    answers.of["e1"] = {"status": "success", "completedAt": rfc3339(NOW + timedelta(minutes=1))}

    assert follow_executions(engine, client, NOW + 2 * WEEK) == 1

    execution = standing(engine)["e1"]
    assert (execution.status, execution.completed_at) == (ExecutionStatus.SUCCESS, NOW + timedelta(minutes=1))


def test_an_end_by_a_clock_that_is_ahead_is_not_later_than_it_was_seen(
    engine: Engine, answers: Answers, client: ControlPlaneClient
) -> None:
    started(engine, "e1")
    answers.of["e1"] = {"status": "success", "completedAt": "2099-01-01T00:00:00Z"}

    follow_executions(engine, client, NOW + timedelta(minutes=5))

    assert standing(engine)["e1"].completed_at == NOW + timedelta(minutes=5)


def test_an_end_that_two_processes_see_at_once_is_written_down_once(
    engine: Engine, answers: Answers, client: ControlPlaneClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    started(engine, "e1")
    answers.of["e1"] = {"status": "success"}
    looked = threading.Barrier(2)

    def write_when_both_have_looked(*told: Any, **more: Any) -> None:
        with suppress(threading.BrokenBarrierError):  # the other one waits for our lock
            looked.wait(1)
        record_progress(*told, **more)

    monkeypatch.setattr("jobs.automation.follow.record_progress", write_when_both_have_looked)
    with ThreadPoolExecutor(2) as threads:
        ends = list(threads.map(lambda _: follow_executions(engine, client, NOW), range(2)))

    assert sorted(ends) == [0, 1]
    with read_only(engine) as session:
        assert len(list_audit(session, action="automation.ended").items) == 1


def test_a_dry_run_that_was_none_stops_everything_once(
    engine: Engine, answers: Answers, client: ControlPlaneClient
) -> None:
    started(engine, "e1", "e2", dry_run=True)
    answers.of = {"e1": {"status": "running", "dryRun": False}, "e2": {"status": "running", "dryRun": True}}
    follow_executions(engine, client, NOW)
    with transaction(engine) as session:
        stopped = find_switch(session, SwitchName.AUTOMATION_STOPPED)
        turn_off(session, SwitchName.AUTOMATION_STOPPED, actor="anna")

    follow_executions(engine, client, NOW)  # it is still running, and a person has seen that

    with read_only(engine) as session:
        assert find_switch(session, SwitchName.AUTOMATION_STOPPED) is None
        assert [one.subject for one in list_audit(session, action="automation.not_dry").items] == ["fw:e1"]
    assert stopped is not None
    assert stopped.reason == "fw:e1 was asked for as a dry run, and the Control Plane says that it was none"


def test_a_real_run_is_no_reason_to_stop(engine: Engine, answers: Answers, client: ControlPlaneClient) -> None:
    started(engine, "e1")
    answers.of["e1"] = {"status": "running", "dryRun": False}

    follow_executions(engine, client, NOW)

    with read_only(engine) as session:
        assert find_switch(session, SwitchName.AUTOMATION_STOPPED) is None


def test_a_row_that_can_not_be_written_keeps_no_other_execution_waiting(
    engine: Engine, answers: Answers, client: ControlPlaneClient
) -> None:
    started(engine, "odd", "fine")
    answers.of = {"odd": {"status": "success"}, "fine": {"status": "success"}}
    with transaction(engine) as session:
        session.connection().exec_driver_sql(
            "ALTER TABLE executions ADD CONSTRAINT refuses CHECK (status = 'pending' OR remote_id <> 'odd')"
        )

    assert follow_executions(engine, client, NOW) == 1
    assert standing(engine)["fine"].status is ExecutionStatus.SUCCESS


def test_where_none_can_be_asked_for_it_is_said_so(engine: Engine, client: ControlPlaneClient) -> None:
    started(engine, "e1")

    def refuse(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    with (
        ControlPlaneClient(ControlPlaneConfig(), transport=httpx.MockTransport(refuse)) as nobody,
        pytest.raises(Unavailable),
    ):
        follow_executions(engine, nobody, NOW)


def test_a_database_that_fails_for_once_does_not_end_the_follower(
    engine: Engine, answers: Answers, client: ControlPlaneClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    started(engine, "e1")
    answers.of["e1"] = {"status": "success"}
    monkeypatch.setattr(follow, "EVERY_SECONDS", 0.01)
    stop, failures, looks = threading.Event(), list[str](), list[datetime]()

    def now() -> datetime:
        looks.append(NOW)
        if len(looks) == 2:
            stop.set()
        return NOW

    @event.listens_for(engine, "before_cursor_execute", retval=True)
    def fail_once(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> tuple[str, Any]:
        failures.append(statement)
        return (statement, parameters) if len(failures) > 1 else ("SELECT 1 / 0", ())

    follow_forever(engine, client, stop, now)

    assert standing(engine)["e1"].status is ExecutionStatus.SUCCESS
