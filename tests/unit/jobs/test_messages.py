"""What the Control Plane is told of a decision."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from domain.alert import KnownIncident
from domain.finding import Analysis, Finding
from domain.incident import Incident
from domain.job import Job, Policy
from domain.labels import Labels
from domain.outbox import MessageKind, NewMessage
from jobs.decide import Act, Decided, Situation, decide
from jobs.messages import Voice, comments_of, messages_of
from jobs.telling import Telling
from reports.text import markdown
from tests.fixtures.builders import AS_OF, make_analysis, make_job

JOB = make_job(Policy(open_after_runs=1, clear_after_runs=1))
VOICE = Voice("en", lambda analysis: f"It grows: {analysis.entity}.", lambda _: "https://forewarn.example/findings/1")


def decided(*nights: list[Analysis], job: Job = JOB) -> list[Decided]:
    """What is decided night by night, each from what the one before left."""
    findings: dict[str, Finding] = {}
    incidents: dict[str, Incident] = {}
    found = []
    for night, analyses in enumerate(nights):
        now = decide(
            job,
            analyses,
            Situation(findings, incidents),
            complete=frozenset({"node/filesystem-space"}),
            as_of=AS_OF + timedelta(days=night),
            describe=lambda seen: (f"{seen.entity} fills up", "It grows."),
        )
        findings = findings | {decision.finding.fingerprint: decision.finding for decision in now.findings}
        incidents = incidents | {decision.incident.source_key: decision.incident for decision in now.incidents}
        found.append(now)
    return found


def told(now: Decided, job: Job = JOB, voice: Voice = VOICE) -> list[NewMessage]:
    return [message for decision in now.incidents for message in messages_of(decision, job, voice)]


def resolution(now: Decided, language: str, job: Job = JOB) -> str:
    """What the one incident that ends is resolved with."""
    (text,) = [
        message.payload["resolution"]
        for message in told(now, job, replace(VOICE, language=language))
        if message.kind is MessageKind.INCIDENT_RESOLVE
    ]
    return str(text)


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


def test_why_an_incident_ends_is_said_in_the_language_of_the_job() -> None:
    _, cleared = decided([make_analysis(9)], [make_analysis(None)])

    assert resolution(cleared, "en") == ("Cleared by Forewarn: 1% within 30 days is below 30%; clean runs in a row: 1.")
    assert resolution(cleared, "zh-TW") == (
        "Forewarn 已確認解除：30 天內發生的機率為 1%，低於 30%；連續 1 次執行均未見異常。"
    )
    assert cleared.findings[0].reason == "1% within 30 days is below 30%; 1 clean runs in a row"


def test_the_day_since_which_a_thing_is_gone_is_that_of_the_readers_zone() -> None:
    *_, gone = decided([make_analysis(9)], [], [], [])  # last seen at 02:00 UTC: the evening before, in California
    voice = Telling("zh-TW", "America/Los_Angeles").voice({})

    (resolved,) = told(gone, voice=voice)

    assert "自 2026-11-21 起不再有回報" in resolved.payload["resolution"]
    assert gone.findings[0].reason == "not reported since 2026-11-22 02:00Z: it is gone"


@pytest.mark.parametrize(
    ("job", "nights", "english", "chinese"),
    [
        (JOB, [[]] * 3, "not reported since 2026-11-22: it is gone", "自 2026-11-22 起不再有回報，視為已不存在"),
        (
            replace(JOB, policy=replace(JOB.policy, maximum_age=timedelta(hours=5))),
            [[make_analysis(8, as_of=AS_OF + timedelta(days=1))]],
            "older than 5 hours: where trouble goes on, another incident tells it",
            "已超過 5 小時；若問題仍在，將另立事件單告知",
        ),
        (
            replace(JOB, watches=()),
            [],
            "the job has no watch node/filesystem-space any more",
            "此工作已不再包含監看項目 node/filesystem-space",
        ),
    ],
    ids=["gone", "too old", "not watched any more"],
)
def test_every_end_has_its_sentence_in_both_languages(
    job: Job, nights: list[list[Analysis]], english: str, chinese: str
) -> None:
    last = decided([make_analysis(9)], *(nights or [[]]), job=job)[-1]

    assert resolution(last, "en", job) == f"Cleared by Forewarn: {english}."
    assert resolution(last, "zh-TW", job) == f"Forewarn 已確認解除：{chinese}。"


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


def storm(*entities: dict[str, str], cap: int = 2) -> dict[str, Any]:
    """What is told of the storm in which so many disks fill up, soonest first."""
    job = replace(JOB, policy=replace(JOB.policy, incidents_per_run=cap))
    disks = [
        make_analysis(
            9 + number / 10, entity=Labels.of(mountpoint="/", instance=one["instance"]), labels=Labels.of(**one)
        )
        for number, one in enumerate(entities)
    ]
    (now,) = decided(disks, job=job)
    (found,) = [message.payload for message in told(now, job) if "more capacity findings" in message.payload["title"]]
    return found


HOSTS = [{"instance": f"h{number}", "team": "base"} for number in range(5)]


def test_a_storm_says_how_many_opened_and_lists_the_rest() -> None:
    description = storm(*HOSTS)["description"]

    assert description.startswith("5 findings opened in one run, more than may have incidents of their own.")
    assert "Told in other incidents: 1. These are the other 4" in description
    assert description.count("\n- ") == 4
    assert "=h0" not in description


def test_a_storm_in_which_nothing_is_told_elsewhere_does_not_say_so() -> None:
    description = storm(*HOSTS, cap=1)["description"]

    assert description.startswith("5 findings opened in one run, more than may have incidents of their own: these")


def test_a_storm_has_no_labels_of_one_member_and_no_link_to_it() -> None:
    told_of = storm(*HOSTS)

    assert told_of["labels"] == {"team": "base", "forewarn_job": "nightly-capacity", "forewarn_storm": "true"}
    assert not told_of.get("links")
    assert "team" not in storm(*({"instance": f"h{number}"} for number in range(5)))["labels"]


def test_labels_in_a_list_mean_nothing_in_markdown() -> None:
    hostile = "[pay](https://evil.example) <img src=x> **now** ~~no~~ @all &amp;"

    description = storm(*HOSTS[:3], {"instance": hostile, "team": "base"})["description"]

    assert markdown(hostile) in description
    assert hostile not in description


def test_a_long_list_ends_with_a_whole_line_and_says_how_many_are_not_shown() -> None:
    hosts = [{"instance": "*" * 150 + str(number), "team": "base"} for number in range(120)]

    description = storm(*hosts)["description"]

    *lines, last = [line for line in description.splitlines() if line.startswith("- ")]
    assert len(description) < 10_000
    assert all(line.endswith("fills up") for line in lines)
    assert last == f"- and {119 - len(lines)} more"


OTHERS = Situation(others=(KnownIncident("INC-7", "disk", Labels.of(instance="db-1", mountpoint="/var", team="dba")),))


def test_a_job_that_only_reports_comments_on_nobodys_incident() -> None:
    job = replace(JOB, policy=replace(JOB.policy, incidents_per_run=0))

    now = decide(job, [make_analysis(9)], OTHERS, complete=frozenset(), as_of=AS_OF, describe=lambda _: ("t", "s"))

    (held,) = now.findings
    assert not comments_of(now.findings, VOICE)
    assert (held.act, held.attached_to) == (Act.HOLD, None)
    assert "the incident INC-7 is about it already; incidents_per_run is 0" in held.finding.reason


def test_somebody_elses_incident_is_commented_and_not_repeated() -> None:
    now = decide(JOB, [make_analysis(9)], OTHERS, complete=frozenset(), as_of=AS_OF, describe=lambda _: ("t", "s"))

    (comment,) = comments_of(now.findings, VOICE)

    assert told(now) == []
    assert (comment.kind, comment.subject) == (MessageKind.INCIDENT_COMMENT, "incident:INC-7")
    assert comment.payload["sourceKey"] == comment.key
