"""One question to a Prometheus API, asked until it is answered or refused for good."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from sources.errors import SourceError
from sources.http.ask import Answer, Ask
from sources.http.deadline import Deadline
from sources.http.retry import RETRIED_LATER, may_pass, smaller_may_help, with_retries
from sources.http.send import Sender
from sources.prometheus.answers import Envelope, read
from sources.prometheus.refusals import refusal
from sources.prometheus.throttle import Throttle

T = TypeVar("T", bound=Envelope)


@dataclass(frozen=True, slots=True)
class Api:
    """Sends questions, turns refusals into errors, retries what may pass. Safe to use from several threads."""

    sender: Sender
    attempts: int
    throttle: Throttle
    secrets: tuple[str, ...]  # kept out of messages

    @property
    def source(self) -> str:
        """The name of the source."""
        return self.sender.source

    def ask(self, ask: Ask, kind: type[T], deadline: Deadline) -> T:
        """The answer as `kind`. Raises `SourceError`."""
        return read(self.last_resort(ask, deadline), kind, ask, self.source)

    def last_resort(self, ask: Ask, deadline: Deadline) -> Answer:
        """The answer as it came, with status 200; whatever may pass is retried. Raises `SourceError`."""
        return self._body(ask, deadline, may_pass)

    def slice_body(self, ask: Ask, deadline: Deadline) -> Answer:
        """As `last_resort`, but what a smaller window may help is raised at once, so that it is asked for in halves."""
        return self._body(ask, deadline, lambda error: may_pass(error) and not smaller_may_help(error))

    def _body(self, ask: Ask, deadline: Deadline, retried: Callable[[SourceError], bool]) -> Answer:
        return with_retries(lambda: self._once(ask, deadline), deadline, self.attempts, retried=retried)

    def _once(self, ask: Ask, deadline: Deadline) -> Answer:
        answer = self.sender.send(ask, deadline)
        if answer.status == 200:
            self.throttle.answered()
            return answer
        if answer.status in RETRIED_LATER:
            self.throttle.complained()
        raise refusal(answer, ask, self.source, self.secrets)
