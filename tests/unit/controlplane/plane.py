"""A Control Plane in memory that fails as it is told, and a desk at which a dispatcher tells it things."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
from prometheus_client import CollectorRegistry

from controlplane.client import ControlPlaneClient
from controlplane.config import ControlPlaneConfig
from controlplane.dispatcher import Dispatcher, Result
from controlplane.metrics import DispatcherMetrics
from domain.outbox import Message, MessageKind
from tests.unit.controlplane.memory_store import MemoryOutbox

SUBJECT = "forewarn:abc:1"
CREATE = {"title": "/data will be full", "severity": "warning", "sourceKey": SUBJECT}
PAYLOADS: dict[MessageKind, dict[str, Any]] = {
    MessageKind.INCIDENT_CREATE: CREATE,
    MessageKind.INCIDENT_UPDATE: {"severity": "critical"},
    MessageKind.INCIDENT_COMMENT: {"content": "two days left", "sourceKey": "comment-1"},
    MessageKind.INCIDENT_RESOLVE: {"resolution": "gone", "outcome": "cleared"},
    MessageKind.EXECUTION_START: {"scriptId": "clean-temp", "correlationId": "exec-1"},
}
CONFIG = ControlPlaneConfig.model_validate(
    {
        "url": "http://127.0.0.1:1/api/v1",
        "total_timeout": 10,
        "dispatcher": {"backoff_base": 4, "settle_time": 30, "pause": 60, "conflict_tries": 2},
    }
)
NOW = "2026-11-22T03:00:00Z"
FILTERS = ("source", "sourceKey", "status")
Fault = Callable[[httpx.Request], httpx.Response | None]


def message(kind: MessageKind, number: int = 1, **changes: Any) -> Message:
    values: dict[str, Any] = {
        "id": number,
        "kind": kind,
        "subject": "exec-1" if kind is MessageKind.EXECUTION_START else SUBJECT,
        "key": f"fw-{number}",
        "payload": PAYLOADS[kind],
        "attempts": 0,
        "unknown": False,
        "remote_id": None,
        "created_at": datetime(2026, 11, 22, 3, tzinfo=UTC),
    }
    return Message(**(values | changes))


class Plane:
    """A Control Plane that ignores idempotency keys, and fails before or after the work as it is told."""

    def __init__(self) -> None:
        self.incidents: list[dict[str, Any]] = []
        self.comments: list[dict[str, Any]] = []
        self.executions: list[dict[str, Any]] = []
        self.effects: list[str] = []
        self.asked: list[httpx.Request] = []
        self.before: list[Fault] = []
        self.after: list[Fault] = []
        self.handler: Callable[[httpx.Request], httpx.Response] = self.work

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        for faults in (self.before, self.after):
            answer = faults.pop(0)(request) if faults and request.method != "GET" else None
            if answer is not None:
                return answer
            if faults is self.before:
                done = self.handler(request)
        return done

    def work(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/api/v1").strip("/").split("/")
        body = json.loads(request.content or b"{}")
        if path[0] == "automation":
            return self.automate(request, body)
        if len(path) == 1:
            return self.collection(request, body)
        found = [incident for incident in self.incidents if incident["id"] == path[1]]
        if not found:
            return httpx.Response(404, json={"error": "RESOURCE_NOT_FOUND", "message": "no such incident"})
        return self.change(request, found[0], path[2] if len(path) > 2 else "", body)

    def collection(self, request: httpx.Request, body: dict[str, Any]) -> httpx.Response:
        if request.method == "GET":
            asked = {name: request.url.params[name] for name in FILTERS if name in request.url.params}
            return page([one for one in self.incidents if all(one.get(name) == asked[name] for name in asked)])
        made = body | {"id": f"inc-{len(self.incidents) + 1}", "status": "new", "createdAt": NOW, "updatedAt": NOW}
        self.incidents.append(made)
        self.effects.append("create")
        return httpx.Response(201, json=made)

    def change(
        self, request: httpx.Request, incident: dict[str, Any], action: str, body: dict[str, Any]
    ) -> httpx.Response:
        if request.method == "GET":
            return page(self.comments) if action else httpx.Response(200, json=incident)
        if action == "comments":
            self.comments.append(body | {"id": f"com-{len(self.comments) + 1}", "createdAt": NOW})
            self.effects.append("comment")
            return httpx.Response(201, json=self.comments[-1])
        if incident["status"] == "resolved":
            return httpx.Response(409, json={"error": "RESOURCE_CONFLICT", "message": "resolved"})
        incident.update({"status": "resolved"} if action == "resolve" else body)
        self.effects.append(action or "update")
        return httpx.Response(200, json=incident)

    def automate(self, request: httpx.Request, body: dict[str, Any]) -> httpx.Response:
        if request.method == "GET":
            return page(self.executions)
        self.executions.append(body | {"id": "exe-1", "scriptName": "Clean", "status": "pending"})
        self.effects.append("execute")
        return httpx.Response(202, json=self.executions[-1])


def page(items: list[dict[str, Any]]) -> httpx.Response:
    pagination = {"page": 1, "pageSize": 200, "total": len(items), "totalPages": 1}
    return httpx.Response(200, json={"items": items, "pagination": pagination})


def lose_answer(_request: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("no answer")


def refuse_connection(_request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused")


def answer(status: int, **headers: str) -> Fault:
    return lambda _request: httpx.Response(status, json={"error": "E", "message": "m"}, headers=headers)


class Desk:
    """A dispatcher with its store, its Control Plane and a clock that both share."""

    def __init__(self, *messages: Message) -> None:
        self.store = MemoryOutbox(*messages)
        self.plane = Plane()
        self.registry = CollectorRegistry()
        client = ControlPlaneClient(CONFIG, transport=httpx.MockTransport(self.plane), clock=lambda: self.store.now)
        metrics = DispatcherMetrics(self.registry)
        self.dispatcher = Dispatcher(
            CONFIG, self.store, client, metrics=metrics, jitter=lambda: 0.0, clock=lambda: self.store.now
        )

    def turn(self, later: float = 0.0) -> Result | None:
        self.store.now += later
        return self.dispatcher.run_once()

    def state(self, number: int = 1) -> str:
        return self.store.entries[number].state
