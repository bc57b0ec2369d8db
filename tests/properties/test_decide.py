"""Whatever happens, in whatever order: what is told of findings stays right, against a model of the Control Plane."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from domain.alert import KnownAlert, KnownIncident, KnownSilence
from domain.finding import Analysis, Finding, FindingState, Outcome, Severity, Told
from domain.incident import Incident, IncidentStatus
from domain.job import Job, Policy
from domain.labels import Labels
from domain.mute import Matcher, MatchOperator
from domain.series import SeriesStatus
from jobs.decide import Act, Decided, IncidentAct, IncidentDecision, Situation, decide
from jobs.decide.trouble import worse_than_told
from storage import codec
from tests.fixtures.builders import AS_OF, make_analysis, make_exhaustion, make_job, make_watch

WATCHES = (
    make_watch(name="space", entity=("instance",), alerts="disk"),
    make_watch(name="inodes", entity=("instance",), alerts="disk"),
    make_watch(name="pool", pack="postgres", entity=("instance",), alerts="disk"),
)
HOSTS = tuple(f"h{number}" for number in range(4))
THINGS = tuple((watch.key, host) for watch in WATCHES for host in HOSTS)
TOLD = (FindingState.OPEN, FindingState.CLEARING)

# How one entity looks in one run: (days until it is full, chance that it is too late), or a word.
LOOKS: tuple[tuple[float, float] | str, ...] = (
    "healthy", "absent", "too short", "full", (25.0, 0.1), (12.0, 0.1), (6.0, 0.35), (2.0, 0.9),
)  # fmt: skip


def team_of(watch: str, host: str) -> str:
    """Two teams; on one host the database's watch is another team's than the disk's."""
    return "data" if watch.startswith("postgres") or host == "h3" else "base"


def look(watch: str, host: str, how: tuple[float, float] | str, as_of: datetime) -> Analysis | None:
    entity = Labels.of(instance=host)
    labels = Labels.of(instance=host, team=team_of(watch, host))
    if how == "absent":
        return None
    if how == "healthy":
        exhaustion = make_exhaustion(None)
    elif how == "full":
        exhaustion = make_exhaustion(None, exhausted=True)
    elif how == "too short":
        exhaustion = replace(make_exhaustion(None), status=SeriesStatus.TOO_SHORT)
    else:
        days, lead = how if isinstance(how, tuple) else (25.0, 0.1)
        exhaustion = make_exhaustion(days, lead=lead, as_of=as_of)
    return make_analysis(
        as_of=as_of, watch=watch, entity=entity, labels=labels, exhaustion=exhaustion, status=exhaustion.status
    )


def say(analysis: Analysis) -> tuple[str, str]:
    return (f"{analysis.watch} of {analysis.entity['instance']} fills up", "It grows.")


@dataclass(slots=True)
class Remote:
    """One incident at the Control Plane: what it was told, in order, and what a person did with it."""

    told: list[IncidentAct] = field(default_factory=list)
    status: IncidentStatus = IncidentStatus.NEW
    outcome: Outcome | None = None
    resolved_at: datetime | None = None


