"""Checks access tokens against an OpenID provider's published keys (RFC 7517, 7519, 9068)."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
import structlog
from joserfc import jwk, jws, jwt
from joserfc.errors import BadSignatureError, JoseError
from pydantic_core import from_json

from controlplane.errors import ControlPlaneError
from controlplane.wire import boot_clock, exchange
from domain.times import from_epoch

ALGORITHM = "RS256"
MAX_TOKEN_CHARACTERS = 16_384
MAX_JWKS_BYTES = 1024 * 1024
KEYS_LIFETIME_SECONDS = 300.0  # a key that is withdrawn is refused after this time at the latest ...
KEYS_HARD_LIFETIME_SECONDS = 3600.0  # ... or after this one, while the provider can't be reached
REFETCH_SECONDS = 10.0  # an unknown key asks the provider again at most this often
WAIT_SECONDS = 1.0  # so long a token waits for keys that another one has asked for ...
MOST_WAITING = 8  # ... and so many of them: more would take the threads of those whose key is known
MOST_SECONDS = 1e12  # of a time in a token: far beyond every calendar
OTHER_KINDS = frozenset({"id", "logout", "refresh", "offline"})  # Keycloak's `typ` of what is no access token
# What a library says to a token that means to break it: parts of wrong types, endless numbers, endless brackets.
UNREADABLE = (JoseError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)

log = structlog.stdlib.get_logger(__name__)


class TokenRejected(Exception):
    """The token is not to be trusted; `reason` says why, and never holds the token."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class KeysUnavailable(Exception):
    """The provider's keys can't be had just now, so no token can be judged: answer 503, not 401."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What a valid token says. `roles` are the realm's and, for our audience, the client's (Keycloak's claims)."""

    subject: str
    client_id: str
    roles: frozenset[str]
    scopes: frozenset[str]
    expires_at: datetime
    raw: Mapping[str, Any]


class TokenVerifier:
    """Checks signature (RS256 alone), kind, issuer, audience, expiry and start of a token. Safe for many threads.

    The issuer is compared to the letter, with or without a slash at its end, as the provider writes it. Without
    `jwks_url`, the issuer's discovery document tells where the keys are.
    """

    def __init__(
        self,
        issuer: str,
        audience: str,
        jwks_url: str | None = None,
        *,
        http: httpx.Client,
        leeway: float = 30.0,
        now: Callable[[], float] = time.time,
        clock: Callable[[], float] = boot_clock,
    ) -> None:
        self._issuer = issuer
        self._audience = audience
        self._leeway = leeway
        self._now = now
        self._keys = _KeyCache(KeySource(issuer, jwks_url, http), clock)

    def verify(self, token: str) -> Claims:
        """The claims of a valid token.

        Raises `TokenRejected` for any other, and `KeysUnavailable` when the provider's keys can't be had.
        """
        if len(token) > MAX_TOKEN_CHARACTERS:
            raise TokenRejected(f"the token is longer than {MAX_TOKEN_CHARACTERS} characters")
        key = self._keys.get(_key_name(token))
        try:
            claims = jwt.decode(token, key, algorithms=[ALGORITHM]).claims
        except BadSignatureError:
            raise TokenRejected("its signature is wrong") from None
        except UNREADABLE as error:
            raise TokenRejected(f"it can't be read: {type(error).__name__}") from None
        self._check(claims)
        return _claims(claims, self._audience)

    def _check(self, claims: Mapping[str, Any]) -> None:
        now = self._now()
        if str(claims.get("typ", "")).lower() in OTHER_KINDS:
            raise TokenRejected("it is no access token")
        if claims.get("iss") != self._issuer:
            raise TokenRejected("it is of another issuer")
        audience = claims.get("aud")
        if self._audience not in (audience if isinstance(audience, list) else [audience]):
            raise TokenRejected(f"it is not for audience {self._audience!r}")
        expires, begins = _instant(claims, "exp"), _instant(claims, "nbf")
        if expires is None:
            raise TokenRejected("it has no expiry")
        if now >= expires + self._leeway:
            raise TokenRejected("it has expired")
        if begins is not None and now < begins - self._leeway:
            raise TokenRejected("it is not valid yet")


def _key_name(token: str) -> str:
    """The `kid` of a token whose header is otherwise as we want it."""
    try:
        header = jws.extract_compact(token.encode("ascii")).headers()
    except UNREADABLE:
        raise TokenRejected("it is not a signed JWT") from None
    kind = str(header.get("typ", "")).lower().removeprefix("application/")
    if kind.endswith("+jwt") and kind != "at+jwt":  # RFC 9068; `logout+jwt` and others are for other things
        raise TokenRejected("it is no access token")
    if header.get("alg") != ALGORITHM:
        raise TokenRejected(f"it is not signed with {ALGORITHM}")
    kid = header.get("kid")
    if not isinstance(kid, str) or not 0 < len(kid) <= 256:
        raise TokenRejected("it does not name its key")
    return kid


