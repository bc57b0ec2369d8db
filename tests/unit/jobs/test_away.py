"""When a source is taken for away while shards are fetched, and what becomes of the shards then."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from unittest.mock import Mock, create_autospec

import pytest

from domain.run import Shard
from jobs.analyse import ShardResult, run_shard
from jobs.away import InARow, not_asked, unless_all_away
from sources.base import Source
from sources.errors import SourceError, SourceRejected, SourceUnavailable
from tests.fixtures.builders import AS_OF, make_watch

HUNG = SourceUnavailable("did not answer in time", source="main", query="up")


def results(answers: str) -> list[ShardResult]:
    """Shards of which one is answered, refused or left without an answer, by the letter."""
    shard = Shard(0, "node/load")
    of = {
        "a": ShardResult(shard),
        "r": ShardResult(shard, reason="main: unknown function"),
        "h": ShardResult(shard, reason=str(HUNG), away=HUNG),
    }
    return [replace(of[letter], shard=replace(shard, index=index)) for index, letter in enumerate(answers)]


def away_after(answers: str) -> bool:
    row = InARow(patience=0.0)
    for result in results(answers):
        row.add(result.away, result.fetch_seconds)
    return row.away is not None


@pytest.mark.parametrize("answers", ["hhh", "ahhh", "rhhh", "hhahhh", "hhha", "hhhaaaa"])
def test_a_source_that_did_not_answer_three_shards_in_a_row_is_away_and_stays_so(answers: str) -> None:
    assert away_after(answers)


@pytest.mark.parametrize(("each", "away"), [(10.0, False), (300.0, True), (899.0, True)])
def test_a_server_that_restarts_refuses_many_in_a_minute_and_is_not_away(each: float, away: bool) -> None:
    row = InARow(patience=900.0)
    for result in results("hhhhhh"):
        row.add(result.away, each)

    assert (row.away is not None) is away


def test_what_was_waited_for_before_an_answer_does_not_count() -> None:
    row = InARow(patience=900.0)
    for result in results("hhahhh"):
        row.add(result.away, 200.0)

    assert row.away is None


@pytest.mark.parametrize("answers", ["", "hh", "hhahha", "hhrhh", "rrrrr", "ahahahah"])
def test_any_answer_begins_the_row_anew_and_a_refusal_is_one(answers: str) -> None:
    assert not away_after(answers)


@pytest.mark.parametrize("answers", ["", "h", "hh", "a", "hhha", "hhr", "ahhhh", "rhhh"])
def test_what_was_answered_in_part_is_told_whole_and_in_its_order(answers: str) -> None:
    came = results(answers)

    assert list(unless_all_away(iter(came))) == came


def test_nothing_comes_of_a_source_that_answered_nothing() -> None:
    told: list[ShardResult] = []

    with pytest.raises(SourceUnavailable, match="did not answer in time"):
        told.extend(unless_all_away(iter(results("hhhh"))))

    assert told == []


def test_results_come_as_soon_as_one_is_answered() -> None:
    came = iter(results("haaa"))

    assert next(unless_all_away(came)).reason == str(HUNG)
    assert len(list(came)) == 2


def fetched(error: SourceError) -> ShardResult:
    source: Mock = create_autospec(Source, instance=True)
    source.fetch.side_effect = error
    watch = make_watch()
    return run_shard(Shard(0, watch.key, query=watch.query), watch, source, AS_OF, "UTC", timedelta(days=30))


def test_only_a_source_that_could_not_answer_is_away_and_its_error_keeps_no_arrays_alive() -> None:
    unanswered, refused = fetched(HUNG), fetched(SourceRejected("unknown function", source="main"))

    assert refused.away is None
    assert unanswered.away is not None
    assert (str(unanswered.away), unanswered.away.__traceback__) == (unanswered.reason, None)
    assert unanswered.reason == str(HUNG)


def test_a_shard_that_was_not_asked_says_so() -> None:
    result = not_asked(Shard(7, "node/load"), "main", HUNG)

    assert (result.shard.index, result.reason) == (7, "not asked: main did not answer 3 times in a row")
    assert result.away is HUNG
