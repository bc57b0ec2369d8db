"""Tokens of a real OpenID provider, and tokens that only look like it."""

from __future__ import annotations

import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from controlplane.jwks import REFETCH_SECONDS, KeysUnavailable, TokenRejected, TokenVerifier
from tests.fixtures.oidc import OidcServer, new_key

pytestmark = pytest.mark.server


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    with httpx.Client() as client:
        yield client


def verifier_of(oidc: OidcServer, http: httpx.Client, **changes: Any) -> TokenVerifier:
    values: dict[str, Any] = {
        "issuer": oidc.issuer,
        "audience": "control-plane",
        "jwks_url": oidc.jwks_url,
        "leeway": 0,
    }
    return TokenVerifier(**(values | changes), http=http)


def claims_of(oidc: OidcServer, **changes: Any) -> dict[str, Any]:
    now = int(time.time())
    good: dict[str, Any] = {"iss": oidc.issuer, "aud": "control-plane", "exp": now + 60, "iat": now, "sub": "forewarn"}
    return {name: value for name, value in (good | changes).items() if value is not None}


def signed(oidc: OidcServer, claims: dict[str, Any], **header: Any) -> str:
    """A token that is signed with the provider's own key."""
    private = oidc.settings.keys[0]
    return jwt.encode({"alg": "RS256", "kid": private["kid"], **header}, claims, RSAKey.import_key(private))


def test_a_token_of_the_provider_is_good_and_its_roles_are_known(oidc: OidcServer, http: httpx.Client) -> None:
    claims = verifier_of(oidc, http).verify(oidc.token())

    assert (claims.subject, claims.client_id) == ("forewarn", "forewarn")
    assert sorted(claims.roles) == ["forewarn-engine"]
    assert 200 < claims.expires_at.timestamp() - time.time() <= 301


def test_a_token_with_a_list_of_audiences_is_good(oidc: OidcServer, http: httpx.Client) -> None:
    token = signed(oidc, claims_of(oidc, aud=["account", "control-plane"]))

    assert verifier_of(oidc, http).verify(token).subject == "forewarn"


BAD_CLAIMS: dict[str, tuple[dict[str, Any], str]] = {
    "another audience": ({"aud": "account"}, "not for audience"),
    "audience as a part of a text": ({"aud": "my-control-plane-2"}, "not for audience"),
    "no audience": ({"aud": None}, "not for audience"),
    "another issuer": ({"iss": "https://evil.example"}, "another issuer"),
    "no issuer": ({"iss": None}, "another issuer"),
    "expired": ({"exp": 1}, "has expired"),
    "no expiry": ({"exp": None}, "no expiry"),
    "expiry as text": ({"exp": "never"}, "not a time"),
    "expiry true": ({"exp": True}, "not a time"),
    "expiry beyond all calendars": ({"exp": 10**18}, "not a time"),
    "not valid yet": ({"nbf": 10**11}, "not valid yet"),
}


@pytest.mark.parametrize("name", sorted(BAD_CLAIMS))
def test_a_rightly_signed_token_with_wrong_claims_is_refused(oidc: OidcServer, http: httpx.Client, name: str) -> None:
    changes, reason = BAD_CLAIMS[name]

    with pytest.raises(TokenRejected, match=reason):
        verifier_of(oidc, http).verify(signed(oidc, claims_of(oidc, **changes)))


def encoded(part: dict[str, Any]) -> str:
    return urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def test_a_token_that_is_not_signed_is_refused(oidc: OidcServer, http: httpx.Client) -> None:
    kid = oidc.settings.keys[0]["kid"]
    for algorithm in ("none", "None", "NONE"):
        token = f"{encoded({'alg': algorithm, 'kid': kid})}.{encoded(claims_of(oidc))}."
        with pytest.raises(TokenRejected, match="not signed with RS256"):
            verifier_of(oidc, http).verify(token)


def test_the_public_key_is_no_shared_secret(oidc: OidcServer, http: httpx.Client) -> None:
    private = oidc.settings.keys[0]
    public = RSAKey.import_key(private).as_pem(private=False)
    token = jwt.encode({"alg": "HS256", "kid": private["kid"]}, claims_of(oidc), OctKey.import_key(public.hex()))

    with pytest.raises(TokenRejected, match="not signed with RS256"):
        verifier_of(oidc, http).verify(token)


def test_another_key_of_the_same_name_does_not_do(oidc: OidcServer, http: httpx.Client) -> None:
    name = oidc.settings.keys[0]["kid"]
    token = jwt.encode({"alg": "RS256", "kid": name}, claims_of(oidc), RSAKey.import_key(new_key(name)))

    with pytest.raises(TokenRejected, match="signature is wrong"):
        verifier_of(oidc, http).verify(token)


