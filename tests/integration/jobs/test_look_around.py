"""What others tell already, heard from real servers: Prometheus' alerts, Alertmanager, the Control Plane."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import Engine

from controlplane.client import ControlPlaneClient
from controlplane.dispatcher import Dispatcher
from controlplane.models import Acknowledgement, IncidentCreate, Resolution
from domain.finding import FindingState, Outcome, Severity
from domain.incident import Incident, IncidentStatus
from domain.job import Job
from domain.run import RunStatus
from forewarn.assembly import looking_around
from forewarn.settings import Settings
from jobs.decide import Act
from jobs.look_around import FALSE_POSITIVE, firing, look_around
from jobs.outbox_store import SqlOutboxStore
from jobs.pipeline import RunContext, rehearse, run_job
from jobs.surroundings import Surroundings
from sources.alertmanager import Alertmanager
from sources.config import FilesConfig, HttpConfig, PrometheusConfig
from sources.open import open_source
from storage.audit import list_audit
from storage.engine import read_only, transaction
from storage.findings import list_findings
from storage.incidents import list_incidents, open_incidents
from storage.runs import find_run
from tests.fixtures.alertmanager import end_silence, fire, silence
from tests.fixtures.builders import AS_OF
from tests.fixtures.prometheus import ServerFactory, joined, openmetrics
from tests.fixtures.sandbox import Sandbox

pytestmark = pytest.mark.server
NIGHT = timedelta(days=1)
GROWS = {"instance": "grows", "mountpoint": "/var"}


def backfilled_alerts() -> str:
    """Ten minutes of `ALERTS` that end at `AS_OF`: one that fires, one that is pending, one that ended before."""
    end = AS_OF.timestamp()
    times = np.arange(end - 600, end + 60, 15.0)
    alerts = [
        {"alertname": "DiskFills", "alertstate": "firing", **GROWS},
        {"alertname": "DiskFills", "alertstate": "pending", "instance": "db-1", "mountpoint": "/var"},
    ]
    now = openmetrics("ALERTS", alerts, times, np.ones((2, len(times))))
    earlier = np.arange(end - 7200, end - 3600, 15.0)
    over = [{"alertname": "Over", "alertstate": "firing", "instance": "db-2", "mountpoint": "/var"}]
    return joined(now, openmetrics("ALERTS", over, earlier, np.ones((1, len(earlier))))).replace(
        "# TYPE ALERTS gauge\n", ""
    )


@contextmanager
def alertmanager_at(url: str) -> Iterator[Alertmanager]:
    with closing(Alertmanager(HttpConfig(url=url, timeout=timedelta(seconds=5)))) as alertmanager:
        yield alertmanager


def act_of(job: Job, context: RunContext, around: Surroundings, as_of: datetime = AS_OF) -> Act:
    looking = RunContext(
        context.engine, context.source, context.holder, workers=context.workers, look_around=lambda _job, _at: around
    )
    (decision,) = run_job(job, as_of, looking).decisions
    return decision.act


def test_only_alerts_that_fired_at_that_time_are_heard_from_prometheus(prometheus_server: ServerFactory) -> None:
    server = prometheus_server(backfilled_alerts())

    with closing(open_source("prometheus", PrometheusConfig(url=server))) as source:
        alerts = firing(source, AS_OF)
        later = firing(source, AS_OF + NIGHT)

    assert [(alert.name, dict(alert.labels)) for alert in alerts] == [("DiskFills", GROWS)]
    assert later == ()


def test_what_prometheus_tells_already_is_attached_and_not_repeated(
    prometheus_server: ServerFactory, job: Job, context: RunContext
) -> None:
    with closing(open_source("prometheus", PrometheusConfig(url=prometheus_server(backfilled_alerts())))) as source:
        around = look_around(
            job, AS_OF, now=AS_OF, engine=context.engine, source=source, alertmanager=None, control_plane=None
        )

    assert around.missing == ()
    assert act_of(job, context, around) is Act.ATTACH
    with read_only(context.engine) as session:
        assert list_incidents(session).items == ()


def test_alertmanagers_alerts_and_silences_are_heard_until_they_end(alertmanager_server: str) -> None:
    fire(alertmanager_server, alertname="DiskFills", instance="heard", mountpoint="/")
    fire(alertmanager_server, alertname="DiskFills", instance="hushed", mountpoint="/")
    hush = silence(alertmanager_server, {"instance": "hus.*"}, regex=True)

    with alertmanager_at(alertmanager_server) as alertmanager:
        during = (alertmanager.alerts(), alertmanager.silences())
        end_silence(alertmanager_server, hush)
        after = alertmanager.silences()

    assert "heard" in {alert.labels["instance"] for alert in during[0]}
    (held,) = [one for one in during[1] if one.id == hush]
    assert (held.owner, held.comment, held.matchers[0].value) == ("ana", "upgrade", "hus.*")
    assert timedelta(minutes=59) < held.ends_at - datetime.now(UTC) < timedelta(minutes=61)
    assert hush not in {one.id for one in after}


def test_a_finding_waits_while_it_is_silenced_and_is_told_when_the_silence_is_over(
    alertmanager_server: str, job: Job, context: RunContext
) -> None:
    hush = silence(alertmanager_server, GROWS)

    def around(as_of: datetime) -> Surroundings:
        with (
            closing(open_source("files", context.source)) as source,
            alertmanager_at(alertmanager_server) as alertmanager,
        ):
            return look_around(
                job,
                as_of,
                now=as_of,
                engine=context.engine,
                source=source,
                alertmanager=alertmanager,
                control_plane=None,
            )

    silenced = act_of(job, context, around(AS_OF))
    end_silence(alertmanager_server, hush)
    spoken = act_of(job, context, around(AS_OF + timedelta(hours=1)), AS_OF + timedelta(hours=1))

    assert (silenced, spoken) == (Act.HOLD, Act.OPEN)


def test_a_replay_of_the_past_does_not_hear_what_is_silenced_today(
    alertmanager_server: str, job: Job, context: RunContext
) -> None:
    hush = silence(alertmanager_server, GROWS)
    with closing(open_source("files", context.source)) as source, alertmanager_at(alertmanager_server) as alertmanager:
        around = look_around(
            job,
            AS_OF,
            now=AS_OF + 7 * NIGHT,
            engine=context.engine,
            source=source,
            alertmanager=alertmanager,
            control_plane=None,
        )
    end_silence(alertmanager_server, hush)

    assert (around.silences, around.missing) == ((), ())


def test_an_alertmanager_that_is_down_is_named_and_keeps_nothing_from_being_told(job: Job, context: RunContext) -> None:
    with closing(open_source("files", context.source)) as source, alertmanager_at("http://127.0.0.1:9") as alertmanager:
        around = look_around(
            job,
            AS_OF,
            now=AS_OF,
            engine=context.engine,
            source=source,
            alertmanager=alertmanager,
            control_plane=None,
        )

    assert [line.split(":")[0] for line in around.missing] == ["Alertmanager's alerts", "Alertmanager's silences"]
    assert act_of(job, context, around) is Act.OPEN
    with read_only(context.engine) as session:
        run = find_run(session, job=job.name, as_of=AS_OF)
    assert run is not None
    assert run.status is RunStatus.SUCCEEDED
    assert "silenced already may have been told, as this could not be looked at: Alertmanager's alerts: " in run.reason


class AtTheControlPlane:
    """A job whose incident is told to the sandbox, and what people do with it there."""

    def __init__(self, job: Job, context: RunContext, sandbox: Sandbox, client: ControlPlaneClient) -> None:
        self.job, self.context, self.sandbox, self.client = job, context, sandbox, client
        self.engine: Engine = context.engine

    def run(self, as_of: datetime) -> Act:
        around = look(self, as_of)
        act = act_of(self.job, self.context, around, as_of)
        assert Dispatcher(self.sandbox.config(), SqlOutboxStore(self.engine), self.client).drain(30) == 0
        return act

    def incident_id(self) -> str:
        with read_only(self.engine) as session:
            (incident,) = list_incidents(session).items
        assert incident.remote_id is not None
        return incident.remote_id


@pytest.fixture
def there(job: Job, context: RunContext, sandbox: Sandbox) -> Iterator[AtTheControlPlane]:
    with ControlPlaneClient(sandbox.config()) as client:
        yield AtTheControlPlane(job, context, sandbox, client)


@pytest.mark.parametrize("outcome", [Outcome.FALSE_POSITIVE, Outcome.ACCEPTED_RISK, Outcome.PREVENTED])
def test_what_a_person_says_of_an_incident_is_read_back_and_heeded(there: AtTheControlPlane, outcome: Outcome) -> None:
    first = there.run(AS_OF)
    there.client.resolve_incident(there.incident_id(), Resolution(resolution="I know.", outcome=outcome))
    second = there.run(AS_OF + timedelta(hours=1))

    assert (first, second) == (Act.OPEN, Act.IGNORE)
    with read_only(there.engine) as session:
        (incident,) = list_incidents(session).items
        (finding,) = list_findings(session).items
    assert (incident.status, incident.outcome) == (IncidentStatus.RESOLVED, outcome)
    assert (finding.state, finding.outcome, finding.incident) == (FindingState.PENDING, outcome, "")
    quiet = {Outcome.FALSE_POSITIVE: there.job.policy.false_positive_mute, Outcome.PREVENTED: timedelta(days=2)}
    if outcome in quiet:
        assert finding.quiet_until is not None
        assert incident.resolved_at is not None
        assert finding.quiet_until == incident.resolved_at + quiet[outcome]
    assert there.sandbox.effects() == ["incident.create", "incident.resolve"]


def test_a_false_positive_counts_once_against_its_watch(there: AtTheControlPlane) -> None:
    there.run(AS_OF)
    wrong = Resolution(resolution="It was a test.", outcome=Outcome.FALSE_POSITIVE)
    there.client.resolve_incident(there.incident_id(), wrong)
    for hour in (1, 2):
        there.run(AS_OF + timedelta(hours=hour))

    with read_only(there.engine) as session:
        (entry,) = list_audit(session, action=FALSE_POSITIVE).items
    assert entry.subject == "node/filesystem-space"


def test_an_acknowledgement_is_read_back(there: AtTheControlPlane) -> None:
    there.run(AS_OF)
    there.client.acknowledge_incident(there.incident_id(), Acknowledgement())
    act = there.run(AS_OF + timedelta(hours=1))

    with read_only(there.engine) as session:
        (incident,) = list_incidents(session).items
    assert act is Act.KEEP
    assert (incident.status, incident.severity) == (IncidentStatus.ACKNOWLEDGED, Severity.INFO)
    assert incident.acknowledged_at == AS_OF + timedelta(hours=1)  # when it was first seen so


def look(there: AtTheControlPlane, as_of: datetime, *, record: bool = True) -> Surroundings:
    with closing(open_source("files", there.context.source)) as source:
        return look_around(
            there.job,
            as_of,
            now=as_of,
            engine=there.engine,
            source=source,
            alertmanager=None,
            control_plane=there.client,
            record=record,
        )


def test_a_rehearsal_reads_what_others_tell_and_writes_nothing_of_ours(there: AtTheControlPlane) -> None:
    there.run(AS_OF)
    wrong = Resolution(resolution="It was a test.", outcome=Outcome.FALSE_POSITIVE)
    there.client.resolve_incident(there.incident_id(), wrong)
    body = IncidentCreate(title="Disk trouble", severity=Severity.WARNING, source="a person", labels=GROWS)
    there.client.create_incident(body, key="theirs")
    later, heard = AS_OF + timedelta(hours=1), list[Surroundings]()

    def only_look(_job: Job, as_of: datetime) -> Surroundings:
        heard.append(look(there, as_of, record=False))
        return heard[-1]

    def recording(_job: Job, as_of: datetime) -> Surroundings:
        return look(there, as_of, record=True)

    rehearse(there.job, later, replace(there.context, look_around=recording, only_look=only_look))

    assert [[one.title for one in around.others] for around in heard] == [["Disk trouble"]]
    with read_only(there.engine) as session:
        (incident,) = list_incidents(session).items
        assert (incident.status, incident.outcome) == (IncidentStatus.NEW, None)
        assert list_audit(session, action=FALSE_POSITIVE).items == ()


def test_the_settings_of_a_rehearsal_write_nothing_either(there: AtTheControlPlane) -> None:
    there.run(AS_OF)
    wrong = Resolution(resolution="It was a test.", outcome=Outcome.FALSE_POSITIVE)
    there.client.resolve_incident(there.incident_id(), wrong)
    source = there.context.source
    assert isinstance(source, FilesConfig)
    settings = Settings.model_validate(
        {"sources": {"files": source.model_dump(mode="json")}, "control_plane": {"url": there.sandbox.url}}
    )
    now = datetime.now(UTC)

    looking_around(settings, there.engine, record=False)(there.job, now)
    with read_only(there.engine) as session:
        assert list_incidents(session).items[0].outcome is None
    looking_around(settings, there.engine)(there.job, now)
    with read_only(there.engine) as session:
        assert list_incidents(session).items[0].outcome is Outcome.FALSE_POSITIVE


def test_many_open_incidents_are_read_back_in_pages_and_only_what_ended_by_itself(there: AtTheControlPlane) -> None:
    keys = [f"forewarn:many:{number:03d}" for number in range(30)]
    bodies = [IncidentCreate(title=key, severity=Severity.INFO, source="forewarn", source_key=key) for key in keys]
    remote = [there.client.create_incident(body, key=body.source_key) for body in bodies]
    with transaction(there.engine) as session:
        open_incidents(session, [known(there.job, body, at.id) for body, at in zip(bodies, remote, strict=True)])
    for incident in remote[1:3]:
        there.client.acknowledge_incident(incident.id, Acknowledgement())
    there.client.resolve_incident(remote[0].id, Resolution(resolution="gone", outcome=Outcome.CLEARED))
    before = there.sandbox.calls().get("getIncident", 0)

    look(there, AS_OF, record=True)

    assert there.sandbox.calls()["getIncident"] - before == 1
    with read_only(there.engine) as session:
        standing = [one.status for one in sorted(list_incidents(session).items, key=lambda one: one.source_key)]
    seen = [IncidentStatus.RESOLVED, *[IncidentStatus.ACKNOWLEDGED] * 2, *[IncidentStatus.NEW] * 27]
    assert standing == seen


def known(job: Job, body: IncidentCreate, remote_id: str) -> Incident:
    """The incident as we keep it."""
    return Incident(
        source_key=body.source_key,
        fingerprint=f"{remote_id:0>32}",
        episode=1,
        job=job.name,
        title=body.title,
        severity=body.severity,
        opened_at=AS_OF,
        members=("m",),
        remote_id=remote_id,
    )


def test_somebody_elses_open_incident_is_told_of_the_finding_once(there: AtTheControlPlane) -> None:
    body = IncidentCreate(title="Disk trouble", severity=Severity.WARNING, source="a person", labels=GROWS)
    theirs = there.client.create_incident(body, key="theirs")

    acts = [there.run(AS_OF + timedelta(hours=hour)) for hour in range(3)]

    assert acts == [Act.ATTACH] * 3
    assert there.sandbox.effects() == ["incident.create", "incident.comment"]
    assert there.client.get_incident(theirs.id).status.value == "new"


def test_a_control_plane_that_is_down_is_named_and_keeps_nothing_from_being_told(
    job: Job, context: RunContext, sandbox: Sandbox
) -> None:
    sandbox.faults({"kind": "status", "status": 503})
    with ControlPlaneClient(sandbox.config()) as client, closing(open_source("files", context.source)) as source:
        around = look_around(
            job, AS_OF, now=AS_OF, engine=context.engine, source=source, alertmanager=None, control_plane=client
        )

    assert [line.split(":")[0] for line in around.missing] == ["open incidents"]
    assert act_of(job, context, around) is Act.OPEN
