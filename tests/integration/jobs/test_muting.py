"""Mutes are looked at when something is told: what they hold back goes out when they end, if it still stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text

from controlplane.client import ControlPlaneClient
from controlplane.dispatcher import Dispatcher
from controlplane.models import IncidentCreate
from domain.alert import KnownIncident
from domain.finding import Severity
from domain.incident import Incident
from domain.job import Job
from domain.labels import Labels
from domain.mute import Matcher, MatchOperator, Mute, Recurrence
from domain.outbox import MessageKind, NewMessage, message_key
from domain.watch import Limit
from jobs.outbox_store import LOOK_AGAIN, SqlOutboxStore
from jobs.pipeline import RunContext, run_job
from jobs.surroundings import Surroundings
from storage.engine import read_only, transaction
from storage.incidents import get_incident, open_incidents
from storage.mutes import add_mute, end_mute
from storage.outbox import add_messages
from storage.outbox_admin import list_messages
from tests.fixtures.builders import AS_OF, make_watch
from tests.fixtures.sandbox import Sandbox

pytestmark = pytest.mark.server
NIGHT, HOUR = timedelta(days=1), timedelta(hours=1)
LEASE = timedelta(seconds=30)
MUTED_BY_ANA = "muted by ana until 2026-11-22 04:00Z: the disk is being replaced"


def mute_of(instance: str, hours: float = 2, recurrence: Recurrence | None = None) -> Mute:
    return Mute(
        id=uuid4(),
        matchers=(Matcher("instance", MatchOperator.MATCHES, instance),),
        owner="ana",
        reason="the disk is being replaced",
        starts_at=AS_OF - HOUR,
        expires_at=AS_OF + hours * HOUR,
        recurrence=recurrence,
    )


class Teller:
    """A dispatcher whose wall clock is set by the test; what is due by the database's clock is made due at once."""

    def __init__(self, engine: Engine, sandbox: Sandbox, client: ControlPlaneClient) -> None:
        self.now = AS_OF
        self._engine, self._sandbox = engine, sandbox
        self.store = SqlOutboxStore(engine, lambda: self.now)
        self._dispatcher = Dispatcher(sandbox.config(), self.store, client)

    def tell(self, at: datetime) -> list[str]:
        """Tell what may be told at that time; every effect so far."""
        self.now = at
        self._make_due()
        while self._dispatcher.run_once() is not None:
            pass
        return self._sandbox.effects()

    def waits(self) -> list[tuple[float, str]]:
        """For how many seconds each waiting message waits, and why."""
        with self._engine.connect() as connection:
            rows = connection.execute(
                text(
                    "SELECT extract(epoch FROM next_attempt_at - now())::float, reason "
                    "FROM outbox WHERE state = 'pending' ORDER BY id"
                )
            )
            return [(row[0], row[1]) for row in rows]

    def _make_due(self) -> None:
        with self._engine.begin() as connection:
            connection.execute(text("UPDATE outbox SET next_attempt_at = now() WHERE state = 'pending'"))


@pytest.fixture
def teller(engine: Engine, sandbox: Sandbox) -> Iterator[Teller]:
    with ControlPlaneClient(sandbox.config()) as client:
        yield Teller(engine, sandbox, client)


def put(engine: Engine, mute: Mute) -> Mute:
    with transaction(engine) as session:
        add_mute(session, mute)
    return mute


def test_what_is_muted_is_not_told_and_says_who_wants_it_so(
    job: Job, context: RunContext, engine: Engine, teller: Teller
) -> None:
    put(engine, mute_of("grows"))
    run_job(job, AS_OF, context)

    assert teller.tell(AS_OF + HOUR) == []
    with read_only(engine) as session:
        (message,) = list_messages(session).items
    assert message.attempts == 0
    ((_, reason),) = teller.waits()
    assert reason == MUTED_BY_ANA


def test_when_a_mute_ends_what_still_stands_is_told(
    job: Job, context: RunContext, engine: Engine, teller: Teller
) -> None:
    put(engine, mute_of("grows"))
    run_job(job, AS_OF, context)

    assert teller.tell(AS_OF + 2 * HOUR - timedelta(seconds=1)) == []
    assert teller.tell(AS_OF + 2 * HOUR) == ["incident.create"]


def test_what_is_muted_is_looked_at_again_within_a_minute(
    job: Job, context: RunContext, engine: Engine, teller: Teller
) -> None:
    put(engine, mute_of("grows"))
    run_job(job, AS_OF, context)
    teller.tell(AS_OF)
    ((long, _),) = teller.waits()
    teller.tell(AS_OF + 2 * HOUR - timedelta(seconds=10))
    ((short, _),) = teller.waits()

    assert timedelta(seconds=45) < timedelta(seconds=long) <= LOOK_AGAIN == timedelta(minutes=1)
    assert short <= 10


def test_a_mute_that_is_ended_early_lets_go_at_once(
    job: Job, context: RunContext, engine: Engine, teller: Teller
) -> None:
    mute = put(engine, mute_of("grows"))
    run_job(job, AS_OF, context)
    assert teller.tell(AS_OF) == []

    with transaction(engine) as session:
        end_mute(session, mute, at=AS_OF + timedelta(minutes=10), actor="ben")

    assert teller.tell(AS_OF + timedelta(minutes=11)) == ["incident.create"]


