"""What happens to every request before it is handled: a request id, the token, the faults."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from controlplane.jwks import KeysUnavailable, TokenRejected, TokenVerifier
from sandbox.api import API
from sandbox.faults import FaultPlan
from sandbox.problems import error_body
from sandbox.wire import answer_badly

WITHOUT_TOKEN = frozenset({"healthz", "readyz"})


class RequestIds:
    """Gives every request an id, which every answer repeats."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle the request under a new id."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        await self._app(scope, receive, send_with_id)


class Faults:
    """Lets requests fail as the switches say, and counts the calls of each operation."""

    def __init__(self, app: ASGIApp, plan: FaultPlan, calls: Counter[str], routes: Sequence[Route]) -> None:
        self._app = app
        self._plan = plan
        self._calls = calls
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle the request well, or as badly as the switches say."""
        operation = operation_of(scope, self._routes) if scope["type"] == "http" else ""
        if not operation:
            await self._app(scope, receive, send)
            return
        self._calls[operation] += 1
        rule = self._plan.draw(operation)
        if rule is None:
            await self._app(scope, receive, send)
            return
        await answer_badly(rule, self._app, scope, receive, send)


class Tokens:
    """Lets in whoever brings a valid token; health checks need none."""

    def __init__(self, app: ASGIApp, verifier: TokenVerifier, routes: Sequence[Route]) -> None:
        self._app = app
        self._verifier = verifier
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle the request, or refuse it."""
        open_to_all = scope["type"] != "http" or not scope["path"].startswith(API)
        if open_to_all or operation_of(scope, self._routes) in WITHOUT_TOKEN:
            await self._app(scope, receive, send)
            return
        refusal = await run_in_threadpool(self._refusal, Request(scope))
        await (refusal or self._app)(scope, receive, send)

    def _refusal(self, request: Request) -> JSONResponse | None:
        request_id = request.state.request_id
        try:
            self._verifier.verify(_bearer(request))
        except TokenRejected as error:
            body = error_body(401, f"the token is refused: {error.reason}", request_id)
            return JSONResponse(body, 401, headers={"www-authenticate": 'Bearer error="invalid_token"'})
        except KeysUnavailable as error:
            return JSONResponse(error_body(503, str(error), request_id), 503)
        return None


def _bearer(request: Request) -> str:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer":
        raise TokenRejected("there is none")
    return token.strip()


def operation_of(scope: Scope, routes: Sequence[Route]) -> str:
    """The contract's operationId of a request; empty for what is not the contract's."""
    if not scope["path"].startswith(API):
        return ""
    return next((route.name for route in routes if route.matches(scope)[0] is Match.FULL), "")
