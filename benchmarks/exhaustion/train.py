"""Fit the weights of the models to the true days of generated histories: `python -m benchmarks.exhaustion.train`.

Each model gives every series a distribution of its day of exhaustion; the weights that mix them are fitted so that
the mixture gives the true days the greatest likelihood (a mixture of experts, Jacobs et al. 1991), with a penalty that
keeps them small. Only histories of `benchmarks.exhaustion.generator` are used, so the open sample stays a fair check.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from analyzers.exhaustion import weights as gate
from analyzers.exhaustion.breaks import needed_since_break
from analyzers.exhaustion.crossing import choose, needed_by, student4
from analyzers.exhaustion.cyclepaths import crossed_in_cycles
from analyzers.exhaustion.models import NAMES
from analyzers.exhaustion.pieces import crossed_in_pieces
from analyzers.exhaustion.view import structure
from benchmarks.exhaustion.generator import History, generate
from benchmarks.exhaustion.parts import Floats
from benchmarks.exhaustion.runner import batch, group, parameters, truths

EDGES = np.array([0.0, 0.5, 1, 1.5, 2, 3, 4, 5, 6, 7, 8.5, 10, 12, 14, 16, 18, 21, 24, 27, 30, 35, 40, 45, 50, 60])
LEAST = 2e-4  # the share of every bin that no model can deny
Singles = NDArray[np.float32]
DAYS = np.arange(1, 241) / 4


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Histories as the fit sees them: features, and what each expert gives the bin of the true day.

    `likelihood`, `by14` and `by30` are `[n_series, n_experts, n_factors]`, single precision.
    """

    seen: gate.Features
    likelihood: Singles
    by14: Singles
    by30: Singles
    days: Floats
    kind: np.ndarray[tuple[int], np.dtype[np.str_]]


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """Coefficients as `weights.json` has them."""

    by_model: Floats
    by_series: Floats
    by_factor: Floats

    @classmethod
    def of(cls, vector: Floats) -> Fitted:
        """From all of them in one row."""
        n_model, n_series, n_experts = len(gate.MODEL_FEATURES), len(gate.SERIES_FEATURES), len(gate.EXPERTS)
        middle = n_model + n_experts * n_series
        return cls(
            vector[:n_model], vector[n_model:middle].reshape(n_experts, n_series), vector[middle:].reshape(-1, n_series)
        )

    def weights(self, seen: gate.Features) -> tuple[Floats, Floats]:
        """The weights of experts and factors."""
        raw = seen.series @ self.by_factor.T
        factor = gate.softmax(raw, np.ones(raw.shape, dtype=np.bool_))
        return gate.softmax(gate.logits(seen, self.by_model, self.by_series), seen.usable), factor


def sample(histories: Sequence[History], rows_at_once: int = 128) -> Sample:
    """Run every model on every history."""
    days = truths(histories)
    rows: list[int] = []
    parts: list[tuple[gate.Features, Singles, Singles, Singles]] = []
    for members in group(histories).values():
        for start in range(0, len(members), rows_at_once):
            chosen = members[start : start + rows_at_once]
            rows += chosen
            seen, reached = experts([histories[i] for i in chosen])
            at14, at30 = (reached[..., int(np.searchsorted(DAYS, d))].astype(np.float32) for d in (14, 30))
            parts.append((seen, likelihood(reached, days[chosen]).astype(np.float32), at14, at30))
    order = np.argsort(rows)
    features = gate.Features(
        model=np.concatenate([seen.model for seen, *_ in parts])[order],
        series=np.concatenate([seen.series for seen, *_ in parts])[order],
        usable=np.concatenate([seen.usable for seen, *_ in parts])[order],
    )
    told, by14, by30 = (np.concatenate([part[k] for part in parts])[order] for k in (1, 2, 3))
    return Sample(features, told, by14, by30, days, np.array([history.kind for history in histories]))


def joined(samples: Sequence[Sample]) -> Sample:
    """Several samples as one."""

    def features(name: str) -> Floats:
        return np.concatenate([getattr(part.seen, name) for part in samples])

    def column(name: str) -> Any:
        return np.concatenate([getattr(part, name) for part in samples])

    seen = gate.Features(features("model"), features("series"), features("usable").astype(np.bool_))
    return Sample(seen, *(column(name) for name in ("likelihood", "by14", "by30", "days", "kind")))


