"""Where the database is: one way to say it, and no secret shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from storage.config import DatabaseConfig, configured_url
from storage.engine import open_engine
from storage.errors import StorageError

URL = "postgresql://fore:s3cret@db.example:5433/forewarn?sslmode=require"


def test_with_no_url_the_database_is_our_own() -> None:
    assert DatabaseConfig().embedded
    assert not DatabaseConfig(url=SecretStr(URL)).embedded
    assert not DatabaseConfig(url_file=Path("/run/secrets/url")).embedded


def test_the_url_is_given_in_one_place_only() -> None:
    with pytest.raises(ValidationError, match="either url or url_file, not both"):
        DatabaseConfig(url=SecretStr(URL), url_file=Path("/run/secrets/url"))


def test_a_key_that_is_none_is_refused() -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        DatabaseConfig.model_validate({"ulr": URL})


@pytest.mark.parametrize("name", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_usual_name_of_postgres_is_spoken_to_with_psycopg_3(name: str) -> None:
    url = configured_url(DatabaseConfig(url=SecretStr(URL.replace("postgresql", name))))

    assert url.drivername == "postgresql+psycopg"
    assert (url.host, url.port, url.database, url.password) == ("db.example", 5433, "forewarn", "s3cret")
    assert url.query == {"sslmode": "require"}


def test_the_url_is_read_from_its_file(tmp_path: Path) -> None:
    secret = tmp_path / "url"
    secret.write_text(f"{URL}\n")

    assert configured_url(DatabaseConfig(url_file=secret)).password == "s3cret"


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"cannot be read from .*nowhere: No such file.*database\.url_file"):
        configured_url(DatabaseConfig(url_file=tmp_path / "nowhere"))


WRONG = [
    ("s3cret", "is not one: write it as postgresql://"),
    ("", "is not one"),
    ("mysql://root:s3cret@db/x", "begins with mysql://.*write it as postgresql://"),
    ("sqlite:///s3cret.db", "begins with sqlite://"),
    ("postgresql://u:s3cret@db:99999/x", "names the port 99999, and ports go from 1 to 65535"),
    ("postgresql://u:s3cret@db:port/x", "is not one"),
    ("${DATABASE_URL}", r"holds \$\{DATABASE_URL\}, and nothing is put in its place: set the variable FOREWARN_"),
    ("$DATABASE_URL", r"holds \$DATABASE_URL, "),
]


@pytest.mark.parametrize(("text", "said"), WRONG)
def test_a_url_that_is_none_is_refused_with_the_configuration_without_showing_it(text: str, said: str) -> None:
    with pytest.raises(ValidationError, match=said) as caught:
        DatabaseConfig.model_validate({"url": text})

    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(("text", "said"), WRONG)
def test_a_url_that_is_none_in_its_file_is_said_so_without_showing_it(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "url").write_text(text)

    with pytest.raises(StorageError, match=said) as caught:
        configured_url(DatabaseConfig(url_file=tmp_path / "url"))

    assert "s3cret" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_opening_an_engine_for_a_url_connects_to_nothing() -> None:
    engine = open_engine(DatabaseConfig(url=SecretStr(URL)))

    assert "s3cret" not in repr(engine)
    engine.dispose()


def test_without_a_url_there_is_none_to_ask_for() -> None:
    with pytest.raises(StorageError, match="no database URL is configured"):
        configured_url(DatabaseConfig())
