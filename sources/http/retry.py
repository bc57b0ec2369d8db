"""When a question is asked again: only what may pass by itself, after a wait, and never beyond the time limit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

import httpx
import stamina

from sources.errors import SourceError, SourceTooLarge, SourceUnavailable
from sources.http.dates import http_date
from sources.http.deadline import Deadline

LONGEST_WAIT = 30.0  # seconds between two tries, where the source does not ask for more
RETRIED_LATER = frozenset({429, 503})  # the source says that it has too much to do

T = TypeVar("T")


def with_retries(
    ask: Callable[[], T], deadline: Deadline, attempts: int, *, retried: Callable[[SourceError], bool]
) -> T:
    """What `ask` returns, asked again after each error that `retried` says may pass.

    Waits grow from 0.1 s to 30 s with jitter, or are what the source asked for (Retry-After). Gives up after so many
    attempts, or when the next wait would end after the deadline, with the last error.
    """

    def wait(error: Exception) -> bool | float:
        if not isinstance(error, SourceError) or not retried(error) or deadline.over:
            return False
        if error.retry_after is None:
            return True
        return error.retry_after if error.retry_after < deadline.remaining else False

    limit = max(deadline.remaining, 0.001)
    for attempt in stamina.retry_context(on=wait, attempts=attempts, timeout=limit, wait_max=LONGEST_WAIT):
        with attempt:
            result = ask()
    return result


def may_pass(error: SourceError) -> bool:
    """Whether the same question may be answered later: 429, 5xx and network errors."""
    return isinstance(error, SourceUnavailable)


def smaller_may_help(error: SourceError) -> bool:
    """Whether a question for a smaller window may be answered: limits of the source, and queries that take too long."""
    if isinstance(error, SourceTooLarge):
        return True
    slow = error.status == 504 or isinstance(error.__cause__, httpx.ReadTimeout)
    return isinstance(error, SourceUnavailable) and slow


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds that the source asks us to wait, from seconds or from an HTTP date; None where it does not say."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():  # other digits, such as a raised two, are no numbers
        return float(text)
    # Measured from the source's own Date, so that two clocks that differ do no harm.
    until, now = http_date(text), http_date(headers.get("date", ""))
    return None if until is None or now is None else max(0.0, (until - now).total_seconds())
