"""Does what should happen happen: are runs made when they are due, and are messages delivered?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from domain.job import Job
from domain.outbox import LATE
from domain.run import Run, RunStatus
from domain.times import rfc3339
from forewarn.checks.words import counted
from forewarn.settings import Settings
from jobs.due import last_due
from jobs.quantities import format_duration
from sources.base import Check
from storage.engine import ReadSession, open_engine, read_only
from storage.errors import StorageError
from storage.outbox import depth
from storage.outbox_pause import outbox_resting
from storage.runs import lapsed_runs, latest_run, list_runs
from storage.schema import SchemaState, status

RUNNING = timedelta(hours=1)  # so long after its time a run may still be under way
NOT_DONE = (RunStatus.FAILED, RunStatus.ABANDONED, RunStatus.PLANNED)


def check_activity(settings: Settings, now: datetime) -> Iterator[Check]:
    """The last run of each job, and what waits in the outbox; nothing while the database has no tables yet."""
    try:
        engine = open_engine(settings.database)
        try:
            if status(engine).state is not SchemaState.CURRENT:
                return
            with read_only(engine) as session:
                checks = [_last_run(session, job, now) for job in settings.build_jobs()]
                checks += list(_outbox(session))
        finally:
            engine.dispose()
    except StorageError as error:
        yield Check("history", False, str(error), "Mend the database first")
        return
    yield from checks


def _last_run(session: ReadSession, job: Job, now: datetime) -> Check:
    newest = latest_run(session, job=job.name)
    last = next(iter(list_runs(session, job=job.name, limit=1).items), None)
    if last is not None and (newest is None or newest.as_of < last.as_of):
        left = last.status is RunStatus.RUNNING and last.id in {run.id for run in lapsed_runs(session, job=job.name)}
        if left or last.status in NOT_DONE:
            return _not_done(job, last, newest)
    if newest is None:
        advice = f"`forewarn run {job.name}` makes one now, `forewarn serve` makes them on time"
        return Check(job.name, True, "has not run yet", advice, required=False)
    what = f"ran for {rfc3339(newest.as_of)}, {newest.status.value}"
    due = last_due(job.schedule, now)
    if due is not None and newest.as_of < due and now - due > RUNNING:
        advice = "Check that `forewarn serve` runs, and what it logs"
        return Check(job.name, False, f"was due at {rfc3339(due)} and did not run; {what}", advice, required=False)
    return Check(job.name, True, what, newest.reason, required=False)


def _not_done(job: Job, last: Run, newest: Run | None) -> Check:
    """The newest run came to nothing: nobody knows how things stand, whatever an older run said."""
    command = f"forewarn run {job.name} --as-of {rfc3339(last.as_of)}"
    if last.status is RunStatus.PLANNED:
        what = f"its run for {rfc3339(last.as_of)} waits to be tried again; {last.reason}"
        advice = f"Mend that; `forewarn serve` tries it again by itself, `{command}` at once"
    elif last.status is RunStatus.RUNNING:
        what = f"its run for {rfc3339(last.as_of)} was broken off: its process is gone"
        advice = f"`forewarn serve` goes on with it by itself, `{command}` at once"
    else:
        ended = "" if last.finished_at is None else f" at {rfc3339(last.finished_at)}"
        what = f"its run for {rfc3339(last.as_of)} {last.status.value}{ended}: {last.reason or 'no reason was given'}"
        advice = f"Mend that, then `{command} --retry`"
    before = "no run has succeeded yet" if newest is None else f"the last to succeed was for {rfc3339(newest.as_of)}"
    return Check(job.name, False, f"{what.rstrip('.')} ({before})", advice)


def _outbox(session: ReadSession) -> Iterator[Check]:
    resting = outbox_resting(session)
    if resting is not None:
        advice = "Mend what is wrong; delivery goes on by itself, or at once with `forewarn outbox resume`"
        what = f"rests since {rfc3339(resting.since)}: {resting.reason or 'paused'}"
        yield Check("delivery", False, what, advice, required=False)
    waiting = depth(session)
    age = timedelta(seconds=waiting.oldest_age_seconds)
    what = f"waiting: {counted(waiting.pending, 'message')}" + (
        f", the oldest for {format_duration(age)}" if age else ""
    )
    late = age > LATE
    advice = "Check that `forewarn serve` runs and that the Control Plane answers" if late else ""
    yield Check("outbox", not late, what, advice, required=False)
    if waiting.dead:
        advice = "`forewarn outbox list --state dead` tells why; retry or discard them"
        yield Check("undelivered", False, f"given up: {counted(waiting.dead, 'message')}", advice, required=False)
