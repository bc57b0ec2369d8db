"""One row per finding, its history beside it, and lists that people can page through."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text

from domain.finding import Finding, FindingKind, FindingState, Severity
from domain.forecast import Exhaustion
from domain.labels import Labels
from domain.series import SeriesStatus
from storage.engine import read_only, transaction
from storage.errors import BadCursor, NotFound
from storage.findings import (
    append_history,
    find_finding,
    find_run_of,
    finding_history,
    findings_of_run,
    get_finding,
    list_findings,
    load_findings,
    prune_findings,
    prune_history,
    upsert_findings,
)
from tests.integration.storage.builders import NIGHT, finding, started_run

pytestmark = pytest.mark.server


def named(name: str, **changes: Any) -> Finding:
    return finding(Labels.of(instance=name, mountpoint="/"), **changes)


def store(engine: Engine, *findings: Finding) -> None:
    with transaction(engine) as session:
        upsert_findings(session, findings)


def test_a_finding_that_is_written_again_takes_the_place_of_the_old(engine: Engine) -> None:
    store(engine, named("a", severity=Severity.INFO), named("b"))

    newer = named("a", severity=Severity.CRITICAL, state=FindingState.CLEARING, seen_runs=7)
    store(engine, newer)

    with read_only(engine) as session:
        assert get_finding(session, newer.fingerprint) == newer
        assert session.scalars(text("SELECT count(*) FROM findings")).one() == 2


def test_writing_the_same_findings_twice_changes_nothing(engine: Engine) -> None:
    run_id = started_run(engine)
    both = [named("a"), named("b")]
    for _ in range(2):
        with transaction(engine) as session:
            assert upsert_findings(session, both, run_id=run_id) == 2
            append_history(session, both, run_id=run_id, as_of=NIGHT)

    with read_only(engine) as session:
        assert len(finding_history(session, both[0].fingerprint).items) == 1
        assert sorted(load_findings(session, job="nightly"), key=lambda one: one.entity.pairs) == both
        assert find_run_of(session, both[0].fingerprint) == run_id
        assert len(findings_of_run(session, run_id)) == 2


def test_of_a_finding_that_is_there_twice_in_one_batch_the_last_counts(engine: Engine) -> None:
    store(engine, named("a", episode=1), named("a", episode=2))

    with read_only(engine) as session:
        assert get_finding(session, named("a").fingerprint).episode == 2


def test_writing_no_findings_is_fine(engine: Engine) -> None:
    with transaction(engine) as session:
        assert upsert_findings(session, []) == 0
        assert append_history(session, [], run_id=uuid4(), as_of=NIGHT) == 0


def test_decide_gets_what_is_live_and_what_was_cleared_not_long_ago(engine: Engine) -> None:
    old = NIGHT - timedelta(days=40)
    cleared: dict[str, Any] = {"state": FindingState.CLEARED, "cleared_at": NIGHT}
    live, pending = named("live", first_seen=old, last_seen=old), named("pending", state=FindingState.PENDING)
    recent = named("recent", last_seen=NIGHT - timedelta(days=20), first_seen=old, **cleared)
    gone = named("gone", last_seen=old, first_seen=old, **cleared)
    other = named("other", job="hourly")
    store(engine, live, pending, recent, gone, other)

    with read_only(engine) as session:
        assert {one.entity["instance"] for one in load_findings(session, job="nightly")} == {
            "live",
            "pending",
            "recent",
        }
        late = load_findings(session, job="nightly", as_of=NIGHT + timedelta(days=20))
        ever = load_findings(session, job="nightly", cleared_within=timedelta(days=36_500))
    assert {one.entity["instance"] for one in late} == {"live", "pending"}
    assert len(ever) == 4


def test_the_worst_come_first_and_what_never_happens_last(engine: Engine) -> None:
    def when(days: int | None) -> Exhaustion:
        return Exhaustion(SeriesStatus.OK, p50=None if days is None else NIGHT + timedelta(days=days))

    store(
        engine,
        named("never", exhaustion=when(None)),
        named("late", exhaustion=when(9)),
        named("soon", exhaustion=when(2)),
        named("info", exhaustion=when(1), severity=Severity.INFO),
        named("worst", exhaustion=when(20), severity=Severity.CRITICAL),
    )

    with read_only(engine) as session:
        assert [one.entity["instance"] for one in list_findings(session).items] == [
            "worst",
            "soon",
            "late",
            "never",
            "info",
        ]


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
def test_pages_hold_every_finding_once_in_the_order_of_the_whole_list(engine: Engine, limit: int) -> None:
    severities = list(Severity)
    days = [None, 3, 3, 1]
    store(
        engine,
        *(
            named(
                f"n{number}",
                severity=severities[number % 3],
                exhaustion=Exhaustion(
                    SeriesStatus.OK, p50=None if (day := days[number % 4]) is None else NIGHT + timedelta(days=day)
                ),
            )
            for number in range(13)
        ),
    )

    seen: list[Finding] = []
    cursor = None
    with read_only(engine) as session:
        whole = list_findings(session, limit=100).items
        while True:
            page = list_findings(session, limit=limit, cursor=cursor)
            seen += page.items
            cursor = page.next_cursor
            if cursor is None:
                break

    assert tuple(seen) == whole
    assert len(whole) == 13


def test_findings_are_chosen_by_each_filter(engine: Engine) -> None:
    store(
        engine,
        named("a"),
        named("b", job="hourly"),
        named("c", watch="node/memory"),
        named("d", kind=FindingKind.OVERSIZED),
        named("e", severity=Severity.CRITICAL),
        named("f", state=FindingState.PENDING),
        named("g", last_seen=NIGHT + timedelta(hours=1)),
    )

    def chosen(**how: Any) -> str:
        with read_only(engine) as session:
            return "".join(sorted(one.entity["instance"] for one in list_findings(session, **how).items))

    assert chosen(job="hourly") == "b"
    assert chosen(watch="node/memory") == "c"
    assert chosen(kind=FindingKind.OVERSIZED) == "d"
    assert chosen(severity=Severity.CRITICAL) == "e"
    assert chosen(state=FindingState.PENDING) == "f"
    assert chosen(state=[FindingState.PENDING, FindingState.OPEN]) == "abcdefg"
    assert chosen(entity=Labels.of(instance="a", mountpoint="/")) == "a"
    assert chosen(entity=Labels.of(mountpoint="/home")) == ""
    assert chosen(since=NIGHT + timedelta(minutes=1)) == "g"


@pytest.mark.parametrize("cursor", ["", "!", "bm9uc2Vuc2U", "WzEsMiwzXQ", "WzEsIjIwMjYiLCJ4Il0", "é", "W1tbXV1d"])
def test_a_cursor_that_we_did_not_make_is_refused(engine: Engine, cursor: str) -> None:
    with pytest.raises(BadCursor, match="first page"), read_only(engine) as session:
        list_findings(session, cursor=cursor)


@pytest.mark.parametrize("limit", [0, -1, 1001])
def test_a_page_has_a_bounded_size(engine: Engine, limit: int) -> None:
    with pytest.raises(ValueError, match="from 1 to 1000"), read_only(engine) as session:
        list_findings(session, limit=limit)


def test_the_history_tells_how_a_finding_stood_after_each_run(engine: Engine) -> None:
    runs = [started_run(engine, as_of=NIGHT + timedelta(days=day)) for day in range(3)]
    states = (FindingState.PENDING, FindingState.OPEN, FindingState.CLEARING)
    for day, (run_id, state) in enumerate(zip(runs, states, strict=True)):
        stood = named("a", state=state, reason=f"day {day}")
        with transaction(engine) as session:
            upsert_findings(session, [stood], run_id=run_id)
            append_history(session, [stood], run_id=run_id, as_of=NIGHT + timedelta(days=day))

    with read_only(engine) as session:
        first = finding_history(session, named("a").fingerprint, limit=2)
        rest = finding_history(session, named("a").fingerprint, limit=2, cursor=first.next_cursor)
    told = [(entry.state, entry.reason, entry.run_id) for entry in first.items + rest.items]
    assert told == [(state, f"day {day}", runs[day]) for day, state in reversed(list(enumerate(states)))]
    assert rest.next_cursor is None
    assert (first.items[0].current, first.items[0].limit) == (10.5, 100.0)


def test_a_finding_that_is_not_there_is_said_so(engine: Engine) -> None:
    with pytest.raises(NotFound, match="no finding abc"), read_only(engine) as session:
        get_finding(session, "abc")


def test_a_finding_is_found_by_how_its_fingerprint_begins_where_only_one_does(engine: Engine) -> None:
    wanted, other = named("a"), named("b")
    store(engine, wanted, other)

    with read_only(engine) as session:
        assert find_finding(session, wanted.fingerprint[:12].upper()) == wanted
        with pytest.raises(NotFound, match="more than one finding"):
            find_finding(session, "")
        with pytest.raises(NotFound, match="no finding"):
            find_finding(session, "%")


def test_only_cleared_findings_are_forgotten(engine: Engine) -> None:
    run_id = started_run(engine)
    live, cleared = named("live"), named("cleared", state=FindingState.CLEARED)
    with transaction(engine) as session:
        upsert_findings(session, [live, cleared], run_id=run_id)
        append_history(session, [live, cleared], run_id=run_id, as_of=NIGHT)

    with transaction(engine) as session:
        assert prune_findings(session, before=NIGHT) == 0
        assert prune_findings(session, before=NIGHT + timedelta(days=1)) == 1
        assert prune_history(session, before=NIGHT + timedelta(days=1)) == 1

    with read_only(engine) as session:
        assert get_finding(session, live.fingerprint) == live
