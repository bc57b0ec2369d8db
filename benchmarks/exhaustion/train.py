"""Fit the weights of the models to the true days of generated histories: `python -m benchmarks.exhaustion.train`.

Each model gives every series a distribution of its day of exhaustion; the weights that mix them are fitted so that
the mixture gives the true days the greatest likelihood (a mixture of experts, Jacobs et al. 1991), with a penalty that
keeps them small. Several gates are fitted, each to other kinds of histories. Only those of
`benchmarks.exhaustion.generator` are used, so the open sample stays a fair check.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from multiprocessing import Pool
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from analyzers.exhaustion.crossing import choose, needed_by, student4
from analyzers.exhaustion.expert import Asked
from analyzers.exhaustion.features import MODEL_FEATURES, SERIES_FEATURES, Features, features
from analyzers.exhaustion.models import NAMES
from analyzers.exhaustion.structure import structure
from analyzers.exhaustion.weights import EXPERTS, FACTORS, Coefficients, Gate, GateCoefficients, Gates
from analyzers.threads import one_thread
from benchmarks.exhaustion.generator import FAMILY_KINDS, History, generate
from benchmarks.exhaustion.parts import Floats
from benchmarks.exhaustion.runner import batch, parameters, parted, truths

EDGES = np.array([0.0, 0.5, 1, 1.5, 2, 3, 4, 5, 6, 7, 8.5, 10, 12, 14, 16, 18, 21, 24, 27, 30, 35, 40, 45, 50, 60])
PENALTY, PENALTY_HIDDEN, HIDDEN = 2e-4, 3e-4, 16  # benchmarks.exhaustion.leftout
GATES, KINDS_EACH = 6, 0.75  # how many gates, and the share of the kinds that each is fitted to
LEAST = 2e-4  # the share of every bin that no model can deny
Singles = NDArray[np.float32]
Rows = NDArray[np.bool_]
DAYS = np.arange(1, 241) / 4


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Histories as the fit sees them: features, and what each expert gives the bin of the true day.

    `likelihood`, `by14` and `by30` are `[n_series, n_experts, n_factors]`, single precision.
    """

    seen: Features
    likelihood: Singles
    by14: Singles
    by30: Singles
    days: Floats
    kind: np.ndarray[tuple[int], np.dtype[np.str_]]


def sample(histories: Sequence[History]) -> Sample:
    """Run every model on every history."""
    days = truths(histories)
    rows = list(parted(histories))
    parts: list[tuple[Features, Singles, Singles, Singles]] = []
    for chosen in rows:
        seen, reached = experts([histories[i] for i in chosen])
        at14, at30 = (reached[..., int(np.searchsorted(DAYS, d))].astype(np.float32) for d in (14, 30))
        parts.append((seen, likelihood(reached, days[chosen]).astype(np.float32), at14, at30))
    order = np.argsort(np.concatenate(rows))
    features = Features(
        model=np.concatenate([seen.model for seen, *_ in parts])[order],
        series=np.concatenate([seen.series for seen, *_ in parts])[order],
        usable=np.concatenate([seen.usable for seen, *_ in parts])[order],
    )
    told, by14, by30 = (np.concatenate([part[k] for part in parts])[order] for k in (1, 2, 3))
    return Sample(features, told, by14, by30, days, np.array([history.kind for history in histories]))


def joined(samples: Sequence[Sample]) -> Sample:
    """Several samples as one."""

    def shown(name: str) -> Floats:
        return np.concatenate([getattr(part.seen, name) for part in samples])

    def column(name: str) -> Any:
        return np.concatenate([getattr(part, name) for part in samples])

    seen = Features(shown("model"), shown("series"), shown("usable").astype(np.bool_))
    return Sample(seen, *(column(name) for name in ("likelihood", "by14", "by30", "days", "kind")))


def drawn(seed: int, per_kind: int) -> Sample:
    """Histories of every kind, family by family: one family's are held in memory at a time."""
    return joined([sample(list(generate(seed, per_kind, kinds))) for kinds in FAMILY_KINDS.values()])


