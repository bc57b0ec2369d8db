"""Whether a query gives a counter as it stands, or how fast something rises: what must not be taken for each other."""

from __future__ import annotations

from promql_parser import (
    AggregateExpr,
    BinaryExpr,
    Call,
    Expr,
    MatrixSelector,
    ParenExpr,
    SubqueryExpr,
    UnaryExpr,
    VectorSelector,
)

from sources.syntax import parse

SUFFIX = "_total"  # what OpenMetrics has the name of every counter end with
RATES = frozenset({"rate", "irate", "increase", "delta", "idelta", "deriv"})
_PASS_ON = frozenset({"label_replace", "label_join"})
_LEVEL_OVER_TIME = frozenset({"avg_over_time", "first_over_time", "last_over_time", "max_over_time", "min_over_time"})
_LEVEL_OF_MANY = frozenset({"sum", "avg", "min", "max", "topk", "bottomk", "limitk"})


def raw_counter(query: str) -> str | None:
    """The counter whose value a query gives without rate() or its like, by name; None where there is none.

    `a_total - b_total` (how many are under way) and `a_total / b_total` (the share of all) are levels. Raises
    `ValueError` for what is no PromQL.
    """
    return _rises(parse(query))


def gives_a_rate(query: str) -> bool:
    """Whether the value is how fast something rises, or by how much it rose lately: no counter, and never its level.

    Raises `ValueError` for what is no PromQL.
    """
    return _is_rate(parse(query))


def _rises(node: Expr) -> str | None:
    match node:
        case VectorSelector():
            return node.name if (node.name or "").endswith(SUFFIX) else None
        case ParenExpr() | UnaryExpr() | SubqueryExpr():
            return _rises(node.expr)
        case AggregateExpr():
            return _rises(node.expr) if str(node.op) in _LEVEL_OF_MANY else None
        case Call():
            return _rises_in_call(node)
        case BinaryExpr():
            return _rises_of_two(node)
    return None


def _rises_in_call(node: Call) -> str | None:
    if node.func.name in _PASS_ON:
        return _rises(node.args[0])
    if node.func.name not in _LEVEL_OVER_TIME:
        return None
    over: Expr = node.args[0]
    return _rises(over.vector_selector if isinstance(over, MatrixSelector) else over)


def _rises_of_two(node: BinaryExpr) -> str | None:
    left, right = _rises(node.lhs), _rises(node.rhs)
    match str(node.op):
        case "+" | "*" | "or":
            return left or right
        case "-" | "/":
            return left if right is None else None
        case "%" | "^" | "atan2":
            return None
    answers = node.modifier is not None and node.modifier.return_bool
    return None if answers else left  # a filter, by comparison or by another's presence


def _is_rate(node: Expr) -> bool:
    match node:
        case ParenExpr() | UnaryExpr():
            return _is_rate(node.expr)
        case AggregateExpr():
            return str(node.op) in _LEVEL_OF_MANY and _is_rate(node.expr)
        case Call():
            return node.func.name in RATES or (node.func.name in _PASS_ON and _is_rate(node.args[0]))
        case BinaryExpr():
            return _is_rate(node.lhs) or (str(node.op) in {"+", "*", "or"} and _is_rate(node.rhs))
    return False