class TellingTruth(RuleBasedStateMachine):
    """Runs, restarts, people, mutes and the clock, in any order."""

    @initialize(
        policy=st.builds(
            Policy,
            open_after_runs=st.integers(1, 4),
            clear_after_runs=st.integers(1, 2),
            incidents_per_run=st.integers(0, 3),
            group_by=st.sampled_from([(), ("instance",), ("team",)]),
            ceiling=st.sampled_from(Severity),
            maximum_age=st.sampled_from([timedelta(days=10), timedelta(days=90)]),
        )
    )
    def begin(self, policy: Policy) -> None:
        self.job: Job = make_job(policy, watches=WATCHES)
        self.as_of = AS_OF
        self.findings: dict[str, Finding] = {}
        self.incidents: dict[str, Incident] = {}
        self.waiting: list[tuple[str, IncidentAct]] = []  # the outbox
        self.remote: dict[str, Remote] = {}
        self.withdrawn: set[str] = set()
        self.muted = False
        self.quiet: dict[str, datetime] = {}  # false positives: until when
        self.accepted: dict[str, Told] = {}  # what was told when the risk was accepted

    @rule(
        looks=st.lists(st.sampled_from(LOOKS), min_size=len(THINGS), max_size=len(THINGS)),
        complete=st.sets(st.sampled_from([watch.key for watch in WATCHES])),
        silenced=st.sets(st.sampled_from(HOSTS), max_size=1),
        firing=st.sets(st.sampled_from(HOSTS), max_size=1),
        others=st.sets(st.sampled_from(HOSTS), max_size=1),
        hears=st.booleans(),
    )
    def run(
        self,
        looks: list[tuple[float, float] | str],
        complete: set[str],
        silenced: set[str],
        firing: set[str],
        others: set[str],
        hears: bool,
    ) -> None:
        if hears:
            self._follow()
        seen = [look(*thing, how, self.as_of) for thing, how in zip(THINGS, looks, strict=True)]
        analyses = [analysis for analysis in seen if analysis is not None]
        situation = Situation(
            dict(self.findings),
            dict(self.incidents),
            tuple(KnownAlert("DiskFills", Labels.of(instance=host)) for host in sorted(firing)),
            tuple(_silence(host) for host in sorted(silenced)),
            tuple(KnownIncident(f"inc-{host}", "a person's", Labels.of(instance=host)) for host in sorted(others)),
        )
        decided = self._decide(analyses, situation, complete)

        assert decided == self._decide(list(reversed(analyses)), situation, complete)
        self._judge_findings(decided, silenced | firing | others)
        self._judge_incidents(decided)
        self._record(decided)
        self._same_again_tells_nothing(analyses, situation, complete)
        self.as_of += timedelta(minutes=1)

    def _decide(self, analyses: list[Analysis], situation: Situation, complete: set[str]) -> Decided:
        return decide(self.job, analyses, situation, complete=frozenset(complete), as_of=self.as_of, describe=say)

    def _judge_findings(self, decided: Decided, known: set[str]) -> None:
        for decision in decided.findings:
            finding, name = decision.finding, decision.finding.fingerprint
            before = self.findings.get(name)
            if decision.act in (Act.OPEN, Act.DEFER) and finding.state in TOLD:
                assert finding.entity["instance"] not in known, "it opened though it was known or silenced"
                assert self.as_of >= self.quiet.get(name, self.as_of), "a false positive was told in its quiet time"
                if name in self.accepted:
                    assert worse_than_told(finding, self.accepted.pop(name), self.as_of, self.job.policy)
            if decision.act is Act.ESCALATE:
                assert before is not None
                assert before.told is not None
                assert finding.severity.rank > before.told.severity.rank
            assert decision.reason

    def _judge_incidents(self, decided: Decided) -> None:
        keys = [one.incident.source_key for one in decided.incidents]
        assert len(set(keys)) == len(keys)
        opened = [one for one in decided.incidents if one.act is IncidentAct.OPEN]
        teams = Counter(_team(one) for one in opened)
        assert all(count <= self.job.policy.incidents_per_run for count in teams.values())
        for one in decided.incidents:
            known = self.incidents.get(one.incident.source_key)
            assert (known is None) == (one.act is IncidentAct.OPEN), "a key is used once"
            if known is not None:
                assert known.status is not IncidentStatus.RESOLVED
                rose = one.incident.severity.rank > known.severity.rank
                assert rose == (one.act is IncidentAct.ESCALATE)
                if known.status is not IncidentStatus.NEW:
                    assert one.act is not IncidentAct.UPDATE, "a person has it in hand"

    def _record(self, decided: Decided) -> None:
        self.findings.update({one.finding.fingerprint: one.finding for one in decided.findings})
        for one in decided.incidents:
            self.incidents[one.incident.source_key] = one.incident
            if one.act is not IncidentAct.KEEP:
                self._tell(one.incident.source_key, one.act)

    def _tell(self, key: str, act: IncidentAct) -> None:
        if act is IncidentAct.RESOLVE and key not in self.remote:  # nobody was ever told
            self.waiting = [message for message in self.waiting if message[0] != key]
            self.withdrawn.add(key)
        else:
            self.waiting.append((key, act))

    def _same_again_tells_nothing(self, analyses: list[Analysis], situation: Situation, complete: set[str]) -> None:
        told = {name for name, finding in self.findings.items() if finding.state in TOLD}
        after = replace(situation, findings=dict(self.findings), incidents=dict(self.incidents))
        for decision in self._decide(analyses, after, complete).findings:
            if decision.finding.fingerprint in told:
                assert decision.act in (Act.KEEP, Act.CLEAR)

    @rule(step=st.sampled_from([timedelta(hours=1), timedelta(days=1), timedelta(days=4), timedelta(days=16)]))
    def time_passes(self, step: timedelta) -> None:
        self.as_of += step

    @rule()
    def restart(self) -> None:
        """Everything is read anew from what Postgres would hold."""
        self.findings = {
            name: codec.loads(codec.dumps(finding).encode(), Finding) for name, finding in self.findings.items()
        }
        self.incidents = {key: codec.loads(codec.dumps(one).encode(), Incident) for key, one in self.incidents.items()}

    @rule()
    def mute_or_unmute(self) -> None:
        self.muted = not self.muted

    @precondition(lambda self: not self.muted)
    @rule()
    def push(self) -> None:
        for key, act in self.waiting:
            remote = self.remote.setdefault(key, Remote())
            remote.told.append(act)
            if act is IncidentAct.RESOLVE and remote.status is not IncidentStatus.RESOLVED:
                remote.status, remote.outcome, remote.resolved_at = IncidentStatus.RESOLVED, Outcome.CLEARED, self.as_of
        self.waiting = []

    @precondition(lambda self: bool(self._in_hand()))
    @rule(choice=st.randoms(use_true_random=False), outcome=st.sampled_from([None, *Outcome]))
    def person_resolves(self, choice: Random, outcome: Outcome | None) -> None:
        remote = self.remote[choice.choice(self._in_hand())]
        remote.status, remote.outcome, remote.resolved_at = IncidentStatus.RESOLVED, outcome, self.as_of

    @precondition(lambda self: bool(self._in_hand()))
    @rule(choice=st.randoms(use_true_random=False))
    def person_acknowledges(self, choice: Random) -> None:
        self.remote[choice.choice(self._in_hand())].status = IncidentStatus.ACKNOWLEDGED

    def _in_hand(self) -> list[str]:
        return sorted(key for key, one in self.remote.items() if one.status is not IncidentStatus.RESOLVED)

    def _follow(self) -> None:
        """Read back how our open incidents stand, as `look_around` does."""
        for key, remote in self.remote.items():
            ours = self.incidents[key]
            if ours.status is IncidentStatus.RESOLVED:
                continue
            self.incidents[key] = replace(
                ours, status=remote.status, outcome=remote.outcome, resolved_at=remote.resolved_at
            )
            if remote.status is IncidentStatus.RESOLVED and remote.resolved_at is not None:
                self._heard(key, remote.outcome, remote.resolved_at)

    def _heard(self, key: str, outcome: Outcome | None, at: datetime) -> None:
        for name, finding in self.findings.items():
            if finding.incident != key:
                continue
            self.accepted.pop(name, None)
            if outcome is Outcome.FALSE_POSITIVE:
                self.quiet[name] = at + self.job.policy.false_positive_mute
            if outcome is Outcome.ACCEPTED_RISK and finding.told is not None:
                self.accepted[name] = finding.told

    @invariant()
    def what_is_told_has_one_open_incident(self) -> None:
        members: dict[str, set[str]] = {}
        for finding in getattr(self, "findings", {}).values():
            assert bool(finding.incident) == (finding.state in TOLD)
            if finding.incident:
                members.setdefault(finding.incident, set()).add(finding.fingerprint)
        for key, incident in getattr(self, "incidents", {}).items():
            if incident.status is not IncidentStatus.RESOLVED:
                assert set(incident.members) == members.get(key, set())
                assert incident.members, "an open incident has something to tell"
            else:
                assert incident.resolved_at is not None

    @invariant()
    def the_control_plane_is_told_in_order_and_once(self) -> None:
        for key, remote in getattr(self, "remote", {}).items():
            assert remote.told[0] is IncidentAct.OPEN
            assert remote.told.count(IncidentAct.OPEN) == 1
            assert IncidentAct.RESOLVE not in remote.told[:-1]
            assert key not in self.withdrawn


def _silence(host: str) -> KnownSilence:
    return KnownSilence("s", (Matcher("instance", MatchOperator.EQUAL, host),), AS_OF + timedelta(days=999))


def _team(one: IncidentDecision) -> str:
    finding = one.members[0].finding
    return finding.labels["team"]


TestTellingTruth = TellingTruth.TestCase
TestTellingTruth.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
