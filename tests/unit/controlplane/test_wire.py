"""How one request is sent: every fault of httpx, slow and endless answers, and a process that was frozen."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import httpx
import pytest

from controlplane.errors import ErrorKind, Malformed, Misdirected, TimedOut, Unavailable
from controlplane.wire import exchange, translate

REQUEST = httpx.Request("GET", "http://controlplane/api/v1/incidents?sourceKey=secret")

NOT_SENT = {"ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError", "LocalProtocolError"}
WRONG_URL = {"UnsupportedProtocol", "TooManyRedirects", "InvalidURL"}
NO_ANSWER = {"ReadTimeout", "WriteTimeout", "ReadError", "WriteError", "CloseError", "RemoteProtocolError"}
ABSTRACT = {
    *("HTTPError", "RequestError", "TransportError", "TimeoutException", "NetworkError", "ProtocolError"),
    *("StreamError", "HTTPStatusError", "StreamConsumed", "StreamClosed", "ResponseNotRead", "RequestNotRead"),
    "CookieConflict",
}


def exceptions_of_httpx() -> dict[str, type[Exception]]:
    return {
        name: value for name, value in vars(httpx).items() if inspect.isclass(value) and issubclass(value, Exception)
    }


def test_every_exception_of_httpx_is_known_to_these_tests() -> None:
    assert set(exceptions_of_httpx()) == NOT_SENT | WRONG_URL | NO_ANSWER | ABSTRACT | {"DecodingError"}


@pytest.mark.parametrize("name", sorted(NOT_SENT | WRONG_URL | NO_ANSWER | {"DecodingError"}))
def test_every_fault_of_httpx_becomes_one_of_ours(name: str) -> None:
    wanted = {
        **dict.fromkeys(NOT_SENT, Unavailable),
        **dict.fromkeys(WRONG_URL, Misdirected),
        **dict.fromkeys(NO_ANSWER, TimedOut),
        "DecodingError": Malformed,
    }
    error = exceptions_of_httpx()[name]("words")

    def fail(_request: httpx.Request) -> httpx.Response:
        raise error

    with httpx.Client(transport=httpx.MockTransport(fail)) as client, pytest.raises(wanted[name]) as caught:
        exchange(client, REQUEST, operation="listIncidents", total_seconds=1)

    assert "listIncidents at http://controlplane/api/v1/incidents: " in str(caught.value)
    assert "secret" not in str(caught.value)


def test_what_is_not_known_counts_as_sent() -> None:
    assert translate(httpx.TransportError("?"), "x", "u").kind is ErrorKind.UNKNOWN


class Clock:
    """A clock that goes on by a step each time it is looked at."""

    def __init__(self, step: float) -> None:
        self.now = 0.0
        self.step = step

    def __call__(self) -> float:
        self.now += self.step
        return self.now


class Dripping(httpx.SyncByteStream):
    def __iter__(self) -> Iterator[bytes]:
        for _ in range(1000):
            yield b"x"


def test_an_answer_that_drips_is_given_up_after_the_total_time() -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, stream=Dripping()))

    with httpx.Client(transport=transport) as client, pytest.raises(TimedOut, match="took too long"):
        exchange(client, REQUEST, operation="x", total_seconds=5, clock=Clock(1.0))


def test_an_answer_that_is_too_long_is_not_read_to_its_end() -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=b"x" * 5000))

    with httpx.Client(transport=transport) as client, pytest.raises(Malformed, match="longer than 1,000 bytes"):
        exchange(client, REQUEST, operation="x", total_seconds=5, max_bytes=1000)


def test_a_process_that_was_frozen_too_long_sends_nothing() -> None:
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200)

    with httpx.Client(transport=httpx.MockTransport(answer)) as client, pytest.raises(Unavailable, match="not sent"):
        exchange(client, REQUEST, operation="x", total_seconds=5, not_after=10.0, clock=Clock(11.0))

    assert sent == []
