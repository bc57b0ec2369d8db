"""A run, from its claim to its end: claim, plan, fetch and analyse, record, conclude, report."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import chain
from uuid import UUID

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from domain.errors import LeaseLost
from domain.job import Job
from domain.run import Run, RunStatus, Shard, ShardOutcome, ShardStatus
from domain.times import rfc3339
from jobs.analyse import ShardResult
from jobs.automation.after import Automation
from jobs.away import patience_with, unless_all_away
from jobs.conclude import conclude
from jobs.errors import JobError, RunHeld
from jobs.holidays import Holidays
from jobs.lease import Lease
from jobs.plan import ShardLimits, cut_shards, steps_of
from jobs.present import CLOCKS_DIFFER, Clock, now, refuse_the_future
from jobs.record import Recorded, conclude_and_record, stored_situation, stored_summary, to_stored
from jobs.reporting import write_reports
from jobs.seen import require_reachable, series_seen
from jobs.summary import RunSummary, StageSeconds
from jobs.surroundings import NOTHING, LookAround, Surroundings
from jobs.telling import Telling
from jobs.workers import Workers, run_shards
from sources.config import SourceConfig
from sources.errors import SourceError
from sources.open import open_source
from storage.engine import WriteSession, read_only, transaction
from storage.errors import StorageError
from storage.runs import Claim, ClaimOutcome, claim_run, release, renew_lease
from storage.shards import fail_shard, list_shards, pending_shards, plan_shards, record_shard

log = structlog.get_logger(__name__)

LONGEST_REASON = 1000  # characters of what broke a run off
NO_RUN = UUID(int=0)  # a rehearsal is no run: it has no row


# Told of how far a run has come: the stage (plan, analyse or conclude), what is done of it, and what there is to do.
Progress = Callable[[str, int, int], None]


def silent(stage: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True, slots=True)
class RunContext:
    """What a run needs besides its job and its `as_of`. `holder` names one process at one moment."""

    engine: Engine
    source: SourceConfig
    holder: str
    telling: Telling = field(default_factory=Telling)
    workers: Workers = field(default_factory=Workers)
    limits: ShardLimits = field(default_factory=ShardLimits)
    lease_seconds: float = 60.0
    progress: Progress = silent
    look_around: LookAround | None = None  # at what others tell already; None: at nobody
    only_look: LookAround | None = None  # the same, for a rehearsal: nothing that is seen is written down
    automation: Automation = field(default_factory=Automation)
    holidays: Holidays = field(default_factory=Holidays)
    version: str = ""
    clock: Clock = now  # the present, later than which no run is for

    def writing(self) -> AbstractContextManager[WriteSession]:
        """A transaction that a process which was frozen in the middle of it loses with its lease.

        Else its lock on the run would keep out whoever takes over.
        """
        return transaction(self.engine, idle_seconds=self.lease_seconds)


@dataclass(slots=True)
class _Clock:
    """The seconds of each stage, as they are added up."""

    began: float = field(default_factory=time.perf_counter)
    stages: StageSeconds = field(default_factory=StageSeconds)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        begin = time.perf_counter()
        yield
        self.add(name, time.perf_counter() - begin)

    def add(self, name: str, seconds: float) -> None:
        self.stages = replace(self.stages, **{name: getattr(self.stages, name) + seconds})

    def total(self) -> StageSeconds:
        return replace(self.stages, total=time.perf_counter() - self.began)


def run_job(job: Job, as_of: datetime, context: RunContext, *, retry: bool = False) -> RunSummary:
    """Run a job for one time. A run that is done already is shown again; one that was broken off is resumed.

    `retry` takes up a run again that failed. Raises `RunAhead` for a time that is still to come, `RunHeld` while
    another process works on this very run, and `SourceUnavailable` when the source cannot be reached, or answered
    nothing of the run: it is put back then, for whoever comes next.
    """
    refuse_the_future(as_of, context.clock())
    with context.writing() as session:
        claim = claim_run(
            session, job=job.name, as_of=as_of, holder=context.holder, lease_seconds=context.lease_seconds, retry=retry
        )
    log.info("run_claimed", job=job.name, run_id=str(claim.run.id), as_of=rfc3339(as_of), outcome=claim.outcome.value)
    if claim.outcome is ClaimOutcome.HELD_BY_OTHER:
        raise RunHeld(
            f"{job.name} for {rfc3339(as_of)} is being worked on by {claim.run.holder}: "
            "wait for it, and look at `forewarn runs`"
        )
    if not claim.owned:
        return stored_summary(context.engine, claim.run)
    with _held(context, claim) as lease:
        return _work(job, claim.run, context, lease)


def rehearse(job: Job, as_of: datetime, context: RunContext) -> RunSummary:
    """What a run would decide and tell, from the findings that are stored; nothing is written and nothing is told.

    Raises `RunAhead` for a time that is still to come.
    """
    refuse_the_future(as_of, context.clock())
    clock = _Clock()
    run = Run(NO_RUN, job.name, as_of, RunStatus.RUNNING, created_at=as_of, dry_run=True)
    shards = _plan(job, as_of, context, clock)
    results = list(unless_all_away(_results(job, shards, run, context, clock)))
    outcomes = [_outcome(result) for result in results]
    analyses = [analysis for result in results for analysis in result.analyses]
    around = _around(job, as_of, context.only_look)
    with read_only(context.engine) as session:
        situation = stored_situation(session, job, around, as_of)
    conclusion = conclude(job, run, analyses, outcomes, situation, context.telling)
    ended = replace(run, status=conclusion.status, reason=conclusion.reason)
    samples = sum(outcome.notes.samples for outcome in outcomes)
    decided = conclusion.decided
    return RunSummary(
        ended, decided.findings, decided.incidents, tuple(outcomes), conclusion.entities, samples, clock.total()
    )


def _around(job: Job, as_of: datetime, look: LookAround | None) -> Surroundings:
    return NOTHING if look is None else look(job, as_of)


@contextmanager
def _held(context: RunContext, claim: Claim) -> Iterator[Lease]:
    """Hold the lease while the block works; put the run back when it fails, so that another may go on at once."""
    run_id = claim.run.id

    def renew() -> None:
        with context.writing() as session:
            renew_lease(session, run_id, holder=context.holder, lease_seconds=context.lease_seconds)

    with Lease(renew, context.lease_seconds) as lease:
        try:
            yield lease
        except BaseException as error:
            _put_back(context, claim, f"last try failed: {_why(error)}")
            raise


def _put_back(context: RunContext, claim: Claim, reason: str) -> None:
    try:
        with context.writing() as session:
            release(session, claim.run.id, holder=context.holder, reason=reason)
    except (StorageError, LeaseLost) as error:
        log.warning("run_not_put_back", run_id=str(claim.run.id), reason=str(error))


def _why(error: BaseException) -> str:
    """What broke a run off, for people who read the list of runs."""
    if _was_stopped(error):
        return "it was stopped"
    told = isinstance(error, JobError | SourceError | StorageError | LeaseLost)  # those are written for people
    return (str(error) if told else f"{type(error).__name__}: {error}")[:LONGEST_REASON]


def _was_stopped(error: BaseException) -> bool:
    """Whether somebody ended it: a statement that Ctrl-C hits, or its rollback, fails in its own words after that."""
    beneath = (error.__cause__, error.__context__)
    return not isinstance(error, Exception) or any(one is not None and _was_stopped(one) for one in beneath)


def _work(job: Job, run: Run, context: RunContext, lease: Lease) -> RunSummary:
    clock = _Clock()
    shards, begun = _shards(job, run, context, clock)
    results = _results(job, shards, run, context, clock)
    for result in results if begun else unless_all_away(results):
        lease.check()
        with clock.stage("record"):
            _record(run, result, context)
    lease.check()
    context.progress("conclude", 0, 2)
    begin = time.perf_counter()

    def seconds() -> StageSeconds:
        return replace(clock.total(), decide=time.perf_counter() - begin)

    def report(session: WriteSession, recorded: Recorded) -> None:
        """With the run's end: a process that is killed just after it would leave a run without its reports."""
        context.progress("conclude", 1, 2)
        with clock.stage("report"):
            _report(session, job, recorded, context)

    around = _around(job, run.as_of, context.look_around)
    recorded = conclude_and_record(
        job,
        run,
        context.engine,
        context.holder,
        context.telling,
        seconds,
        around,
        context.automation,
        report,
        not_after=context.clock() + CLOCKS_DIFFER,
    )
    context.progress("conclude", 2, 2)
    log.info("run_finished", job=job.name, run_id=str(run.id), **to_stored(recorded.summary))
    stages = clock.total()
    return replace(
        recorded.summary, seconds=replace(recorded.summary.seconds, report=stages.report, total=stages.total)
    )


