"""Whose tokens the read API takes, with a real OpenID provider."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import Engine

from api.app import make_verifier
from api.config import ApiConfig, OidcConfig
from api.context import ApiContext
from tests.fixtures.api import Serve
from tests.fixtures.oidc import OidcServer

pytestmark = pytest.mark.server
AUDIENCE = "forewarn-api"


@pytest.fixture
def guarded(engine: Engine, oidc: OidcServer, serve: Serve) -> Iterator[httpx.Client]:
    """A client of an API that asks for tokens of the realm."""
    config = ApiConfig(
        oidc=OidcConfig.model_validate({"issuer": oidc.issuer, "audience": AUDIENCE, "read_role": "forewarn-reader"})
    )
    with httpx.Client() as http:
        context = ApiContext(config, engine, verifier=make_verifier(config, http))
        yield serve(context)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_a_token_of_the_realm_with_the_role_may_read(guarded: httpx.Client, oidc: OidcServer) -> None:
    assert guarded.get("/api/v1/findings", headers=bearer(oidc.token(AUDIENCE, "reader"))).status_code == 200


def test_without_a_token_nothing_is_read(guarded: httpx.Client) -> None:
    answer = guarded.get("/api/v1/findings")

    assert (answer.status_code, answer.json()["error"]) == (401, "UNAUTHORIZED")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_token_for_somebody_else_is_refused_and_not_repeated(guarded: httpx.Client, oidc: OidcServer) -> None:
    token = oidc.token("control-plane", "reader")

    answer = guarded.get("/api/v1/findings", headers=bearer(token))

    assert answer.status_code == 401
    assert token not in answer.text


@pytest.mark.parametrize("token", ["nonsense", "a.b.c", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0."])
def test_what_is_no_token_is_refused(guarded: httpx.Client, token: str) -> None:
    assert guarded.get("/api/v1/findings", headers=bearer(token)).status_code == 401


def test_a_token_without_the_role_is_forbidden(guarded: httpx.Client, oidc: OidcServer) -> None:
    answer = guarded.get("/api/v1/findings", headers=bearer(oidc.token(AUDIENCE, "nobody")))

    assert (answer.status_code, answer.json()["error"]) == (403, "FORBIDDEN")


def test_health_needs_no_token(guarded: httpx.Client) -> None:
    assert guarded.get("/api/v1/healthz").status_code == 200


def test_while_the_keys_cannot_be_had_no_token_is_judged(engine: Engine, oidc: OidcServer, serve: Serve) -> None:
    config = ApiConfig(
        oidc=OidcConfig.model_validate(
            {"issuer": oidc.issuer, "audience": AUDIENCE, "jwks_url": "http://127.0.0.1:9/certs"}
        )
    )
    with httpx.Client() as http:
        client = serve(ApiContext(config, engine, verifier=make_verifier(config, http)))
        answer = client.get("/api/v1/findings", headers=bearer(oidc.token(AUDIENCE, "reader")))

    assert (answer.status_code, answer.json()["error"]) == (503, "SERVICE_UNAVAILABLE")
