"""What an answer means, whatever it holds."""

from __future__ import annotations

import httpx
import pytest

from controlplane import errors
from controlplane.answers import EXCERPT_CHARACTERS, error_of, excerpt, parse, retry_after
from controlplane.models import Incident, Readiness
from controlplane.wire import Reply


def reply(status: int, body: bytes = b"", **headers: str) -> Reply:
    return Reply(status, httpx.Headers({name.replace("_", "-"): value for name, value in headers.items()}), body)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (301, errors.Misdirected),
        (400, errors.Rejected),
        (401, errors.CredentialFault),
        (403, errors.Forbidden),
        (404, errors.Misdirected),
        (405, errors.Misdirected),
        (408, errors.TimedOut),
        (409, errors.Conflict),
        (410, errors.Rejected),
        (422, errors.Rejected),
        (429, errors.RateLimited),
        (500, errors.ServerFailed),
        (501, errors.Misdirected),
        (503, errors.ServerFailed),
        (599, errors.ServerFailed),
        (204, errors.Malformed),
    ],
)
def test_each_status_is_one_kind_of_error(status: int, error: type[errors.ControlPlaneError]) -> None:
    assert type(error_of(reply(status), "op")) is error


@pytest.mark.parametrize(
    ("body", "operation", "error"),
    [
        (b'{"error": "RESOURCE_NOT_FOUND", "message": "no incident"}', "getIncident", errors.NotFound),
        (b'{"error": "RESOURCE_NOT_FOUND", "message": "no script"}', "executeAutomation", errors.NotFound),
        (b'{"error": "RESOURCE_NOT_FOUND", "message": "?"}', "createIncident", errors.Misdirected),
        (b'{"error": "RESOURCE_NOT_FOUND", "message": "?"}', "listIncidents", errors.Misdirected),
        (b'{"error": "Not Found", "message": "no route"}', "getIncident", errors.Misdirected),
        (b"404 page not found", "getIncident", errors.Misdirected),
    ],
)
def test_only_the_contracts_words_tell_that_an_object_is_not_there(
    body: bytes, operation: str, error: type[errors.ControlPlaneError]
) -> None:
    told = error_of(reply(404, body), operation)

    assert type(told) is error
    assert ("check the configured URL" in str(told)) == (error is errors.Misdirected)


def test_an_answer_that_is_not_the_contracts_error_shape_still_says_something() -> None:
    error = error_of(reply(502, b"<html>Bad\nGateway\x00\x1b[31m</html>", x_request_id="r-9"), "createIncident")

    assert str(error) == "createIncident: the Control Plane answered 502: <html>Bad Gateway [31m</html>"
    assert error.request_id == "r-9"


def test_an_excerpt_is_one_short_printable_line() -> None:
    text = excerpt(b"\xff\xfe\n\r\x07" + b"long " * 1000)

    assert len(text) <= EXCERPT_CHARACTERS
    assert text.isprintable()


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (b"", "Invalid JSON"),
        (b"<html>", "Invalid JSON"),
        (b"[" * 100_000, "Invalid JSON"),
        (b'{"ready": "perhaps", "checks": {}}', "ready"),
        (b'{"ready": true}', "checks"),
        (b"null", "object"),
        (b'{"ready": true, "checks": {}, "timestamp": "0001-01-01T00:00:00+10:00"}', "before the year 1"),
        (b'{"ready": true, "checks": {}, "timestamp": 1}', "RFC 3339"),
        (b'{"ready": true, "checks": {}, "timestamp": "2026-11-22T03:00:00"}', "RFC 3339"),
        (b'{"ready": true, "checks": {}, "timestamp": "2026-13-45T03:00:00Z"}', "timestamp"),
    ],
)
def test_an_answer_that_is_not_what_the_contract_says_is_malformed(body: bytes, complaint: str) -> None:
    with pytest.raises(errors.Malformed, match=complaint):
        parse(reply(200, body), Readiness, "readyz")


def test_what_a_newer_control_plane_adds_is_left_out() -> None:
    body = b'{"ready": true, "checks": {}, "mood": "sunny"}'

    assert parse(reply(200, body), Readiness, "readyz").model_dump(exclude_unset=True) == {"ready": True, "checks": {}}


def test_an_incident_with_a_state_that_we_do_not_know_is_malformed() -> None:
    body = (
        b'{"id":"1","title":"t","severity":"info","status":"paused",'
        b'"createdAt":"2026-11-22T03:00:00Z","updatedAt":"2026-11-22T03:00:00Z"}'
    )

    with pytest.raises(errors.Malformed, match="status"):
        parse(reply(200, body), Incident, "getIncident")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry_after": "7"}, 7.0),
        ({"retry_after": "999999999999"}, 3600.0),
        ({"retry_after": "-7"}, None),
        ({"retry_after": "soon"}, None),
        ({"retry_after": "٧"}, None),
        ({"retry_after": "Sun, 22 Nov 2026 03:00:30 GMT", "date": "Sun, 22 Nov 2026 03:00:00 GMT"}, 30.0),
        ({"retry_after": "Sun, 22 Nov 2026 02:00:00 GMT", "date": "Sun, 22 Nov 2026 03:00:00 GMT"}, 0.0),
        ({"retry_after": "Sun, 22 Nov 2026 03:00:30 GMT"}, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(headers: dict[str, str], seconds: float | None) -> None:
    encoded = httpx.Headers([(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()])

    assert retry_after(encoded) == seconds
