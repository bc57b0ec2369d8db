"""The memory of a process and all its children, as the system accounts it (proportional set size)."""

from __future__ import annotations

import subprocess
import threading
from pathlib import Path

EVERY_SECONDS = 0.05


def peak_of(process: subprocess.Popen[str]) -> tuple[float, str]:
    """Wait for a process; the peak of all its processes' memory together in MiB, and what it printed."""
    peak = 0.0
    done = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(EVERY_SECONDS):
            peak = max(peak, sum(_memory(pid) for pid in _family(process.pid)))

    watcher = threading.Thread(target=watch)
    watcher.start()
    printed, _ = process.communicate()
    done.set()
    watcher.join()
    if process.returncode:
        raise SystemExit(f"the command ended with {process.returncode}")
    return peak, printed


def _family(root: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(folder.name))
    family = [root]
    for pid in family:
        family += children.get(pid, [])
    return family


def _memory(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
