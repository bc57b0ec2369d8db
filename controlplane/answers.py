"""What an answer of the Control Plane means: its body as a model, or an error."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import TypeVar

import httpx
from pydantic import ValidationError

from controlplane.errors import (
    Conflict,
    ControlPlaneError,
    CredentialFault,
    Forbidden,
    Malformed,
    Misdirected,
    NotFound,
    RateLimited,
    Rejected,
    ServerFailed,
    TimedOut,
)
from controlplane.models import Answer, Error
from controlplane.wire import Reply

EXCERPT_CHARACTERS = 500
MAX_RETRY_AFTER_SECONDS = 3600.0
NO_OBJECT = "RESOURCE_NOT_FOUND"  # what the contract calls an object that is not there

Model = TypeVar("Model", bound=Answer)

# Operations that are about no object which might not be there.
_COLLECTIONS = frozenset(
    {
        "listResources",
        "listResourceGroups",
        "listIncidents",
        "createIncident",
        "listAutomationScripts",
        "listExecutions",
    }
)
_BY_STATUS: dict[int, type[ControlPlaneError]] = {
    401: CredentialFault,
    403: Forbidden,
    404: NotFound,
    405: Misdirected,
    408: TimedOut,
    409: Conflict,
    429: RateLimited,
    501: Misdirected,
}


def parse(reply: Reply, model: type[Model], operation: str, expected: tuple[int, ...] = (200,)) -> Model:
    """The body of an expected answer as a model. Raises an error of `controlplane.errors` for every other answer."""
    if reply.status not in expected:
        raise error_of(reply, operation)
    try:
        return model.model_validate_json(reply.body)
    except ValidationError as error:
        places = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()[:3])
        raise Malformed(
            f"{operation}: the answer is not what the contract says: {places}"[:EXCERPT_CHARACTERS],
            operation=operation,
            status=reply.status,
            excerpt=excerpt(reply.body),
        ) from None


def error_of(reply: Reply, operation: str) -> ControlPlaneError:
    """The error that an answer tells of, with the contract's error body where it has one."""
    told = _told(reply.body)
    text = excerpt(told.message.encode()) if told else excerpt(reply.body)
    error = _class_for(reply.status, told, operation)
    advice = "; check the configured URL" if error is Misdirected else ""
    return error(
        f"{operation}: the Control Plane answered {reply.status}{f' {told.error}' if told else ''}: {text}{advice}",
        operation=operation,
        status=reply.status,
        code=told.error[:64] if told else "",
        request_id=((told.request_id if told else None) or reply.headers.get("x-request-id", ""))[:128],
        excerpt=excerpt(reply.body),
        retry_after=retry_after(reply.headers),
    )


def _class_for(status: int, told: Error | None, operation: str) -> type[ControlPlaneError]:
    if status == 404 and (operation in _COLLECTIONS or told is None or told.error != NO_OBJECT):
        return Misdirected  # a gateway without a route, for a moment or because of the URL: it tells of no object
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if 300 <= status < 400:
        return Misdirected
    if 400 <= status < 500:
        return Rejected
    return ServerFailed if status >= 500 else Malformed


def _told(body: bytes) -> Error | None:
    try:
        return Error.model_validate_json(body)
    except ValidationError:
        return None


def excerpt(body: bytes) -> str:
    """The start of an answer as one printable line."""
    text = body[: 4 * EXCERPT_CHARACTERS].decode("utf-8", "replace")
    line = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(line.split())[:EXCERPT_CHARACTERS]


def retry_after(headers: httpx.Headers) -> float | None:
    """How many seconds the server asks to wait; a date counts from the answer's own Date. None: it does not say."""
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    seconds = _seconds(value, headers.get("date", ""))
    return None if seconds is None else min(max(seconds, 0.0), MAX_RETRY_AFTER_SECONDS)


def _seconds(value: str, date: str) -> float | None:
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        return (parsedate_to_datetime(value) - parsedate_to_datetime(date)).total_seconds()
    except (TypeError, ValueError):
        return None
