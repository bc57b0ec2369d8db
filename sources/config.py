"""The settings of sources, as they stand in the configuration file under `sources:`."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from promql_parser import parse_duration
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    field_validator,
    model_validator,
)

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def _duration(value: Any) -> Any:
    """A Prometheus duration as text (`30s`, `1h30m`) as a time span; anything else is left to pydantic."""
    if not isinstance(value, str) or value.startswith("P"):
        return value
    try:
        return parse_duration(value)
    except ValueError as error:
        raise ValueError(f"{value!r} is no duration: write it as 30s, 5m, 1h30m or 2d") from error


def _positive(span: timedelta) -> timedelta:
    if span <= timedelta(0):
        raise ValueError("a time limit is more than zero")
    return span


Duration = Annotated[timedelta, BeforeValidator(_duration), AfterValidator(_positive)]


class HttpConfig(BaseModel):
    """How a source is reached over HTTP, and as whom."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    url: str = Field(description="base address, such as http://prometheus:9090; a path prefix is kept")
    headers: dict[str, SecretStr] = Field(default_factory=dict, description="sent with every request")
    tenant: str | None = Field(default=None, description="sent as X-Scope-OrgID (Mimir, Loki, Cortex)")
    tenant_header: str = "X-Scope-OrgID"
    bearer_token: SecretStr | None = None
    bearer_token_file: Path | None = Field(
        default=None, description="read anew for every request, so that it may be rotated"
    )
    username: str | None = None
    password: SecretStr | None = None
    password_file: Path | None = None
    ca_file: Path | None = Field(
        default=None,
        description="certificates to trust instead of the system's; from Python 3.13 on they have to keep RFC 5280 "
        "(key identifiers, key usage)",
    )
    cert_file: Path | None = Field(default=None, description="client certificate for mTLS")
    key_file: Path | None = None
    gzip: bool = Field(
        default=False, description="ask for compressed answers: pays only on links slower than about 70 Mbit/s"
    )
    concurrency: int = Field(default=2, ge=1, le=32, description="requests in flight at once")
    connect_timeout: Duration = timedelta(seconds=5)
    timeout: Duration = Field(default=timedelta(seconds=150), description="for one request, without any byte arriving")
    total_timeout: Duration = Field(
        default=timedelta(minutes=15), description="for one query with all its requests and retries"
    )
    attempts: int = Field(default=5, ge=1, le=20, description="tries of one request before it is given up")
    max_response_bytes: int = Field(
        default=512 * 2**20, ge=1024, description="an answer longer than this is asked for in parts"
    )

    @field_validator("url")
    @classmethod
    def _plain_url(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("an address begins with http:// or https:// and names a host")
        if parts.username is not None or parts.password is not None:
            raise ValueError("keep credentials out of the address: use username and password_file")
        if parts.query or parts.fragment:
            raise ValueError("an address ends with its path: it has no ? and no #")
        return url.rstrip("/")

    @field_validator("headers")
    @classmethod
    def _plain_headers(cls, headers: dict[str, SecretStr]) -> dict[str, SecretStr]:
        for name, value in headers.items():
            if not _HEADER_NAME.fullmatch(name) or not value.get_secret_value().isprintable():
                raise ValueError(
                    f"header {name!r} can't be sent: its name or its value has characters that are not allowed"
                )
        return headers

    @model_validator(mode="after")
    def _one_way_to_sign_in(self) -> HttpConfig:
        bearer = [self.bearer_token, self.bearer_token_file]
        basic = [self.username, self.password, self.password_file]
        if _given(bearer) > 1 or (_given(bearer) and _given(basic)):
            raise ValueError("give one of bearer_token, bearer_token_file, or username with a password")
        if _given(basic) and (self.username is None or _given(basic) != 2):
            raise ValueError("basic authentication takes username and one of password, password_file")
        if self.key_file is not None and self.cert_file is None:
            raise ValueError("key_file belongs to a cert_file")
        return self

    def secrets(self) -> tuple[str, ...]:
        """The secrets that are written in the configuration itself, to keep them out of messages."""
        kept = [*self.headers.values(), self.bearer_token, self.password]
        return tuple(secret.get_secret_value() for secret in kept if secret is not None)


class PrometheusConfig(HttpConfig):
    """A Prometheus, or what speaks its API: VictoriaMetrics, Thanos, Mimir."""

    kind: Literal["prometheus", "victoriametrics"] = "prometheus"
    method: Literal["post", "get"] = Field(
        default="post", description="post lets queries be long; get where a proxy asks for it"
    )
    slice_hours: float = Field(default=48.0, gt=0, description="a long window is asked for in slices of this length")
    max_points: int = Field(
        default=11_000, ge=2, description="points a series in one answer: Prometheus refuses more than 11,000"
    )
    max_samples: int | None = Field(
        default=None, ge=1, description="samples that one request should bring; none for what suits the kind"
    )

    @property
    def place(self) -> str:
        """Where it is, for messages."""
        return self.url

    @property
    def samples_per_request(self) -> int:
        """Few enough to keep memory small; more for VictoriaMetrics, which unpacks whole blocks for each request."""
        return self.max_samples or (600_000 if self.kind == "victoriametrics" else 150_000)


class FilesConfig(BaseModel):
    """History in files: OpenMetrics text, CSV or Parquet. The whole product runs on them with no server."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["files"]
    path: Path = Field(description="a file, or a folder of files")

    @property
    def place(self) -> str:
        """Where it is, for messages."""
        return str(self.path)


SourceConfig = Annotated[PrometheusConfig | FilesConfig, Field(discriminator="kind")]


def _given(settings: list[Any]) -> int:
    return sum(setting is not None for setting in settings)
