"""What only a sandbox has, below /sandbox: fault switches, the ledger of effects, scripts and resources to set."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from controlplane.models import Resource, ResourceGroup
from domain.times import rfc3339
from sandbox import inventory
from sandbox.api import Transaction
from sandbox.executions import DEFAULT_SCRIPTS, ScriptSetting, put_script
from sandbox.faults import FaultSwitches
from sandbox.tables import empty_tables, ledger

router = APIRouter(prefix="/sandbox")


class Switches(FaultSwitches):
    """The fault switches, and how often each rule was drawn."""

    model_config = ConfigDict(extra="forbid")

    fired: list[int] = Field(default_factory=list)


class Inventory(BaseModel):
    """Resources and groups to add or change."""

    model_config = ConfigDict(extra="forbid")

    resources: list[Resource] = []
    groups: list[ResourceGroup] = []


@router.get("/faults")
def get_faults(request: Request) -> Switches:
    """The switches as they stand."""
    plan = request.app.state.plan
    return Switches(**plan.switches.model_dump(), fired=plan.fired)


@router.put("/faults")
def put_faults(request: Request, switches: FaultSwitches) -> Switches:
    """Set all switches; the rules there were are forgotten."""
    request.app.state.plan.set(switches)
    return get_faults(request)


@router.get("/ledger")
def get_ledger(connection: Transaction, after: Annotated[int, Query(ge=0)] = 0) -> list[dict[str, Any]]:
    """Every effect in order, from the one after `after`."""
    rows = connection.execute(select(ledger).where(ledger.c.seq > after).order_by(ledger.c.seq)).mappings()
    return [
        {
            "seq": row["seq"],
            "at": rfc3339(row["at"]),
            "effect": row["effect"],
            "subject": row["subject"],
            "objectId": row["object_id"],
            "idempotencyKey": row["idempotency_key"],
            "body": row["body"],
        }
        for row in rows
    ]


@router.get("/calls")
def get_calls(request: Request) -> dict[str, int]:
    """How often each operation was called since the start."""
    return dict(request.app.state.calls)


@router.put("/scripts")
def put_scripts(connection: Transaction, scripts: Annotated[list[ScriptSetting], Body()]) -> dict[str, int]:
    """Add scripts, or change them and the course of their executions."""
    for setting in scripts:
        put_script(connection, setting)
    return {"scripts": len(scripts)}


@router.put("/inventory")
def put_inventory(connection: Transaction, things: Inventory) -> dict[str, int]:
    """Add resources and groups, or change them."""
    for group in things.groups:
        inventory.put_group(connection, group.model_dump(mode="json", by_alias=True))
    for resource in things.resources:
        inventory.put_resource(connection, resource.model_dump(mode="json", by_alias=True))
    return {"groups": len(things.groups), "resources": len(things.resources)}


@router.post("/reset")
def reset(request: Request) -> dict[str, bool]:
    """Forget everything: objects, ledger, calls and switches."""
    state = request.app.state
    empty_tables(state.engine)
    with state.engine.begin() as connection:
        for setting in DEFAULT_SCRIPTS:
            put_script(connection, setting)
    state.calls.clear()
    state.plan.set(FaultSwitches())
    return {"reset": True}
