"""A run from its claim to its end, on a real Postgres and a real history."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from psycopg import ProgrammingError
from sqlalchemy import Engine

from domain.finding import FindingState
from domain.job import Job
from domain.outbox import MessageKind, MessageState
from domain.run import RunStatus
from domain.watch import Limit
from jobs.decide import Act
from jobs.errors import RunAhead, RunHeld
from jobs.pipeline import RunContext, rehearse, run_job
from jobs.plan import ShardLimits
from jobs.summary import RunSummary
from jobs.workers import Backend, Workers
from sources.config import FilesConfig
from sources.errors import SourceError
from storage.analyses import load_analyses
from storage.engine import read_only, transaction
from storage.findings import list_findings
from storage.incidents import list_incidents
from storage.outbox import claim_messages, record_delivered
from storage.outbox_admin import list_messages
from storage.reports import list_reports
from storage.runs import claim_run, find_run, list_runs
from storage.shards import list_shards
from tests.fixtures.builders import AS_OF, make_watch
from tests.integration.jobs.conftest import GIB, STEPS, write_history

pytestmark = pytest.mark.server
NIGHT = timedelta(days=1)


def told(engine: Engine) -> list[tuple[MessageKind, str]]:
    with read_only(engine) as session:
        return [(entry.kind, entry.subject) for entry in list_messages(session).items]


def found(engine: Engine) -> list[tuple[str, FindingState]]:
    with read_only(engine) as session:
        return [(finding.entity["instance"], finding.state) for finding in list_findings(session).items]


def test_a_run_finds_what_fills_and_nothing_else(job: Job, context: RunContext) -> None:
    summary = run_job(job, AS_OF, context)

    assert summary.run.status is RunStatus.SUCCEEDED
    assert [(decision.finding.entity["instance"], decision.act) for decision in summary.decisions] == [
        ("grows", Act.OPEN)
    ]
    p50 = summary.decisions[0].finding.exhaustion.p50
    assert p50 is not None
    assert timedelta(days=18) < p50 - AS_OF < timedelta(days=24)  # 40 GiB are left, 1.9 GiB go every day


def test_what_a_run_saw_decided_and_reported_is_stored(job: Job, context: RunContext) -> None:
    summary = run_job(job, AS_OF, context)

    with read_only(context.engine) as session:
        assert len(load_analyses(session, summary.run.id)) == 5
        assert [record.outcome.series for record in list_shards(session, summary.run.id)] == [5]
        assert [incident.title for incident in list_incidents(session).items] == [summary.decisions[0].finding.title]
        assert {(report.language, report.format) for report in list_reports(session).items} == {
            (language, form) for language in ("en", "zh-TW") for form in ("html", "markdown", "json")
        }
    assert found(context.engine) == [("grows", FindingState.OPEN)]
    assert [kind for kind, _ in told(context.engine)] == [MessageKind.INCIDENT_CREATE]


def test_the_same_run_again_does_nothing_and_shows_the_same(job: Job, context: RunContext) -> None:
    first = run_job(job, AS_OF, context)
    again = run_job(job, AS_OF, context)

    assert again.repeated
    assert [decision.finding for decision in again.decisions] == [decision.finding for decision in first.decisions]
    assert again.entities == first.entities
    assert len(told(context.engine)) == 1


def test_a_rehearsal_decides_and_writes_nothing(job: Job, context: RunContext, engine: Engine) -> None:
    summary = rehearse(job, AS_OF, context)

    assert [decision.act for decision in summary.decisions] == [Act.OPEN]
    with read_only(engine) as session:
        assert list_runs(session).items == ()
    assert (found(engine), told(engine)) == ([], [])


class BrokenOff(BaseException):
    """What a power cut is to a process."""


def breaks_at(stage: str, done: int) -> Callable[[str, int, int], None]:
    def progress(at_stage: str, at: int, total: int) -> None:
        if (at_stage, at) == (stage, done):
            raise BrokenOff

    return progress


@pytest.mark.parametrize(
    ("stage", "done", "left"), [("plan", 0, 3), ("analyse", 1, 3), ("analyse", 2, 2), ("conclude", 0, 0)]
)
def test_a_run_that_was_broken_off_goes_on_at_the_shards_that_are_not_done(
    job: Job, context: RunContext, stage: str, done: int, left: int
) -> None:
    small = replace(context, limits=ShardLimits(series=2))
    unbroken = [decision.finding for decision in rehearse(job, AS_OF, small).decisions]
    with pytest.raises(BrokenOff):
        run_job(job, AS_OF, replace(small, progress=breaks_at(stage, done)))
    todo: list[int] = []

    def progress(at_stage: str, at: int, total: int) -> None:
        if at_stage == "analyse" and at == 0:
            todo.append(total)

    summary = run_job(job, AS_OF, replace(small, holder="test:2", progress=progress))

    assert todo == [left]
    assert [decision.finding for decision in summary.decisions] == unbroken
    assert len(told(context.engine)) == 1


def test_a_run_that_is_broken_off_at_its_reports_is_told_once_and_has_them(job: Job, context: RunContext) -> None:
    with pytest.raises(BrokenOff):
        run_job(job, AS_OF, replace(context, progress=breaks_at("conclude", 1)))
    assert told(context.engine) == []

    summary = run_job(job, AS_OF, replace(context, holder="test:2"))

    assert not summary.repeated
    assert len(told(context.engine)) == 1
    with read_only(context.engine) as session:
        assert len(list_reports(session).items) == 6


def test_a_report_that_cannot_be_rendered_keeps_nobody_from_being_told(
    job: Job, context: RunContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("jobs.reporting.build_capacity_report", broken)

    summary = run_job(job, AS_OF, context)

    assert summary.run.status is RunStatus.SUCCEEDED
    assert len(told(context.engine)) == 1


def test_a_run_that_another_process_holds_is_left_to_it(job: Job, context: RunContext) -> None:
    with transaction(context.engine) as session:
        claim_run(session, job=job.name, as_of=AS_OF, holder="another", lease_seconds=60)

    with pytest.raises(RunHeld, match="is being worked on by another"):
        run_job(job, AS_OF, context)


def test_a_run_that_loses_a_watch_is_partial_and_says_so(job: Job, context: RunContext) -> None:
    broken = make_watch(name="broken", query="no_such_function(node_load1)")
    summary = run_job(replace(job, watches=(*job.watches, broken)), AS_OF, context)

    assert summary.run.status is RunStatus.PARTIAL
    assert summary.run.reason.startswith("1 of 2 shards are missing or cut: node/broken: ")
    assert [decision.act for decision in summary.decisions] == [Act.OPEN]


def test_a_run_of_which_nothing_could_be_had_failed_and_can_be_tried_again(job: Job, context: RunContext) -> None:
    broken = replace(job, watches=(make_watch(query="no_such_function(x)"),))
    assert run_job(broken, AS_OF, context).run.status is RunStatus.FAILED
    assert run_job(job, AS_OF, context).repeated

    summary = run_job(broken, AS_OF, context, retry=True)

    assert not summary.repeated


def test_a_source_that_is_not_there_is_said_once_and_the_run_is_put_back(
    job: Job, context: RunContext, tmp_path: Path
) -> None:
    nowhere = replace(context, source=FilesConfig(kind="files", path=tmp_path / "missing"))

    with pytest.raises(SourceError, match="missing"):
        run_job(job, AS_OF, nowhere)

    with read_only(context.engine) as session:
        run = find_run(session, job=job.name, as_of=AS_OF)
    assert run is not None
    assert (run.status, run.holder) == (RunStatus.PLANNED, None)
    assert run.reason.startswith("last try failed: ")
    assert "missing" in run.reason

    summary = run_job(job, AS_OF, context)

    assert (summary.run.status, summary.run.reason) == (RunStatus.SUCCEEDED, "")


@pytest.mark.parametrize("statement", [None, "the connection is in a transaction"])
def test_a_run_that_was_stopped_says_so_and_waits(job: Job, context: RunContext, statement: str | None) -> None:
    """Also where Ctrl-C hits a statement, which then fails in its own words."""

    def stop(stage: str, done: int, total: int) -> None:
        if statement is None:
            raise KeyboardInterrupt
        raise ProgrammingError(statement) from KeyboardInterrupt()

    with pytest.raises(KeyboardInterrupt if statement is None else ProgrammingError):
        run_job(job, AS_OF, replace(context, progress=stop))

    with read_only(context.engine) as session:
        run = find_run(session, job=job.name, as_of=AS_OF)
    assert run is not None
    assert (run.status, run.reason) == (RunStatus.PLANNED, "last try failed: it was stopped")


def test_a_replay_of_an_earlier_time_changes_no_finding_and_tells_nothing(job: Job, context: RunContext) -> None:
    now = run_job(job, AS_OF, context)
    before = found(context.engine)

    earlier = run_job(job, AS_OF - 7 * NIGHT, context)

    assert earlier.superseded_by == AS_OF
    assert found(context.engine) == before
    assert len(told(context.engine)) == 1
    p50, p50_then = (run.decisions[0].finding.exhaustion.p50 for run in (now, earlier))
    assert p50 is not None
    assert p50_then is not None
    assert abs(p50 - p50_then) < timedelta(days=4)  # it saw no more than what was there then, and says much the same


def test_when_all_data_is_gone_what_is_open_stays_open_and_every_run_says_that_it_saw_nothing(
    job: Job, context: RunContext
) -> None:
    aging = replace(job, policy=replace(job.policy, maximum_age=NIGHT))
    blind = replace(aging, watches=(make_watch(step=timedelta(hours=1), query="no_such_metric"),))
    assert run_job(aging, AS_OF - 4 * NIGHT, context).run.status is RunStatus.SUCCEEDED

    nights = [run_job(blind, AS_OF - night * NIGHT, context).run for night in (1, 0)]

    assert [run.status for run in nights] == [RunStatus.PARTIAL] * 2
    assert {run.reason.partition(":")[0] for run in nights} == {"nothing was seen, and the run for 2026-11-18T02"}
    assert found(context.engine) == [("grows", FindingState.OPEN)]


@pytest.mark.parametrize("run", [run_job, rehearse])
def test_a_time_that_is_still_to_come_is_refused_and_leaves_no_trace(
    job: Job, context: RunContext, run: Callable[[Job, datetime, RunContext], RunSummary]
) -> None:
    with pytest.raises(RunAhead, match="2027-11-22T02:00:00Z is still to come"):
        run(job, AS_OF.replace(year=2027), context)

    with read_only(context.engine) as session:
        assert not list_runs(session).items


def test_a_run_under_a_clock_that_was_a_year_ahead_silences_none_of_the_nights_that_follow(
    job: Job, context: RunContext
) -> None:
    ahead = AS_OF.replace(year=2027)
    run_job(job, ahead, replace(context, clock=lambda: ahead))

    tonight = run_job(job, AS_OF, context)

    assert tonight.superseded_by is None
    assert [decision.act for decision in tonight.decisions] == [Act.OPEN]


def test_a_run_follows_one_that_saw_something_under_a_clock_that_was_ahead(job: Job, context: RunContext) -> None:
    first = run_job(job, AS_OF, replace(context, clock=lambda: AS_OF))
    back = AS_OF - timedelta(hours=1)

    tonight = run_job(job, back, replace(context, clock=lambda: back))

    assert [[one.act for one in run.decisions] for run in (first, tonight)] == [[Act.OPEN], [Act.KEEP]]
    (finding,) = (decision.finding for decision in tonight.decisions)
    assert (finding.first_seen, finding.last_seen) == (back, back)
    assert len(told(context.engine)) == 1


def deliver_all(engine: Engine) -> None:
    """Tell everything, as a dispatcher would."""
    with transaction(engine) as session:
        for message in claim_messages(session, holder="test", limit=10, lease_seconds=60):
            record_delivered(session, message.id, holder="test", status=201, remote_id="INC-1")


@pytest.mark.parametrize(
    ("delivered", "messages"),
    [(True, [MessageKind.INCIDENT_CREATE, MessageKind.INCIDENT_RESOLVE]), (False, [MessageKind.INCIDENT_CREATE])],
    ids=["told", "never told"],
)
def test_what_is_fixed_is_resolved_after_two_clean_nights(
    job: Job, context: RunContext, delivered: bool, messages: list[MessageKind]
) -> None:
    """What nobody was told of yet is withdrawn instead: there is no incident to resolve."""
    run_job(job, AS_OF - 2 * NIGHT, context)
    if delivered:
        deliver_all(context.engine)
    healthy = replace(job, watches=(make_watch(step=timedelta(hours=1), limit=Limit(value=1e15)),))

    acts = [run_job(healthy, AS_OF - night * NIGHT, context).decisions[0].act for night in (1, 0)]

    assert acts == [Act.KEEP, Act.CLEAR]
    assert [kind for kind, _ in told(context.engine)] == messages
    assert found(context.engine) == [("grows", FindingState.CLEARED)]
    with read_only(context.engine) as session:
        waiting = list_messages(session, state=MessageState.PENDING).items
    assert [entry.kind for entry in waiting] == ([MessageKind.INCIDENT_RESOLVE] if delivered else [])


@pytest.mark.parametrize("backend", ["sequential", "threading", "loky"])
def test_every_backend_comes_to_the_same(job: Job, context: RunContext, backend: Backend) -> None:
    small = replace(context, limits=ShardLimits(series=2))
    expected = [decision.finding for decision in rehearse(job, AS_OF, small).decisions]

    summary = rehearse(job, AS_OF, replace(small, workers=Workers(backend, 2)))

    assert [decision.finding for decision in summary.decisions] == expected


def test_what_was_not_looked_at_for_nights_is_not_gone_at_the_first_look(
    job: Job, context: RunContext, tmp_path: Path
) -> None:
    """Runs that could not ask its watch saw other things meanwhile: they have not missed it."""
    other = make_watch(name="other", step=timedelta(hours=1), limit=Limit(value=1e15))
    both = replace(job, watches=(*job.watches, other))
    broken = replace(job, watches=(replace(job.watches[0], query="no_such_function(x)"), other))
    elsewhere = FilesConfig(kind="files", path=tmp_path / "without.parquet")
    write_history(elsewhere.path, {"db-0": [30 * GIB] * STEPS})
    run_job(both, AS_OF - 5 * NIGHT, context)
    run_job(broken, AS_OF - 2 * NIGHT, context)

    first, second = (
        run_job(both, AS_OF - night * NIGHT, replace(context, source=elsewhere)).decisions for night in (1, 0)
    )

    assert [decision.act for decision in first] == [Act.KEEP]
    assert [decision.act for decision in second] == [Act.CLEAR]
