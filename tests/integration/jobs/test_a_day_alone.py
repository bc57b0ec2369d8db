"""A Control Plane that is down for a day: nothing is lost, and when it is back it is told what still stands, once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import Engine

from domain.finding import Analysis
from domain.job import Policy
from domain.labels import Labels
from domain.outbox import MessageState
from tests.fixtures.builders import AS_OF, make_analysis, make_job
from tests.integration.jobs.nights import Nights
from tests.unit.controlplane.plane import Plane, answer

pytestmark = pytest.mark.server

HOUR = timedelta(hours=1)
JOB = make_job(Policy(open_after_runs=1, clear_after_runs=1))


def disk(host: str, days: float | None, hour: int, lead: float = 0.1) -> Analysis:
    entity = Labels.of(instance=host, mountpoint="/")
    lead = 0.0 if days is None else lead
    return make_analysis(days, lead=lead, as_of=AS_OF + hour * HOUR, entity=entity, labels=entity)


def seen(hour: int) -> list[Analysis]:
    """One disk in trouble all day, one from the second to the sixth hour, one that gets worse in the evening."""
    return [
        disk("stands", 9 - hour / 24, hour),
        disk("passes", 12 if 2 <= hour < 6 else None, hour),
        disk("worsens", 6 - hour / 24, hour, lead=0.1 if hour < 20 else 0.5),
    ]


@pytest.fixture
def plane() -> Plane:
    return Plane()


@pytest.fixture
def nights(engine: Engine, plane: Plane) -> Iterator[Nights]:
    found = Nights(engine, JOB, plane)
    yield found
    found.client.close()


def gone(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused", request=request)


def live_through_a_day(nights: Nights) -> None:
    """A run every hour, and several tries after each."""
    for hour in range(24):
        at = AS_OF + hour * HOUR
        nights.conclude(seen(hour), at)
        nights.deliver(at, rounds=3)


def test_after_a_day_without_it_what_still_stands_is_told_once_and_what_passed_is_not(
    nights: Nights, plane: Plane
) -> None:
    plane.handler = gone
    live_through_a_day(nights)
    assert plane.effects == []
    assert MessageState.DEAD not in {one.state for one in nights.messages()}

    plane.handler = plane.work
    nights.deliver(AS_OF + 24 * HOUR, rounds=3)

    assert sorted(plane.effects) == ["create", "create", "update"]
    told = {one["labels"]["instance"]: one["severity"] for one in plane.incidents}
    assert told == {"stands": "info", "worsens": "warning"}
    assert {one.state for one in nights.messages()} == {MessageState.DELIVERED, MessageState.DISCARDED}


def test_a_day_with_the_wrong_credential_burns_no_try_and_loses_nothing(nights: Nights, plane: Plane) -> None:
    plane.handler = lambda request: answer(401)(request) or httpx.Response(401)
    for hour in range(24):
        nights.conclude(seen(hour), AS_OF + hour * HOUR)
        nights.deliver(AS_OF + hour * HOUR, rounds=1)
    assert {(one.state, one.attempts) for one in nights.messages() if one.state is not MessageState.DISCARDED} == {
        (MessageState.PENDING, 0)
    }

    plane.handler = plane.work
    nights.end_pause()
    nights.deliver(AS_OF + 24 * HOUR)

    assert sorted(plane.effects) == ["create", "create", "update"]


def test_what_may_have_been_told_is_not_withdrawn_but_told_of_its_end(nights: Nights, plane: Plane) -> None:
    nights.conclude([disk("passes", 12, 0)], AS_OF)
    plane.after = [answer(500)]  # it was done, and nobody knows
    nights.deliver(AS_OF, rounds=1)
    nights.conclude([disk("passes", None, 1)], AS_OF + HOUR)

    nights.deliver(AS_OF + HOUR)

    assert plane.effects == ["create", "resolve"]
