"""Operators between numbers, and between a vector and a scalar."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from sources.files.promql.values import Bools, QueryRefusedError, Scalar, Vector
from sources.files.store import Floats

ARITHMETIC: Mapping[str, Callable[[Floats, Floats], Floats]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "%": np.fmod,  # the sign of the left side, as Go's math.Mod
    "^": np.power,
    "atan2": np.arctan2,
}
COMPARISON: Mapping[str, Callable[[Floats, Floats], Bools]] = {
    "==": np.equal,
    "!=": np.not_equal,
    ">": np.greater,
    "<": np.less,
    ">=": np.greater_equal,
    "<=": np.less_equal,
}


def known(operator: str) -> str:
    """The operator. Raises `QueryRefusedError` where it is neither arithmetic nor comparison."""
    if operator not in ARITHMETIC and operator not in COMPARISON:
        raise QueryRefusedError(f"the operator {operator} is not available over files", token=operator)
    return operator


def between_scalars(operator: str, left: Scalar, right: Scalar) -> Scalar:
    """Two numbers to one, at every step; a comparison gives 0 or 1."""
    with np.errstate(all="ignore"):
        if operator in ARITHMETIC:
            return Scalar(ARITHMETIC[operator](left.values, right.values))
        return Scalar(COMPARISON[operator](left.values, right.values).astype(np.float64))


def with_scalar(operator: str, vector: Vector, scalar: Scalar, *, swapped: bool, as_bool: bool) -> Vector:
    """A vector and a number; `swapped` where the number stands on the left. A comparison keeps the vector's values."""
    with np.errstate(all="ignore"):
        number = scalar.values[None, :]
        sides = (number, vector.values) if swapped else (vector.values, number)
        if operator in ARITHMETIC:
            return replace(vector, values=ARITHMETIC[operator](*sides)).nameless()
        holds = COMPARISON[operator](*sides)
    if as_bool:
        return replace(vector, values=holds.astype(np.float64)).nameless()
    return replace(vector, present=vector.present & holds)
