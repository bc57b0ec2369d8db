"""Whatever happens, in whatever order, what the Control Plane has stays right: the product itself on a real Postgres.

Runs, mutes and windows, people, a Control Plane that fails, dispatchers that die. `tests/properties/test_decide.py`
tells the same story of the decisions alone, without a database.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import Engine, text

from domain.finding import Analysis, FindingState, Outcome
from domain.job import Job, Policy
from domain.labels import Labels
from domain.mute import Matcher, MatchOperator, Mute, Recurrence
from domain.outbox import MessageState
from storage.engine import read_only, transaction
from storage.findings import list_findings
from storage.incidents import list_incidents
from storage.mutes import add_mute, end_mute
from storage.outbox import claim_messages
from tests.fixtures.builders import AS_OF, make_analysis, make_job
from tests.integration.jobs.nights import Nights
from tests.unit.controlplane.plane import Plane, answer, lose_answer, refuse_connection

pytestmark = [pytest.mark.server, pytest.mark.slow]

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
HOSTS = ("db-1", "db-2", "db-3")
CAP = 2
JOB: Job = make_job(Policy(open_after_runs=1, clear_after_runs=1, incidents_per_run=CAP))
NIGHTLY_AT, NIGHTLY_LASTS = 2, 3  # the recurring window: from 2 o'clock, for three hours, UTC
# How a disk looks in one run: (days until it is full, chance that it is too late); None: healthy.
LOOKS: tuple[tuple[float, float] | None, ...] = (None, (25.0, 0.1), (12.0, 0.1), (6.0, 0.4), (2.0, 0.9))
FAULTS = {"lost": lose_answer, "refused": refuse_connection, "busy": answer(429), "broken": answer(500)}
REFUSALS = ("refused", "busy")


@dataclass
class Muted:
    """A mute as the test thinks of it."""

    mute: Mute
    host: str
    ended: datetime | None = None

    def holds(self, at: datetime) -> bool:
        """Whether it holds, said in other words than the product's."""
        if at < self.mute.starts_at or at >= self.mute.expires_at or (self.ended is not None and at >= self.ended):
            return False
        return self.mute.recurrence is None or NIGHTLY_AT <= at.hour < NIGHTLY_AT + NIGHTLY_LASTS


@dataclass
class World:
    """What every story begins with: an empty database."""

    engine: Engine

    def empty(self) -> None:
        with self.engine.begin() as connection:
            names = connection.execute(
                text(
                    "SELECT string_agg(quote_ident(tablename), ', ') FROM pg_tables "
                    "WHERE schemaname = current_schema() AND tablename <> 'alembic_version'"
                )
            ).scalar_one()
            connection.execute(text(f"TRUNCATE {names} CASCADE"))