def _report(session: WriteSession, job: Job, recorded: Recorded, context: RunContext) -> None:
    """The run's reports. One that cannot be rendered keeps nobody from being told."""
    try:
        write_reports(session, job, recorded, context.telling, context.version)
    except (StorageError, SQLAlchemyError):
        raise
    except Exception as error:
        log.exception("report_not_rendered", run_id=str(recorded.summary.run.id), reason=str(error))


def _shards(job: Job, run: Run, context: RunContext, clock: _Clock) -> tuple[list[Shard], bool]:
    """The shards that are still to be done: all of a new plan, or what a broken-off run left.

    And whether a shard is done already: what was seen is decided on, whether or not more is to be had.
    """
    with read_only(context.engine) as session:
        planned = list_shards(session, run.id)
        if planned:
            done = any(record.outcome.status is ShardStatus.DONE for record in planned)
            return pending_shards(session, run.id), done
    shards = _plan(job, run.as_of, context, clock)
    with context.writing() as session:
        return plan_shards(session, run.id, shards, holder=context.holder), False


def _plan(job: Job, as_of: datetime, context: RunContext, clock: _Clock) -> tuple[Shard, ...]:
    with clock.stage("plan"), closing(open_source(job.source, context.source)) as source:
        require_reachable(source, context.source.place)
        patience = patience_with(context.source)
        seen = series_seen(job.watches, source, as_of, context.limits, context.progress, patience)
        return cut_shards(job.watches, seen, context.limits)


