"""A storm: ten thousand findings in one run. The Control Plane gets the cap, and people get the whole list."""

from __future__ import annotations

import json
import resource
import sys
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event

from controlplane.client import ControlPlaneClient
from controlplane.dispatcher import Dispatcher
from domain.finding import Analysis, FindingState
from domain.job import Job, Policy
from domain.labels import Labels
from domain.run import Shard
from domain.series import SourceNotes
from jobs.automation.after import Automation
from jobs.automation.measure import FIXED
from jobs.automation.record import REFUSED
from jobs.decide import Act, IncidentAct
from jobs.outbox_store import SqlOutboxStore
from jobs.record import NO_AUTOMATION, Recorded, conclude_and_record
from jobs.reporting import save_reports
from jobs.summary import StageSeconds
from jobs.telling import Telling
from storage.audit import list_audit
from storage.engine import read_only, transaction
from storage.findings import list_findings
from storage.incidents import list_incidents
from storage.outbox_admin import list_messages
from storage.reports import latest_report
from storage.runs import claim_run
from storage.shards import plan_shards, record_shard
from tests.fixtures.builders import AS_OF, make_analysis, make_job
from tests.fixtures.sandbox import Sandbox
from tests.unit.jobs.automation.situations import make_config

pytestmark = [pytest.mark.server, pytest.mark.slow]
FINDINGS = 10_000
CAP = 20
MOST_MIB = 250.0  # more, for ten thousand findings decided, written and reported: about a third of it is needed


def storm(night: int = 0, count: int = FINDINGS) -> list[Analysis]:
    """So many disks that fill up, each at its own pace: the lower its number, the sooner."""
    as_of = AS_OF + timedelta(days=night)
    return [
        make_analysis(
            2 + 20 * number / FINDINGS,
            lead=0.9 if number < 5 else 0.1,
            as_of=as_of,
            entity=Labels.of(instance=f"host-{number:05d}", mountpoint="/"),
        )
        for number in range(count)
    ]


def conclude(
    engine: Engine, job: Job, analyses: list[Analysis], night: int = 0, automation: Automation = NO_AUTOMATION
) -> Recorded:
    as_of, holder = AS_OF + timedelta(days=night), f"test:{night}"
    with transaction(engine) as session:
        run = claim_run(session, job=job.name, as_of=as_of, holder=holder, lease_seconds=600).run
        plan_shards(session, run.id, [Shard(0, "node/filesystem-space")], holder=holder)
        record_shard(session, run.id, 0, holder=holder, analyses=analyses, notes=SourceNotes(), timings={})
    return conclude_and_record(job, run, engine, holder, Telling(), StageSeconds, automation=automation)


def peak_mib() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**10 if sys.platform == "linux" else peak / 2**20


def test_ten_thousand_findings_in_one_run_are_twenty_incidents(engine: Engine, sandbox: Sandbox) -> None:
    job = make_job(Policy(open_after_runs=1, incidents_per_run=CAP), languages=("en",))
    before = peak_mib()

    recorded = conclude(engine, job, storm())
    save_reports(engine, job, recorded, Telling())

    acts = Counter(decision.act for decision in recorded.summary.decisions)
    assert acts == {Act.OPEN: CAP - 1, Act.DEFER: FINDINGS - CAP + 1}
    opened = recorded.summary.incidents
    assert [one.act for one in opened] == [IncidentAct.OPEN] * CAP
    (listed,) = [one for one in opened if one.storm]
    assert len(listed.incident.members) == FINDINGS - CAP + 1
    own = {one.incident.members[0] for one in opened if not one.storm}
    soonest = {one.finding.fingerprint for one in recorded.summary.decisions if _number(one.finding.entity) < CAP - 1}
    assert own == soonest  # the most urgent have incidents of their own
    with ControlPlaneClient(sandbox.config()) as client:
        assert Dispatcher(sandbox.config(), SqlOutboxStore(engine), client).drain(60) == 0
    assert sandbox.effects() == ["incident.create"] * CAP
    bodies = {entry["subject"]: entry["body"] for entry in sandbox.ledger()}
    told = bodies[listed.incident.source_key]
    assert f"{FINDINGS - CAP + 1}" in told["title"]
    assert "host\\-00019" in told["description"] or "host-00019" in told["description"]
    assert len(told["description"]) <= 20_000
    with read_only(engine) as session:
        report = latest_report(session, language="en", format="json", run_id=recorded.summary.run.id)
    assert report is not None
    assert report.content is not None
    shown = json.loads(report.content)
    assert _number_of(shown["more_risks"]) + len(shown["expected"]) == FINDINGS
    assert peak_mib() - before < MOST_MIB


def test_a_storm_that_goes_on_is_told_once_and_ends_once(engine: Engine) -> None:
    job = make_job(Policy(open_after_runs=1, clear_after_runs=1, incidents_per_run=5), languages=("en",))

    first = conclude(engine, job, storm(0, 60))
    same = conclude(engine, job, storm(1, 60), 1)
    wider = conclude(engine, job, storm(2, 70), 2)
    over = conclude(engine, job, [replace(one, exhaustion=make_analysis(None).exhaustion) for one in storm(3, 70)], 3)

    def told(recorded: Recorded) -> Counter[tuple[IncidentAct, bool]]:
        return Counter((one.act, one.storm) for one in recorded.summary.incidents)

    assert told(first) == {(IncidentAct.OPEN, False): 4, (IncidentAct.OPEN, True): 1}
    assert told(same) == {}
    assert told(wider) == {(IncidentAct.OPEN, False): 4, (IncidentAct.UPDATE, True): 1}
    assert told(over) == {(IncidentAct.RESOLVE, False): 9}
    with read_only(engine) as session:
        assert {finding.state for finding in list_findings(session).items} == {FindingState.CLEARED}
        assert {incident.status.value for incident in list_incidents(session).items} == {"resolved"}
        assert {message.state for message in list_messages(session).items} == {"discarded"}  # nobody was ever told


def test_a_storm_costs_no_question_for_each_finding_where_scripts_may_be_started(engine: Engine) -> None:
    job = make_job(Policy(open_after_runs=1, clear_after_runs=1, incidents_per_run=5), languages=("en",))
    automation, statements = Automation(make_config()), list[str]()

    @event.listens_for(engine, "before_cursor_execute")
    def count(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    conclude(engine, job, storm(0, 400), automation=automation)
    over = [replace(one, exhaustion=make_analysis(None).exhaustion) for one in storm(1, 400)]
    ended = conclude(engine, job, over, 1, automation)

    assert [one.act for one in ended.summary.incidents] == [IncidentAct.RESOLVE] * 5
    assert len(statements) < 400
    with read_only(engine) as session:
        refused = list_audit(session, action=REFUSED, limit=1000).items
        assert {entry.action for entry in list_audit(session, action=FIXED).items} == {FIXED}
    assert len(refused) == 400


def _number_of(words: str) -> int:
    return int("".join(letter for letter in words if letter.isdigit()))


def _number(entity: Labels) -> int:
    return int(entity["instance"].removeprefix("host-"))
