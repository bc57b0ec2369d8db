"""Which runs a scheduler starts, and that no run's trouble keeps the others from theirs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from domain.errors import LeaseLost
from domain.job import Job, Schedule
from jobs.errors import RunHeld
from jobs.scheduler import Scheduler
from sources.errors import SourceUnavailable
from storage.errors import DatabaseUnavailable
from tests.fixtures.builders import make_job

NIGHT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
Started = list[tuple[str, datetime]]


def nobody() -> Sequence[tuple[str, datetime]]:
    return []


def scheduler_of(
    started: Started,
    *,
    at: datetime | list[datetime] = NIGHT,
    jobs: Sequence[Job] | None = None,
    lapsed: Callable[[], Sequence[tuple[str, datetime]]] = nobody,
    fails: dict[str, Exception] | None = None,
) -> Scheduler:
    def run_one(job: Job, as_of: datetime) -> None:
        started.append((job.name, as_of))
        if fails and job.name in fails:
            raise fails[job.name]

    return Scheduler(jobs or [make_job()], run_one, lapsed, lambda: at[0] if isinstance(at, list) else at)


def test_a_job_runs_for_its_scheduled_time_and_not_for_the_moment() -> None:
    started: Started = []

    scheduler_of(started, at=NIGHT + timedelta(minutes=7)).run_due("nightly-capacity")

    assert started == [("nightly-capacity", NIGHT)]


def test_what_was_missed_for_three_days_is_one_run() -> None:
    started: Started = []
    job = make_job(schedule=Schedule("0 * * * *", misfire_grace=timedelta(days=3)))

    scheduler_of(started, at=NIGHT + timedelta(minutes=59), jobs=[job]).run_due(job.name)

    assert started == [(job.name, NIGHT)]


def test_what_was_missed_by_more_than_the_grace_is_skipped() -> None:
    started: Started = []

    scheduler_of(started, at=NIGHT + timedelta(hours=7)).run_due("nightly-capacity")

    assert started == []


def test_runs_that_were_left_behind_are_taken_over_oldest_first() -> None:
    started: Started = []
    left = [("nightly-capacity", NIGHT - timedelta(days=1)), ("nightly-capacity", NIGHT)]

    scheduler_of(started, lapsed=lambda: left).take_over()

    assert started == left


def test_a_run_that_keeps_failing_is_tried_ever_more_seldom() -> None:
    started: Started = []
    now = [NIGHT]
    fails: dict[str, Exception] = {"nightly-capacity": SourceUnavailable("away", source="metrics")}
    scheduler = scheduler_of(started, at=now, lapsed=lambda: [("nightly-capacity", NIGHT)], fails=fails)
    tried: list[float] = []
    for minute in (half / 2 for half in range(240)):
        now[0] = NIGHT + timedelta(minutes=minute)
        before = len(started)
        scheduler.take_over()
        tried += [minute] * (len(started) - before)

    assert tried == [0, 1, 3, 7, 15, 30, 45, 60, 75, 90, 105]


def test_a_run_that_was_done_and_fails_anew_is_tried_soon_again() -> None:
    started: Started = []
    now = [NIGHT]
    waiting = [("nightly-capacity", NIGHT)]
    fails: dict[str, Exception] = {"nightly-capacity": SourceUnavailable("away", source="metrics")}
    scheduler = scheduler_of(started, at=now, lapsed=lambda: waiting, fails=fails)
    scheduler.take_over()
    scheduler.take_over()
    assert len(started) == 1

    waiting.clear()
    scheduler.take_over()
    waiting.append(("nightly-capacity", NIGHT))
    scheduler.take_over()

    assert len(started) == 2


def test_one_runs_pause_delays_no_other() -> None:
    started: Started = []
    jobs = [make_job(name="a"), make_job(name="b")]
    fails: dict[str, Exception] = {"a": SourceUnavailable("away", source="metrics")}
    scheduler = scheduler_of(started, jobs=jobs, lapsed=lambda: [("a", NIGHT), ("b", NIGHT)], fails=fails)

    scheduler.take_over()
    scheduler.take_over()

    assert started == [("a", NIGHT), ("b", NIGHT), ("b", NIGHT)]


def test_runs_of_jobs_that_are_not_configured_here_are_left_to_others() -> None:
    started: Started = []

    scheduler_of(started, lapsed=lambda: [("elsewhere", NIGHT)]).take_over()

    assert started == []


@pytest.mark.parametrize(
    "error",
    [
        RunHeld("another works on it"),
        LeaseLost("another has it"),
        SourceUnavailable("it is down", source="prometheus"),
        DatabaseUnavailable("it is down"),
        ZeroDivisionError("nobody foresaw it"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_one_runs_trouble_keeps_no_other_from_being_taken_over(error: Exception) -> None:
    started: Started = []
    jobs = [make_job(name="broken"), make_job(name="fine")]
    left = [("broken", NIGHT), ("fine", NIGHT)]

    scheduler_of(started, jobs=jobs, lapsed=lambda: left, fails={"broken": error}).take_over()

    assert started == left


def test_a_database_that_is_away_leaves_taking_over_for_later() -> None:
    started: Started = []

    def away() -> Sequence[tuple[str, datetime]]:
        raise DatabaseUnavailable("it is down")

    scheduler_of(started, lapsed=away).take_over()

    assert started == []


def test_it_tells_when_each_job_is_due_next() -> None:
    scheduler = scheduler_of([], at=NIGHT)

    assert scheduler.next_times() == {"nightly-capacity": NIGHT + timedelta(days=1)}


def test_a_start_that_comes_late_is_still_one_within_the_grace() -> None:
    job = make_job(schedule=Schedule("0 2 * * *", misfire_grace=timedelta(hours=3)))

    due = scheduler_of([], jobs=[job])._scheduler.get_job("due:nightly-capacity")

    assert due.misfire_grace_time == timedelta(hours=3).total_seconds()


def test_once_a_day_it_forgets_what_is_older_than_it_is_kept() -> None:
    asked: list[datetime] = []
    scheduler = Scheduler([make_job()], lambda _job, _as_of: None, nobody, lambda: NIGHT, housekeeping=asked.append)

    daily = scheduler._scheduler.get_job("keep-house")
    daily.func(*daily.args)

    first = daily.trigger.get_next_fire_time(None, NIGHT)
    assert asked == [NIGHT]
    assert daily.trigger.get_next_fire_time(first, first) - first == timedelta(days=1)


def test_a_database_that_is_away_leaves_forgetting_for_the_next_day() -> None:
    def away(_now: datetime) -> None:
        raise DatabaseUnavailable("it is down")

    scheduler_of([]).keep_house(away)


def test_it_stops_while_a_run_asks_when_the_next_is_due() -> None:
    """A service that was told to end during a run never ended: the two waited for each other."""
    begun, stopping, told = threading.Event(), threading.Event(), threading.Event()

    def run_one(_job: Job, _as_of: datetime) -> None:
        begun.set()
        stopping.wait(10)
        time.sleep(0.2)  # until it waits for this run
        scheduler.next_times()
        told.set()

    left = [("nightly-capacity", NIGHT)]
    scheduler = Scheduler(
        [make_job()], run_one, lambda: left, lambda: NIGHT + timedelta(hours=7), look_every_seconds=0.1
    )
    scheduler.start()  # nothing is due: the run is one that was left behind
    assert begun.wait(10)
    ends = threading.Thread(target=scheduler.stop, daemon=True)
    ends.start()
    stopping.set()
    ends.join(10)

    assert told.is_set()
    assert not ends.is_alive()
