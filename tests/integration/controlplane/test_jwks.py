"""Tokens of a real OpenID provider, and tokens that only look like it."""

from __future__ import annotations

import json
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from controlplane.jwks import MOST_WAITING, REFETCH_SECONDS, KeySource, KeysUnavailable, TokenRejected, TokenVerifier
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
    "an expiry without end": ({"exp": 10**400}, "not a time"),
    "a start without end": ({"nbf": 10**400}, "not a time"),
    "a token of who somebody is": ({"typ": "ID"}, "no access token"),
    "a token to log out with": ({"typ": "Logout"}, "no access token"),
    "a token to get others with": ({"typ": "Refresh"}, "no access token"),
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


@pytest.mark.parametrize("kind", ["logout+jwt", "application/logout+jwt", "dpop+jwt"])
def test_a_token_whose_header_says_that_it_is_for_something_else_is_refused(
    oidc: OidcServer, http: httpx.Client, kind: str
) -> None:
    with pytest.raises(TokenRejected, match="no access token"):
        verifier_of(oidc, http).verify(signed(oidc, claims_of(oidc), typ=kind))


@pytest.mark.parametrize("kind", ["JWT", "at+jwt", "application/at+jwt"])
def test_a_token_whose_header_says_that_it_is_for_access_is_good(
    oidc: OidcServer, http: httpx.Client, kind: str
) -> None:
    assert verifier_of(oidc, http).verify(signed(oidc, claims_of(oidc, typ="Bearer"), typ=kind)).subject == "forewarn"


@pytest.mark.parametrize(
    "header",
    [
        '{"alg":"RS256","kid":"k1","crit":5}',
        '{"alg":"RS256","kid":"k1","crit":["x"],"x":1}',
        '{"alg":"RS256","kid":"k1","jwk":5}',
        '{"alg":"RS256","kid":"k1","b64":"x"}',
        '{"alg":"RS256","kid":"k1","typ":5}',
        '{"alg":["RS256"],"kid":"k1"}',
        '{"alg":"RS256","kid":"\\ud800"}',
        '{"alg":"RS256","kid":"k1","x":' + "9" * 5000 + "}",
        "[" * 12_000,
        "null",
        "5",
    ],
    ids=lambda header: header[:50],
)
def test_a_header_that_means_to_break_something_is_refused(oidc: OidcServer, http: httpx.Client, header: str) -> None:
    token = f"{urlsafe_b64encode(header.encode()).rstrip(b'=').decode()}.e30.c2ln"

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


class Provider:
    """Answers that a provider might give, by path; a path that is not there is 503."""

    def __init__(self) -> None:
        self.pages: dict[str, Any] = {}
        self.asked: list[str] = []
        self.wait: Callable[[], object] = lambda: None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.path)
        self.wait()
        page = self.pages.get(request.url.path)
        return httpx.Response(503) if page is None else httpx.Response(200, json=page)


OWN = new_key("own")
JWKS = {"keys": [{name: OWN[name] for name in ("kty", "n", "e", "kid")}]}
DISCOVERY = "/.well-known/openid-configuration"


def own_token(issuer: str, kid: str = "own") -> str:
    claims = {"iss": issuer, "aud": "control-plane", "exp": int(time.time()) + 60, "sub": "ana"}
    return jwt.encode({"alg": "RS256", "kid": kid}, claims, RSAKey.import_key(OWN))


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
def to_provider(provider: Provider) -> Iterator[httpx.Client]:
    with httpx.Client(transport=httpx.MockTransport(provider)) as client:
        yield client


@pytest.mark.parametrize("page", [{"keys": None}, {"keys": 5}, {"keys": {"a": 1}}, {}, [1], 5], ids=json.dumps)
def test_an_answer_that_holds_no_keys_is_no_answer(provider: Provider, to_provider: httpx.Client, page: Any) -> None:
    provider.pages = {"/jwks": page}
    verifier = TokenVerifier("http://sso", "control-plane", "http://sso/jwks", http=to_provider)

    with pytest.raises(KeysUnavailable):
        verifier.verify(own_token("http://sso"))


