"""Access tokens for the Control Plane: the OAuth 2.0 client-credentials grant (RFC 6749, 4.4)."""

from __future__ import annotations

import threading
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus

import httpx
import structlog
from pydantic import SecretStr
from pydantic_core import from_json

from controlplane.answers import excerpt
from controlplane.config import TokenConfig
from controlplane.errors import ControlPlaneError, CredentialRejected, TokenUnavailable
from controlplane.wire import Reply, boot_clock, exchange

OPERATION = "token"
MAX_TOKEN_BYTES = 64 * 1024
UNTOLD_LIFETIME_SECONDS = 60.0  # expires_in is only recommended: without it a token is used for a minute
RENEWAL_PAUSE_SECONDS = 5.0  # after an early renewal that failed, while the old token still holds

log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Token:
    value: str = field(repr=False)
    renew_at: float
    expires_at: float


class TokenSource:
    """Gives a valid access token, from a cache that all threads share.

    A token is renewed when `renew_at` of its lifetime is over. One thread at a time asks for a new one; while the
    old one still holds, the others go on with it.
    """

    def __init__(
        self,
        config: TokenConfig,
        http: httpx.Client,
        *,
        total_seconds: float = 10.0,
        clock: Callable[[], float] = boot_clock,
    ) -> None:
        self._config = config
        self._http = http
        self._total_seconds = total_seconds
        self._clock = clock
        self._token: _Token | None = None
        self._fetching = threading.Lock()

    def __repr__(self) -> str:
        return f"TokenSource({self._config.url!r}, client_id={self._config.client_id!r})"

    def get(self) -> str:
        """A token that is valid now.

        Raises `CredentialRejected` when our id or secret is refused, and `TokenUnavailable` when the token endpoint
        can't be reached or answers nonsense.
        """
        token = self._token
        now = self._clock()
        if token is not None and now < token.renew_at:
            return token.value
        holds = token is not None and now < token.expires_at
        if not self._fetching.acquire(blocking=not holds):
            return token.value if token is not None else self.get()
        try:
            return self._renew(token)
        finally:
            self._fetching.release()

    def drop(self, value: str) -> None:
        """Forget this token, which the Control Plane refused; a newer one is kept."""
        token = self._token
        if token is not None and token.value == value:
            self._token = None

    def _renew(self, seen: _Token | None) -> str:
        current = self._token
        if current is not None and current is not seen:
            return current.value  # another thread was faster
        try:
            self._token = self._fetch()
        except ControlPlaneError as error:
            now = self._clock()
            if current is None or now >= current.expires_at:
                raise
            log.warning("token.renewal_failed", error=str(error), holds_seconds=round(current.expires_at - now))
            self._token = _Token(current.value, now + RENEWAL_PAUSE_SECONDS, current.expires_at)
        return self._token.value

    def _fetch(self) -> _Token:
        request = self._request()
        asked_at = self._clock()
        try:
            reply = exchange(
                self._http,
                request,
                operation=OPERATION,
                total_seconds=self._total_seconds,
                clock=self._clock,
                max_bytes=MAX_TOKEN_BYTES,
            )
        except ControlPlaneError as error:
            raise TokenUnavailable(str(error), operation=OPERATION) from error
        if reply.status != 200:
            raise self._refusal(reply)
        value, lifetime = _read_token(reply)
        log.info("token.fetched", client_id=self._config.client_id, lifetime_seconds=lifetime)
        return _Token(value, asked_at + lifetime * self._config.renew_at, asked_at + lifetime)

    def _request(self) -> httpx.Request:
        config = self._config
        form = {"grant_type": "client_credentials"}
        extra = {"scope": config.scope, "audience": config.audience, "resource": config.resource}
        form |= {name: value for name, value in extra.items() if value}
        secret = self._secret()
        headers = {"accept": "application/json"}
        if config.method == "post":
            form |= {"client_id": config.client_id, "client_secret": secret.get_secret_value()}
        else:
            # RFC 6749, 2.3.1: both parts are form-encoded before they become a Basic header.
            pair = f"{quote_plus(config.client_id)}:{quote_plus(secret.get_secret_value())}"
            headers["authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        return self._http.build_request("POST", config.url, data=form, headers=headers)

    def _secret(self) -> SecretStr:
        try:
            return self._config.secret()
        except (OSError, ValueError) as error:
            raise CredentialRejected(f"the client secret can't be read: {error}", operation=OPERATION) from None

    def _refusal(self, reply: Reply) -> ControlPlaneError:
        text = excerpt(reply.body)
        where = f"{self._config.url} answered {reply.status} to client {self._config.client_id!r}: {text}"
        if reply.status in {400, 401, 403}:
            return CredentialRejected(
                f"{where}; check client_id, client_secret and scope", operation=OPERATION, status=reply.status
            )
        return TokenUnavailable(where, operation=OPERATION, status=reply.status)


def _read_token(reply: Reply) -> tuple[str, float]:
    """The token and its lifetime in seconds. Says nothing of the answer's text: it may hold a token."""
    try:
        answer: Any = from_json(reply.body)
    except ValueError:
        raise TokenUnavailable("the token endpoint's answer is not JSON", operation=OPERATION) from None
    if not isinstance(answer, dict):
        raise TokenUnavailable("the token endpoint's answer is not a JSON object", operation=OPERATION)
    value, kind = answer.get("access_token"), str(answer.get("token_type", "bearer"))
    usable = isinstance(value, str) and value.isascii() and value.isprintable() and " " not in value and value
    if not usable or kind.lower() != "bearer":
        raise TokenUnavailable("the token endpoint's answer has no bearer token", operation=OPERATION)
    lifetime = answer.get("expires_in", UNTOLD_LIFETIME_SECONDS)
    seconds = float(lifetime) if isinstance(lifetime, int | float) else UNTOLD_LIFETIME_SECONDS
    return str(value), max(seconds, 1.0)
