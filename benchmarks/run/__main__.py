"""`python -m benchmarks.run [ROUNDS]`: a whole run over 1,000 series x 30 days at 5 minutes, beside curl."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.fetch.__main__ import curl
from benchmarks.fetch.history import server
from benchmarks.fetch.shape import GRID, METRIC, N_SERIES
from benchmarks.run.memory import peak_of

TARGET_RATIO = 2.0  # of curl's seconds
TARGET_MIB = 300.0
PACK = f"""
name: bench
title: {{en: Benchmark, zh-TW: 效能測試}}
requires: nothing
watches:
  level:
    title: {{en: Level, zh-TW: 水位}}
    query: {METRIC}
    limit: 1200
    unit: count
    entity: [instance, mountpoint]
    history: 30d
    step: 5m
    horizon: 60d
    lead_time: 3d
    advice: {{en: Nothing., zh-TW: 無。}}
"""


@contextmanager
def product(url: str) -> Iterator[Path]:
    """A folder with a configuration and a database of its own."""
    with tempfile.TemporaryDirectory(prefix="forewarn-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # root's database runs under an account that may not look into private folders
        (folder / "bench.yaml").write_text(PACK, encoding="utf-8")
        settings = {
            "sources": {"main": {"url": url}},
            "database": {"data_dir": str(folder / "state")},
            "jobs": {"bench": {"packs": [str(folder / "bench.yaml")], "schedule": "0 2 * * *"}},
            "reports": {"folder": str(folder / "reports")},
        }
        (folder / "forewarn.yaml").write_text(json.dumps(settings), encoding="utf-8")
        try:
            command(folder, "db", "upgrade")
            yield folder
        finally:
            command(folder, "db", "stop")


def command(folder: Path, *arguments: str) -> None:
    """Run a command that prints nothing that matters."""
    done = [sys.executable, "-m", "forewarn", *arguments, "-c", str(folder / "forewarn.yaml")]
    subprocess.run(done, check=True, capture_output=True)


def one_run(folder: Path, number: int) -> dict[str, Any]:
    """Seconds of a run's stages, of its whole process, and the memory of all its processes together."""
    as_of = datetime.fromtimestamp(GRID.end + number, UTC).isoformat()
    arguments = ["run", "bench", "--as-of", as_of, "--json", "-c", str(folder / "forewarn.yaml")]
    begun = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "forewarn", *arguments], stdout=subprocess.PIPE, text=True)
    peak, printed = peak_of(process)
    summary = json.loads(printed)
    if summary["run"]["status"] != "succeeded":
        raise SystemExit(f"the run did not succeed: {summary['run']['reason']}")
    return {**summary["seconds"], "process": time.perf_counter() - begun, "peak": peak}


def main() -> int:
    rounds = next((int(word) for word in sys.argv[1:] if word.isdigit()), 3)
    with server() as url, product(url) as folder:
        curl(url)
        pairs = [(curl(url), one_run(folder, number)) for number in range(rounds)]
    by_curl = median(seconds for seconds, _ in pairs)
    runs = [run for _, run in pairs]
    ratio = median(run["total"] / seconds for seconds, run in pairs)
    peak = max(run["peak"] for run in runs)
    samples = N_SERIES * GRID.steps
    print(f"{N_SERIES} series x {GRID.steps} steps = {samples / 1e6:.2f} M samples, medians of {rounds} rounds in turn")
    print(f"curl, thrown away    {by_curl:6.2f} s")
    for stage in ("plan", "fetch", "analyse", "record", "decide", "report", "total"):
        seconds = median(run[stage] for run in runs)
        rate = f"{N_SERIES / seconds:8.0f} series/s" if seconds > 0.0005 else ""
        print(f"run, {stage:<15} {seconds:6.2f} s   {rate}")
    process = median(run["process"] for run in runs)
    print(f"the process, whole   {process:6.2f} s   (with the start of Python and the reports' files)")
    print(f"run / curl           {ratio:6.2f}     (target: at most {TARGET_RATIO})")
    print(f"peak memory          {peak:6.0f} MiB (all its processes together; target: at most {TARGET_MIB:.0f})")
    return 0 if ratio <= TARGET_RATIO and peak <= TARGET_MIB else 1


if __name__ == "__main__":
    sys.exit(main())
