"""How one message is told: looked up first where an earlier answer was never seen, then sent once."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

from pydantic import ValidationError

from controlplane.client import MAX_PAGE, ControlPlaneClient
from controlplane.errors import AnswerUnknown, Conflict, Malformed, NotFound, Rejected, Unavailable
from controlplane.models import (
    Comment,
    CommentCreate,
    Execution,
    ExecutionRequest,
    Incident,
    IncidentCreate,
    IncidentStatus,
    IncidentUpdate,
    Resolution,
    Sent,
)
from controlplane.outbox import Receipt
from domain.outbox import FOREIGN, Message, MessageKind

MAX_LOOKUP_PAGES = 50

Body = TypeVar("Body", bound=Sent)


class Delivery:
    """Tells messages to the Control Plane through its client. Raises the client's errors, and those of `last_look`.

    `last_look` is called directly before a start is sent, and raises where it must not be.
    """

    def __init__(self, client: ControlPlaneClient, last_look: Callable[[Message], None]) -> None:
        self._client = client
        self._last_look = last_look
        self._by_kind: dict[MessageKind, Callable[[Message, float | None], Receipt]] = {
            MessageKind.INCIDENT_CREATE: self._create,
            MessageKind.INCIDENT_UPDATE: self._update,
            MessageKind.INCIDENT_COMMENT: self._comment,
            MessageKind.INCIDENT_RESOLVE: self._resolve,
            MessageKind.EXECUTION_START: self._execute,
        }

    def deliver(self, message: Message, not_after: float | None = None) -> Receipt:
        """Tell the message, unless it was told already. What changes something leaves before `not_after`."""
        return self._by_kind[message.kind](message, not_after)

    def find(self, message: Message) -> Receipt | None:
        """Whether an earlier try told the message. Nothing is sent."""
        match message.kind:
            case MessageKind.INCIDENT_CREATE:
                return self._created(_incident(message))
            case MessageKind.INCIDENT_UPDATE:
                return self._updated(self._incident_id(message), _body(IncidentUpdate, message.payload))
            case MessageKind.INCIDENT_COMMENT:
                return self._commented(self._incident_id(message), _body(CommentCreate, message.payload))
            case MessageKind.INCIDENT_RESOLVE:
                return self._resolved(self._incident_id(message))
            case MessageKind.EXECUTION_START:
                return self._executed(_execution(message))

    def _create(self, message: Message, not_after: float | None) -> Receipt:
        body = _incident(message)
        if message.unknown and (known := self._created(body)):
            return known
        try:
            return _made(self._client.create_incident(body, key=message.key, not_after=not_after))
        except Conflict:
            if known := self._created(body):
                return known
            raise

    def _update(self, message: Message, not_after: float | None) -> Receipt:
        body = _body(IncidentUpdate, message.payload)
        incident_id = self._incident_id(message)
        if message.unknown and (known := self._updated(incident_id, body)):
            return known
        try:
            return _made(self._client.update_incident(incident_id, body, not_after=not_after))
        except Conflict:
            return self._resolved_already(incident_id)

    def _resolve(self, message: Message, not_after: float | None) -> Receipt:
        body = _body(Resolution, message.payload)
        incident_id = self._incident_id(message)
        if known := self._resolved(incident_id):  # a person's words about its end are not overwritten
            return known
        try:
            return _made(self._client.resolve_incident(incident_id, body, not_after=not_after))
        except Conflict:
            return self._resolved_already(incident_id)

    def _comment(self, message: Message, not_after: float | None) -> Receipt:
        body = _body(CommentCreate, message.payload)
        incident_id = self._incident_id(message)
        if message.unknown and (known := self._commented(incident_id, body)):
            return known
        try:
            comment = self._client.add_comment(incident_id, body, key=message.key, not_after=not_after)
        except Conflict:
            if known := self._commented(incident_id, body):
                return known
            raise
        return Receipt(comment.id, incident_id)

    def _execute(self, message: Message, not_after: float | None) -> Receipt:
        body = _execution(message)
        if message.unknown and (known := self._executed(body)):
            return known
        try:
            made = self._client.execute(
                body, key=message.key, not_after=not_after, last_look=partial(self._last_look, message)
            )
        except Conflict:
            if known := self._executed(body):
                return known
            raise
        return _started(made, found=False)

    def _created(self, body: IncidentCreate) -> Receipt | None:
        known = self._find_incident(body.source_key)
        return None if known is None else _there(known)

    def _updated(self, incident_id: str, body: IncidentUpdate) -> Receipt | None:
        now = self._get_incident(incident_id)
        return _there(now) if _says(now, body) else None

    def _resolved(self, incident_id: str) -> Receipt | None:
        now = self._get_incident(incident_id)
        return _there(now, "it is resolved already") if now.status is IncidentStatus.RESOLVED else None

    def _commented(self, incident_id: str, body: CommentCreate) -> Receipt | None:
        known = self._find_comment(incident_id, body)
        return None if known is None else Receipt(known.id, incident_id, found=True, note="it was told already")

    def _executed(self, body: ExecutionRequest) -> Receipt | None:
        known = self._find_execution(body.correlation_id)
        return None if known is None else _started(known, found=True)

    def _incident_id(self, message: Message) -> str:
        if message.subject.startswith(FOREIGN):
            return message.subject.removeprefix(FOREIGN)
        if message.remote_id:
            return message.remote_id
        known = self._find_incident(message.subject)
        if known is None:
            raise NotFound(f"there is no incident with sourceKey {message.subject!r}", operation="listIncidents")
        return known.id

    def _resolved_already(self, incident_id: str) -> Receipt:
        """A conflict is no error where a person has resolved the incident."""
        now = self._get_incident(incident_id)
        if now.status is not IncidentStatus.RESOLVED:
            raise Conflict(f"incident {incident_id} is {now.status}, and does not allow this", status=409)
        return _there(now, "it is resolved already")

    def _get_incident(self, incident_id: str) -> Incident:
        with _only_looking():
            return self._client.get_incident(incident_id)

    def _find_incident(self, source_key: str) -> Incident | None:
        """The oldest incident with that key, should a deployment have made two."""
        with _only_looking():
            items = self._client.list_incidents(source_key=source_key).items
            if any(item.source_key != source_key for item in items):
                raise Malformed("listIncidents: it does not filter by sourceKey", operation="listIncidents")
        return min(items, key=lambda item: (item.created_at, item.id), default=None)

    def _find_execution(self, correlation_id: str) -> Execution | None:
        with _only_looking():
            items = self._client.list_executions(correlation_id=correlation_id).items
            if any(item.correlation_id != correlation_id for item in items):
                raise Malformed("listExecutions: it does not filter by correlationId", operation="listExecutions")
        return min(items, key=lambda item: item.id, default=None)

    def _find_comment(self, incident_id: str, wanted: CommentCreate) -> Comment | None:
        if not wanted.source_key:
            raise Rejected("a comment without sourceKey could not be found again")
        with _only_looking():
            found = (one for one in self._comments(incident_id) if one.source_key == wanted.source_key)
            return next(found, None)

    def _comments(self, incident_id: str) -> Iterator[Comment]:
        for page in range(1, MAX_LOOKUP_PAGES + 1):
            answer = self._client.list_comments(incident_id, page=page, page_size=MAX_PAGE)
            yield from answer.items
            if page >= answer.pagination.total_pages or not answer.items:
                return
        raise Malformed("listIncidentComments: too many to look through", operation="listIncidentComments")


@contextmanager
def _only_looking() -> Generator[None, None, None]:
    """A lookup without an answer has changed nothing: the message is as unsent, or as unknown, as it was."""
    try:
        yield
    except AnswerUnknown as error:
        raise Unavailable(
            str(error),
            operation=error.operation,
            status=error.status,
            code=error.code,
            request_id=error.request_id,
            excerpt=error.excerpt,
            retry_after=error.retry_after,
        ) from error


def _body(model: type[Body], payload: dict[str, Any]) -> Body:
    try:
        return model.model_validate(payload)
    except ValidationError as error:
        places = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()[:3])
        raise Rejected(f"the payload is not what the contract asks for: {places}") from None


def _incident(message: Message) -> IncidentCreate:
    body = _body(IncidentCreate, message.payload)
    if body.source_key != message.subject:
        raise Rejected(f"the payload's sourceKey is {body.source_key!r}, its subject is {message.subject!r}")
    return body


def _execution(message: Message) -> ExecutionRequest:
    body = _body(ExecutionRequest, message.payload)
    if not body.correlation_id:
        raise Rejected("an execution without correlationId could not be found again")
    return body


def _says(incident: Incident, update: IncidentUpdate) -> bool:
    """Whether the incident is as the update wants it."""
    stands = incident.model_dump(mode="json", by_alias=True)
    return all(stands[name] == value for name, value in update.body().items())


def _made(incident: Incident) -> Receipt:
    return Receipt(incident.id, incident.id, status=incident.status.value)


def _there(incident: Incident, note: str = "it was told already") -> Receipt:
    return Receipt(incident.id, incident.id, found=True, status=incident.status.value, note=note)


def _started(execution: Execution, *, found: bool) -> Receipt:
    note = "it was told already" if found else ""
    return Receipt(execution.id, found=found, status=execution.status.value, note=note)
