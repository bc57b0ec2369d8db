"""PromQL text to its syntax tree. Its strings and regular expressions are Go's, and the parser's are Rust's."""

from __future__ import annotations

import re

import promql_parser as promql
from promql_parser import Expr, StringLiteral

from domain.labels import quote
from sources.patterns import for_both

_STRING = r"`[^`]*`|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'"
_TEXTS = re.compile(rf"#[^\n]*|(?P<operator>[=!]~(?:\s|#[^\n]*\n)*)?(?P<string>{_STRING})")


def parse(query: str) -> Expr:
    """The tree of a query. Raises `ValueError` for what is no PromQL.

    Strings between backticks have no escapes, and regular expressions are RE2's: both are written as the parser reads
    them, and as servers read them too, for text that is made of the tree.
    """
    try:
        tree: Expr = promql.parse(_TEXTS.sub(_rewritten, query))
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # the parser's own trouble (`offset Inf`), which is no `Exception`
            raise
        raise ValueError(str(error)) from error
    return tree


def _rewritten(found: re.Match[str]) -> str:
    string, operator = found["string"], found["operator"] or ""
    raw = string is not None and string.startswith("`")
    if string is None or not (raw or operator):
        return found[0]  # a comment, or a text that both read the same
    value: str = string[1:-1] if raw else _text(string)
    meant = for_both(value) if operator else value
    return operator + quote(meant) if raw or meant != value else found[0]


def _text(string: str) -> str:
    """What a string between quotes says."""
    literal = promql.parse(string)
    return literal.val if isinstance(literal, StringLiteral) else ""
