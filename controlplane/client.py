"""The Control Plane's client: one method per operation, exactly one attempt each. Only the dispatcher tries again."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote

import httpx

from controlplane.answers import error_of, parse
from controlplane.config import ControlPlaneConfig
from controlplane.errors import CredentialFault, Malformed, Misdirected, Rejected
from controlplane.models import (
    Acknowledgement,
    Answer,
    Comment,
    CommentCreate,
    CommentList,
    Execution,
    ExecutionList,
    ExecutionRequest,
    ExecutionStatus,
    Incident,
    IncidentCreate,
    IncidentList,
    IncidentStatus,
    IncidentUpdate,
    Readiness,
    Resolution,
    ResourceGroupList,
    ResourceList,
    ScriptList,
    Sent,
)
from controlplane.token import TokenSource
from controlplane.wire import Reply, boot_clock, exchange

MAX_PAGE = 200
MAX_ID_CHARACTERS = 256
MAX_KEY_CHARACTERS = 128

Model = TypeVar("Model", bound=Answer)


@dataclass(frozen=True, slots=True)
class Call:
    """One request, before it is sent: `path` is quoted already, `expected` are the statuses that bring `model`."""

    operation: str
    method: str
    path: str
    expected: tuple[int, ...] = (200,)
    query: Mapping[str, str | int] | None = None
    body: Sent | None = None
    key: str = ""
    with_token: bool = True
    last_look: Callable[[], None] | None = None  # asked directly before it is sent; raises where it must not be


class ControlPlaneClient:
    """The way to the Control Plane. Safe for many threads. Close it, or use it in a `with` block.

    Every method raises errors of `controlplane.errors`. Those that change something take `not_after` (on `clock`):
    the request leaves before that moment or not at all.

    Making one raises `OSError` where `ca_file` can't be read or is no certificate.
    """

    def __init__(
        self,
        config: ControlPlaneConfig,
        *,
        transport: httpx.BaseTransport | None = None,
        clock: Callable[[], float] = boot_clock,
    ) -> None:
        total = config.total_timeout.total_seconds()
        connect = min(config.connect_timeout.total_seconds(), total)
        self._http = httpx.Client(
            verify=_trust(config),
            timeout=httpx.Timeout(total, connect=connect),
            transport=transport,
            # A connection serves one request: bytes that come after an answer must not become the next one's answer.
            limits=httpx.Limits(max_keepalive_connections=0),
            follow_redirects=False,
            headers={"accept": "application/json", "accept-encoding": "identity", "user-agent": "forewarn"},
        )
        self._url = config.url
        self._total_seconds = total
        self._clock = clock
        self._tokens = TokenSource(config.token, self._http, total_seconds=total, clock=clock) if config.token else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    @property
    def request_seconds(self) -> float:
        """How long one call may take at most: a token, and the request twice where the first token is refused."""
        return 4 * self._total_seconds

    def readyz(self) -> Readiness:
        """Whether the Control Plane is ready; "not ready" is an answer too."""
        return self._ask(Call("readyz", "GET", "/readyz", expected=(200, 503), with_token=False), Readiness)

    def check_token(self) -> None:
        """Get a token and ask something small with it. For `forewarn doctor`."""
        self.list_scripts()

    def list_resources(self, *, search: str = "", page: int = 1, page_size: int = MAX_PAGE) -> ResourceList:
        """One page of resources; `search` is a part of the name or the IP address."""
        query = _page(page, page_size) | ({"search": search} if search else {})
        return self._ask(Call("listResources", "GET", "/resources", query=query), ResourceList)

    def list_resource_groups(self) -> ResourceGroupList:
        """All groups of resources."""
        return self._ask(Call("listResourceGroups", "GET", "/resource-groups"), ResourceGroupList)

    def list_incidents(
        self,
        *,
        source_key: str = "",
        source: str = "",
        status: IncidentStatus | None = None,
        page: int = 1,
        page_size: int = MAX_PAGE,
    ) -> IncidentList:
        """One page of incidents, with that `source_key` (exactly), source and status where they are given."""
        wanted = {"sourceKey": source_key, "source": source, "status": status.value if status else ""}
        query = _page(page, page_size) | {name: value for name, value in wanted.items() if value}
        return self._ask(Call("listIncidents", "GET", "/incidents", query=query), IncidentList)

    def get_incident(self, incident_id: str) -> Incident:
        """The incident. Raises `NotFound` where there is none."""
        incident = self._ask(Call("getIncident", "GET", f"/incidents/{_segment(incident_id)}"), Incident)
        return _about("getIncident", incident, incident.id == incident_id)

    def create_incident(self, body: IncidentCreate, *, key: str, not_after: float | None = None) -> Incident:
        """Create an incident, under an idempotency key that a deployment may ignore."""
        call = Call("createIncident", "POST", "/incidents", expected=(201, 200), body=body, key=_key(key))
        incident = self._ask(call, Incident, not_after)
        return _about(call.operation, incident, (incident.source_key or "") == body.source_key)

    def update_incident(self, incident_id: str, body: IncidentUpdate, *, not_after: float | None = None) -> Incident:
        """Change what `body` sets."""
        call = Call("updateIncident", "PUT", f"/incidents/{_segment(incident_id)}", body=body)
        incident = self._ask(call, Incident, not_after)
        return _about(call.operation, incident, incident.id == incident_id)

    def acknowledge_incident(
        self, incident_id: str, body: Acknowledgement, *, not_after: float | None = None
    ) -> Incident:
        """Say that somebody has seen the incident."""
        call = Call("acknowledgeIncident", "POST", f"/incidents/{_segment(incident_id)}/acknowledge", body=body)
        incident = self._ask(call, Incident, not_after)
        return _about(call.operation, incident, incident.id == incident_id)

    def resolve_incident(self, incident_id: str, body: Resolution, *, not_after: float | None = None) -> Incident:
        """Say that the incident is over."""
        call = Call("resolveIncident", "POST", f"/incidents/{_segment(incident_id)}/resolve", body=body)
        incident = self._ask(call, Incident, not_after)
        return _about(call.operation, incident, incident.id == incident_id)

    def list_comments(self, incident_id: str, *, page: int = 1, page_size: int = MAX_PAGE) -> CommentList:
        """One page of an incident's comments."""
        path = f"/incidents/{_segment(incident_id)}/comments"
        return self._ask(Call("listIncidentComments", "GET", path, query=_page(page, page_size)), CommentList)

    def add_comment(
        self, incident_id: str, body: CommentCreate, *, key: str, not_after: float | None = None
    ) -> Comment:
        """Add a comment, under an idempotency key that a deployment may ignore."""
        path = f"/incidents/{_segment(incident_id)}/comments"
        call = Call("addIncidentComment", "POST", path, expected=(201, 200), body=body, key=_key(key))
        comment = self._ask(call, Comment, not_after)
        return _about(call.operation, comment, (comment.source_key or "") == body.source_key)

    def list_scripts(self) -> ScriptList:
        """All automation scripts."""
        return self._ask(Call("listAutomationScripts", "GET", "/automation/scripts"), ScriptList)

    def execute(
        self,
        body: ExecutionRequest,
        *,
        key: str,
        not_after: float | None = None,
        last_look: Callable[[], None] | None = None,
    ) -> Execution:
        """Ask for an execution, under an idempotency key that a deployment may ignore.

        `last_look` raises where it must not be sent: it is called when nothing but the sending is left, and the
        request leaves within the total time of one request from then, or not at all.
        """
        call = Call(
            "executeAutomation",
            "POST",
            "/automation/execute",
            expected=(202, 200),
            body=body,
            key=_key(key),
            last_look=last_look,
        )
        execution = self._ask(call, Execution, not_after)
        return _about(call.operation, execution, (execution.correlation_id or "") == body.correlation_id)

    def list_executions(
        self,
        *,
        correlation_id: str = "",
        status: ExecutionStatus | None = None,
        page: int = 1,
        page_size: int = MAX_PAGE,
    ) -> ExecutionList:
        """One page of executions, with that `correlation_id` (exactly) and status where they are given."""
        wanted = {"correlationId": correlation_id, "status": status.value if status else ""}
        query = _page(page, page_size) | {name: value for name, value in wanted.items() if value}
        return self._ask(Call("listExecutions", "GET", "/automation/executions", query=query), ExecutionList)

    def get_execution(self, execution_id: str) -> Execution:
        """The execution. Raises `NotFound` where there is none."""
        path = f"/automation/executions/{_segment(execution_id)}"
        execution = self._ask(Call("getExecution", "GET", path), Execution)
        return _about("getExecution", execution, execution.id == execution_id)

    def _ask(self, call: Call, model: type[Model], not_after: float | None = None) -> Model:
        reply = self._send(call, not_after)
        return parse(reply, model, call.operation, call.expected)

    def _send(self, call: Call, not_after: float | None) -> Reply:
        """Send the call; where the token is refused, once more with a fresh one (a 401 was surely not carried out)."""
        if self._tokens is None or not call.with_token:
            return self._exchange(call, "", not_after)
        token = self._tokens.get()
        reply = self._exchange(call, token, not_after)
        if reply.status != 401:
            return reply
        self._tokens.drop(token)
        reply = self._exchange(call, self._tokens.get(), not_after)
        if reply.status == 401:
            told = error_of(reply, call.operation)
            raise CredentialFault(
                f"{told}; a fresh token was refused too: check issuer, audience and clocks",
                operation=call.operation,
                status=401,
                code=told.code,
                request_id=told.request_id,
                excerpt=told.excerpt,
            )
        return reply

    def _exchange(self, call: Call, token: str, not_after: float | None) -> Reply:
        if call.last_look is not None:
            call.last_look()
            soon = self._clock() + self._total_seconds
            not_after = soon if not_after is None else min(not_after, soon)
        return exchange(
            self._http,
            self._build(call, token),
            operation=call.operation,
            total_seconds=self._total_seconds,
            not_after=not_after,
            clock=self._clock,
        )

    def _build(self, call: Call, token: str) -> httpx.Request:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        if call.key:
            headers["idempotency-key"] = call.key
        body: dict[str, Any] | None = call.body.body() if call.body is not None else None
        try:
            return self._http.build_request(
                call.method, self._url + call.path, params=call.query, json=body, headers=headers
            )
        except httpx.InvalidURL as error:
            raise Misdirected(
                f"{call.operation}: {error}; check the configured URL", operation=call.operation
            ) from None


def _trust(config: ControlPlaneConfig) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(config.ca_file) if config.ca_file else None)


def _page(page: int, page_size: int) -> dict[str, str | int]:
    return {"page": page, "pageSize": page_size}


def _segment(identifier: str) -> str:
    """An id as one segment of a path. Ids come from the other side: they may hold anything."""
    if not 0 < len(identifier) <= MAX_ID_CHARACTERS or identifier in {".", ".."}:
        raise Rejected(f"{identifier[:64]!r} can't be an id")
    return quote(identifier, safe="")


def _key(key: str) -> str:
    if not 0 < len(key) <= MAX_KEY_CHARACTERS or not key.isascii() or not key.isprintable():
        raise Rejected(f"{key[:64]!r} can't be an idempotency key: 1 to {MAX_KEY_CHARACTERS} printable characters")
    return key


def _about(operation: str, answer: Model, agrees: bool) -> Model:
    """Refuse an answer that belongs to another request: what was asked for may have been done, or not."""
    if not agrees:
        raise Malformed(f"{operation}: the answer is about something else than was asked", operation=operation)
    return answer
