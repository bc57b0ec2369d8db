"""What can go wrong with a source, and what to do about it.

SourceError
├── SourceUnavailable    can't be reached, or can't answer now: retried, and worth another try later
├── SourceRejected       refuses our query or our credentials: the same request will fail again
├── SourceMalformed      answers something that can't be understood
└── SourceTooLarge       refuses to give so much at once, even for the smallest window: ask for fewer series
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from domain.times import rfc3339

LONGEST_QUERY = 300
Window = tuple[datetime, datetime]


class SourceError(Exception):
    """A source did not give what was asked for. Its text is one helpful message that never holds a secret."""

    def __init__(
        self,
        problem: str,
        *,
        source: str,
        query: str = "",
        window: Window | None = None,
        status: int | None = None,
        advice: str = "",
        retry_after: float | None = None,
    ) -> None:
        """Keep the facts; `retry_after` is what the server asked us to wait, in seconds."""
        super().__init__(problem)
        self.problem = problem
        self.source = source
        self.query = query
        self.window = window
        self.status = status
        self.advice = advice
        self.retry_after = retry_after

    def __str__(self) -> str:
        status = f" (HTTP {self.status})" if self.status is not None else ""
        parts = [f"{self.source}: {self.problem.rstrip('.')}{status}"]
        if self.query:
            parts.append(f"query: {shortened(self.query)}")
        if self.window is not None:
            parts.append(f"window: {rfc3339(self.window[0])} to {rfc3339(self.window[1])}")
        if self.advice:
            parts.append(self.advice)
        return ". ".join(parts)

    def __reduce__(self) -> tuple[Any, ...]:
        """Errors travel between worker processes with all their facts."""
        return _rebuilt, (type(self), self.problem, self.facts())

    def facts(self) -> dict[str, Any]:
        """Everything but the problem, by name, as the constructor takes it."""
        names = ("source", "query", "window", "status", "advice", "retry_after")
        return {name: getattr(self, name) for name in names}


class SourceUnavailable(SourceError):
    """The source can't be reached, or can't answer now: retried, and worth another try later."""


class SourceRejected(SourceError):
    """The source refuses our query or our credentials: the same request will fail again."""


class SourceMalformed(SourceError):
    """The source answers something that can't be understood."""


class SourceTooLarge(SourceError):
    """The source refuses to give so much at once, even for the smallest window: ask for fewer series."""


def shortened(text: str, longest: int = LONGEST_QUERY) -> str:
    """The text on one line, cut where it is too long to be read."""
    line = " ".join(text.split())
    return line if len(line) <= longest else f"{line[:longest]}..."


def _rebuilt(kind: type[SourceError], problem: str, facts: dict[str, Any]) -> SourceError:
    return kind(problem, **facts)
