"""`python -m benchmarks.forecast --data ../shared/data`: accuracy, coverage, speed and memory, on one core."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"  # before numpy is loaded: one core is what others were measured on


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--without-size", action="store_true", help="leave out speed and memory on made-up series")
    parser.add_argument("--size", nargs=2, type=int, metavar=("SERIES", "STEPS"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    report, sizes = (import_module(f"benchmarks.forecast.{name}") for name in ("report", "sizes"))
    if chosen.size:
        sizes.measure(*chosen.size)
        return
    try:
        report.accuracy(chosen.data)
    except FileNotFoundError as error:
        sys.exit(str(error))
    if chosen.without_size:
        return
    print("\nSpeed and memory, made-up hourly and 5-minute series, one process and one core each")
    for series, steps in sizes.SIZES:
        command = [sys.executable, "-m", "benchmarks.forecast", "--size", str(series), str(steps)]
        subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
