"""PromQL as text: is it well formed, what does it select, and can it be asked for a part of its series only."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

import promql_parser as promql
from promql_parser import (
    Expr,
    Matcher,
    MatchOp,
    MatrixSelector,
    ParenExpr,
    StringLiteral,
    SubqueryExpr,
    UnaryExpr,
    VectorSelector,
)

from domain.labels import quote
from domain.times import utc
from sources.narrowing import CannotNarrowError, choose, labelless
from sources.patterns import escape_regex
from sources.syntax import parse

_OPERATORS = ((MatchOp.Equal, "="), (MatchOp.NotEqual, "!="), (MatchOp.Re, "=~"), (MatchOp.NotRe, "!~"))
_PLAIN_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


def validate(query: str) -> str | None:
    """What is wrong with a query that is to give series over time, in words; None when it is well formed.

    Extensions of one server (MetricsQL, experimental functions) are not known here and are called wrong.
    """
    try:
        tree = parse(query)
    except ValueError as error:
        return f"not valid PromQL: {error}"
    if isinstance(_inner(tree), MatrixSelector | SubqueryExpr):
        return "a range vector has no single value at a time: wrap it in a function such as rate() or last_over_time()"
    if isinstance(_inner(tree), StringLiteral):
        return "a string is not a number over time"
    return None


def selectors(query: str) -> tuple[str, ...]:
    """The series selectors of a query, each as text without range, offset and @.

    Raises `ValueError` for what is no PromQL.
    """
    found: list[str] = []

    def visit(node: Expr) -> None:
        if isinstance(node, VectorSelector):
            found.append(_selector(node))

    promql.walk(parse(query), visit)
    return tuple(dict.fromkeys(found))


def narrow(query: str, label: str, values: Iterable[str]) -> str | None:
    """The same query for those series only whose `label` has one of these values; None where that can't be told apart.

    A matcher `label=~"a|b"` goes into the selectors that the result has its `label` from; `sources.narrowing` says when
    that is safe. A value of `""` stands for series without the label. Raises `ValueError` for no values at all.
    """
    pattern = "|".join(escape_regex(value) for value in _some(values))
    matcher = f"{label}=~{quote(pattern)}"  # no matcher where the name is no plain word, which not all servers take
    try:
        tree = parse(query)
        return with_matcher(tree, matcher, choose(tree, label))
    except (ValueError, CannotNarrowError):
        return None


def with_matcher(tree: Expr, matcher: str, chosen: Iterable[bool]) -> str:
    """The expression on one line, with a matcher more in those selectors, in the order of a walk, that are chosen.

    Raises `ValueError` where the matcher is none.
    """
    wanted = iter(chosen)
    return on_one_line(promql.transform(tree, lambda node: _with_matcher(node, matcher, wanted)))


def narrowed_selectors(query: str, label: str) -> int:
    """Into how many selectors `narrow` puts its matcher; 0 where it can't narrow."""
    try:
        return sum(choose(parse(query), label))
    except (ValueError, CannotNarrowError):
        return 0


def bytes_of_value(value: str) -> int:
    """What one value more adds to each matcher of a narrowed query, in bytes of UTF-8."""
    return len(f"|{quote(escape_regex(value))}".encode()) - len('""')


def is_scalar(query: str) -> bool:
    """Whether the query is one number without labels, such as `time() / 2`; False for what can't be parsed."""
    try:
        return labelless(parse(query))
    except ValueError:
        return False


def pin(query: str, start: datetime, end: datetime) -> str:
    """The query with `@ start()` and `@ end()` as the instants of the whole window.

    A window that is asked for in slices has a start and an end in each of them, which is not what was meant. What can't
    be parsed is left as it is.
    """
    if "@" not in query:
        return query
    instants = {"@ start()": f"@ {utc(start).timestamp():.3f}", "@ end()": f"@ {utc(end).timestamp():.3f}"}

    def visit(node: Expr) -> Expr | None:
        if not isinstance(node, VectorSelector | SubqueryExpr) or str(node.at) not in instants:
            return None
        text = _selector(node) if isinstance(node, VectorSelector) else _subquery(node)
        return parse(f"{text} {instants[str(node.at)]}{_offset(node)}")

    try:
        # After what is inside of it: a subquery is written anew with what became of its expression.
        return on_one_line(promql.transform(parse(query), post_visit=visit))
    except ValueError:
        return query


def _some(values: Iterable[str]) -> tuple[str, ...]:
    kept = tuple(dict.fromkeys(values))
    if not kept:
        raise ValueError("a query can't be narrowed to no values at all")
    return kept


def _with_matcher(node: Expr, matcher: str, chosen: Iterator[bool]) -> Expr | None:
    """The node with one matcher more, where it is a selector and the next choice says so; None to leave it."""
    if not isinstance(node, VectorSelector) or not next(chosen):
        return None
    at = f" {node.at}" if node.at else ""
    return parse(f"{_selector(node, matcher)}{at}{_offset(node)}")


def _selector(node: VectorSelector, *more: str) -> str:
    """A selector as text, without its range, offset and @, and with some matchers more in each of its alternatives."""
    alternatives = node.matchers.or_matchers or [node.matchers.matchers]
    inside = " or ".join(",".join((*map(_matcher, one), *more)) for one in alternatives)
    return f"{node.name or ''}{{{inside}}}"


def _matcher(matcher: Matcher) -> str:
    operator = next(text for kind, text in _OPERATORS if kind == matcher.op)
    return f"{label_name(matcher.name)}{operator}{quote(matcher.value)}"


def _subquery(node: SubqueryExpr) -> str:
    """A subquery as text, without its offset and @."""
    inner = node.expr.prettify()
    if not isinstance(node.expr, ParenExpr):
        inner = f"({inner})"
    step = promql.display_duration(node.step) if node.step else ""
    return f"{inner}[{promql.display_duration(node.range or timedelta(0))}:{step}]"


def label_name(name: str) -> str:
    """The name of a label as a matcher has it: between quotes where it is no plain word (`"k8s.pod.name"`)."""
    return name if _PLAIN_LABEL.fullmatch(name) else quote(name)


def _offset(node: VectorSelector | SubqueryExpr) -> str:
    if not node.offset:
        return ""
    sign, span = ("-", -node.offset) if node.offset < timedelta(0) else ("", node.offset)
    return f" offset {sign}{promql.display_duration(span)}"


def on_one_line(tree: Expr) -> str:
    """The expression as text, without its comments."""
    # Line breaks inside of strings are escaped, so every line of the text ends between two words. Not splitlines(): it
    # would break at other characters too, which strings may hold.
    return " ".join(line.strip(" ") for line in tree.prettify().split("\n"))


def _inner(tree: Expr) -> Expr:
    """What is inside of parentheses and signs."""
    while isinstance(tree, ParenExpr | UnaryExpr):
        tree = tree.expr
    return tree
