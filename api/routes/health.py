"""Is it alive, is it ready, and its metrics. None of these asks for a token."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from api.context import Context
from api.schemas import Answer

router = APIRouter(tags=["health"])
metrics_router = APIRouter(tags=["health"])
PATIENCE_SECONDS = 5.0


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
def readyz(context: Context, response: Response) -> Readiness:
    """Ready: the database, the sources and the Control Plane can be used. 503 where one of them cannot."""
    pool = ThreadPoolExecutor(max(1, len(context.checks)), thread_name_prefix="readyz")
    asked = {name: pool.submit(check) for name, check in context.checks.items()}
    checks: dict[str, bool] = {}
    for name, answer in asked.items():
        try:
            checks[name] = answer.result(PATIENCE_SECONDS)
        except TookTooLong:
            checks[name] = False
    pool.shutdown(wait=False)
    ready = all(checks.values())
    response.status_code = 200 if ready else 503
    return Readiness(ready=ready, checks=checks)


@metrics_router.get("/metrics")
def metrics(context: Context) -> Response:
    """Metrics in Prometheus' text format."""
    context.refresh()
    return Response(generate_latest(context.registry), media_type=CONTENT_TYPE_LATEST)
