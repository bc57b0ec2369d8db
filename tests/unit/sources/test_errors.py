"""Errors of sources say what failed, where, and what to do, and travel between processes."""

from __future__ import annotations

import pickle

import pytest

from domain.times import from_epoch
from sources.errors import (
    LONGEST_QUERY,
    SourceError,
    SourceMalformed,
    SourceRejected,
    SourceTooLarge,
    SourceUnavailable,
    shortened,
)

WINDOW = from_epoch(1_795_000_000), from_epoch(1_795_003_600)


def test_an_error_is_one_helpful_line() -> None:
    error = SourceRejected(
        "parse error.", source="metrics", query="sum(\n  x", window=WINDOW, status=400, advice="Try the console"
    )

    assert str(error) == (
        "metrics: parse error (HTTP 400). query: sum( x. "
        "window: 2026-11-18T11:06:40Z to 2026-11-18T12:06:40Z. Try the console"
    )


def test_what_is_not_known_is_left_out() -> None:
    assert str(SourceUnavailable("can't be reached", source="metrics")) == "metrics: can't be reached"


@pytest.mark.parametrize("kind", [SourceUnavailable, SourceRejected, SourceMalformed, SourceTooLarge])
def test_errors_keep_their_facts_between_processes(kind: type[SourceError]) -> None:
    error = kind("no", source="metrics", query="x", window=WINDOW, status=429, advice="wait", retry_after=3.0)

    copy = pickle.loads(pickle.dumps(error))

    assert type(copy) is kind
    assert copy.facts() == error.facts()
    assert str(copy) == str(error)


def test_a_long_query_is_cut() -> None:
    assert shortened("x" * 1000) == "x" * LONGEST_QUERY + "..."
