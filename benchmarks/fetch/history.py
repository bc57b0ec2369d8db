"""A real Prometheus with 1,000 series x 30 days at 5 minutes; its data is built once and kept in the cache folder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from benchmarks.fetch.shape import GRID, METRIC, N_SERIES
from tests.fixtures.prometheus import backfill_prometheus, run_prometheus
from tests.fixtures.servers import find_server


def cache_folder() -> Path:
    """Where the data lies between runs; it may be deleted at any time."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "forewarn" / "benchmarks" / f"prometheus-{N_SERIES}x{GRID.steps}"


@contextmanager
def server() -> Iterator[str]:
    """The address of the server, as long as the block lasts."""
    folder = cache_folder()
    if not (folder / "data").is_dir():
        print(f"building {N_SERIES} series x {GRID.steps} steps in {folder} (once, about a minute)", flush=True)
        build(folder)
    with run_prometheus(find_server("prometheus"), folder) as url:
        yield url


def build(folder: Path) -> None:
    """Write the history as text, and have promtool make blocks of it; an unfinished attempt is thrown away."""
    unfinished = folder.with_suffix(".part")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    text = unfinished / "history.om"
    write_text(text)
    backfill_prometheus(find_server("promtool"), text, unfinished)
    text.unlink()
    unfinished.rename(folder)


def write_text(path: Path) -> None:
    """OpenMetrics text of gauges with six digits: a level, a slope, a day's swing and noise."""
    random = np.random.default_rng(42)
    times = GRID.times
    moments = [f" {int(moment)}\n" for moment in times]
    day = np.sin(2 * np.pi * times / 86400)
    with path.open("w", encoding="utf-8") as out:
        out.write(f"# TYPE {METRIC} gauge\n")
        for number in range(N_SERIES):
            level, slope, swing, noise = random.uniform((300, -5, 0, 1), (600, 5, 100, 20))
            values = level + slope * (times - times[0]) / 86400 + swing * day + noise * random.normal(size=len(times))
            name = f'{METRIC}{{instance="host-{number:04d}",job="node",mountpoint="/data"}} '
            out.writelines(f"{name}{value:.3f}{moment}" for value, moment in zip(values.tolist(), moments, strict=True))
        out.write("# EOF\n")