def _results(job: Job, shards: Sequence[Shard], run: Run, context: RunContext, clock: _Clock) -> Iterator[ShardResult]:
    watches = {watch.key: watch for watch in job.watches}
    mine = [shard for shard in shards if shard.watch in watches]
    samples = sum(shard.expected_series * steps_of(watches[shard.watch]) for shard in mine)
    results = run_shards(
        mine,
        watches,
        (job.source, context.source),
        as_of=run.as_of,
        timezone=context.telling.timezone,
        tell_within=job.policy.tell_within,
        holidays=context.holidays.before(run.as_of, _longest_history(job), context.telling.timezone),
        workers=context.workers,
        samples=samples,
    )
    gone = [_without_watch(shard) for shard in shards if shard.watch not in watches]
    context.progress("analyse", 0, len(shards))
    for done, result in enumerate(chain(gone, results), start=1):
        clock.add("fetch", result.fetch_seconds)
        clock.add("analyse", result.analyse_seconds)
        context.progress("analyse", done, len(shards))
        yield result


def _longest_history(job: Job) -> timedelta:
    return max((watch.history for watch in job.watches), default=timedelta(0))


def _without_watch(shard: Shard) -> ShardResult:
    return ShardResult(shard, reason=f"the job has no watch {shard.watch} any more")


def _record(run: Run, result: ShardResult, context: RunContext) -> None:
    timings = {"fetch": round(result.fetch_seconds, 3), "analyse": round(result.analyse_seconds, 3)}
    with context.writing() as session:
        if result.reason:
            log.warning("shard_failed", watch=result.shard.watch, part=result.shard.part, reason=result.reason)
            fail_shard(
                session, run.id, result.shard.index, holder=context.holder, reason=result.reason, timings=timings
            )
        else:
            record_shard(
                session,
                run.id,
                result.shard.index,
                holder=context.holder,
                analyses=result.analyses,
                notes=result.notes,
                timings=timings,
            )


def _outcome(result: ShardResult) -> ShardOutcome:
    status = ShardStatus.FAILED if result.reason else ShardStatus.DONE
    return ShardOutcome(result.shard.watch, status, result.reason, result.notes, len(result.analyses))
