"""The contract's operations, one function each, named by their operationId."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import OperationalError

from controlplane.models import (
    Acknowledgement,
    CommentCreate,
    ExecutionRequest,
    ExecutionStatus,
    IncidentCreate,
    IncidentStatus,
    IncidentUpdate,
    Instant,
    Resolution,
)
from domain.finding import Severity
from sandbox import executions, incidents, inventory
from sandbox.bodies import body_of
from sandbox.effects import now_text
from sandbox.paging import Page
from sandbox.problems import Problem

Json = dict[str, Any]


def open_transaction(request: Request) -> Iterator[Connection]:
    """One transaction for the request: committed when it is answered, rolled back when it fails."""
    if "\x00" in request.url.path or "%00" in request.url.query:
        raise Problem(400, "text can't hold the character NUL")
    with request.app.state.engine.begin() as connection:
        yield connection


def honoured_key(request: Request, idempotency_key: Annotated[str | None, Header(max_length=128)] = None) -> str | None:
    """The Idempotency-Key, unless the sandbox was told to ignore it."""
    return idempotency_key if request.app.state.plan.switches.honour_keys else None


Transaction = Annotated[Connection, Depends(open_transaction, scope="function")]
Key = Annotated[str | None, Depends(honoured_key)]
Paged = Annotated[Page, Depends()]

API = "/api/v1"
router = APIRouter(prefix=API)


@router.get("/healthz", name="healthz")
def healthz() -> Json:
    """Alive."""
    return {"status": "ok", "version": "sandbox", "timestamp": now_text()}


@router.get("/readyz", name="readyz")
def readyz(request: Request, response: Response) -> Json:
    """Ready when the database answers."""
    try:
        with request.app.state.engine.connect() as connection:
            connection.execute(text("SELECT 1"))
        ready = True
    except OperationalError:
        ready = False
    response.status_code = 200 if ready else 503
    return {"ready": ready, "checks": {"database": ready}, "timestamp": now_text()}


@router.get("/resources", name="listResources")
def list_resources(
    connection: Transaction,
    page: Paged,
    type_: Annotated[str | None, Query(alias="type")] = None,
    status: str | None = None,
    group_id: Annotated[str | None, Query(alias="groupId")] = None,
    search: str | None = None,
) -> Json:
    """One page of resources."""
    return page.of(
        connection, inventory.select_resources({"type": type_, "status": status, "groupId": group_id}, search)
    )


@router.get("/resources/{resource_id}", name="getResource")
def get_resource(connection: Transaction, resource_id: str) -> Json:
    """One resource."""
    return inventory.get_resource(connection, resource_id)


@router.get("/resource-groups", name="listResourceGroups")
def list_resource_groups(connection: Transaction) -> Json:
    """All groups."""
    return inventory.list_groups(connection)


@router.get("/audit-logs", name="listAuditLogs")
def list_audit_logs(
    connection: Transaction,
    page: Paged,
    target_resource_id: Annotated[str | None, Query(alias="targetResourceId")] = None,
    action: str | None = None,
    begin: Annotated[Instant | None, Query(alias="from")] = None,
    end: Annotated[Instant | None, Query(alias="to")] = None,
) -> Json:
    """One page of what was done here, newest first: the ledger in the contract's words."""
    return page.of(connection, inventory.select_audit_logs(target_resource_id, action, begin, end))


@router.get("/alert-rules", name="listAlertRules")
def list_alert_rules() -> Json:
    """The sandbox has no rules of its own."""
    return {"items": [], "total": 0}


@router.get("/incidents", name="listIncidents")
def list_incidents(
    connection: Transaction,
    page: Paged,
    status: IncidentStatus | None = None,
    severity: Severity | None = None,
    source: str | None = None,
    source_key: Annotated[str | None, Query(alias="sourceKey")] = None,
) -> Json:
    """One page of incidents."""
    rows = incidents.select_incidents(status=status, severity=severity, source=source, source_key=source_key)
    return page.of(connection, rows)


@router.post("/incidents", name="createIncident", status_code=201)
def create_incident(
    connection: Transaction,
    response: Response,
    key: Key,
    body: Annotated[IncidentCreate, Depends(body_of(IncidentCreate))],
) -> Json:
    """A new incident."""
    response.status_code, answer = incidents.create_incident(connection, body, key)
    return answer


@router.get("/incidents/{incident_id}", name="getIncident")
def get_incident(connection: Transaction, incident_id: str) -> Json:
    """One incident."""
    return incidents.get_incident(connection, incident_id)


@router.put("/incidents/{incident_id}", name="updateIncident")
def update_incident(
    connection: Transaction, incident_id: str, body: Annotated[IncidentUpdate, Depends(body_of(IncidentUpdate))]
) -> Json:
    """Change an incident."""
    return incidents.update_incident(connection, incident_id, body)


@router.post("/incidents/{incident_id}/acknowledge", name="acknowledgeIncident")
def acknowledge_incident(
    connection: Transaction,
    incident_id: str,
    body: Annotated[Acknowledgement, Depends(body_of(Acknowledgement, required=False))],
) -> Json:
    """Somebody has seen it."""
    return incidents.acknowledge_incident(connection, incident_id, body)


@router.post("/incidents/{incident_id}/resolve", name="resolveIncident")
def resolve_incident(
    connection: Transaction, incident_id: str, body: Annotated[Resolution, Depends(body_of(Resolution))]
) -> Json:
    """It is over."""
    return incidents.resolve_incident(connection, incident_id, body)


@router.get("/incidents/{incident_id}/comments", name="listIncidentComments")
def list_comments(connection: Transaction, page: Paged, incident_id: str) -> Json:
    """One page of an incident's comments."""
    return page.of(connection, incidents.select_comments(connection, incident_id))


@router.post("/incidents/{incident_id}/comments", name="addIncidentComment", status_code=201)
def add_comment(
    connection: Transaction,
    incident_id: str,
    key: Key,
    body: Annotated[CommentCreate, Depends(body_of(CommentCreate))],
) -> Json:
    """A new comment."""
    return incidents.add_comment(connection, incident_id, body, key)


@router.get("/automation/scripts", name="listAutomationScripts")
def list_scripts(connection: Transaction) -> Json:
    """All scripts."""
    return executions.list_scripts(connection)


@router.post("/automation/execute", name="executeAutomation", status_code=202)
def execute(
    connection: Transaction,
    response: Response,
    key: Key,
    body: Annotated[ExecutionRequest, Depends(body_of(ExecutionRequest))],
) -> Json:
    """A new execution."""
    response.status_code, answer = executions.execute(connection, body, key)
    return answer


@router.get("/automation/executions", name="listExecutions")
def list_executions(
    connection: Transaction,
    page: Paged,
    status: ExecutionStatus | None = None,
    script_id: Annotated[str | None, Query(alias="scriptId")] = None,
    correlation_id: Annotated[str | None, Query(alias="correlationId")] = None,
) -> Json:
    """One page of executions."""
    executions.advance(connection, datetime.now(UTC))
    rows = executions.select_executions(status=status, script_id=script_id, correlation_id=correlation_id)
    return page.of(connection, rows)


@router.get("/automation/executions/{execution_id}", name="getExecution")
def get_execution(connection: Transaction, execution_id: str) -> Json:
    """One execution."""
    return executions.get_execution(connection, execution_id)
