"""Errors in the contract's shape: a code, a message, and the id of the request."""

from __future__ import annotations

from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from api.text import answerable
from storage.errors import BadCursor, DatabaseUnavailable, NotFound

log = structlog.get_logger(__name__)

CODES = {
    400: "INVALID_REQUEST",
    401: "UNAUTHORIZED",
    403: "FORBIDDEN",
    404: "RESOURCE_NOT_FOUND",
    405: "INVALID_REQUEST",
    409: "RESOURCE_CONFLICT",
    413: "INVALID_REQUEST",
    422: "VALIDATION_ERROR",
    429: "RATE_LIMIT_EXCEEDED",
    500: "INTERNAL_ERROR",
    503: "SERVICE_UNAVAILABLE",
}


class Problem(Exception):
    """A request that cannot be answered: `status` and what to do about it."""

    def __init__(self, status: int, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers or {}


def problem_response(
    request: Request,
    status: int,
    message: str,
    *,
    details: dict[str, Any] | None = None,
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    """The contract's error, with the id of the request."""
    body: dict[str, Any] = {
        "error": CODES.get(status, "INTERNAL_ERROR"),
        "message": message,
        "requestId": getattr(request.state, "request_id", ""),
    }
    if details is not None:
        body["details"] = details
    return JSONResponse(answerable(body), status, headers)


def add_handlers(app: FastAPI) -> None:
    """Let every failure be answered in the contract's shape."""

    @app.exception_handler(Problem)
    def _problem(request: Request, error: Problem) -> JSONResponse:
        return problem_response(request, error.status, error.message, headers=error.headers)

    @app.exception_handler(NotFound)
    def _not_found(request: Request, error: NotFound) -> JSONResponse:
        return problem_response(request, 404, str(error))

    @app.exception_handler(BadCursor)
    def _bad_cursor(request: Request, error: BadCursor) -> JSONResponse:
        return problem_response(request, 400, str(error))

    @app.exception_handler(DatabaseUnavailable)
    def _no_database(request: Request, error: DatabaseUnavailable) -> JSONResponse:
        log.warning("database_unavailable", reason=str(error))
        message = "the database can't be reached just now: try again in a moment"
        return problem_response(request, 503, message, headers={"Retry-After": "5"})

    @app.exception_handler(RequestValidationError)
    def _invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        places = [
            {"where": ".".join(str(part) for part in found["loc"]), "what": str(found["msg"])}
            for found in error.errors()
        ]
        first = f"{places[0]['where']}: {places[0]['what']}" if places else "the request is not valid"
        return problem_response(request, 422, first, details={"errors": places})

    @app.exception_handler(HTTPException)
    def _http(request: Request, error: HTTPException) -> JSONResponse:
        headers = dict(error.headers or {})
        return problem_response(request, error.status_code, str(error.detail), headers=headers)


def bug_response(request: Request) -> JSONResponse:
    """The answer to what nobody thought of."""
    return problem_response(request, 500, "something went wrong here: the log has it under this request's id")
