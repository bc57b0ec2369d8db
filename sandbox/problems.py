"""The contract's error shape, and what turns every fault of a request into it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException
from starlette.routing import Match, Route

from domain.times import rfc3339

CODES = {
    400: "INVALID_REQUEST",
    401: "UNAUTHORIZED",
    403: "FORBIDDEN",
    404: "RESOURCE_NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    409: "RESOURCE_CONFLICT",
    413: "INVALID_REQUEST",
    415: "INVALID_REQUEST",
    422: "VALIDATION_ERROR",
    429: "RATE_LIMIT_EXCEEDED",
    500: "INTERNAL_ERROR",
    503: "SERVICE_UNAVAILABLE",
}


class Problem(Exception):
    """A request that can't be done: `status` and words."""

    def __init__(self, status: int, message: str, *, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers or {}


def error_body(status: int, message: str, request_id: str, details: dict[str, Any] | None = None) -> dict[str, Any]:
    """The contract's error body."""
    body: dict[str, Any] = {
        "error": CODES.get(status, "INTERNAL_ERROR" if status >= 500 else "INVALID_REQUEST"),
        "message": message,
        "requestId": request_id,
        "timestamp": rfc3339(datetime.now(UTC)),
    }
    return body | ({"details": details} if details else {})


def install_handlers(app: FastAPI, routes: Sequence[Route]) -> None:
    """Answer every fault in the contract's shape. `routes` are those that a 405 tells the methods of."""

    @app.exception_handler(Problem)
    def problem(request: Request, error: Problem) -> JSONResponse:
        return _answer(request, error.status, error.message, headers=error.headers)

    @app.exception_handler(HTTPException)
    def http_fault(request: Request, error: HTTPException) -> JSONResponse:
        headers = dict(error.headers or {}) | (_allowed(request, routes) if error.status_code == 405 else {})
        return _answer(request, error.status_code, str(error.detail), headers=headers)

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        places = {".".join(map(str, one["loc"])): one["msg"] for one in error.errors()}
        return _answer(request, 400, "a parameter is not valid", details=places)

    @app.exception_handler(OperationalError)
    def no_database(request: Request, _error: OperationalError) -> JSONResponse:
        return _answer(request, 503, "the sandbox's database does not answer")

    @app.exception_handler(Exception)
    def unforeseen(request: Request, error: Exception) -> JSONResponse:
        return _answer(request, 500, f"the sandbox has a fault: {type(error).__name__}")


def _allowed(request: Request, routes: Sequence[Route]) -> dict[str, str]:
    fitting = (route for route in routes if route.matches(request.scope)[0] is not Match.NONE)
    methods = {method for route in fitting for method in route.methods or ()}
    return {"allow": ", ".join(sorted(methods))} if methods else {}


def _answer(
    request: Request,
    status: int,
    message: str,
    *,
    headers: dict[str, str] | None = None,
    details: dict[str, Any] | None = None,
) -> JSONResponse:
    request_id = getattr(request.state, "request_id", "")
    return JSONResponse(error_body(status, message, request_id, details), status, headers=headers)
