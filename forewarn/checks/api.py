"""Can callers of the API be told apart: are the keys of the token issuer to be had?"""

from __future__ import annotations

from collections.abc import Iterator

import httpx

from api.config import ApiConfig
from controlplane.jwks import KeySource, KeysUnavailable
from sources.base import Check

PATIENCE = 10.0  # seconds
LARGEST = 1024 * 1024  # bytes of keys


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
        source = KeySource(config.oidc.issuer, config.oidc.jwks_url, http)
        try:
            yield _keys(source.url(), http)
        except KeysUnavailable as error:
            yield Check("keys", False, str(error), "Correct api.oidc.issuer")


def _keys(url: str, http: httpx.Client) -> Check:
    advice = "Check api.oidc.issuer and api.oidc.jwks_url, and the network between"
    try:
        answer = http.get(url)
        keys = answer.json().get("keys") if answer.is_success and len(answer.content) <= LARGEST else None
    except (httpx.HTTPError, ValueError, AttributeError) as error:
        return Check("keys", False, f"{url} can't be read: {type(error).__name__} {error}", advice)
    if not answer.is_success:
        return Check("keys", False, f"{url} answers {answer.status_code}", advice)
    usable = (
        [key for key in keys if isinstance(key, dict) and key.get("kty") == "RSA"] if isinstance(keys, list) else []
    )
    if not usable:
        return Check("keys", False, f"{url} holds no RSA key", "Tokens are taken with RS256: let the issuer sign so")
    return Check("keys", True, f"{len(usable)} RSA {'key' if len(usable) == 1 else 'keys'} at {url}")
