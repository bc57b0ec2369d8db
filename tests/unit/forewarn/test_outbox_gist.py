"""What of a message people see in a list: what it tells, not its keys."""

from __future__ import annotations

import pytest

from controlplane.models import CommentCreate, ExecutionRequest, IncidentUpdate, Resolution
from domain.finding import Outcome
from forewarn.cli.outbox import gist


@pytest.mark.parametrize(
    ("payload", "told"),
    [
        (IncidentUpdate(title="db-1 /var fills up", description="It grows.").body(), "db-1 /var fills up"),
        (CommentCreate(content="\nReported by Forewarn\n\nIt grows.", source_key="k").body(), "Reported by Forewarn"),
        (Resolution(resolution="It is over.", outcome=Outcome.CLEARED).body(), "It is over."),
        (ExecutionRequest(script_id="clean-logs", correlation_id="c-1").body(), "clean-logs"),
        ({"title": ""}, ""),
    ],
)
def test_a_message_is_known_by_what_it_tells(payload: dict[str, object], told: str) -> None:
    assert gist(payload) == told
