"""What `forewarn config alerts` prints: Prometheus alerting rules that tell when Forewarn itself stands still.

They follow from the jobs' schedules, so that a job of working days is not missed on a Sunday. Pure: the time is given.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import StringIO

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.scalarstring import LiteralScalarString

from domain.job import Job
from domain.outbox import LATE
from jobs.due import longest_gap
from jobs.quantities import format_duration

GRACE = timedelta(hours=1)  # for the run itself, and for a night on which it takes longer
STEADY = timedelta(minutes=15)  # what is over sooner, such as a restart, is not told
SEVERITY = "warning"  # Forewarn tells of days to come: that it stands still is a matter for the morning
SEEN = "1h"  # of what was last scraped: a scrape that failed, or a restart, begins nothing anew

HEAD = """Written by `forewarn config alerts` from the jobs and their schedules.
Write it anew when one of them changes, or control_plane does. docs/metrics.md tells more."""
GONE = """No process of `forewarn serve` has been scraped for {steady}: it has ended, its API is switched off, or \
Prometheus can't reach it. Until it is there again nobody knows whether jobs run and what they find is told. Look \
whether `forewarn serve` runs and what it logs, and at the target's page in Prometheus; `forewarn doctor` on its host \
checks everything that it needs."""
LATE_JOB = """The job {job} is due at {cron} ({timezone}), at most {gap} apart, and {grace} of grace is over: it has \
been {age} since a run of it succeeded, wholly or in part. Until one does, nothing new is found, told or reported. \
`forewarn runs --job {job}` tells what became of its runs, `forewarn doctor` what is wrong; `forewarn run {job}` makes \
up for it."""
NEVER = """No run of the job {job} is known to have succeeded, though Forewarn has been there for more than \
{patience}, and the job is due at {cron} ({timezone}), at most {gap} apart. Either all its runs failed, or `forewarn \
serve` was not restarted since the job was configured. `forewarn runs --job {job}` tells what became of its runs, \
`forewarn doctor` what is wrong; `forewarn run {job}` makes one now."""
OUTBOX = """The oldest message for the Control Plane has waited for {age}; what a mute holds back does not count. What \
is found meanwhile reaches nobody. `forewarn outbox list` tells which messages wait and what came of each try, \
`forewarn doctor` whether the Control Plane answers and `forewarn serve` delivers."""
DEAD = """The Control Plane will not take them, and nobody has heard what they tell. `forewarn outbox list --state \
dead` tells why; `forewarn outbox retry` sends one again, `forewarn outbox discard` lets it go."""
RESTS = """The Control Plane refuses our credential, or its URL is wrong. Nothing is lost, but nothing is told until \
that is mended. `forewarn outbox list` tells the reason, `forewarn doctor` checks the credential and the URL; delivery \
goes on by itself, or at once with `forewarn outbox resume`."""


@dataclass(frozen=True, slots=True)
class AlertRule:
    """One alerting rule. `job`: whose it is; it becomes a label."""

    alert: str
    expr: str
    summary: str
    description: str
    lasting: timedelta = STEADY
    job: str | None = None


def alert_rules(jobs: Sequence[Job], now: datetime, *, delivers: bool) -> tuple[AlertRule, ...]:
    """The rules for these jobs. `delivers`: whether a Control Plane is told; else the outbox is never emptied."""
    of_jobs = [rule for job in jobs for rule in _of_job(job, now)]
    return (_gone(), *of_jobs, *(_of_delivery() if delivers else ()))


def to_yaml(rules: Sequence[AlertRule]) -> str:
    """One rule file."""
    file = CommentedMap(groups=[{"name": "forewarn", "rules": [_plain(rule) for rule in rules]}])
    file.yaml_set_start_comment(HEAD)
    out = StringIO()
    yaml = YAML()
    yaml.width = 120
    yaml.dump(file, out)
    return out.getvalue()


def _plain(rule: AlertRule) -> dict[str, object]:
    return {
        "alert": rule.alert,
        "expr": LiteralScalarString(rule.expr) if "\n" in rule.expr else rule.expr,
        "for": format_duration(rule.lasting),
        "labels": {"severity": SEVERITY} | ({"job": rule.job} if rule.job is not None else {}),
        "annotations": {"summary": rule.summary, "description": rule.description},
    }


def _gone() -> AlertRule:
    return AlertRule(
        "ForewarnGone",
        "absent(forewarn_outbox_waiting)",
        "Forewarn is gone: nothing answers on its /metrics",
        GONE.format(steady=format_duration(STEADY)),
    )


def _of_job(job: Job, now: datetime) -> Iterator[AlertRule]:
    """That it is late, and that it never came to its end. None where it is not due twice."""
    gap = longest_gap(job.schedule, now)
    if gap is None:
        return
    patience = gap + GRACE
    words = {
        "job": job.name,
        "cron": job.schedule.cron,
        "timezone": job.schedule.timezone,
        "gap": format_duration(gap),
        "grace": format_duration(GRACE),
        "patience": format_duration(patience),
        "age": "{{ $value | humanizeDuration }}",
    }
    ends = _last_ends(job.name)
    yield AlertRule(
        "ForewarnJobLate",
        f"time() - max(\n{ends}\n) > {patience.total_seconds():.0f}",
        f"Forewarn's job {job.name} is late: no run has succeeded for {words['age']}",
        LATE_JOB.format(**words),
        job=job.name,
    )
    yield AlertRule(
        "ForewarnJobNeverEnded",
        f"absent(\n{ends}\n)\nand on () max(last_over_time(forewarn_job_next_run_timestamp_seconds[{SEEN}]))",
        f"Forewarn's job {job.name} has never come to its end",
        NEVER.format(**words),
        lasting=patience,  # by then it was due, also where it was configured just now
        job=job.name,
    )


def _last_ends(job: str) -> str:
    """When the job's newest run ended, as each process tells it.

    A scrape has a label `job` of its own, to which ours yields as `exported_job`; with `honor_labels` ours stays.
    """
    metric = "forewarn_job_last_end_timestamp_seconds"
    return (
        f'  last_over_time({metric}{{exported_job="{job}"}}[{SEEN}])\n'
        f'  or last_over_time({metric}{{job="{job}", exported_job=""}}[{SEEN}])'
    )


def _of_delivery() -> Iterator[AlertRule]:
    yield AlertRule(
        "ForewarnOutboxLate",
        f"max(forewarn_outbox_oldest_age_seconds) > {LATE.total_seconds():.0f}\n"
        "unless max(forewarn_dispatcher_paused) > 0",  # which is told itself
        "Forewarn can't tell the Control Plane: a message has waited for {{ $value | humanizeDuration }}",
        OUTBOX.format(age="{{ $value | humanizeDuration }}"),
    )
    yield AlertRule(
        "ForewarnOutboxDead",
        "max(forewarn_outbox_dead) > 0",
        "Forewarn gave up messages for the Control Plane: {{ $value }}",
        DEAD,
    )
    yield AlertRule(
        "ForewarnDeliveryRests",
        "max(forewarn_dispatcher_paused) > 0",
        "Forewarn tells the Control Plane nothing: delivery rests",
        RESTS,
    )
