"""Which incidents tell the findings of a run."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.finding import Analysis, Finding, FindingState, Severity
from domain.incident import Incident, IncidentStatus
from domain.job import Job, Policy
from domain.labels import Labels
from jobs.decide import Act, Decided, IncidentAct, Situation, decide
from jobs.decide.gather import group_of
from tests.fixtures.builders import AS_OF, make_analysis, make_exhaustion, make_job, make_watch
from tests.unit.jobs.automation.situations import make_finding

INODES = make_watch(name="inodes")
JOB = make_job(Policy(open_after_runs=1, clear_after_runs=1), watches=(make_watch(), INODES))
COMPLETE = frozenset(watch.key for watch in JOB.watches)


class Nights:
    """What is stored, from one run to the next."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.findings: dict[str, Finding] = {}
        self.incidents: dict[str, Incident] = {}

    def run(self, night: int, *analyses: Analysis) -> Decided:
        decided = decide(
            self.job,
            analyses,
            Situation(dict(self.findings), dict(self.incidents)),
            complete=COMPLETE,
            as_of=AS_OF + timedelta(days=night),
            describe=lambda analysis: (f"{analysis.entity} fills up", "It grows."),
        )
        self.findings |= {one.finding.fingerprint: one.finding for one in decided.findings}
        self.incidents |= {one.incident.source_key: one.incident for one in decided.incidents}
        return decided

    def acknowledge(self) -> None:
        self.incidents = {key: replace(one, status=IncidentStatus.ACKNOWLEDGED) for key, one in self.incidents.items()}


def disk(
    host: str, days: float | None = 9, *, night: int = 0, watch: str = "filesystem-space", team: str = ""
) -> Analysis:
    entity = Labels.of(instance=host, mountpoint="/var")
    labels = Labels.of(team=team, **dict(entity))
    as_of = AS_OF + timedelta(days=night)
    return make_analysis(days, as_of=as_of, watch=f"node/{watch}", entity=entity, labels=labels)


def acts(decided: Decided) -> list[IncidentAct]:
    return [one.act for one in decided.incidents]


def test_two_jobs_that_find_the_same_thing_at_once_have_an_incident_each() -> None:
    keys = {
        Nights(replace(JOB, name=name)).run(0, disk("db-1")).incidents[0].incident.source_key
        for name in ("nightly", "hourly")
    }

    assert len(keys) == 2


def test_what_belongs_together_is_one_incident_though_two_teams_have_a_part_in_it() -> None:
    decided = Nights(JOB).run(0, disk("db-1", 5, team="base"), disk("db-1", 9, watch="inodes", team="data"))

    (incident,) = decided.incidents
    assert len(incident.incident.members) == 2


@pytest.mark.parametrize("cap", [1, 2, 5])
def test_the_cap_holds_for_a_team_whoever_else_has_a_part(cap: int) -> None:
    job = replace(JOB, policy=replace(JOB.policy, incidents_per_run=cap))
    found = [
        disk(f"db-{host}", 3 + host + later, watch=watch, team=team)
        for host in range(8)
        for watch, team, later in (("filesystem-space", "base", 0.0), ("inodes", "data", 0.5))
    ]

    decided = Nights(job).run(0, *found)

    assert acts(decided) == [IncidentAct.OPEN] * cap
    assert sum(len(one.incident.members) for one in decided.incidents) == 16


def test_as_many_as_a_run_may_begin_are_no_storm() -> None:
    job = replace(JOB, policy=replace(JOB.policy, incidents_per_run=3))

    decided = Nights(job).run(0, *(disk(f"db-{host}") for host in range(3)))

    assert [(one.act, one.storm) for one in decided.incidents] == [(IncidentAct.OPEN, False)] * 3


def test_a_storm_beyond_its_maximum_age_ends_and_begins_anew() -> None:
    job = replace(JOB, policy=replace(JOB.policy, incidents_per_run=2, maximum_age=timedelta(days=2)))
    nights = Nights(job)

    told = [
        nights.run(night, *(disk(f"db-{host}", 30 - night, night=night) for host in range(5))) for night in range(4)
    ]

    assert [acts(decided) for decided in told[1:3]] == [[], []]
    over, anew = (
        [one for one in told[3].incidents if one.act is act] for act in (IncidentAct.RESOLVE, IncidentAct.OPEN)
    )
    assert {one.incident.source_key for one in over} == {one.incident.source_key for one in told[0].incidents}
    (storm,) = (one for one in anew if one.storm)
    assert len(storm.members) == 4


def test_while_a_storm_goes_on_it_has_the_last_place_of_each_run() -> None:
    nights = Nights(replace(JOB, policy=replace(JOB.policy, incidents_per_run=2)))
    known = [disk(f"db-{host}") for host in range(5)]
    (storm,) = (one.incident.source_key for one in nights.run(0, *known).incidents if one.storm)

    later = [disk(f"db-{host}", 8, night=1) for host in range(5)]
    decided = nights.run(1, *later, *(disk(f"web-{host}", night=1) for host in range(2)))

    assert {one.act for one in decided.incidents if one.incident.source_key == storm} == {IncidentAct.UPDATE}
    assert sorted(acts(decided)) == [IncidentAct.OPEN, IncidentAct.UPDATE]


