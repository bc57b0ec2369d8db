"""Scripts, and executions that go pending, running, success or failed as their script's course says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Select, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine import Connection

from controlplane.models import ExecutionRequest
from domain.times import rfc3339
from sandbox.effects import claim_key, keep_key, new_id, note
from sandbox.problems import Problem
from sandbox.tables import execution, incident, script

Json = dict[str, Any]


class Course(BaseModel):
    """How a script's executions go."""

    model_config = ConfigDict(extra="forbid")

    pending_seconds: float = Field(default=0.2, ge=0)
    running_seconds: float = Field(default=0.5, ge=0)
    result: Literal["success", "failed"] = "success"
    output: str = "done"


class ScriptSetting(BaseModel):
    """A script, and how its executions go."""

    model_config = ConfigDict(extra="forbid")

    id: str
    name: str
    type: str = "shell"
    description: str = ""
    parameters: list[str] = []
    enabled: bool = True
    course: Course = Course()


DEFAULT_SCRIPTS = (
    ScriptSetting(
        id="clean-temp",
        name="Clean temporary files",
        description="Deletes temporary files that are older than a week.",
        parameters=["instance", "mountpoint"],
    ),
    ScriptSetting(
        id="rotate-logs",
        name="Rotate and compress logs",
        description="Runs logrotate at once.",
        parameters=["instance"],
    ),
    ScriptSetting(
        id="extend-volume",
        name="Extend a volume",
        type="ansible",
        description="Adds space to a logical volume.",
        parameters=["instance", "mountpoint", "gigabytes"],
        course=Course(running_seconds=2.0, result="failed", output="no free extents"),
    ),
)


def put_script(connection: Connection, setting: ScriptSetting) -> None:
    """Add the script, or change it."""
    values = {"body": setting.model_dump(exclude={"course"}), "course": setting.course.model_dump()}
    statement = upsert(script).values(id=setting.id, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=[script.c.id], set_=values))


def list_scripts(connection: Connection) -> Json:
    """All scripts."""
    items = connection.execute(select(script.c.body).order_by(script.c.seq)).scalars().all()
    return {"items": list(items), "total": len(items)}


def execute(connection: Connection, body: ExecutionRequest, key: str | None) -> tuple[int, Json]:
    """A new execution (202), or the one that this key has made (200)."""
    made = claim_key(connection, "executeAutomation", key)
    if made is not None:
        return 200, get_execution(connection, made)
    chosen = connection.execute(select(script.c.body).where(script.c.id == body.script_id)).scalar_one_or_none()
    if chosen is None:
        raise Problem(404, f"there is no script {body.script_id}")
    _check(connection, chosen, body)
    sent = body.body()
    answer = {name: value for name, value in sent.items() if name != "reason"} | {
        "id": new_id("exe"),
        "scriptName": chosen["name"],
        "status": "pending",
        "dryRun": body.dry_run,
        "executedBy": "sandbox",
    }
    connection.execute(
        insert(execution).values(
            id=answer["id"],
            script_id=body.script_id,
            correlation_id=sent.get("correlationId"),
            status="pending",
            requested_at=datetime.now(UTC),
            body=answer,
        )
    )
    keep_key(connection, "executeAutomation", key, answer["id"])
    note(connection, "execution.start", sent.get("correlationId", ""), answer["id"], sent, key)
    return 202, answer


def _check(connection: Connection, chosen: Json, body: ExecutionRequest) -> None:
    if not chosen["enabled"]:
        raise Problem(409, f"script {body.script_id} is disabled")
    unknown = sorted(set(body.parameters) - set(chosen["parameters"]))
    if unknown:
        raise Problem(404, f"script {body.script_id} has no parameter {', '.join(unknown)}"[:500])
    if body.incident_id is not None:
        known = select(incident.c.seq).where(incident.c.id == body.incident_id)
        if connection.execute(known).one_or_none() is None:
            raise Problem(404, f"there is no incident {body.incident_id}"[:500])


def get_execution(connection: Connection, execution_id: str) -> Json:
    """The execution's body, as it stands now."""
    advance(connection, datetime.now(UTC))
    body = connection.execute(select(execution.c.body).where(execution.c.id == execution_id)).scalar_one_or_none()
    if body is None:
        raise Problem(404, f"there is no execution {execution_id}")
    return dict(body)


def select_executions(
    *, status: str | None = None, script_id: str | None = None, correlation_id: str | None = None
) -> Select[Any]:
    """The bodies of the executions that fit, newest first."""
    rows = select(execution.c.body).order_by(execution.c.seq.desc())
    wanted = {"status": status, "script_id": script_id, "correlation_id": correlation_id}
    return rows.filter_by(**{name: value for name, value in wanted.items() if value is not None})


def advance(connection: Connection, now: datetime) -> None:
    """Let unfinished executions go on to where their course has brought them by now."""
    unfinished = (
        select(execution.c.id, execution.c.status, execution.c.requested_at, execution.c.body, script.c.course)
        .join(script, script.c.id == execution.c.script_id)
        .where(execution.c.status.in_(("pending", "running")))
        .with_for_update(of=execution, skip_locked=True)
    )
    for row in connection.execute(unfinished).all():
        change = progress(Course.model_validate(row.course), row.requested_at, now)
        if change["status"] != row.status:
            values = {"status": change["status"], "body": row.body | change}
            connection.execute(update(execution).where(execution.c.id == row.id).values(values))


def progress(course: Course, requested_at: datetime, now: datetime) -> Json:
    """What an execution's course makes of it: the fields of its body that change."""
    started = requested_at + timedelta(seconds=course.pending_seconds)
    ended = started + timedelta(seconds=course.running_seconds)
    if now < started:
        return {"status": "pending"}
    if now < ended:
        return {"status": "running", "startedAt": rfc3339(started)}
    words = {"output": course.output} if course.result == "success" else {"error": course.output}
    return {"status": course.result, "startedAt": rfc3339(started), "completedAt": rfc3339(ended)} | words
