"""What is known of a chunk of series before their limits are asked about: structure, models, weights."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from analyzers.exhaustion.atlimit import kept_below, stands_there
from analyzers.exhaustion.contract import CapacityParameters, Flags, Floats
from analyzers.exhaustion.features import features
from analyzers.exhaustion.models import NAMES
from analyzers.exhaustion.network import Learnt, fitted_network, learnt
from analyzers.exhaustion.outline import outline
from analyzers.exhaustion.pressure import increase
from analyzers.exhaustion.structure import Structure, structure
from analyzers.exhaustion.weights import EXPERTS, fitted_gates
from domain.watch import Measure


@dataclass(frozen=True, slots=True, eq=False)
class View(Structure):
    """What was found out about the series of a chunk that can be analysed."""

    weight: Floats  # [n_series, n_experts]
    factor: Floats  # [n_series, n_factors]: how likely errors ahead are so many times those of the past
    learnt: Learnt
    exhausted: Flags  # [n_series]: at its limit now

    @property
    def of_models(self) -> Floats:
        """The weights of the models, `[n_series, n_models]`."""
        return self.weight[:, : len(NAMES)]

    @property
    def of_experts(self) -> list[Floats]:
        """The weights of each of the other experts, `[n_series, n_names]` each."""
        ends = np.cumsum([len(expert.NAMES) for expert in self.experts.every])
        return np.split(self.weight[:, len(NAMES) :], ends[:-1], axis=1)


def look(step: float, values: Floats, limits: Floats, parameters: CapacityParameters) -> View:
    """Clean a batch, find its structure, test the models on its past, and weigh them."""
    found = structure(step, values, limits, parameters)
    shown = features(found)
    weight, factor = fitted_gates().weights(shown)
    seen = increase(values)[0] if parameters.measure is Measure.COUNTER else values
    exhausted = stands_there(found.turned, found.turned.sign * seen, step)
    weight = _believed(weight, np.where(exhausted, 0.0, kept_below(found)))
    clear = ~shown.usable[:, EXPERTS.index("never")]  # growth that is foretold so well needs no experience
    told = learnt(fitted_network(), outline(found, shown), ~clear)
    every = {field.name: getattr(found, field.name) for field in fields(found)}
    return View(**every, weight=weight, factor=factor, learnt=told, exhausted=exhausted)


def _believed(weight: Floats, kept: Floats) -> Floats:
    """`weight[n_series, n_experts]` with so much less for "never", `kept[n_series]`, and more for the others."""
    believed = weight.copy()
    believed[:, EXPERTS.index("never")] *= kept
    total = believed.sum(axis=1, keepdims=True)
    return np.asarray(np.where(total > 0, believed / np.where(total > 0, total, 1.0), weight), dtype=np.float64)
