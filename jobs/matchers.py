"""Label matchers that people add to a watch in configuration, and how they get into its queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import promql_parser as promql
from promql_parser import Expr, MatchOp, VectorSelector

from domain.labels import quote
from sources.narrowing import CannotNarrowError, choose
from sources.syntax import parse

_OPERATORS = ((MatchOp.Equal, "="), (MatchOp.NotEqual, "!="), (MatchOp.Re, "=~"), (MatchOp.NotRe, "!~"))
_METRIC = "m"  # stands for any metric while matchers are parsed


@dataclass(frozen=True, slots=True)
class Matcher:
    """One label matcher: `mountpoint!~"/scratch.*"`."""

    label: str
    operator: str
    value: str

    def __str__(self) -> str:
        return f"{self.label}{self.operator}{quote(self.value)}"


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
    aggregation drops it), into all of them. Raises `ValueError` for what is no PromQL.
    """
    for matcher in matchers:
        query = _add(query, matcher)
    return query


def _add(query: str, matcher: Matcher) -> str:
    tree = parse(query)
    try:
        wanted = iter(choose(tree, matcher.label))
    except CannotNarrowError:
        wanted = None

    def narrowed(node: Expr) -> Expr | None:
        if not isinstance(node, VectorSelector) or (wanted is not None and not next(wanted)):
            return None
        return parse(_with(node, matcher))

    # Line breaks inside of strings are escaped, so every line of the text ends between two words.
    return " ".join(line.strip() for line in promql.transform(tree, narrowed).prettify().split("\n"))


def _with(node: VectorSelector, matcher: Matcher) -> str:
    text: str = node.prettify()
    name = node.name or ""
    rest = text[len(name) :]
    if rest.startswith("{"):
        return f"{name}{{{matcher},{rest[1:]}"
    return f"{name}{{{matcher}}}{rest}"
