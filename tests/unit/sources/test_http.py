"""HTTP for sources: who asks, how errors become ours, when a question is asked again, and its bounds."""

from __future__ import annotations

import base64
import inspect
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from domain.times import Grid, from_epoch
from sources.config import PrometheusConfig
from sources.errors import SourceError, SourceRejected, SourceTooLarge, SourceUnavailable
from sources.http.ask import Answer, Ask
from sources.http.auth import SecretFileError, read_secret
from sources.http.client import open_client
from sources.http.deadline import Deadline
from sources.http.retry import may_pass, retry_after, smaller_may_help, with_retries
from sources.http.translate import CAUGHT, translate
from tests.unit.sources.wire import URL, counting, failure, source_of

ONE = Grid(600, 300, 1)
ASK = Ask("GET", "/api/v1/query", query="up", window=(from_epoch(0), from_epoch(60)))


HTTPX_ERRORS = [kind for _, kind in inspect.getmembers(httpx, inspect.isclass) if issubclass(kind, Exception)]


@pytest.mark.parametrize("kind", [kind for kind in HTTPX_ERRORS if kind is not httpx.HTTPStatusError])
def test_no_error_of_the_http_library_is_missed(kind: type[Exception]) -> None:
    """`HTTPStatusError` is left out: nothing here asks for it to be raised."""
    assert issubclass(kind, CAUGHT)
    error = kind.__new__(kind)
    error.args = ("it broke",)

    ours = translate(error, ASK, "metrics")

    assert isinstance(ours, SourceError)
    assert ours.advice
    assert (ours.source, ours.query, ours.window) == ("metrics", "up", ASK.window)


def test_an_error_that_is_not_of_the_http_library_is_not_swallowed() -> None:
    with pytest.raises(ZeroDivisionError):
        translate(ZeroDivisionError(), ASK, "metrics")


def test_a_certificate_that_is_not_trusted_is_told_as_such() -> None:
    error = httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed certificate")

    assert "ca_file" in translate(error, ASK, "metrics").advice


def sent_headers(**settings: object) -> httpx.Headers:
    with source_of(counting, **settings) as (source, recorder):
        source.fetch("x", ONE)
        return recorder.requests[0].headers


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.mark.parametrize(
    ("settings", "header", "value"),
    [
        ({}, "accept-encoding", "identity"),
        ({"gzip": True}, "accept-encoding", "gzip"),
        ({"tenant": "team-a"}, "x-scope-orgid", "team-a"),
        ({"tenant": "team-a", "tenant_header": "X-Tenant"}, "x-tenant", "team-a"),
        ({"bearer_token": "t0ken"}, "authorization", "Bearer t0ken"),
        ({"username": "sre", "password": "s3cret"}, "authorization", basic("sre", "s3cret")),
        ({"headers": {"X-Key": "k"}}, "x-key", "k"),
    ],
)
def test_requests_carry_what_the_settings_say(settings: dict[str, object], header: str, value: str) -> None:
    assert sent_headers(**settings)[header] == value


