"""A range query over a whole grid: many slices, a few in flight, one array."""

from __future__ import annotations

import time
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from functools import partial

import msgspec

from domain.series import SeriesBatch, SourceNotes
from domain.times import Grid
from sources.errors import SourceError
from sources.http.ask import Answer
from sources.http.deadline import Deadline
from sources.http.retry import smaller_may_help
from sources.prometheus.answers import MatrixAnswer, malformed, read
from sources.prometheus.api import Api
from sources.prometheus.assembly import Assembly
from sources.prometheus.flights import Flights
from sources.prometheus.questions import query_range
from sources.prometheus.slices import Slice, SlicePlan

PROMQL_NOTE = "PromQL "  # how remarks on the query itself begin; other warnings are about data that is missing


@dataclass(slots=True)
class _Remarks:
    """What the source remarked on, each remark once, in the order of their coming."""

    warnings: dict[str, None] = field(default_factory=dict)
    infos: dict[str, None] = field(default_factory=dict)
    partial: bool = False
    requests: int = 0

    def add(self, answer: MatrixAnswer) -> None:
        self.warnings |= dict.fromkeys(answer.warnings or ())
        self.infos |= dict.fromkeys(answer.infos or ())
        missing = any(not text.startswith(PROMQL_NOTE) for text in answer.warnings or ())
        self.partial = self.partial or answer.is_partial or missing


class RangeFetch:
    """One range query under way."""

    def __init__(self, api: Api, flights: Flights, query: str, grid: Grid, plan: SlicePlan, method: str) -> None:
        """Nothing is asked yet."""
        self._api = api
        self._flights = flights
        self._query = query
        self._grid = grid
        self._plan = plan
        self._method = method
        self._assembly = Assembly(grid)
        self._remarks = _Remarks()
        self._pending: dict[Future[Answer], Slice] = {}

    def run(self, deadline: Deadline) -> SeriesBatch:
        """Ask until the grid is full. Raises `SourceError` for the first slice that can't be had."""
        begun = time.monotonic()
        try:
            self._submit(deadline)
            while self._pending:
                self._take_one(deadline)
        finally:
            deadline.give_up()
            for future in self._pending:
                future.cancel()
        labels, values = self._assembly.finish()
        return SeriesBatch(labels, self._grid, values, self._notes(time.monotonic() - begun))

    def _submit(self, deadline: Deadline) -> None:
        """Fill the places that are free."""
        while len(self._pending) < (1 if self._plan.probing else self._api.throttle.limit):
            piece = self._plan.next()
            if piece is None:
                return
            ask = query_range(self._query, piece.of(self._grid), self._method)
            send = self._api.slice_body if piece.steps > 1 else self._api.last_resort
            self._pending[self._flights.start(partial(send, ask, deadline))] = piece

    def _take_one(self, deadline: Deadline) -> None:
        """Wait for an answer, ask for the next slice, then decode while that one is under way."""
        done, _ = wait(self._pending, return_when=FIRST_COMPLETED)
        future = next(iter(done))
        piece = self._pending.pop(future)
        self._remarks.requests += 1
        try:
            answer = future.result()
        except SourceError as error:
            if not smaller_may_help(error) or not self._plan.halve(piece):
                raise
            self._submit(deadline)
            return
        if not self._plan.probing:
            self._submit(deadline)
        self._decode(piece, answer)
        self._submit(deadline)

    def _decode(self, piece: Slice, answer: Answer) -> None:
        ask = query_range(self._query, piece.of(self._grid), self._method)
        matrix = read(answer, MatrixAnswer, ask, self._api.source)
        self._remarks.add(matrix)
        if matrix.data is None or matrix.data.result_type != "matrix":
            raise malformed("it answers a range query with no matrix", answer, ask, self._api.source)
        try:
            self._assembly.add(piece, matrix.data.result)
        except (ValueError, msgspec.DecodeError) as error:
            raise malformed(f"a sample can't be understood: {error}", answer, ask, self._api.source) from error
        self._plan.learn(len(matrix.data.result))

    def _notes(self, seconds: float) -> SourceNotes:
        left_out = tuple(f"{count} {what}" for what, count in self._assembly.left_out.items() if count)
        return SourceNotes(
            warnings=tuple(self._remarks.warnings),
            infos=tuple(self._remarks.infos),
            partial=self._remarks.partial or bool(left_out),
            missing=left_out,
            requests=self._remarks.requests,
            samples=self._assembly.samples,
            seconds=seconds,
        )
