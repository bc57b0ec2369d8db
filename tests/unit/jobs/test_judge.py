"""What becomes of a finding by itself: by its incident's end, by its age, and when its watch is no more."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from domain.finding import Finding, FindingState, Outcome, Severity, Told
from domain.incident import Incident, IncidentStatus
from domain.job import Policy
from jobs.decide import Act, Decision
from jobs.decide.acts import Moment
from jobs.decide.judge import aged, heard, judge, unwatched
from tests.fixtures.builders import AS_OF, make_analysis, make_job
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


def night(before: Finding, days: float, *, lead: float = 0.1) -> Decision:
    """What becomes tonight of a finding that was known, now that trouble is likely in so many days."""
    job = make_job(replace(POLICY, open_after_runs=1))
    moment = Moment(AS_OF, lambda _: ("It fills up", "It grows."), frozenset({before.watch}))
    decision = judge(job, make_analysis(days, lead=lead), before, before.fingerprint, moment)
    assert decision is not None
    return decision


@pytest.mark.parametrize(("left", "act"), [(timedelta(seconds=1), Act.IGNORE), (timedelta(0), Act.OPEN)])
def test_what_a_person_silenced_is_told_again_once_that_is_over(left: timedelta, act: Act) -> None:
    over = told(9, state=FindingState.CLEARED, incident="", outcome=Outcome.PREVENTED, quiet_until=AS_OF + left)

    assert night(over, 9).act is act


@pytest.mark.parametrize(
    ("days", "lead", "known", "act"),
    [
        (19, 0.1, True, Act.IGNORE),
        (5, 0.1, True, Act.OPEN),  # much sooner than was accepted
        (19, 0.5, True, Act.OPEN),  # worse than was accepted
        (19, 0.1, False, Act.OPEN),  # nobody knows what was accepted
    ],
)
def test_an_accepted_risk_is_told_again_only_where_it_is_worse_than_what_was_accepted(
    days: float, lead: float, known: bool, act: Act
) -> None:
    then = Told(AS_OF - DAY, Severity.INFO, AS_OF + 20 * DAY) if known else None
    over = told(9, state=FindingState.CLEARED, incident="", outcome=Outcome.ACCEPTED_RISK, told=then)

    assert night(over, days, lead=lead).act is act


def test_a_finding_was_first_seen_when_it_was_whatever_a_clock_that_was_ahead_has_said() -> None:
    ahead = told(1, first_seen=AS_OF + DAY)

    assert night(ahead, 9).finding.first_seen == AS_OF
    assert night(told(1, first_seen=AS_OF - DAY), 9).finding.first_seen == AS_OF - DAY
