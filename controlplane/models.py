"""The Control Plane's contract (contract/control-plane.openapi.yaml) as pydantic models.

Attributes are snake_case, JSON is camelCase, times are RFC 3339 in UTC. Bodies that are sent refuse what they do
not know; answers ignore it, so that a newer Control Plane may say more.
"""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer
from pydantic.alias_generators import to_camel

from domain.finding import Outcome, Severity
from domain.times import rfc3339, utc

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def _rfc3339_text(value: object) -> object:
    """A time in JSON is RFC 3339 text: a number or a date alone is a mistake."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, str) and len(value) < 64 and _RFC3339.fullmatch(value):
        return datetime.fromisoformat(value.upper())
    raise ValueError("a time is RFC 3339 text: 2026-11-22T03:00:00Z")


def _to_utc(moment: datetime) -> datetime:
    try:
        return utc(moment)
    except OverflowError:
        raise ValueError("the time is before the year 1 or after the year 9999 in UTC") from None


Instant = Annotated[
    datetime,
    BeforeValidator(_rfc3339_text),
    AfterValidator(_to_utc),
    PlainSerializer(rfc3339, return_type=str, when_used="json"),
    Field(json_schema_extra={"format": "date-time"}),
]


def _not_null(value: object) -> object:
    """The contract has no null here: a field that is not known is left out."""
    if value is None:
        raise ValueError("null is not allowed here: leave the field out")
    return value


def _absolute(value: str) -> str:
    if _URI.fullmatch(value):
        return value
    raise ValueError("a link is an absolute URL: https://host/path")


_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[!-~]+")
Uri = Annotated[str, AfterValidator(_absolute), Field(json_schema_extra={"format": "uri"})]


class IncidentStatus(StrEnum):
    """Where an incident stands."""

    NEW = "new"
    ACKNOWLEDGED = "acknowledged"
    IN_PROGRESS = "in_progress"
    RESOLVED = "resolved"


class ExecutionStatus(StrEnum):
    """Where an execution stands."""

    PENDING = "pending"
    RUNNING = "running"
    SUCCESS = "success"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen to the execution."""
        return self not in (ExecutionStatus.PENDING, ExecutionStatus.RUNNING)


class Sent(BaseModel):
    """A body that is sent: what the contract does not know is refused."""

    model_config = ConfigDict(
        alias_generator=to_camel, validate_by_name=True, validate_by_alias=True, extra="forbid", frozen=True
    )

    def body(self) -> dict[str, Any]:
        """The JSON body: only what was set, an explicit null included."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)


class Answer(BaseModel):
    """A body that comes back: what the contract does not know is left out."""

    model_config = ConfigDict(
        alias_generator=to_camel, validate_by_name=True, validate_by_alias=True, extra="ignore", frozen=True
    )


class Health(Answer):
    """Whether the Control Plane is alive."""

    status: str
    version: str | None = None
    timestamp: Instant | None = None


class Readiness(Answer):
    """Whether the Control Plane is ready, and which of its checks hold."""

    ready: bool
    checks: dict[str, bool]
    timestamp: Instant | None = None


class Error(Answer):
    """The contract's error shape."""

    error: str
    message: str
    details: dict[str, Any] | None = None
    request_id: str | None = None
    timestamp: Instant | None = None


class Pagination(Answer):
    """Where a page stands in its list."""

    page: int
    page_size: int
    total: int
    total_pages: int


class Resource(Answer):
    """A machine, a service or another thing that the Control Plane knows."""

    id: str
    name: str
    type: str
    status: str
    ip_address: str | None = None
    location: str | None = None
    group_id: str | None = None
    group_name: str | None = None
    tags: list[str] | None = None
    owner: str | None = None
    description: str | None = None
    metadata: dict[str, Any] | None = None
    created_at: Instant
    updated_at: Instant


class ResourceList(Answer):
    """One page of resources."""

    items: list[Resource]
    pagination: Pagination


class ResourceGroup(Answer):
    """A group of resources."""

    id: str
    name: str
    description: str | None = None
    parent_group_id: str | None = None
    resource_count: int
    created_at: Instant
    updated_at: Instant


class ResourceGroupList(Answer):
    """All groups."""

    items: list[ResourceGroup]
    total: int


class AuditLog(Answer):
    """One entry of the Control Plane's audit log."""

    id: str
    user_id: str | None = None
    action: str
    target_resource_id: str | None = None
    target_resource_type: str | None = None
    status: str
    details: dict[str, Any] | None = None
    timestamp: Instant


