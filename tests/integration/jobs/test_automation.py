"""Automation from a finding to the days gained, on a real Postgres and with a Control Plane that runs scripts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from controlplane.client import ControlPlaneClient
from controlplane.dispatcher import Dispatcher
from domain.alert import KnownSilence
from domain.audit import AuditEntry
from domain.execution import Execution, ExecutionStatus
from domain.finding import Analysis
from domain.labels import Labels
from domain.mute import Matcher, MatchOperator, Mute
from domain.outbox import Message, MessageKind
from domain.run import Shard
from domain.series import SourceNotes
from jobs.automation.after import Automation
from jobs.automation.approve import approve, job_of
from jobs.automation.follow import follow_executions
from jobs.automation.guards import Guard
from jobs.automation.inventory import look_at
from jobs.automation.record import lock_automation
from jobs.outbox_store import SqlOutboxStore
from jobs.record import conclude_and_record
from jobs.summary import RunSummary, StageSeconds
from jobs.surroundings import NOTHING, Surroundings
from jobs.telling import Telling
from storage.audit import list_audit
from storage.engine import read_only, transaction
from storage.errors import NotFound
from storage.executions import list_executions, prune_executions
from storage.mutes import add_mute
from storage.outbox_admin import OutboxEntry, discard_message, get_message, list_messages, retry_message
from storage.runs import claim_run
from storage.shards import plan_shards, record_shard
from storage.switches import SwitchName, find_switch, turn_on
from storage.tables import MessageState
from tests.fixtures.alertmanager import silence
from tests.fixtures.builders import make_analysis, make_job
from tests.fixtures.sandbox import Sandbox
from tests.unit.jobs.automation.situations import make_config

pytestmark = pytest.mark.server
DAY = timedelta(days=1)
FAR = datetime(2100, 1, 1, tzinfo=UTC)
QUICK = {"pending_seconds": 0.0, "running_seconds": 0.0}


def disk(host: str, days: float | None, as_of: datetime) -> Analysis:
    """A disk that will be full in so many days; a person may be told of it at once."""
    entity = Labels.of(instance=host, mountpoint="/var")
    return make_analysis(days, lead=0.6 if days is not None else 0.0, as_of=as_of, entity=entity)


@dataclass
class Estate:
    """A database, a Control Plane, and what automation may do between them."""

    engine: Engine
    sandbox: Sandbox
    automation: Automation = field(default_factory=lambda: Automation(make_config()))
    began: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))

    def night(self, disks: dict[str, float | None], number: int = 0, around: Surroundings = NOTHING) -> RunSummary:
        """A run that sees these disks, from its claim to its conclusion."""
        as_of, job = self.began + number * DAY, make_job()
        analyses = [disk(host, days, as_of) for host, days in disks.items()]
        with transaction(self.engine) as session:
            run = claim_run(session, job=job.name, as_of=as_of, holder="test", lease_seconds=60).run
            plan_shards(session, run.id, [Shard(0, "node/filesystem-space", query="q")], holder="test")
            record_shard(session, run.id, 0, holder="test", analyses=analyses, notes=SourceNotes(samples=100))
        with ControlPlaneClient(self.sandbox.config()) as client:
            around = replace(around, available=look_at(self.automation.config, self.engine, client, as_of, as_of))
        recorded = conclude_and_record(job, run, self.engine, "test", Telling(), StageSeconds, around, self.automation)
        return recorded.summary

    def deliver(self) -> None:
        """Tell the Control Plane everything, and follow what it runs to its end."""
        with ControlPlaneClient(self.sandbox.config()) as client:
            Dispatcher(self.sandbox.config(), SqlOutboxStore(self.engine, automation=self.automation), client).drain(20)
            deadline = time.monotonic() + 20
            while any(one.remote_id and not one.status.finished for one in self.executions()):
                assert time.monotonic() < deadline, "an execution did not end"
                follow_executions(self.engine, client, datetime.now(UTC))

    def approve(self, correlation_id: str, number: int = 0, around: Surroundings = NOTHING) -> Guard | None:
        """A person agrees; what refuses all the same."""
        at = self.began + number * DAY
        with ControlPlaneClient(self.sandbox.config()) as client:
            available = look_at(self.automation.config, self.engine, client, at, at)
        assert job_of(self.engine, correlation_id) == "nightly-capacity"
        return approve(
            self.engine,
            make_job(),
            self.automation,
            correlation_id,
            actor="anna",
            reason="looks fine",
            at=at,
            around=replace(around, available=available),
        ).guard

    def executions(self) -> tuple[Execution, ...]:
        with read_only(self.engine) as session:
            return list_executions(session).items

    def audit(self, action: str = "automation.") -> list[AuditEntry]:
        with read_only(self.engine) as session:
            return list(list_audit(session, action=action).items)[::-1]

    def refusals(self) -> list[str]:
        return [entry.details["guard"] for entry in self.audit("automation.refused")]

    def starts(self) -> list[dict[str, Any]]:
        """What the Control Plane was asked to run."""
        return [entry["body"] for entry in self.sandbox.ledger() if entry["effect"] == "execution.start"]

    def comments(self) -> list[str]:
        return [one["body"]["content"] for one in self.sandbox.ledger() if one["effect"] == "incident.comment"]


@pytest.fixture
def estate(engine: Engine, sandbox: Sandbox) -> Estate:
    """A quiet estate whose rule allows everything, and whose scripts end at once."""
    taken = {"parameters": ["instance", "mountpoint"], "course": QUICK | {"output": "<b>freed</b>\x1b[0m"}}
    sandbox.put_scripts({"id": "clean-temp", "name": "Clean", **taken})
    return Estate(engine, sandbox)


def allow(estate: Estate, rule: dict[str, Any] | None = None, **changes: Any) -> None:
    estate.automation = Automation(make_config(rule, **changes))


def test_by_default_a_rule_only_tells_the_script_to_say_what_it_would_do(estate: Estate) -> None:
    allow(estate, {"dry_run": True}, dry_run=True)

    estate.night({"db-1": 9})
    estate.deliver()

    (sent,) = estate.starts()
    assert (sent["dryRun"], sent["scriptId"]) == (True, "clean-temp")
    assert sent["incidentId"].startswith("inc-")  # which was opened in the same night
    assert sent["parameters"] == {"instance": "db-1", "mountpoint": "/var"}
    (execution,) = estate.executions()
    assert (execution.status, execution.output) == (ExecutionStatus.SUCCESS, "<b>freed</b>\x1b[0m")
    assert [entry.action for entry in estate.audit()] == ["automation.start", "automation.ended"]
    assert "freed" not in estate.audit()[1].reason  # a script's words are not trusted
    assert estate.comments() == [
        f"A dry run of the script clean-temp was asked for ({execution.correlation_id}); it changes nothing."
    ]


def test_why_a_script_is_asked_for_is_said_in_the_language_of_the_job_and_kept_in_english(estate: Estate) -> None:
    estate.automation = Automation(make_config({"dry_run": True}, dry_run=True), language="zh-TW")

    estate.night({"db-1": 9})
    estate.deliver()

    (sent,), (execution,) = estate.starts(), estate.executions()
    name = execution.rule
    assert (
        sent["reason"] == f"依規則 {name} 試跑 clean-temp，對象為 node/filesystem-space 的發現 {execution.fingerprint}"
    )
    assert execution.reason.startswith(f"a dry run of clean-temp by the rule {name}")


def test_after_a_persons_approval_the_script_runs_and_the_next_night_tells_the_days_gained(estate: Estate) -> None:
    allow(estate, {"approval_from": "info"})
    estate.night({"db-1": 9})
    estate.deliver()
    assert (estate.refusals(), estate.starts()) == (["approval"], [])
    waiting = estate.audit("automation.refused")[0].subject
    assert f"forewarn automation approve {waiting}" in estate.comments()[0]

    assert estate.approve(waiting) is None
    estate.deliver()
    estate.night({"db-1": 20}, number=1)
    estate.deliver()

    (execution,) = estate.executions()
    assert (execution.dry_run, execution.status) == (False, ExecutionStatus.SUCCESS)
    assert execution.days_gained == pytest.approx(12.0)
    assert estate.starts()[0]["incidentId"].startswith("inc-")
    approval = estate.audit("automation.approve")[0]
    assert (approval.actor, approval.reason) == ("anna", "looks fine")
    assert estate.audit("automation.effect")[0].details["days_gained"] == pytest.approx(12.0)
    assert "the expected date moved away by 12.0 days" in estate.comments()[-1]


def test_an_approval_does_not_open_the_other_guards(estate: Estate) -> None:
    allow(estate, {"approval_from": "info"}, per_day=0)
    estate.night({"db-1": 9})

    assert estate.approve(estate.audit("automation.refused")[0].subject) is Guard.RATE
    with pytest.raises(NotFound, match="nothing waits"):
        estate.approve("fw:clean:nothing")
    assert estate.executions() == ()


def test_of_several_who_approve_at_once_one_starts_it(estate: Estate) -> None:
    allow(estate, {"approval_from": "info"})
    estate.night({"db-1": 9})
    waiting = estate.audit("automation.refused")[0].subject

    def agree(_: int) -> Guard | str | None:
        try:
            return estate.approve(waiting)
        except NotFound as error:
            return str(error)

    with ThreadPoolExecutor(3) as threads:
        answers = list(threads.map(agree, range(3)))

    nothing = f"no rule of the configuration asks for {waiting} any more"
    assert sorted(answers, key=str) == [None, nothing, nothing]
    assert [entry.action for entry in estate.audit("automation.start")] == ["automation.start"]
    assert len(estate.audit("automation.approve")) == 1


def test_while_another_job_decides_on_automation_a_run_waits_for_what_it_starts(estate: Estate) -> None:
    """Limits hold over all jobs: each has to see what the others have just started."""
    with ThreadPoolExecutor(1) as pool:
        with transaction(estate.engine) as session:
            lock_automation(session)
            night = pool.submit(estate.night, {"db-1": 9.0})
            with pytest.raises(TimeoutError):
                night.result(timeout=2)
            assert estate.executions() == ()
        night.result(timeout=30)

    assert len(estate.executions()) == 1


def test_while_somebody_decides_on_automation_an_approval_waits_for_what_is_started(estate: Estate) -> None:
    """Otherwise two who agree at once to two scripts would start both where one may be started."""
    allow(estate, {"approval_from": "info"}, per_hour=1)
    estate.night({"db-1": 9, "db-2": 9})
    first, second = [entry.subject for entry in estate.audit("automation.refused")]

    with ThreadPoolExecutor(1) as pool:
        with transaction(estate.engine) as session:
            lock_automation(session)
            agreed = pool.submit(estate.approve, first)
            with pytest.raises(TimeoutError):
                agreed.result(timeout=2)
            assert (estate.executions(), estate.audit("automation.approve")) == ((), [])
        assert agreed.result(timeout=30) is None

    assert estate.approve(second) is Guard.RATE
    assert [one.correlation_id for one in estate.executions()] == [first]


def test_what_got_better_since_it_was_asked_for_can_not_be_approved(estate: Estate) -> None:
    allow(estate, {"approval_from": "info"})
    estate.night({"db-1": 9})
    waiting = estate.audit("automation.refused")[0].subject
    estate.night({"db-1": None}, number=1)

    with pytest.raises(NotFound, match="is clearing: there is nothing to help"):
        estate.approve(waiting, number=1)
    assert estate.executions() == ()


def test_what_no_rule_asks_for_any_more_can_not_be_approved(estate: Estate) -> None:
    allow(estate, {"approval_from": "info"})
    estate.night({"db-1": 9})
    allow(estate, {"approval_from": "info", "watches": ["postgres/*"]})

    with pytest.raises(NotFound, match="no rule of the configuration asks for"):
        estate.approve(estate.audit("automation.refused")[0].subject)
    assert estate.executions() == ()


def test_an_approval_starts_nothing_for_what_was_last_seen_more_than_a_day_ago(estate: Estate) -> None:
    allow(estate, {"approval_from": "info"})
    estate.night({"db-1": 9})

    assert estate.approve(estate.audit("automation.refused")[0].subject, number=2) is Guard.REPLAY


def test_what_an_execution_gained_is_measured_once(estate: Estate) -> None:
    estate.night({"db-1": 9})
    estate.deliver()
    estate.night({"db-1": 20}, number=1)
    estate.night({"db-1": 3}, number=2)

    assert [one.days_gained for one in estate.executions()] == pytest.approx([12.0])
    assert len(estate.audit("automation.effect")) == 1


def test_just_enough_days_are_told_as_help(estate: Estate) -> None:
    estate.night({"db-1": 9})
    estate.deliver()
    estate.night({"db-1": 9}, number=1)
    estate.deliver()

    assert "the expected date moved away by 1.0 days" in estate.comments()[-1]


def test_a_dry_run_is_not_measured(estate: Estate) -> None:
    allow(estate, dry_run=True)
    estate.night({"db-1": 9})
    estate.deliver()
    estate.night({"db-1": 20}, number=1)

    assert [(one.dry_run, one.days_gained) for one in estate.executions()] == [(True, None)]
    assert estate.audit("automation.effect") == []


def test_what_a_script_was_started_for_is_not_told_to_be_fixed_by_people(estate: Estate) -> None:
    estate.night({"db-1": 9})
    estate.deliver()
    estate.night({"db-1": None}, number=1)
    estate.night({"db-1": None}, number=2)

    assert estate.audit("incident.fixed") == []


def test_after_two_failures_a_script_is_started_no_more(estate: Estate) -> None:
    failing = {"parameters": ["instance", "mountpoint"], "course": QUICK | {"result": "failed", "output": "no"}}
    estate.sandbox.put_scripts({"id": "clean-temp", "name": "Clean", **failing})
    estate.night({"db-1": 9, "db-2": 9})
    estate.deliver()
    assert [one.status for one in estate.executions()] == [ExecutionStatus.FAILED] * 2

    estate.night({"db-1": 8, "db-2": 8, "db-3": 9}, number=1)
    estate.deliver()

    assert len(estate.starts()) == 2
    assert estate.refusals() == ["failures"] * 3


def test_the_kill_switch_refuses_what_is_planned_and_withdraws_what_has_not_left(estate: Estate) -> None:
    estate.night({"db-1": 9})
    with transaction(estate.engine) as session:
        turn_on(session, SwitchName.AUTOMATION_STOPPED, reason="an audit", actor="anna")
    estate.night({"db-1": 8, "db-2": 9}, number=1)
    estate.deliver()

    assert estate.starts() == []
    assert [one.status for one in estate.executions()] == [ExecutionStatus.CANCELLED]
    assert estate.audit("automation.withdrawn")[0].reason == "automation is stopped: an audit"
    assert estate.refusals() == ["kill_switch", "kill_switch"]
    assert "incident.create" in estate.sandbox.effects()  # people are told all the same


WITHDRAWN = [
    (
        "en",
        "The script clean-temp was asked for ({name}).",
        "The script clean-temp was withdrawn before it was started ({name}): automation is stopped.",
    ),
    ("zh-TW", "已要求執行腳本 clean-temp（{name}）。", "腳本 clean-temp 尚未執行即已撤回（{name}）：自動化已停止。"),
]


@pytest.mark.parametrize(("language", "asked", "withdrawn"), WITHDRAWN, ids=["en", "zh-TW"])
def test_that_a_start_was_withdrawn_is_told_where_it_was_told_to_be_asked_for(
    estate: Estate, language: str, asked: str, withdrawn: str
) -> None:
    estate.automation = Automation(make_config(), language=language)
    estate.night({"db-1": 9})
    with transaction(estate.engine) as session:
        turn_on(session, SwitchName.AUTOMATION_STOPPED, reason="an *audit*", actor="anna")

    estate.deliver()

    (execution,) = estate.executions()
    name = execution.correlation_id
    assert estate.comments() == [asked.format(name=name), withdrawn.format(name=name)]


def test_a_mute_that_begins_after_the_decision_withdraws_the_start(estate: Estate) -> None:
    estate.night({"db-1": 9})
    now = datetime.now(UTC)
    matchers = (Matcher("instance", MatchOperator.EQUAL, "db-1"),)
    with transaction(estate.engine) as session:
        add_mute(session, Mute(uuid4(), matchers, "anna", "moving", now - DAY, now + DAY))
    with ControlPlaneClient(estate.sandbox.config()) as client:
        Dispatcher(estate.sandbox.config(), SqlOutboxStore(estate.engine), client).drain(1)

    assert estate.starts() == []
    assert estate.audit("automation.withdrawn")[0].details == {"guard": "muted"}


class StoppedMeanwhile(SqlOutboxStore):
    """An outbox of which somebody stops automation directly after a start was claimed."""

    def claim(self, worker: str, limit: int, lease: timedelta) -> Sequence[Message]:
        claimed = super().claim(worker, limit, lease)
        if any(one.kind is MessageKind.EXECUTION_START for one in claimed):
            with transaction(self._engine) as session:
                turn_on(session, SwitchName.AUTOMATION_STOPPED, reason="an audit", actor="anna")
        return claimed


def test_the_kill_switch_stops_a_start_that_a_dispatcher_has_claimed_already(estate: Estate) -> None:
    estate.night({"db-1": 9})

    with ControlPlaneClient(estate.sandbox.config()) as client:
        Dispatcher(estate.sandbox.config(), StoppedMeanwhile(estate.engine), client).drain(20)

    assert estate.starts() == []
    assert [one.status for one in estate.executions()] == [ExecutionStatus.CANCELLED]
    assert [entry.reason for entry in estate.audit("automation.withdrawn")] == ["automation is stopped: an audit"]


FORBIDDEN: list[tuple[dict[str, Any], dict[str, Any], str, str]] = [
    ({}, {"enabled": False}, "script_list", "automation.enabled is false"),
    ({}, {"scripts": ["rotate-logs"]}, "script_list", "the script clean-temp is not in automation.scripts"),
    ({}, {"rules": {}}, "script_list", "no rule clean asks for the script clean-temp any more"),
    ({"script": "rotate-logs"}, {"scripts": ["clean-temp", "rotate-logs"]}, "script_list", "no rule clean asks for"),
    ({}, {"dry_run": True}, "script_list", "only dry runs of the rule clean are allowed"),
    ({"dry_run": True}, {}, "script_list", "only dry runs of the rule clean are allowed"),
    ({"entities": 'instance="db-2"'}, {}, "entity_list", "automation.rules.clean.entities does not allow the entity"),
    ({}, {"hours": []}, "hours", "is outside the hours that automation.hours allows"),
]


@pytest.mark.parametrize(("rule", "changes", "guard", "why"), FORBIDDEN)
def test_what_the_configuration_forbids_meanwhile_withdraws_the_start(
    estate: Estate, rule: dict[str, Any], changes: dict[str, Any], guard: str, why: str
) -> None:
    estate.night({"db-1": 9})
    allow(estate, rule, **changes)

    estate.deliver()

    assert estate.starts() == []
    (withdrawn,) = estate.audit("automation.withdrawn")
    assert withdrawn.details == {"guard": guard}
    assert why in withdrawn.reason


def test_a_dry_run_still_leaves_where_only_dry_runs_are_allowed_meanwhile(estate: Estate) -> None:
    allow(estate, {"dry_run": True})
    estate.night({"db-1": 9})
    allow(estate, dry_run=True)

    estate.deliver()

    assert [sent["dryRun"] for sent in estate.starts()] == [True]


SILENCED = (KnownSilence("s", (Matcher("instance", MatchOperator.EQUAL, "db-1"),), FAR, "moving", "anna"),)
NOT_STARTED = [
    (Surroundings(silences=SILENCED), "silenced in Alertmanager until 2100-01-01 00:00Z"),
    (Surroundings(unheard="connection refused"), "Alertmanager's silences could not be read: connection refused"),
]


@pytest.mark.parametrize(("around", "why"), NOT_STARTED, ids=["silenced", "nobody knows"])
def test_what_is_silenced_is_not_touched_by_a_run_nor_by_an_approval(
    estate: Estate, around: Surroundings, why: str
) -> None:
    allow(estate, {"approval_from": "info"})
    estate.night({"db-1": 9})
    waiting = estate.audit("automation.refused")[0].subject

    assert estate.approve(waiting, around=around) is Guard.MUTED
    assert estate.audit("automation.refused")[-1].reason == why
    allow(estate)
    estate.night({"db-1": 9}, number=1, around=around)

    assert set(estate.refusals()[1:]) == {"muted"}
    assert estate.executions() == ()


@pytest.mark.parametrize(
    ("minutes", "left", "guards"),
    [(4, [MessageKind.EXECUTION_START], []), (50, [MessageKind.INCIDENT_COMMENT], ["hours"])],
    ids=["within the hours", "after them"],
)
def test_a_start_that_was_decided_within_the_allowed_hours_does_not_leave_after_them(
    estate: Estate, minutes: int, left: list[MessageKind], guards: list[str]
) -> None:
    allow(estate, hours=[{"starts": "0 9 * * *", "lasts": "8h"}])
    estate.began = (estate.began - DAY).replace(hour=16, minute=55, second=0)
    estate.night({"db-1": 9})
    (decided,) = estate.executions()
    with transaction(estate.engine) as session:
        for one in list_messages(session).items:
            if one.subject != decided.correlation_id:
                discard_message(session, one.id, actor="test", reason="another matter")
    at = estate.began + timedelta(minutes=minutes)

    claimed = SqlOutboxStore(estate.engine, lambda: at, estate.automation).claim("test", 9, timedelta(minutes=1))

    assert [message.kind for message in claimed] == left
    assert [entry.details["guard"] for entry in estate.audit("automation.withdrawn")] == guards


def test_the_same_refusal_is_written_down_once_and_another_one_again(estate: Estate) -> None:
    allow(estate, scripts=[])
    estate.night({"db-1": 9})
    estate.night({"db-1": 8}, number=1)
    allow(estate, {"entities": ""})
    estate.night({"db-1": 7}, number=2)

    assert estate.refusals() == ["script_list", "entity_list"]
    assert estate.executions() == ()


def test_a_run_for_an_earlier_time_starts_nothing(estate: Estate) -> None:
    estate.automation = Automation()
    estate.night({"db-1": 9}, number=1)
    allow(estate)

    assert estate.night({"db-1": 9}).superseded_by is not None
    assert (estate.executions(), estate.audit()) == ((), [])


def test_a_control_plane_that_does_not_answer_is_asked_for_nothing(estate: Estate) -> None:
    estate.sandbox.faults({"kind": "status", "operations": ["listAutomationScripts"], "status": 503})

    estate.night({"db-1": 9})

    estate.sandbox.faults()
    assert estate.refusals() == ["control_plane"]


def test_a_script_that_did_not_help_three_times_says_so_and_waits_for_a_person(estate: Estate) -> None:
    estate.night({"db-1": 9, "db-2": 9, "db-3": 9})
    estate.deliver()
    estate.night({"db-1": 8, "db-2": 8, "db-3": 8, "db-4": 9}, number=1)
    estate.deliver()

    gained = [one.days_gained for one in estate.executions()]
    assert gained == pytest.approx([0.0, 0.0, 0.0])
    assert [entry.subject for entry in estate.audit("automation.lost_right")] == ["clean-temp"]
    assert estate.refusals().count("approval") == 1
    assert len(estate.starts()) == 3
    assert sum("did not help: the expected date moved by" in text for text in estate.comments()) == 3


def test_what_people_fixed_is_measured_too(estate: Estate) -> None:
    allow(estate, scripts=[])
    estate.night({"db-1": 9})
    estate.deliver()
    estate.night({"db-1": None}, number=1)
    estate.night({"db-1": None}, number=2)
    estate.deliver()

    (fixed,) = estate.audit("incident.fixed")
    assert fixed.details["days_gained"] == pytest.approx(23.0)
    assert estate.sandbox.effects()[-2:] == ["incident.comment", "incident.resolve"]


def test_what_people_fixed_after_a_start_was_withdrawn_is_measured_as_theirs(estate: Estate) -> None:
    estate.night({"db-1": 9})
    allow(estate, scripts=[])
    estate.deliver()
    estate.night({"db-1": None}, number=1)
    estate.night({"db-1": None}, number=2)

    assert [one.status for one in estate.executions()] == [ExecutionStatus.CANCELLED]
    assert [entry.details["days_gained"] for entry in estate.audit("incident.fixed")] == [pytest.approx(23.0)]


def test_a_message_that_a_person_discards_ends_its_execution(estate: Estate) -> None:
    estate.sandbox.faults({"kind": "status", "operations": ["executeAutomation"], "status": 422})
    estate.night({"db-1": 9})
    estate.deliver()
    estate.sandbox.faults()
    with read_only(estate.engine) as session:
        (dead,) = list_messages(session, state=MessageState.DEAD).items

    with transaction(estate.engine) as session:
        discard_message(session, dead.id, actor="anna", reason="wrong script")
    with ControlPlaneClient(estate.sandbox.config()) as client:
        assert follow_executions(estate.engine, client, datetime.now(UTC)) == 1

    assert [one.status for one in estate.executions()] == [ExecutionStatus.CANCELLED]


def test_a_start_whose_execution_is_forgotten_does_not_leave_when_somebody_retries_it(estate: Estate) -> None:
    estate.sandbox.faults({"kind": "status", "operations": ["executeAutomation"], "status": 422})
    estate.night({"db-1": 9})
    estate.deliver()
    estate.sandbox.faults()
    with ControlPlaneClient(estate.sandbox.config()) as client:
        follow_executions(estate.engine, client, estate.began + 8 * DAY)
    with transaction(estate.engine) as session:
        (dead,) = list_messages(session, state=MessageState.DEAD).items
        assert prune_executions(session, before=FAR) == 1
        retry_message(session, dead.id, actor="anna")

    estate.deliver()

    assert estate.starts() == []
    with read_only(estate.engine) as session:
        assert get_message(session, dead.id).reason == "nobody knows any more what was decided, and when"


def settled(estate: Estate, **settings: str) -> dict[str, str]:
    """The environment of a command; `settings` are variables of it."""
    url = estate.engine.url.render_as_string(hide_password=False)
    return {**os.environ, "FOREWARN_DATABASE__URL": url, "COLUMNS": "250", **settings}


def delivering(estate: Estate) -> dict[str, str]:
    """Variables with which a command delivers to the Control Plane what automation allows."""
    return {
        "FOREWARN_AUTOMATION": estate.automation.config.model_dump_json(exclude_defaults=True),
        "FOREWARN_CONTROL_PLANE__URL": estate.sandbox.url,
    }


def forewarn(estate: Estate, *arguments: str, **settings: str) -> str:
    """What the command prints; `settings` are environment variables."""
    command = [sys.executable, "-m", "forewarn", *arguments]
    environment = settled(estate, **settings)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def dispatching(estate: Estate, **settings: str) -> Iterator[None]:
    """A process that delivers, and does nothing else."""
    command = [sys.executable, "-m", "forewarn", "serve", "--only", "dispatcher"]
    environment = settled(estate, **delivering(estate), **settings)
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
        try:
            yield
        finally:
            process.terminate()


def wait_until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not done():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.1)


def start_of(estate: Estate) -> OutboxEntry:
    """The message that asks for the only execution."""
    (decided,) = estate.executions()
    with read_only(estate.engine) as session:
        (message,) = list_messages(session, subject=decided.correlation_id).items
    return message


def test_what_alertmanager_silences_since_the_decision_is_not_started_by_another_process(
    estate: Estate, alertmanager_server: str
) -> None:
    estate.night({"db-1": 9, "db-2": 9})
    silence(alertmanager_server, {"instance": "db-1"})

    with dispatching(estate, FOREWARN_ALERTMANAGER__URL=alertmanager_server):
        wait_until(lambda: all(one.remote_id or one.status.finished for one in estate.executions()))

    assert [sent["parameters"]["instance"] for sent in estate.starts()] == ["db-2"]
    (withdrawn,) = estate.audit("automation.withdrawn")
    assert withdrawn.details == {"guard": "muted"}
    assert withdrawn.reason.startswith("silenced in Alertmanager until ")


def test_a_start_waits_while_alertmanagers_silences_can_not_be_read(estate: Estate) -> None:
    estate.night({"db-1": 9})

    with dispatching(estate, FOREWARN_ALERTMANAGER__URL="http://127.0.0.1:1"):
        wait_until(lambda: "Alertmanager's silences could not be read" in start_of(estate).reason)

    assert estate.starts() == []
    assert estate.audit("automation.withdrawn") == []
    assert (start_of(estate).state, start_of(estate).attempts) == (MessageState.PENDING, 0)


def test_the_command_line_stops_lists_and_resumes(estate: Estate) -> None:
    estate.night({"db-1": 9})
    forewarn(estate, "automation", "stop", "--reason", "an audit")

    shown = json.loads(forewarn(estate, "automation", "list", "--json"))
    assert (shown["stopped"]["reason"], shown["executions"][0]["scriptId"]) == ("an audit", "clean-temp")

    forewarn(estate, "automation", "resume", "--reason", "all is well")
    forewarn(estate, "automation", "resume", "--script", "clean-temp")
    with read_only(estate.engine) as session:
        assert find_switch(session, SwitchName.AUTOMATION_STOPPED) is None
    entries = json.loads(forewarn(estate, "audit", "--json"))
    assert [entry["action"] for entry in entries[:3]] == [
        "automation.rearm",
        "automation_stopped.off",
        "automation_stopped.on",
    ]
    assert "Stopped" not in (listed := forewarn(estate, "automation", "list"))
    assert "Executions" in listed


def test_an_approval_on_the_command_line_starts_nothing_while_alertmanager_can_not_be_read(estate: Estate) -> None:
    allow(estate, {"approval_from": "info"})
    estate.night({"db-1": 9})
    waiting = estate.audit("automation.refused")[0].subject

    told = forewarn(
        estate,
        "automation",
        "approve",
        waiting,
        **delivering(estate),
        FOREWARN_ALERTMANAGER__URL="http://127.0.0.1:1",
    )

    assert "Approved, and not started yet: Alertmanager's silences could not be read" in told
    assert estate.executions() == ()
