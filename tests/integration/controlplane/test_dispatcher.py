"""Exactly once in effect: dispatchers that are killed, a Control Plane that fails, a real outbox between them."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import Engine, make_url

from controlplane.client import ControlPlaneClient
from controlplane.config import ControlPlaneConfig
from controlplane.dispatcher import Dispatcher, Result
from controlplane.metrics import DispatcherMetrics
from controlplane.models import Resolution
from domain.finding import Outcome
from jobs.outbox_store import SqlOutboxStore
from storage import outbox
from storage.audit import list_audit
from storage.config import DatabaseConfig
from storage.engine import make_engine, read_only
from tests.fixtures.sandbox import Sandbox
from tests.integration.controlplane.outbox_runs import (
    LIFE,
    SUBJECT,
    dispatching,
    execution_of,
    life_of,
    tell,
    wait_until,
)

pytestmark = pytest.mark.server

QUICK: dict[str, Any] = {"total": 0.8, "settle_time": 0.5}  # a lease is then 7.4 seconds long


def drain(config: ControlPlaneConfig, engine: Engine, seconds: float = 60.0) -> int:
    with ControlPlaneClient(config) as client:
        return Dispatcher(config, SqlOutboxStore(engine), client).drain(seconds)


def waiting(engine: Engine) -> int:
    with read_only(engine) as session:
        return outbox.depth(session).pending


def test_an_incident_is_told_in_order_with_real_tokens(guarded_sandbox: Sandbox, engine: Engine) -> None:
    tell(engine, *life_of(), execution_of("exec-1"))

    assert drain(guarded_sandbox.config(), engine) == 0
    assert guarded_sandbox.effects(SUBJECT) == LIFE
    assert guarded_sandbox.effects("exec-1") == ["execution.start"]


@pytest.mark.slow
@pytest.mark.parametrize("honour_keys", [True, False], ids=["keys honoured", "keys ignored"])
@pytest.mark.parametrize("point", ["after_claim", "before_record"])
def test_a_dispatcher_that_is_killed_loses_nothing_and_tells_nothing_twice(
    sandbox: Sandbox, engine: Engine, database_url: str, tmp_path: Path, honour_keys: bool, point: str
) -> None:
    sandbox.faults(honour_keys=honour_keys)
    tell(engine, *life_of(), execution_of("exec-1"))
    config = sandbox.config(**QUICK)

    with dispatching(config, database_url, tmp_path, point=point) as process:
        assert process.wait(timeout=60) == -9
    assert waiting(engine) == 5

    assert drain(config, engine) == 0
    assert sandbox.effects(SUBJECT) == LIFE
    assert sandbox.effects("exec-1") == ["execution.start"]


@pytest.mark.slow
@pytest.mark.parametrize("honour_keys", [True, False], ids=["keys honoured", "keys ignored"])
def test_a_dispatcher_that_is_killed_while_it_waits_for_an_answer_tells_nothing_twice(
    sandbox: Sandbox, engine: Engine, database_url: str, tmp_path: Path, honour_keys: bool
) -> None:
    late = {"kind": "late_answer", "count": 1, "seconds": 20, "operations": ["createIncident"]}
    sandbox.faults(late, honour_keys=honour_keys)
    tell(engine, *life_of())

    with dispatching(sandbox.config(total=1.0), database_url, tmp_path) as process:
        wait_until(lambda: sandbox.effects() == ["incident.create"])
        process.kill()

    assert drain(sandbox.config(**QUICK), engine) == 0
    assert sandbox.effects(SUBJECT) == LIFE


TOTAL, SETTLE = 1.5, 1.5  # seconds; "late" below lies between TOTAL and TOTAL + SETTLE
FAULTS: dict[str, dict[str, Any]] = {
    "the answer is dropped": {"kind": "drop"},
    "half of the answer": {"kind": "half"},
    "the answer comes too late": {"kind": "late_answer", "seconds": 2.0},
    "the work is done late": {"kind": "late_work", "seconds": 2.0},
    "done, but 500": {"kind": "done_status", "status": 500},
    "done, but a page of HTML": {"kind": "garbage"},
    "the answer comes twice": {"kind": "twice"},
    "cut before the work": {"kind": "cut"},
    "no answer and no work": {"kind": "stall", "seconds": 2.0},
    "503": {"kind": "status", "status": 503, "retry_after": 1},
    "429": {"kind": "status", "status": 429, "retry_after": 1},
    "409": {"kind": "status", "status": 409},
    "401": {"kind": "status", "status": 401},
}
SLOW = ("the answer comes too late", "the work is done late", "no answer and no work")
HONOURED = ["the answer is dropped", "the work is done late", "done, but 500", "409"]
CASES = [(fault, False) for fault in sorted(FAULTS)] + [(fault, True) for fault in HONOURED]


@pytest.mark.parametrize(
    ("fault", "honour_keys"), CASES, ids=[f"{fault}, keys {'honoured' if kept else 'ignored'}" for fault, kept in CASES]
)
def test_whatever_the_control_plane_does_an_incident_is_told_once_and_in_order(
    sandbox: Sandbox, engine: Engine, fault: str, honour_keys: bool
) -> None:
    changes = ["createIncident", "addIncidentComment", "executeAutomation"]
    changes += [] if fault in SLOW else ["updateIncident", "resolveIncident"]
    rules = [FAULTS[fault] | {"operations": [operation], "count": 1} for operation in changes]
    sandbox.faults(*rules, honour_keys=honour_keys)
    tell(engine, *life_of(), execution_of("exec-1"))
    settle = SETTLE if fault in SLOW else 0.2

    assert drain(sandbox.config(total=TOTAL, settle_time=settle), engine) == 0
    assert sandbox.effects(SUBJECT) == LIFE
    assert sandbox.effects("exec-1") == ["execution.start"]
    assert sandbox.fired() == [1] * len(rules)


@pytest.mark.slow
def test_a_dispatcher_that_was_frozen_past_its_lease_sends_nothing_when_it_wakes(
    sandbox: Sandbox, engine: Engine, database_url: str, tmp_path: Path
) -> None:
    sandbox.faults(honour_keys=False)
    tell(engine, life_of()[0])
    config = sandbox.config(**QUICK, concurrency=1)

    with dispatching(config, database_url, tmp_path, point="freeze_after_claim") as process:
        wait_until(lambda: is_frozen(process.pid))
        assert drain(config, engine) == 0
        process.send_signal(signal.SIGCONT)
        wait_until(lambda: "message.lease_lost" in (tmp_path / "dispatcher.log").read_text())

    assert sandbox.effects() == ["incident.create"]


def is_frozen(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "T"


@pytest.mark.slow
def test_two_dispatchers_side_by_side_with_a_control_plane_that_fails_at_random(
    sandbox: Sandbox, engine: Engine, database_url: str, tmp_path: Path
) -> None:
    kinds = ["drop", "done_status", "status", "cut", "half", "garbage", "twice"]
    sandbox.faults(*({"kind": kind, "share": 0.06} for kind in kinds), honour_keys=False, seed=7)
    subjects = [f"forewarn:{number:04d}:1" for number in range(10)]
    tell(engine, *(message for subject in subjects for message in life_of(subject)))
    config = sandbox.config(total=TOTAL, settle_time=SETTLE)

    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
    with dispatching(config, database_url, tmp_path / "a"), dispatching(config, database_url, tmp_path / "b"):
        wait_until(lambda: waiting(engine) == 0, seconds=90)

    assert {subject: sandbox.effects(subject) for subject in subjects} == dict.fromkeys(subjects, LIFE)


@pytest.mark.slow
def test_a_control_plane_that_is_killed_and_comes_back_has_lost_nothing(sandbox_alone: Sandbox, engine: Engine) -> None:
    tell(engine, *life_of(updates=1), execution_of("exec-1"))
    config = sandbox_alone.config(**QUICK)
    with ControlPlaneClient(config) as client:
        dispatcher = Dispatcher(config, SqlOutboxStore(engine), client)
        assert dispatcher.run_once() is Result.DELIVERED
        sandbox_alone.kill()
        assert dispatcher.run_once() is Result.RETRY
        sandbox_alone.start()
        assert dispatcher.drain(30.0) == 0

    assert sandbox_alone.effects(SUBJECT) == LIFE
    assert sandbox_alone.effects("exec-1") == ["execution.start"]


def test_a_wrong_secret_pauses_all_and_the_right_one_delivers_all(guarded_sandbox: Sandbox, engine: Engine) -> None:
    tell(engine, *life_of())
    right = guarded_sandbox.config()
    assert right.token is not None
    wrong_token = type(right.token).model_validate(right.token.model_dump() | {"client_secret": "wrong"})
    wrong = right.model_copy(update={"token": wrong_token})
    with ControlPlaneClient(wrong) as client:
        dispatcher = Dispatcher(wrong, SqlOutboxStore(engine), client)
        assert [dispatcher.run_once(), dispatcher.run_once()] == [Result.PAUSED, None]
    assert SqlOutboxStore(engine).state().paused

    assert drain(right, engine) == 0
    assert not SqlOutboxStore(engine).state().paused
    assert guarded_sandbox.effects(SUBJECT) == LIFE


def test_a_pause_that_lasts_is_written_down_once_though_each_refusal_has_its_own_request_id(
    sandbox: Sandbox, engine: Engine
) -> None:
    sandbox.faults({"kind": "status", "status": 401})
    tell(engine, *life_of())

    assert drain(sandbox.config(), engine, seconds=2.0) == 4

    assert sandbox.calls()["createIncident"] > 2
    with read_only(engine) as session:
        (entry,) = list_audit(session, action="outbox_paused.on").items
    assert "401" in entry.reason


def test_what_is_refused_is_dead_and_its_subject_waits_while_others_go_on(sandbox: Sandbox, engine: Engine) -> None:
    sandbox.faults({"kind": "status", "status": 422, "count": 1, "operations": ["createIncident"]})
    tell(engine, *life_of(), *life_of("forewarn:other:1"))

    assert drain(sandbox.config(), engine, seconds=3.0) == 3
    state = SqlOutboxStore(engine).state()
    assert (state.dead, state.waiting) == (1, 3)
    assert sandbox.effects(SUBJECT) == []
    assert sandbox.effects("forewarn:other:1") == LIFE


def test_an_operation_that_is_not_allowed_keeps_no_other_message_waiting(sandbox: Sandbox, engine: Engine) -> None:
    sandbox.faults({"kind": "status", "status": 403, "operations": ["executeAutomation"]})
    subjects = [f"forewarn:{number}:1" for number in range(3)]
    tell(engine, execution_of("exec-1"), *(message for subject in subjects for message in life_of(subject)))

    assert drain(sandbox.config(conflict_tries=3), engine, seconds=30.0) == 0

    state = SqlOutboxStore(engine).state()
    assert (state.dead, state.waiting, state.paused) == (1, 0, False)
    assert {subject: sandbox.effects(subject) for subject in subjects} == dict.fromkeys(subjects, LIFE)
    assert sandbox.calls()["executeAutomation"] == 3


def test_where_nothing_is_allowed_nothing_dies_and_all_is_told_when_it_is(sandbox: Sandbox, engine: Engine) -> None:
    sandbox.faults({"kind": "status", "status": 403})
    tell(engine, *life_of(), execution_of("exec-1"))
    config = sandbox.config(conflict_tries=2)
    assert drain(config, engine, seconds=3.0) == 5
    assert SqlOutboxStore(engine).state().dead == 0
    sandbox.faults()

    assert drain(config, engine) == 0
    assert sandbox.effects(SUBJECT) == LIFE


def test_an_operation_without_a_route_rests_all_once_and_then_waits_alone(sandbox: Sandbox, engine: Engine) -> None:
    sandbox.faults({"kind": "status", "status": 404, "operations": ["createIncident"]})
    tell(engine, *life_of(), execution_of("exec-1"))

    assert drain(sandbox.config(), engine, seconds=3.0) == 4
    assert SqlOutboxStore(engine).state().dead == 0
    assert sandbox.effects() == ["execution.start"]
    sandbox.faults()

    assert drain(sandbox.config(), engine) == 0
    assert sandbox.effects(SUBJECT) == LIFE


def test_conflicts_count_in_a_row_and_not_with_other_failures(sandbox: Sandbox, engine: Engine) -> None:
    rules = [{"kind": "status", "status": status, "count": 1, "retry_after": 0} for status in (429, 429, 409, 429, 409)]
    sandbox.faults(*(rule | {"operations": ["createIncident"]} for rule in rules))
    tell(engine, life_of()[0])

    assert drain(sandbox.config(conflict_tries=2), engine) == 0
    assert sandbox.effects() == ["incident.create"]


def test_a_control_plane_that_asks_to_wait_is_left_alone_by_all_messages(sandbox: Sandbox, engine: Engine) -> None:
    sandbox.faults({"kind": "status", "status": 429, "count": 1, "retry_after": 2, "operations": ["createIncident"]})
    tell(engine, *(life_of(f"forewarn:{number}:1")[0] for number in range(6)))
    config = sandbox.config()
    with ControlPlaneClient(config) as client:
        dispatcher = Dispatcher(config, SqlOutboxStore(engine), client)
        before = sandbox.calls().get("createIncident", 0)
        assert dispatcher.drain(1.0) == 6
        assert sandbox.calls()["createIncident"] - before == 1
        assert not SqlOutboxStore(engine).state().paused

        assert dispatcher.drain(30.0) == 0
    assert len(sandbox.effects()) == 6


def test_an_incident_that_a_person_has_resolved_is_left_with_the_persons_words(
    sandbox: Sandbox, engine: Engine
) -> None:
    messages = life_of()
    tell(engine, messages[0])
    config = sandbox.config()
    drain(config, engine)
    with ControlPlaneClient(config) as client:
        incident = client.list_incidents(source_key=SUBJECT).items[0]
        client.resolve_incident(incident.id, Resolution(resolution="no", outcome=Outcome.FALSE_POSITIVE))
        tell(engine, *messages[1:])
        assert drain(config, engine) == 0

        assert client.get_incident(incident.id).outcome is Outcome.FALSE_POSITIVE
    assert sandbox.effects(SUBJECT) == ["incident.create", "incident.resolve", "incident.comment"]


def test_run_forever_ends_with_what_is_under_way_and_shows_its_metrics(sandbox: Sandbox, engine: Engine) -> None:
    tell(engine, *life_of())
    registry = CollectorRegistry()
    stop = threading.Event()
    config = sandbox.config()
    with ControlPlaneClient(config) as client:
        dispatcher = Dispatcher(config, SqlOutboxStore(engine), client, metrics=DispatcherMetrics(registry))
        thread = threading.Thread(target=dispatcher.run_forever, args=(stop,))
        thread.start()
        wait_until(lambda: waiting(engine) == 0)
        wait_until(lambda: registry.get_sample_value("forewarn_outbox_waiting") == 0.0)
        stop.set()
        thread.join(timeout=10)

    assert not thread.is_alive()
    assert sandbox.effects(SUBJECT) == LIFE


def test_a_database_that_does_not_answer_does_not_end_the_dispatcher(sandbox: Sandbox, engine: Engine) -> None:
    nowhere = make_engine(make_url("postgresql+psycopg://nobody@127.0.0.1:1/nothing"), DatabaseConfig())

    class Flaky(SqlOutboxStore):
        claims = 0

        def claim(self, *arguments: Any) -> Any:
            self.claims += 1
            return SqlOutboxStore(nowhere if self.claims == 1 else engine).claim(*arguments)

    tell(engine, *life_of())
    store = Flaky(engine)
    stop = threading.Event()
    config = sandbox.config(concurrency=1)
    with ControlPlaneClient(config) as client:
        thread = threading.Thread(target=Dispatcher(config, store, client).run_forever, args=(stop,))
        thread.start()
        wait_until(lambda: waiting(engine) == 0)
        stop.set()
        thread.join(timeout=10)

    assert store.claims > 1
    assert sandbox.effects(SUBJECT) == LIFE
