"""Which processes belong to a data folder. The pid file is no proof: after a crash its number may be another's."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from pathlib import Path

from storage.errors import EmbeddedServerError

PID_FILE = "postmaster.pid"


def server_pid(data: Path) -> int | None:
    """The process that the pid file names, if it is a server of this data folder."""
    pid = _noted_pid(data)
    return pid if pid is not None and _works_in(pid, data) else None


def clear_remains(data: Path, sockets: Path, timeout_seconds: float = 60.0) -> None:
    """After a server was killed: wait for its children to end, then take its pid file and its socket away.

    Raises `EmbeddedServerError` when a child does not end: a second server beside it would ruin the data.
    """
    deadline = time.monotonic() + timeout_seconds
    while remaining := _processes_in(data):
        if time.monotonic() > deadline:
            raise EmbeddedServerError(
                f"processes {', '.join(map(str, remaining))} of a Postgres that was killed still use {data}: "
                "end them, then try again"
            )
        time.sleep(0.05)
    for remains in (data / PID_FILE, *sockets.glob(".s.PGSQL.*")):
        remains.unlink(missing_ok=True)


def _noted_pid(data: Path) -> int | None:
    try:
        return int((data / PID_FILE).read_text(encoding="utf-8").split("\n", 1)[0])
    except (OSError, ValueError):
        return None


def _processes_in(data: Path) -> list[int]:
    if sys.platform != "linux":
        pid = _noted_pid(data)
        return [pid] if pid is not None and _works_in(pid, data) else []
    return [
        int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit() and _works_in(int(path.name), data)
    ]


def _works_in(pid: int, data: Path) -> bool:
    """Whether the process is a Postgres at work in that folder. A zombie works nowhere."""
    if sys.platform != "linux":
        shown = subprocess.run(
            ["/bin/ps", "-o", "stat=,args=", "-p", str(pid)], capture_output=True, text=True, check=False
        )
        return "postgres" in shown.stdout and str(data) in shown.stdout and not shown.stdout.startswith("Z")
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cwd").readlink() == data.resolve() and _name(pid) == "postgres"
    return False


def _name(pid: int) -> str:
    return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8", errors="replace").strip()
