"""The guards: each looks at one thing that must hold before a script is started, and says why it does not. Pure.

A guard answers '' when it has nothing against a start. What is asked of people (approval) comes after what no person
can change, and before what passes with time, so that an approval that is given in the morning meets open hours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from domain.alert import KnownSilence
from domain.execution import ExecutionStatus
from domain.finding import Finding
from domain.mute import Mute, Recurrence
from jobs.automation.config import AutomationConfig, RuleModel, as_matchers
from jobs.automation.parameters import NotAllowed, bind
from jobs.automation.state import GuardState, Past, Place
from jobs.decide.known import matches, subject_labels
from jobs.windows import holds_until

LATEST = timedelta(hours=24)  # a run for an older time is a replay: it must not touch what is there today


class Guard(StrEnum):
    """What refused a start."""

    KILL_SWITCH = "kill_switch"
    CONTROL_PLANE = "control_plane"
    REPLAY = "replay"
    SCRIPT_LIST = "script_list"
    ENTITY_LIST = "entity_list"
    STORM = "storm"
    PARAMETERS = "parameters"
    TARGET = "target"
    FAILURES = "failures"
    EPISODE = "episode"
    MUTED = "muted"
    ACKNOWLEDGED = "acknowledged"
    APPROVAL = "approval"
    HOURS = "hours"
    COOLDOWN = "cooldown"
    RATE = "rate"
    GROUP = "group"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A finding that a rule is about, with everything that the guards look at."""

    finding: Finding
    name: str  # of the rule
    rule: RuleModel
    config: AutomationConfig
    state: GuardState
    as_of: datetime
    correlation_id: str

    @property
    def dry_run(self) -> bool:
        """Whether the script would only say what it would do."""
        return self.config.dry_run or self.rule.dry_run

    @property
    def place(self) -> Place:
        """Where the finding is."""
        return Place.of(self.finding)

    @property
    def approved(self) -> bool:
        """Whether a person has agreed to this very execution, not too long ago."""
        given = self.state.approvals.get(self.correlation_id)
        return given is not None and self.state.at - given <= self.config.approval_lasts

    def sent(self) -> tuple[Past, ...]:
        """What was asked for before in the same manner, dry or real, the newest first."""
        return self.state.sent(dry_run=self.dry_run)

    def resources(self) -> tuple[str, ...]:
        """The ids of the resources that the script would work on."""
        if self.rule.target is None or self.state.available is None:
            return ()
        value = self.finding.entity.get(self.rule.target.label, "").lower()
        known = self.state.available.resources if value else {}
        return known.get(value) or known.get(without_port(value), ())


Check = Callable[[Candidate], str]


def kill_switch(candidate: Candidate) -> str:
    """Automation is stopped."""
    stopped = candidate.state.stopped
    return "" if stopped is None else f"automation is stopped: {stopped}"


def control_plane(candidate: Candidate) -> str:
    """The Control Plane must be known to have the script, enabled, with these parameters."""
    available, script = candidate.state.available, candidate.rule.script
    if available is None:
        return "the Control Plane could not be asked for its scripts"
    if script not in available.scripts:
        return f"the Control Plane has no script {script} that is enabled"
    takes = available.scripts[script]
    unknown = set() if takes is None else set(candidate.rule.parameters) - takes
    return f"the script {script} takes no parameter {', '.join(sorted(unknown))}" if unknown else ""


def replay(candidate: Candidate) -> str:
    """What was found for a time long ago says nothing of what is there today."""
    late = candidate.state.at - candidate.as_of > LATEST
    return f"the run is for {candidate.as_of:%Y-%m-%d %H:%M}Z, more than 24 hours ago" if late else ""


def script_list(candidate: Candidate) -> str:
    """Only scripts that are allowed by name."""
    allowed = candidate.rule.script in candidate.config.scripts
    return "" if allowed else f"the script {candidate.rule.script} is not in automation.scripts"


def entity_list(candidate: Candidate) -> str:
    """Only entities that are allowed by their labels."""
    allowed = matches(as_matchers(candidate.rule.entities), subject_labels(candidate.finding))
    return "" if allowed else f"the entity is not one of those that automation.rules.{candidate.name}.entities allows"


def storm(candidate: Candidate) -> str:
    """Where very much goes wrong at once, a person looks first."""
    return "it is one of a storm" if candidate.finding.incident in candidate.state.storms else ""


