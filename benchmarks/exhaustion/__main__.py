"""Time to exhaustion, measured: `python -m benchmarks.exhaustion --data ../shared/data/capacity`.

Prints what is reached on the open sample and on histories made from fresh seeds, beside what people use today, with the
seconds a series takes and the memory of the process; and writes a picture of every shape.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from analyzers.capacity import analyse_capacity
from benchmarks.exhaustion.baselines import BASELINES, baseline_answers
from benchmarks.exhaustion.generator import KINDS, History, generate
from benchmarks.exhaustion.opensample import read_open_sample
from benchmarks.exhaustion.pictures import pictures
from benchmarks.exhaustion.runner import answers, batch, parameters, truths
from benchmarks.exhaustion.scoring import score, table


def report(title: str, histories: Sequence[History]) -> None:
    """Ours beside the baselines, then ours by kind."""
    truth = truths(histories)
    ours, seconds = answers(histories)
    rows = {"forewarn": score(truth, ours)}
    for name, method in BASELINES.items():
        rows[name] = score(truth, baseline_answers(list(histories), method))
    print(f"\n{title}: {len(histories)} series, {len(histories) / seconds:.0f} a second\n{table(rows)}\n")
    kinds = np.array([history.kind for history in histories])
    chosen = {kind: kinds == kind for kind in dict.fromkeys(kinds.tolist())}
    print(table({kind: score(truth[rows_], ours.only(rows_)) for kind, rows_ in chosen.items()}))


def measure_size() -> None:
    """A batch of 1,000 series of thirty days in five-minute steps: seconds, processor seconds, and memory beyond it."""
    found = (h for h in generate(7, 400, ("linear", "seasonal_growth", "plateau", "sawtooth", "staircase", "leak")))
    few = [h for h in found if h.step == 300 and h.values.size == 8640 and h.direction.value == "up"][:100]
    times, values, limits = batch(few)
    repeat = -(-1000 // len(few))
    values, limits = np.tile(values, (repeat, 1))[:1000], np.tile(limits, (repeat, 1))[:1000]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begin, begin_cpu = time.perf_counter(), time.process_time()
    analyse_capacity(times, values, limits, parameters(few[0]))
    wall, cpu = time.perf_counter() - begin, time.process_time() - begin_cpu
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(
        f"\n{values.shape[0]} series x {values.shape[1]} steps: {wall:.1f} s, {values.shape[0] / wall:.0f} series a "
        f"second ({values.shape[0] / cpu:.0f} a second of processor time); memory {after / 1024:.0f} MB in all, "
        f"{(after - before) / 1024:.0f} MB beyond its input"
    )


def main() -> None:
    """See the module's text."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder of the open sample; left out: generated histories alone")
    parser.add_argument("--seed", type=int, default=31, help="first of the fresh seeds")
    parser.add_argument("--per-kind", type=int, default=30)
    parser.add_argument("--pictures", type=Path, default=Path("exhaustion.svg"))
    chosen = parser.parse_args()
    measure_size()
    if chosen.data is not None:
        report("open sample", read_open_sample(chosen.data))
    report(f"generated, seed {chosen.seed}", list(generate(chosen.seed, chosen.per_kind)))
    drawn = [history for kind in KINDS for history in generate(chosen.seed, 3, (kind,))]
    chosen.pictures.write_text(pictures(drawn), encoding="utf-8")
    print(f"\npictures of every shape: {chosen.pictures}")


if __name__ == "__main__":
    main()
