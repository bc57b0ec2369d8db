"""Around every request: its id, its log line, its metrics, and a limit on how many one caller may make."""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable
from uuid import uuid4

import structlog
from fastapi import FastAPI, Request, Response
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from prometheus_client import Counter, Histogram

from api.context import ApiContext
from api.problems import bug_response, problem_response

log = structlog.get_logger(__name__)

PREFIX = "/api/v1"
REQUEST_ID = "X-Request-ID"
_SAFE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"})
_UNLIMITED = ("/api/v1/healthz", "/api/v1/readyz", "/metrics")
Next = Callable[[Request], Awaitable[Response]]


def route_of(request: Request) -> str:
    """The route's path with the names of its parameters: a label that stays small. `none` where there is no route."""
    path: str | None = getattr(request.scope.get("route"), "path", None)
    if path is None:
        return "none"
    # A router that was included with a prefix tells its routes without it.
    return path if path.startswith(PREFIX) or not request.url.path.startswith(PREFIX) else f"{PREFIX}{path}"


def method_of(request: Request) -> str:
    """The method, where it is one of HTTP's; else `other`: who asks cannot make new labels."""
    return request.method if request.method in _METHODS else "other"


async def _answered(request: Request, call_next: Next) -> Response:
    """The answer, also where handling the request failed: that is counted and has the request's id, too."""
    try:
        return await call_next(request)
    except Exception:
        log.exception("request_failed")
        return bug_response(request)


def add_middleware(app: FastAPI, context: ApiContext) -> None:
    """Give every request an id, a log line, a place in the metrics, and its caller a limit."""
    labels = ("method", "route", "status")
    requests = Counter("forewarn_api_requests", "Requests that were answered.", labels, registry=context.registry)
    seconds = Histogram("forewarn_api_request_seconds", "Time to answer.", ("route",), registry=context.registry)
    limiter = MovingWindowRateLimiter(MemoryStorage())
    limit = RateLimitItemPerMinute(context.config.requests_per_minute)

    @app.middleware("http")
    async def around(request: Request, call_next: Next) -> Response:
        given = request.headers.get(REQUEST_ID, "")
        request.state.request_id = given if _SAFE_ID.fullmatch(given) else uuid4().hex
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request.state.request_id)
        begin = time.perf_counter()
        who = request.client.host if request.client else "unknown"
        if request.url.path not in _UNLIMITED and not limiter.hit(limit, who):
            reset = max(1, round(limiter.get_window_stats(limit, who).reset_time - time.time()))
            response: Response = problem_response(
                request, 429, f"more than {limit.amount} requests in a minute", headers={"Retry-After": str(reset)}
            )
        else:
            response = await _answered(request, call_next)
        took = time.perf_counter() - begin
        route = route_of(request)
        requests.labels(method_of(request), route, response.status_code).inc()
        seconds.labels(route).observe(took)
        response.headers[REQUEST_ID] = request.state.request_id
        log.info(
            "request",
            method=request.method[:20],
            route=route,
            status=response.status_code,
            seconds=round(took, 4),
            caller=getattr(request.state, "caller", who),
        )
        return response
