"""The sandbox below HTTP: connections that can be cut, answers that come late, twice or in half."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from sandbox.faults import FaultKind, FaultRule
from sandbox.problems import error_body

_open: dict[tuple[str, int], asyncio.Transport] = {}

_NOT_DONE = (FaultKind.STATUS, FaultKind.STALL, FaultKind.CUT)


class CuttableProtocol(H11Protocol):
    """uvicorn's own protocol, whose connections can be found by the client's address."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember the connection."""
        if not isinstance(transport, asyncio.Transport):
            raise TypeError("the sandbox listens on TCP alone")
        super().connection_made(transport)
        if self.client:
            _open[self.client] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        if self.client:
            _open.pop(self.client, None)
        super().connection_lost(exc)


@dataclass(slots=True)
class Answer:
    """An answer that is kept back until it is decided how it goes out."""

    status: int = 500
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytearray = field(default_factory=bytearray)

    async def keep(self, message: Message) -> None:
        """Take a part of the answer, as an ASGI `send`."""
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], list(message["headers"])
        else:
            self.body += message.get("body", b"")

    def raw(self) -> bytes:
        """The answer as bytes of HTTP/1.1."""
        lines = [f"HTTP/1.1 {self.status} Answer".encode(), *(name + b": " + value for name, value in self.headers)]
        return b"\r\n".join(lines) + b"\r\n\r\n" + bytes(self.body)


async def answer_badly(rule: FaultRule, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Handle a request as the rule says."""
    body = await _whole_body(receive)
    if rule.kind is FaultKind.LATE_WORK:
        await asyncio.sleep(rule.seconds)
    answer = Answer()
    if rule.kind not in _NOT_DONE:
        await app(scope, _once(body), answer.keep)
    if rule.kind in {FaultKind.STALL, FaultKind.LATE_ANSWER}:
        await asyncio.sleep(rule.seconds)
    if rule.kind in {FaultKind.STALL, FaultKind.CUT, FaultKind.DROP}:
        await _cut(scope, receive)
    elif rule.kind is FaultKind.HALF:
        await _cut(scope, receive, answer.raw()[: -max(1, len(answer.body) // 2)])
    else:
        answer = replaced(answer, rule, scope["state"]["request_id"])
        await _send(answer, send)
        if rule.kind is FaultKind.TWICE:
            _write(scope, answer.raw())


def replaced(answer: Answer, rule: FaultRule, request_id: str) -> Answer:
    """The answer, or the rule's own in its place."""
    if rule.kind is FaultKind.GARBAGE:
        return _answer(200, b"text/html", b"<html><body>It works!</body></html>")
    if rule.kind not in {FaultKind.STATUS, FaultKind.DONE_STATUS}:
        return answer
    body = error_body(rule.status, "the sandbox was told to fail", request_id)
    told = _answer(rule.status, b"application/json", json.dumps(body).encode())
    if rule.retry_after is not None:
        told.headers.append((b"retry-after", str(rule.retry_after).encode()))
    return told


def _answer(status: int, kind: bytes, body: bytes) -> Answer:
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
    return Answer(status, headers, bytearray(body))


async def _whole_body(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return bytes(body)
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return bytes(body)


def _once(body: bytes) -> Receive:
    parts: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return parts.pop() if parts else {"type": "http.disconnect"}

    return receive


async def _send(answer: Answer, send: Send) -> None:
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    await send({"type": "http.response.body", "body": bytes(answer.body)})


def _write(scope: Scope, data: bytes) -> None:
    transport = _open.get(tuple(scope["client"]))
    if transport is not None and not transport.is_closing():
        transport.write(data)


async def _cut(scope: Scope, receive: Receive, first: bytes = b"") -> None:
    """Close the connection at once (after these bytes), and wait until the server has noticed."""
    transport = _open.get(tuple(scope["client"]))
    if transport is None:
        return
    if first:
        transport.write(first)
        transport.close()
    else:
        transport.abort()
    while (await receive())["type"] != "http.disconnect":
        continue
