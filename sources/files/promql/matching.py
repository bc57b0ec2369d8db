"""Operators between two vectors: which series meet (`on`, `ignoring`, `group_left`, ...), and what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from promql_parser import BinModifier, LabelModifier, LabelModifierType, VectorMatchCardinality

from sources.files.promql.operators import ARITHMETIC, COMPARISON
from sources.files.promql.values import NAME, Bools, QueryRefusedError, Vector, drop, group_codes, label_set, written
from sources.files.store import Metric

Key = Callable[[Metric], Hashable]


@dataclass(frozen=True, slots=True)
class Pairs:
    """Which series meet: row `many[n_pairs]` of the one vector, row `one[n_pairs]` of the other."""

    many: NDArray[np.intp]
    one: NDArray[np.intp]


def signature(matching: LabelModifier | None) -> Key:
    """What two series must have in common to meet; the metric name is never part of it unless `on` names it."""
    if matching is None:
        return lambda metric: label_set(drop(metric, (NAME,)))
    names = list(matching.labels)
    if matching.type == LabelModifierType.Include:
        return lambda metric: tuple(metric.get(name, "") for name in names)
    return lambda metric: label_set(drop(metric, [*names, NAME]))


def between_vectors(operator: str, left: Vector, right: Vector, modifier: BinModifier | None) -> Vector:
    """An arithmetic or comparison operator between the series that meet.

    Raises `QueryRefusedError` where a series meets more than one other without saying which side may be many.
    """
    matching = modifier.matching if modifier else None
    card = modifier.card if modifier else VectorMatchCardinality.OneToOne
    swapped = card == VectorMatchCardinality.OneToMany
    many, one = (right, left) if swapped else (left, right)
    key = signature(matching)
    _refuse_duplicates(one, many, key, side="left" if swapped else "right")
    pairs = _pairs(many, one, key)
    values, present = _combined(
        operator, many, one, pairs, swapped=swapped, as_bool=bool(modifier and modifier.return_bool)
    )
    nameless = operator in ARITHMETIC or bool(modifier and modifier.return_bool)
    one_to_one = card == VectorMatchCardinality.OneToOne
    include = list(modifier.group_labels or ()) if modifier else []
    metrics = [
        _result_labels(many.metrics[row], one.metrics[other], matching, include, nameless, one_to_one=one_to_one)
        for row, other in zip(pairs.many, pairs.one, strict=True)
    ]
    try:
        return Vector(metrics, values, present).merged()
    except QueryRefusedError as error:
        raise QueryRefusedError(
            f"several series on the {'left' if not swapped else 'right'} side meet the same one ({error.problem})",
            advice="Say which side may have several with group_left() or group_right()",
            token=operator,
        ) from error


def _pairs(many: Vector, one: Vector, key: Key) -> Pairs:
    partners: dict[Hashable, list[int]] = {}
    for row, metric in enumerate(one.metrics):
        partners.setdefault(key(metric), []).append(row)
    found = [(row, other) for row, metric in enumerate(many.metrics) for other in partners.get(key(metric), ())]
    table = np.array(found, dtype=np.intp).reshape(-1, 2)
    return Pairs(table[:, 0], table[:, 1])


def _combined(
    operator: str, many: Vector, one: Vector, pairs: Pairs, *, swapped: bool, as_bool: bool
) -> tuple[NDArray[np.float64], Bools]:
    first, second = many.values[pairs.many], one.values[pairs.one]
    left, right = (second, first) if swapped else (first, second)
    present = many.present[pairs.many] & one.present[pairs.one]
    with np.errstate(all="ignore"):
        if operator in ARITHMETIC:
            return ARITHMETIC[operator](left, right), present
        holds = COMPARISON[operator](left, right)
    if as_bool:
        return holds.astype(np.float64), present
    return left, present & holds


def _result_labels(
    many: Metric,
    one: Metric,
    matching: LabelModifier | None,
    include: Sequence[str],
    nameless: bool,
    *,
    one_to_one: bool,
) -> Metric:
    labels = dict(drop(many, (NAME,)) if nameless else many)
    if one_to_one and matching is not None:
        if matching.type == LabelModifierType.Include:
            return {name: labels[name] for name in matching.labels if name in labels}
        return drop(labels, matching.labels)
    for name in include:
        labels.pop(name, None)
        if one.get(name):
            labels[name] = one[name]
    return labels


def _refuse_duplicates(one: Vector, many: Vector, key: Key, *, side: str) -> None:
    """Raise `QueryRefusedError` where two series of `one` are the same to `many`, at a step at which there are any."""
    codes, firsts = group_codes(one.metrics, key)
    if len(firsts) == len(one):
        return
    count = np.zeros((len(firsts), one.values.shape[1]), dtype=np.int32)
    np.add.at(count, codes, one.present)
    twice = ((count > 1) & many.present.any(axis=0)).any(axis=1)
    if twice.any():
        row = firsts[int(np.flatnonzero(twice)[0])]
        raise QueryRefusedError(
            f"several series on the {side} side meet the same one, such as {written(one.metrics[row])}",
            advice="Match on more labels, or aggregate that side first",
        )


def set_operation(operator: str, left: Vector, right: Vector, modifier: BinModifier | None) -> Vector:
    """`and`, `or`, `unless`: series by whether the other side has one of the same signature, step by step."""
    key = signature(modifier.matching if modifier else None)
    if operator == "or":
        rest = replace(right, present=right.present & ~_met(right, left, key))
        return Vector(
            [*left.metrics, *rest.metrics],
            np.concatenate([left.values, rest.values]),
            np.concatenate([left.present, rest.present]),
        ).merged()
    met = _met(left, right, key)
    return replace(left, present=left.present & (met if operator == "and" else ~met))


def _met(vector: Vector, other: Vector, key: Key) -> Bools:
    """At which steps each series of a vector has a partner in the other, `[n_series, n_steps]`."""
    codes, firsts = group_codes(other.metrics, key)
    there = np.zeros((len(firsts) + 1, vector.values.shape[1]), dtype=bool)  # the last row: no partner at all
    np.logical_or.at(there, codes, other.present)
    number = {key(other.metrics[first]): code for code, first in enumerate(firsts)}
    rows = np.array([number.get(key(metric), len(firsts)) for metric in vector.metrics], dtype=np.intp)
    met: Bools = there[rows]
    return met
