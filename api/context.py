"""What the API's handlers work with, and how they get at it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, cast

from fastapi import Depends, Request
from prometheus_client import CollectorRegistry
from sqlalchemy import Engine

from api.config import ApiConfig
from controlplane.jwks import TokenVerifier
from storage.engine import ReadSession, read_only

ReadyCheck = Callable[[], bool]  # never raises, and takes no longer than a few seconds


def nothing() -> None:
    """Nothing has to be brought up to date."""


@dataclass(frozen=True, slots=True)
class ApiContext:
    """Everything that the API needs. `verifier` None: nobody is asked for a token (loopback only)."""

    config: ApiConfig
    engine: Engine
    verifier: TokenVerifier | None = None
    checks: Mapping[str, ReadyCheck] = field(default_factory=dict)
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    version: str = ""
    refresh: Callable[[], None] = nothing  # brings gauges up to date before they are scraped; never raises


def context_of(request: Request) -> ApiContext:
    """The context of the application that answers this request."""
    return cast(ApiContext, request.app.state.context)


def read_session(context: Annotated[ApiContext, Depends(context_of)]) -> Iterator[ReadSession]:
    """A session that only reads, for one request."""
    with read_only(context.engine) as session:
        yield session


Context = Annotated[ApiContext, Depends(context_of)]
Database = Annotated[ReadSession, Depends(read_session)]
