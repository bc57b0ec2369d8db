"""The total time of a request holds on real connections, whatever the other side does."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from controlplane.client import ControlPlaneClient
from controlplane.config import ControlPlaneConfig
from controlplane.errors import ErrorKind, Malformed, TimedOut, Unavailable
from controlplane.wire import Reply, exchange
from tests.integration.sources.certificates import authority_with

pytestmark = pytest.mark.server

Behaviour = Callable[[socket.socket], None]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def shielded(connection: socket.socket, tls: ssl.SSLContext | None) -> socket.socket:
    return tls.wrap_socket(connection, server_side=True) if tls else connection


@contextmanager
def serving(behaviour: Behaviour, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """A server that does as it likes with each connection."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection, suppress(OSError), shielded(connection, tls) as stream:
                    behaviour(stream)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"{'https' if tls else 'http'}://localhost:{listener.getsockname()[1]}/"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(timeout=5)


def ask(url: str, seconds: float = 0.6) -> Reply:
    with httpx.Client(timeout=5.0) as client:
        return exchange(client, client.build_request("GET", url), operation="x", total_seconds=seconds)


def drip(connection: socket.socket, text: bytes) -> None:
    connection.recv(4096)
    for number in range(len(text)):
        connection.sendall(text[number : number + 1])
        threading.Event().wait(0.05)


def silent(connection: socket.socket) -> None:
    while connection.recv(4096):
        continue


SLOW: dict[str, Behaviour] = {
    "nothing comes": silent,
    "the head drips": lambda connection: drip(connection, HEAD + b"X: " + b"y" * 1000),
    "the body drips": lambda connection: drip(connection, HEAD[:17] + b"Content-Length: 1000\r\n\r\n" + b"y" * 1000),
}


@pytest.mark.parametrize("name", sorted(SLOW))
def test_the_total_time_holds(name: str) -> None:
    with serving(SLOW[name]) as url:
        begun = time.monotonic()
        with pytest.raises(TimedOut) as caught:
            ask(url)
        took = time.monotonic() - begun

    assert 0.5 < took < 3.0
    assert caught.value.kind is ErrorKind.UNKNOWN


def answering(text: bytes) -> Behaviour:
    def answer(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(text)

    return answer


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        HEAD + b"Content-Length: 100\r\n\r\nshort",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz",
    ],
    ids=["nothing", "another protocol", "cut short", "bad chunks"],
)
def test_what_is_no_whole_answer_is_not_known(text: bytes) -> None:
    with serving(answering(text)) as url, pytest.raises(TimedOut):
        ask(url, 5.0)


def test_a_packed_bomb_is_not_unpacked_to_its_end() -> None:
    packed = gzip.compress(b"0" * 50_000_000)
    head = HEAD + b"Content-Encoding: gzip\r\nContent-Length: " + str(len(packed)).encode() + b"\r\n\r\n"

    with serving(answering(head + packed)) as url, pytest.raises(Malformed, match="longer than"):
        ask(url, 5.0)


def test_where_nobody_listens_nothing_was_sent() -> None:
    with pytest.raises(Unavailable, match="is the Control Plane up"):
        ask("http://127.0.0.1:1/")


READY = b'{"ready": true, "checks": {}}'


@pytest.fixture
def tls_server(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The URL of a Control Plane with TLS that is always ready, and the file of the authority that signed for it."""
    authority, (pair,) = authority_with(tmp_path, "localhost")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pair.certificate, pair.key)
    head = HEAD + f"Content-Length: {len(READY)}\r\n\r\n".encode()
    with serving(answering(head + READY), context) as url:
        yield url, authority


def test_a_certificate_of_our_own_authority_is_trusted(tls_server: tuple[str, Path]) -> None:
    url, authority = tls_server

    with ControlPlaneClient(ControlPlaneConfig(url=url, ca_file=authority)) as client:
        assert client.readyz().ready


def test_a_certificate_of_an_unknown_authority_is_not_trusted(tls_server: tuple[str, Path]) -> None:
    url, _ = tls_server

    with ControlPlaneClient(ControlPlaneConfig(url=url)) as client, pytest.raises(Unavailable, match="verify failed"):
        client.readyz()


def test_a_certificate_for_another_name_is_not_trusted(tls_server: tuple[str, Path]) -> None:
    url, authority = tls_server
    config = ControlPlaneConfig(url=url.replace("localhost", "127.0.0.1"), ca_file=authority)

    with ControlPlaneClient(config) as client, pytest.raises(Unavailable, match="certificate verify failed"):
        client.readyz()