def experts(histories: Sequence[History]) -> tuple[gate.Features, Floats]:
    """Features of histories of one group, and what every expert gives every day with every factor.

    The probability that the limit was crossed by then is `[n_series, n_experts, n_factors, n_days]`.
    """
    _, values, limits = batch(histories)
    found = structure(float(histories[0].step), values, limits, parameters(histories[0]))
    turned, seen = found.turned, found.seen
    limit = turned.limit[:, None] - seen.height(DAYS)
    every = choose(found.tested, np.ones((limit.shape[0], len(NAMES))), len(NAMES), DAYS)
    needed = np.concatenate(
        [needed_by(every, limit), needed_since_break(found.segment, limit, DAYS)[:, None, :]], axis=1
    )
    paths = (
        crossed_in_pieces(seen.top, seen.per_day, limit, DAYS),
        crossed_in_cycles(found.cyclic, turned.limit, DAYS),
    )
    drawn = np.stack(paths, axis=1)
    by_factor = [np.concatenate([1 - student4(needed / factor), drawn], axis=1) for factor in gate.FACTORS]
    return found.features(), np.stack(by_factor, axis=2)


def likelihood(reached: Floats, days: Floats) -> Floats:
    """What each expert gives the bin that the true day is in; the last bin is "not within the horizon"."""
    at = np.searchsorted(DAYS, EDGES[1:])
    shape = (*reached.shape[:-1], 1)
    by = np.concatenate([np.zeros(shape), reached[..., at], np.ones(shape)], axis=-1)
    share = np.diff(by, axis=-1) * (1 - LEAST * EDGES.size) + LEAST
    index = np.where(np.isnan(days), EDGES.size - 1, np.searchsorted(EDGES, np.nan_to_num(days), side="left") - 1)
    result: Floats = share[np.arange(days.size), ..., np.maximum(index, 0)]
    return result


def fit(data: Sample, penalty: float, iterations: int = 400) -> Fitted:
    """The coefficients of greatest penalised likelihood, by L-BFGS from equal weights."""
    n_model, n_series = len(gate.MODEL_FEATURES), len(gate.SERIES_FEATURES)
    told = data.likelihood.astype(np.float64)
    seen, n = data.seen, data.days.size

    def loss(vector: Floats) -> tuple[float, Floats]:
        weight, factor = Fitted.of(vector).weights(seen)
        by_expert = np.einsum("nmf,nf->nm", told, factor)
        by_factor = np.einsum("nmf,nm->nf", told, weight)
        mixed = (weight * by_expert).sum(axis=1, keepdims=True)
        blame = (weight - weight * by_expert / mixed) / n
        blame_factor = (factor - factor * by_factor / mixed) / n
        slopes = [
            np.einsum("nm,nmk->k", blame[:, : len(NAMES)], seen.model),
            (blame.T @ seen.series).ravel(),
            (blame_factor.T @ seen.series).ravel(),
        ]
        value = float(-np.log(mixed).mean() + penalty * (costly * vector**2).sum())
        return value, np.concatenate(slopes) + 2 * penalty * costly * vector

    costly = np.ones(n_model + (len(gate.EXPERTS) + len(gate.FACTORS)) * n_series)
    costly[:n_model] = 0.0  # how far a backtest is believed, and how good a model is on the whole, are always learnt
    costly[n_model::n_series] = 0.0
    begin = np.zeros(n_model + (len(gate.EXPERTS) + len(gate.FACTORS)) * n_series)
    begin[:n_model] = -0.5
    found = minimize(loss, begin, jac=True, method="L-BFGS-B", options={"maxiter": iterations})
    return Fitted.of(found.x)


def loss_of(data: Sample, fitted: Fitted) -> float:
    """The mean negative log-likelihood of some coefficients on other histories."""
    weight, factor = fitted.weights(data.seen)
    return float(-np.log(np.einsum("nmf,nm,nf->n", data.likelihood, weight, factor)).mean())


def write(path: Path, fitted: Fitted) -> None:
    """Write `weights.json`, rounded to what matters."""

    def rounded(rows: Floats) -> list[list[float]]:
        return [[round(float(x), 3) for x in row] for row in rows]

    content = gate.Coefficients(
        experts=list(gate.EXPERTS),
        model_features=list(gate.MODEL_FEATURES),
        series_features=list(gate.SERIES_FEATURES),
        model=[round(float(x), 3) for x in fitted.by_model],
        series=rounded(fitted.by_series),
        factor=rounded(fitted.by_factor),
    )
    path.write_bytes(msgspec.json.encode(content) + b"\n")


def main() -> None:
    """Fit on one set of seeds, report on another, write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--per-kind", type=int, default=300)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1000, 1002])
    parser.add_argument("--check-seed", type=int, default=1001)
    parser.add_argument("--penalty", type=float, default=6e-5)
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[2] / "analyzers/exhaustion/weights.json")
    chosen = parser.parse_args()
    data = joined([sample(list(generate(seed, chosen.per_kind))) for seed in chosen.seeds])
    check = sample(list(generate(chosen.check_seed, max(chosen.per_kind // 4, 10))))
    fitted = fit(data, chosen.penalty)
    print(f"fitted {loss_of(data, fitted):.4f}, on other seeds {loss_of(check, fitted):.4f}")
    write(chosen.out, fitted)


if __name__ == "__main__":
    main()
