"""The settings of sources, and what is told where they are wrong."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from sources.config import FilesConfig, PrometheusConfig, SourceConfig

URL = "http://prometheus:9090"


def test_an_address_is_enough() -> None:
    config = PrometheusConfig.model_validate({"url": URL + "/"})

    assert config.url == URL
    assert config.kind == "prometheus"
    assert not config.gzip
    assert config.concurrency == 2


@pytest.mark.parametrize(
    ("settings", "samples"),
    [({}, 150_000), ({"kind": "victoriametrics"}, 600_000), ({"kind": "victoriametrics", "max_samples": 7}, 7)],
)
def test_how_much_one_request_brings_suits_the_kind(settings: dict[str, Any], samples: int) -> None:
    assert PrometheusConfig.model_validate({"url": URL, **settings}).samples_per_request == samples


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("30s", timedelta(seconds=30)),
        ("1h30m", timedelta(minutes=90)),
        ("2d", timedelta(days=2)),
        (45, timedelta(seconds=45)),
        ("PT5M", timedelta(minutes=5)),
    ],
)
def test_durations_are_written_as_in_prometheus(text: Any, span: timedelta) -> None:
    assert PrometheusConfig.model_validate({"url": URL, "timeout": text}).timeout == span


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"url": "prometheus:9090"}, "http://"),
        ({"url": "http://"}, "names a host"),
        ({"url": "http://sre:hunter2@prometheus:9090"}, "password_file"),
        ({"url": "http://sre@prometheus:9090"}, "password_file"),
        ({"url": URL + "/?tenant=a"}, "no ? and no #"),
        ({"timeout": "soon"}, "30s, 5m"),
        ({"timeout": "-5s"}, "30s, 5m"),
        ({"timeout": 0}, "more than zero"),
        ({"concurrency": 0}, "greater than or equal to 1"),
        ({"bearer": "x"}, "Extra inputs"),
        ({"bearer_token": "x", "username": "y", "password": "z"}, "give one of"),
        ({"bearer_token": "x", "bearer_token_file": "/y"}, "give one of"),
        ({"username": "y"}, "takes username and one of"),
        ({"password": "y"}, "takes username and one of"),
        ({"username": "x", "password": "y", "password_file": "/z"}, "takes username and one of"),
        ({"key_file": "/k"}, "belongs to a cert_file"),
        ({"headers": {"X-Evil": "a\r\nb: c"}}, "can't be sent"),
        ({"headers": {"X Evil": "a"}}, "can't be sent"),
    ],
)
def test_what_is_wrong_is_told(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError) as caught:
        PrometheusConfig.model_validate({"url": URL, **settings})

    assert says in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_secrets_are_not_shown() -> None:
    config = PrometheusConfig.model_validate({"url": URL, "bearer_token": "hunter2", "headers": {"X-Key": "hunter3"}})

    assert "hunter" not in repr(config)
    assert "hunter" not in config.model_dump_json()
    assert set(config.secrets()) == {"hunter2", "hunter3"}


@pytest.mark.parametrize(
    ("settings", "kind"),
    [
        ({"kind": "prometheus", "url": URL}, PrometheusConfig),
        ({"kind": "victoriametrics", "url": URL}, PrometheusConfig),
        ({"kind": "files", "path": "history"}, FilesConfig),
    ],
)
def test_the_kind_tells_which_settings_there_are(settings: dict[str, Any], kind: type) -> None:
    assert isinstance(TypeAdapter(SourceConfig).validate_python(settings), kind)


def test_a_kind_that_is_unknown_is_told_which_there_are() -> None:
    with pytest.raises(ValidationError, match="victoriametrics"):
        TypeAdapter(SourceConfig).validate_python({"kind": "graphite", "path": Path()})
