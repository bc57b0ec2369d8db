"""Where the API is joined with the rooms below it: apart, as a run starts sooner and is smaller without it."""

from __future__ import annotations

from collections.abc import Callable

import httpx
from prometheus_client import CollectorRegistry
from sqlalchemy import Engine

from api.app import make_verifier
from api.context import ApiContext, ReadyCheck
from controlplane.client import ControlPlaneClient
from controlplane.config import ControlPlaneConfig
from controlplane.errors import ControlPlaneError
from forewarn.assembly import VERSION
from forewarn.settings import Settings
from sources.errors import SourceError
from sources.open import open_source
from storage.engine import read_only
from storage.errors import StorageError
from storage.outbox_pause import outbox_resting
from storage.runs import list_runs


def api_context(
    settings: Settings, engine: Engine, http: httpx.Client, registry: CollectorRegistry, refresh: Callable[[], None]
) -> ApiContext:
    """What the read API needs. `registry` has the metrics, and `refresh` brings them up to date."""
    checks: dict[str, ReadyCheck] = {"database": _database_check(engine)}
    for name in settings.sources:
        checks[name] = _source_check(settings, name)
    config = settings.delivers_to
    if config is not None:
        checks["control_plane"] = _control_plane_check(config)
        checks["delivery"] = _delivery_check(engine)
    return ApiContext(
        config=settings.api,
        engine=engine,
        verifier=make_verifier(settings.api, http),
        checks=checks,
        registry=registry,
        version=VERSION,
        refresh=refresh,
    )


def _database_check(engine: Engine) -> Callable[[], bool]:
    def check() -> bool:
        try:
            with read_only(engine) as session:
                list_runs(session, limit=1)
        except StorageError:
            return False
        return True

    return check


def _delivery_check(engine: Engine) -> Callable[[], bool]:
    """Whether the Control Plane takes what we tell it: not while it refuses our credential."""

    def check() -> bool:
        try:
            with read_only(engine) as session:
                return outbox_resting(session) is None
        except StorageError:
            return False

    return check


def _source_check(settings: Settings, name: str) -> Callable[[], bool]:
    def check() -> bool:
        try:
            source = open_source(name, settings.sources[name])
        except SourceError:
            return False
        try:
            return all(found.ok for found in source.check() if found.required)
        finally:
            source.close()

    return check


def _control_plane_check(config: ControlPlaneConfig) -> Callable[[], bool]:
    def check() -> bool:
        try:
            with ControlPlaneClient(config) as client:
                return client.readyz().ready
        except ControlPlaneError:
            return False

    return check
