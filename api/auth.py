"""Who may read: bearer tokens, checked against the provider's published keys."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.context import Context
from api.problems import Problem
from controlplane.jwks import Claims, KeysUnavailable, TokenRejected

_bearer = HTTPBearer(auto_error=False, description="An access token of the configured realm.")


def caller(
    request: Request, context: Context, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Claims | None:
    """The claims of the caller's token; None where nobody is asked for one."""
    if context.verifier is None:
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
    request.state.caller = claims.client_id or claims.subject
    oidc = context.config.oidc
    if oidc is not None and oidc.read_role and not {oidc.read_role, oidc.write_role} & claims.roles:
        raise Problem(403, f"the token lacks the role {oidc.read_role}")
    return claims


Caller = Depends(caller)