def _instant(claims: Mapping[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not -MOST_SECONDS < value < MOST_SECONDS:
        raise TokenRejected(f"its {name} is not a time")
    return float(value)


def _claims(claims: Mapping[str, Any], audience: str) -> Claims:
    roles = _names(_part(claims, "realm_access").get("roles"))
    roles |= _names(_part(_part(claims, "resource_access"), audience).get("roles"))
    client = claims.get("azp") or claims.get("client_id") or ""
    scope = claims.get("scope")
    try:
        expires_at = from_epoch(float(claims["exp"]))
    except (OverflowError, OSError, ValueError):
        raise TokenRejected("its exp is not a time") from None
    scopes = frozenset(scope.split()) if isinstance(scope, str) else frozenset[str]()
    return Claims(str(claims.get("sub", "")), str(client), roles, scopes, expires_at, claims)


def _part(claims: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = claims.get(name)
    return value if isinstance(value, Mapping) else {}


def _names(value: object) -> frozenset[str]:
    return frozenset(item for item in value if isinstance(item, str)) if isinstance(value, list) else frozenset()


class _KeyCache:
    """The provider's RS256 keys by name, fetched anew when they are old or a name is not among them."""

    def __init__(self, source: KeySource, clock: Callable[[], float]) -> None:
        self._source = source
        self._clock = clock
        self._lock = threading.Lock()
        self._waiting = threading.BoundedSemaphore(MOST_WAITING)
        self._keys: dict[str, jwk.RSAKey] = {}
        self._fetched_at = -math.inf
        self._tried_at = -math.inf

    def get(self, kid: str) -> jwk.RSAKey:
        """The key of that name. Raises `TokenRejected` when the provider has none such."""
        key = self._keys.get(kid)
        age = self._clock() - self._fetched_at
        if key is None or age >= KEYS_LIFETIME_SECONDS:
            # Who knows the key goes on with it while another thread asks; the others wait for the answer.
            if self._take_turn(waits=key is None or age >= KEYS_HARD_LIFETIME_SECONDS):
                try:
                    self._refresh()
                finally:
                    self._lock.release()
            key = self._keys.get(kid)
        if key is None:
            raise TokenRejected("its key is not one of the issuer's")
        return key

    def _take_turn(self, *, waits: bool) -> bool:
        """Whether this thread may ask. Raises `KeysUnavailable` where it would have to wait for long."""
        if self._lock.acquire(blocking=False):
            return True
        if not waits:
            return False
        if self._waiting.acquire(blocking=False):
            try:
                if self._lock.acquire(timeout=WAIT_SECONDS):
                    return True
            finally:
                self._waiting.release()
        raise KeysUnavailable("the provider has been asked for its keys, and has not answered yet")

    def _refresh(self) -> None:
        """Fetch the keys, but not again so soon. Old keys are kept through a fault until they are too old."""
        now = self._clock()
        if now - self._tried_at >= REFETCH_SECONDS:
            self._tried_at = now
            try:
                self._keys = self._source.fetch()
                self._fetched_at = now
            except (ControlPlaneError, KeysUnavailable) as error:
                log.warning("jwks.fetch_failed", issuer=self._source.issuer, error=str(error))
        if now - self._fetched_at >= KEYS_HARD_LIFETIME_SECONDS:
            raise KeysUnavailable(f"the keys of {self._source.issuer} can't be had: is the OpenID provider up?")


class KeySource:
    """Where an issuer publishes its keys: at `jwks_url`, or where its discovery document says so at the time."""

    def __init__(self, issuer: str, jwks_url: str | None, http: httpx.Client) -> None:
        self.issuer = issuer
        self._given = jwks_url
        self._http = http

    def fetch(self) -> dict[str, jwk.RSAKey]:
        """The keys by name. Raises `KeysUnavailable`, or an error of the exchange."""
        url = self.url()
        published = self._document(url, "jwks").get("keys")
        if not isinstance(published, list):
            raise KeysUnavailable(f"{url} does not answer with a JWKS")
        keys = [key for item in published if (key := _signing_key(item)) is not None]
        return {str(key.kid): key for key in keys}

    def url(self) -> str:
        """Where the keys are: as given, or as the discovery document says (OpenID Connect Discovery 1.0).

        While that can't be had, where Keycloak keeps them. Raises `KeysUnavailable` for a document of another issuer.
        """
        if self._given is not None:
            return self._given
        root = self.issuer.rstrip("/")
        try:
            document = self._document(f"{root}/.well-known/openid-configuration", "discovery")
        except (ControlPlaneError, KeysUnavailable) as error:
            log.warning("jwks.discovery_failed", issuer=self.issuer, error=str(error))
            document = {}
        named = document.get("issuer", self.issuer)
        if named != self.issuer:
            raise KeysUnavailable(f"the provider calls itself {named!r}: write `issuer` so, to the letter")
        found = document.get("jwks_uri")
        if isinstance(found, str) and found.startswith(("https://", "http://")):
            return found
        return f"{root}/protocol/openid-connect/certs"

    def _document(self, url: str, operation: str) -> dict[str, Any]:
        request = self._http.build_request("GET", url, headers={"accept": "application/json"})
        reply = exchange(self._http, request, operation=operation, total_seconds=10.0, max_bytes=MAX_JWKS_BYTES)
        if reply.status != 200:
            raise KeysUnavailable(f"{url} answered {reply.status}")
        try:
            document = from_json(reply.body)
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise KeysUnavailable(f"{url} does not answer with a JSON object")
        return document


def _signing_key(item: object) -> jwk.RSAKey | None:
    """An RSA key for RS256 signatures; None for every other kind of key, which a provider may publish too."""
    if not isinstance(item, dict) or item.get("kty") != "RSA" or not item.get("kid"):
        return None
    if item.get("use", "sig") != "sig" or item.get("alg", ALGORITHM) != ALGORITHM:
        return None
    try:
        return jwk.RSAKey.import_key({name: item[name] for name in ("kty", "n", "e", "kid")})
    except (JoseError, ValueError, KeyError, TypeError):
        return None
