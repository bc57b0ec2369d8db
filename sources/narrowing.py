"""Which selectors of a query must be narrowed so that the whole query gives a part of its series, and the same values.

Safe only where series of different values of the label never meet on the way to the result: an aggregation must keep
the label, a match of two sides must be on it or take it from one side alone, and no call may write or lose it.
"""

from __future__ import annotations

from itertools import chain

import promql_parser as promql
from promql_parser import (
    AggModifierType,
    AggregateExpr,
    BinaryExpr,
    BinModifier,
    Call,
    Expr,
    LabelModifierType,
    MatrixSelector,
    NumberLiteral,
    ParenExpr,
    StringLiteral,
    SubqueryExpr,
    UnaryExpr,
    ValueType,
    VectorMatchCardinality,
    VectorSelector,
)

LABELS_LOST = frozenset({"absent", "absent_over_time", "info", "vector"})  # calls whose result has labels of its own
LABELS_WRITTEN = frozenset({"label_replace", "label_join"})
PICK_ACROSS = frozenset({"limitk", "limit_ratio"})  # which series they pick depends on all they see


class CannotNarrowError(Exception):
    """Narrowing could change what the query means."""


def choose(node: Expr, label: str) -> list[bool]:
    """For each vector selector, in the order of a walk through the tree: whether it must be narrowed by the label.

    Raises `CannotNarrowError` where the result would not be exactly the part of the query's series with these values.
    """
    if labelless(node):
        raise CannotNarrowError("a number has no labels")
    match node:
        case VectorSelector():
            return _selector(node, label)
        case MatrixSelector():
            return _selector(node.vector_selector, label)
        case ParenExpr() | UnaryExpr() | SubqueryExpr():
            return choose(node.expr, label)
        case Call():
            return _call(node, label)
        case AggregateExpr():
            return _aggregation(node, label)
        case BinaryExpr():
            return _binary(node, label)
    raise CannotNarrowError("an expression of a kind that is not known")


def choose_below(node: Expr, label: str) -> list[bool]:
    """For each vector selector, in the order of a walk: whether the series that it selects have the label, it seems.

    As `choose`, and where the result does not keep the label, those from which it is dropped on the way: a sum over
    some of the series only is another sum, and may be what is wanted.
    """
    try:
        return choose(node, label)
    except CannotNarrowError:
        pass
    match node:
        case ParenExpr() | UnaryExpr() | SubqueryExpr():
            return choose_below(node.expr, label)
        case AggregateExpr():
            return [*(_leave(node.param) if node.param is not None else []), *choose_below(node.expr, label)]
        case Call():
            return list(chain.from_iterable(_leave(a) if labelless(a) else choose_below(a, label) for a in node.args))
        case BinaryExpr():
            left, right = _sides_with(node, label)
            return [
                *(choose_below(node.lhs, label) if left else _leave(node.lhs)),
                *(choose_below(node.rhs, label) if right else _leave(node.rhs)),
            ]
    return [not chosen for chosen in _leave(node)]


def writes(node: Expr, label: str) -> bool:
    """Whether a call or an aggregation in the expression writes the label, so that no selector can match by it."""
    found: list[bool] = []

    def visit(inner: Expr) -> None:
        if isinstance(inner, Call):
            found.append(inner.func.name in LABELS_WRITTEN and inner.args[1].val == label)
        elif isinstance(inner, AggregateExpr):
            found.append(isinstance(inner.param, StringLiteral) and inner.param.val == label)

    promql.walk(node, visit)
    return any(found)


def _sides_with(node: BinaryExpr, label: str) -> tuple[bool, bool]:
    """Which sides of a match have the label: both, or the one that alone gives it to the result."""
    modifier = node.modifier
    if labelless(node.lhs) or labelless(node.rhs):
        return not labelless(node.lhs), not labelless(node.rhs)
    if modifier is None or _matched_on(modifier, label):
        return True, True
    many_left = modifier.card == VectorMatchCardinality.ManyToOne
    if label in (modifier.group_labels or []):
        return not many_left, many_left
    if str(node.op) in {"and", "unless"} or many_left:
        return True, False
    return modifier.card != VectorMatchCardinality.OneToMany, True


