"""The only place where an httpx request is sent: bounded in time and size, and with our errors instead of httpx's."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

import httpx

from controlplane.errors import ControlPlaneError, Malformed, Misdirected, TimedOut, Unavailable

MAX_ANSWER_BYTES = 8 * 1024 * 1024
# The moment before the first byte of a request leaves: after the connection is made, before anything is written.
_LEAVING = "http11.send_request_headers.started"
_CONNECTED = (".connect_tcp.complete", ".start_tls.complete")


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

    def check_leaving() -> None:
        if not_after is not None and clock() > not_after:
            raise Unavailable(f"{operation}: not sent, the time for it was over", operation=operation)

    check_leaving()
    try:
        with _Watch(total_seconds, check_leaving) as watch:
            request.extensions = {**request.extensions, "trace": watch.see}
            response = client.send(request, stream=True)
            try:
                body = _read(response, deadline, clock, max_bytes, operation)
            finally:
                response.close()
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
        raise translate(error, operation, str(request.url.copy_with(query=None))) from error
    return Reply(response.status_code, response.headers, body)


class _Watch:
    """Shuts the connection when the total time is over: httpx's own timeouts begin anew with every byte that drips."""

    def __init__(self, seconds: float, leaving: Callable[[], None]) -> None:
        self._leaving = leaving
        self._lock = threading.Lock()
        self._connection: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._shut)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._timer.cancel()
        with self._lock:
            self._connection = None

    def see(self, event: str, info: Mapping[str, Any]) -> None:
        """Follow the request: httpcore calls this at every step of it."""
        if event.endswith(_CONNECTED):
            with self._lock:
                self._connection = info["return_value"].get_extra_info("socket")
        elif event == _LEAVING:
            self._leaving()

    def _shut(self) -> None:
        with self._lock:
            if self._connection is not None:
                with suppress(OSError):  # it is closed already
                    self._connection.shutdown(socket.SHUT_RDWR)


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
