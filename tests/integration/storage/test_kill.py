"""A process that is killed in the middle leaves nothing half written, and another goes on where it stopped."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from sqlalchemy import Engine

from domain.outbox import Message
from domain.run import RunStatus
from domain.series import SourceNotes
from storage.analyses import load_analyses
from storage.engine import read_only, transaction
from storage.outbox import add_messages, claim_messages
from storage.runs import Claim, ClaimOutcome, claim_run, finish_run
from storage.shards import pending_shards, record_shard
from tests.integration.storage.builders import NIGHT, analysis, message

pytestmark = pytest.mark.server

REPOSITORY = Path(__file__).parents[3]
HEADER = """
    import sys, time
    from sqlalchemy import make_url
    from storage.engine import make_engine, transaction
    from tests.integration.storage.builders import *
    from domain.series import SourceNotes
    from storage.outbox import claim_messages
    from storage.runs import claim_run
    from storage.shards import plan_shards, record_shard
    from tests.fixtures.postgres import CONFIG
    engine = make_engine(make_url(sys.argv[1]), CONFIG)
    def stop_here():
        print("here", flush=True)
        time.sleep(600)
"""


def killed_at_the_stop(engine: Engine, script: str) -> None:
    """Run the script in a process of its own, and kill it where it says that it stops."""
    program = textwrap.dedent(HEADER) + textwrap.dedent(script)
    url = engine.url.render_as_string(hide_password=False)
    process = subprocess.Popen(
        [sys.executable, "-c", program, url], cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    said = process.stdout.readline()
    process.kill()
    _, errors = process.communicate(timeout=30)
    assert said == "here\n", errors


def taken_over(engine: Engine, holder: str) -> Claim:
    """Claim the run as soon as its lease has lapsed."""
    deadline = time.monotonic() + 30
    while True:
        with transaction(engine) as session:
            claim = claim_run(session, job="nightly", as_of=NIGHT, holder=holder, lease_seconds=60)
        if claim.owned or time.monotonic() > deadline:
            return claim
        time.sleep(0.05)


def test_a_run_goes_on_at_the_shard_whose_process_was_killed(engine: Engine) -> None:
    killed_at_the_stop(
        engine,
        """
        with transaction(engine) as session:
            run = claim_run(session, job="nightly", as_of=NIGHT, holder="killed", lease_seconds=2).run
            plan_shards(session, run.id, [Shard(0, "node/a"), Shard(1, "node/b")])
        with transaction(engine) as session:
            record_shard(session, run.id, 0, holder="killed", analyses=[analysis()], notes=SourceNotes(), timings={})
        with transaction(engine) as session:
            other = [analysis(Labels.of(instance="half"))]
            record_shard(session, run.id, 1, holder="killed", analyses=other, notes=SourceNotes(), timings={})
            stop_here()
        """,
    )

    claim = taken_over(engine, "b")

    assert claim.outcome is ClaimOutcome.TAKEN_OVER
    with read_only(engine) as session:
        assert [shard.index for shard in pending_shards(session, claim.run.id)] == [1]
        assert load_analyses(session, claim.run.id) == [analysis()]
    with transaction(engine) as session:
        assert record_shard(session, claim.run.id, 1, holder="b", analyses=[], notes=SourceNotes(), timings={})
        finish_run(session, claim.run.id, holder="b", status=RunStatus.SUCCEEDED)


def test_a_message_whose_dispatcher_was_killed_before_its_claim_was_written_was_never_tried(engine: Engine) -> None:
    with transaction(engine) as session:
        add_messages(session, [message("s")])
    killed_at_the_stop(
        engine,
        """
        with transaction(engine) as session:
            claim_messages(session, holder="killed", limit=1, lease_seconds=60)
            stop_here()
        """,
    )

    deadline = time.monotonic() + 30
    claimed: list[Message] = []
    while not claimed and time.monotonic() < deadline:
        with transaction(engine) as session:
            claimed = claim_messages(session, holder="b", limit=1, lease_seconds=60)

    assert [(one.attempts, one.unknown) for one in claimed] == [(0, False)]
