"""Who may read, and who may change things: bearer tokens, checked against the provider's published keys."""

from __future__ import annotations

import ipaddress
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.context import Context
from api.problems import Problem
from controlplane.jwks import Claims, KeysUnavailable, TokenRejected

MOST_NAMED = 100  # characters of a name in the audit log
_bearer = HTTPBearer(auto_error=False, description="An access token of the configured realm.")


def caller(
    request: Request, context: Context, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Claims | None:
    """The claims of the caller's token; None where nobody is asked for one."""
    if context.verifier is None:
        _to_a_known_host(request, context)
        return None
    if credentials is None:
        raise Problem(401, "a bearer token is needed", {"WWW-Authenticate": "Bearer"})
    try:
        claims = context.verifier.verify(credentials.credentials)
    except TokenRejected as rejected:
        reason = f"the token was refused: {rejected.reason}"
        raise Problem(401, reason, {"WWW-Authenticate": 'Bearer error="invalid_token"'}) from rejected
    except KeysUnavailable as unavailable:
        raise Problem(
            503, "the keys of the token's issuer can't be had just now", {"Retry-After": "5"}
        ) from unavailable
    request.state.caller = who_is(claims)
    oidc = context.config.oidc
    if oidc is not None and oidc.read_role and not {oidc.read_role, oidc.write_role} & claims.roles:
        raise Problem(403, f"the token lacks the role {oidc.read_role}")
    return claims


def writer(request: Request, context: Context, claims: Annotated[Claims | None, Depends(caller)]) -> str:
    """Who changes things, for the audit log: a token with `write_role`, or, where none is asked for, this machine."""
    oidc = context.config.oidc
    if oidc is None or claims is None:
        _from_this_machine(request, context)
        return "local"
    if not oidc.write_role or oidc.write_role not in claims.roles:
        raise Problem(403, f"the token lacks the role {oidc.write_role}" if oidc.write_role else "nobody may change it")
    return who_is(claims)


def who_is(claims: Claims) -> str:
    """Who a token speaks for, with the client that it came through where that is another: `ana (console)`.

    A client that speaks for itself has a name of Keycloak's making.
    """
    name = claims.raw.get("preferred_username")
    person = name if isinstance(name, str) and name.strip() else claims.subject
    if person in {"", claims.client_id, f"service-account-{claims.client_id}"}:
        return claims.client_id[:MOST_NAMED]
    return f"{person[:MOST_NAMED]} ({claims.client_id[:MOST_NAMED]})" if claims.client_id else person[:MOST_NAMED]


def _to_a_known_host(request: Request, context: Context) -> None:
    """Without tokens nobody reads by another name, which a page of another site may have given this machine."""
    asked, public = _host_of(request), context.config.public_url
    if not _loopback(asked) and (public is None or asked != urlsplit(public).hostname):
        raise Problem(403, "without `api.oidc`, it is read through 127.0.0.1, localhost or `api.public_url` only")


def _host_of(request: Request) -> str:
    try:
        return urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
    except ValueError:  # no address between its brackets
        return ""


def _from_this_machine(request: Request, context: Context) -> None:
    """Without tokens only this machine may change things, and no page of another site in its browser."""
    client = request.client.host if request.client else ""
    origin = request.headers.get("origin")
    same = origin is None or origin.partition("://")[2] == request.headers.get("host")
    if not (context.config.loopback and _loopback(client) and _loopback(_host_of(request)) and same):
        raise Problem(403, "without `api.oidc`, only this machine may change things, through 127.0.0.1 or localhost")


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


Caller = Depends(caller)
Writer = Annotated[str, Depends(writer)]
