"""Messages: what a decision tells the Control Plane, exactly as it will be sent. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from controlplane.models import IncidentCreate, IncidentUpdate, Link, Resolution
from domain.finding import Analysis, Finding, Outcome
from domain.outbox import MessageKind, NewMessage, message_key, source_key
from domain.times import rfc3339
from jobs.decide import Act, Decision

SOURCE = "forewarn"
LONGEST_LABEL = 200
LONGEST_TITLE = 300
LONGEST_DESCRIPTION = 20_000
Description = Callable[[Analysis], str]  # Markdown for people, in the language that incidents are told in


def messages_of(decision: Decision, describe: Description, link: str | None = None) -> tuple[NewMessage, ...]:
    """What has to be told of a decision; for most of them, nothing. `link` leads to the finding's evidence."""
    finding = decision.finding
    subject = source_key(finding.fingerprint, finding.episode)
    if decision.act is Act.CLEAR:
        return (_message(MessageKind.INCIDENT_RESOLVE, subject, "resolve", _resolution(decision)),)
    if decision.analysis is None or finding.told is None:
        return ()
    if decision.act is Act.OPEN:
        body = _create(finding, describe(decision.analysis), subject, link)
        return (_message(MessageKind.INCIDENT_CREATE, subject, "open", body),)
    if decision.act in (Act.ESCALATE, Act.UPDATE):
        body = _update(finding, describe(decision.analysis))
        return (_message(MessageKind.INCIDENT_UPDATE, subject, f"update:{rfc3339(finding.told.at)}", body),)
    return ()


def _message(kind: MessageKind, subject: str, transition: str, body: dict[str, Any]) -> NewMessage:
    return NewMessage(kind, subject, message_key(kind, subject, transition), body)


def _create(finding: Finding, description: str, subject: str, link: str | None) -> dict[str, Any]:
    create = IncidentCreate(
        title=_visible(finding.title, LONGEST_TITLE),
        description=_text(description),
        severity=finding.severity,
        source=SOURCE,
        source_key=subject,
        detected_at=finding.opened_at,
        expected_at=finding.exhaustion.p50,
        labels=incident_labels(finding),
        links=[] if link is None else [Link.model_validate({"title": "Evidence", "url": link})],
    )
    return create.body()


def _update(finding: Finding, description: str) -> dict[str, Any]:
    update = IncidentUpdate(
        title=_visible(finding.title, LONGEST_TITLE),
        description=_text(description),
        severity=finding.severity,
        expected_at=finding.exhaustion.p50,
        labels=incident_labels(finding),
    )
    return update.body()


def _resolution(decision: Decision) -> dict[str, Any]:
    return Resolution(resolution=f"Cleared by Forewarn: {decision.reason}.", outcome=Outcome.CLEARED).body()


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


def _text(value: str) -> str:
    """Lines without what JSON and Postgres refuse."""
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]", " ", value)[:LONGEST_DESCRIPTION]
