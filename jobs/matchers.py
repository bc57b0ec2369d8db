"""Label matchers that people add to a watch in configuration, and how they get into its queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import promql_parser as promql
from promql_parser import Expr, MatchOp, VectorSelector

from domain.labels import quote
from sources.narrowing import CannotNarrowError, choose, choose_below, writes
from sources.patterns import escape_regex
from sources.promql import label_name, on_one_line, with_matcher
from sources.syntax import parse

_OPERATORS = ((MatchOp.Equal, "="), (MatchOp.NotEqual, "!="), (MatchOp.Re, "=~"), (MatchOp.NotRe, "!~"))
_METRIC = "m"  # stands for any metric while matchers are parsed
_MARK = "_matches"  # the label of values that match


@dataclass(frozen=True, slots=True)
class Matcher:
    """One label matcher: `mountpoint!~"/scratch.*"`."""

    label: str
    operator: str
    value: str

    def __str__(self) -> str:
        return f"{label_name(self.label)}{self.operator}{quote(self.value)}"


def parse_matchers(text: str) -> tuple[Matcher, ...]:
    """Matchers as people write them, with commas between. Raises `ValueError` for anything else."""
    try:
        selector = parse(f"{_METRIC}{{{text}}}")
    except ValueError as error:
        raise ValueError(_no_matchers(text)) from error
    if not isinstance(selector, VectorSelector) or selector.offset or selector.at:
        raise ValueError(_no_matchers(text))
    if selector.matchers.or_matchers or not selector.matchers.matchers:
        raise ValueError(_no_matchers(text))
    found = tuple(
        Matcher(matcher.name, next(sign for kind, sign in _OPERATORS if kind == matcher.op), matcher.value)
        for matcher in selector.matchers.matchers
    )
    if any(matcher.label == "__name__" for matcher in found):
        raise ValueError("__name__ can't be matched: the watch names its metrics; match other labels")
    return found


def _no_matchers(text: str) -> str:
    return f'{text!r} is no list of label matchers: write them as job="web",mountpoint!~"/scratch.*"'


def add_matchers(query: str, matchers: Sequence[Matcher]) -> str:
    """The query for those series only that the matchers select, on one line.

    A matcher goes into the selectors from which the result has the label; where the result does not keep the label (an
    aggregation drops it), into those from which it is dropped. What has its label from a call is chosen by its result.
    Raises `ValueError` for what is no PromQL.
    """
    for matcher in matchers:
        tree = parse(query)
        if _computed(tree, matcher.label):
            query = _of_result(on_one_line(tree), matcher)
        else:
            query = with_matcher(tree, str(matcher), choose_below(tree, matcher.label))
    return query


def add_matchers_to_limit(limit: str, value: str, matchers: Sequence[Matcher]) -> str:
    """The limit that goes with the value of a watch when that one gets these matchers, on one line.

    A limit that keeps the label gets the matcher. One that does not is often about more (what a cluster offers to all
    namespaces), and with the matcher it would be no series at all; of its selectors those get it whose metric has the
    label in the value as well, which is none where a call writes it. Raises `ValueError` for what is no PromQL.
    """
    for matcher in matchers:
        tree, whole = parse(limit), parse(value)
        try:
            chosen = choose(tree, matcher.label)
        except CannotNarrowError:
            known = frozenset() if _computed(whole, matcher.label) else _metrics_with(whole, matcher.label)
            chosen = [metric in known for metric in _metrics(tree)]
        limit = with_matcher(tree, str(matcher), chosen)
    return limit


def _computed(tree: Expr, label: str) -> bool:
    """Whether the result has its label from a call that writes it, it seems, and not from selectors."""
    try:
        choose(tree, label)
    except CannotNarrowError:
        return writes(tree, label)
    return False


def _of_result(query: str, matcher: Matcher) -> str:
    """The series of a query that a matcher selects by what its result says.

    A matcher stands in selectors only, so the values of the label that match get a mark, and those with it are kept.
    """
    label, pattern = matcher.label, matcher.value if "~" in matcher.operator else escape_regex(matcher.value)
    keep = "unless" if matcher.operator.startswith("!") else "and"
    marked = f'label_replace(group by ({label}) ({query}), "{_MARK}", "yes", "{label}", {quote(pattern)})'
    mark = f'label_replace(vector(1), "{_MARK}", "yes", "", "")'
    return f"({query}) {keep} on ({label}) ({marked} and on ({_MARK}) {mark})"


def _metrics_with(tree: Expr, label: str) -> frozenset[str]:
    """The metrics of a query whose series have the label, it seems."""
    return frozenset(
        metric for metric, chosen in zip(_metrics(tree), choose_below(tree, label), strict=True) if chosen and metric
    )


def _metrics(tree: Expr) -> list[str]:
    """The metric of each selector, in the order of a walk; empty where it is no plain name."""
    found: list[str] = []

    def visit(node: Expr) -> None:
        if isinstance(node, VectorSelector):
            found.append(node.name or "")

    promql.walk(tree, visit)
    return found
