"""Is it alive, is it ready, and its metrics. None of these asks for a token."""

from __future__ import annotations

from typing import cast

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from api import readiness
from api.context import Context
from api.schemas import Answer

router = APIRouter(tags=["health"])
metrics_router = APIRouter(tags=["health"])


class Health(Answer):
    """The service is alive."""

    status: str
    version: str


class Readiness(Answer):
    """Whether each thing that the service needs is there."""

    ready: bool
    checks: dict[str, bool]


@router.get("/healthz")
def healthz(context: Context) -> Health:
    """Alive: it can answer."""
    return Health(status="ok", version=context.version)


@router.get("/readyz")
async def readyz(request: Request, response: Response) -> Readiness:
    """Ready: the database, the sources and the Control Plane can be used. 503 where one of them cannot."""
    checks = await cast(readiness.Readiness, request.app.state.readiness).look()
    ready = all(checks.values())
    response.status_code = 200 if ready else 503
    return Readiness(ready=ready, checks=checks)


@metrics_router.get("/metrics")
def metrics(context: Context) -> Response:
    """Metrics in Prometheus' text format."""
    context.refresh()
    return Response(generate_latest(context.registry), media_type=CONTENT_TYPE_LATEST)
