"""Executions: automation scripts that the Control Plane runs for us."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class ExecutionStatus(StrEnum):
    """Where an execution stands, in the Control Plane's words."""

    PENDING = "pending"
    RUNNING = "running"
    SUCCESS = "success"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen to the execution."""
        return self not in (ExecutionStatus.PENDING, ExecutionStatus.RUNNING)


@dataclass(frozen=True, slots=True)
class Execution:
    """One script run for one finding. A dry run is the default: it says what it would do and does nothing."""

    correlation_id: str  # its `correlationId` at the Control Plane
    script_id: str
    rule: str  # the name of the rule that asked for it
    fingerprint: str  # of the finding that it is to help
    source_key: str  # of the incident it belongs to
    requested_at: datetime
    parameters: dict[str, Any] = field(default_factory=dict)
    targets: tuple[str, ...] = ()  # the Control Plane's resource ids
    reason: str = ""
    dry_run: bool = True
    status: ExecutionStatus = ExecutionStatus.PENDING
    remote_id: str | None = None  # the Control Plane's id, once it is known
    output: str | None = None  # of the script: never trusted
    error: str | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    days_gained: float | None = None  # by how much the exhaustion moved away; None: not measured yet
