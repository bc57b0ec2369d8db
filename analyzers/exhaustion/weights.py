"""How much each model is believed for each series: by its own backtest first, and by what is known of such series.

A softmax over the experts, whose scores are a linear function of features and of a small hidden layer (a mixture of
experts, Jacobs et al. 1991); the mean of several such gates (bagging, Breiman 1996). The coefficients are in
`weights.json`: they were fitted by `benchmarks.exhaustion.train` to the true days of histories that
`benchmarks.exhaustion.generator` made, and to nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import msgspec
import numpy as np

from analyzers.exhaustion.contract import Floats
from analyzers.exhaustion.experts import NAMES as OTHERS
from analyzers.exhaustion.features import MODEL_FEATURES, SERIES_FEATURES, Features
from analyzers.exhaustion.models import NAMES

EXPERTS = (*NAMES, *OTHERS)
FACTORS = (0.5, 1.0, 2.0)  # what errors ahead may be of the errors in the past


@dataclass(frozen=True, slots=True, eq=False)
class Gate:
    """The coefficients."""

    by_model: Floats  # [n_model_features], the same for all models
    by_series: Floats  # [n_experts, n_series_features]
    by_factor: Floats  # [n_factors, n_series_features]
    hidden: Floats  # [n_hidden, n_series_features]
    by_hidden: Floats  # [n_experts, n_hidden]

    def units(self, seen: Features) -> Floats:
        """What the hidden units say, `[n_series, n_hidden]`."""
        result: Floats = np.tanh(seen.series @ self.hidden.T)
        return result

    def weights(self, seen: Features) -> tuple[Floats, Floats]:
        """The weight of every expert, `[n_series, n_experts]`, and of every factor, `[n_series, n_factors]`.

        Rows add up to one.
        """
        scores = seen.series @ self.by_series.T + self.units(seen) @ self.by_hidden.T
        scores[:, : len(NAMES)] += seen.model @ self.by_model
        raw = seen.series @ self.by_factor.T
        return softmax(scores, seen.usable), softmax(raw, np.ones(raw.shape, dtype=np.bool_))


@dataclass(frozen=True, slots=True, eq=False)
class Gates:
    """Several gates, each fitted to other kinds of histories: their mean errs less than each, and moves less."""

    parts: tuple[Gate, ...]

    def weights(self, seen: Features) -> tuple[Floats, Floats]:
        """The mean of what the gates say, as in `Gate.weights`."""
        said = [gate.weights(seen) for gate in self.parts]
        experts, factors = (np.mean(np.stack(told), axis=0) for told in zip(*said, strict=True))
        return experts, factors


class GateCoefficients(msgspec.Struct, frozen=True):
    """One gate in `weights.json`."""

    model: list[float]  # one per model feature
    series: list[list[float]]  # [n_experts][n_series_features]
    factor: list[list[float]]  # [n_factors][n_series_features]
    hidden: list[list[float]]  # [n_hidden][n_series_features]
    by_hidden: list[list[float]]  # [n_experts][n_hidden]


class Coefficients(msgspec.Struct, frozen=True):
    """The content of `weights.json`, by name."""

    experts: list[str]
    model_features: list[str]
    series_features: list[str]
    gates: list[GateCoefficients]


@cache
def fitted_gates() -> Gates:
    """The gates of `weights.json`.

    Raises
    ------
    ValueError
        when they were fitted for other models or features than these.
    """
    raw = files("analyzers.exhaustion").joinpath("weights.json").read_bytes()
    read = msgspec.json.decode(raw, type=Coefficients)
    wanted = [list(EXPERTS), list(MODEL_FEATURES), list(SERIES_FEATURES)]
    if [read.experts, read.model_features, read.series_features] != wanted:
        raise ValueError("weights.json was fitted for other models: run python -m benchmarks.exhaustion.train")
    return Gates(
        tuple(
            Gate(*(np.array(x) for x in (gate.model, gate.series, gate.factor, gate.hidden, gate.by_hidden)))
            for gate in read.gates
        )
    )


def softmax(scores: Floats, usable: np.ndarray[tuple[int, int], np.dtype[np.bool_]]) -> Floats:
    """Weights from scores; those that can't be used have none. A row without any believes the first expert."""
    allowed = usable.copy()
    allowed[~usable.any(axis=1), 0] = True
    shown = np.where(allowed, scores, -np.inf)
    raw = np.exp(shown - shown.max(axis=1, keepdims=True))
    result: Floats = raw / raw.sum(axis=1, keepdims=True)
    return result
