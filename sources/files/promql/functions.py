"""The functions of the subset, by name."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from promql_parser import Call, Expr, ParenExpr, VectorSelector

from sources.files.promql.context import Context
from sources.files.promql.counters import CHANGES, ahead_kernel
from sources.files.promql.histogram import histogram_quantile
from sources.files.promql.instant import CALENDAR, ELEMENTWISE, rounded
from sources.files.promql.overtime import OVER_TIME, quantile_kernel
from sources.files.promql.relabel import label_join, label_replace
from sources.files.promql.select import RangeVector, sample_times
from sources.files.promql.values import QueryRefusedError, Scalar, Value, Vector
from sources.files.promql.windows import Kernel, over_windows
from sources.files.store import Floats

Evaluate = Callable[[Context, Expr], Value]
Ranges = Callable[[Context, Expr], RangeVector]


@dataclass(frozen=True, slots=True)
class _Arguments:
    """The arguments of one call, evaluated on demand."""

    context: Context
    name: str
    given: list[Expr]
    evaluate: Evaluate
    ranges: Ranges

    def __len__(self) -> int:
        return len(self.given)

    def vector(self, place: int) -> Vector:
        value = self.evaluate(self.context, self.given[place])
        if not isinstance(value, Vector):
            raise self.wrong(place, "series")
        return value

    def numbers(self, place: int) -> Floats:
        value = self.evaluate(self.context, self.given[place])
        if not isinstance(value, Scalar):
            raise self.wrong(place, "a number")
        return value.values

    def per_window(self, place: int) -> Kernel:
        """A number as each window has it: that of its step."""
        values, times = self.numbers(place), self.context.times
        return lambda windows: values[np.searchsorted(times, windows.at)]

    def text(self, place: int) -> str:
        value = self.evaluate(self.context, self.given[place])
        if not isinstance(value, str):
            raise self.wrong(place, "a text")
        return value

    def range(self, place: int) -> RangeVector:
        return self.ranges(self.context, self.given[place])

    def wrong(self, place: int, wanted: str) -> QueryRefusedError:
        return QueryRefusedError(f"argument {place + 1} of {self.name}() must be {wanted}", token=self.name)


def call(context: Context, expression: Call, evaluate: Evaluate, ranges: Ranges) -> Value:
    """The value of a call. Raises `QueryRefusedError` for a function outside the subset."""
    name = expression.func.name
    arguments = _Arguments(context, name, list(expression.args), evaluate, ranges)
    if name in OVER_TIME:
        vector = over_windows(context, arguments.range(0), OVER_TIME[name])
        return vector if name == "last_over_time" else vector.nameless()
    if name in CHANGES:
        return over_windows(context, arguments.range(0), CHANGES[name](context), least=2).nameless()
    if name in ELEMENTWISE:
        return arguments.vector(0).map(ELEMENTWISE[name])
    if name in CALENDAR:
        return _calendar(name, arguments)
    if name in _OTHERS:
        return _OTHERS[name](arguments)
    raise QueryRefusedError(
        f"the function {name}() is not available over files",
        advice=f"Use a Prometheus server, or one of: {', '.join(FUNCTIONS)}",
        token=name,
    )


def _calendar(name: str, arguments: _Arguments) -> Vector:
    if not len(arguments):
        seconds = arguments.context.times[None, :] / 1_000
        return Vector([{}], CALENDAR[name](np.trunc(seconds)), np.ones(seconds.shape, dtype=bool))
    vector = arguments.vector(0)
    usable = np.isfinite(vector.values)
    return vector.map(lambda values: np.where(usable, CALENDAR[name](np.trunc(np.where(usable, values, 0.0))), np.nan))


def _quantile_over_time(arguments: _Arguments) -> Vector:
    kernel = quantile_kernel(arguments.per_window(0))
    return over_windows(arguments.context, arguments.range(1), kernel).nameless()


def _predict_linear(arguments: _Arguments) -> Vector:
    kernel = ahead_kernel(arguments.per_window(1))
    return over_windows(arguments.context, arguments.range(0), kernel, least=2).nameless()


def _clamp(arguments: _Arguments) -> Vector:
    least, most = arguments.numbers(1), arguments.numbers(2)
    vector = arguments.vector(0).map(lambda values: np.maximum(least, np.minimum(most, values)))
    return Vector(vector.metrics, vector.values, vector.present & ~(least > most))


def _clamp_min(arguments: _Arguments) -> Vector:
    least = arguments.numbers(1)
    return arguments.vector(0).map(lambda values: np.maximum(values, least))


def _clamp_max(arguments: _Arguments) -> Vector:
    most = arguments.numbers(1)
    return arguments.vector(0).map(lambda values: np.minimum(values, most))


def _round(arguments: _Arguments) -> Vector:
    nearest = arguments.numbers(1) if len(arguments) > 1 else np.ones(len(arguments.context.times))
    return arguments.vector(0).map(lambda values: rounded(values, nearest))


def _scalar(arguments: _Arguments) -> Scalar:
    """The value of the only series; NaN where there is none or more than one."""
    vector = arguments.vector(0)
    alone = vector.present.sum(axis=0) == 1
    return Scalar(np.where(alone, np.where(vector.present, vector.values, 0.0).sum(axis=0), np.nan))


def _vector(arguments: _Arguments) -> Vector:
    numbers = arguments.numbers(0)[None, :]
    return Vector([{}], numbers, np.ones(numbers.shape, dtype=bool))


def _time(arguments: _Arguments) -> Scalar:
    return Scalar(arguments.context.times / 1_000)


def _timestamp(arguments: _Arguments) -> Vector:
    inner = arguments.given[0]
    while isinstance(inner, ParenExpr):
        inner = inner.expr
    if isinstance(inner, VectorSelector):
        return sample_times(arguments.context, inner)
    seconds = arguments.context.times / 1_000
    return arguments.vector(0).map(lambda values: np.broadcast_to(seconds, values.shape).copy())


def _label_replace(arguments: _Arguments) -> Vector:
    texts = [arguments.text(place) for place in range(1, 5)]
    return label_replace(arguments.vector(0), *texts)


def _label_join(arguments: _Arguments) -> Vector:
    sources = [arguments.text(place) for place in range(3, len(arguments))]
    return label_join(arguments.vector(0), arguments.text(1), arguments.text(2), sources)


def _histogram_quantile(arguments: _Arguments) -> Vector:
    return histogram_quantile(arguments.numbers(0), arguments.vector(1))


def _unsorted(arguments: _Arguments) -> Vector:
    """`sort` and `sort_desc`: over a range there is no order to give."""
    return arguments.vector(0)


_OTHERS: dict[str, Callable[[_Arguments], Value]] = {
    "quantile_over_time": _quantile_over_time,
    "predict_linear": _predict_linear,
    "clamp": _clamp,
    "clamp_min": _clamp_min,
    "clamp_max": _clamp_max,
    "round": _round,
    "scalar": _scalar,
    "vector": _vector,
    "time": _time,
    "timestamp": _timestamp,
    "label_replace": _label_replace,
    "label_join": _label_join,
    "histogram_quantile": _histogram_quantile,
    "sort": _unsorted,
    "sort_desc": _unsorted,
}

FUNCTIONS: tuple[str, ...] = tuple(sorted([*OVER_TIME, *CHANGES, *ELEMENTWISE, *CALENDAR, *_OTHERS]))


def position(query: str, token: str) -> int | None:
    """Where a word stands in a query, counted from 1; None where it can't be told."""
    found = re.search(rf"(?<![\w:]){re.escape(token)}(?![\w:])", query) if token else None
    return found.start() + 1 if found else None
