"""The read API: what is stored, for whoever asks."""

from __future__ import annotations

import httpx
import structlog
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

log = structlog.get_logger(__name__)


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
    keys = str(oidc.jwks_url) if oidc.jwks_url is not None else discovered_keys(str(oidc.issuer), http)
    return TokenVerifier(str(oidc.issuer), oidc.audience, keys, http=http, leeway=oidc.leeway.total_seconds())


def discovered_keys(issuer: str, http: httpx.Client) -> str:
    """Where the issuer publishes its keys, from its discovery document (OpenID Connect Discovery 1.0).

    While the document can't be had, it is where Keycloak keeps them.
    """
    root = issuer.rstrip("/")
    try:
        answer = http.get(f"{root}/.well-known/openid-configuration")
        found = answer.json().get("jwks_uri") if answer.is_success else None
    except (httpx.HTTPError, ValueError, AttributeError) as error:
        log.warning("discovery_failed", issuer=issuer, reason=str(error))
        found = None
    return found if isinstance(found, str) else f"{root}/protocol/openid-connect/certs"
