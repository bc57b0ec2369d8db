"""Audit entries: who decided what, and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One decision or deed, also every refusal, in words that a person understands later."""

    actor: str  # "forewarn", or the person who did it
    action: str  # "incident.open", "automation.refused", "outbox.discard", ...
    subject: str  # a fingerprint, a source key, a message id, ...
    reason: str = ""
    details: dict[str, Any] = field(default_factory=dict)
    id: int | None = None  # given by the database
    at: datetime | None = None  # when it was written down, by the database's clock
