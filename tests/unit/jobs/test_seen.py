"""What a plan asks of its source, and when it takes the source for away."""

from __future__ import annotations

from collections.abc import Sequence
from unittest.mock import Mock, create_autospec

import numpy as np
import pytest

from domain.labels import Labels
from domain.series import SeriesBatch
from domain.times import Grid
from jobs.away import UNANSWERED
from jobs.pipeline import silent
from jobs.plan import ShardLimits
from jobs.seen import series_seen
from sources.base import Source
from sources.errors import SourceError, SourceRejected, SourceUnavailable
from tests.fixtures.builders import AS_OF, make_watch

HUNG = SourceUnavailable("did not answer in time: timed out", source="prometheus")
REFUSED = SourceRejected("unknown function", source="prometheus")
WATCHES = [make_watch(name=f"watch-{number}", query=f"metric_{number}") for number in range(6)]


def scripted(answers: Sequence[SourceError | None]) -> Mock:
    """A source that answers one query after the other with a series, or with an error."""
    grid = Grid.ending(AS_OF, 900, 1)
    one = SeriesBatch((Labels.of(instance="a"),), grid, np.ones((1, 1)))
    source: Mock = create_autospec(Source, instance=True)
    source.fetch.side_effect = [error or one for error in answers]
    return source


def seen(source: Source, patience: float = 900.0) -> set[str]:
    return set(series_seen(WATCHES, source, AS_OF, ShardLimits(), silent, patience))


def test_a_source_that_answers_nothing_is_not_asked_for_every_watch() -> None:
    """It accepts connections, and every question takes minutes to fail: fifty of them took most of a day."""
    source = scripted([HUNG] * len(WATCHES))

    with pytest.raises(SourceUnavailable, match="did not answer in time"):
        seen(source)

    assert source.fetch.call_count == UNANSWERED


@pytest.mark.parametrize(
    "answers",
    [
        [None, HUNG, HUNG, HUNG, HUNG, HUNG],
        [HUNG, HUNG, None, HUNG, HUNG, HUNG],
        [REFUSED, HUNG, HUNG, HUNG, HUNG, HUNG],
    ],
    ids=["the first is answered", "the third is answered", "the first is refused"],
)
def test_a_source_that_answered_once_and_refuses_quickly_is_asked_for_every_watch(
    answers: list[SourceError | None],
) -> None:
    source = scripted(answers)

    found = seen(source)

    assert source.fetch.call_count == len(WATCHES)
    assert found == {watch.key for watch, error in zip(WATCHES, answers, strict=True) if error is None}


def test_a_source_that_stops_answering_costs_the_time_of_three_watches() -> None:
    source = scripted([None, HUNG, HUNG, HUNG, None, None])

    found = seen(source, patience=0.0)

    assert source.fetch.call_count == 1 + UNANSWERED
    assert found == {WATCHES[0].key}
