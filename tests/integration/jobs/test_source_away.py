"""A source that is there while a run is planned, and then answers no more."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from domain.finding import FindingState
from domain.job import Job
from domain.run import Run, RunStatus, ShardStatus
from domain.watch import Limit, Watch
from jobs.pipeline import RunContext, rehearse, run_job
from jobs.workers import Backend, Workers
from sources.config import PrometheusConfig
from sources.errors import SourceUnavailable
from storage.engine import read_only
from storage.findings import list_findings
from storage.runs import find_run
from storage.shards import list_shards
from tests.fixtures.builders import AS_OF, make_watch
from tests.integration.sources.faulty import Behaviour, Handler, Running, faulty, stall, status, well

pytestmark = pytest.mark.server

NIGHT = timedelta(days=1)
DOWN = status(503, "down")
MANY = 12
WORKERS = 2
AT_MOST = 3 + 2 * WORKERS  # what is under way when the third result comes, and what was handed out, is asked to its end
NOT_ASKED = "not asked: files did not answer 3 times in a row"


def load(number: int) -> Watch:
    """One of many watches, each of one query."""
    return make_watch(
        name=f"load-{number}",
        query=f"load_{number}",
        limit=Limit(value=1e15),
        entity=("host",),
        history=timedelta(days=2),
        step=timedelta(hours=1),
    )


def history(handler: Handler) -> bool:
    """Whether more than one moment is asked for, as it is when shards are fetched."""
    return handler.path.endswith("/query_range") and handler.asked["start"] != handler.asked["end"]


def answers_only(*answered: int, otherwise: Behaviour = DOWN) -> Behaviour:
    """A server that answers what a plan asks, and the history of these watches alone."""
    found = {"resultType": "vector", "result": [{"metric": {}, "value": [1_795_000_000, "1"]}]}
    body = json.dumps({"status": "success", "data": found}).encode()

    def behave(handler: Handler) -> None:
        if not handler.path.endswith("/query_range"):
            handler.head(200, len(body))
            handler.wfile.write(body)
        elif not history(handler) or any(handler.asked["query"] == f"load_{number}" for number in answered):
            well(handler)
        else:
            otherwise(handler)

    return behave


def down_after_a_while(handler: Handler) -> None:
    """Fail late enough for a result to be seen before the next shard but one is begun."""
    handler.server.ended.wait(0.5)
    DOWN(handler)


def fetched(server: Running) -> set[str]:
    """The queries whose history was asked for."""
    return {asked["query"] for asked in server.server.asked if asked.get("start") != asked.get("end")}


def reading(context: RunContext, server: Running) -> RunContext:
    seconds = timedelta(seconds=1)
    config = PrometheusConfig(url=server.url, attempts=1, timeout=seconds, total_timeout=seconds)
    return replace(context, source=config)


@pytest.fixture
def many(job: Job) -> Job:
    """A job of many watches."""
    return replace(job, watches=tuple(load(number) for number in range(MANY)))


def stored(engine: Engine, job: Job) -> tuple[Run, list[tuple[ShardStatus, str]]]:
    with read_only(engine) as session:
        run = find_run(session, job=job.name, as_of=AS_OF)
        assert run is not None
        return run, [(shard.outcome.status, shard.outcome.reason) for shard in list_shards(session, run.id)]


def statuses(engine: Engine, job: Job) -> Sequence[ShardStatus]:
    return [status for status, _ in stored(engine, job)[1]]


def test_what_was_not_begun_is_not_asked_and_says_so(many: Job, context: RunContext) -> None:
    with faulty(answers_only(0, 1, otherwise=down_after_a_while)) as server:
        run = run_job(many, AS_OF, reading(context, server)).run

    assert fetched(server) == {f"load_{number}" for number in range(5)}
    assert run.status is RunStatus.PARTIAL
    assert run.reason.startswith(
        "10 of 12 shards are missing or cut: node/load-2: files: down (HTTP 503). query: load_2"
    )
    shards = stored(context.engine, many)[1]
    assert [told for told, _ in shards] == [ShardStatus.DONE] * 2 + [ShardStatus.FAILED] * 10
    assert [reason == NOT_ASKED for _, reason in shards] == [False] * 5 + [True] * 7


def test_one_that_refuses_at_once_is_asked_for_everything(many: Job, context: RunContext) -> None:
    """A server that restarts is back in a minute."""
    with faulty(answers_only(0, 11)) as server:
        run_job(many, AS_OF, reading(context, server))

    assert len(fetched(server)) == MANY
    assert statuses(context.engine, many).count(ShardStatus.DONE) == 2


def test_one_that_answers_now_and_then_is_asked_for_everything(many: Job, context: RunContext) -> None:
    with faulty(answers_only(2, 5, 8, 11)) as server:
        run_job(many, AS_OF, reading(context, server))

    assert len(fetched(server)) == MANY
    assert statuses(context.engine, many).count(ShardStatus.DONE) == 4


@pytest.mark.parametrize("backend", ["sequential", "threading", "loky"])
def test_a_run_that_saw_nothing_is_put_back_as_it_was_planned_and_tried_again(
    many: Job, context: RunContext, backend: Backend
) -> None:
    context = replace(context, workers=Workers(backend, WORKERS))
    with faulty(answers_only(otherwise=down_after_a_while)) as server, pytest.raises(SourceUnavailable, match="down"):
        run_job(many, AS_OF, reading(context, server))

    assert 3 <= len(fetched(server)) <= AT_MOST
    run, shards = stored(context.engine, many)
    assert (run.status, run.holder) == (RunStatus.PLANNED, None)
    assert run.reason.startswith("last try failed: files: down (HTTP 503). query: load_")
    assert shards == [(ShardStatus.PENDING, "")] * MANY

    with faulty(answers_only(*range(MANY))) as server:
        summary = run_job(many, AS_OF, reading(context, server))

    assert (summary.run.status, summary.run.reason) == (RunStatus.SUCCEEDED, "")


def test_worker_processes_take_no_shards_ahead(job: Job, context: RunContext) -> None:
    """However quickly those before were answered: what a process has taken is asked to its end."""
    job = replace(job, watches=tuple(load(number) for number in range(60)))
    context = replace(context, workers=Workers("loky", WORKERS))
    with faulty(answers_only(*range(30), otherwise=down_after_a_while)) as server:
        run_job(job, AS_OF, reading(context, server))

    assert 30 + 3 <= len(fetched(server)) <= 30 + AT_MOST


def test_one_that_hangs_costs_the_time_of_a_few_watches(many: Job, context: RunContext) -> None:
    context = replace(context, workers=Workers("threading", WORKERS))
    with faulty(answers_only(otherwise=stall)) as server, pytest.raises(SourceUnavailable, match="time limit"):
        run_job(many, AS_OF, reading(context, server))

    assert len(fetched(server)) <= AT_MOST


def test_a_rehearsal_says_that_its_source_is_away(many: Job, context: RunContext) -> None:
    with faulty(answers_only()) as server, pytest.raises(SourceUnavailable, match="down"):
        rehearse(many, AS_OF, reading(context, server))


class BrokenOff(BaseException):
    """What a power cut is to a process."""


def test_what_a_run_saw_before_it_was_broken_off_is_told_though_the_source_is_away(
    many: Job, context: RunContext
) -> None:
    def breaks(stage: str, done: int, total: int) -> None:
        if (stage, done) == ("analyse", 2):
            raise BrokenOff

    with faulty(answers_only(*range(MANY))) as server, pytest.raises(BrokenOff):
        run_job(many, AS_OF, replace(reading(context, server), progress=breaks))
    with faulty(answers_only(otherwise=down_after_a_while)) as server:
        summary = run_job(many, AS_OF, replace(reading(context, server), holder="test:2"))

    assert len(fetched(server)) == 3
    assert summary.run.status is RunStatus.PARTIAL
    assert statuses(context.engine, many) == [ShardStatus.DONE] + [ShardStatus.FAILED] * 11


def test_what_is_open_stays_open_though_its_watch_is_not_asked(job: Job, many: Job, context: RunContext) -> None:
    """However long ago it was seen: absence is not health."""
    job = replace(job, policy=replace(job.policy, gone_after=NIGHT))
    run_job(job, AS_OF - 4 * NIGHT, context)
    more = replace(job, watches=(*many.watches, *job.watches))

    with faulty(answers_only(0, otherwise=down_after_a_while)) as server:
        summary = run_job(more, AS_OF, reading(context, server))

    assert summary.shards[-1].reason == NOT_ASKED
    assert (summary.decisions, summary.incidents) == ((), ())
    with read_only(context.engine) as session:
        assert [finding.state for finding in list_findings(session).items] == [FindingState.OPEN]


def test_a_source_that_is_away_keeps_no_other_from_being_asked(job: Job, many: Job, context: RunContext) -> None:
    with faulty(answers_only()) as server, pytest.raises(SourceUnavailable, match="down"):
        run_job(replace(many, name="another"), AS_OF, reading(context, server))

    assert run_job(job, AS_OF, context).run.status is RunStatus.SUCCEEDED
