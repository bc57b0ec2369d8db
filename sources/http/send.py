"""The only call of the HTTP library: one question, one answer, with bounds on its time and its size."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager
from dataclasses import dataclass
from urllib.parse import urlencode

import httpx

from sources.errors import SourceTooLarge, SourceUnavailable
from sources.http.ask import Answer, Ask
from sources.http.deadline import Deadline
from sources.http.translate import CAUGHT, translate

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends questions to one source. Safe to use from several threads."""

    client: httpx.Client
    source: str
    timeout: float  # seconds without any byte arriving
    connect_timeout: float
    max_bytes: int

    def send(self, ask: Ask, deadline: Deadline) -> Answer:
        """Ask once. Any status is an answer.

        Raises `SourceUnavailable`, `SourceRejected` or `SourceMalformed` for what went wrong on the way, and
        `SourceTooLarge` for an answer that is longer than `max_bytes`.
        """
        if deadline.over:
            raise self._late(ask, deadline)
        begun = time.monotonic()
        try:
            with self._open(ask, deadline) as response:
                body = self._read(response, ask, deadline)
        except CAUGHT as error:
            if deadline.over:
                raise self._late(ask, deadline) from error
            raise translate(error, ask, self.source) from error
        return Answer(response.status_code, dict(response.headers), body, time.monotonic() - begun)

    def _open(self, ask: Ask, deadline: Deadline) -> AbstractContextManager[httpx.Response]:
        limit = min(self.timeout, deadline.remaining)
        timeout = httpx.Timeout(limit, connect=min(self.connect_timeout, limit))
        if ask.method == "POST":
            form = urlencode(ask.params).encode()  # by hand, as a name may be there twice (match[])
            return self.client.stream("POST", ask.path, content=form, headers=FORM, timeout=timeout)
        return self.client.stream(ask.method, ask.path, params=list(ask.params), timeout=timeout)

    def _read(self, response: httpx.Response, ask: Ask, deadline: Deadline) -> bytearray:
        """The body. A source that drips is stopped by the deadline, one that floods by the bound on its size."""
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > self.max_bytes:
                raise SourceTooLarge(
                    f"its answer is longer than {self.max_bytes:,} bytes",
                    source=self.source,
                    query=ask.query,
                    window=ask.window,
                    advice="Ask for fewer series, or raise max_response_bytes",
                )
            if deadline.over:
                raise self._late(ask, deadline)
        return body

    def _late(self, ask: Ask, deadline: Deadline) -> SourceUnavailable:
        return SourceUnavailable(
            f"the time limit of {deadline.limit.total_seconds():g} s is over",
            source=self.source,
            query=ask.query,
            window=ask.window,
            advice="Raise total_timeout, ask for less, or see why it is slow",
        )
