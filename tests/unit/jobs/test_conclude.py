"""How a run ends, and why it did not succeed."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from domain.run import Run, RunStatus, ShardOutcome, ShardStatus
from domain.series import SeriesStatus, SourceNotes
from jobs.conclude import conclude, status_of
from jobs.decide import Situation
from jobs.telling import Telling
from tests.fixtures.builders import AS_OF, make_analysis, make_job

SPACE = "node/filesystem-space"
YESTERDAY = AS_OF - timedelta(days=1)
STALE = make_analysis(None, status=SeriesStatus.STALE)


def done(series: int) -> ShardOutcome:
    return ShardOutcome(SPACE, ShardStatus.DONE, "", SourceNotes(), series)


def test_a_run_that_saw_its_entities_succeeded() -> None:
    assert status_of([done(1)], [make_analysis(9)], YESTERDAY) == (RunStatus.SUCCEEDED, "")


def test_a_run_that_saw_nothing_where_something_was_is_partial_and_says_so() -> None:
    status, reason = status_of([done(0)], [], YESTERDAY)

    assert status is RunStatus.PARTIAL
    assert reason == (
        "nothing was seen, and the run for 2026-11-21T02:00:00Z saw something: what is open stays open; "
        "does the source still receive data?"
    )


def test_what_could_not_be_looked_at_is_said_after_what_the_run_did_not_see() -> None:
    run = Run(UUID(int=1), "nightly", AS_OF, RunStatus.RUNNING, created_at=AS_OF)
    situation = Situation(last_saw=YESTERDAY, missing=("Alertmanager's silences: it is down",))

    found = conclude(make_job(), run, [], [done(0)], situation, Telling())

    assert found.status is RunStatus.PARTIAL
    assert found.reason.endswith(
        "does the source still receive data? What is known or silenced already may have been told, "
        "as this could not be looked at: Alertmanager's silences: it is down"
    )


def test_a_run_that_saw_only_what_has_stopped_is_partial_and_says_so() -> None:
    status, reason = status_of([done(2)], [STALE, STALE])

    assert status is RunStatus.PARTIAL
    assert reason.startswith("none of 2 entities is reported any more: what is open stays open")


def test_where_some_stopped_and_others_go_on_the_run_succeeded() -> None:
    assert status_of([done(2)], [STALE, make_analysis(None)], YESTERDAY) == (RunStatus.SUCCEEDED, "")


def test_a_job_that_never_saw_anything_misses_nothing() -> None:
    assert status_of([done(0)]) == (RunStatus.SUCCEEDED, "")
