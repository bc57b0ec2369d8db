"""Where the API listens, and whose tokens it takes."""

from __future__ import annotations

import ipaddress
from datetime import timedelta
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from controlplane.config import HttpUrl, Issuer


def _address(text: str) -> str:
    if text == "localhost":
        return text
    try:
        return str(ipaddress.ip_address(text.strip("[]")))
    except ValueError as error:
        raise ValueError(f"{text!r} is no address to listen on: write 127.0.0.1, ::1, 0.0.0.0 or localhost") from error


class OidcConfig(BaseModel):
    """Who issues the tokens that callers bring, and what a token must say."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    issuer: Issuer = Field(description="The `iss` of tokens, to the letter: https://keycloak/realms/REALM")
    audience: str = Field(min_length=1, description="What `aud` must hold.")
    jwks_url: HttpUrl | None = Field(
        default=None, description="Where the keys are; without it, the issuer's discovery document tells."
    )
    read_role: str = Field(default="", description="The role that may read; empty: any valid token may.")
    write_role: str = Field(default="forewarn-operator", description="The role that may change things.")
    leeway: timedelta = Field(
        default=timedelta(seconds=30), ge=timedelta(0), description="By how much clocks may differ."
    )


class ApiConfig(BaseModel):
    """The read API."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = Field(default=True, description="Whether `forewarn serve` serves it.")
    address: Annotated[str, AfterValidator(_address)] = Field(
        default="127.0.0.1", description="The address to listen on. Any but loopback needs `oidc`."
    )
    port: int = Field(default=8080, ge=0, le=65535, description="The port; 0 takes a free one.")
    oidc: OidcConfig | None = Field(
        default=None, description="Whose tokens are taken. Without it nobody is asked for one, on loopback only."
    )
    public_url: HttpUrl | None = Field(
        default=None,
        description="Where people reach it: https://forewarn.example.com/api/v1. Incidents and reports link to it.",
    )
    requests_per_minute: int = Field(default=600, ge=1, description="What one caller may ask for in a minute.")

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach it."""
        return self.address == "localhost" or ipaddress.ip_address(self.address).is_loopback

    @model_validator(mode="after")
    def _open_to_nobody(self) -> Self:
        if self.enabled and self.oidc is None and not self.loopback:
            raise ValueError(
                f"would serve everybody on {self.address} without a token: give `oidc`, or listen on 127.0.0.1"
            )
        return self
