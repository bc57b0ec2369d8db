"""Prometheus and VictoriaMetrics as a source of history."""

from __future__ import annotations

from datetime import datetime, timedelta

import httpx

from domain.series import SeriesBatch
from domain.times import Grid, from_epoch
from sources.base import NO_HISTORY, Check
from sources.config import PrometheusConfig
from sources.errors import SourceMalformed, shortened
from sources.http.ask import Ask
from sources.http.client import open_client
from sources.http.deadline import Deadline
from sources.http.send import Sender
from sources.prometheus.answers import VectorAnswer
from sources.prometheus.api import Api
from sources.prometheus.checks import look_over
from sources.prometheus.discovery import Discovery
from sources.prometheus.flights import Flights
from sources.prometheus.questions import query_at
from sources.prometheus.ranges import RangeFetch
from sources.prometheus.slices import SlicePlan, slice_steps
from sources.prometheus.throttle import Throttle
from sources.promql import is_scalar, pin


class PrometheusSource:
    """Prometheus, VictoriaMetrics, or what speaks the same API. Safe to use from several threads."""

    def __init__(self, name: str, config: PrometheusConfig, transport: httpx.BaseTransport | None = None) -> None:
        """Nothing is asked yet. Raises `SourceRejected` when a certificate file can't be loaded."""
        self.name = name
        self.config = config
        self._client = open_client(name, config, transport)
        sender = Sender(
            self._client,
            name,
            timeout=config.timeout.total_seconds(),
            connect_timeout=config.connect_timeout.total_seconds(),
            max_bytes=config.max_response_bytes,
        )
        self._api = Api(sender, config.attempts, Throttle(config.concurrency), config.secrets())
        self._flights = Flights(config.concurrency)

    def fetch(self, query: str, grid: Grid) -> SeriesBatch:
        """A range query over the whole grid: see `Source.fetch`.

        Asked for in slices, newest first, a few at once; a slice that the source refuses as too much is halved.
        Raises `SourceTooLarge` when it refuses even a single step, and `SourceError` for the rest.
        """
        config = self.config
        size = slice_steps(grid.step, config.slice_hours, config.max_points)
        plan = SlicePlan(grid.steps, size, config.samples_per_request)
        pinned = pin(query, from_epoch(grid.start), from_epoch(grid.end))
        return RangeFetch(self._api, self._flights, pinned, grid, plan, config.method).run(
            Deadline(config.total_timeout)
        )

    def count(self, query: str, at: datetime) -> int:
        """How many series a query has at a time."""
        if is_scalar(query):
            return 1
        # On lines of their own, so that a comment at the end of the query ends there.
        ask = query_at(f"count(\n{query}\n)", at, self.config.method)
        data = self._api.ask(ask, VectorAnswer, Deadline(self.config.total_timeout)).data
        if data is None or not data.result:
            return 0
        return self._counted(data.result[0].value[1], ask)

    def _counted(self, text: str, ask: Ask) -> int:
        """A number of series. Raises `SourceMalformed` for what can't be one, such as NaN."""
        try:
            number = int(float(text))
        except (ValueError, OverflowError):
            number = -1
        if number < 0:
            raise SourceMalformed(
                f"it counts {shortened(text, 40)!r} series",
                source=self.name,
                query=ask.query,
                window=ask.window,
                advice="Is url the address of its API?",
            )
        return number

    def discover(self) -> Discovery:
        """A way to look around, within the time limit of one query."""
        return Discovery(self._api, Deadline(self.config.total_timeout), self.config.method)

    def check(self, history: timedelta = NO_HISTORY, /) -> tuple[Check, ...]:
        """Reachable, permission, version, clock, limits, retention. Never raises."""
        return look_over(self._api.sender, self.config, history)

    def close(self) -> None:
        """Give back the connections."""
        self._client.close()
