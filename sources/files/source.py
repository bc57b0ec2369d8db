"""History in files as a source: the whole product runs on it with no server."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from domain.labels import Labels
from domain.series import SeriesBatch, SourceNotes
from domain.times import Grid, from_epoch, rfc3339, utc
from sources.base import NO_HISTORY, Check
from sources.errors import SourceMalformed, SourceRejected, SourceTooLarge, SourceUnavailable, Window
from sources.files.folder import Stamp, load, stamp
from sources.files.promql.context import Context, Dialect
from sources.files.promql.evaluate import evaluate
from sources.files.promql.functions import position
from sources.files.promql.values import QueryRefusedError, QueryTooLargeError, Scalar, Vector
from sources.files.store import Ints, SampleStore
from sources.promql import validate
from sources.syntax import parse
from sources.tablefile import TableError


class FileSource:
    """Answers PromQL over a file or a folder of OpenMetrics text, CSV or Parquet.

    The files are read at the first question, and again when they change. Which part of PromQL is understood is told
    by `sources.files.promql.evaluate`; the columns of tables by `sources.files.longform`.
    """

    def __init__(
        self,
        name: str,
        path: Path | str,
        *,
        lookback: timedelta | None = None,
        dialect: Dialect = Dialect.PROMETHEUS_3,
        widen: bool = True,
    ) -> None:
        """Nothing is read yet.

        `lookback`: for how long a sample counts when no newer one came; None: 5 minutes, or 2.5 times the
        distance of the metric's samples where that is more. `widen`: let a range such as `[5m]` span at least 2.5 such
        distances, and say so in the notes, since a shorter one holds no two samples.
        """
        self._name = name
        self._path = Path(path)
        self._lookback = lookback
        self._dialect = dialect
        self._widen = widen
        self._lock = threading.Lock()
        self._loaded: tuple[Stamp, SampleStore] | None = None

    @property
    def name(self) -> str:
        """The name that the configuration gives it."""
        return self._name

    def fetch(self, query: str, grid: Grid) -> SeriesBatch:
        """Evaluate a query at every step of a grid; see `sources.base.Source.fetch`."""
        began = time.perf_counter()
        window = (from_epoch(grid.start), from_epoch(grid.end))
        infos: dict[str, None] = {}
        vector = self._evaluate(query, (grid.times * 1_000).astype(np.int64), window, infos)
        seen = (vector.present & ~np.isnan(vector.values)).any(axis=1)
        labelled = sorted((Labels.of(vector.metrics[row]), row) for row in np.flatnonzero(seen).tolist())
        rows = np.array([row for _, row in labelled], dtype=np.intp)
        values = np.where(vector.present[rows], vector.values[rows], np.nan)
        notes = SourceNotes(
            infos=tuple(infos),
            requests=1,
            samples=int(np.count_nonzero(~np.isnan(values))),
            seconds=time.perf_counter() - began,
        )
        return SeriesBatch(tuple(labels for labels, _ in labelled), grid, values, notes)

    def count(self, query: str, at: datetime) -> int:
        """How many series a query has at a time."""
        moment = np.array([round(utc(at).timestamp() * 1_000)], dtype=np.int64)
        return int(self._evaluate(query, moment, (at, at), {}).present.any(axis=1).sum())

    def check(self, _history: timedelta = NO_HISTORY, /) -> tuple[Check, ...]:
        """Whether the files can be read, and what is in them. Never raises."""
        try:
            store = self._store()
        except (SourceMalformed, SourceUnavailable) as error:
            return (Check("reachable", ok=False, what=error.problem, advice=error.advice or "Correct the file"),)
        times = store.every.times
        if not times.size:
            return (
                Check("reachable", ok=False, what=f"{self._path} holds no sample", advice="Export history into it"),
            )
        first, last = from_epoch(float(times.min()) / 1_000), from_epoch(float(times.max()) / 1_000)
        what = (
            f"{len(store)} series, {times.size} samples every {store.interval():g} s "
            f"from {rfc3339(first)} to {rfc3339(last)}"
        )
        twice = f"; {store.repeated} samples were there twice, the later row of each counts" if store.repeated else ""
        return (Check("reachable", ok=True, what=what + twice),)

    def close(self) -> None:
        """Forget what was read."""
        with self._lock:
            self._loaded = None

    def _evaluate(self, query: str, times: Ints, window: Window, infos: dict[str, None]) -> Vector:
        refuse = self._refusal(query, window)
        problem = validate(query)
        if problem is not None:
            raise refuse(problem, "Correct the query")
        store = self._store()
        context = Context(
            store=store,
            times=times,
            start=int(times[0]) if times.size else 0,
            end=int(times[-1]) if times.size else 0,
            lookback=None if self._lookback is None else round(self._lookback / timedelta(milliseconds=1)),
            widen=self._widen,
            dialect=self._dialect,
            infos=infos,
        )
        try:
            value = evaluate(context, parse(query))
        except QueryRefusedError as error:
            place = position(query, error.token)
            where = f" (at character {place})" if place else ""
            raise refuse(f"{error.problem}{where}", error.advice) from error
        except QueryTooLargeError as error:
            raise SourceTooLarge(
                str(error),
                source=self._name,
                query=query,
                window=window,
                advice="Ask for fewer series at once, or for longer steps in a subquery",
            ) from error
        if isinstance(value, Scalar):
            return Vector([{}], value.values[None, :], np.ones((1, len(times)), dtype=bool))
        if isinstance(value, str):
            raise refuse("a text is not a number over time", "")
        return value

    def _refusal(self, query: str, window: Window) -> Callable[[str, str], SourceRejected]:
        def refuse(problem: str, advice: str) -> SourceRejected:
            return SourceRejected(problem, source=self._name, query=query, window=window, advice=advice)

        return refuse

    def _store(self) -> SampleStore:
        """What is in the files, read anew where they changed."""
        with self._lock:
            try:
                current = stamp(self._path)
                if self._loaded is None or self._loaded[0] != current:
                    self._loaded = (current, load(self._path))
            except OSError as error:
                raise SourceUnavailable(
                    f"{self._path} can't be read: {error.strerror or error}",
                    source=self._name,
                    advice="Check the path and its permissions",
                ) from error
            except TableError as error:
                raise SourceMalformed(str(error), source=self._name) from error
            return self._loaded[1]
