"""What an expression evaluates to: a vector of series over all steps, one number per step, or a text."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sources.files.store import Floats, Metric

Bools = NDArray[np.bool_]
NAME = "__name__"
MAX_CELLS = 60_000_000  # series times steps of one expression: 480 MB


class QueryRefusedError(ValueError):
    """A query that can't be answered: what is wrong with it, and what to do. `token` is the text to point at."""

    def __init__(self, problem: str, *, advice: str = "", token: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.advice = advice
        self.token = token


class QueryTooLargeError(ValueError):
    """A query that would take too much memory at once."""


@dataclass(frozen=True, slots=True, eq=False)
class Vector:
    """Series over all steps: `values[n_series, n_steps]`, `present[n_series, n_steps]`.

    A value may be NaN and present (0 / 0); where `present` is false the value means nothing.
    """

    metrics: Sequence[Metric]
    values: Floats
    present: Bools

    def __len__(self) -> int:
        return len(self.metrics)

    def map(self, function: Callable[[Floats], Floats], *, keep_name: bool = False) -> Vector:
        """The same series with every value put through a function; the metric name is dropped unless kept."""
        with np.errstate(all="ignore"):
            changed = replace(self, values=function(self.values))
        return changed if keep_name else changed.nameless()

    def nameless(self) -> Vector:
        """The same series without `__name__`. Raises `QueryRefusedError` where two become one."""
        return replace(self, metrics=[drop(metric, (NAME,)) for metric in self.metrics]).merged()

    def merged(self) -> Vector:
        """Series of equal labels as one. Raises `QueryRefusedError` where two of them have a value at one step."""
        codes, firsts = group_codes(self.metrics, label_set)
        if len(firsts) == len(self.metrics):
            return self
        count = np.zeros((len(firsts), self.values.shape[1]), dtype=np.int32)
        np.add.at(count, codes, self.present)
        if (count > 1).any():
            twice = int(np.flatnonzero((count > 1).any(axis=1))[0])
            raise QueryRefusedError(
                f"two series end up with the same labels {written(self.metrics[firsts[twice]])}",
                advice="Keep a label that tells them apart, or aggregate them",
            )
        values = np.full(count.shape, np.nan)
        for row, code in enumerate(codes):
            values[code] = np.where(self.present[row], self.values[row], values[code])
        return Vector([self.metrics[first] for first in firsts], values, count > 0)

    def only(self, rows: NDArray[np.intp] | Bools) -> Vector:
        """Some of the series."""
        chosen = np.flatnonzero(rows) if rows.dtype == bool else rows
        return Vector([self.metrics[int(row)] for row in chosen], self.values[chosen], self.present[chosen])


@dataclass(frozen=True, slots=True, eq=False)
class Scalar:
    """One number per step, `values[n_steps]`."""

    values: Floats


def refuse_too_large(series: int, steps: int) -> None:
    """Raise `QueryTooLargeError` where so many series with so many steps would take too much memory."""
    if series * steps > MAX_CELLS:
        raise QueryTooLargeError(f"{series} series of {steps} steps are more than {MAX_CELLS:,} values at once")


Value = Vector | Scalar | str


def drop(metric: Metric, names: Sequence[str]) -> Metric:
    """The labels but those with these names."""
    return {name: value for name, value in metric.items() if name not in names}


def label_set(metric: Metric) -> Hashable:
    """The labels as something that can be compared; a label with an empty value is as good as none."""
    return tuple(sorted((name, value) for name, value in metric.items() if value))


def group_codes(metrics: Sequence[Metric], key: Callable[[Metric], Hashable]) -> tuple[NDArray[np.intp], list[int]]:
    """The group of each series, `[n_series]`, in order of appearance, and the first series of each group."""
    numbers: dict[Hashable, int] = {}
    firsts: list[int] = []
    codes = np.empty(len(metrics), dtype=np.intp)
    for row, metric in enumerate(metrics):
        code = numbers.setdefault(key(metric), len(firsts))
        if code == len(firsts):
            firsts.append(row)
        codes[row] = code
    return codes, firsts


def written(metric: Metric) -> str:
    """The labels for a person."""
    return "{" + ", ".join(f'{name}="{value}"' for name, value in sorted(metric.items())) + "}"
