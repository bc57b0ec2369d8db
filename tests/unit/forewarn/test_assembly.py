"""What the settings say reaches what a run needs."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine

from forewarn.assembly import run_context
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
