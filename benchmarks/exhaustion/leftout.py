"""How well weights do on behaviour that they were not fitted to: `python -m benchmarks.exhaustion.leftout`.

Each family of shapes in turn is left out of the fit and judged by it. This is what decides whether a model stays in
the list, and how strong the penalty is: what only helps on behaviour that was seen is no gain.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import numpy as np

from analyzers.exhaustion.weights import EXPERTS, Gates
from benchmarks.exhaustion.generator import FAMILY_KINDS
from benchmarks.exhaustion.parts import Floats
from benchmarks.exhaustion.train import PENALTY, Sample, bagged, drawn, loss_of, only

COLUMNS = ("loss", "f14", "f30", "fa14", "fa30")


def without(data: Sample, experts: list[str]) -> Sample:
    """A sample in which some experts can't be used."""
    usable = data.seen.usable.copy()
    usable[:, [EXPERTS.index(name) for name in experts]] = False
    return replace(data, seen=replace(data.seen, usable=usable))


def figures(data: Sample, gate: Gates) -> Floats:
    """The loss, F1 within 14 and 30 days, and false alarms per 100 healthy histories within them."""
    weight, factor = gate.weights(data.seen)
    healthy = np.isnan(data.days)
    f1, false = [], []
    for days, by in ((14, data.by14), (30, data.by30)):
        told = np.einsum("nmf,nm,nf->n", by, weight, factor) >= 0.5
        true = data.days <= days
        f1.append(2 * (told & true).sum() / max(told.sum() + true.sum(), 1))
        false.append(100 * (told & healthy).sum() / max(healthy.sum(), 1))
    return np.array([loss_of(data, gate), *f1, *false])


def compared(data: Sample, check: Sample, kinds: tuple[str, ...], penalty: float, count: int) -> Floats:
    """The figures on some kinds, `[2, n_figures]`: when they are fitted to as well, and when they are left out."""
    judged = only(check, np.isin(check.kind, kinds))
    rest = only(data, ~np.isin(data.kind, kinds))
    return np.stack([figures(judged, bagged(data, penalty, count)), figures(judged, bagged(rest, penalty, count))])


def main() -> None:
    """Print the figures on kinds that were fitted to, and on those left out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--per-kind", type=int, default=120)
    parser.add_argument("--penalty", type=float, nargs="+", default=[PENALTY])
    parser.add_argument("--gates", type=int, default=1, help="more are as good a judge, and take as many times as long")
    parser.add_argument("--without", nargs="+", default=[], choices=EXPERTS, metavar="EXPERT")
    chosen = parser.parse_args()
    data, check = drawn(1000, chosen.per_kind), drawn(1001, max(chosen.per_kind // 2, 1))
    data, check = without(data, chosen.without), without(check, chosen.without)
    print(f"{'penalty':>8} {'family':<12}{'':<9}" + "".join(f"{name:>8}" for name in COLUMNS))
    for penalty in chosen.penalty:
        found = [compared(data, check, kinds, penalty, chosen.gates) for kinds in FAMILY_KINDS.values()]
        for family, rows in (*zip(FAMILY_KINDS, found, strict=True), ("mean", np.mean(found, axis=0))):
            for name, row in zip(("fitted", "left out"), rows, strict=True):
                print(f"{penalty:8.0e} {family:<12}{name:<9}" + "".join(f"{x:8.3f}" for x in row), flush=True)


if __name__ == "__main__":
    main()
