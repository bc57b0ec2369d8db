"""How tokens are got, kept, renewed and shared."""

from __future__ import annotations

import json
import threading
from base64 import b64decode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from controlplane.config import TokenConfig
from controlplane.errors import CredentialRejected, TokenUnavailable
from controlplane.token import TokenSource

CONFIG: dict[str, Any] = {"url": "http://idp/token", "client_id": "for:ewarn", "client_secret": "s3 cr+et"}
SECRETS = ("s3 cr+et", "s3+cr%2Bet", "token-")


class Provider:
    """A token endpoint that counts its tokens, and the clock that goes with it."""

    def __init__(self, lifetime: object = 100) -> None:
        self.now = 0.0
        self.lifetime = lifetime
        self.requests: list[httpx.Request] = []
        self.answer: Callable[[], httpx.Response] = self.token

    def token(self) -> httpx.Response:
        body = {"access_token": f"token-{len(self.requests)}", "token_type": "Bearer", "expires_in": self.lifetime}
        return httpx.Response(200, json=body)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self.answer()

    def slow(self) -> tuple[threading.Event, threading.Event]:
        """From now on it answers when the second event is set; the first tells that it was asked."""
        asked, finish = threading.Event(), threading.Event()

        def answer() -> httpx.Response:
            asked.set()
            finish.wait(5)
            return self.token()

        self.answer = answer
        return asked, finish

    def source(self, **changes: Any) -> TokenSource:
        client = httpx.Client(transport=httpx.MockTransport(self))
        return TokenSource(TokenConfig.model_validate(CONFIG | changes), client, clock=lambda: self.now)


def test_a_token_is_kept_until_its_share_of_the_lifetime_is_over() -> None:
    provider = Provider(lifetime=100)
    source = provider.source(renew_at=0.8)

    tokens = []
    for moment in (0.0, 79.0, 81.0, 150.0, 162.0):
        provider.now = moment
        tokens.append(source.get())

    assert tokens == ["token-1", "token-1", "token-2", "token-2", "token-3"]


def test_the_secret_goes_form_encoded_into_a_basic_header() -> None:
    provider = Provider()
    provider.source(scope="roles", audience="control-plane").get()

    request = provider.requests[0]
    assert b64decode(request.headers["authorization"].removeprefix("Basic ")) == b"for%3Aewarn:s3+cr%2Bet"
    assert parse_qs(request.content.decode()) == {
        "grant_type": ["client_credentials"],
        "scope": ["roles"],
        "audience": ["control-plane"],
    }


def test_the_secret_may_go_into_the_form_instead() -> None:
    provider = Provider()
    provider.source(method="post").get()

    form = parse_qs(provider.requests[0].content.decode())
    assert (form["client_id"], form["client_secret"]) == (["for:ewarn"], ["s3 cr+et"])
    assert "authorization" not in provider.requests[0].headers


def test_a_token_that_was_refused_is_dropped_once_for_all_who_used_it() -> None:
    provider = Provider()
    source = provider.source()
    old = source.get()

    source.drop(old)
    new = source.get()
    source.drop(old)

    assert (old, new, source.get()) == ("token-1", "token-2", "token-2")


def test_many_threads_ask_for_one_token_together() -> None:
    provider = Provider()
    arrived = threading.Event()

    def slow() -> httpx.Response:
        arrived.wait(0.2)
        return provider.token()

    provider.answer = slow
    source = provider.source()
    with ThreadPoolExecutor(8) as threads:
        tokens = set(threads.map(lambda _: source.get(), range(32)))

    assert tokens == {"token-1"}
    assert len(provider.requests) == 1


def test_while_one_thread_renews_early_the_others_go_on_with_the_old_token() -> None:
    provider = Provider(lifetime=100)
    source = provider.source()
    source.get()
    provider.now = 90.0
    asked, finish = provider.slow()
    with ThreadPoolExecutor(1) as threads:
        renewing = threads.submit(source.get)
        asked.wait(5)
        meanwhile = source.get()
        finish.set()

    assert (meanwhile, renewing.result()) == ("token-1", "token-2")


def test_while_one_thread_replaces_a_token_that_is_over_the_others_wait_for_the_new_one() -> None:
    provider = Provider(lifetime=100)
    source = provider.source()
    source.get()
    provider.now = 101.0
    asked, finish = provider.slow()
    with ThreadPoolExecutor(2) as threads:
        renewing = threads.submit(source.get)
        asked.wait(5)
        waiting = threads.submit(source.get)
        with pytest.raises(TimeoutError):
            waiting.result(0.1)
        finish.set()

    assert (renewing.result(), waiting.result()) == ("token-2", "token-2")


def test_an_early_renewal_that_fails_is_tried_again_while_the_old_token_holds() -> None:
    provider = Provider(lifetime=100)
    source = provider.source()
    source.get()
    provider.answer = lambda: httpx.Response(503)

    provider.now = 85.0
    during = [source.get() for _ in range(10)]
    asked = len(provider.requests)
    provider.now = 101.0
    with pytest.raises(TokenUnavailable, match="answered 503"):
        source.get()

    assert set(during) == {"token-1"}
    assert asked == 2  # the first token, and one try to renew it


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_refused_client_is_told_what_to_check(status: int) -> None:
    provider = Provider()
    provider.answer = lambda: httpx.Response(status, json={"error": "invalid_client"})

    with pytest.raises(CredentialRejected, match=r"invalid_client.*check client_id, client_secret and scope"):
        provider.source().get()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b"[" * 60_000,
        json.dumps({"access_token": 7}).encode(),
        json.dumps({"access_token": ""}).encode(),
        json.dumps({"access_token": "token-1\r\nX-Evil: 1"}).encode(),
        json.dumps({"access_token": "token-1", "token_type": "mac"}).encode(),
        b"x" * 100_000,
    ],
    ids=["empty", "html", "list", "none", "deep", "number", "blank", "header injection", "mac", "too long"],
)
def test_an_answer_without_a_bearer_token_is_no_token(body: bytes) -> None:
    provider = Provider()
    provider.answer = lambda: httpx.Response(200, content=body)

    with pytest.raises(TokenUnavailable) as caught:
        provider.source().get()

    assert "token-" not in str(caught.value)


@pytest.mark.parametrize("lifetime", [None, "300", 0, -5])
def test_a_lifetime_that_is_not_told_or_makes_no_sense_is_taken_as_short(lifetime: object) -> None:
    provider = Provider(lifetime)
    source = provider.source()
    source.get()

    provider.now = 61.0
    assert source.get() == "token-2"


def test_a_provider_that_is_down_is_unavailable() -> None:
    def down(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    source = TokenSource(TokenConfig.model_validate(CONFIG), httpx.Client(transport=httpx.MockTransport(down)))

    with pytest.raises(TokenUnavailable, match="refused"):
        source.get()


def test_neither_secret_nor_token_is_in_any_text(capsys: pytest.CaptureFixture[str]) -> None:
    provider = Provider()
    source = provider.source()
    source.get()
    provider.answer = lambda: httpx.Response(401, json={"error": "invalid_client"})
    provider.now = 1000.0
    with pytest.raises(CredentialRejected) as caught:
        source.get()

    texts = [repr(source), str(caught.value), repr(vars(caught.value)), *capsys.readouterr()]
    assert not [secret for secret in SECRETS for text in texts if secret in text]


def test_a_secret_file_that_is_not_there_is_named() -> None:
    source = Provider().source(client_secret=None, client_secret_file="/nowhere/secret")

    with pytest.raises(CredentialRejected, match="/nowhere/secret"):
        source.get()
