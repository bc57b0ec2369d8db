"""Evaluates an expression: a visitor of the syntax tree that `promql_parser` gives.

What is understood: selectors with all four matchers (and `{__name__=~"..."}`), `offset` and `@`; numbers and
arithmetic; comparisons with and without `bool`; `and`, `or`, `unless`; `on`, `ignoring`, `group_left`, `group_right`;
the aggregations sum, avg, min, max, count, group, stddev, stdvar, quantile; subqueries; and the functions in
`functions.FUNCTIONS`.
Anything else is refused by name.
"""

from __future__ import annotations

import numpy as np
from promql_parser import (
    AggregateExpr,
    BinaryExpr,
    Call,
    Expr,
    MatrixSelector,
    NumberLiteral,
    ParenExpr,
    StringLiteral,
    SubqueryExpr,
    UnaryExpr,
    VectorSelector,
)

from sources.files.promql import functions
from sources.files.promql.aggregate import aggregate
from sources.files.promql.context import Context
from sources.files.promql.matching import between_vectors, set_operation
from sources.files.promql.operators import between_scalars, known, with_scalar
from sources.files.promql.select import RangeVector, instant_vector, milliseconds, moments, range_vector
from sources.files.promql.values import QueryRefusedError, Scalar, Value, Vector, refuse_too_large
from sources.files.store import Samples

SUBQUERY_STEP = 60_000  # Prometheus' default evaluation interval, for `[1h:]`


def evaluate(context: Context, expression: Expr) -> Value:
    """The value of an expression at every step. Raises `QueryRefusedError` for what can't be answered."""
    value: Value
    match expression:
        case ParenExpr():
            value = evaluate(context, expression.expr)
        case NumberLiteral():
            value = Scalar(np.full(len(context.times), expression.val))
        case StringLiteral():
            value = expression.val
        case VectorSelector():
            value = instant_vector(context, expression)
        case UnaryExpr():
            value = _negated(evaluate(context, expression.expr))
        case AggregateExpr():
            value = _aggregated(context, expression)
        case BinaryExpr():
            value = _binary(context, expression)
        case Call():
            value = functions.call(context, expression, evaluate, _ranges)
        case _:
            raise QueryRefusedError(
                "a range of samples has no single value at a time",
                advice="Wrap it in a function such as rate() or last_over_time()",
            )
    return value


def _negated(value: Value) -> Value:
    if isinstance(value, Vector):
        return value.map(np.negative)
    if isinstance(value, Scalar):
        return Scalar(-value.values)
    raise QueryRefusedError("a text can't be negated")


def _aggregated(context: Context, expression: AggregateExpr) -> Vector:
    vector = evaluate(context, expression.expr)
    if not isinstance(vector, Vector):
        raise QueryRefusedError(f"{expression.op} takes series", token=str(expression.op))
    parameter = None
    if expression.param is not None:
        given = evaluate(context, expression.param)
        parameter = given.values if isinstance(given, Scalar) else None
    return aggregate(str(expression.op), vector, expression.modifier, parameter)


def _binary(context: Context, expression: BinaryExpr) -> Value:
    left, right = evaluate(context, expression.lhs), evaluate(context, expression.rhs)
    operator = str(expression.op)
    modifier = expression.modifier
    if isinstance(left, Vector) and isinstance(right, Vector):
        if operator in ("and", "or", "unless"):
            return set_operation(operator, left, right, modifier)
        return between_vectors(known(operator), left, right, modifier)
    as_bool = bool(modifier and modifier.return_bool)
    if isinstance(left, Vector) and isinstance(right, Scalar):
        return with_scalar(known(operator), left, right, swapped=False, as_bool=as_bool)
    if isinstance(left, Scalar) and isinstance(right, Vector):
        return with_scalar(known(operator), right, left, swapped=True, as_bool=as_bool)
    if isinstance(left, Scalar) and isinstance(right, Scalar):
        return between_scalars(known(operator), left, right)
    raise QueryRefusedError(f"{operator} does not take a text", token=operator)


def _ranges(context: Context, expression: Expr) -> RangeVector:
    """The samples behind a range selector or a subquery."""
    match expression:
        case ParenExpr():
            return _ranges(context, expression.expr)
        case MatrixSelector():
            return range_vector(context, expression)
        case SubqueryExpr():
            return _subquery(context, expression)
    raise QueryRefusedError("a range of samples is needed here, such as metric[5m]")


def _subquery(context: Context, expression: SubqueryExpr) -> RangeVector:
    """The values of an expression at the multiples of the subquery's step, as if they were samples."""
    length = milliseconds(expression.range)
    step = milliseconds(expression.step) or SUBQUERY_STEP
    ends = moments(context, expression.at, expression.offset)
    starts = ends - length
    first = -(-int(starts.min(initial=0 if not starts.size else int(starts[0]))) // step) * step
    last = int(ends.max(initial=first)) // step * step
    refuse_too_large(1, (last - first) // step + 1)
    times = np.arange(first, last + 1, step, dtype=np.int64)
    value = evaluate(context.at_steps(times), expression.expr)
    if not isinstance(value, Vector):
        raise QueryRefusedError("a subquery takes series", advice="Wrap the number in vector()")
    codes, steps = np.nonzero(value.present)
    samples = Samples.of(codes.astype(np.int64), times[steps], value.values[value.present])
    return RangeVector(list(value.metrics), samples, np.arange(len(value), dtype=np.int64), starts, ends)