class Life(RuleBasedStateMachine):
    """Runs, restarts, people, mutes and the clock, in any order."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self.world.empty()
        self.engine = self.world.engine
        self.now = AS_OF
        self.looks: dict[str, tuple[float, float] | None] = dict.fromkeys(HOSTS)
        self.mutes: list[Muted] = []
        self.made_in_a_mute: list[str] = []
        self.plane = Plane()
        self.plane.handler = self.work
        self.nights = Nights(self.engine, JOB, self.plane)

    def teardown(self) -> None:
        """In the end all is well everywhere: whatever was opened is resolved, and nothing waits."""
        try:
            self.plane.before, self.plane.after = [], []
            self.looks = dict.fromkeys(HOSTS)
            self.now += 60 * DAY  # no mute holds any more
            for _ in range(2):
                self.now += HOUR
                self.follow_and_conclude()
                self.nights.deliver(self.now)
            assert {incident["status"] for incident in self.plane.incidents} <= {"resolved"}
            with read_only(self.engine) as session:
                assert {one.status.value for one in list_incidents(session, limit=1000).items} <= {"resolved"}
                told = [one for one in list_findings(session, limit=1000).items if one.state is FindingState.OPEN]
            assert {one.state.value for one in self.nights.messages()} <= {"delivered", "discarded"}
            assert told == []
        finally:
            self.nights.client.close()

    @rule(looks=st.tuples(*(st.sampled_from(LOOKS) for _ in HOSTS)))
    def night(self, looks: tuple[tuple[float, float] | None, ...]) -> None:
        """A run; and another a minute later that sees the same, and has nothing to tell."""
        self.looks = dict(zip(HOSTS, looks, strict=True))
        self.follow_and_conclude()
        told = len(self.nights.messages())
        self.now += MINUTE
        self.conclude()
        assert len(self.nights.messages()) == told
        self.now += MINUTE

    @rule(step=st.sampled_from([HOUR, 5 * HOUR, DAY, 16 * DAY]))
    def time_passes(self, step: timedelta) -> None:
        self.now += step

    @rule(
        hosts=st.sets(st.sampled_from(HOSTS), min_size=1),
        lasts=st.sampled_from([2 * HOUR, 3 * DAY, 30 * DAY]),
        nightly=st.booleans(),
    )
    def mute(self, hosts: set[str], lasts: timedelta, nightly: bool) -> None:
        window = Recurrence(f"0 {NIGHTLY_AT} * * *", NIGHTLY_LASTS * HOUR) if nightly else None
        for host in sorted(hosts):
            matchers = (Matcher("instance", MatchOperator.EQUAL, host),)
            mute = Mute(uuid4(), matchers, "ana", "work", self.now, self.now + lasts, window)
            with transaction(self.engine) as session:
                add_mute(session, mute)
            self.mutes.append(Muted(mute, host))

    @precondition(lambda self: any(one.ended is None for one in self.mutes))
    @rule()
    def unmute(self) -> None:
        last = next(one for one in reversed(self.mutes) if one.ended is None)
        with transaction(self.engine) as session:
            end_mute(session, last.mute, at=self.now, actor="ana")
        last.ended = self.now

    @rule(faults=st.lists(st.sampled_from([None, *FAULTS]), max_size=4), after=st.booleans())
    def tell(self, faults: list[str | None], after: bool) -> None:
        """Deliver what is due, once each, while the Control Plane fails as it is told."""
        prepared = [(lambda _request: None) if one is None else FAULTS[one] for one in faults]
        if after:  # the work is done, and the answer is lost or wrong; who refuses says so before any work
            self.plane.after = [
                lose_answer if name in REFUSALS else one for name, one in zip(faults, prepared, strict=True)
            ]
        else:
            self.plane.before = list(prepared)
        self.nights.deliver(self.now)

    @precondition(lambda self: any(one.state is MessageState.PENDING for one in self.nights.messages()))
    @rule()
    def a_dispatcher_is_killed(self) -> None:
        """It had claimed messages, and nobody will ever know what it did with them."""
        self.nights.make_due()
        with transaction(self.engine) as session:
            claim_messages(session, holder="killed", limit=2, lease_seconds=60)

    @precondition(lambda self: bool(self.in_hand()))
    @rule(data=st.data(), outcome=st.sampled_from([None, *Outcome]))
    def a_person_resolves(self, data: st.DataObject, outcome: Outcome | None) -> None:
        incident = data.draw(st.sampled_from(self.in_hand()))
        said = None if outcome is None else outcome.value
        incident.update(status="resolved", outcome=said, resolvedAt=f"{self.now:%Y-%m-%dT%H:%M:%SZ}")

    @precondition(lambda self: bool(self.in_hand()))
    @rule(data=st.data())
    def a_person_acknowledges(self, data: st.DataObject) -> None:
        data.draw(st.sampled_from(self.in_hand()))["status"] = "acknowledged"

    @invariant()
    def every_incident_was_made_once(self) -> None:
        keys = [incident["sourceKey"] for incident in self.plane.incidents]
        assert len(keys) == len(set(keys))

    @invariant()
    def nothing_was_opened_in_a_mute(self) -> None:
        assert self.made_in_a_mute == [], "all that they tell of was muted"

    @invariant()
    def what_is_open_has_one_open_incident(self) -> None:
        with read_only(self.engine) as session:
            findings = list_findings(session, limit=1000).items
            open_ = {
                one.source_key: one for one in list_incidents(session, limit=1000).items if one.resolved_at is None
            }
        assert len({one.fingerprint for one in open_.values()}) == len(open_)
        members = [name for one in open_.values() for name in one.members]
        assert len(members) == len(set(members)), "a finding is told in one incident"
        assert set(members) == {one.fingerprint for one in findings if one.incident in open_}

    def in_hand(self) -> list[dict[str, Any]]:
        return [incident for incident in self.plane.incidents if incident["status"] != "resolved"]

    def follow_and_conclude(self) -> None:
        self.nights.follow(self.now)
        self.conclude()

    def conclude(self) -> None:
        self.nights.conclude([self.seen(host) for host in HOSTS], self.now)

    def seen(self, host: str) -> Analysis:
        look, entity = self.looks[host], Labels.of(instance=host, mountpoint="/")
        if look is None:
            return make_analysis(None, lead=0.0, as_of=self.now, entity=entity, labels=entity)
        return make_analysis(look[0], lead=look[1], as_of=self.now, entity=entity, labels=entity)

    def work(self, request: httpx.Request) -> httpx.Response:
        """The Control Plane's work; what it makes is noted."""
        before = len(self.plane.incidents)
        made = self.plane.work(request)
        for incident in self.plane.incidents[before:]:
            key = incident["sourceKey"]
            held = {one.host for one in self.mutes if one.holds(self.now)}
            if self.hosts_of(key) <= held:
                self.made_in_a_mute.append(key)
        return made

    def hosts_of(self, source_key: str) -> set[str]:
        with read_only(self.engine) as session:
            members = next(
                one.members for one in list_incidents(session, limit=1000).items if one.source_key == source_key
            )
            names = {one.fingerprint: one.entity["instance"] for one in list_findings(session, limit=1000).items}
        return {names[member] for member in members}


def test_whatever_happens_incidents_are_told_once_never_in_a_mute_and_end(engine: Engine) -> None:
    class Story(Life):
        world = World(engine)

    run_state_machine_as_test(
        Story,
        settings=settings(
            max_examples=30,
            stateful_step_count=15,
            deadline=None,
            phases=[Phase.generate],  # a story is short already, and each costs a second
            suppress_health_check=list(HealthCheck),
        ),
    )
