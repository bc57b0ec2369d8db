"""Dispatchers that run as processes of their own, so that they can be killed."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from controlplane.config import ControlPlaneConfig
from domain.execution import Execution
from domain.outbox import MessageKind, NewMessage, message_key
from storage import outbox
from storage.engine import transaction
from storage.executions import add_execution

ROOT = Path(__file__).parents[3]
SUBJECT = "forewarn:0123abcd:1"


def life_of(subject: str = SUBJECT, updates: int = 1) -> list[NewMessage]:
    """All that is told of one incident, in order."""
    bodies: list[tuple[MessageKind, dict[str, Any]]] = [
        (
            MessageKind.INCIDENT_CREATE,
            {"title": "/data will be full", "severity": "warning", "source": "forewarn", "sourceKey": subject},
        ),
        *(
            (MessageKind.INCIDENT_UPDATE, {"severity": "critical", "description": f"update {number}"})
            for number in range(updates)
        ),
        (MessageKind.INCIDENT_COMMENT, {"content": "two days left", "sourceKey": f"{subject}:c"}),
        (MessageKind.INCIDENT_RESOLVE, {"resolution": "gone", "outcome": "cleared"}),
    ]
    return [
        NewMessage(kind, subject, message_key(kind, subject, str(number)), body)
        for number, (kind, body) in enumerate(bodies)
    ]


LIFE = ["incident.create", "incident.update", "incident.comment", "incident.resolve"]


def execution_of(correlation_id: str) -> NewMessage:
    kind = MessageKind.EXECUTION_START
    body = {"scriptId": "clean-temp", "correlationId": correlation_id, "parameters": {"instance": "db-1"}}
    return NewMessage(kind, correlation_id, message_key(kind, correlation_id, "start"), body)


def tell(engine: Engine, *messages: NewMessage) -> None:
    with transaction(engine) as session:
        for one in messages:
            if one.kind is MessageKind.EXECUTION_START:  # no start leaves whose execution nobody knows
                now = datetime.now(UTC)
                add_execution(session, Execution(one.subject, "clean-temp", "clean", "f" * 32, SUBJECT, now))
        outbox.add_messages(session, messages)


@contextmanager
def dispatching(config: ControlPlaneConfig, database_url: str, folder: Path, point: str = "") -> Iterator[Any]:
    """A dispatcher process while the block runs. `point` names where it kills or freezes itself."""
    settings = folder / "controlplane.json"
    data = config.model_dump(mode="json")
    if config.token is not None and config.token.client_secret is not None:
        data["token"]["client_secret"] = config.token.client_secret.get_secret_value()
    settings.write_text(json.dumps(data))
    module = "tests.integration.controlplane.dispatcher_process"
    command = [sys.executable, "-m", module, str(settings), database_url, point]
    with (folder / "dispatcher.log").open("a") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.kill()
        process.wait(timeout=10)


def wait_until(holds: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait, for so long at most, until something holds."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            pytest.fail(f"it did not come about within {seconds:.0f} s")
        time.sleep(0.05)