def parameters(candidate: Candidate) -> str:
    """Every label's value must be allowed as a parameter."""
    try:
        bind(candidate.rule.parameters, candidate.finding.entity)
    except NotAllowed as refused:
        return str(refused)
    return ""


def target(candidate: Candidate) -> str:
    """The Control Plane must know exactly one resource that is meant."""
    if candidate.rule.target is None:
        return ""
    found = len(candidate.resources())
    return "" if found == 1 else f"the label {candidate.rule.target.label} names {found} resources of the Control Plane"


def failures(candidate: Candidate) -> str:
    """The circuit breaker: a script that failed several times in a row is started no more."""
    most, script = candidate.config.failures, candidate.rule.script
    for dry_run in {True, candidate.dry_run}:  # what fails in a dry run is not tried for real
        ended = _ended(candidate.state, script, dry_run=dry_run)
        if len(ended) >= most and all(one is ExecutionStatus.FAILED for one in ended[:most]):
            return f"the script {script} failed {most} times in a row: `forewarn automation resume --script {script}`"
    return ""


def episode(candidate: Candidate) -> str:
    """Only so many executions in one episode of a finding; one dry run says all that it can."""
    most = 1 if candidate.dry_run else candidate.rule.per_episode
    prefix = correlation_prefix(candidate.name, candidate.finding, dry_run=candidate.dry_run)
    made = sum(one.execution.correlation_id.startswith(prefix) for one in candidate.sent())
    times = "once" if made == 1 else f"{made} times"
    return f"it was started {times} in this episode already" if made >= most else ""


def muted(candidate: Candidate) -> str:
    """Nothing is touched in a mute or a maintenance window, nor where nobody knows whether it is silenced."""
    state, labels = candidate.state, subject_labels(candidate.finding)
    return hushed(labels, state.mutes, state.silences, state.at) or not_heard(state.unheard)


def acknowledged(candidate: Candidate) -> str:
    """Nothing is touched where a person is at work.

    The finding's own incident is excepted when the rule says that acknowledging it approves, or when a person has
    approved this very execution.
    """
    own_is_fine = candidate.rule.acknowledged == "approves" or candidate.approved
    for one in candidate.state.attended:
        if one.source_key == candidate.finding.incident and own_is_fine:
            continue
        if one.places is None or any(place.near(candidate.place, candidate.rule) for place in one.places):
            return f"a person has acknowledged {one.source_key}"
    return ""


def approval(candidate: Candidate) -> str:
    """A person has to agree from a severity on, and to every start of a script that lost its right."""
    if candidate.dry_run or candidate.approved:
        return ""
    advice = f"`forewarn automation approve {candidate.correlation_id}`"
    script = candidate.rule.script
    if lost_right(candidate.state, script, candidate.config):
        return f"the script {script} did not help {candidate.config.without_effect} times in a row: {advice}"
    if not candidate.rule.approval_from.needed(candidate.finding.severity):
        return ""
    attended = {one.source_key for one in candidate.state.attended}
    if candidate.rule.acknowledged == "approves" and candidate.finding.incident in attended:
        return ""
    return f"a person has to agree: {advice}"


def hours(candidate: Candidate) -> str:
    """Only in the allowed hours."""
    return outside_hours(candidate.state.windows, candidate.state.at)


def cooldown(candidate: Candidate) -> str:
    """One entity is left alone for a while, and while something is under way there."""
    for one in candidate.sent():
        if one.place is None or one.place.entity != candidate.finding.entity:
            continue
        execution = one.execution
        if not execution.status.finished:
            return f"{execution.correlation_id} is under way there"
        ended = max(execution.requested_at, execution.completed_at or execution.requested_at)
        if candidate.state.at - ended < candidate.rule.cooldown:
            return f"{execution.correlation_id} was there at {ended:%Y-%m-%d %H:%M}Z"
    return ""


def rate(candidate: Candidate) -> str:
    """Only so many executions in an hour and in a day."""
    made = [one.execution.requested_at for one in candidate.sent()]
    limits = (
        (timedelta(hours=1), candidate.config.per_hour, "hour"),
        (timedelta(days=1), candidate.config.per_day, "day"),
    )
    for span, most, name in limits:
        count = sum(candidate.state.at - at < span for at in made)
        if count >= most:
            return f"{count} started within the last {name}, and no more than {most} may be"
    return ""


