"""Writes the bundled history anew, or one for another time: `python -m forewarn.demo [--as-of TIME] [FOLDER]`."""

from __future__ import annotations

import argparse
from datetime import datetime
from pathlib import Path

from domain.times import rfc3339
from forewarn.demo.bundle import FOLDER, HISTORY_NAME, PLANTED_NAME
from forewarn.demo.history import BUNDLED_AS_OF, SEED, generate
from forewarn.demo.writers import SMALLEST, write_openmetrics, write_parquet, write_planted


def main() -> None:
    """Generate a history and write it."""
    parser = argparse.ArgumentParser(prog="python -m forewarn.demo", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER)
    parser.add_argument("--as-of", type=datetime.fromisoformat, default=BUNDLED_AS_OF)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--openmetrics", action="store_true", help="also write OpenMetrics text, for promtool")
    arguments = parser.parse_args()
    history = generate(arguments.as_of, arguments.seed)
    write_parquet(history, arguments.folder / HISTORY_NAME, level=SMALLEST)
    write_planted(history, arguments.folder / PLANTED_NAME)
    if arguments.openmetrics:
        write_openmetrics(history, arguments.folder / "history.om")
    print(f"{len(history.series)} series, {history.samples} samples up to {rfc3339(history.as_of)}")


if __name__ == "__main__":
    main()
