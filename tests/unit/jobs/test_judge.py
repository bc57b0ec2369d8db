"""What becomes of a finding by itself: by its incident's end, by its age, and when its watch is no more."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from domain.finding import Finding, FindingState, Outcome
from domain.incident import Incident, IncidentStatus
from domain.job import Policy
from jobs.decide import Act
from jobs.decide.judge import aged, heard, unwatched
from tests.fixtures.builders import AS_OF
from tests.unit.jobs.automation.situations import make_finding

DAY = timedelta(days=1)
POLICY = Policy(maximum_age=30 * DAY, false_positive_mute=14 * DAY, reopen_within=3 * DAY)


def told(days_ago: float, **changes: Any) -> Finding:
    """An open finding whose incident began so many days ago."""
    facts: dict[str, Any] = {"incident": "forewarn:a", "opened_at": AS_OF - days_ago * DAY}
    return make_finding(**facts | changes)


def closed(outcome: Outcome | None, at: datetime | None, status: IncidentStatus = IncidentStatus.RESOLVED) -> Incident:
    """What a person did with the incident."""
    return Incident(
        source_key="forewarn:a",
        fingerprint="a",
        episode=1,
        job="nightly-capacity",
        title="It fills up",
        severity=make_finding().severity,
        opened_at=AS_OF - 5 * DAY,
        status=status,
        outcome=outcome,
        resolved_at=at,
    )


@pytest.mark.parametrize(
    ("outcome", "quiet"),
    [(Outcome.FALSE_POSITIVE, 14 * DAY), (Outcome.PREVENTED, 3 * DAY), (None, 3 * DAY), (Outcome.ACCEPTED_RISK, None)],
)
@pytest.mark.parametrize("at", [AS_OF - DAY, None])
def test_what_a_person_closed_is_quiet_for_as_long_as_what_they_said_of_it_asks_for(
    outcome: Outcome | None, quiet: timedelta | None, at: datetime | None
) -> None:
    """Since then; since now where nobody knows when that was."""
    ended = heard(told(5), closed(outcome, at), POLICY, AS_OF)

    assert (ended.state, ended.outcome, ended.incident) == (FindingState.CLEARED, outcome, "")
    assert ended.cleared_at == (at or AS_OF)
    assert ended.quiet_until == (None if quiet is None else (at or AS_OF) + quiet)
    assert (outcome.value if outcome is not None else "no outcome") in ended.reason


def test_what_nobody_closed_stands_as_it_did() -> None:
    in_hand = closed(None, None, IncidentStatus.IN_PROGRESS)

    assert heard(told(5), None, POLICY, AS_OF) == told(5)
    assert heard(told(5), in_hand, POLICY, AS_OF) == told(5)


def test_an_episode_ends_beyond_its_maximum_age_and_begins_anew_where_it_was_seen_before() -> None:
    ended = aged(told(30.1, seen_runs=4), POLICY, AS_OF)

    assert (ended.state, ended.opened_at, ended.seen_runs) == (FindingState.CLEARED, None, 4)
    assert aged(told(30), POLICY, AS_OF) == told(30)


def test_an_episode_that_is_over_does_not_become_older() -> None:
    over = told(40, state=FindingState.CLEARED, cleared_at=AS_OF - DAY, incident="")

    assert aged(over, POLICY, AS_OF) == over


def test_what_was_never_told_has_no_age() -> None:
    waiting = make_finding(state=FindingState.PENDING, opened_at=None)

    assert aged(waiting, POLICY, AS_OF) == waiting


@pytest.mark.parametrize(("state", "act"), [(FindingState.PENDING, Act.DROP), (FindingState.OPEN, Act.CLEAR)])
def test_what_was_never_told_is_dropped_in_silence_where_its_watch_is_no_more(state: FindingState, act: Act) -> None:
    decision = unwatched(make_finding(state=state), AS_OF)

    assert (decision.act, decision.finding.state) == (act, FindingState.CLEARED)
