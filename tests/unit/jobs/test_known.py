"""What others tell already is not told again: alerts, silences, other people's incidents."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.alert import KnownAlert, KnownIncident, KnownSilence
from domain.finding import Finding, FindingState, Outcome, Severity, Told
from domain.job import Job, Policy
from domain.labels import Labels
from domain.mute import Matcher, MatchOperator
from jobs.decide import Act, Decided, IncidentAct, Situation, decide
from jobs.decide.known import BROAD, has_all, matches, tells_the_same
from jobs.packs import load_pack, pack_names
from tests.fixtures.builders import AS_OF, make_analysis, make_job, make_watch

ENTITY = Labels.of(instance="db-1", mountpoint="/var")
JOB = make_job(Policy(open_after_runs=1))


def decided(
    situation: Situation, *, days: float | None = 9, lead: float = 0.1, night: int = 0, job: Job = JOB
) -> Decided:
    as_of = AS_OF + timedelta(days=night)
    analysis = make_analysis(days, lead=lead, as_of=as_of, labels=Labels.of(team="data", **dict(ENTITY)))
    return decide(
        job,
        [analysis],
        situation,
        complete=frozenset({analysis.watch}),
        as_of=as_of,
        describe=lambda _: ("It fills up", "It grows."),
    )


def silence(*matchers: Matcher) -> KnownSilence:
    return KnownSilence("s-1", matchers, AS_OF + timedelta(hours=2), "upgrade", "ana")


def equal(name: str, value: str) -> Matcher:
    return Matcher(name, MatchOperator.EQUAL, value)


def only(result: Decided) -> tuple[Act, Finding, str]:
    (decision,) = result.findings
    return decision.act, decision.finding, decision.reason


def test_what_nobody_tells_is_told() -> None:
    result = decided(Situation())

    assert only(result)[0] is Act.OPEN
    assert [one.act for one in result.incidents] == [IncidentAct.OPEN]


def test_what_an_alert_tells_is_attached_and_not_repeated() -> None:
    result = decided(Situation(alerts=(KnownAlert("DiskFills", Labels.of(severity="page", **dict(ENTITY))),)))

    act, finding, reason = only(result)
    assert (act, finding.state, finding.incident) == (Act.ATTACH, FindingState.PENDING, "")
    assert "the alert DiskFills fires for it already" in reason
    assert result.incidents == ()


@pytest.mark.parametrize(
    "labels",
    [Labels.of(instance="db-1"), Labels.of(instance="db-2", mountpoint="/var"), Labels()],
    ids=["of the whole host", "of another host", "of nothing"],
)
def test_an_alert_about_something_else_keeps_nothing_back(labels: Labels) -> None:
    assert only(decided(Situation(alerts=(KnownAlert("Other", labels),))))[0] is Act.OPEN


@pytest.mark.parametrize(
    ("alert", "act"),
    [
        ("NodeHighNumberConntrackEntriesUsed", Act.ATTACH),
        ("HostConntrackLimit", Act.ATTACH),
        ("NodeClockNotSynchronising", Act.OPEN),
        ("", Act.OPEN),
    ],
)
def test_an_alert_on_the_same_machine_tells_the_same_only_where_its_name_does(alert: str, act: Act) -> None:
    """Else a clock that is wrong for a month would keep the same machine's trouble from everybody."""
    machine = Labels.of(instance="db-1")
    watch = next(one for one in load_pack("node").pack.watches if one.name == "conntrack")
    analysis = make_analysis(9, watch=watch.key, entity=machine, labels=machine)
    fires = KnownAlert(alert, Labels.of(severity="page", **dict(machine)))

    result = decide(
        make_job(Policy(open_after_runs=1), watches=(watch,)),
        [analysis],
        Situation(alerts=(fires,)),
        complete=frozenset(),
        as_of=AS_OF,
        describe=lambda _: ("It fills up", "It grows."),
    )

    assert only(result)[0] is act


def test_where_no_names_are_given_an_alert_counts_on_what_is_more_than_a_machine() -> None:
    disk, machine = ENTITY, Labels.of(instance="db-1", cluster="a")

    assert tells_the_same(KnownAlert("Anything", disk), disk, None)
    assert not tells_the_same(KnownAlert("Anything", machine), machine, None)
    assert not tells_the_same(KnownAlert("DiskFills", disk), disk, "inodes")


@pytest.mark.parametrize("name", pack_names())
def test_every_watch_of_a_machine_or_a_job_says_which_alerts_tell_the_same(name: str) -> None:
    loaded = load_pack(name)
    silent = [one.key for one in loaded.pack.watches if one.alerts is None and set(one.entity) <= BROAD]
    silent += [one.key for one in loaded.waiting if one.model.alerts is None and set(one.model.entity) <= BROAD]

    assert silent == []


def test_somebody_elses_incident_is_told_of_it_instead() -> None:
    result = decided(Situation(others=(KnownIncident("inc-7", "Disk trouble", ENTITY),)))

    (decision,) = result.findings
    assert (decision.act, decision.attached_to) == (Act.ATTACH, "inc-7")
    assert result.incidents == ()


