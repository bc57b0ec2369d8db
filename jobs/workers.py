"""Workers: shards run side by side, on one machine or on many, behind one setting."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from itertools import takewhile
from typing import Literal

import structlog
from joblib import Parallel, delayed, parallel_config

from domain.run import Shard
from domain.watch import Watch
from jobs.analyse import ShardResult, run_shard
from jobs.away import InARow, not_asked, patience_with
from jobs.memory import keep_freed_memory
from sources.base import Source
from sources.config import SourceConfig
from sources.open import open_source

log = structlog.get_logger(__name__)

Backend = Literal["auto", "sequential", "threading", "loky", "dask", "ray"]
# Samples: below it, processes save less than their start and their memory cost. Threads wait for the source and analyse
# side by side all the same, as numpy lets go of the interpreter (benchmarks/run).
WORTH_A_PROCESS = 60_000_000


@dataclass(frozen=True, slots=True)
class Workers:
    """How shards are executed. `dask` and `ray` use the cluster that their own client is connected to."""

    backend: Backend = "auto"
    count: int = 2

    def chosen(self, samples: int) -> Backend:
        """The backend for a run of about so many samples."""
        if self.backend != "auto":
            return self.backend
        if self.count == 1:
            return "sequential"
        return "loky" if samples >= WORTH_A_PROCESS else "threading"


def run_shards(
    shards: Sequence[Shard],
    watches: Mapping[str, Watch],
    source: tuple[str, SourceConfig],
    *,
    as_of: datetime,
    timezone: str,
    tell_within: timedelta,
    holidays: frozenset[date],
    workers: Workers,
    samples: int,
) -> Iterator[ShardResult]:
    """The results of shards, as they come. A shard that fails gives a result with its reason, never an exception.

    A worker process that dies (out of memory, most of the time) costs nothing but time: what it and the others were at
    is done in this process, one shard after the other. A source that did not answer shard after shard is taken for
    away: what was not begun is not asked any more.
    """
    backend = workers.chosen(samples)
    work = partial(
        _run_in_worker,
        source[0],
        source[1],
        as_of=as_of,
        timezone=timezone,
        tell_within=tell_within,
        holidays=holidays,
    )
    # A run that is stopped leaves what its workers did unused, of which joblib warns.
    warnings.filterwarnings("ignore", message=r"\d+ tasks", category=UserWarning, module="joblib")
    left = {shard.index: shard for shard in shards}
    row = InARow(patience_with(source[1]))
    if backend != "sequential":
        asked = takewhile(lambda _: row.away is None, shards)
        tasks = (delayed(work)(shard=shard, watch=watches[shard.watch]) for shard in asked)
        try:
            with parallel_config(backend=backend, n_jobs=workers.count):
                # One by one: of shards that are handed out together, all are asked before the first result is seen.
                for result in Parallel(return_as="generator_unordered", pre_dispatch="n_jobs", batch_size=1)(tasks):
                    del left[result.shard.index]
                    row.add(result.away, result.fetch_seconds)
                    yield result
        except BrokenExecutor as error:
            log.warning("worker_died", reason=str(error), shards_left=len(left))
    for shard in left.values():
        if row.away is None:
            result = work(shard=shard, watch=watches[shard.watch])
            row.add(result.away, result.fetch_seconds)
        else:
            result = not_asked(shard, source[0], row.away)
        yield result


def _run_in_worker(
    name: str,
    config: SourceConfig,
    *,
    shard: Shard,
    watch: Watch,
    as_of: datetime,
    timezone: str,
    tell_within: timedelta,
    holidays: frozenset[date],
) -> ShardResult:
    keep_freed_memory()
    return run_shard(shard, watch, _source(name, config), as_of, timezone, tell_within, holidays)


_open: dict[str, tuple[SourceConfig, Source]] = {}
_opening = threading.Lock()


def _source(name: str, config: SourceConfig) -> Source:
    """The source, opened once per process: its connections serve all shards."""
    with _opening:
        kept = _open.get(name)
        if kept is not None and kept[0] == config:
            return kept[1]
        if kept is not None:
            kept[1].close()
        source = open_source(name, config)
        _open[name] = (config, source)
        return source
