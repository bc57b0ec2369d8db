"""A source that is slow, goes away or refuses: what is retried, what is told, and how long it may take."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from domain.times import Grid
from sources.config import PrometheusConfig
from sources.errors import SourceRejected, SourceTooLarge, SourceUnavailable
from sources.prometheus import PrometheusSource
from tests.fixtures.servers import free_port
from tests.integration.sources.certificates import Pair, authority_with
from tests.integration.sources.faulty import (
    Behaviour,
    break_off,
    drip,
    faulty,
    flood,
    hang_up,
    stall,
    status,
    well,
)

pytestmark = pytest.mark.server

GRID = Grid(1_795_000_200, 300, 20)


@contextmanager
def source_at(url: str, **settings: Any) -> Iterator[PrometheusSource]:
    source = PrometheusSource("metrics", PrometheusConfig.model_validate({"url": url, **settings}))
    try:
        yield source
    finally:
        source.close()


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(hang_up, id="hangs up"),
        pytest.param(break_off, id="breaks off"),
        pytest.param(status(503, "Service Unavailable"), id="starts up"),
        pytest.param(status(429, "slow down", Retry_After="0"), id="has too much to do"),
        pytest.param(status(502, "bad gateway"), id="is behind a proxy"),
    ],
)
def test_a_source_that_fails_once_is_asked_again(fault: Behaviour) -> None:
    with faulty(fault, well) as server, source_at(server.url) as source:
        batch = source.fetch("x", GRID)

        assert server.requests == 2
    np.testing.assert_array_equal(batch.values, [GRID.times])


def test_a_source_asks_for_a_wait_and_gets_it() -> None:
    with faulty(status(429, "slow down", Retry_After="1"), well) as server, source_at(server.url) as source:
        begun = time.monotonic()
        source.fetch("x", GRID)

        assert time.monotonic() - begun >= 1.0


def test_a_source_that_stalls_is_asked_for_less() -> None:
    with faulty(stall, well) as server, source_at(server.url, timeout="300ms") as source:
        batch = source.fetch("x", GRID)

        halves = {(int(one["start"]), int(one["end"])) for one in server.server.asked[1:]}
    middle = GRID.start + 10 * GRID.step
    assert halves == {(GRID.start, middle - GRID.step), (middle, GRID.end)}
    np.testing.assert_array_equal(batch.values, [GRID.times])


def test_a_source_that_drips_is_given_up_when_the_time_is_over() -> None:
    begun = time.monotonic()

    with (
        faulty(drip) as server,
        source_at(server.url, total_timeout="700ms") as source,
        pytest.raises(SourceUnavailable, match=r"time limit of 0\.7 s"),
    ):
        source.fetch("x", GRID)

    assert time.monotonic() - begun < 10


def test_a_source_that_floods_is_stopped() -> None:
    with (
        faulty(flood) as server,
        source_at(server.url, max_response_bytes=1_000_000) as source,
        pytest.raises(SourceTooLarge, match="longer than 1,000,000 bytes"),
    ):
        source.fetch("x", Grid(GRID.start, GRID.step, 1))


def test_a_source_that_is_not_there_is_told_with_its_advice() -> None:
    with (
        source_at(f"http://127.0.0.1:{free_port()}", attempts=2) as source,
        pytest.raises(SourceUnavailable, match="can't be reached") as caught,
    ):
        source.fetch("x", GRID)

    assert "url" in caught.value.advice
    assert caught.value.query == "x"


def test_a_host_that_does_not_exist_is_told() -> None:
    with (
        source_at("http://no-such-host.invalid:9090", attempts=1) as source,
        pytest.raises(SourceUnavailable, match="can't be reached"),
    ):
        source.fetch("x", GRID)


def test_other_slices_are_not_waited_for_when_one_has_failed() -> None:
    begun = time.monotonic()

    with (
        faulty(well, status(400, "no such thing"), stall) as server,
        source_at(server.url, slice_hours=0.5, concurrency=3) as source,
        pytest.raises(SourceRejected, match="no such thing"),
    ):
        source.fetch("x", GRID)

    assert time.monotonic() - begun < 10


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Pair]]:
    """An authority, and pairs for localhost (the server) and for us (the client)."""
    return authority_with(tmp_path_factory.mktemp("certificates"), "localhost", "forewarn")


def server_side(ca: Path, pair: Pair) -> ssl.SSLContext:
    """A server that lets in only clients whose certificate the authority signed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    context.load_verify_locations(ca)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def test_both_sides_show_their_certificates(authority: tuple[Path, list[Pair]]) -> None:
    ca, (server_pair, our_pair) = authority
    ours = {"ca_file": ca, "cert_file": our_pair.certificate, "key_file": our_pair.key}

    with faulty(well, tls=server_side(ca, server_pair)) as server, source_at(server.url, **ours) as source:
        batch = source.fetch("x", GRID)

    np.testing.assert_array_equal(batch.values, [GRID.times])


def test_a_server_that_is_not_trusted_is_not_asked(authority: tuple[Path, list[Pair]]) -> None:
    ca, (server_pair, _) = authority

    with (
        faulty(well, tls=server_side(ca, server_pair)) as server,
        source_at(server.url, attempts=1) as source,
        pytest.raises(SourceUnavailable, match="ca_file"),
    ):
        source.fetch("x", GRID)

    assert server.requests == 0


def test_a_client_without_its_certificate_is_told_so(authority: tuple[Path, list[Pair]]) -> None:
    ca, (server_pair, _) = authority

    with (
        faulty(well, tls=server_side(ca, server_pair)) as server,
        source_at(server.url, ca_file=ca, attempts=1) as source,
        pytest.raises(SourceUnavailable, match="certificate"),
    ):
        source.fetch("x", GRID)

    assert server.requests == 0
