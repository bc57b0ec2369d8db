"""How the Control Plane is reached, and how the outbox is emptied."""

from __future__ import annotations

import ipaddress
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator


def _http_url(text: str) -> str:
    """An http or https URL with a host and without a query, password or trailing slash."""
    return _issuer(text).rstrip("/")


def _issuer(text: str) -> str:
    """An http or https URL with a host and without a query or password; a slash at its end is a part of its name."""
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"{text!r} is not an http or https URL with a host: write it as https://host:port/path")
    if parts.username or parts.password:
        raise ValueError("a URL holds no user or password: secrets belong into a file")
    if parts.query or parts.fragment:
        raise ValueError(f"{text!r} has a query or a fragment: give the URL without them")
    return text


HttpUrl = Annotated[str, AfterValidator(_http_url)]
Issuer = Annotated[str, AfterValidator(_issuer)]


def is_loopback(url: str) -> bool:
    """Whether the URL leads to this machine alone."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class TokenConfig(BaseModel):
    """The OAuth 2.0 client-credentials grant. Give the secret itself, or better the file that holds it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: HttpUrl = Field(description="The token endpoint: https://keycloak/realms/REALM/protocol/openid-connect/token")
    client_id: str = Field(min_length=1, description="Our client id there.")
    client_secret: SecretStr | None = Field(default=None, description="Our secret. Prefer client_secret_file.")
    client_secret_file: Path | None = Field(
        default=None, description="A file with our secret; read anew for every token, so a new secret needs no restart."
    )
    method: Literal["basic", "post"] = Field(default="basic", description="How the secret is sent: header or form.")
    scope: str = Field(default="", description="Scopes to ask for, space between; empty: the provider's default.")
    audience: str = Field(default="", description="The audience parameter, where the provider wants one.")
    resource: str = Field(default="", description="The resource parameter of RFC 8707, where the provider wants one.")
    renew_at: float = Field(
        default=0.8, gt=0, lt=1, description="The share of its lifetime after which a token is renewed."
    )

    @model_validator(mode="after")
    def _one_secret(self) -> Self:
        if (self.client_secret is None) == (self.client_secret_file is None):
            raise ValueError("give either client_secret or client_secret_file")
        return self

    def secret(self) -> SecretStr:
        """The client secret. Raises `OSError` where its file can't be read and `ValueError` where it is empty."""
        if self.client_secret is not None:
            return self.client_secret
        path = self.client_secret_file
        text = path.read_text(encoding="utf-8").strip() if path else ""
        if not text:
            raise ValueError(f"{path} is empty: write the client secret into it")
        return SecretStr(text)


class DispatcherConfig(BaseModel):
    """How the outbox is emptied. Times are durations (`30s` in YAML is `PT30S`, or a number of seconds)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    concurrency: int = Field(default=4, ge=1, le=64, description="Messages that are under way at once.")
    poll_interval: timedelta = Field(
        default=timedelta(seconds=2), gt=timedelta(0), description="How often an empty outbox is looked at."
    )
    settle_time: timedelta = Field(
        default=timedelta(seconds=30),
        ge=timedelta(0),
        description="How long a request without an answer may still take effect: it is looked up after this time.",
    )
    backoff_base: timedelta = Field(
        default=timedelta(seconds=5), gt=timedelta(0), description="The wait after the first failure; it doubles."
    )
    backoff_ceiling: timedelta = Field(
        default=timedelta(minutes=15), gt=timedelta(0), description="The longest wait between two tries."
    )
    pause: timedelta = Field(
        default=timedelta(minutes=1),
        gt=timedelta(0),
        description="How long all delivery rests on a credential fault, or where the URL leads nowhere.",
    )
    conflict_tries: int = Field(
        default=5,
        ge=1,
        description="Tries in a row after which a message is given up that meets a 409, or a 403 while others go out.",
    )


class ControlPlaneConfig(BaseModel):
    """Where the Control Plane is, who we are to it, and how long it may take."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = Field(default=True, description="Off: nothing is sent; messages stay in the outbox.")
    url: HttpUrl = Field(default="http://localhost:8081/api/v1", description="The base URL, up to and with /api/v1.")
    token: TokenConfig | None = Field(
        default=None, description="How tokens are got. Without it no token is sent, which only loopback URLs allow."
    )
    ca_file: Path | None = Field(
        default=None,
        description="A PEM file of authorities to trust; default: the system's. "
        "From Python 3.13 on they have to keep RFC 5280 (key identifiers, key usage).",
    )
    connect_timeout: timedelta = Field(
        default=timedelta(seconds=3), gt=timedelta(0), description="How long a connection may take."
    )
    total_timeout: timedelta = Field(
        default=timedelta(seconds=10),
        gt=timedelta(0),
        le=timedelta(minutes=5),
        description="How long one request may take, from the start to the last byte of its answer.",
    )
    dispatcher: DispatcherConfig = Field(default_factory=DispatcherConfig)

    @model_validator(mode="after")
    def _token_for_others(self) -> Self:
        if self.enabled and self.token is None and not is_loopback(self.url):
            raise ValueError(f"{self.url} is not on this machine: give `token` (url, client_id, client_secret_file)")
        return self
