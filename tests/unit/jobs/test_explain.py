"""How much better it would have to stand not to be told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from domain.finding import Finding, FindingKind, FindingState, Growth, Outcome, Severity
from domain.job import Policy
from domain.watch import Direction
from jobs.explain import next_threshold, what_comes_next
from tests.fixtures.builders import AS_OF, make_analysis, make_evidence, make_watch

POLICY = Policy(tell_within=timedelta(days=30))


def finding(**evidence: Any) -> Finding:
    analysis = make_analysis()
    return Finding(
        fingerprint="f" * 32,
        job="nightly-capacity",
        watch=analysis.watch,
        kind=FindingKind.EXHAUSTION,
        entity=analysis.entity,
        severity=Severity.INFO,
        state=FindingState.OPEN,
        episode=1,
        title="It fills up",
        summary="It grows.",
        first_seen=AS_OF,
        last_seen=AS_OF,
        exhaustion=analysis.exhaustion,
        evidence=replace(make_evidence(current=72e9, limit=100e9, growth=Growth(1e9)), **evidence),
    )


def test_a_disk_that_grows_by_a_gigabyte_a_day_would_not_have_opened_below_seventy_percent() -> None:
    threshold = next_threshold(finding(), make_watch(), POLICY)

    assert threshold is not None
    assert threshold.level == pytest.approx(70e9)  # 100 GB less 30 days of 1 GB
    assert threshold.share == pytest.approx(0.70)
    assert threshold.days == 30


def test_what_runs_out_downwards_has_its_threshold_above_the_limit() -> None:
    falling = finding(current=30.0, limit=10.0, growth=Growth(-1.0))

    threshold = next_threshold(falling, make_watch(direction=Direction.DOWN), POLICY)

    assert threshold is not None
    assert threshold.level == pytest.approx(40.0)


def test_at_the_threshold_the_limit_is_reached_just_when_telling_begins() -> None:
    threshold = next_threshold(finding(growth=Growth(2.5e9)), make_watch(), POLICY)

    assert threshold is not None
    days = (100e9 - threshold.level) / 2.5e9
    assert days == pytest.approx(30)


def test_what_is_judged_by_its_peaks_has_no_threshold_for_its_last_value() -> None:
    """A link at night carries far less than the peak it is judged by: a level above it would explain nothing."""
    assert next_threshold(finding(current=1e9, growth=Growth(1e9)), make_watch(), POLICY) is None


def test_what_would_have_opened_even_empty_has_no_threshold() -> None:
    """It fills within thirty days from nothing at all: that it would not have opened below -20 GB helps nobody."""
    fast = finding(growth=Growth(4e9))
    free = finding(current=30e9, limit=0.0, growth=Growth(-4e9))

    assert next_threshold(fast, make_watch(), POLICY) is None
    assert next_threshold(fast, make_watch(lower=None), POLICY) is not None
    assert next_threshold(free, make_watch(direction=Direction.DOWN, upper=100e9), POLICY) is None
    assert next_threshold(free, make_watch(direction=Direction.DOWN), POLICY) is not None


def test_a_lead_time_beyond_the_telling_time_counts() -> None:
    watch = make_watch(lead_time=timedelta(days=40), horizon=timedelta(days=60))

    threshold = next_threshold(finding(growth=Growth(1e9)), watch, POLICY)

    assert threshold is not None
    assert threshold.level == pytest.approx(60e9)
    assert threshold.days == 40


def test_what_is_told_is_within_the_horizon() -> None:
    watch = make_watch(horizon=timedelta(days=14))

    threshold = next_threshold(finding(current=90e9), watch, POLICY)

    assert threshold is not None
    assert threshold.level == pytest.approx(86e9)
    assert threshold.days == 14
    assert what_comes_next(finding(), watch, POLICY)[0].startswith(
        "It is clean below 30% within 14 days, and it has 90%"
    )


def test_a_limit_of_zero_has_no_shares() -> None:
    threshold = next_threshold(finding(current=-1.0, limit=0.0, growth=Growth(0.1)), make_watch(lower=None), POLICY)

    assert threshold is not None
    assert threshold.level == pytest.approx(-3.0)
    assert threshold.share is None


@pytest.mark.parametrize(
    "evidence",
    [{"limit": None}, {"current": None}, {"growth": None}, {"growth": Growth(0.0)}, {"growth": Growth(-1e9)}],
    ids=["no limit", "nothing seen", "growth unknown", "no growth", "growth away from the limit"],
)
def test_where_no_threshold_can_be_told_none_is_told(evidence: dict[str, Any]) -> None:
    assert next_threshold(finding(**evidence), make_watch(), POLICY) is None


def test_an_open_finding_says_when_it_is_clean_and_when_it_is_worse() -> None:
    assert what_comes_next(finding(), make_watch(), POLICY) == (
        "It is clean below 30% within 30 days, and it has 95%; it is cleared after 2 runs that are clean in a row.",
        "It is a warning from 30% before it can be fixed on, and it has 10%.",
    )


def test_a_warning_says_that_a_prediction_is_no_more_unless_policy_lets_it() -> None:
    warning = replace(finding(), severity=Severity.WARNING)

    assert what_comes_next(warning, make_watch(), POLICY)[-1] == (
        "A prediction is a warning at most; it is critical when the limit is reached."
    )
    assert what_comes_next(warning, make_watch(), replace(POLICY, ceiling=Severity.CRITICAL))[-1] == (
        "It is critical from 80% before it can be fixed on, and it has 10%."
    )


def test_a_pending_finding_says_what_opens_it() -> None:
    pending = replace(finding(), state=FindingState.PENDING)

    assert what_comes_next(pending, make_watch(), POLICY) == (
        (
            "It opens when 2 runs in a row see 50% or more, of which its history without the newest day may be one, "
            "or at once from 50% before it can be fixed on; "
            "it is dropped below 30% within 30 days, and it has 95%."
        ),
    )
    (said,) = what_comes_next(replace(pending, outcome=Outcome.FALSE_POSITIVE), make_watch(), POLICY)
    assert said.startswith("Once it need not be quiet any more, it opens when 2 runs")


def test_a_cleared_finding_says_when_it_is_seen_again() -> None:
    cleared = replace(finding(), state=FindingState.CLEARED)

    assert what_comes_next(cleared, make_watch(), POLICY) == ("It is seen again from 50% on.",)
