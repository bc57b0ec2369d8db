"""Fit the weights of the models to the true days of generated histories: `python -m benchmarks.exhaustion.train`.

Each model gives every series a distribution of its day of exhaustion; the weights that mix them are fitted so that the
mixture gives the true days the greatest likelihood (a mixture of experts, Jacobs et al. 1991), with a penalty that keeps
them small. Only histories of `benchmarks.exhaustion.generator` are used, so the open sample stays a fair check.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from scipy.optimize import minimize

from analyzers.exhaustion import weights as gate
from analyzers.exhaustion.backtest import backtest
from analyzers.exhaustion.breaks import crossed_since_break, last_segment
from analyzers.exhaustion.crossing import choose, crossed_by
from analyzers.exhaustion.cycles import crossed_in_cycles, cycles
from analyzers.exhaustion.envelope import envelope
from analyzers.exhaustion.jumps import jumps
from analyzers.exhaustion.models import NAMES
from analyzers.exhaustion.pressure import pressure
from benchmarks.exhaustion.generator import History, generate
from benchmarks.exhaustion.parts import Floats
from benchmarks.exhaustion.runner import batch, group, parameters, truths

EDGES = np.array([0.0, 0.5, 1, 1.5, 2, 3, 4, 5, 6, 7, 8.5, 10, 12, 14, 16, 18, 21, 24, 27, 30, 35, 40, 45, 50, 60])
LEAST = 2e-4  # the share of every bin that no model can deny
DAYS = np.arange(1, 241) / 4


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Histories as the fit sees them: features, and what each expert gives the bin of the true day."""

    seen: gate.Features
    likelihood: Floats  # [n_series, n_experts]
    by14: Floats  # [n_series, n_experts]
    by30: Floats
    days: Floats
    kind: np.ndarray[tuple[int], np.dtype[np.str_]]


def sample(histories: Sequence[History], rows_at_once: int = 128) -> Sample:
    """Run every model on every history."""
    parts: list[tuple[list[int], gate.Features, Floats]] = []
    for rows in group(histories).values():
        for start in range(0, len(rows), rows_at_once):
            chosen = rows[start : start + rows_at_once]
            parts.append((chosen, *experts([histories[i] for i in chosen])))
    order = np.argsort(np.concatenate([rows for rows, _, _ in parts]))
    reached = np.concatenate([by for _, _, by in parts])[order]
    seen = gate.Features(
        model=np.concatenate([f.model for _, f, _ in parts])[order],
        series=np.concatenate([f.series for _, f, _ in parts])[order],
        usable=np.concatenate([f.usable for _, f, _ in parts])[order],
    )
    days = truths(histories)
    kind = np.array([history.kind for history in histories])
    by14, by30 = (reached[:, :, int(np.searchsorted(DAYS, d))] for d in (14, 30))
    return Sample(seen, _likelihood(reached, days), by14, by30, days, kind)


def experts(histories: Sequence[History]) -> tuple[gate.Features, Floats]:
    """Features of histories of one group, and the probability of every expert by every day."""
    _, values, limits = batch(histories)
    turned = pressure(float(histories[0].step), values, limits, parameters(histories[0]))
    seen = envelope(turned.values, turned.bin_seconds)
    jump = jumps(seen.top)
    tested = backtest(seen.top, jump, seen.per_day)
    cyclic = cycles(seen.bins, seen.bins_per_day)
    height = seen.height(DAYS)
    segment = last_segment(seen.top - np.cumsum(jump, axis=1) + jump.sum(axis=1, keepdims=True), seen.per_day)
    limit = turned.limit[:, None] - height
    everything = np.ones((limit.shape[0], len(NAMES)))
    by_models = crossed_by(choose(tested, everything, len(NAMES), DAYS), limit)
    others = [crossed_since_break(segment, limit, DAYS), crossed_in_cycles(cyclic, turned.limit, DAYS)]
    found = gate.features(seen, jump, tested, segment, cyclic, turned.limit)
    return found, np.concatenate([by_models, np.stack(others, axis=1)], axis=1).astype(np.float32)