def experts(histories: Sequence[History]) -> tuple[Features, Floats]:
    """Features of histories of one group, and what every expert gives every day with every factor.

    The probability that the limit was crossed by then is `[n_series, n_experts, n_factors, n_days]`.
    """
    _, values, limits = batch(histories)
    found = structure(float(histories[0].step), values, limits, parameters(histories[0]))
    limit = found.turned.limit
    asked = Asked(DAYS, limit[:, None] - found.seen.height(DAYS), limit)
    every = choose(found.tested, np.ones((limit.size, len(NAMES))), len(NAMES), DAYS)
    needed = np.concatenate([needed_by(every, asked.limit), found.experts.lines.needed(asked)], axis=1)
    drawn = [
        expert.crossed(asked, np.ones((limit.size, len(expert.NAMES)), dtype=np.bool_))
        for expert in found.experts.drawn
    ]
    never = np.zeros((limit.size, 1, DAYS.size))
    by_factor = [np.concatenate([1 - student4(needed / factor), *drawn, never], axis=1) for factor in FACTORS]
    return features(found), np.stack(by_factor, axis=2)


def likelihood(reached: Floats, days: Floats) -> Floats:
    """What each expert gives the bin that the true day is in; the last bin is "not within the horizon"."""
    at = np.searchsorted(DAYS, EDGES[1:])
    shape = (*reached.shape[:-1], 1)
    by = np.concatenate([np.zeros(shape), reached[..., at], np.ones(shape)], axis=-1)
    share = np.diff(by, axis=-1) * (1 - LEAST * EDGES.size) + LEAST
    index = np.where(np.isnan(days), EDGES.size - 1, np.searchsorted(EDGES, np.nan_to_num(days), side="left") - 1)
    result: Floats = share[np.arange(days.size), ..., np.maximum(index, 0)]
    return result


def only(data: Sample, rows: Rows) -> Sample:
    """Some of the histories of a sample."""
    seen = Features(data.seen.model[rows], data.seen.series[rows], data.seen.usable[rows])
    rest = {name: getattr(data, name)[rows] for name in ("likelihood", "by14", "by30", "days", "kind")}
    return replace(data, seen=seen, **rest)


def bagged(data: Sample, penalty: float = PENALTY, count: int = GATES, processes: int = 1) -> Gates:
    """Several gates: the first is fitted to all kinds where it is the only one, each of more to a share of them."""
    kinds = np.unique(data.kind)
    kept = round(KINDS_EACH * kinds.size) if count > 1 else kinds.size
    chosen = [np.random.default_rng(i).permutation(kinds)[:kept] for i in range(count)]
    jobs = [(only(data, np.isin(data.kind, names)), penalty, i) for i, names in enumerate(chosen)]
    if processes == 1:
        return Gates(tuple(fit(*job) for job in jobs))
    with Pool(processes, one_thread) as pool:
        return Gates(tuple(pool.starmap(fit, jobs, chunksize=1)))


def fit(data: Sample, penalty: float = PENALTY, seed: int = 0, iterations: int = 800) -> Gate:
    """The coefficients of greatest penalised likelihood, by L-BFGS from equal weights and small random hidden units."""
    shapes = _shapes()
    told = data.likelihood.astype(np.float64)
    seen, n = data.seen, data.days.size
    costly = np.concatenate([np.full(shape, cost).ravel() for shape, cost in zip(shapes, _costs(penalty), strict=True)])

    def loss(vector: Floats) -> tuple[float, Floats]:
        gate = _gate(vector)
        weight, factor = gate.weights(seen)
        by_expert = np.einsum("nmf,nf->nm", told, factor)
        by_factor = np.einsum("nmf,nm->nf", told, weight)
        mixed = (weight * by_expert).sum(axis=1, keepdims=True)
        blame = (weight - weight * by_expert / mixed) / n
        blame_factor = (factor - factor * by_factor / mixed) / n
        units = gate.units(seen)
        slopes = [
            np.einsum("nm,nmk->k", blame[:, : len(NAMES)], seen.model),
            blame.T @ seen.series,
            blame_factor.T @ seen.series,
            ((blame @ gate.by_hidden) * (1 - units**2)).T @ seen.series,
            blame.T @ units,
        ]
        value = float(-np.log(mixed).mean() + (costly * vector**2).sum())
        return value, np.concatenate([slope.ravel() for slope in slopes]) + 2 * costly * vector

    begin = [np.zeros(shape) for shape in shapes]
    begin[0] -= 0.5
    begin[3] += np.random.default_rng(seed).normal(0, 0.3, shapes[3])
    vector = np.concatenate([part.ravel() for part in begin])
    return _gate(minimize(loss, vector, jac=True, method="L-BFGS-B", options={"maxiter": iterations}).x)