def test_a_token_that_was_changed_is_refused(oidc: OidcServer, http: httpx.Client) -> None:
    header, _, signature = oidc.token().split(".")
    token = f"{header}.{encoded(claims_of(oidc, sub='admin'))}.{signature}"

    with pytest.raises(TokenRejected, match="signature is wrong"):
        verifier_of(oidc, http).verify(token)


@pytest.mark.parametrize(
    "token",
    ["", "x", "a.b.c", "é.é.é", "....", "e30.e30.", "e30.e30.x", "W" * 500 + ".e30.x", "x" * 20_000],
    ids=["empty", "word", "three letters", "not ascii", "dots", "no algorithm", "no header", "deep header", "long"],
)
def test_what_is_no_token_is_refused(oidc: OidcServer, http: httpx.Client, token: str) -> None:
    with pytest.raises(TokenRejected):
        verifier_of(oidc, http).verify(token)


def test_a_key_that_the_token_brings_along_is_not_used(oidc: OidcServer, http: httpx.Client) -> None:
    own = RSAKey.import_key(new_key("own"))
    header = {"alg": "RS256", "kid": "own", "jwk": {"kty": "RSA", "e": "AQAB"}, "jku": "http://evil.example/jwks"}
    token = jwt.encode(header, claims_of(oidc), own)

    with pytest.raises(TokenRejected):
        verifier_of(oidc, http).verify(token)


def test_a_token_expires_and_leeway_forgives_clocks_that_differ(oidc_alone: OidcServer, http: httpx.Client) -> None:
    oidc_alone.set_ttl(60)
    token = oidc_alone.token()
    issued = time.time()

    in_time = verifier_of(oidc_alone, http, now=lambda: issued + 58)
    forgiven = verifier_of(oidc_alone, http, now=lambda: issued + 75, leeway=30)
    late = verifier_of(oidc_alone, http, now=lambda: issued + 62)

    assert in_time.verify(token).subject == forgiven.verify(token).subject == "forewarn"
    with pytest.raises(TokenRejected, match="has expired"):
        late.verify(token)


def test_a_new_key_is_found_and_the_old_one_holds_while_it_is_published(
    oidc_alone: OidcServer, http: httpx.Client
) -> None:
    clock = Clock()
    verifier = verifier_of(oidc_alone, http, clock=clock)
    old = oidc_alone.token()
    verifier.verify(old)

    oidc_alone.rotate()
    clock.now += REFETCH_SECONDS
    new = oidc_alone.token()

    assert verifier.verify(new).subject == verifier.verify(old).subject == "forewarn"


def test_a_key_that_was_withdrawn_is_refused_when_the_keys_are_read_again(
    oidc_alone: OidcServer, http: httpx.Client
) -> None:
    clock = Clock()
    verifier = verifier_of(oidc_alone, http, clock=clock)
    old = oidc_alone.token()
    verifier.verify(old)

    oidc_alone.rotate(keep_old=False)
    clock.now += 300.0

    with pytest.raises(TokenRejected, match="not one of the issuer's"):
        verifier.verify(old)


def test_tokens_with_made_up_keys_do_not_make_us_ask_the_provider_each_time(oidc: OidcServer) -> None:
    asked: list[httpx.Request] = []
    with httpx.Client(event_hooks={"request": [asked.append]}) as http:
        verifier = verifier_of(oidc, http, clock=Clock())
        for number in range(50):
            with pytest.raises(TokenRejected, match="not one of the issuer's"):
                verifier.verify(signed(oidc, claims_of(oidc), kid=f"made-up-{number}"))

    assert len(asked) == 1


def test_while_the_provider_is_down_its_keys_hold_for_an_hour(oidc_alone: OidcServer, http: httpx.Client) -> None:
    clock = Clock()
    verifier = verifier_of(oidc_alone, http, clock=clock)
    token = oidc_alone.token()
    verifier.verify(token)
    oidc_alone.stop()

    clock.now += 3000.0
    assert verifier.verify(token).subject == "forewarn"
    clock.now += 1000.0
    with pytest.raises(KeysUnavailable, match="is the OpenID provider up"):
        verifier.verify(token)


def test_with_no_keys_at_all_no_token_is_judged(http: httpx.Client, oidc: OidcServer) -> None:
    verifier = verifier_of(oidc, http, jwks_url="http://127.0.0.1:1/jwks")

    with pytest.raises(KeysUnavailable):
        verifier.verify(oidc.token())
