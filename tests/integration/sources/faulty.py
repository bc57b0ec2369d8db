"""A server that speaks Prometheus' API and fails as it is told, byte by byte: real ones do not fail on demand."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from urllib.parse import parse_qs

Behaviour = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """Answers range queries with the instants themselves, in the way that the script says."""

    protocol_version = "HTTP/1.1"
    server: Server

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
        self.asked = {name: values[0] for name, values in form.items()}
        script = self.server.script
        self.server.asked.append(self.asked)
        behaviour = script.pop(0) if len(script) > 1 else script[0]
        behaviour(self)

    def body(self) -> bytes:
        start, end, step = (int(self.asked[name]) for name in ("start", "end", "step"))
        values = [[moment, str(moment)] for moment in range(start, end + 1, step)]
        data = {"resultType": "matrix", "result": [{"metric": {"host": "a"}, "values": values}]}
        return json.dumps({"status": "success", "data": data}, separators=(",", ":")).encode()

    def head(self, status: int, length: int, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Tests keep quiet."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, script: list[Behaviour]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.script = script
        self.asked: list[dict[str, str]] = []
        self.ended = Event()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up in the middle is what these tests are about."""


@dataclass
class Running:
    url: str
    server: Server = field(repr=False)

    @property
    def requests(self) -> int:
        return len(self.server.asked)


@contextmanager
def faulty(*script: Behaviour, tls: ssl.SSLContext | None = None) -> Iterator[Running]:
    """A server that behaves by the script, one behaviour a request, the last one for all that come later."""
    server = Server(list(script))
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        scheme = "http" if tls is None else "https"
        yield Running(f"{scheme}://localhost:{server.server_port}", server)
    finally:
        server.ended.set()
        server.shutdown()
        server.server_close()
        thread.join()


def well(handler: Handler) -> None:
    """Answer as it should be."""
    body = handler.body()
    handler.head(200, len(body))
    handler.wfile.write(body)


def status(code: int, text: str, **headers: str) -> Behaviour:
    """Refuse, in plain text."""

    def refuse(handler: Handler) -> None:
        handler.head(code, len(text), **headers)
        handler.wfile.write(text.encode())

    return refuse


def stall(handler: Handler) -> None:
    """Take the request and say nothing."""
    handler.server.ended.wait(30)


def hang_up(handler: Handler) -> None:
    """Close the connection without an answer."""
    handler.close_connection = True


def break_off(handler: Handler) -> None:
    """Promise a whole answer and send half of it."""
    body = handler.body()
    handler.head(200, len(body))
    handler.wfile.write(body[: len(body) // 2])
    handler.close_connection = True


def drip(handler: Handler) -> None:
    """Send one byte every 20 ms."""
    body = handler.body()
    handler.head(200, len(body))
    for position in range(len(body)):
        if handler.server.ended.wait(0.02):
            return
        handler.wfile.write(body[position : position + 1])


def flood(handler: Handler) -> None:
    """Never stop sending."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.end_headers()
    while not handler.server.ended.is_set():
        handler.wfile.write(b" " * 65536)
