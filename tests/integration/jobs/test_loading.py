"""What the guards look at is what is stored, all of it, and nothing that is over."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from domain.audit import AuditEntry
from domain.execution import Execution
from domain.finding import Finding, FindingKind, Severity, fingerprint
from domain.incident import Incident, IncidentStatus
from domain.labels import Labels
from domain.mute import Matcher, MatchOperator, Mute
from domain.outbox import source_key
from jobs.automation.load import APPROVED, MOST_MEMBERS, REARMED, load_state
from jobs.automation.state import Attended, GuardState, Place
from jobs.decide.gather import storm_of
from storage.audit import append_audit
from storage.engine import transaction
from storage.executions import add_execution
from storage.findings import upsert_findings
from storage.incidents import open_incidents
from storage.mutes import add_mute
from storage.switches import SwitchName, turn_on
from tests.fixtures.builders import AS_OF, make_job
from tests.unit.jobs.automation.situations import make_config, make_finding

pytestmark = pytest.mark.server
DAY = timedelta(days=1)
DB = make_finding()


def loaded(engine: Engine, *findings: Finding) -> GuardState:
    with transaction(engine) as session:
        return load_state(
            session, make_job(), make_config(), findings or [DB], analyses=(), timezone="UTC", at=AS_OF, available=None
        )


def stored(engine: Engine, *findings: Finding) -> None:
    with transaction(engine) as session:
        upsert_findings(session, findings)


def incident(key: str, status: IncidentStatus, *members: str) -> Incident:
    return Incident(key, "g" * 32, 1, "nightly-capacity", "t", Severity.WARNING, AS_OF, status, members=members)


def test_a_person_is_at_work_from_the_acknowledgement_on(engine: Engine) -> None:
    stored(engine, DB)
    with transaction(engine) as session:
        statuses = (IncidentStatus.NEW, IncidentStatus.ACKNOWLEDGED, IncidentStatus.IN_PROGRESS)
        open_incidents(session, [incident(status.value, status, DB.fingerprint) for status in statuses])

    attended = sorted(loaded(engine).attended, key=lambda one: one.source_key)
    assert attended == [Attended(key, (Place.of(DB),)) for key in ("acknowledged", "in_progress")]


@pytest.mark.parametrize(("members", "places"), [(MOST_MEMBERS, ()), (MOST_MEMBERS + 1, None)])
def test_an_incident_of_very_many_findings_is_everywhere(engine: Engine, members: int, places: Any) -> None:
    names = [f"{number:032x}" for number in range(members)]
    with transaction(engine) as session:
        open_incidents(session, [incident("many", IncidentStatus.ACKNOWLEDGED, *names)])

    assert loaded(engine).attended == (Attended("many", places),)


def test_more_than_two_hundred_executions_are_all_remembered_the_newest_first(engine: Engine) -> None:
    stored(engine, DB)
    with transaction(engine) as session:
        for number in range(205):
            at = AS_OF - number * timedelta(minutes=1)
            add_execution(session, Execution(f"fw:{number}", "clean-temp", "clean", DB.fingerprint, "key", at))
        old = AS_OF - 101 * DAY
        add_execution(session, Execution("fw:old", "clean-temp", "clean", DB.fingerprint, "key", old))

    past = loaded(engine).past
    assert [one.execution.correlation_id for one in past] == [f"fw:{number}" for number in range(205)]
    assert all(one.place == Place.of(DB) for one in past)


def test_what_was_done_where_nobody_knows_any_more_is_remembered_all_the_same(engine: Engine) -> None:
    with transaction(engine) as session:
        add_execution(session, Execution("fw:1", "clean-temp", "clean", "f" * 32, "key", AS_OF))

    assert [one.place for one in loaded(engine).past] == [None]


def test_automation_that_somebody_stopped_without_a_word_is_stopped(engine: Engine) -> None:
    with transaction(engine) as session:
        turn_on(session, SwitchName.AUTOMATION_STOPPED, reason="", actor="anna")

    assert loaded(engine).stopped == "by anna"


def test_of_several_approvals_and_resumptions_the_newest_counts(engine: Engine) -> None:
    actions = (APPROVED, REARMED)
    moments: list[dict[str, Any]] = []
    for _ in range(2):
        with transaction(engine) as session:
            append_audit(session, [AuditEntry("anna", action, "it") for action in actions])
        state = loaded(engine)
        moments.append({"approved": state.approvals["it"], "rearmed": state.rearmed["it"]})

    assert moments[0]["approved"] < moments[1]["approved"]
    assert moments[0]["rearmed"] < moments[1]["rearmed"]


def test_mutes_are_those_that_have_not_ended(engine: Engine) -> None:
    matchers = (Matcher("instance", MatchOperator.EQUAL, "db-1"),)
    mute = Mute(uuid4(), matchers, "anna", "moving", AS_OF - DAY, AS_OF + DAY)
    with transaction(engine) as session:
        add_mute(session, mute)
        add_mute(session, Mute(uuid4(), matchers, "anna", "moved", AS_OF - 2 * DAY, AS_OF - DAY))

    assert [one.id for one in loaded(engine).mutes] == [mute.id]


def test_a_storm_is_that_of_the_job_and_the_team(engine: Engine) -> None:
    job = make_job()
    ops = Labels.of(cluster="one", **{job.policy.team_label: "ops"})
    storms = {team: source_key(storm_of(job, team), AS_OF) for team in ("", "ops", "web")}
    entity = Labels.of(instance="db-9")
    name = fingerprint(FindingKind.EXHAUSTION, DB.watch, entity)
    of_ops = make_finding("db-9", fingerprint=name, labels=ops, incident=storms["ops"])
    of_nobody = make_finding("db-8", incident=storms[""])
    of_another = make_finding("db-7", labels=ops, incident=storms["web"])

    assert loaded(engine, of_ops, of_nobody, of_another, DB).storms == {storms["ops"], storms[""]}
