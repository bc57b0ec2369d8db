"""Ways to get the same month of history. Each runs in a process of its own, so that its memory can be told.

`python -m benchmarks.fetch.clients WAY URL` prints seconds, samples and peak memory as JSON.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable

import httpx
import numpy as np

from benchmarks.fetch.shape import GRID, METRIC
from jobs.memory import keep_freed_memory
from sources.config import PrometheusConfig
from sources.prometheus import PrometheusSource


def ours(url: str) -> int:
    """The product's client with its defaults."""
    keep_freed_memory()
    source = PrometheusSource("bench", PrometheusConfig(url=url))
    batch = source.fetch(METRIC, GRID)
    source.close()
    assert batch.notes.samples == batch.values.size
    return batch.values.size


def naive(url: str) -> int:
    """What most code does: one request, gzip as the library asks for it, json, a comprehension."""
    params = {"query": METRIC, "start": str(GRID.start), "end": str(GRID.end), "step": str(GRID.step)}
    with httpx.Client(timeout=300.0) as client:
        result = client.get(f"{url}/api/v1/query_range", params=params).json()["data"]["result"]
    values = np.array([[float(value) for _, value in series["values"]] for series in result])
    return values.size


WAYS: dict[str, Callable[[str], int]] = {"ours": ours, "naive": naive}


def main() -> None:
    way, url = sys.argv[1:3]
    begun = time.perf_counter()
    samples = WAYS[way](url)
    seconds = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    cpu = time.process_time()
    print(json.dumps({"seconds": seconds, "samples": samples, "peak_mib": peak, "cpu": cpu}))


if __name__ == "__main__":
    main()
