"""The scheduler: starts what is due, catches up on what was missed, and takes over what was broken off."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from controlplane.errors import ControlPlaneError
from domain.errors import LeaseLost
from domain.job import Job
from jobs.due import last_due, next_due, trigger_of
from jobs.errors import JobError, RunHeld
from jobs.pauses import Pauses
from sources.errors import SourceError
from storage.errors import StorageError

log = structlog.get_logger(__name__)

RunOne = Callable[[Job, datetime], None]  # runs a job for one time; done already or held elsewhere is not an error
Lapsed = Callable[[], Sequence[tuple[str, datetime]]]  # runs whose lease has lapsed: (job, as_of)
Clock = Callable[[], datetime]
EXPECTED = (JobError, SourceError, StorageError, ControlPlaneError)


class Scheduler:
    """Runs jobs at their times. Any number of schedulers may run side by side: each run is claimed in the database."""

    def __init__(
        self,
        jobs: Sequence[Job],
        run_one: RunOne,
        lapsed: Lapsed,
        clock: Clock,
        *,
        look_every_seconds: float = 30.0,
        housekeeping: Callable[[datetime], None] | None = None,
    ) -> None:
        """`look_every_seconds`: how often broken-off runs are looked for. `housekeeping` is called once a day."""
        self._jobs: Mapping[str, Job] = {job.name: job for job in jobs}
        self._run_one = run_one
        self._lapsed = lapsed
        self._clock = clock
        self._pauses = Pauses()
        self._scheduler = BackgroundScheduler(
            timezone=ZoneInfo("UTC"), executors={"default": ThreadPoolExecutor(max(2, len(jobs) + 1))}
        )
        for job in jobs:
            self._scheduler.add_job(
                self.run_due,
                trigger_of(job.schedule),
                args=[job.name],
                id=f"due:{job.name}",
                coalesce=True,
                max_instances=1,
                misfire_grace_time=max(1, int(job.schedule.misfire_grace.total_seconds())),
            )
            self._scheduler.add_job(
                self.run_due,
                args=[job.name],
                id=f"missed:{job.name}",
                misfire_grace_time=None,  # however slow the start
            )
        if housekeeping is not None:
            self._scheduler.add_job(
                self.keep_house,
                CronTrigger(hour=12, minute=15, timezone=ZoneInfo("UTC")),
                args=[housekeeping],
                id="keep-house",
                coalesce=True,
            )
        self._scheduler.add_job(
            self.take_over,
            IntervalTrigger(seconds=look_every_seconds, timezone=ZoneInfo("UTC")),
            id="take-over",
            coalesce=True,
            max_instances=1,
        )

    def start(self) -> None:
        """Begin: first what was missed while nobody was there, then everything at its time."""
        self._scheduler.start()

    def stop(self) -> None:
        """Start nothing more, and wait for what is running."""
        self._scheduler.shutdown(wait=True)

    def next_times(self) -> dict[str, datetime]:
        """When each job is due next, by its name.

        Told from the schedules: APScheduler keeps its list locked while it waits for runs to end.
        """
        now = self._clock()
        due = ((name, next_due(job.schedule, now)) for name, job in self._jobs.items())
        return {name: moment for name, moment in due if moment is not None}

    def run_due(self, name: str) -> None:
        """Run the newest time of a job that is due; the ones missed before it are coalesced into it."""
        job = self._jobs[name]
        now = self._clock()
        due = last_due(job.schedule, now)
        if due is None:
            log.info("nothing_due", job=name, grace_seconds=job.schedule.misfire_grace.total_seconds())
            return
        self._run(job, due)

    def take_over(self) -> None:
        """Go on with runs that another process has left behind, or that failed and were put back."""
        try:
            broken_off = self._lapsed()
        except StorageError as error:
            log.warning("lapsed_runs_unknown", reason=str(error))
            return
        self._pauses.only(broken_off)
        for name, as_of in broken_off:
            job = self._jobs.get(name)
            if job is None or self._pauses.rests((name, as_of), self._clock()):
                continue
            log.info("run_taken_over", job=name, as_of=as_of.isoformat())
            if not self._run(job, as_of):
                self._pauses.failed((name, as_of), self._clock())

    def keep_house(self, housekeeping: Callable[[datetime], None]) -> None:
        """Forget what is older than it is kept."""
        try:
            housekeeping(self._clock())
        except StorageError as error:
            log.warning("housekeeping_failed", reason=str(error))

    def _run(self, job: Job, as_of: datetime) -> bool:
        """Whether nothing is wrong with it: it ran, or is run by another."""
        try:
            self._run_one(job, as_of)
        except RunHeld as held:
            log.info("run_held_elsewhere", job=job.name, as_of=as_of.isoformat(), reason=str(held))
        except LeaseLost as lost:
            log.warning("run_lost", job=job.name, as_of=as_of.isoformat(), reason=str(lost))
        except EXPECTED as error:
            log.error("run_failed", job=job.name, as_of=as_of.isoformat(), reason=str(error))
            return False
        except Exception as error:  # whatever is wrong with one run must not keep the others from theirs
            log.exception("run_broke", job=job.name, as_of=as_of.isoformat(), reason=str(error))
            return False
        return True
