"""Can callers of the API be told apart: are the keys of the token issuer to be had?"""

from __future__ import annotations

from collections.abc import Iterator

import httpx

from api.config import ApiConfig
from controlplane.errors import ControlPlaneError
from controlplane.jwks import KeySource, KeysUnavailable
from forewarn.checks.words import counted
from sources.base import Check

PATIENCE = 10.0  # seconds


def check_api(config: ApiConfig) -> Iterator[Check]:
    """Where it listens, and whether the keys for callers' tokens can be read."""
    if not config.enabled:
        yield Check("listens", True, "it is off", required=False)
        return
    place = f"{config.address}:{config.port}"
    if config.oidc is None:
        yield Check("listens", True, f"{place}, for this machine only, without tokens")
        return
    yield Check("listens", True, f"{place}, for tokens of {config.oidc.issuer}")
    with httpx.Client(timeout=PATIENCE) as http:
        yield _keys(KeySource(config.oidc.issuer, config.oidc.jwks_url, http), config.oidc.issuer)


def _keys(source: KeySource, issuer: str) -> Check:
    """Whether the keys that tokens are checked with can be had, as the API itself gets them."""
    try:
        count = len(source.fetch())
    except (ControlPlaneError, KeysUnavailable) as error:
        advice = "Check api.oidc.issuer and api.oidc.jwks_url, and the network between"
        return Check("keys", False, str(error), advice)
    if not count:
        advice = "Tokens are taken with RS256: let the issuer sign so"
        return Check("keys", False, f"{issuer} publishes no key that signs with RS256", advice)
    return Check("keys", True, f"{counted(count, 'key')} of {issuer}")