@pytest.mark.parametrize(("days", "begun"), [(30.0, IncidentAct.UPDATE), (30.1, IncidentAct.OPEN)])
def test_what_opens_joins_the_incident_of_its_group_unless_that_is_beyond_its_maximum_age(
    days: float, begun: IncidentAct
) -> None:
    """The age at which an episode ends, too (see `aged`)."""
    nights = Nights(replace(JOB, policy=replace(JOB.policy, maximum_age=timedelta(days=30))))
    nights.run(0, disk("db-1"))
    (key,) = nights.incidents
    nights.incidents[key] = replace(nights.incidents[key], opened_at=AS_OF + timedelta(days=1 - days))

    decided = nights.run(1, disk("db-1", 8, night=1), disk("db-1", 9, night=1, watch="inodes"))

    assert begun in acts(decided)


def test_an_incident_is_of_the_last_episode_of_its_findings() -> None:
    nights = Nights(JOB)
    nights.run(0, disk("db-1"))
    nights.run(1, disk("db-1", None, night=1))

    decided = nights.run(30, disk("db-1", 8, night=30), disk("db-1", 9, night=30, watch="inodes"))

    (incident,) = (one.incident for one in decided.incidents if one.act is IncidentAct.OPEN)
    assert {nights.findings[name].episode for name in incident.members} == {1, 2}
    assert incident.episode == 2


def test_when_an_incident_comes_is_told_by_those_of_its_findings_that_have_a_date() -> None:
    unsure = disk("db-1", watch="inodes")
    unsure = replace(unsure, exhaustion=replace(unsure.exhaustion, p50=None, p90=None))

    (both,) = Nights(JOB).run(0, disk("db-1", 9), unsure).incidents
    (alone,) = Nights(JOB).run(0, unsure).incidents

    assert (both.incident.expected_at, alone.incident.expected_at) == (AS_OF + timedelta(days=9), None)


def test_a_group_has_the_name_that_it_has_always_had() -> None:
    """Open incidents are found by it: with another name each would be told anew."""
    finding = make_finding(labels=Labels.of(team="base", site="fab-12"))

    assert group_of(finding, Policy()) == "a377ae0dabc54b6f3cc2d42f37692bf7"
    assert group_of(finding, Policy(group_by=("site", "instance"))) == "98b98fe8b24041fbcd9288463c491730"


def test_a_storm_whose_members_are_over_goes_on_for_those_that_join_it() -> None:
    nights = Nights(replace(JOB, policy=replace(JOB.policy, incidents_per_run=1)))
    first = nights.run(0, *(disk(f"db-{host}") for host in range(3)))
    calm = [disk(f"db-{host}", None, night=1) for host in range(3)]

    joined = nights.run(1, *calm, *(disk(f"web-{host}", night=1) for host in range(2)))
    over = nights.run(2, *(disk(f"web-{host}", None, night=2) for host in range(2)))

    assert (acts(first), acts(joined), acts(over)) == (
        [IncidentAct.OPEN],
        [IncidentAct.UPDATE],
        [IncidentAct.RESOLVE],
    )
    assert joined.incidents[0].storm
    assert len(joined.incidents[0].incident.members) == 2


def test_why_an_incident_is_told_again_is_said_once() -> None:
    known = Nights(JOB)
    known.run(0, disk("db-1", 20))
    worse = replace(disk("db-1", 19, night=1), exhaustion=make_exhaustion(19, lead=0.5))

    (told,) = known.run(1, worse).incidents

    assert (told.act, told.reason) == (
        IncidentAct.ESCALATE,
        "95% within 30 days; severity rose from info to warning",
    )


def test_what_joins_an_incident_that_a_person_has_in_hand_is_noted_and_not_told() -> None:
    nights = Nights(JOB)
    nights.run(0, disk("db-1"))
    nights.acknowledge()

    decided = nights.run(1, disk("db-1", 8, night=1), disk("db-1", 8, night=1, watch="inodes"))

    assert acts(decided) == [IncidentAct.KEEP]
    assert len(decided.incidents[0].incident.members) == 2
    assert acts(nights.run(2, disk("db-1", 7, night=2), disk("db-1", 7, night=2, watch="inodes"))) == []


def test_what_has_no_watch_any_more_is_over() -> None:
    nights = Nights(JOB)
    nights.run(0, disk("db-1", watch="inodes"))
    nights.job = replace(JOB, watches=JOB.watches[:1])

    decided = nights.run(1)

    assert [(one.act, one.finding.state) for one in decided.findings] == [(Act.CLEAR, FindingState.CLEARED)]
    assert acts(decided) == [IncidentAct.RESOLVE]
    assert "the job has no watch node/inodes any more" in decided.incidents[0].reason
    assert nights.run(2).findings == ()


