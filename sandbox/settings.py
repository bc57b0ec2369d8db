"""How the sandbox behaves."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.engine import URL, make_url


@dataclass(frozen=True, slots=True)
class TokenSettings:
    """Whose tokens are accepted."""

    issuer: str
    audience: str
    jwks_url: str
    leeway_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class SandboxSettings:
    """`database_url` is a Postgres URL or libpq's; everything is kept in its schema `sandbox`."""

    database_url: str
    tokens: TokenSettings | None = None  # None: no token is asked for
    honour_keys: bool = True  # off: Idempotency-Key is ignored, as the contract allows


def engine_url(text: str) -> URL:
    """The URL as SQLAlchemy takes it, with psycopg 3 as its driver."""
    url = make_url(text)
    return url.set(drivername="postgresql+psycopg") if url.get_backend_name() == "postgresql" else url
