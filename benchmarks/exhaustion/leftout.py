"""How well weights do on behaviour that they were not fitted to: `python -m benchmarks.exhaustion.leftout`.

Each family of shapes in turn is left out of the fit and judged by it. This is what decides whether a model stays in
the list, how strong the penalty is, and how far the network is believed: what only helps on behaviour that was seen is
no gain.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace

import numpy as np

from analyzers.exhaustion.network import BELIEVED, Network
from analyzers.exhaustion.weights import EXPERTS, Gates
from benchmarks.exhaustion.generator import FAMILY_KINDS
from benchmarks.exhaustion.learn import EPOCHS, Lessons, crossed, fit
from benchmarks.exhaustion.learn import drawn as drawn_lessons
from benchmarks.exhaustion.learn import only as only_lessons
from benchmarks.exhaustion.parts import Floats
from benchmarks.exhaustion.train import DAYS, PENALTY, Rows, Sample, Singles, bagged, drawn, likelihood, only

COLUMNS = ("loss", "f14", "f30", "fa14", "fa30")


def without(data: Sample, experts: list[str]) -> Sample:
    """A sample in which some experts can't be used."""
    usable = data.seen.usable.copy()
    usable[:, [EXPERTS.index(name) for name in experts]] = False
    return replace(data, seen=replace(data.seen, usable=usable))


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """What was fitted to the same histories."""

    gates: Gates
    network: Network


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """The same histories as the gates' fit sees them, and as the network's does."""

    sample: Sample
    lessons: Lessons

    def only(self, rows: Rows) -> Drawn:
        """Some of them."""
        return Drawn(only(self.sample, rows), only_lessons(self.lessons, rows))


def figures(data: Drawn, fitted: Fitted, believed: float) -> Floats:
    """The loss, F1 within 14 and 30 days, and false alarms per 100 healthy histories within them.

    The loss is that of the mean, before its odds are raised to a power; the others are the same before and after.
    """
    sample = data.sample
    weight, factor = fitted.gates.weights(sample.seen)
    share = believed * sample.seen.usable[:, EXPERTS.index("never")]
    network = crossed(fitted.network, data.lessons, DAYS)

    def both(by_expert: Singles, by_network: Floats) -> Floats:
        result: Floats = (1 - share) * np.einsum("nmf,nm,nf->n", by_expert, weight, factor) + share * by_network
        return result

    healthy = np.isnan(sample.days)
    f1, false = [], []
    for days, by in ((14, sample.by14), (30, sample.by30)):
        told = both(by, network[:, int(np.searchsorted(DAYS, days))]) >= 0.5
        true = sample.days <= days
        f1.append(2 * (told & true).sum() / max(told.sum() + true.sum(), 1))
        false.append(100 * (told & healthy).sum() / max(healthy.sum(), 1))
    loss = -np.log(both(sample.likelihood, likelihood(network, sample.days))).mean()
    return np.array([loss, *f1, *false])


def fitted_to(data: Drawn, penalty: float, count: int, epochs: int) -> Fitted:
    """Gates and a network."""
    return Fitted(bagged(data.sample, penalty, count), fit(data.lessons, epochs=epochs))


def main() -> None:
    """Print the figures on kinds that were fitted to, and on those left out, with and without the network."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--per-kind", type=int, default=120)
    parser.add_argument("--penalty", type=float, default=PENALTY)
    parser.add_argument("--gates", type=int, default=1, help="more are as good a judge, and take as many times as long")
    parser.add_argument("--epochs", type=int, default=EPOCHS, help="of the network's fit")
    parser.add_argument("--believed", type=float, nargs="+", default=[0.0, BELIEVED], help="the network's shares")
    parser.add_argument("--without", nargs="+", default=[], choices=EXPERTS, metavar="EXPERT")
    chosen = parser.parse_args()
    data, check = (
        Drawn(without(drawn(seed, per_kind), chosen.without), drawn_lessons(seed, per_kind))
        for seed, per_kind in ((1000, chosen.per_kind), (1001, max(chosen.per_kind // 2, 1)))
    )
    found: list[Floats] = []
    everything = fitted_to(data, chosen.penalty, chosen.gates, chosen.epochs)
    for kinds in FAMILY_KINDS.values():
        judged = check.only(np.isin(check.sample.kind, kinds))
        rest = fitted_to(data.only(~np.isin(data.sample.kind, kinds)), chosen.penalty, chosen.gates, chosen.epochs)
        found.append(
            np.array([[figures(judged, one, share) for share in chosen.believed] for one in (everything, rest)])
        )
    print(f"{'family':<12}{'':<9}{'network':>8}" + "".join(f"{name:>8}" for name in COLUMNS))
    for family, rows in (*zip(FAMILY_KINDS, found, strict=True), ("mean", np.mean(found, axis=0))):
        for name, by_share in zip(("fitted", "left out"), rows, strict=True):
            for share, row in zip(chosen.believed, by_share, strict=True):
                print(f"{family:<12}{name:<9}{share:8.2f}" + "".join(f"{x:8.3f}" for x in row))


if __name__ == "__main__":
    main()