def _likelihood(reached: Floats, days: Floats) -> Floats:
    """What each expert gives the bin that the true day is in; the last one is "not within the horizon"."""
    at = np.searchsorted(DAYS, EDGES[1:])
    by = np.concatenate(
        [np.zeros((*reached.shape[:2], 1)), reached[:, :, at], np.ones((*reached.shape[:2], 1))], axis=2
    )
    share = np.diff(by, axis=2) * (1 - LEAST * EDGES.size) + LEAST
    index = np.where(np.isnan(days), EDGES.size - 1, np.searchsorted(EDGES, np.nan_to_num(days), side="left") - 1)
    result: Floats = share[np.arange(days.size), :, np.maximum(index, 0)]
    return result


def fit(data: Sample, penalty: float, iterations: int = 400) -> tuple[Floats, Floats]:
    """The coefficients of greatest penalised likelihood, by L-BFGS from equal weights."""
    n_model, n_series = len(gate.MODEL_FEATURES), len(gate.SERIES_FEATURES)
    n_experts = len(gate.EXPERTS)

    def loss(vector: Floats) -> tuple[float, Floats]:
        by_model, by_series = vector[:n_model], vector[n_model:].reshape(n_experts, n_series)
        weight = gate.softmax(gate.logits(data.seen, by_model, by_series), data.seen.usable)
        mixed = (weight * data.likelihood).sum(axis=1)
        value = -np.log(mixed).mean() + penalty * (vector[n_model:] ** 2).sum()
        blame = weight - weight * data.likelihood / mixed[:, None]
        slope_series = blame.T @ data.seen.series / data.days.size
        slope_model = np.einsum("nm,nmk->k", blame[:, : len(NAMES)], data.seen.model) / data.days.size
        return value, np.concatenate([slope_model, (slope_series + 2 * penalty * by_series).ravel()])

    begin = np.zeros(n_model + n_experts * n_series)
    begin[:n_model] = -0.5
    found = minimize(loss, begin, jac=True, method="L-BFGS-B", options={"maxiter": iterations})
    return found.x[:n_model], found.x[n_model:].reshape(n_experts, n_series)


def loss_of(data: Sample, by_model: Floats, by_series: Floats) -> float:
    """The mean negative log-likelihood of some coefficients on other histories."""
    weight = gate.softmax(gate.logits(data.seen, by_model, by_series), data.seen.usable)
    return float(-np.log((weight * data.likelihood).sum(axis=1)).mean())


def write(path: Path, by_model: Floats, by_series: Floats) -> None:
    """Write `weights.json`, rounded to what matters."""
    content = gate.Coefficients(
        experts=list(gate.EXPERTS),
        model_features=list(gate.MODEL_FEATURES),
        series_features=list(gate.SERIES_FEATURES),
        model=[round(float(x), 4) for x in by_model],
        series=[[round(float(x), 4) for x in row] for row in by_series],
    )
    path.write_bytes(msgspec.json.format(msgspec.json.encode(content), indent=1) + b"\n")


def main() -> None:
    """Fit on one set of seeds, report on another, write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--per-kind", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1000)
    parser.add_argument("--penalty", type=float, default=1e-5)
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[2] / "analyzers/exhaustion/weights.json")
    chosen = parser.parse_args()
    data = sample(list(generate(chosen.seed, chosen.per_kind)))
    check = sample(list(generate(chosen.seed + 1, max(chosen.per_kind // 4, 10))))
    by_model, by_series = fit(data, chosen.penalty)
    print(f"fitted {loss_of(data, by_model, by_series):.4f}, on other seeds {loss_of(check, by_model, by_series):.4f}")
    write(chosen.out, by_model, by_series)


if __name__ == "__main__":
    main()
