"""Regular expressions of RE2 are written so that Rust's engine reads them the same."""

from __future__ import annotations

import promql_parser
import pytest

from domain.labels import quote
from sources.files.promql.select import full_match
from sources.patterns import for_both, for_rust

TEXT = [
    (r"a.*|(b|c)+?\.[a-z0-9_-]{1,2}\p{Greek}\x{61}$", r"a.*|(b|c)+?\.[a-z0-9_-]{1,2}\p{Greek}\x{61}$"),
    (r"\Qa.b\E+\Q[c", r"a\.b+\[c"),
    (r"{a{,2}{3}}", r"\{a\{,2}{3}}"),
    (r"[a&&b]", r"[a\&\&b]"),
    (r"[~~a]", r"[\~\~a]"),
    (r"[--/]", r"[\--/]"),
    (r"[+--a]", r"[+-\-a]"),
    (r"[[a]", r"[\[a]"),
    (r"[][]", r"[\]\[]"),
    (r"[^]^-a]", r"[^\]\^-a]"),
    (r"[[:alpha:][:^digit:].]", r"[[:alpha:][:^digit:].]"),
    (r"\<a\>[\<]", r"<a>[<]"),
]
KINDS = [
    (r"\w+", r"[0-9A-Za-z_]+"),
    (r"[\d.]\D", r"[0-9.][^0-9]"),
    (r"[^\S-]\s", r"[^[^\t\n\f\r ]-][\t\n\f\r ]"),
    (r"\ba\B", r"(?-u:\b)a(?-u:\B)"),
    (r"\\w", r"\\w"),
]
BROKEN = ["[a", "[", "a\\", "[a\\", "(", "*"]


@pytest.mark.parametrize(("pattern", "written"), [*TEXT, *((kind, kind) for kind, _ in KINDS)])
def test_what_engines_read_differently_is_written_out(pattern: str, written: str) -> None:
    assert for_both(pattern) == written
    assert for_both(written) == written
    promql_parser.parse(f"x{{a=~{quote(written)}}}")


@pytest.mark.parametrize(("pattern", "written"), [*TEXT, *KINDS])
def test_for_rusts_engine_words_and_digits_are_those_of_ascii(pattern: str, written: str) -> None:
    assert for_rust(pattern) == written
    full_match(pattern, ["a"])  # it can be compiled


@pytest.mark.parametrize("pattern", BROKEN)
def test_what_is_no_expression_stays_none(pattern: str) -> None:
    assert for_both(pattern) == pattern
