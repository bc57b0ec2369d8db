"""What the Control Plane is told of a decision."""

from __future__ import annotations

from datetime import timedelta

from domain.alert import KnownIncident
from domain.finding import Analysis, Finding
from domain.incident import Incident
from domain.job import Policy
from domain.labels import Labels
from domain.outbox import MessageKind, NewMessage
from jobs.decide import Decided, Situation, decide
from jobs.messages import Voice, comments_of, messages_of
from tests.fixtures.builders import AS_OF, make_analysis, make_job

JOB = make_job(Policy(open_after_runs=1, clear_after_runs=1))
VOICE = Voice("en", lambda analysis: f"It grows: {analysis.entity}.", lambda _: "https://forewarn.example/findings/1")


def decided(*nights: list[Analysis]) -> list[Decided]:
    """What is decided night by night, each from what the one before left."""
    findings: dict[str, Finding] = {}
    incidents: dict[str, Incident] = {}
    found = []
    for night, analyses in enumerate(nights):
        now = decide(
            JOB,
            analyses,
            Situation(findings, incidents),
            complete=frozenset(),
            as_of=AS_OF + timedelta(days=night),
            describe=lambda seen: (f"{seen.entity} fills up", "It grows."),
        )
        findings = findings | {decision.finding.fingerprint: decision.finding for decision in now.findings}
        incidents = incidents | {decision.incident.source_key: decision.incident for decision in now.incidents}
        found.append(now)
    return found


def told(now: Decided) -> list[NewMessage]:
    return [message for decision in now.incidents for message in messages_of(decision, JOB, VOICE)]


def test_an_opened_episode_creates_an_incident() -> None:
    (now,) = decided([make_analysis(9)])

    (message,) = told(now)

    assert message.kind is MessageKind.INCIDENT_CREATE
    assert message.subject == now.findings[0].finding.incident
    assert message.payload["sourceKey"] == message.subject
    assert message.payload["severity"] == "info"
    assert message.payload["expectedAt"] == "2026-12-01T02:00:00Z"
    assert message.payload["detectedAt"] == "2026-11-22T02:00:00Z"
    assert message.payload["labels"]["instance"] == "db-1"
    assert message.payload["links"] == [{"title": "Evidence", "url": "https://forewarn.example/findings/1"}]


def test_a_rise_in_severity_updates_the_same_incident() -> None:
    first, second = decided([make_analysis(9)], [make_analysis(8, lead=0.5)])

    (message,) = told(second)

    assert message.kind is MessageKind.INCIDENT_UPDATE
    assert message.subject == told(first)[0].subject
    assert message.payload["severity"] == "warning"


def test_a_cleared_episode_resolves_its_incident() -> None:
    _, cleared = decided([make_analysis(9)], [make_analysis(None)])

    (message,) = told(cleared)

    assert message.kind is MessageKind.INCIDENT_RESOLVE
    assert message.payload["outcome"] == "cleared"
    assert "clean runs" in message.payload["resolution"]


def test_nothing_is_told_when_there_is_no_news() -> None:
    _, kept = decided([make_analysis(20)], [make_analysis(19)])

    assert told(kept) == []


def test_the_same_decision_makes_the_same_key() -> None:
    assert told(decided([make_analysis(9)])[0]) == told(decided([make_analysis(9)])[0])


def test_labels_from_elsewhere_are_bounded_and_free_of_control_characters() -> None:
    hostile = make_analysis(9, entity=Labels.of(instance="a\nb\x00\ud800", mountpoint="x" * 5000))

    (message,) = told(decided([hostile])[0])

    assert message.payload["labels"]["instance"] == "a b "
    assert len(message.payload["labels"]["mountpoint"]) == 200


def test_a_title_fits_the_contract() -> None:
    long = make_analysis(9, entity=Labels.of(instance="i" * 1000, mountpoint="/"))

    (message,) = told(decided([long])[0])

    assert len(message.payload["title"]) == 300


def test_findings_of_one_entity_are_told_in_one_incident() -> None:
    inodes = make_analysis(12, watch="node/filesystem-inodes")

    (now,) = decided([make_analysis(9), inodes])

    (message,) = told(now)
    assert message.payload["title"].endswith("fills up (and 1 more)")
    assert "Also in this incident" in message.payload["description"]


def test_a_finding_that_joins_updates_the_incident() -> None:
    inodes = make_analysis(12, watch="node/filesystem-inodes", as_of=AS_OF + timedelta(days=1))

    first, second = decided([make_analysis(20)], [make_analysis(19), inodes])

    (message,) = told(second)
    assert (message.kind, message.subject) == (MessageKind.INCIDENT_UPDATE, told(first)[0].subject)


def test_an_incident_is_resolved_when_the_last_of_its_findings_is_cleared() -> None:
    inodes = make_analysis(20, watch="node/filesystem-inodes")
    calm = make_analysis(None)
    calm_inodes = make_analysis(None, watch="node/filesystem-inodes")

    _, one_left, none_left = decided([make_analysis(20), inodes], [calm, inodes], [calm, calm_inodes])

    assert told(one_left) == []
    assert [message.kind for message in told(none_left)] == [MessageKind.INCIDENT_RESOLVE]


def test_a_storm_is_one_incident_that_lists_its_members() -> None:
    hosts = [
        make_analysis(9 + number / 10, entity=Labels.of(instance=f"h{number}", mountpoint="/")) for number in range(200)
    ]

    (now,) = decided(hosts)

    messages = told(now)
    storms = [message for message in messages if "more capacity findings" in message.payload["title"]]
    assert len(messages) == JOB.policy.incidents_per_run
    assert len(storms) == 1
    assert storms[0].payload["title"] == "181 more capacity findings of nightly-capacity"
    assert storms[0].payload["description"].count("\n- ") == 101
    assert "and 81 more" in storms[0].payload["description"]


def test_somebody_elses_incident_is_commented_and_not_repeated() -> None:
    other = KnownIncident("INC-7", "disk", Labels.of(instance="db-1", mountpoint="/var", team="dba"))
    now = decide(
        JOB,
        [make_analysis(9)],
        Situation(others=(other,)),
        complete=frozenset(),
        as_of=AS_OF,
        describe=lambda _: ("t", "s"),
    )

    (comment,) = comments_of(now.findings, VOICE)

    assert told(now) == []
    assert (comment.kind, comment.subject) == (MessageKind.INCIDENT_COMMENT, "incident:INC-7")
    assert comment.payload["sourceKey"] == comment.key
