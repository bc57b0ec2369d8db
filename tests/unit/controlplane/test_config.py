"""What a configuration may say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from controlplane.config import ControlPlaneConfig, TokenConfig

TOKEN: dict[str, Any] = {"url": "https://keycloak.example/token", "client_id": "forewarn", "client_secret": "s3cret"}


def test_the_default_leads_to_this_machine_and_asks_for_no_token() -> None:
    config = ControlPlaneConfig()

    assert (config.url, config.token, config.enabled) == ("http://localhost:8081/api/v1", None, True)


def test_another_machine_needs_a_token() -> None:
    with pytest.raises(ValidationError, match="give `token`"):
        ControlPlaneConfig(url="https://controlplane.example/api/v1")

    assert ControlPlaneConfig.model_validate({"url": "https://controlplane.example/api/v1/", "token": TOKEN}).url == (
        "https://controlplane.example/api/v1"
    )
    assert not ControlPlaneConfig(url="https://controlplane.example/api/v1", enabled=False).enabled


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("controlplane:8081", "is not an http or https URL"),
        ("ftp://controlplane/api", "is not an http or https URL"),
        ("http:///api/v1", "is not an http or https URL"),
        ("http://user:pass@localhost/api/v1", "holds no user or password"),
        ("http://localhost/api/v1?x=1", "without them"),
    ],
)
def test_a_url_that_can_not_be_one_is_refused(url: str, complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        ControlPlaneConfig(url=url)


def test_an_unknown_key_is_refused() -> None:
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        ControlPlaneConfig.model_validate({"timeout": 3})


@pytest.mark.parametrize("change", [{"client_secret": None}, {"client_secret_file": "/run/secret"}])
def test_there_is_exactly_one_secret(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="either client_secret or client_secret_file"):
        TokenConfig.model_validate(TOKEN | change)


def test_a_secret_in_a_file_is_read_anew_each_time(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("first\n")
    config = TokenConfig.model_validate(TOKEN | {"client_secret": None, "client_secret_file": file})

    first = config.secret()
    file.write_text("second\n")

    assert (first, config.secret()) == (SecretStr("first"), SecretStr("second"))


def test_an_empty_secret_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("\n")
    config = TokenConfig.model_validate(TOKEN | {"client_secret": None, "client_secret_file": tmp_path / "secret"})

    with pytest.raises(ValueError, match="secret is empty"):
        config.secret()


def test_the_secret_is_not_in_the_text_of_the_configuration() -> None:
    config = ControlPlaneConfig.model_validate({"token": TOKEN})

    assert "s3cret" not in repr(config) + str(config) + config.model_dump_json()
