"""Runs and deliveries whose clock is the test's: the product on a real Postgres, and a Control Plane in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import httpx
from sqlalchemy import Engine, text

from controlplane.client import ControlPlaneClient
from controlplane.dispatcher import Dispatcher
from domain.finding import Analysis
from domain.job import Job
from domain.run import Shard
from domain.series import SourceNotes
from jobs.look_around import follow
from jobs.outbox_store import SqlOutboxStore
from jobs.record import conclude_and_record
from jobs.summary import StageSeconds
from jobs.telling import Telling
from storage.engine import read_only, transaction
from storage.outbox_admin import OutboxEntry, list_messages
from storage.outbox_pause import resume_outbox
from storage.runs import claim_run
from storage.shards import plan_shards, record_shard
from tests.unit.controlplane.plane import CONFIG

WATCH = "node/filesystem-space"


class Nights:
    """A job of one watch, night after night."""

    def __init__(self, engine: Engine, job: Job, plane: Callable[[httpx.Request], httpx.Response]) -> None:
        self.engine, self.job = engine, job
        self.client = ControlPlaneClient(CONFIG, transport=httpx.MockTransport(plane))

    def follow(self, at: datetime) -> None:
        """Read back what people did with the incidents."""
        follow(self.engine, self.client, self.job, at)

    def conclude(self, analyses: Sequence[Analysis], as_of: datetime) -> None:
        """A run that sees this, from its claim to its conclusion."""
        with transaction(self.engine) as session:
            run = claim_run(session, job=self.job.name, as_of=as_of, holder="t", lease_seconds=600).run
            plan_shards(session, run.id, [Shard(0, WATCH)], holder="t")
            record_shard(session, run.id, 0, holder="t", analyses=list(analyses), notes=SourceNotes(), timings={})
        conclude_and_record(self.job, run, self.engine, "t", Telling(), StageSeconds)

    def deliver(self, at: datetime, rounds: int = 2) -> None:
        """Whatever is due, so many times, by a dispatcher whose clock is the test's; leases of the dead have lapsed."""
        for _ in range(rounds):
            self.make_due()
            store = SqlOutboxStore(self.engine, lambda: at)
            dispatcher = Dispatcher(CONFIG, store, self.client, jitter=lambda: 0.0)
            while dispatcher.run_once() is not None:
                pass

    def make_due(self) -> None:
        """All waiting is over."""
        with self.engine.begin() as connection:
            connection.execute(
                text(
                    "UPDATE outbox SET next_attempt_at = now(), lease_until = CASE WHEN holder IS NULL THEN NULL "
                    "ELSE now() END WHERE state = 'pending'"
                )
            )

    def end_pause(self) -> None:
        """A person resumes delivery."""
        with transaction(self.engine) as session:
            resume_outbox(session, actor="ana")

    def messages(self) -> tuple[OutboxEntry, ...]:
        """The outbox."""
        with read_only(self.engine) as session:
            return list_messages(session, limit=1000).items
