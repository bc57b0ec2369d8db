"""What a person reads of findings in a terminal: when, how sure, and no more exact than that is known."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stdout
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from rich.console import Console

from api.schemas import ExhaustionOut
from domain.finding import Finding, FindingKind, FindingState, Severity
from domain.forecast import Exhaustion
from domain.labels import Labels
from domain.run import Run, RunStatus, ShardOutcome, ShardStatus
from domain.series import SeriesStatus
from forewarn.cli.rendering import SHOWN, day_and_hour, findings_table, print_summary
from forewarn.cli.urgency import by_urgency
from jobs.decide import Act, Decision
from jobs.summary import RunSummary
from tests.fixtures.builders import AS_OF, make_evidence
from tests.fixtures.report_samples import FILESYSTEM, UPLINK


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


def printed(*findings: Finding, most: int = SHOWN) -> str:
    out = io.StringIO()
    Console(file=out, width=160, no_color=True).print(findings_table(findings, "Asia/Taipei", most=most))
    return out.getvalue()


def crossing(p10: float | None, p50: float | None, p90: float | None, chance: float = 0.5) -> Exhaustion:
    first, middle, last = (None if days is None else AS_OF + timedelta(days=days) for days in (p10, p50, p90))
    return Exhaustion(SeriesStatus.OK, first, middle, last, ((30, chance),))


@pytest.mark.parametrize(
    ("exhaustion", "when", "chance"),
    [
        (crossing(6, 8, 12, 0.9), "30 Nov (28 Nov – 4 Dec)", "90%"),
        (crossing(8.1, 8.2, 8.3, 0.9999), " 30 Nov ", "> 99%"),
        (crossing(6, 8, None, 0.7), "30 Nov (28 Nov or later)", "70%"),
        (crossing(6, None, None, 0.3), "from 28 Nov on", "30%"),
        (crossing(None, None, None, 0.001), "later than its horizon", "< 1%"),
        (crossing(30, 42, 60, 0.1), "3 Jan 2027 (22 Dec – 21 Jan 2027)", "10%"),
    ],
    ids=["an interval", "one day", "an open end", "only perhaps", "hardly", "another year"],
)
def test_the_day_is_told_with_its_interval_and_its_chance(exhaustion: Exhaustion, when: str, chance: str) -> None:
    text = printed(finding(exhaustion))

    assert when in text
    assert chance in text


def test_a_moment_says_what_it_is_from_utc_as_other_lists_are_in_utc() -> None:
    assert day_and_hour(AS_OF, "Asia/Taipei") == "2026-11-22 10:00+08:00"
    assert day_and_hour(AS_OF, "UTC") == "2026-11-22 02:00+00:00"


def test_what_has_run_out_is_told_as_that() -> None:
    text = printed(finding(replace(crossing(0, 0, 0, 1.0), exhausted=True)))

    assert "now" in text
    assert "reached" in text


@pytest.mark.parametrize("unsaid", [None, float("nan")], ids=["null", "not a number"])
def test_a_chance_beyond_the_horizon_is_a_dash_here_and_null_for_programs(unsaid: Any) -> None:
    beyond = replace(crossing(6, 8, 12), within=((7, 0.25), (30, unsaid)))

    answer = ExhaustionOut.of(beyond).json_text()

    assert printed(finding(beyond)).splitlines()[1].rstrip().endswith(" -")
    assert json.loads(answer, parse_constant=pytest.fail)["within"] == {"7d": 0.25, "30d": None}


def test_the_api_says_that_a_chance_may_be_null() -> None:
    schema = ExhaustionOut.model_json_schema(mode="serialization")["properties"]["within"]

    assert schema["additionalProperties"] == {"anyOf": [{"type": "number"}, {"type": "null"}]}


def test_as_many_are_shown_as_were_asked_for() -> None:
    many = [finding(crossing(6, 8, 12), title=f"disk {number}") for number in range(SHOWN + 1)]

    assert "and 1 more" in printed(*many)
    assert "more" not in printed(*many, most=200)
    assert "more" not in printed(*many, most=len(many))


def test_what_has_to_be_begun_first_comes_first_as_in_the_report() -> None:
    """A line that takes weeks to order is more urgent than a disk that is full sooner."""
    disk = replace(finding(crossing(6, 8, 12), title="disk"), fingerprint="1" * 32)
    later = replace(finding(crossing(9, 11, 14), title="later"), fingerprint="2" * 32)
    link = replace(finding(crossing(20, 22, 25), title="link"), watch=UPLINK.key, fingerprint="3" * 32)
    full = replace(finding(replace(crossing(0, 0, 0), exhausted=True), title="full"), fingerprint="4" * 32)
    stranger = replace(finding(crossing(7, 9, 12), title="stranger"), watch="old/disks", fingerprint="5" * 32)

    ordered = by_urgency([later, stranger, disk, link, full], [FILESYSTEM, UPLINK])

    assert [one.title for one in ordered] == ["full", "link", "disk", "later", "stranger"]


def summary_of(count: int, *, dry_run: bool, shards: tuple[ShardOutcome, ...] = ()) -> str:
    """What is printed of a run with so many findings."""
    run = Run(uuid4(), "nightly", AS_OF, RunStatus.SUCCEEDED, AS_OF, dry_run=dry_run)
    decisions = tuple(
        Decision(Act.HOLD, replace(finding(crossing(6, 8, 12)), fingerprint=f"{number:032d}"), "")
        for number in range(count)
    )
    out = io.StringIO()
    with redirect_stdout(out):
        print_summary(RunSummary(run, decisions, (), shards, (), 0), [], None, "UTC", [])
    return " ".join(out.getvalue().split())


def test_what_a_rehearsal_has_no_room_for_is_not_said_to_be_stored() -> None:
    assert "and 2 more: `forewarn findings` lists them all" in summary_of(SHOWN + 2, dry_run=False)
    assert "and 2 more: `--json` prints them all" in summary_of(SHOWN + 2, dry_run=True)


def test_only_a_rehearsal_is_said_to_have_written_and_told_nothing() -> None:
    said = "succeeded (dry run: nothing was written, nothing was told)"

    assert said in summary_of(0, dry_run=True)
    assert "dry run" not in summary_of(0, dry_run=False)


def test_a_watch_is_empty_where_none_of_its_parts_found_anything() -> None:
    half, empty = ("kafka/lag", "redis/memory")
    parts = (
        ShardOutcome(half, ShardStatus.DONE, series=3),
        ShardOutcome(half, ShardStatus.DONE, series=0),
        ShardOutcome(empty, ShardStatus.DONE, series=0),
        ShardOutcome(empty, ShardStatus.DONE, series=0),
    )

    assert "! 1 watch matches nothing: redis/memory" in summary_of(0, dry_run=False, shards=parts)
    assert "match" not in summary_of(0, dry_run=False, shards=parts[:2])


def test_a_title_with_mark_up_or_escapes_is_shown_as_it_is() -> None:
    text = printed(finding(crossing(7, 9, 14), title="[red]db[/red]\x1b[2J 資料庫"))

    assert "[red]db[/red]" in text
    assert "\x1b" not in text
    assert "資料庫" in text


def test_a_long_list_is_cut_and_counted() -> None:
    assert "and 3 more" in printed(*[finding(crossing(7, 9, 14))] * (SHOWN + 3))
