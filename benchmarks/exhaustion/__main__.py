"""Time to exhaustion, measured: `python -m benchmarks.exhaustion [--data ../shared/data/capacity]`.

Prints what is reached on the open sample and on histories made from fresh seeds, beside what people use today and what
was aimed at, with the seconds a series takes and the memory of the process; and writes a picture of every shape.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from analyzers.capacity import analyse_capacity
from benchmarks.exhaustion.baselines import BASELINES, QUOTED, baseline_answers
from benchmarks.exhaustion.generator import DAY, FAMILY_KINDS, History, generate
from benchmarks.exhaustion.opensample import read_open_sample
from benchmarks.exhaustion.pictures import pictures
from benchmarks.exhaustion.runner import answers, batch, parameters, truths
from benchmarks.exhaustion.scoring import COLUMNS, Figures, score, table
from domain.watch import Direction
from jobs.memory import keep_freed_memory

SIZES = ((3600, 30), (3600, 90), (300, 30))  # step in seconds, days
AIMED_AT = {
    "f14": 0.90,
    "f30": 0.91,
    "fa14": 1.5,
    "fa30": 3.0,
    "mdae": 1.5,
    "late": 0.25,
    "cover80": 0.80,
    "series_per_s": 500.0,
}


def report(
    title: str, histories: Sequence[History], quoted: Mapping[str, Figures] | None = None, *, by_kind: bool = True
) -> None:
    """Ours beside the baselines, then ours by kind. `quoted`: figures of others on the same histories, not run here."""
    truth = truths(histories)
    ours, seconds = answers(histories)
    rows = {"aimed at": AIMED_AT, "forewarn": {**score(truth, ours), "series_per_s": len(histories) / seconds}}
    for name, method in BASELINES.items():
        begin = time.perf_counter()
        theirs = baseline_answers(list(histories), method)
        rows[name] = {**score(truth, theirs), "series_per_s": len(histories) / (time.perf_counter() - begin)}
    rows |= quoted or {}
    print(f"\n{title}: {len(histories)} series\n{table(rows, (*COLUMNS, 'series_per_s'))}\n")
    if not by_kind:
        return
    kinds = np.array([history.kind for history in histories])
    chosen = {kind: kinds == kind for kind in dict.fromkeys(kinds.tolist())}
    print(table({kind: score(truth[rows_], ours.only(rows_)) for kind, rows_ in chosen.items()}))


def measure_size(step: int, days: int) -> None:
    """A batch of 1,000 series of one length: seconds, processor seconds, and memory beyond the input."""
    kinds = ("linear", "seasonal_growth", "plateau", "sawtooth", "staircase", "leak")
    steps = days * DAY // step
    found = (h for h in generate(7, 400, kinds) if h.step == step and h.direction is Direction.UP)
    few = [replace(h, values=h.values[-steps:], limits=h.limits[-steps:]) for h in found if h.values.size >= steps]
    times, values, limits = batch(few[:100])
    repeat = -(-1000 // len(values))
    values, limits = np.tile(values, (repeat, 1))[:1000], np.tile(limits, (repeat, 1))[:1000]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begin, begin_cpu = time.perf_counter(), time.process_time()
    analyse_capacity(times, values, limits, parameters(few[0]))
    wall, cpu = time.perf_counter() - begin, time.process_time() - begin_cpu
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(
        f"{values.shape[0]} series x {values.shape[1]} steps of {step} s: {wall:.1f} s, {values.shape[0] / wall:.0f} "
        f"series a second ({values.shape[0] / cpu:.0f} a second of processor time); memory {after / 1024:.0f} MB in "
        f"all, {(after - before) / 1024:.0f} MB beyond its input"
    )


def main() -> None:
    """See the module's text."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/capacity"), help="folder of the open sample")
    parser.add_argument("--seed", type=int, default=31, help="first of the fresh seeds")
    parser.add_argument("--per-kind", type=int, default=30)
    parser.add_argument("--by-kind", action="store_true", help="also the figures of every generated kind")
    parser.add_argument("--pictures", type=Path, default=Path("out/exhaustion.svg"))
    chosen = parser.parse_args()
    keep_freed_memory()
    for step, days in SIZES:
        measure_size(step, days)
    print("\naimed at: at least, or for fa, mdae and late at most. quoted: from BASELINES.md, not run here.")
    if chosen.data.is_dir():
        report("open sample", read_open_sample(chosen.data), QUOTED)
    else:
        print(f"\nno open sample at {chosen.data}: give its folder with --data")
    for family, kinds in FAMILY_KINDS.items():
        histories = list(generate(chosen.seed, chosen.per_kind, kinds))
        report(f"generated, {family}, seed {chosen.seed}", histories, by_kind=chosen.by_kind)
    drawn = [
        history
        for family, kinds in FAMILY_KINDS.items()
        for kind in kinds
        for history in generate(chosen.seed, 3 if family == "field" else 1, (kind,))
    ]
    chosen.pictures.parent.mkdir(parents=True, exist_ok=True)
    chosen.pictures.write_text(pictures(drawn), encoding="utf-8")
    print(f"\npictures of every shape: {chosen.pictures}")


if __name__ == "__main__":
    main()