def test_what_is_said_of_something_else_keeps_nothing_back() -> None:
    other = Labels.of(instance="db-2", mountpoint="/var")
    elsewhere = Situation(
        silences=(silence(equal("instance", "db-2")),), others=(KnownIncident("inc-7", "Disk trouble", other),)
    )

    assert only(decided(elsewhere))[0] is Act.OPEN


def test_the_names_of_alerts_are_those_of_the_findings_own_watch() -> None:
    watches = (make_watch(name="clock", alerts="Clock"), make_watch(alerts="Disk|Filesystem"))
    fires = Situation(alerts=(KnownAlert("ClockSkew", ENTITY),))

    assert only(decided(fires, job=replace(JOB, watches=watches)))[0] is Act.OPEN


def test_what_is_silenced_waits_and_says_who_wants_it_so_and_until_when() -> None:
    act, finding, reason = only(decided(Situation(silences=(silence(equal("instance", "db-1")),))))

    assert (act, finding.state) == (Act.HOLD, FindingState.PENDING)
    assert reason.endswith("silenced in Alertmanager by ana until 2026-11-22 04:00Z")
    assert finding.reason == reason


def test_when_a_silence_is_over_what_still_stands_is_told() -> None:
    held = decided(Situation(silences=(silence(equal("instance", "db-1")),)))
    known = {one.finding.fingerprint: one.finding for one in held.findings}

    assert only(decided(Situation(known), night=1))[0] is Act.OPEN


def test_what_cleared_in_a_silence_is_never_told() -> None:
    held = decided(Situation(silences=(silence(equal("instance", "db-1")),)))
    known = {one.finding.fingerprint: one.finding for one in held.findings}
    after = decided(Situation(known), days=None, night=1)

    assert only(after)[0] is Act.DROP
    assert after.incidents == ()


def test_what_is_open_already_goes_on_whatever_fires() -> None:
    opened = decided(Situation())
    known = {one.finding.fingerprint: one.finding for one in opened.findings}
    incidents = {one.incident.source_key: one.incident for one in opened.incidents}
    alerts = (KnownAlert("DiskFills", ENTITY),)

    worse = decided(Situation(known, incidents, alerts), days=2, lead=0.9, night=1)

    assert only(worse)[0] is Act.ESCALATE
    assert [one.act for one in worse.incidents] == [IncidentAct.ESCALATE]


def test_an_accepted_risk_that_worsened_in_a_silence_is_still_accepted_when_it_is_better_again() -> None:
    pending = only(decided(Situation(silences=(silence(equal("instance", "db-1")),))))[1]
    told = Told(AS_OF, Severity.INFO, AS_OF + timedelta(days=9))
    accepted = replace(pending, outcome=Outcome.ACCEPTED_RISK, told=told)
    situation = Situation({accepted.fingerprint: accepted}, silences=(silence(equal("instance", "db-1")),))

    silenced = only(decided(situation, days=2, lead=0.9, night=1))
    better = only(decided(Situation({accepted.fingerprint: silenced[1]}), days=8, night=2))

    assert silenced[0] is Act.HOLD
    assert better[0] is Act.IGNORE


@pytest.mark.parametrize(
    ("matcher", "expected"),
    [
        (equal("instance", "db-1"), True),
        (equal("instance", "db"), False),
        (equal("instance", "db.1"), False),
        (Matcher("instance", MatchOperator.NOT_EQUAL, "db.1"), True),
        (equal("cluster", ""), True),
        (Matcher("instance", MatchOperator.NOT_EQUAL, "db-2"), True),
        (Matcher("instance", MatchOperator.MATCHES, "db-[0-9]+"), True),
        (Matcher("instance", MatchOperator.MATCHES, "db"), False),
        (Matcher("instance", MatchOperator.NOT_MATCHES, "web.*"), True),
        (Matcher("instance", MatchOperator.MATCHES, r"\pL+-1"), True),
        (Matcher("instance", MatchOperator.NOT_MATCHES, r"\pL+-2"), True),
        (Matcher("instance", MatchOperator.MATCHES, "[[:alpha:]"), False),
        (Matcher("instance", MatchOperator.MATCHES, "(?=db).*"), False),
        (Matcher("instance", MatchOperator.NOT_MATCHES, "(?=web).*"), False),
    ],
    ids=lambda value: f"{value.name}{value.operator.value}{value.value}" if isinstance(value, Matcher) else "",
)
def test_matchers_compare_as_alertmanager_does_and_what_re2_cannot_read_matches_nothing(
    matcher: Matcher, expected: bool
) -> None:
    assert matches([matcher], {"instance": "db-1"}) is expected


def test_no_matchers_match_nothing() -> None:
    assert not matches([], {"instance": "db-1"})


def test_labels_are_about_an_entity_when_they_have_all_of_it() -> None:
    assert has_all(Labels.of(instance="db-1", mountpoint="/var", job="node"), ENTITY)
    assert not has_all(Labels.of(instance="db-1"), ENTITY)
    assert not has_all(Labels.of(instance="db-1"), Labels())