class AuditLogList(Answer):
    """One page of the audit log."""

    items: list[AuditLog]
    pagination: Pagination


class AlertCondition(Answer):
    """When an alert rule fires; `duration` is in seconds."""

    metric: str
    operator: str
    threshold: float
    duration: int


class AlertRule(Answer):
    """An alert rule of the Control Plane."""

    id: str
    name: str
    description: str | None = None
    condition: AlertCondition
    severity: str
    enabled: bool
    notification_channels: list[str] | None = None
    created_at: Instant
    updated_at: Instant


class AlertRuleList(Answer):
    """All alert rules."""

    items: list[AlertRule]
    total: int


class Link(Sent):
    """A link of an incident: to the finding's evidence, to a report."""

    title: str
    url: Uri


class IncidentCreate(Sent):
    """A new incident. `source_key` is the stable key of what it is about."""

    title: str = Field(min_length=1, max_length=300)
    description: str = Field(default="", max_length=20_000)
    severity: Severity
    source: str = ""
    source_key: str = Field(default="", max_length=128)
    resource_ids: list[str] = []
    detected_at: Annotated[Instant | None, BeforeValidator(_not_null)] = None
    expected_at: Instant | None = None
    labels: dict[str, str] = {}
    links: list[Link] = []


class IncidentUpdate(Sent):
    """What changes about an incident; what is not set stays as it is."""

    title: str = Field(default="", max_length=300)
    description: str = Field(default="", max_length=20_000)
    severity: Annotated[Severity | None, BeforeValidator(_not_null)] = None
    expected_at: Instant | None = None
    labels: dict[str, str] = {}


class Acknowledgement(Sent):
    """Somebody has seen the incident."""

    comment: str = ""


class Resolution(Sent):
    """How an incident ended."""

    resolution: str
    outcome: Annotated[Outcome | None, BeforeValidator(_not_null)] = None


class CommentCreate(Sent):
    """A new comment. `source_key` is the stable key by which it is found again."""

    content: str = Field(max_length=10_000)
    source_key: str = Field(default="", max_length=128)


class IncidentLink(Answer):
    """A link of an incident as it comes back."""

    title: str
    url: str


class Incident(Answer):
    """An incident as the Control Plane keeps it."""

    id: str
    title: str = Field(min_length=1, max_length=300)
    description: str | None = Field(default=None, max_length=20_000)
    severity: Severity
    source: str | None = None
    source_key: str | None = Field(default=None, max_length=128)
    resource_ids: list[str] | None = None
    detected_at: Instant | None = None
    expected_at: Instant | None = None
    labels: dict[str, str] | None = None
    links: list[IncidentLink] | None = None
    status: IncidentStatus
    outcome: Outcome | None = None
    reporter: str | None = None
    assignee: str | None = None
    created_at: Instant
    updated_at: Instant
    resolved_at: Instant | None = None


class IncidentList(Answer):
    """One page of incidents."""

    items: list[Incident]
    pagination: Pagination


class Comment(Answer):
    """A comment on an incident."""

    id: str
    content: str
    source_key: str | None = None
    author: str | None = None
    created_at: Instant


class CommentList(Answer):
    """One page of comments."""

    items: list[Comment]
    pagination: Pagination


class Script(Answer):
    """An automation script; `parameters` names what it takes."""

    id: str
    name: str
    type: str
    description: str | None = None
    parameters: list[str] | None = None
    enabled: bool | None = None


class ScriptList(Answer):
    """All scripts."""

    items: list[Script]
    total: int


class ExecutionRequest(Sent):
    """An execution that is asked for. `correlation_id` is the stable key by which it is found again."""

    script_id: str
    parameters: dict[str, Any] = {}
    target_resources: list[str] = []
    reason: str = Field(default="", max_length=2_000)
    incident_id: str | None = None
    correlation_id: str = Field(default="", max_length=128)
    dry_run: bool = False


class Execution(Answer):
    """An execution as the Control Plane keeps it. `output` and `error` are a script's words: untrusted."""

    id: str
    script_id: str
    script_name: str
    status: ExecutionStatus
    parameters: dict[str, Any] | None = None
    target_resources: list[str] | None = None
    correlation_id: str | None = None
    incident_id: str | None = None
    dry_run: bool | None = None
    output: str | None = None
    error: str | None = None
    started_at: Instant | None = None
    completed_at: Instant | None = None
    executed_by: str | None = None


class ExecutionList(Answer):
    """One page of executions."""

    items: list[Execution]
    pagination: Pagination
