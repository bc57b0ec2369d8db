"""How long a request's body may be: it is counted as it comes in, before anything reads it or asks for a token."""

from __future__ import annotations

from fastapi import Request
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import problem_response

MOST_BYTES = 64 * 1024
TOO_LONG = f"the body is longer than {MOST_BYTES:,} bytes"


class BodyLimit:
    """Answers 413 to a body that is too long, at the latest when so much of it has come."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through as long as its body is short."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "0")
        if announced.isdecimal() and int(announced[:20]) > MOST_BYTES:
            refusal = problem_response(Request(scope), 413, TOO_LONG, headers={"Connection": "close"})
            await refusal(scope, receive, send)
            return
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > MOST_BYTES:
                raise HTTPException(413, TOO_LONG, {"Connection": "close"})
            return message

        await self._app(scope, counted, send)
