"""Each guard refuses what it is there for, and says why."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.alert import KnownSilence
from domain.execution import ExecutionStatus
from domain.finding import Finding, FindingState, Severity
from domain.labels import Labels
from domain.mute import Matcher, MatchOperator, Mute, Recurrence
from domain.series import SeriesStatus
from jobs.automation.config import Approval, AutomationConfig
from jobs.automation.guards import GUARDS, Guard, without_port
from jobs.automation.plan import plan_executions
from jobs.automation.state import Attended, Available, GuardState, Place
from jobs.decide.acts import Act
from tests.fixtures.builders import AS_OF, make_analysis, make_exhaustion
from tests.unit.jobs.automation.situations import (
    INCIDENT,
    RULE,
    make_config,
    make_finding,
    make_past,
    make_state,
    planned,
    seen,
)

HOUR = timedelta(hours=1)
DB = make_finding()
FAILED = ExecutionStatus.FAILED
RUNNING = ExecutionStatus.RUNNING
APPROVAL = {"approval_from": "info"}
RUN_1 = f"fw:clean:{DB.fingerprint}:e1:run1"


def guard_of(config: AutomationConfig, state: GuardState, finding: Finding = DB) -> Guard | None:
    (decision,) = planned(config, state, finding)
    assert (decision.execution is None) == (decision.guard is not None)
    assert decision.reason
    return decision.guard


def test_a_run_of_a_day_ago_is_no_replay_yet() -> None:
    assert guard_of(make_config(), make_state(at=AS_OF + 24 * HOUR)) is None


def test_when_every_guard_agrees_the_script_is_started_with_what_the_labels_say() -> None:
    (decision,) = planned(make_config(), make_state(), DB)

    assert decision.guard is None
    assert decision.execution is not None
    assert decision.execution.correlation_id == RUN_1
    assert decision.execution.parameters == {"instance": "db-1", "mountpoint": "/var"}
    assert not decision.execution.dry_run
    assert "script>" not in decision.execution.reason  # no title reaches the Control Plane


@pytest.mark.parametrize("status", [SeriesStatus.STALE, SeriesStatus.TOO_SPARSE, SeriesStatus.NO_LIMIT])
def test_what_a_run_could_say_nothing_of_is_not_touched_for_what_an_older_run_said(status: SeriesStatus) -> None:
    unknown = replace(seen(make_finding()), analysis=make_analysis(None, status=status))

    assert plan_executions([unknown], make_config(), make_state(), AS_OF) == ()


def test_the_defaults_start_nothing() -> None:
    assert planned(AutomationConfig(), make_state(), DB) == ()


def test_where_automation_is_not_enabled_no_rule_is_looked_at() -> None:
    assert planned(make_config(enabled=False), make_state(), DB) == ()


def test_every_default_is_the_strictest_or_leaves_little_room() -> None:
    config = AutomationConfig.model_validate({"rules": {"clean": {"script": "clean-temp", "watches": ["node/*"]}}})
    rule = config.rules["clean"]

    assert (config.enabled, config.scripts, config.hours) == (False, (), ())
    assert (config.dry_run, rule.dry_run) == (True, True)
    assert (rule.entities, rule.approval_from, rule.acknowledged) == ("", Approval.INFO, "blocks")
    assert (rule.severity, rule.probability, rule.share, rule.per_episode) == (Severity.WARNING, 0.8, 0.1, 1)
    assert (config.per_hour, config.per_day, config.failures, config.without_effect) == (2, 6, 2, 3)
    assert (rule.cooldown, config.least_gain, config.approval_lasts) == (24 * HOUR, 24 * HOUR, 24 * HOUR)


def test_a_rule_with_defaults_alone_starts_nothing_even_when_it_is_enabled() -> None:
    bare = {"script": "clean-temp", "watches": ["node/*"], "severity": "info"}
    for scripts in ([], ["clean-temp"]):
        config = AutomationConfig.model_validate({"enabled": True, "scripts": scripts, "rules": {"clean": bare}})
        (decision,) = planned(config, make_state(windows=()), DB)
        assert decision.execution is None
        assert decision.dry_run


@pytest.mark.parametrize(("above", "of_rule"), [(True, False), (False, True), (True, True)])
def test_it_is_a_dry_run_unless_both_the_settings_and_the_rule_say_otherwise(above: bool, of_rule: bool) -> None:
    (decision,) = planned(make_config({"dry_run": of_rule}, dry_run=above), make_state(), DB)

    assert decision.execution is not None
    assert decision.execution.dry_run


STATES: list[tuple[Guard, dict[str, Any]]] = [
    (Guard.KILL_SWITCH, {"stopped": "an audit"}),
    (Guard.CONTROL_PLANE, {"available": None}),
    (Guard.CONTROL_PLANE, {"available": Available(AS_OF, {})}),
    (Guard.CONTROL_PLANE, {"available": Available(AS_OF, {"clean-temp": frozenset({"instance"})})}),
    (Guard.REPLAY, {"at": AS_OF + 25 * HOUR}),
    (Guard.STORM, {"storms": frozenset({INCIDENT})}),
    (Guard.ACKNOWLEDGED, {"attended": (Attended(INCIDENT, (Place.of(DB),)),)}),
    (Guard.ACKNOWLEDGED, {"attended": (Attended("another", (Place.of(make_finding("db-2")),)),)}),
    (Guard.ACKNOWLEDGED, {"attended": (Attended("a storm", None),)}),
    (Guard.FAILURES, {"past": (make_past(make_finding("db-2"), status=FAILED),) * 2}),
    (Guard.FAILURES, {"past": (make_past(make_finding("db-2"), status=FAILED, dry_run=True),) * 2}),
    (Guard.EPISODE, {"past": (make_past(DB),)}),
    (Guard.COOLDOWN, {"past": (make_past(DB, hours=23, rule="another"),)}),
    (Guard.COOLDOWN, {"past": (make_past(DB, hours=90, rule="another", status=RUNNING),)}),
    (Guard.HOURS, {"windows": ()}),
    (Guard.HOURS, {"windows": (Recurrence("0 9 * * *", timedelta(hours=8)),)}),
]


@pytest.mark.parametrize(("guard", "changes"), STATES, ids=[f"{guard}-{n}" for n, (guard, _) in enumerate(STATES)])
def test_what_stands_against_a_start_refuses_it(guard: Guard, changes: dict[str, Any]) -> None:
    assert guard_of(make_config(), make_state(**changes)) is guard


PRESENT = [(guard, changes) for guard, changes in STATES if "past" not in changes]


@pytest.mark.parametrize(("guard", "changes"), PRESENT, ids=[f"{guard}-{n}" for n, (guard, _) in enumerate(PRESENT)])
def test_a_dry_run_is_refused_like_a_real_one(guard: Guard, changes: dict[str, Any]) -> None:
    assert guard_of(make_config(dry_run=True), make_state(**changes)) is guard


def test_only_scripts_on_the_list_are_started() -> None:
    assert guard_of(make_config(scripts=["rotate-logs"]), make_state()) is Guard.SCRIPT_LIST


@pytest.mark.parametrize("entities", ["", 'instance="db-2"', 'instance=~"b-.*"', 'cluster="two"'])
def test_only_entities_on_the_list_are_touched(entities: str) -> None:
    assert guard_of(make_config({"entities": entities}), make_state()) is Guard.ENTITY_LIST


@pytest.mark.parametrize("host", ["db-1;reboot", "db-1\n", "db-$(id)", "db-ü", "db-" + "x" * 200])
def test_a_label_that_the_pattern_does_not_match_as_a_whole_is_no_parameter(host: str) -> None:
    config = make_config({"entities": 'mountpoint="/var"'})

    (decision,) = planned(config, make_state(), make_finding(host))

    assert decision.guard is Guard.PARAMETERS
    assert host not in decision.reason  # what is not trusted is not repeated


@pytest.mark.parametrize(
    ("resources", "guard"),
    [
        ({}, Guard.TARGET),
        ({"db-1": ("res-1", "res-2")}, Guard.TARGET),
        ({"db-2": ("res-2",)}, Guard.TARGET),
        ({"db-1": ("res-1",)}, None),
        ({"db-1:9100": ("res-1",), "db-1": ("res-2",)}, None),  # the whole name comes first
    ],
)
def test_a_target_is_one_resource_and_no_other(resources: dict[str, tuple[str, ...]], guard: Guard | None) -> None:
    available = Available(AS_OF, {"clean-temp": None}, resources)
    config = make_config({"target": {"label": "instance"}})

    (decision,) = planned(config, make_state(available=available), make_finding("db-1:9100"))

    assert decision.guard is guard
    assert decision.execution is None or decision.execution.targets == ("res-1",)


def test_a_resource_is_meant_however_its_name_is_written() -> None:
    available = Available(AS_OF, {"clean-temp": None}, {"db-1": ("res-1",)})
    config = make_config({"target": {"label": "instance"}, "entities": 'mountpoint="/var"', "parameters": {}})

    assert guard_of(config, make_state(available=available), make_finding("DB-1")) is None


def test_an_entity_without_the_label_names_no_resource_not_even_one_without_a_name() -> None:
    available = Available(AS_OF, {"clean-temp": None}, {"": ("res-9",)})

    assert guard_of(make_config({"target": {"label": "node"}}), make_state(available=available)) is Guard.TARGET


def test_nothing_is_touched_in_a_mute_or_a_silence() -> None:
    matchers = (Matcher("instance", MatchOperator.EQUAL, "db-1"),)
    mute = Mute(UUID(int=1), matchers, "anna", "moving", AS_OF - HOUR, AS_OF + HOUR)
    window = Recurrence("0 1 * * *", 2 * HOUR)
    later = Mute(UUID(int=2), matchers, "ben", "patching", AS_OF - 30 * HOUR, AS_OF + 99 * HOUR, window)
    over = Mute(UUID(int=3), matchers, "eve", "done", AS_OF - 2 * HOUR, AS_OF - HOUR)

    assert guard_of(make_config(), make_state(mutes=(mute,))) is Guard.MUTED
    assert guard_of(make_config(), make_state(mutes=(later,))) is Guard.MUTED
    assert guard_of(make_config(), make_state(mutes=(over,))) is None
    assert guard_of(make_config(), make_state(mutes=(mute,)), make_finding("db-2")) is None
    silence = KnownSilence("s-1", matchers, AS_OF + HOUR)
    assert guard_of(make_config(), make_state(silences=(silence,))) is Guard.MUTED
    assert guard_of(make_config(), make_state(silences=(replace(silence, ends_at=AS_OF),))) is None


def test_work_in_another_group_does_not_keep_a_script_from_this_one() -> None:
    there = make_finding("db-9", labels=Labels.of(cluster="two"))
    state = make_state(attended=(Attended("another", (Place.of(there),)),))

    assert guard_of(make_config(), state) is Guard.ACKNOWLEDGED  # without a group, the watch is one
    assert guard_of(make_config({"group": "cluster"}), state) is None


@pytest.mark.parametrize(("severity", "guard"), [(Severity.WARNING, None), (Severity.CRITICAL, Guard.APPROVAL)])
def test_from_a_severity_on_a_person_has_to_agree(severity: Severity, guard: Guard | None) -> None:
    config = make_config({"approval_from": "critical"})

    (decision,) = planned(config, make_state(), make_finding(severity=severity))

    assert decision.guard is guard
    assert guard is None or f"forewarn automation approve {RUN_1}" in decision.reason


def test_an_approval_holds_for_its_execution_and_not_for_ever() -> None:
    config = make_config(APPROVAL)

    assert guard_of(config, make_state()) is Guard.APPROVAL
    assert guard_of(config, make_state(approvals={RUN_1: AS_OF - HOUR})) is None
    assert guard_of(config, make_state(approvals={RUN_1: AS_OF - 24 * HOUR})) is None
    assert guard_of(config, make_state(approvals={RUN_1: AS_OF - 25 * HOUR})) is Guard.APPROVAL
    assert guard_of(config, make_state(approvals={RUN_1[:-1] + "2": AS_OF - HOUR})) is Guard.APPROVAL


def test_an_approval_lifts_no_other_guard_but_that_of_its_own_incident() -> None:
    config, approved = make_config(APPROVAL), {RUN_1: AS_OF - HOUR}
    own = (Attended(INCIDENT, (Place.of(DB),)),)
    other = (Attended("another", (Place.of(make_finding("db-2")),)),)

    assert guard_of(config, make_state(approvals=approved, attended=own)) is None
    assert guard_of(config, make_state(approvals=approved, attended=own + other)) is Guard.ACKNOWLEDGED
    assert guard_of(config, make_state(approvals=approved, windows=())) is Guard.HOURS
    assert guard_of(config, make_state(approvals=approved, stopped="no")) is Guard.KILL_SWITCH


def test_acknowledging_the_incident_approves_only_where_the_rule_says_so() -> None:
    own = make_state(attended=(Attended(INCIDENT, (Place.of(DB),)),))

    assert guard_of(make_config(APPROVAL), own) is Guard.ACKNOWLEDGED
    assert guard_of(make_config(APPROVAL | {"acknowledged": "approves"}), own) is None
    assert guard_of(make_config(APPROVAL | {"acknowledged": "approves"}), make_state()) is Guard.APPROVAL


def test_acknowledging_another_incident_approves_nothing() -> None:
    config = make_config(APPROVAL | {"acknowledged": "approves", "group": "cluster"})
    elsewhere = make_finding("db-9", labels=Labels.of(cluster="two"))

    assert guard_of(config, make_state(attended=(Attended("another", (Place.of(elsewhere),)),))) is Guard.APPROVAL


def test_approval_is_asked_for_at_night_although_scripts_may_start_by_day_only() -> None:
    assert guard_of(make_config(APPROVAL), make_state(windows=())) is Guard.APPROVAL


def test_the_hours_are_those_of_their_time_zone() -> None:
    office = Recurrence("0 9 * * *", timedelta(hours=8), "Asia/Taipei")  # 02:00 in UTC is 10:00 there

    assert guard_of(make_config(), make_state(windows=(office,))) is None


def test_two_failures_in_a_row_stop_a_script_until_a_person_resumes_it() -> None:
    elsewhere = make_finding("db-2")
    failed = make_past(elsewhere, status=FAILED)
    fine = make_past(elsewhere)

    assert guard_of(make_config(), make_state(past=(failed, fine, failed))) is None
    assert guard_of(make_config(), make_state(past=(failed, failed, fine))) is Guard.FAILURES
    assert guard_of(make_config(), make_state(past=(failed, failed), rearmed={"clean-temp": AS_OF - HOUR})) is None


def test_what_was_cancelled_between_two_failures_is_no_success() -> None:
    elsewhere = make_finding("db-2")
    failed, cancelled = (make_past(elsewhere, status=status) for status in (FAILED, ExecutionStatus.CANCELLED))

    assert guard_of(make_config(), make_state(past=(failed, cancelled, failed))) is Guard.FAILURES


def test_the_failures_of_one_script_stop_no_other() -> None:
    failed = make_past(make_finding("db-2"), status=FAILED, script_id="rotate-logs")

    assert guard_of(make_config(), make_state(past=(failed,) * 2)) is None


def test_a_script_that_did_not_help_three_times_runs_only_when_a_person_agrees() -> None:
    elsewhere = make_finding("db-2")
    useless, useful = make_past(elsewhere, days_gained=0.2), make_past(elsewhere, days_gained=12.0)

    assert guard_of(make_config(), make_state(past=(useless,) * 2)) is None
    assert guard_of(make_config(), make_state(past=(useless, useful, useless, useless))) is None
    assert guard_of(make_config(), make_state(past=(useless, useless, useless, useful))) is Guard.APPROVAL
    lost = make_state(past=(useless,) * 3)
    assert guard_of(make_config(), lost) is Guard.APPROVAL
    assert guard_of(make_config(), make_state(past=lost.past, approvals={RUN_1: AS_OF})) is None
    assert guard_of(make_config(), make_state(past=lost.past, rearmed={"clean-temp": AS_OF})) is None


def test_what_gained_just_enough_has_helped_and_what_other_scripts_gained_does_not_count() -> None:
    elsewhere = make_finding("db-2")
    enough, other = make_past(elsewhere, days_gained=1.0), make_past(elsewhere, days_gained=0, script_id="rotate-logs")

    assert guard_of(make_config(), make_state(past=(enough,) * 3)) is None
    assert guard_of(make_config(), make_state(past=(other,) * 3)) is None


def test_an_entity_is_left_alone_for_its_cooldown_and_started_again_only_as_often_as_an_episode_allows() -> None:
    config = make_config({"per_episode": 2})

    assert guard_of(config, make_state(past=(make_past(DB, hours=23),))) is Guard.COOLDOWN
    assert guard_of(config, make_state(past=(make_past(DB, hours=25),))) is None
    just_over = make_past(DB, hours=24, completed_at=AS_OF - 24 * HOUR)
    assert guard_of(config, make_state(past=(just_over,))) is None
    assert guard_of(config, make_state(past=(make_past(DB), make_past(DB, number=2)))) is Guard.EPISODE


def test_an_entity_is_left_alone_whichever_of_its_watches_something_was_started_for() -> None:
    inodes = make_past(make_finding(watch="node/filesystem-inodes"), hours=1, rule="another")

    assert guard_of(make_config(), make_state(past=(inodes,))) is Guard.COOLDOWN


def test_the_cooldown_does_not_end_sooner_by_a_clock_that_is_late() -> None:
    late = make_past(DB, hours=1, completed_at=AS_OF - 30 * HOUR)

    assert guard_of(make_config({"per_episode": 2}), make_state(past=(late,))) is Guard.COOLDOWN


def test_the_cooldown_begins_when_an_execution_has_ended_as_far_as_that_is_known() -> None:
    config = make_config({"per_episode": 2})
    lasted = make_past(DB, hours=30, completed_at=AS_OF - 20 * HOUR)

    assert guard_of(config, make_state(past=(lasted,))) is Guard.COOLDOWN
    assert guard_of(config, make_state(past=(make_past(DB, hours=23, completed_at=None),))) is Guard.COOLDOWN
    assert guard_of(config, make_state(past=(make_past(DB, hours=25, completed_at=None),))) is None


def test_what_the_control_plane_cancelled_counts_as_started() -> None:
    cancelled = make_past(DB, hours=1, status=ExecutionStatus.CANCELLED)

    assert guard_of(make_config({"per_episode": 2}), make_state(past=(cancelled,))) is Guard.COOLDOWN


def test_what_was_withdrawn_before_anybody_was_told_does_not_count_and_its_id_is_not_used_again() -> None:
    withdrawn = make_past(DB, hours=1, status=ExecutionStatus.CANCELLED, remote_id=None)

    (decision,) = planned(make_config(), make_state(past=(withdrawn,)), DB)

    assert decision.guard is None
    assert decision.correlation_id.endswith(":run2")


def test_only_so_many_are_started_in_an_hour_and_in_a_day() -> None:
    hosts = [make_finding(f"db-{number}") for number in range(5)]
    early = tuple(make_past(make_finding(f"db-{number}"), hours=5) for number in range(7, 10))

    starts = [one.guard for one in planned(make_config(per_hour=2), make_state(), *hosts)]
    assert starts == [None, None, Guard.RATE, Guard.RATE, Guard.RATE]
    starts = [one.guard for one in planned(make_config(per_day=4), make_state(past=early), *hosts)]
    assert starts == [None, *[Guard.RATE] * 4]
    an_hour_ago = (make_past(make_finding("db-9"), hours=1),)
    assert guard_of(make_config(per_hour=1), make_state(past=an_hour_ago)) is None


def test_only_a_share_of_a_group_is_touched_at_once_and_one_always_may_be() -> None:
    hosts = [make_finding(f"db-{number}") for number in range(4)]
    config = make_config({"group": "cluster", "share": 0.2})
    sizes = {("clean", "node/filesystem-space", "one"): 10}

    assert [one.guard for one in planned(config, make_state(sizes=sizes), *hosts)][:3] == [None, None, Guard.GROUP]
    assert [one.guard for one in planned(config, make_state(sizes={}), *hosts)] == [None, *[Guard.GROUP] * 3]
    under_way = make_past(make_finding("db-9"), status=RUNNING)
    assert guard_of(config, make_state(past=(under_way,))) is Guard.GROUP
    assert guard_of(config, make_state(past=(make_past(make_finding("db-9")),))) is None  # it has ended


def test_a_share_is_never_rounded_up_and_what_was_touched_nobody_knows_where_counts() -> None:
    config = make_config({"share": 0.29})
    sizes = {("clean", "node/filesystem-space", ""): 10}
    hosts = [make_finding(f"db-{number}") for number in range(3)]
    somewhere = replace(make_past(make_finding("db-9"), status=RUNNING), place=None)

    assert [one.guard for one in planned(config, make_state(sizes=sizes), *hosts)] == [None, None, Guard.GROUP]
    assert guard_of(make_config({"share": 0}), make_state(past=(somewhere,))) is Guard.GROUP


def test_what_is_touched_in_another_group_leaves_this_one_its_share() -> None:
    elsewhere = make_finding("db-9", labels=Labels.of(cluster="two"))
    other_watch = make_finding("db-9", watch="node/filesystem-inodes")
    alone = {"share": 0}

    def under_way(finding: Finding) -> GuardState:
        return make_state(past=(make_past(finding, status=RUNNING),))

    assert guard_of(make_config(alone), under_way(elsewhere)) is Guard.GROUP  # without a group, the watch is one
    assert guard_of(make_config(alone | {"group": "cluster"}), under_way(elsewhere)) is None
    assert guard_of(make_config(alone), under_way(other_watch)) is None


def test_a_dry_run_needs_no_approval_and_is_made_once_in_an_episode() -> None:
    config = make_config(APPROVAL | {"per_episode": 9, "cooldown": "0s"}, dry_run=True)

    assert guard_of(config, make_state()) is None
    assert guard_of(config, make_state(past=(make_past(DB, dry_run=True),))) is Guard.EPISODE


def test_what_was_only_tried_dry_may_still_be_done() -> None:
    assert guard_of(make_config(), make_state(past=(make_past(DB, hours=1, dry_run=True),))) is None


@pytest.mark.parametrize("act", [Act.OPEN, Act.ESCALATE, Act.UPDATE, Act.KEEP, Act.DEFER])
def test_whatever_a_run_tells_or_goes_on_telling_is_a_reason_to_start(act: Act) -> None:
    at = AS_OF + HOUR

    (decision,) = plan_executions([seen(DB, act)], make_config(), make_state(at=at), AS_OF)

    assert decision.execution is not None
    assert decision.execution.requested_at == at


@pytest.mark.parametrize("act", [Act.HOLD, Act.IGNORE, Act.ATTACH, Act.CLEAR, Act.DROP])
def test_what_is_not_told_is_no_reason_to_start_anything(act: Act) -> None:
    assert plan_executions([seen(DB, act)], make_config(), make_state(), AS_OF) == ()


@pytest.mark.parametrize(
    "rule",
    [
        {"watches": ["postgres/*"]},
        {"watches": ["node/inodes-*"]},
        {"severity": "critical"},
        {"probability": 0.99},
        {"labels": 'cluster="two"'},
        {"kind": "oversized"},
    ],
)
def test_a_rule_says_nothing_of_findings_that_it_is_not_about(rule: dict[str, Any]) -> None:
    assert planned(make_config(rule), make_state(), DB) == ()


@pytest.mark.parametrize("rule", [{"severity": "warning"}, {"probability": 0.95}, {"labels": 'cluster="one"'}])
def test_a_rule_is_about_findings_that_are_just_what_it_asks_for(rule: dict[str, Any]) -> None:
    assert guard_of(make_config(rule), make_state()) is None


def test_what_is_full_is_as_probable_as_can_be() -> None:
    full = make_finding(exhaustion=make_exhaustion(None, exhausted=True))

    assert guard_of(make_config({"probability": 1}), make_state(), full) is None


def test_what_is_getting_better_or_was_not_seen_is_left_alone() -> None:
    better = seen(make_finding(state=FindingState.CLEARING))
    unseen = replace(seen(DB), analysis=None)

    assert plan_executions([better, unseen], make_config(), make_state(), AS_OF) == ()


def test_a_rule_is_about_findings_of_any_of_its_watches() -> None:
    assert guard_of(make_config({"watches": ["postgres/*", "node/filesystem-*"]}), make_state()) is None


def test_the_hours_are_in_the_time_zone_of_automation_or_else_of_the_settings() -> None:
    (ours,), (theirs,) = (make_config(timezone=timezone).windows("Asia/Taipei") for timezone in (None, "Europe/Berlin"))

    assert (ours.timezone, theirs.timezone) == ("Asia/Taipei", "Europe/Berlin")


@pytest.mark.parametrize("field", ["labels", "entities"])
def test_a_matcher_that_could_never_match_is_refused_when_it_is_read(field: str) -> None:
    with pytest.raises(ValueError, match="more than 1000 times"):
        make_config({field: 'instance=~"a{1001}"'})


def test_the_most_urgent_finding_comes_first_whatever_its_place_in_the_list() -> None:
    urgent = make_finding("db-9", severity=Severity.CRITICAL)

    first, second = planned(make_config(per_hour=1), make_state(), DB, urgent)

    assert (first.finding, first.guard, second.guard) == (urgent, None, Guard.RATE)


def test_every_guard_is_asked() -> None:
    assert [guard for guard, _ in GUARDS] == list(Guard)


@pytest.mark.parametrize(
    ("value", "host"),
    [("db-1:9100", "db-1"), ("db-1", "db-1"), ("[::1]:9100", "::1"), ("fe80::1", "fe80::1"), ("a:b", "a:b")],
)
def test_a_port_is_left_out(value: str, host: str) -> None:
    assert without_port(value) == host


def test_a_rule_must_say_what_a_string_may_be() -> None:
    with pytest.raises(ValueError, match="a string needs a pattern"):
        make_config({"parameters": {"instance": {"label": "instance"}}})


def test_ids_are_short_enough_for_the_control_plane() -> None:
    name = "r" * 63
    config = make_config(rules={name: RULE})

    (decision,) = planned(config, make_state(at=datetime(2026, 11, 22, 2, 1, tzinfo=UTC)), make_finding(episode=999))

    assert decision.execution is not None
    assert len(decision.correlation_id) <= 128