def _selector(node: VectorSelector, label: str) -> list[bool]:
    if node.matchers.or_matchers or label == "__name__":
        raise CannotNarrowError("alternatives, or a label that functions drop")
    return [True]


def _call(node: Call, label: str) -> list[bool]:
    name = node.func.name
    vectors = [argument for argument in node.args if not labelless(argument)]
    if name in LABELS_LOST or not vectors:
        raise CannotNarrowError(f"{name}() does not keep labels")
    if name in LABELS_WRITTEN and node.args[1].val == label:
        raise CannotNarrowError(f"{name}() writes the label")
    if name.startswith("histogram_") and label == "le":
        raise CannotNarrowError(f"{name}() needs all buckets")
    return list(chain.from_iterable(_leave(a) if labelless(a) else choose(a, label) for a in node.args))


def _aggregation(node: AggregateExpr, label: str) -> list[bool]:
    name = str(node.op)
    if name in PICK_ACROSS or node.modifier is None:
        raise CannotNarrowError(f"{name} sees all series at once")
    if (label in node.modifier.labels) != (node.modifier.type == AggModifierType.By):
        raise CannotNarrowError(f"{name} drops the label")
    if isinstance(node.param, StringLiteral) and node.param.val == label:
        raise CannotNarrowError(f"{name} writes the label")
    return [*(_leave(node.param) if node.param is not None else []), *choose(node.expr, label)]


def _binary(node: BinaryExpr, label: str) -> list[bool]:
    if labelless(node.lhs):
        return [*_leave(node.lhs), *choose(node.rhs, label)]
    if labelless(node.rhs):
        return [*choose(node.lhs, label), *_leave(node.rhs)]
    if _matched_on(node.modifier, label):
        return [*choose(node.lhs, label), *choose(node.rhs, label)]
    return _one_side(node, label)


def _matched_on(modifier: BinModifier | None, label: str) -> bool:
    """Whether two series match only when their values of the label are equal."""
    if modifier is None or modifier.matching is None:
        return True
    included = bool(modifier.matching.type == LabelModifierType.Include)
    return (label in modifier.matching.labels) == included


def _one_side(node: BinaryExpr, label: str) -> list[bool]:
    """A match that is not on the label: the result has it from one side, and only that one may be narrowed."""
    modifier = node.modifier
    fills = modifier.fill_values if modifier is not None else None
    if modifier is None or fills is None or fills.lhs is not None or fills.rhs is not None:
        raise CannotNarrowError("unmatched series are filled in")
    if label in (modifier.group_labels or []):
        raise CannotNarrowError("the label comes from the other side")
    if str(node.op) in {"and", "unless"} or modifier.card == VectorMatchCardinality.ManyToOne:
        return [*choose(node.lhs, label), *_leave(node.rhs)]
    if modifier.card == VectorMatchCardinality.OneToMany:
        return [*_leave(node.lhs), *choose(node.rhs, label)]
    raise CannotNarrowError("the match drops the label")


def labelless(node: Expr) -> bool:
    """Whether the expression is one number (or text) without labels."""
    match node:
        case NumberLiteral() | StringLiteral():
            return True
        case ParenExpr() | UnaryExpr():
            return labelless(node.expr)
        case BinaryExpr():
            return labelless(node.lhs) and labelless(node.rhs)
        case Call():
            return bool(node.func.return_type == ValueType.Scalar)
    return False


def _leave(node: Expr) -> list[bool]:
    """Every selector of the expression stays as it is."""
    found: list[bool] = []

    def visit(inner: Expr) -> None:
        if isinstance(inner, VectorSelector):
            found.append(False)

    promql.walk(node, visit)
    return found