def test_a_rotated_token_is_used_at_once(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("first\n")

    with source_of(counting, bearer_token_file=token) as (source, recorder):
        source.fetch("x", ONE)
        token.write_text("second\n")
        source.fetch("x", ONE)

    assert [r.headers["authorization"] for r in recorder.requests] == ["Bearer first", "Bearer second"]


def test_a_rotated_password_is_used_at_once(tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text("first")

    with source_of(counting, username="sre", password_file=password) as (source, recorder):
        source.fetch("x", ONE)
        password.write_text("second")
        source.fetch("x", ONE)

    assert [r.headers["authorization"] for r in recorder.requests] == [basic("sre", "first"), basic("sre", "second")]


def test_a_token_file_that_is_missing_is_an_error_that_names_it(tmp_path: Path) -> None:
    missing = tmp_path / "token"

    with source_of(counting, bearer_token_file=missing) as (source, recorder), pytest.raises(SourceRejected) as caught:
        source.count("x", from_epoch(600))

    assert str(missing) in str(caught.value)
    assert recorder.requests == []


@pytest.mark.parametrize("content", [b"", b"\n", b"two\nlines", b"\xff\xfe"])
def test_a_file_that_holds_no_secret_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "token"
    path.write_bytes(content)

    with pytest.raises(SecretFileError, match="token"):
        read_secret(path)


def test_certificates_that_cant_be_loaded_are_told_with_their_files(tmp_path: Path) -> None:
    certificate = tmp_path / "ca.pem"
    certificate.write_text("no certificate")
    config = PrometheusConfig.model_validate({"url": "https://prometheus", "ca_file": certificate})

    with pytest.raises(SourceRejected, match=r"ca\.pem"):
        open_client("metrics", config)


def test_a_secret_that_the_server_repeats_is_kept_out_of_the_message() -> None:
    def echo(request: httpx.Request) -> httpx.Response:
        return failure(401, "", f"bad token {request.headers['authorization']}")

    with (
        source_of(echo, bearer_token=SecretStr("hunter2-hunter2")) as (source, _),
        pytest.raises(SourceRejected, match="bad token") as caught,
    ):
        source.count("x", from_epoch(600))

    assert "hunter2" not in str(caught.value)


def test_a_text_that_is_no_unicode_is_rejected_before_it_is_sent() -> None:
    with source_of(counting) as (source, recorder), pytest.raises(SourceRejected, match="no valid text"):
        source.count('x{a="\ud800"}', from_epoch(600))

    assert recorder.requests == []


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "Sun, 22 Nov 2026 09:00:30 GMT", "date": "Sun, 22 Nov 2026 09:00:00 GMT"}, 30.0),
        ({"retry-after": "Sun, 22 Nov 2026 08:00:00 GMT", "date": "Sun, 22 Nov 2026 09:00:00 GMT"}, 0.0),
        ({"retry-after": "Sun, 22 Nov 2026 08:00:00 GMT"}, None),
        ({"retry-after": "\u00b2"}, None),
        ({"retry-after": "\u0663"}, None),
        ({"retry-after": "Fri, 31 Dec 9999 23:59:59 -0100", "date": "Sun, 22 Nov 2026 09:00:00 GMT"}, None),
        ({"retry-after": "Sun, 22 Nov 2026 09:00:30 -0000", "date": "Sun, 22 Nov 2026 09:00:00 GMT"}, 30.0),
    ],
)
def test_how_long_to_wait_is_read_from_the_answer(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


def test_what_does_not_pass_is_raised_at_once() -> None:
    tries = []

    def refused() -> None:
        tries.append(1)
        raise SourceRejected("no", source="metrics")

    with pytest.raises(SourceRejected):
        with_retries(refused, Deadline(timedelta(seconds=9)), 5, retried=may_pass)

    assert len(tries) == 1


def test_a_mistake_of_ours_is_never_retried() -> None:
    tries = []

    def broken() -> None:
        tries.append(1)
        raise KeyError("x")

    with pytest.raises(KeyError):
        with_retries(broken, Deadline(timedelta(seconds=9)), 5, retried=may_pass)

    assert len(tries) == 1


@pytest.mark.parametrize(
    ("error", "helps"),
    [
        (SourceTooLarge("x", source="m"), True),
        (SourceUnavailable("x", source="m", status=504), True),
        (SourceUnavailable("x", source="m", status=502), False),
        (SourceRejected("x", source="m", status=400), False),
    ],
)
def test_which_errors_a_smaller_window_may_help(error: SourceError, helps: bool) -> None:
    assert smaller_may_help(error) is helps


def test_a_deadline_that_was_given_up_has_no_time_left() -> None:
    deadline = Deadline(timedelta(hours=1))
    before = deadline.over

    deadline.give_up()

    assert (before, deadline.over, deadline.remaining) == (False, True, 0.0)


def test_the_type_of_a_body_is_told_without_its_parameters() -> None:
    assert Answer(200, {"content-type": "Text/HTML; charset=utf-8"}, b"").content_type == "text/html"


def test_plain_http_reads_no_certificates() -> None:
    with open_client("metrics", PrometheusConfig.model_validate({"url": URL, "ca_file": "/missing.pem"})) as client:
        assert str(client.base_url) == URL
