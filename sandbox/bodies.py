"""Request bodies, read as strictly as the contract says; what it does not know is let through and forgotten."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect

from sandbox.problems import Problem

Body = TypeVar("Body", bound=BaseModel)


def body_of(model: type[Body], *, required: bool = True) -> Callable[[Request], Awaitable[Body]]:
    """A dependency that reads the request's body as that model."""

    async def read(request: Request) -> Body:
        try:
            raw = await request.body()
        except ClientDisconnect:
            raise Problem(400, "the body did not arrive") from None
        if not raw and not required:
            return model()
        kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
        if kind != "application/json":
            raise Problem(415, "the body must be application/json")
        try:
            body = model.model_validate_json(raw, strict=True, extra="ignore")
        except ValidationError as error:
            raise _problem(error) from None
        if "\\u0000" in body.model_dump_json():
            raise Problem(400, "text can't hold the character NUL")
        return body

    return read


def _problem(error: ValidationError) -> Problem:
    faults = error.errors(include_url=False)
    if faults[0]["type"] == "json_invalid":
        return Problem(400, "the body is not JSON")
    words = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in faults[:5])
    return Problem(422, words)
