"""The sandbox as an ASGI application."""

from __future__ import annotations

from collections import Counter

import httpx
from fastapi import FastAPI
from sqlalchemy import create_engine
from starlette.routing import Route

from controlplane.jwks import TokenVerifier
from sandbox import admin, api
from sandbox.executions import DEFAULT_SCRIPTS, put_script
from sandbox.faults import FaultPlan, FaultSwitches
from sandbox.middleware import Faults, RequestIds, Tokens
from sandbox.problems import install_handlers
from sandbox.settings import SandboxSettings, engine_url
from sandbox.tables import create_tables


def create_app(settings: SandboxSettings) -> FastAPI:
    """The application; makes its tables and default scripts where they are missing."""
    engine = create_engine(engine_url(settings.database_url), pool_size=20, max_overflow=20, pool_pre_ping=True)
    create_tables(engine)
    with engine.begin() as connection:
        for setting in DEFAULT_SCRIPTS:
            put_script(connection, setting)

    app = FastAPI(title="Forewarn's sandbox Control Plane", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.engine = engine
    app.state.plan = FaultPlan(FaultSwitches(honour_keys=settings.honour_keys))
    app.state.calls = Counter[str]()
    app.include_router(api.router)
    app.include_router(admin.router)
    routes = [route for route in api.router.routes if isinstance(route, Route)]
    install_handlers(app, routes)
    if settings.tokens is not None:
        tokens = settings.tokens
        verifier = TokenVerifier(
            tokens.issuer,
            tokens.audience,
            tokens.jwks_url,
            http=httpx.Client(timeout=5.0),
            leeway=tokens.leeway_seconds,
        )
        app.add_middleware(Tokens, verifier=verifier, routes=routes)
    app.add_middleware(Faults, plan=app.state.plan, calls=app.state.calls, routes=routes)
    app.add_middleware(RequestIds)
    return app
