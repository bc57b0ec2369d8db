"""What the list of incidents says that each is about."""

from __future__ import annotations

import pytest

from domain.finding import Severity
from domain.incident import Incident
from forewarn.cli.incidents import what_of
from tests.fixtures.builders import AS_OF


@pytest.mark.parametrize(
    ("members", "told"),
    [(("a",), "db-1 fills up"), (("a", "b"), "db-1 fills up (and 1 more)"), ((), "db-1 fills up")],
)
def test_an_incident_is_named_by_its_most_urgent_finding_and_counts_the_others(
    members: tuple[str, ...], told: str
) -> None:
    incident = Incident(
        source_key="k",
        fingerprint="f",
        episode=1,
        job="nightly",
        title="db-1 fills up",
        severity=Severity.WARNING,
        opened_at=AS_OF,
        expected_at=None,
        members=members,
    )

    assert what_of(incident) == told
