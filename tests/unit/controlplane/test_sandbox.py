"""The parts of the sandbox that need no server: which fault is drawn, and how an execution goes."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from sandbox.executions import Course, progress
from sandbox.faults import FaultKind, FaultPlan, FaultRule, FaultSwitches
from sandbox.settings import engine_url
from sandbox.wire import Answer, replaced

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def drawn(plan: FaultPlan, operation: str, times: int) -> list[str]:
    rules = [plan.draw(operation) for _ in range(times)]
    return [rule.kind.value if rule else "well" for rule in rules]


def test_a_rule_with_a_count_holds_for_the_next_requests_of_its_operations_only() -> None:
    plan = FaultPlan()
    rule = FaultRule(kind=FaultKind.DROP, operations=["createIncident"], count=2)
    plan.set(FaultSwitches(rules=[rule, FaultRule(kind=FaultKind.CUT, operations=["getIncident"])]))

    assert drawn(plan, "listIncidents", 1) == ["well"]
    assert drawn(plan, "createIncident", 3) == ["drop", "drop", "well"]
    assert drawn(plan, "getIncident", 2) == ["cut", "cut"]
    assert plan.fired == [2, 2]


def test_a_share_is_about_kept_and_the_same_seed_gives_the_same_faults() -> None:
    switches = FaultSwitches(seed=3, rules=[FaultRule(kind=FaultKind.STATUS, share=0.25)])

    first, second = (drawn(FaultPlan(switches), "x", 1000) for _ in range(2))

    assert first == second
    assert 200 < Counter(first)["status"] < 300


@pytest.mark.parametrize("rule", [{"kind": "explode"}, {"kind": "drop", "share": 2}, {"kind": "drop", "when": "now"}])
def test_a_switch_that_is_none_is_refused(rule: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        FaultSwitches.model_validate({"rules": [rule]})


@pytest.mark.parametrize(
    ("seconds", "status"), [(0, "pending"), (1.9, "pending"), (2, "running"), (4.9, "running"), (5, "failed")]
)
def test_an_execution_goes_as_its_script_says(seconds: float, status: str) -> None:
    course = Course(pending_seconds=2, running_seconds=3, result="failed", output="no free extents")

    body = progress(course, NOON, NOON + timedelta(seconds=seconds))

    assert body["status"] == status
    assert body.get("startedAt") == (None if status == "pending" else "2026-11-22T12:00:02Z")
    assert body.get("error") == ("no free extents" if status == "failed" else None)


def test_the_answer_of_a_fault_is_in_the_contracts_shape_and_says_when_to_return() -> None:
    rule = FaultRule(kind=FaultKind.STATUS, status=429, retry_after=7)

    answer = replaced(Answer(), rule, "r-1")

    assert answer.status == 429
    assert (b"retry-after", b"7") in answer.headers
    assert b'"error": "RATE_LIMIT_EXCEEDED"' in answer.body


@pytest.mark.parametrize("url", ["postgresql://u@h/d", "postgresql+psycopg://u@h/d"])
def test_any_postgres_url_is_used_with_psycopg_3(url: str) -> None:
    assert engine_url(url).drivername == "postgresql+psycopg"