def _shapes() -> tuple[tuple[int, ...], ...]:
    """The shapes of a gate's coefficients, in order."""
    n_series, n_experts = len(SERIES_FEATURES), len(EXPERTS)
    return (
        (len(MODEL_FEATURES),),
        (n_experts, n_series),
        (len(FACTORS), n_series),
        (HIDDEN, n_series),
        (n_experts, HIDDEN),
    )


def _gate(vector: Floats) -> Gate:
    """A gate from all its coefficients in one row."""
    ends = np.cumsum([int(np.prod(shape)) for shape in _shapes()])
    parts = np.split(vector, ends[:-1])
    return Gate(*(part.reshape(shape) for part, shape in zip(parts, _shapes(), strict=True)))


def _costs(penalty: float) -> list[Floats]:
    """What the square of each coefficient costs, in shapes that fit theirs.

    How far a backtest is believed, and how good an expert is on the whole, are always learnt.
    """
    row = np.full(len(SERIES_FEATURES), penalty)
    row[0] = 0.0
    return [np.zeros(1), row, row, np.array(PENALTY_HIDDEN), np.array(PENALTY_HIDDEN)]


def loss_of(data: Sample, gate: Gate | Gates) -> float:
    """The mean negative log-likelihood of one gate or several on other histories."""
    weight, factor = gate.weights(data.seen)
    return float(-np.log(np.einsum("nmf,nm,nf->n", data.likelihood, weight, factor)).mean())


def write(path: Path, gates: Gates) -> None:
    """Write `weights.json`, rounded to what matters."""

    def rounded(rows: Floats) -> list[list[float]]:
        return [[round(float(x), 3) for x in row] for row in rows]

    content = Coefficients(
        experts=list(EXPERTS),
        model_features=list(MODEL_FEATURES),
        series_features=list(SERIES_FEATURES),
        gates=[
            GateCoefficients(
                model=[round(float(x), 3) for x in gate.by_model],
                series=rounded(gate.by_series),
                factor=rounded(gate.by_factor),
                hidden=rounded(gate.hidden),
                by_hidden=rounded(gate.by_hidden),
            )
            for gate in gates.parts
        ],
    )
    path.write_bytes(msgspec.json.encode(content) + b"\n")


def main() -> None:
    """Fit on one set of seeds, report on another, write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--per-kind", type=int, default=300)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1000, 1002])
    parser.add_argument("--check-seed", type=int, default=1001)
    parser.add_argument("--penalty", type=float, default=PENALTY)
    parser.add_argument("--gates", type=int, default=GATES)
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[2] / "analyzers/exhaustion/weights.json")
    chosen = parser.parse_args()
    processes = os.cpu_count() or 1
    with Pool(processes, one_thread) as pool:
        data = joined(pool.starmap(drawn, [(seed, chosen.per_kind) for seed in chosen.seeds], chunksize=1))
    check = drawn(chosen.check_seed, max(chosen.per_kind // 4, 10))
    fitted = bagged(data, chosen.penalty, chosen.gates, processes)
    print(f"fitted {loss_of(data, fitted):.4f}, on other seeds {loss_of(check, fitted):.4f}")
    write(chosen.out, fitted)


if __name__ == "__main__":
    main()
