"""What is known of a chunk of series before their limits are asked about: structure, models, weights."""

from __future__ import annotations

from dataclasses import dataclass, fields

from analyzers.exhaustion.contract import CapacityParameters, Floats
from analyzers.exhaustion.features import features
from analyzers.exhaustion.network import Learnt, fitted_network, learnt
from analyzers.exhaustion.outline import outline
from analyzers.exhaustion.structure import Structure, structure
from analyzers.exhaustion.weights import EXPERTS, fitted_gates


@dataclass(frozen=True, slots=True, eq=False)
class View(Structure):
    """What was found out about the series of a chunk that can be analysed."""

    weight: Floats  # [n_series, n_experts]
    factor: Floats  # [n_series, n_factors]: how likely errors ahead are so many times those of the past
    learnt: Learnt


def look(step: float, values: Floats, limits: Floats, parameters: CapacityParameters) -> View:
    """Clean a batch, find its structure, test the models on its past, and weigh them."""
    found = structure(step, values, limits, parameters)
    shown = features(found)
    weight, factor = fitted_gates().weights(shown)
    clear = ~shown.usable[:, EXPERTS.index("never")]  # growth that is foretold so well needs no experience
    told = learnt(fitted_network(), outline(found, shown), ~clear)
    every = {field.name: getattr(found, field.name) for field in fields(found)}
    return View(**every, weight=weight, factor=factor, learnt=told)
