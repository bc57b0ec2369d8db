"""The only place where an httpx request is sent: bounded in time and size, and with our errors instead of httpx's."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from controlplane.errors import ControlPlaneError, Malformed, Misdirected, TimedOut, Unavailable

MAX_ANSWER_BYTES = 8 * 1024 * 1024
# The moment before the first byte of a request leaves: after the connection is made, before anything is written.
_LEAVING = "http11.send_request_headers.started"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, read to its end."""

    status: int
    headers: httpx.Headers
    body: bytes


def boot_clock() -> float:
    """Seconds since some fixed moment. They pass while the process, or the whole machine, is frozen."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


def exchange(
    client: httpx.Client,
    request: httpx.Request,
    *,
    operation: str,
    total_seconds: float,
    not_after: float | None = None,
    clock: Callable[[], float] = boot_clock,
    max_bytes: int = MAX_ANSWER_BYTES,
) -> Reply:
    """Send one request, once, and read its answer.

    `not_after` (on `clock`): the request leaves before this moment or not at all, however long the process was
    frozen on the way. Raises errors of `controlplane.errors`: `Unavailable` when nothing was sent, `TimedOut` when the
    answer is not known.
    """
    deadline = clock() + total_seconds

    def check_leaving(event: str, _info: dict[str, Any]) -> None:
        if event == _LEAVING and not_after is not None and clock() > not_after:
            raise Unavailable(f"{operation}: not sent, the time for it was over", operation=operation)

    request.extensions = {**request.extensions, "trace": check_leaving}
    if not_after is not None and clock() > not_after:
        raise Unavailable(f"{operation}: not sent, the time for it was over", operation=operation)
    try:
        response = client.send(request, stream=True)
        try:
            body = _read(response, deadline, clock, max_bytes, operation)
        finally:
            response.close()
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
        raise translate(error, operation, str(request.url.copy_with(query=None))) from error
    return Reply(response.status_code, response.headers, body)


def _read(
    response: httpx.Response, deadline: float, clock: Callable[[], float], max_bytes: int, operation: str
) -> bytes:
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > max_bytes:
            raise Malformed(
                f"{operation}: the answer is longer than {max_bytes:,} bytes",
                operation=operation,
                status=response.status_code,
            )
        if clock() > deadline:
            raise TimedOut(f"{operation}: the answer took too long", operation=operation, status=response.status_code)
    return bytes(body)


_NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.LocalProtocolError,
)
_MISDIRECTED = (httpx.UnsupportedProtocol, httpx.TooManyRedirects, httpx.InvalidURL)


def translate(error: Exception, operation: str, url: str) -> ControlPlaneError:
    """Our error for one of httpx. What is not known to be unsent counts as sent: its answer is unknown."""
    what = f"{operation} at {url}: {type(error).__name__}: {error}"
    if isinstance(error, _NOT_SENT):
        return Unavailable(f"{what}; is the Control Plane up, and the URL right?", operation=operation)
    if isinstance(error, _MISDIRECTED):
        return Misdirected(f"{what}; check the configured URL", operation=operation)
    if isinstance(error, httpx.DecodingError):
        return Malformed(f"{what}; the answer can't be decoded", operation=operation)
    return TimedOut(f"{what}; the answer is not known", operation=operation)
