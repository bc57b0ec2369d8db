"""Whatever happens, no script is started past a guard, and planning twice changes nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from domain.execution import Execution, ExecutionStatus
from domain.finding import Finding, Severity
from domain.labels import Labels
from domain.mute import Matcher, MatchOperator, Mute
from jobs.automation.config import AutomationConfig
from jobs.automation.guards import Guard
from jobs.automation.parameters import NotAllowed, bind
from jobs.automation.plan import AutomationDecision, plan_executions
from jobs.automation.state import Attended, GuardState, Past, Place
from tests.fixtures.builders import AS_OF
from tests.unit.jobs.automation.situations import make_config, make_finding, make_state, seen

HOSTS = [f"db-{number}" for number in range(4)]


class Nights(RuleBasedStateMachine):
    """Findings, clocks, ends of executions, acknowledgements, mutes and switches, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.config = make_config()
        self.state = make_state()
        self.open_hours = 24
        self.episodes = dict.fromkeys(HOSTS, 1)
        self.starts: list[tuple[AutomationDecision, GuardState]] = []

    @initialize(
        approval=st.sampled_from(["never", "never", "never", "critical", "info"]),
        share=st.sampled_from([1.0, 1.0, 0.0]),
        per_hour=st.integers(0, 4),
        open_hours=st.sampled_from([24, 24, 6]),
        per_episode=st.integers(1, 2),
        dry_run=st.booleans(),
    )
    def configure(
        self, approval: str, share: float, per_hour: int, open_hours: int, per_episode: int, dry_run: bool
    ) -> None:
        """One configuration for the whole story."""
        of_rule = {"approval_from": approval, "share": share, "per_episode": per_episode}
        hours = [{"starts": "0 0 * * *", "lasts": f"{open_hours}h"}]
        self.open_hours = open_hours
        self.config = make_config(of_rule, per_hour=per_hour, per_day=4, dry_run=dry_run, hours=hours)
        self.state = replace(self.state, windows=self.config.windows("UTC"))

    @rule(hosts=st.sets(st.sampled_from(HOSTS)), severity=st.sampled_from(Severity), incident=st.sampled_from("ab"))
    def night(self, hosts: set[str], severity: Severity, incident: str) -> None:
        """A run finds trouble; it plans, its starts are written down, and it plans once more."""
        found = [self.finding(host, severity, incident) for host in sorted(hosts)]
        decisions = plan_executions([seen(one) for one in found], self.config, self.state, self.state.at)
        assert decisions == plan_executions([seen(one) for one in found[::-1]], self.config, self.state, self.state.at)
        for decision in decisions:
            assert (decision.execution is None) == (decision.guard is not None)
            if decision.execution is not None:
                self.starts.append((decision, self.state))
                self.check(decision, self.state)
                self.state = self.state.after(decision.execution, Place.of(decision.finding))
        again = plan_executions([seen(one) for one in found], self.config, self.state, self.state.at)
        assert [one.finding for one in again if one.execution is not None and one.finding in self.started_now()] == []

    @rule(hours=st.integers(0, 40))
    def time_passes(self, hours: int) -> None:
        """The clock goes on."""
        self.state = replace(self.state, at=self.state.at + timedelta(hours=hours))

    @rule(
        outcome=st.sampled_from([ExecutionStatus.SUCCESS, ExecutionStatus.FAILED]),
        gained=st.sampled_from([None, 0.0, 9.0]),
    )
    def everything_ends(self, outcome: ExecutionStatus, gained: float | None) -> None:
        """What is under way ends."""
        self.state = replace(self.state, past=tuple(self.ended(one, outcome, gained) for one in self.state.past))

    @rule(host=st.sampled_from([*HOSTS, None]), incident=st.sampled_from("ab"))
    def a_person_acknowledges(self, host: str | None, incident: str) -> None:
        """Somebody is at work at a host, or nobody is anywhere."""
        places = () if host is None else (Attended(incident, (Place.of(make_finding(host)),)),)
        self.state = replace(self.state, attended=places)

    @rule(host=st.sampled_from([*HOSTS, None]))
    def a_mute(self, host: str | None) -> None:
        """A host is muted, or none is."""
        matchers = (Matcher("instance", MatchOperator.EQUAL, host or ""),)
        mute = Mute(UUID(int=1), matchers, "anna", "", AS_OF, AS_OF + timedelta(days=999))
        self.state = replace(self.state, mutes=() if host is None else (mute,))

    @rule(stopped=st.sampled_from([None, "stop"]))
    def the_kill_switch(self, stopped: str | None) -> None:
        """Somebody pulls the switch, or turns it back."""
        self.state = replace(self.state, stopped=stopped)

    @rule(host=st.sampled_from(HOSTS), number=st.integers(1, 3))
    def a_person_approves(self, host: str, number: int) -> None:
        """Somebody agrees to one execution."""
        finding = self.finding(host, Severity.INFO, "a")
        key = f"fw:clean:{finding.fingerprint}:e{finding.episode}:run{number}"
        self.state = replace(self.state, approvals={**self.state.approvals, key: self.state.at})

    @rule(host=st.sampled_from(HOSTS))
    def an_episode_ends(self, host: str) -> None:
        """Trouble goes, and comes back as another episode."""
        self.episodes[host] += 1

    @invariant()
    def every_id_is_used_once(self) -> None:
        """No two executions share the id by which the Control Plane knows them."""
        keys = [one.execution.correlation_id for one in self.state.past]
        assert len(keys) == len(set(keys))

    def finding(self, host: str, severity: Severity, incident: str) -> Finding:
        """The trouble of a host as it is now."""
        at = self.state.at
        return make_finding(host, severity=severity, incident=incident, episode=self.episodes[host], last_seen=at)

    def started_now(self) -> list[Finding]:
        """The findings that something was started for at this moment."""
        return [one.finding for one, state in self.starts if state.at == self.state.at]

    def ended(self, one: Past, outcome: ExecutionStatus, gained: float | None) -> Past:
        """An execution after its end."""
        if one.execution.status.finished:
            return one
        real = outcome is ExecutionStatus.SUCCESS and not one.execution.dry_run
        ended = replace(one.execution, status=outcome, completed_at=self.state.at, days_gained=gained if real else None)
        return replace(one, execution=ended)

    def check(self, decision: AutomationDecision, state: GuardState) -> None:
        """What must hold at every start, said in other words than the guards'."""
        execution, finding, rule_ = decision.execution, decision.finding, self.config.rules["clean"]
        assert execution is not None
        host = finding.entity["instance"]
        before = [one for one in state.past if one.execution.dry_run == execution.dry_run]
        here = [one for one in before if one.place is not None and one.place.entity == finding.entity]
        assert execution.dry_run == self.config.dry_run
        assert state.stopped is None
        assert state.at.hour < self.open_hours
        assert all(mute.matchers[0].value != host for mute in state.mutes)
        assert sum(state.at - one.execution.requested_at < timedelta(hours=1) for one in before) < self.config.per_hour
        assert sum(state.at - one.execution.requested_at < timedelta(days=1) for one in before) < 4
        assert all(one.execution.status.finished for one in here)
        assert all(state.at - one.execution.requested_at >= rule_.cooldown for one in here)
        under_way = [one for one in before if not one.execution.status.finished]
        assert len(under_way) < max(1, int(100 * rule_.share))
        failed = [one.execution.status is ExecutionStatus.FAILED for one in before if one.execution.status.finished]
        assert failed[:2] != [True, True]
        self.check_people(execution, finding, state)

    def check_people(self, execution: Execution, finding: Finding, state: GuardState) -> None:
        """Nothing is started where a person is at work, or before one has agreed."""
        agreed = execution.correlation_id in state.approvals
        assert all(one.source_key == finding.incident and agreed for one in state.attended)
        measured = [
            one.execution.days_gained
            for one in state.past
            if not one.execution.dry_run and one.execution.days_gained is not None
        ]
        useless = len(measured) >= 3 and all(days < 1 for days in measured[:3])
        wanted = self.config.rules["clean"].approval_from.needed(finding.severity)
        assert execution.dry_run or agreed or not (wanted or useless)