def test_findings_of_two_packs_about_one_entity_are_told_apart() -> None:
    custom = make_watch(name="quota", pack="custom")
    job = replace(JOB, watches=(*JOB.watches, custom))

    decided = Nights(job).run(0, disk("db-1"), replace(disk("db-1"), watch=custom.key))

    assert acts(decided) == [IncidentAct.OPEN] * 2


def test_an_incident_is_as_bad_and_as_soon_as_the_worst_of_its_findings() -> None:
    mild, bad = disk("db-1", 20), disk("db-1", 9, watch="inodes")
    bad = replace(bad, exhaustion=make_exhaustion(9, lead=0.5))
    nights = Nights(JOB)

    (begun,) = nights.run(0, mild, bad).incidents
    (goes_on,) = nights.run(
        1,
        replace(disk("db-1", 3, night=1), exhaustion=make_exhaustion(3, lead=0.6)),
        replace(bad, exhaustion=make_exhaustion(8, lead=0.5)),
    ).incidents

    inodes, space = (one.finding.fingerprint for one in begun.members)
    assert (begun.incident.severity, begun.incident.expected_at) == (Severity.WARNING, AS_OF + timedelta(days=9))
    assert begun.incident.title == begun.members[0].finding.title
    assert goes_on.act is IncidentAct.UPDATE
    assert goes_on.reason.endswith("much less time is left than was told")
    assert (goes_on.incident.expected_at, goes_on.incident.members) == (AS_OF + timedelta(days=3), (space, inodes))


def test_that_much_less_time_is_left_is_no_news_to_a_person_who_has_it_in_hand() -> None:
    nights = Nights(JOB)
    nights.run(0, disk("db-1", 20))
    nights.acknowledge()

    assert acts(nights.run(1, disk("db-1", 5, night=1))) == []


def test_what_comes_back_after_its_incident_was_resolved_begins_another() -> None:
    nights = Nights(JOB)
    (first,) = nights.run(0, disk("db-1")).incidents
    (over,) = nights.run(1, disk("db-1", None, night=1)).incidents

    (anew,) = nights.run(2, disk("db-1", night=2)).incidents

    assert (over.incident.status, over.incident.resolved_at) == (IncidentStatus.RESOLVED, AS_OF + timedelta(days=1))
    assert anew.act is IncidentAct.OPEN
    assert anew.incident.source_key != first.incident.source_key


def test_where_a_run_may_begin_no_incident_nothing_is_told_and_everything_waits() -> None:
    nights = Nights(replace(JOB, policy=replace(JOB.policy, incidents_per_run=0)))

    silent = nights.run(0, disk("db-1"), disk("db-2"))
    nights.job = JOB

    assert silent.incidents == ()
    assert {(one.act, one.finding.state) for one in silent.findings} == {(Act.HOLD, FindingState.PENDING)}
    assert all(
        one.finding.reason.endswith("incidents_per_run is 0: it is reported, and nobody is told")
        for one in silent.findings
    )
    assert {one.act for one in nights.run(1, disk("db-1", night=1), disk("db-2", night=1)).findings} == {Act.OPEN}


def test_a_storm_lists_the_most_urgent_first_and_says_how_many_are_told_elsewhere() -> None:
    nights = Nights(replace(JOB, policy=replace(JOB.policy, incidents_per_run=2)))
    disks = [disk(f"db-{days}", days) for days in (25, 3, 14, 6)]

    decided = nights.run(0, *disks, disk("db-6", 29, watch="inodes"))

    (storm,) = (one for one in decided.incidents if one.storm)
    assert [one.finding.entity["instance"] for one in storm.members] == ["db-6", "db-14", "db-25", "db-6"]
    assert (storm.others, storm.reason) == (1, "4 more findings than the 1 that have incidents of their own")
    assert all(
        one.finding.reason.endswith("may begin 2 incidents, and others are more urgent") for one in storm.members
    )


def test_two_storms_of_two_teams_count_what_is_told_elsewhere_each_for_itself() -> None:
    nights = Nights(replace(JOB, policy=replace(JOB.policy, incidents_per_run=1)))

    decided = nights.run(
        0, *(disk(f"db-{host}", team=team) for host, team in enumerate(("base", "base", "data", "data")))
    )

    assert [(one.storm, len(one.members), one.others) for one in decided.incidents] == [(True, 2, 0)] * 2


def test_findings_of_one_group_are_told_in_one_incident_by_their_labels_too() -> None:
    job = replace(JOB, policy=replace(JOB.policy, group_by=("team", "mountpoint")))

    decided = Nights(job).run(0, disk("db-1", team="data"), disk("db-2", team="data"), disk("db-3", team="base"))

    assert sorted(len(one.members) for one in decided.incidents) == [1, 2]
