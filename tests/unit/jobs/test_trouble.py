"""What policy says of one analysis: whether it is trouble, how sure that is, and whether it has become worse."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.job import Policy
from jobs.decide.trouble import confirmed, in_trouble, much_sooner, told_within
from tests.fixtures.builders import AS_OF, make_analysis, make_evidence, make_exhaustion, make_job, make_watch
from tests.unit.jobs.automation.situations import make_finding

DAY = timedelta(days=1)
SLOW = make_watch(name="slow", lead_time=12 * DAY, horizon=60 * DAY)
QUICK = make_watch(name="quick", lead_time=DAY, horizon=60 * DAY)
JOB = make_job(Policy(tell_within=5 * DAY), watches=(SLOW, QUICK))


def chances(probability: float) -> tuple[tuple[int, float], ...]:
    """The probabilities of an analysis that was asked about a week, two, and thirty days."""
    return ((7, probability), (14, probability), (30, probability))


@pytest.mark.parametrize(("watch", "days"), [("node/slow", 12), ("node/quick", 5), ("node/gone", 5)])
def test_it_is_told_within_what_its_own_watch_asks_for_and_of_one_that_is_gone_within_what_policy_asks_for(
    watch: str, days: int
) -> None:
    assert told_within(make_analysis(watch=watch), JOB) == days


def test_a_part_of_a_day_counts_with_its_day_also_where_the_watch_is_gone() -> None:
    job = make_job(Policy(tell_within=1.5 * DAY))

    assert told_within(make_analysis(watch="node/gone"), job) == 2


@pytest.mark.parametrize(
    ("probability", "active", "trouble"),
    [(0.5, False, True), (0.49, False, False), (0.3, True, True), (0.29, True, False)],
)
def test_it_is_trouble_from_the_probability_that_policy_names_on(
    probability: float, active: bool, trouble: bool
) -> None:
    policy = Policy(open_probability=0.5, clear_probability=0.3)
    analysis = make_analysis(exhaustion=make_exhaustion(9, within=chances(probability)))

    assert in_trouble(analysis, make_job(policy), active=active)[0] is trouble


@pytest.mark.parametrize(
    ("score", "active", "trouble"), [(None, False, True), (2.0, False, True), (2.1, False, False), (2.1, True, True)]
)
def test_only_a_method_that_did_worse_in_its_backtest_than_policy_allows_begins_nothing(
    score: float | None, active: bool, trouble: bool
) -> None:
    analysis = make_analysis(9, evidence=make_evidence(backtest_score=score))

    assert in_trouble(analysis, make_job(Policy(maximum_backtest_score=2.0)), active=active)[0] is trouble


@pytest.mark.parametrize(("lead", "sure"), [(0.4, True), (0.39, False)])
def test_time_is_short_from_the_chance_that_policy_names_on(lead: float, sure: bool) -> None:
    analysis = make_analysis(9, lead=lead)
    finding = make_finding(exhaustion=analysis.exhaustion, seen_runs=1)

    assert confirmed(finding, analysis, make_job(Policy(open_at_once_lead=0.4)))[0] is sure


@pytest.mark.parametrize(("then", "sure"), [(0.5, True), (0.49, False)])
def test_yesterdays_history_confirms_from_the_probability_that_opens_on(then: float, sure: bool) -> None:
    analysis = replace(make_analysis(9), earlier=make_exhaustion(9, within=chances(then)))
    finding = make_finding(exhaustion=analysis.exhaustion, seen_runs=1)

    assert confirmed(finding, analysis, make_job(Policy(open_probability=0.5)))[0] is sure


@pytest.mark.parametrize(
    ("told", "now", "sooner"),
    [
        (20, None, False),  # it is no longer expected
        (None, 20, True),  # it was not expected
        (20, 9.9, True),
        (20, 10, False),
        (-1, -2, False),  # what was told is past: the passing of time is no news
    ],
)
def test_it_is_told_again_where_much_less_time_is_left_than_was_told(
    told: float | None, now: float | None, sooner: bool
) -> None:
    then, p50 = (None if days is None else AS_OF + days * DAY for days in (told, now))

    assert much_sooner(then, p50, AS_OF, Policy(renotify_growth=0.5)) is sooner
