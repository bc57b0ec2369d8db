"""Our incidents are read back on a real Postgres, whatever the Control Plane answers about one of them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, event
from structlog.testing import capture_logs

from controlplane.client import ControlPlaneClient
from domain.finding import Outcome
from domain.incident import IncidentStatus
from domain.job import Policy
from domain.labels import Labels
from jobs import look_around
from jobs.look_around import FALSE_POSITIVE, open_incidents_of_others
from storage.audit import list_audit
from storage.engine import read_only
from storage.incidents import list_incidents
from tests.fixtures.builders import AS_OF, make_analysis, make_job
from tests.integration.jobs.nights import Nights
from tests.unit.controlplane.plane import CONFIG, NOW, Plane

pytestmark = pytest.mark.server
LATER = AS_OF + timedelta(hours=1)
HOSTS = ("db-1", "db-2", "db-3")


@pytest.fixture
def plane() -> Plane:
    return Plane()


@pytest.fixture
def nights(engine: Engine, plane: Plane) -> Iterator[Nights]:
    """Three disks that fill up, each told in an incident of its own."""
    made = Nights(engine, make_job(Policy(open_after_runs=1)), plane)
    entities = [Labels.of(instance=host, mountpoint="/") for host in HOSTS]
    made.conclude([make_analysis(6, entity=entity, labels=entity) for entity in entities], AS_OF)
    made.deliver(AS_OF)
    yield made
    made.client.close()


def standing(engine: Engine) -> list[IncidentStatus]:
    with read_only(engine) as session:
        return [one.status for one in sorted(list_incidents(session).items, key=lambda one: one.remote_id or "")]


@pytest.mark.parametrize("odd", [{"status": "on_hold"}, {"description": "x" * 20_001}], ids=["its status", "its text"])
def test_an_answer_that_makes_no_sense_keeps_no_other_incident_from_being_read_back(
    nights: Nights, plane: Plane, odd: dict[str, str]
) -> None:
    plane.incidents[0].update(odd)
    plane.incidents[1].update(status="acknowledged")
    plane.incidents[2].update(status="resolved", outcome="false_positive", resolvedAt=NOW)

    nights.follow(LATER)

    assert standing(nights.engine) == [IncidentStatus.NEW, IncidentStatus.ACKNOWLEDGED, IncidentStatus.RESOLVED]


def test_what_has_not_changed_is_not_written(nights: Nights, plane: Plane) -> None:
    plane.incidents[1].update(status="acknowledged")
    nights.follow(LATER)
    written: list[str] = []

    @event.listens_for(nights.engine, "before_cursor_execute")
    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        written.append(statement)

    nights.follow(LATER)

    assert [statement for statement in written if "UPDATE" in statement] == []


def test_two_runs_that_read_back_at_once_count_a_false_positive_once(nights: Nights, plane: Plane) -> None:
    plane.incidents[0].update(status="resolved", outcome=Outcome.FALSE_POSITIVE.value, resolvedAt=NOW)
    both = threading.Barrier(2)

    @event.listens_for(nights.engine, "before_cursor_execute")
    def meet(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("UPDATE incidents"):
            with suppress(threading.BrokenBarrierError):
                both.wait(1)

    with ThreadPoolExecutor(2) as threads:
        for follower in [threads.submit(nights.follow, LATER) for _ in range(2)]:
            follower.result()

    with read_only(nights.engine) as session:
        assert len(list_audit(session, action=FALSE_POSITIVE).items) == 1


def test_more_open_incidents_than_are_looked_at_are_told_in_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(look_around, "MOST_PAGES", 2)
    asked: list[str] = []

    def endless(request: httpx.Request) -> httpx.Response:
        number = int(request.url.params["page"])
        asked.append(request.url.params["status"])
        item = {"id": f"i{number}", "title": "t", "severity": "info", "status": asked[-1], "createdAt": NOW}
        pagination = {"page": number, "pageSize": 1, "total": 9, "totalPages": 9}
        return httpx.Response(200, json={"items": [item | {"updatedAt": NOW}], "pagination": pagination})

    with ControlPlaneClient(CONFIG, transport=httpx.MockTransport(endless)) as client, capture_logs() as logs:
        found = open_incidents_of_others(client)

    assert (len(found), len(asked)) == (6, 6)
    assert [(entry["event"], entry["status"]) for entry in logs] == [
        ("incidents_left_out", status) for status in ("new", "acknowledged", "in_progress")
    ]
