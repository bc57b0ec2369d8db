"""What a person reads of findings in a terminal."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta

import pytest
from rich.console import Console

from domain.finding import Finding, FindingKind, FindingState, Severity
from domain.forecast import Exhaustion
from domain.labels import Labels
from forewarn.cli.rendering import SHOWN, findings_table
from tests.fixtures.builders import AS_OF, make_evidence, make_exhaustion


def finding(exhaustion: Exhaustion, *, title: str = "db-1 /var", severity: Severity = Severity.INFO) -> Finding:
    return Finding(
        fingerprint="0" * 32,
        job="nightly-capacity",
        watch="node/filesystem-space",
        kind=FindingKind.EXHAUSTION,
        episode=1,
        entity=Labels.of(instance="db-1", mountpoint="/var"),
        severity=severity,
        state=FindingState.OPEN,
        title=title,
        summary="",
        exhaustion=exhaustion,
        evidence=make_evidence(),
        first_seen=AS_OF,
        last_seen=AS_OF,
    )


def printed(*findings: Finding) -> str:
    out = io.StringIO()
    Console(file=out, width=120, no_color=True).print(findings_table(findings, "Asia/Taipei"))
    return out.getvalue()


def crossing(*days: float | None) -> Exhaustion:
    p10, p50, p90 = (None if count is None else AS_OF + timedelta(days=count) for count in days)
    return replace(make_exhaustion(9.0), p10=p10, p50=p50, p90=p90)


@pytest.mark.parametrize(
    ("exhaustion", "when"),
    [
        (crossing(7, 9, 14), "1 Dec (29 Nov to 6 Dec)"),
        (crossing(9, 9, 9), " 1 Dec  "),
        (crossing(7, 9, None), "1 Dec (29 Nov to later)"),
        (crossing(30, 45, 60), "6 Jan 2027 (22 Dec to 21 Jan 2027)"),
        (crossing(7, None, None), "later than its horizon"),
        (replace(crossing(0, 0, 0), exhausted=True), "now"),
    ],
    ids=["an interval", "one day", "an open end", "another year", "only perhaps", "already"],
)
def test_the_day_is_told_with_its_interval_and_the_year_only_where_it_is_another(
    exhaustion: Exhaustion, when: str
) -> None:
    assert when in printed(finding(exhaustion))


def test_the_worst_comes_first_then_the_soonest() -> None:
    later = finding(crossing(9, 11, 12), title="later")
    sooner = finding(crossing(6, 7, 9), title="sooner")
    worst = finding(crossing(20, 22, 25), title="worst", severity=Severity.CRITICAL)

    text = printed(later, sooner, worst)

    assert text.index("worst") < text.index("sooner") < text.index("later")


def test_a_title_with_mark_up_or_escapes_is_shown_as_it_is() -> None:
    text = printed(finding(crossing(7, 9, 14), title="[red]db[/red]\x1b[2J 資料庫"))

    assert "[red]db[/red]" in text
    assert "\x1b" not in text
    assert "資料庫" in text


def test_a_long_list_is_cut_and_counted() -> None:
    assert "and 3 more" in printed(*[finding(crossing(7, 9, 14))] * (SHOWN + 3))
