"""Runs and shards: one execution of a job for one scheduled time, and its parts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from domain.series import SourceNotes


class RunStatus(StrEnum):
    """Where a run stands. running -> succeeded | partial | failed; a try that fails: -> planned, and running again.

    planned | running -> abandoned when nobody came to its end with it for days.
    """

    PLANNED = "planned"  # nobody works on it: it waits to be tried again, and its reason says why
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    PARTIAL = "partial"  # finished, but something that was asked for is missing: it says what
    FAILED = "failed"
    ABANDONED = "abandoned"

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen to the run."""
        return self not in (RunStatus.PLANNED, RunStatus.RUNNING)


class ShardStatus(StrEnum):
    """Where a shard stands. pending -> done | failed."""

    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Shard:
    """A part of a run that is fetched and analysed as one batch, and retried or resumed alone.

    `part` of `parts` (from 0): the series of the watch whose entity hashes to this part; `query` is
    the watch's query narrowed to it, so that the source is asked for this part only.
    """

    index: int
    watch: str  # Watch.key
    part: int = 0
    parts: int = 1
    query: str = ""  # the watch's query, narrowed to this part
    limit_query: str | None = None
    expected_series: int = 0


@dataclass(frozen=True, slots=True)
class Run:
    """One execution of a job for one scheduled time: a function of (job, as_of, history) and of nothing else."""

    id: UUID
    job: str
    as_of: datetime
    status: RunStatus
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    reason: str = ""  # why it failed, is partial or has to be tried again, in words
    dry_run: bool = False
    summary: dict[str, Any] = field(default_factory=dict)  # what came of it, in numbers
    holder: str | None = None  # the process that works on it just now
    lease_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class ShardOutcome:
    """What came of one shard: what a report says about coverage, beside the analyses themselves."""

    watch: str  # Watch.key
    status: ShardStatus
    reason: str = ""  # why it failed, in words
    notes: SourceNotes = field(default_factory=SourceNotes)
    series: int = 0  # that were seen
