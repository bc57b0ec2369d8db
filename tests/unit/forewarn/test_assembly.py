"""What the settings say reaches what a run and a dispatcher need."""

from __future__ import annotations

import socket
import time
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from forewarn.assembly import run_context, silenced
from forewarn.settings import Settings
from tests.fixtures.builders import make_job


@pytest.mark.parametrize(
    ("api", "pages"),
    [
        ({}, None),
        (
            {"public_url": "https://forewarn.example.com/api/v1"},
            "https://forewarn.example.com/api/v1/findings/{fingerprint}",
        ),
        ({"public_url": "https://forewarn.example.com/"}, "https://forewarn.example.com/findings/{fingerprint}"),
    ],
)
def test_incidents_and_reports_link_to_where_people_reach_the_api(api: dict[str, str], pages: str | None) -> None:
    settings = Settings.model_validate({"api": api})

    context = run_context(settings, create_engine("postgresql+psycopg://"), make_job(source="prometheus"))

    assert context.telling.finding_pages() == pages


@pytest.mark.parametrize(
    ("source", "address"),
    [({"url": "http://prometheus:9090"}, "http://prometheus:9090"), ({"path": "history.parquet"}, None)],
    ids=["server", "files"],
)
def test_incidents_and_reports_link_to_the_source_where_it_has_an_address(
    source: dict[str, str], address: str | None
) -> None:
    settings = Settings.model_validate({"sources": {"metrics": source}})

    context = run_context(settings, create_engine("postgresql+psycopg://"), make_job(source="metrics"))

    assert context.telling.source_url == address


def test_an_alertmanager_that_does_not_answer_is_given_up_in_the_time_that_a_start_has() -> None:
    with socket.create_server(("127.0.0.1", 0)) as hangs:
        url = f"http://127.0.0.1:{hangs.getsockname()[1]}"
        settings = Settings.model_validate({"alertmanager": {"url": url, "timeout": "20s"}})
        began = time.monotonic()

        around = silenced(settings, timedelta(seconds=0.2))

    assert "the time limit of 0.2 s is over" in around.unheard
    assert time.monotonic() - began < 10


def test_an_alertmanager_that_can_not_be_asked_at_all_ends_no_dispatcher(tmp_path: Path) -> None:
    nowhere = {"url": "https://127.0.0.1:1", "ca_file": tmp_path / "none.pem"}

    around = silenced(Settings.model_validate({"alertmanager": nowhere}))

    assert "its certificates can't be loaded" in around.unheard


def test_without_an_alertmanager_nothing_is_silenced() -> None:
    assert silenced(Settings()).unheard == ""