TestNights = Nights.TestCase
TestNights.settings = settings(max_examples=80, stateful_step_count=25, deadline=None)


@given(st.text(max_size=300) | st.text("abc.:-1", max_size=140))
def test_whatever_a_label_holds_a_parameter_is_what_its_pattern_says(text: str) -> None:
    parameters = make_config().rules["clean"].parameters
    allowed = 0 < len(text) <= 128 and not text.strip("abcdefghijklmnopqrstuvwxyz0123456789.:-")
    entity = Labels.of(instance=text, mountpoint="/var")
    if allowed and not text.startswith("-"):
        assert bind(parameters, entity)["instance"] == text
        return
    with pytest.raises(NotAllowed):
        bind(parameters, entity)


@given(st.sampled_from(list(Severity)), st.booleans())
def test_the_defaults_never_start_anything(severity: Severity, enabled: bool) -> None:
    bare = {"script": "clean-temp", "watches": ["*/*"], "severity": "info", "probability": 0}
    config = AutomationConfig.model_validate({"enabled": enabled, "rules": {"clean": bare}})

    decisions = plan_executions([seen(make_finding(severity=severity))], config, make_state(windows=()), AS_OF)

    assert [one.guard for one in decisions] == ([Guard.SCRIPT_LIST] if enabled else [])
