"""`python -m benchmarks.fetch [ROUNDS] [--naive]`: seconds from a real Prometheus into arrays, beside curl's."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from statistics import median

from benchmarks.fetch.history import server
from benchmarks.fetch.shape import GRID, METRIC, N_SERIES

TARGET_RATIO = 1.2  # of curl's seconds
TARGET_MIB = 150.0


def curl(url: str) -> float:
    """Seconds that curl takes for the same samples in one request, thrown away as they come."""
    ask = f"query={METRIC}&start={GRID.start}&end={GRID.end}&step={GRID.step}"
    begun = time.perf_counter()
    subprocess.run(["curl", "-fsS", "-o", "/dev/null", "-d", ask, f"{url}/api/v1/query_range"], check=True)
    return time.perf_counter() - begun


def measured(way: str, url: str) -> dict[str, float]:
    """Seconds, samples and peak memory of one of `benchmarks.fetch.clients`' ways, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.fetch.clients", way, url]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    result: dict[str, float] = json.loads(done.stdout)
    return result


def main() -> int:
    rounds = next((int(word) for word in sys.argv[1:] if word.isdigit()), 5)
    samples = N_SERIES * GRID.steps
    with server() as url:
        curl(url)  # warms the server's cache
        pairs = [(curl(url), measured("ours", url)) for _ in range(rounds)]
        naive = measured("naive", url) if "--naive" in sys.argv else None
    by_curl = median(seconds for seconds, _ in pairs)
    by_us = median(ours["seconds"] for _, ours in pairs)
    peak = max(ours["peak_mib"] for _, ours in pairs)
    cpu = median(ours["cpu"] for _, ours in pairs)
    ratio = median(ours["seconds"] / seconds for seconds, ours in pairs)
    print(f"{N_SERIES} series x {GRID.steps} steps = {samples / 1e6:.2f} M samples, medians of {rounds} rounds in turn")
    print(f"curl, thrown away        {by_curl:6.2f} s   {samples / by_curl / 1e6:5.2f} M samples/s")
    print(f"ours, in arrays          {by_us:6.2f} s   {samples / by_us / 1e6:5.2f} M samples/s   CPU {cpu:.2f} s")
    if naive is not None:
        print(f"usual client, in arrays  {naive['seconds']:6.2f} s   peak {naive['peak_mib']:.0f} MiB")
    print(f"ours / curl              {ratio:6.2f}     (target: at most {TARGET_RATIO})")
    print(f"ours, peak memory        {peak:6.0f} MiB (target: at most {TARGET_MIB:.0f})")
    return 0 if ratio <= TARGET_RATIO and peak <= TARGET_MIB else 1


if __name__ == "__main__":
    sys.exit(main())
