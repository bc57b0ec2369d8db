"""What Alertmanager says is read by its API v2, and nothing else is believed."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from domain.alert import KnownAlert, KnownSilence
from domain.labels import Labels
from domain.mute import Matcher, MatchOperator
from sources.alertmanager import Alertmanager
from sources.config import HttpConfig
from sources.errors import SourceMalformed, SourceRejected, SourceUnavailable

CONFIG = HttpConfig(url="http://alertmanager.test:9093/am")
ALERT = {
    "annotations": {"summary": "full soon"},
    "endsAt": "2026-11-22T02:05:00.000Z",
    "fingerprint": "8a1f",
    "receivers": [{"name": "web"}],
    "startsAt": "2026-11-22T01:00:00.000+01:00",
    "status": {"inhibitedBy": [], "silencedBy": [], "state": "active"},
    "updatedAt": "2026-11-22T02:00:00.000Z",
    "labels": {"alertname": "DiskFills", "instance": "db-1"},
}


def silence(state: str = "active", **changes: Any) -> dict[str, Any]:
    return {
        "id": "0f0c",
        "status": {"state": state},
        "updatedAt": "2026-11-22T01:00:00.000Z",
        "comment": "upgrade",
        "createdBy": "ana",
        "startsAt": "2026-11-22T01:00:00.000Z",
        "endsAt": "2026-11-22T04:00:00.000Z",
        "matchers": [{"isEqual": True, "isRegex": False, "name": "instance", "value": "db-1"}],
    } | changes


def answering(content: bytes | str, status: int = 200) -> tuple[Alertmanager, list[httpx.Request]]:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(status, content=content)

    return Alertmanager(CONFIG, httpx.MockTransport(answer)), asked


def test_alerts_that_fire_are_read_with_their_labels_and_their_beginning() -> None:
    alertmanager, asked = answering(json.dumps([ALERT]))

    alerts = alertmanager.alerts()

    labels = Labels.of(alertname="DiskFills", instance="db-1")
    assert alerts == (KnownAlert("DiskFills", labels, datetime(2026, 11, 22, 0, 0, tzinfo=UTC)),)
    assert asked[0].url.path == "/am/api/v2/alerts"


def test_only_alerts_that_are_neither_silenced_nor_inhibited_are_asked_for() -> None:
    alertmanager, asked = answering("[]")

    assert alertmanager.alerts() == ()
    assert dict(asked[0].url.params) == {"active": "true", "silenced": "false", "inhibited": "false"}


def test_silences_that_hold_are_read_and_others_are_left_out() -> None:
    found = [silence("pending"), silence(), silence("expired")]
    alertmanager, _ = answering(json.dumps(found))

    matchers = (Matcher("instance", MatchOperator.EQUAL, "db-1"),)
    ends_at = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
    assert alertmanager.silences() == (KnownSilence("0f0c", matchers, ends_at, "upgrade", "ana"),)


@pytest.mark.parametrize(
    ("regex", "equal", "operator"),
    [
        (False, True, MatchOperator.EQUAL),
        (False, False, MatchOperator.NOT_EQUAL),
        (True, True, MatchOperator.MATCHES),
        (True, False, MatchOperator.NOT_MATCHES),
    ],
)
def test_each_kind_of_matcher_is_known(regex: bool, equal: bool, operator: MatchOperator) -> None:
    matcher = {"isEqual": equal, "isRegex": regex, "name": "instance", "value": "db.*"}
    alertmanager, _ = answering(json.dumps([silence(matchers=[matcher])]))

    assert alertmanager.silences()[0].matchers == (Matcher("instance", operator, "db.*"),)


def test_a_matcher_of_an_old_alertmanager_compares_for_equality() -> None:
    matcher = {"isRegex": False, "name": "instance", "value": "db-1"}
    alertmanager, _ = answering(json.dumps([silence(matchers=[matcher])]))

    assert alertmanager.silences()[0].matchers == (Matcher("instance", MatchOperator.EQUAL, "db-1"),)


ASK: list[Callable[[Alertmanager], object]] = [Alertmanager.alerts, Alertmanager.silences]


@pytest.mark.parametrize("ask", ASK, ids=["alerts", "silences"])
@pytest.mark.parametrize(
    "body",
    ["<html>log in</html>", "{}", '[{"labels": 1}]', '{"status": "success", "data": []}', "", "[null]"],
)
def test_what_is_no_answer_of_api_v2_is_refused(ask: Callable[[Alertmanager], object], body: str) -> None:
    alertmanager, _ = answering(body)

    with pytest.raises(SourceMalformed, match=r"is not of API v2"):
        ask(alertmanager)


@pytest.mark.parametrize("ask", ASK, ids=["alerts", "silences"])
@pytest.mark.parametrize("time", ["2026-11-22T01:00:00", "9999-12-31T23:59:59-01:00", "0001-01-01T00:00:00+01:00"])
def test_a_time_without_zone_or_beyond_the_calendar_is_refused(
    ask: Callable[[Alertmanager], object], time: str
) -> None:
    alertmanager, _ = answering(json.dumps([ALERT | silence(startsAt=time, endsAt=time)]))

    with pytest.raises(SourceMalformed, match=r"is not of API v2"):
        ask(alertmanager)


def test_lists_in_lists_without_end_are_refused() -> None:
    alertmanager, _ = answering('[{"more": ' + "[" * 200_000)

    with pytest.raises(SourceMalformed, match=r"is not of API v2"):
        alertmanager.alerts()


@pytest.mark.parametrize("ask", ASK, ids=["alerts", "silences"])
@pytest.mark.parametrize(
    ("status", "error"),
    [(401, SourceRejected), (404, SourceRejected), (302, SourceRejected), (500, SourceUnavailable)],
)
def test_a_refusal_names_its_status(ask: Callable[[Alertmanager], object], status: int, error: type[Exception]) -> None:
    alertmanager, _ = answering("no", status)

    with pytest.raises(error, match=str(status)):
        ask(alertmanager)


def test_an_alertmanager_that_is_not_there_is_unavailable() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    alertmanager = Alertmanager(CONFIG, httpx.MockTransport(refuse))

    with pytest.raises(SourceUnavailable):
        alertmanager.alerts()
