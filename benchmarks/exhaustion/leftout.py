"""How well weights do on kinds of behaviour that they were not fitted to: `python -m benchmarks.exhaustion.leftout`.

Kinds are cut into four parts; each part in turn is left out of the fit and judged by it. This is what decides whether a
model stays in the list: what only helps on kinds that it has seen is no gain.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import numpy as np

from analyzers.exhaustion import weights as gate
from benchmarks.exhaustion.generator import KINDS, generate
from benchmarks.exhaustion.parts import Floats
from benchmarks.exhaustion.train import Fitted, Sample, fit, joined, loss_of, sample

PARTS = 4
Rows = np.ndarray[tuple[int], np.dtype[np.bool_]]
COLUMNS = ("loss", "f14", "f30", "fa14", "fa30")


def only(data: Sample, rows: Rows) -> Sample:
    """Some of the histories of a sample."""
    seen = gate.Features(data.seen.model[rows], data.seen.series[rows], data.seen.usable[rows])
    rest = {name: getattr(data, name)[rows] for name in ("likelihood", "by14", "by30", "days", "kind")}
    return replace(data, seen=seen, **rest)


def without(data: Sample, experts: list[str]) -> Sample:
    """A sample in which some experts can't be used."""
    usable = data.seen.usable.copy()
    usable[:, [gate.EXPERTS.index(name) for name in experts]] = False
    return replace(data, seen=replace(data.seen, usable=usable))


def figures(data: Sample, fitted: Fitted) -> Floats:
    """The loss, F1 within 14 and 30 days, and false alarms per 100 healthy histories within them."""
    weight, factor = fitted.weights(data.seen)
    healthy = np.isnan(data.days)
    f1, false = [], []
    for days, by in ((14, data.by14), (30, data.by30)):
        told = np.einsum("nmf,nm,nf->n", by, weight, factor) >= 0.5
        true = data.days <= days
        f1.append(2 * (told & true).sum() / max(told.sum() + true.sum(), 1))
        false.append(100 * (told & healthy).sum() / max(healthy.sum(), 1))
    return np.array([loss_of(data, fitted), *f1, *false])


def main() -> None:
    """Print the figures on kinds that were fitted to, and on those left out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--per-kind", type=int, default=150)
    parser.add_argument("--penalty", type=float, nargs="+", default=[6e-5])
    parser.add_argument("--without", nargs="+", default=[], choices=gate.EXPERTS, metavar="EXPERT")
    chosen = parser.parse_args()
    data = joined([sample(list(generate(seed, chosen.per_kind))) for seed in (1000, 1002)])
    check = sample(list(generate(1001, chosen.per_kind)))
    data, check = without(data, chosen.without), without(check, chosen.without)
    parts = np.array_split(np.random.default_rng(1).permutation(np.array(KINDS)), PARTS)
    print(f"{'penalty':>8} {'kinds':<9}" + "".join(f"{name:>8}" for name in COLUMNS))
    for penalty in chosen.penalty:
        found = []
        for part in parts:
            fitted = fit(only(data, ~np.isin(data.kind, part)), penalty)
            out = np.isin(check.kind, part)
            found.append([figures(only(check, ~out), fitted), figures(only(check, out), fitted)])
        for name, row in zip(("fitted", "left out"), np.mean(found, axis=0), strict=True):
            print(f"{penalty:8.0e} {name:<9}" + "".join(f"{value:8.3f}" for value in row), flush=True)


if __name__ == "__main__":
    main()
