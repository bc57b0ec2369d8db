"""How much better it would have to stand not to be told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from domain.finding import Finding, FindingKind, FindingState, Growth, Severity
from domain.job import Policy
from domain.watch import Direction
from jobs.explain import next_threshold
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


def test_a_lead_time_beyond_the_telling_time_counts() -> None:
    watch = make_watch(lead_time=timedelta(days=40))

    threshold = next_threshold(finding(growth=Growth(1e9)), watch, POLICY)

    assert threshold is not None
    assert threshold.level == pytest.approx(60e9)
    assert threshold.days == 40


def test_a_limit_of_zero_has_no_shares() -> None:
    threshold = next_threshold(finding(current=-1.0, limit=0.0, growth=Growth(0.1)), make_watch(), POLICY)

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
