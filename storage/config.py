"""Where the database is, how it is used, and how long things are kept in it."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from storage.errors import StorageError

Seconds = Annotated[timedelta, Field(gt=timedelta(0))]
Age = Annotated[timedelta, Field(ge=timedelta(days=1))]

DRIVER = "postgresql+psycopg"
RIGHT_ONE = "write it as postgresql://user:password@host:5432/name"
_PLACEHOLDER = re.compile(r"\$\{\w+\}|^\s*\$\w+\s*$")


def postgres_url(text: str) -> URL:
    """The URL of a Postgres, for psycopg 3. Raises `ValueError`, without the text: it may hold a password."""
    placeholder = _PLACEHOLDER.search(text)
    if placeholder is not None:
        advice = "set the variable FOREWARN_DATABASE__URL instead, or give url_file"
        raise ValueError(f"holds {placeholder[0].strip()}, and nothing is put in its place: {advice}")
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):  # ValueError: a port that is no number
        raise ValueError(f"is not one: {RIGHT_ONE}") from None
    if url.drivername not in ("postgresql", "postgres", DRIVER):
        raise ValueError(f"begins with {url.drivername}:// : Forewarn works with postgresql:// only; {RIGHT_ONE}")
    if url.port is not None and not 1 <= url.port <= 65_535:
        raise ValueError(f"names the port {url.port}, and ports go from 1 to 65535; {RIGHT_ONE}")
    return url.set(drivername=DRIVER)


class DatabaseConfig(BaseModel):
    """Where the database is. With neither `url` nor `url_file`, Forewarn runs a Postgres of its own in `data_dir`."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    url: SecretStr | None = Field(
        default=None, description="postgresql://user:password@host:5432/name of a Postgres from 15 to 18."
    )
    url_file: Path | None = Field(default=None, description="A file that holds the URL, such as a mounted secret.")
    data_dir: Path | None = Field(
        default=None,
        description="Folder of the embedded Postgres. Default: $XDG_STATE_HOME/forewarn or ~/.local/state/forewarn; "
        "/var/lib/forewarn for root.",
    )
    pool_size: int = Field(default=5, ge=1, le=200, description="Connections that are kept open.")
    pool_overflow: int = Field(default=5, ge=0, le=200, description="Connections beyond those, for a moment.")
    pool_timeout: Seconds = Field(default=timedelta(seconds=30), description="How long to wait for a connection.")
    connect_timeout: Seconds = Field(default=timedelta(seconds=10), description="How long to wait for the server.")
    statement_timeout: Seconds = Field(
        default=timedelta(seconds=60), description="How long one statement may take before the server stops it."
    )
    idle_transaction_timeout: Seconds = Field(
        default=timedelta(minutes=5), description="How long a transaction may do nothing before the server ends it."
    )
    application_name: str = Field(default="forewarn", min_length=1, max_length=63)

    @field_validator("url")
    @classmethod
    def _of_a_postgres(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None:
            postgres_url(url.get_secret_value())
        return url

    @model_validator(mode="after")
    def _one_way_to_say_it(self) -> DatabaseConfig:
        if self.url is not None and self.url_file is not None:
            raise ValueError("give either url or url_file, not both")
        return self

    @property
    def embedded(self) -> bool:
        """Whether Forewarn runs a Postgres of its own."""
        return self.url is None and self.url_file is None


def configured_url(config: DatabaseConfig) -> URL:
    """The configured URL, from its file where it is kept in one, always for psycopg 3."""
    if config.url_file is not None:
        try:
            text = config.url_file.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise StorageError(
                f"the database URL cannot be read from {config.url_file}: {error.strerror}. "
                "Check database.url_file and the permissions of that file"
            ) from error
        except UnicodeDecodeError:
            raise StorageError(f"the database URL cannot be read from {config.url_file}: it is no text") from None
    elif config.url is not None:
        text = config.url.get_secret_value()
    else:
        raise StorageError("no database URL is configured: set database.url or database.url_file")
    try:
        return postgres_url(text)
    except ValueError as error:
        raise StorageError(f"the database URL {error}") from None


class RetentionConfig(BaseModel):
    """How long each thing is kept. Findings that are not cleared, open incidents and dead messages are kept anyway."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    charts: Age = Field(default=timedelta(days=14), description="Charts of single entities: most of the bytes.")
    analyses: Age = Field(default=timedelta(days=120), description="What each run said of each entity, for grading.")
    runs: Age = Field(default=timedelta(days=400), description="Runs, with their shards.")
    reports: Age = Field(default=timedelta(days=400), description="Rendered reports.")
    findings: Age = Field(default=timedelta(days=400), description="Findings after they were cleared.")
    history: Age = Field(default=timedelta(days=400), description="How findings stood after each run.")
    incidents: Age = Field(default=timedelta(days=800), description="Incidents after they were resolved.")
    executions: Age = Field(default=timedelta(days=400), description="Automation executions after their end.")
    messages: Age = Field(default=timedelta(days=90), description="Messages of the outbox after they were delivered.")
    mutes: Age = Field(default=timedelta(days=400), description="Mutes after their end.")
    audit: Age = Field(default=timedelta(days=800), description="Entries of the audit log.")
