"""A dispatcher that kills (-9) or freezes itself at a named point.

usage, from the project's folder: python -m tests.integration.controlplane.dispatcher_process CONFIG URL [POINT]

Points: `after_claim`, `before_record`, `freeze_after_claim`.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Engine, make_url

from controlplane.client import ControlPlaneClient
from controlplane.config import ControlPlaneConfig
from controlplane.dispatcher import Dispatcher
from controlplane.outbox import Receipt
from domain.outbox import Message
from jobs.outbox_store import SqlOutboxStore
from storage.config import DatabaseConfig
from storage.engine import make_engine


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class DeadlyStore(SqlOutboxStore):
    """The real store, in whose way the process dies."""

    def __init__(self, engine: Engine, point: str) -> None:
        super().__init__(engine)
        self._point = point

    def claim(self, worker: str, limit: int, lease: timedelta) -> Sequence[Message]:
        messages = super().claim(worker, limit, lease)
        if messages and self._point == "after_claim":
            die()
        if messages and self._point == "freeze_after_claim":
            os.kill(os.getpid(), signal.SIGSTOP)
        return messages

    def delivered(self, message: Message, worker: str, receipt: Receipt) -> None:
        if self._point == "before_record":
            die()
        super().delivered(message, worker, receipt)


def main() -> None:
    config = ControlPlaneConfig.model_validate_json(Path(sys.argv[1]).read_text(encoding="utf-8"))
    engine = make_engine(make_url(sys.argv[2]), DatabaseConfig())
    store = DeadlyStore(engine, sys.argv[3] if len(sys.argv) > 3 else "")
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    with ControlPlaneClient(config) as client:
        Dispatcher(config, store, client).run_forever(stop)


if __name__ == "__main__":
    main()
