"""The read API: what is stored, for whoever asks."""

from __future__ import annotations

import httpx
from fastapi import FastAPI

from api.auth import Caller
from api.bodies import BodyLimit
from api.config import ApiConfig
from api.context import ApiContext
from api.problems import add_handlers
from api.readiness import Readiness
from api.requests import PREFIX, add_middleware
from api.routes import audit, executions, findings, forecasts, health, incidents, mutes, outbox, reports, runs
from controlplane.jwks import TokenVerifier


def create_app(context: ApiContext) -> FastAPI:
    """The application. It holds no state of its own: any number may serve one database."""
    app = FastAPI(
        title="Forewarn",
        version=context.version or "0",
        description="What Forewarn has found: findings with their evidence, forecasts, runs and reports.",
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.state.context = context
    app.state.readiness = Readiness(context.checks)
    add_handlers(app)
    app.add_middleware(BodyLimit)
    add_middleware(app, context)
    app.include_router(health.router, prefix=PREFIX)
    app.include_router(health.metrics_router)
    for routes in (findings, runs, forecasts, reports, incidents, outbox, mutes, executions, audit):
        app.include_router(routes.router, prefix=PREFIX, dependencies=[Caller])
    return app


def make_verifier(config: ApiConfig, http: httpx.Client) -> TokenVerifier | None:
    """Who checks the callers' tokens; None where the configuration asks for none."""
    oidc = config.oidc
    if oidc is None:
        return None
    return TokenVerifier(oidc.issuer, oidc.audience, oidc.jwks_url, http=http, leeway=oidc.leeway.total_seconds())
