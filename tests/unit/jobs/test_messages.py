"""What the Control Plane is told of a decision."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from domain.finding import Analysis, Finding
from domain.job import Policy
from domain.labels import Labels
from domain.outbox import MessageKind, NewMessage
from jobs.decide import Decision, decide
from jobs.messages import messages_of
from tests.fixtures.builders import AS_OF, make_analysis, make_job

JOB = make_job(Policy(open_after_runs=1, clear_after_runs=1))


def decided(*nights: Analysis) -> list[Decision]:
    known: dict[str, Finding] = {}
    decisions = []
    for night, analysis in enumerate(nights):
        (decision,) = decide(
            JOB,
            [analysis],
            known,
            complete=frozenset(),
            as_of=AS_OF + timedelta(days=night),
            describe=lambda seen: (f"{seen.entity} fills up", "It grows."),
        )
        known[decision.finding.fingerprint] = decision.finding
        decisions.append(decision)
    return decisions


def told(decision: Decision) -> tuple[NewMessage, ...]:
    return messages_of(decision, lambda _: "It grows by 2 GB a day.", "https://forewarn.example/findings/1")


def test_an_opened_episode_creates_an_incident() -> None:
    (decision,) = decided(make_analysis(9))

    (message,) = told(decision)

    assert message.kind is MessageKind.INCIDENT_CREATE
    assert message.subject == f"forewarn:{decision.finding.fingerprint}:1"
    assert message.payload["sourceKey"] == message.subject
    assert message.payload["severity"] == "info"
    assert message.payload["expectedAt"] == "2026-12-01T02:00:00Z"
    assert message.payload["detectedAt"] == "2026-11-22T02:00:00Z"
    assert message.payload["labels"]["instance"] == "db-1"
    assert message.payload["links"] == [{"title": "Evidence", "url": "https://forewarn.example/findings/1"}]


def test_a_rise_in_severity_updates_the_same_incident() -> None:
    first, second = decided(make_analysis(9), make_analysis(8, lead=0.5))

    (message,) = told(second)

    assert message.kind is MessageKind.INCIDENT_UPDATE
    assert message.subject == told(first)[0].subject
    assert message.payload["severity"] == "warning"


def test_a_cleared_episode_resolves_its_incident() -> None:
    _, cleared = decided(make_analysis(9), make_analysis(None))

    (message,) = told(cleared)

    assert message.kind is MessageKind.INCIDENT_RESOLVE
    assert message.payload["outcome"] == "cleared"
    assert "clean runs" in message.payload["resolution"]


def test_nothing_is_told_when_there_is_no_news() -> None:
    _, kept = decided(make_analysis(20), make_analysis(19))

    assert told(kept) == ()


def test_the_same_decision_makes_the_same_key() -> None:
    assert told(decided(make_analysis(9))[0]) == told(decided(make_analysis(9))[0])


def test_labels_from_elsewhere_are_bounded_and_free_of_control_characters() -> None:
    hostile = make_analysis(9, entity=Labels.of(instance="a\nb\x00\ud800", mountpoint="x" * 5000))

    (message,) = told(decided(hostile)[0])

    assert message.payload["labels"]["instance"] == "a b "
    assert len(message.payload["labels"]["mountpoint"]) == 200


def test_a_title_fits_the_contract() -> None:
    (decision,) = decided(make_analysis(9))

    (message,) = told(replace(decision, finding=replace(decision.finding, title="t" * 1000)))

    assert len(message.payload["title"]) == 300