@pytest.mark.parametrize(("issuer", "other"), [("http://sso/", "http://sso"), ("http://sso", "http://sso/")])
def test_a_slash_at_the_end_of_an_issuer_counts(
    provider: Provider, to_provider: httpx.Client, issuer: str, other: str
) -> None:
    provider.pages = {DISCOVERY: {"issuer": issuer, "jwks_uri": "http://sso/keys"}, "/keys": JWKS}
    verifier = TokenVerifier(issuer, "control-plane", http=to_provider)

    assert verifier.verify(own_token(issuer)).subject == "ana"
    with pytest.raises(TokenRejected, match="another issuer"):
        verifier.verify(own_token(other))


def test_a_provider_that_calls_itself_otherwise_is_not_followed(provider: Provider, to_provider: httpx.Client) -> None:
    provider.pages = {DISCOVERY: {"issuer": "http://sso/", "jwks_uri": "http://sso/keys"}, "/keys": JWKS}

    with pytest.raises(KeysUnavailable):
        TokenVerifier("http://sso", "control-plane", http=to_provider).verify(own_token("http://sso"))
    with pytest.raises(KeysUnavailable, match="calls itself 'http://sso/'"):
        KeySource("http://sso", None, to_provider).url()


def test_where_the_keys_are_is_asked_for_again_when_the_provider_comes_late_or_moves_them(
    provider: Provider, to_provider: httpx.Client
) -> None:
    clock = Clock()
    verifier = TokenVerifier("http://sso", "control-plane", http=to_provider, clock=clock)
    with pytest.raises(KeysUnavailable):
        verifier.verify(own_token("http://sso"))

    provider.pages = {DISCOVERY: {"jwks_uri": "http://sso/keys"}, "/keys": JWKS}
    clock.now += REFETCH_SECONDS
    assert verifier.verify(own_token("http://sso")).subject == "ana"

    provider.pages = {DISCOVERY: {"jwks_uri": "http://sso/moved"}, "/moved": JWKS}
    clock.now += 300.0
    assert verifier.verify(own_token("http://sso")).subject == "ana"
    assert provider.asked[-1] == "/moved"


def test_without_a_discovery_document_keys_are_where_keycloak_keeps_them(
    provider: Provider, to_provider: httpx.Client
) -> None:
    provider.pages = {"/realms/sre/protocol/openid-connect/certs": JWKS}
    issuer = "http://sso/realms/sre"

    assert TokenVerifier(issuer, "control-plane", http=to_provider).verify(own_token(issuer)).subject == "ana"


def test_tokens_of_unknown_keys_do_not_pile_up_behind_a_provider_that_is_slow(
    provider: Provider, to_provider: httpx.Client
) -> None:
    clock, answers = Clock(), threading.Event()
    provider.pages = {"/jwks": JWKS}
    verifier = TokenVerifier("http://sso", "control-plane", "http://sso/jwks", http=to_provider, clock=clock)
    verifier.verify(own_token("http://sso"))
    clock.now += REFETCH_SECONDS
    provider.wait = lambda: answers.wait(30)

    made_up, good = own_token("http://sso", "made-up"), own_token("http://sso")

    def seconds(token: str) -> tuple[float, str]:
        begin = time.monotonic()
        try:
            said = verifier.verify(token).subject
        except (KeysUnavailable, TokenRejected) as error:
            said = type(error).__name__
        return time.monotonic() - begin, said

    with ThreadPoolExecutor(40) as threads:
        asks = threads.submit(seconds, made_up)
        while len(provider.asked) < 2:
            time.sleep(0.01)
        piled = [threads.submit(seconds, made_up) for _ in range(30)]
        waits = [one.result() for one in piled]
        known = seconds(good)
        answers.set()

    assert {said for _, said in waits} == {"KeysUnavailable"}
    assert sum(took > 0.5 for took, _ in waits) <= MOST_WAITING
    assert known[1] == "ana"
    assert known[0] < 1.0
    assert asks.result()[1] == "TokenRejected"
    assert len(provider.asked) == 2
