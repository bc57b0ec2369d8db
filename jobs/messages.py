"""Messages: what a decision tells the Control Plane, exactly as it will be sent. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from controlplane.models import CommentCreate, IncidentCreate, IncidentUpdate, Link, Resolution
from domain.finding import Analysis, Finding, Outcome
from domain.job import Job
from domain.outbox import MessageKind, NewMessage, foreign_subject, message_key
from domain.times import rfc3339
from jobs import phrases
from jobs.chances import chance, share
from jobs.decide import Act, Decision, Ending, IncidentAct, IncidentDecision
from jobs.decide.gather import team_of
from jobs.decide.trouble import probability_by, told_within
from reports.formats import duration
from reports.text import markdown, visible

SOURCE = "forewarn"
LONGEST_LABEL = 200
LONGEST_TITLE = 300
LONGEST_DESCRIPTION = 20_000
LONGEST_COMMENT = 10_000
LONGEST_LIST = 9_000  # characters: with half of a description before it, it still fits
MEMBERS_SHOWN = 100
REASONS_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Voice:
    """How incidents are put into words: a language, the Markdown of one analysis, where its evidence is read, and the
    time zone of days."""

    language: str
    describe: Callable[[Analysis], str]
    link: Callable[[Finding], str | None]
    timezone: str = "UTC"


def messages_of(decision: IncidentDecision, job: Job, voice: Voice) -> tuple[NewMessage, ...]:
    """What has to be told of an incident."""
    subject = decision.incident.source_key
    if decision.act is IncidentAct.KEEP:
        return ()
    if decision.act is IncidentAct.RESOLVE:
        return (_message(MessageKind.INCIDENT_RESOLVE, subject, "resolve", _resolution(decision, job, voice)),)
    if decision.act is IncidentAct.OPEN:
        return (_message(MessageKind.INCIDENT_CREATE, subject, "open", _create(decision, job, voice)),)
    transition = f"update:{rfc3339(_as_of(decision))}"
    return (_message(MessageKind.INCIDENT_UPDATE, subject, transition, _update(decision, job, voice)),)


def comments_of(decisions: Sequence[Decision], voice: Voice) -> tuple[NewMessage, ...]:
    """What is told on incidents of others that are about our findings already: once each."""
    told = []
    for decision in decisions:
        if decision.act is not Act.ATTACH or decision.attached_to is None or decision.analysis is None:
            continue
        finding = decision.finding
        subject = foreign_subject(decision.attached_to)
        key = message_key(MessageKind.INCIDENT_COMMENT, subject, f"{finding.fingerprint}:{finding.episode}")
        intro = phrases.REPORTED_BY.in_language(voice.language)
        content = _text(f"{intro}\n\n{voice.describe(decision.analysis)}", LONGEST_COMMENT)
        body = CommentCreate(content=content, source_key=key).body()
        told.append(NewMessage(MessageKind.INCIDENT_COMMENT, subject, key, body))
    return tuple(told)


def _as_of(decision: IncidentDecision) -> datetime:
    return max(one.finding.last_seen for one in decision.members)


def _message(kind: MessageKind, subject: str, transition: str, body: dict[str, Any]) -> NewMessage:
    return NewMessage(kind, subject, message_key(kind, subject, transition), body)


def _create(decision: IncidentDecision, job: Job, voice: Voice) -> dict[str, Any]:
    incident, first = decision.incident, decision.members[0].finding
    link = None if decision.storm else voice.link(first)  # a storm is not about the first of its members
    title = phrases.EVIDENCE.in_language(voice.language)
    create = IncidentCreate(
        title=_title(decision, job, voice.language),
        description=_description(decision, voice),
        severity=incident.severity,
        source=SOURCE,
        source_key=incident.source_key,
        detected_at=incident.opened_at,
        expected_at=incident.expected_at,
        labels=_labels(decision, job),
        links=[] if link is None else [Link.model_validate({"title": title, "url": link})],
    )
    return create.body()


def _update(decision: IncidentDecision, job: Job, voice: Voice) -> dict[str, Any]:
    incident = decision.incident
    update = IncidentUpdate(
        title=_title(decision, job, voice.language),
        description=_description(decision, voice),
        severity=incident.severity,
        expected_at=incident.expected_at,
        labels=_labels(decision, job),
    )
    return update.body()


def _resolution(decision: IncidentDecision, job: Job, voice: Voice) -> dict[str, Any]:
    reasons = dict.fromkeys(_ending(one, job, voice) for one in decision.members)
    shown = list(reasons)[:REASONS_SHOWN] or [phrases.NONE_LEFT.in_language(voice.language)]
    reason = phrases.BETWEEN_REASONS.in_language(voice.language).join(shown)
    text = phrases.CLEARED.in_language(voice.language).format(reason=reason)
    return Resolution(resolution=_text(text, LONGEST_COMMENT), outcome=Outcome.CLEARED).body()


def _ending(one: Decision, job: Job, voice: Voice) -> str:
    """Why a finding is told no more in its incident. One that stands all the same goes on in another incident."""
    finding, language = one.finding, voice.language
    ending = one.ending if one.act is Act.CLEAR else Ending.AGED
    if ending is Ending.CLEAN and one.analysis is not None:
        days, p = probability_by(one.analysis.exhaustion, told_within(one.analysis, job))
        needed = job.policy.clear_probability
        return phrases.CLEAN.in_language(language).format(
            days=duration(timedelta(days=days), language),
            chance=chance(p, beside=needed, language=language),
            needed=share(needed),
            runs=finding.clean_runs,
        )
    if ending is Ending.GONE:
        last = finding.last_seen.astimezone(ZoneInfo(voice.timezone))  # at 02:00 in Taipei it is yesterday in UTC
        return phrases.GONE.in_language(language).format(date=f"{last:%Y-%m-%d}")
    if ending is Ending.UNWATCHED:
        return phrases.UNWATCHED.in_language(language).format(watch=finding.watch)
    if ending is Ending.AGED:
        return phrases.AGED.in_language(language).format(age=duration(job.policy.maximum_age, language))
    return phrases.NONE_LEFT.in_language(language)


def _title(decision: IncidentDecision, job: Job, language: str) -> str:
    count = len(decision.incident.members)
    if decision.storm:
        text = phrases.STORM_TITLE.in_language(language).format(count=count, job=job.name)
    elif count > 1:
        more = phrases.AND_MORE.in_language(language)
        text = more.format(title=_visible(decision.incident.title, LONGEST_TITLE - 40), count=count - 1)
    else:
        text = decision.incident.title
    return _visible(text, LONGEST_TITLE)


def _description(decision: IncidentDecision, voice: Voice) -> str:
    seen = [one for one in decision.members if one.analysis is not None]
    if decision.storm:
        return f"{_storm_intro(decision, voice)}\n\n{_listed(seen, len(decision.incident.members), voice)}"
    if not seen or seen[0].analysis is None:
        return ""
    text = voice.describe(seen[0].analysis)
    if len(seen) > 1:
        also = phrases.ALSO.in_language(voice.language)
        text = f"{text[: LONGEST_DESCRIPTION // 2]}\n\n{also}\n\n{_listed(seen[1:], len(seen) - 1, voice)}"
    return _text(text, LONGEST_DESCRIPTION)


def _storm_intro(decision: IncidentDecision, voice: Voice) -> str:
    count, others = len(decision.incident.members), decision.others
    if decision.act is not IncidentAct.OPEN:
        text = phrases.STORM_GOES_ON
    else:
        text = phrases.STORM_TEXT if others else phrases.STORM_ALONE
    return text.in_language(voice.language).format(count=count, others=others, total=count + others)


def _listed(members: Sequence[Decision], count: int, voice: Voice) -> str:
    """The titles of members, as many as there is room for; labels are in them, so Markdown means nothing there."""
    lines: list[str] = []
    room = LONGEST_LIST
    for one in members[:MEMBERS_SHOWN]:
        line = f"- {markdown(visible(one.finding.title, LONGEST_LABEL))}"
        room -= len(line) + 1
        if room < 0:
            break
        lines.append(line)
    if count > len(lines):
        lines.append(f"- {phrases.NOT_SHOWN.in_language(voice.language).format(count=count - len(lines))}")
    return "\n".join(lines)


def _labels(decision: IncidentDecision, job: Job) -> dict[str, str]:
    """What an incident is routed and silenced by: of a storm only what all of its members share."""
    findings = [one.finding for one in decision.members]
    if not decision.storm:
        return incident_labels(findings[0])
    shared = {"forewarn_job": job.name, "forewarn_storm": "true"}
    team, *others = {team_of(finding, job.policy) for finding in findings}
    return shared if others or not team else {job.policy.team_label: _visible(team), **shared}


def incident_labels(finding: Finding) -> dict[str, str]:
    """The labels of an incident: the entity's own, bounded and without control characters, and what found it."""
    ours: Mapping[str, str] = {
        "forewarn_job": finding.job,
        "forewarn_watch": finding.watch,
        "forewarn_kind": finding.kind.value,
        "forewarn_fingerprint": finding.fingerprint,
    }
    theirs = {name[:LONGEST_LABEL]: _visible(value) for name, value in finding.entity.items()}
    return {**theirs, **ours}


def _visible(value: str, longest: int = LONGEST_LABEL) -> str:
    """One line without control characters and lone surrogates."""
    return re.sub(r"[\x00-\x1f\x7f\ud800-\udfff]+", " ", value)[:longest]


def _text(value: str, longest: int) -> str:
    """Lines without what JSON and Postgres refuse."""
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]", " ", value)[:longest]