def test_what_clears_while_it_is_muted_is_never_told(
    job: Job, context: RunContext, engine: Engine, teller: Teller
) -> None:
    put(engine, mute_of("grows", hours=100))
    run_job(job, AS_OF, context)
    assert teller.tell(AS_OF) == []
    policy = replace(job.policy, clear_after_runs=1)
    healthy = replace(job, policy=policy, watches=(make_watch(step=HOUR, limit=Limit(value=1e15)),))

    run_job(healthy, AS_OF + HOUR, context)

    assert teller.tell(AS_OF + 2 * HOUR) == []
    assert teller.tell(AS_OF + 200 * HOUR) == []
    assert teller.waits() == []


def test_good_news_is_told_in_a_mute(job: Job, context: RunContext, engine: Engine, teller: Teller) -> None:
    run_job(job, AS_OF, context)
    assert teller.tell(AS_OF) == ["incident.create"]
    put(engine, mute_of("grows", hours=100))
    policy = replace(job.policy, clear_after_runs=1)
    healthy = replace(job, policy=policy, watches=(make_watch(step=HOUR, limit=Limit(value=1e15)),))

    run_job(healthy, AS_OF + HOUR, context)

    assert teller.tell(AS_OF + HOUR) == ["incident.create", "incident.resolve"]


@pytest.mark.parametrize("done", [True, False], ids=["done", "not done"])
def test_what_may_have_been_told_before_a_mute_is_looked_up_in_it_and_not_sent_again(
    job: Job, context: RunContext, engine: Engine, teller: Teller, sandbox: Sandbox, done: bool
) -> None:
    run_job(job, AS_OF, context)
    sandbox.faults({"kind": "done_status" if done else "status", "operations": ["createIncident"], "status": 500})
    told = ["incident.create"] if done else []
    assert teller.tell(AS_OF) == told
    sandbox.faults()
    put(engine, mute_of("grows"))

    assert teller.tell(AS_OF + HOUR) == told
    assert [reason for _, reason in teller.waits()] == ([] if done else [MUTED_BY_ANA])
    assert teller.tell(AS_OF + 2 * HOUR) == ["incident.create"]
    assert teller.waits() == []


def test_a_maintenance_window_mutes_only_while_it_is_open(
    job: Job, context: RunContext, engine: Engine, teller: Teller
) -> None:
    put(engine, mute_of("grows", hours=1000, recurrence=Recurrence("0 10 * * *", 2 * HOUR, "Asia/Taipei")))
    run_job(job, AS_OF, context)  # 02:00 UTC, which is 10:00 in Taipei

    assert teller.tell(AS_OF) == []
    assert teller.tell(AS_OF + 2 * HOUR) == ["incident.create"]


def test_a_mute_of_something_else_keeps_nothing_back(
    job: Job, context: RunContext, engine: Engine, teller: Teller
) -> None:
    put(engine, mute_of("db-.*"))
    run_job(job, AS_OF, context)

    assert teller.tell(AS_OF) == ["incident.create"]


def test_a_hundred_muted_messages_keep_the_next_one_no_time(
    job: Job, context: RunContext, engine: Engine, teller: Teller
) -> None:
    run_job(job, AS_OF, context)
    put(engine, mute_of("grows"))
    with read_only(engine) as session:
        (told,) = list_messages(session).items
    copy_muted(engine, told.subject, 100)
    other = "forewarn:other:20261122T020000Z"
    body = {"title": "x", "severity": "info", "source": "forewarn", "sourceKey": other}
    key = message_key(MessageKind.INCIDENT_CREATE, other, "open")
    with transaction(engine) as session:
        add_messages(session, [NewMessage(MessageKind.INCIDENT_CREATE, other, key, body)])

    claimed = teller.store.claim("test:1", 1, LEASE)

    assert [message.subject for message in claimed] == [other]
    assert len(teller.waits()) == 102


def copy_muted(engine: Engine, subject: str, count: int) -> None:
    """So many more incidents with the same muted member, each with its message."""
    with transaction(engine) as session:
        first = get_incident(session, subject)
        copies = [replace(first, source_key=f"{subject}-{number}") for number in range(count)]
        open_incidents(session, copies)
        add_messages(session, [_opening(one) for one in copies])


def _opening(incident: Incident) -> NewMessage:
    kind, subject = MessageKind.INCIDENT_CREATE, incident.source_key
    body = {"title": "x", "severity": Severity.INFO.value, "source": "forewarn", "sourceKey": subject}
    return NewMessage(kind, subject, message_key(kind, subject, "open"), body)


def test_nothing_is_said_on_somebody_elses_incident_of_what_is_muted_until_the_mute_ends(
    teller: Teller, job: Job, context: RunContext, engine: Engine, sandbox: Sandbox
) -> None:
    grows = Labels.of(instance="grows", mountpoint="/var")
    body = IncidentCreate(title="Disk trouble", severity=Severity.WARNING, source="a person", labels=dict(grows))
    with ControlPlaneClient(sandbox.config()) as client:
        theirs = client.create_incident(body, key="theirs")
    around = Surroundings(others=(KnownIncident(theirs.id, theirs.title, grows),))
    looking = replace(context, look_around=lambda _job, _at: around)
    put(engine, mute_of("grows", hours=0.5))

    run_job(job, AS_OF, looking)
    assert teller.tell(AS_OF) == ["incident.create"]
    run_job(job, AS_OF + HOUR, looking)
    assert teller.tell(AS_OF + HOUR) == ["incident.create", "incident.comment"]
