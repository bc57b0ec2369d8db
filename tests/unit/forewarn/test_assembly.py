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