def group(candidate: Candidate) -> str:
    """Only a share of a group is touched at once."""
    rule, place = candidate.rule, candidate.place
    touched = {
        one.execution.fingerprint
        for one in candidate.sent()
        if not one.execution.status.finished and (one.place is None or one.place.near(place, rule))
    }
    size = candidate.state.sizes.get(group_key(candidate.name, rule, place), 1)
    most = max(1, int(size * rule.share))
    return f"{len(touched)} of its group of {size} are touched, and {most} may be" if len(touched) >= most else ""


GUARDS: tuple[tuple[Guard, Check], ...] = (
    (Guard.KILL_SWITCH, kill_switch),
    (Guard.CONTROL_PLANE, control_plane),
    (Guard.REPLAY, replay),
    (Guard.SCRIPT_LIST, script_list),
    (Guard.ENTITY_LIST, entity_list),
    (Guard.STORM, storm),
    (Guard.PARAMETERS, parameters),
    (Guard.TARGET, target),
    (Guard.FAILURES, failures),
    (Guard.EPISODE, episode),
    (Guard.MUTED, muted),
    (Guard.ACKNOWLEDGED, acknowledged),
    (Guard.APPROVAL, approval),
    (Guard.HOURS, hours),
    (Guard.COOLDOWN, cooldown),
    (Guard.RATE, rate),
    (Guard.GROUP, group),
)


def hushed(labels: Mapping[str, str], mutes: Sequence[Mute], silences: Sequence[KnownSilence], at: datetime) -> str:
    """Which mute or silence holds at that moment for what has these labels; empty: none does."""
    for mute in mutes:
        until = holds_until(mute, at)
        if until is not None and matches(mute.matchers, labels):
            return f"muted by {mute.owner} until {until:%Y-%m-%d %H:%M}Z"
    for silence in silences:
        if at < silence.ends_at and matches(silence.matchers, labels):
            return f"silenced in Alertmanager until {silence.ends_at:%Y-%m-%d %H:%M}Z"
    return ""


def not_heard(unheard: str) -> str:
    """Why nobody knows what Alertmanager silences; empty: it is known."""
    return f"Alertmanager's silences could not be read: {unheard}" if unheard else ""


def outside_hours(windows: Sequence[Recurrence], at: datetime) -> str:
    """Why nothing may be started at that moment; empty within one of the allowed hours."""
    if any(_open(window, at) for window in windows):
        return ""
    return f"{at:%Y-%m-%d %H:%M}Z is outside the hours that automation.hours allows"


def lost_right(state: GuardState, script: str, config: AutomationConfig) -> bool:
    """Whether a script did not help so often in a row that it must not run unattended."""
    since = state.rearmed.get(script)
    gains = [
        one.execution.days_gained
        for one in state.sent(dry_run=False)
        if one.execution.script_id == script
        and one.execution.days_gained is not None
        and (since is None or one.execution.requested_at >= since)
    ]
    newest = gains[: config.without_effect]
    least = config.least_gain / timedelta(days=1)
    return len(newest) == config.without_effect and all(gain < least for gain in newest)


def correlation_prefix(rule: str, finding: Finding, *, dry_run: bool) -> str:
    """How the correlation ids of a rule's executions for one episode begin."""
    return f"fw:{rule}:{finding.fingerprint}:e{finding.episode}:{'dry' if dry_run else 'run'}"


def group_key(name: str, rule: RuleModel, place: Place) -> tuple[str, str, str]:
    """The key of a place's group in `GuardState.sizes`."""
    return name, place.watch, "" if rule.group is None else place.labels.get(rule.group, "")


def without_port(value: str) -> str:
    """An instance without its port: `db-1:9100` is `db-1`, `[::1]:9100` is `::1`."""
    host, colon, port = value.rpartition(":")
    if not colon or not port.isdigit() or (":" in host and not host.startswith("[")):
        return value
    return host.strip("[]")


def _ended(state: GuardState, script: str, *, dry_run: bool) -> list[ExecutionStatus]:
    since = state.rearmed.get(script)
    return [
        one.execution.status
        for one in state.sent(dry_run=dry_run)
        if one.execution.script_id == script
        and one.execution.status in (ExecutionStatus.SUCCESS, ExecutionStatus.FAILED)
        and (since is None or one.execution.requested_at >= since)
    ]


def _open(window: Recurrence, at: datetime) -> bool:
    always = Mute(_NO_MUTE, (), "", "", _FIRST, _LAST, window)
    return holds_until(always, at) is not None


_NO_MUTE = UUID(int=0)
_FIRST = datetime(2000, 1, 1, tzinfo=UTC)
_LAST = datetime(9999, 1, 1, tzinfo=UTC)
