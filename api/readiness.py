"""What the service needs, looked at for everybody who asks at once: nobody can make it look more often."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait

PATIENCE_SECONDS = 5.0
KEPT_SECONDS = 5.0


class Readiness:
    """Runs the checks, each of them once at a time, and keeps what they said for some seconds."""

    def __init__(self, checks: Mapping[str, Callable[[], bool]], clock: Callable[[], float] = time.monotonic) -> None:
        self._checks = dict(checks)
        self._clock = clock
        self._pool = ThreadPoolExecutor(max(1, len(checks)), thread_name_prefix="readyz")
        self._running: dict[str, Future[bool]] = {}
        self._turn = asyncio.Lock()
        self._said: dict[str, bool] | None = None
        self._said_at = 0.0

    async def look(self) -> dict[str, bool]:
        """What each check says, or said some seconds ago. Who waits for another's look takes no thread.

        A check that raises is a fault of ours, and raises here.
        """
        async with self._turn:
            if self._said is None or self._clock() - self._said_at >= KEPT_SECONDS:
                self._said = await self._ask()
                self._said_at = self._clock()
            return dict(self._said)

    async def _ask(self) -> dict[str, bool]:
        """Ask each check that is not still at it since the last time. One that takes too long says no."""
        for name, check in self._checks.items():
            if name not in self._running or self._running[name].done():
                self._running[name] = self._pool.submit(check)
        await asyncio.to_thread(wait, tuple(self._running.values()), PATIENCE_SECONDS)
        return {name: asked.done() and asked.result() for name, asked in self._running.items()}
