"""Regular expressions as RE2 reads them, written so that Rust's engine reads them the same.

The two differ in little: `&&`, `--`, `~~` and `[` within a class are text in RE2 and operators in Rust, a brace that
repeats nothing is text, `\\<` is a sign and no edge of a word, `\\Q...\\E` is known to RE2 alone, and `\\w`, `\\d`,
`\\s` and `\\b` mean ASCII there. What is no expression at all is left as it is, to be refused by whoever compiles it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_SPECIAL = frozenset("\\.+*?()|[]{}^$")  # what Go's regexp.QuoteMeta escapes
_WORD, _DIGIT, _SPACE = "0-9A-Za-z_", "0-9", r"\t\n\f\r "
_KINDS: Mapping[str, str] = {"w": _WORD, "d": _DIGIT, "s": _SPACE}  # RE2's \s has no vertical tab
_OPERATORS = frozenset("[&~-^")  # what may mean more than itself within a class of Rust's

_CHAR = r"\\x\{[^}]*\}|\\x[0-9A-Fa-f]{2}|\\.|."
_PLAIN = re.compile(
    r"\\Q(?P<quoted>.*?)(?:\\E|\Z)"
    r"|\\(?P<kind>[wWdDsS])|\\(?P<edge>[bB])|\\(?P<angle>[<>])"
    r"|(?P<kept>\\[xpP]\{[^}]*\}|\\.|\{\d+(?:,\d*)?\})"
    r"|(?P<brace>\{)"
    r"|(?P<begin>\[\^?)"
    r"|[^\\{\[]+",
    re.DOTALL,
)
_MEMBER = re.compile(
    r"\\(?P<kind>[wWdDsS])"
    r"|(?P<kept>\[:\^?\w+:\]|\\[pP](?:\{[^}]*\}|.))"
    rf"|(?P<low>{_CHAR})(?:-(?P<high>(?!\])(?:{_CHAR})))?",
    re.DOTALL,
)


def escape_regex(value: str) -> str:
    """A regular expression (RE2, Rust) that matches this text and no other."""
    return "".join(f"\\{char}" if char in _SPECIAL else char for char in value)


def for_both(pattern: str) -> str:
    """The expression in words that RE2 and Rust have in common; `\\w` and its kin stay as they are."""
    return _written(pattern, for_rust=False)


def for_rust(pattern: str) -> str:
    """The expression for Rust's engine alone: `\\w` and its kin mean ASCII."""
    return _written(pattern, for_rust=True)


def _written(pattern: str, *, for_rust: bool) -> str:
    parts: list[str] = []
    place = 0
    while place < len(pattern):
        found = _PLAIN.match(pattern, place)
        if found is None:  # a backslash at the very end
            return "".join(parts) + pattern[place:]
        place = found.end()
        if found["begin"]:
            inside, place = _class(pattern, place, for_rust=for_rust)
            parts.append(found["begin"] + inside)
        else:
            parts.append(_piece(found, for_rust=for_rust))
    return "".join(parts)


def _piece(found: re.Match[str], *, for_rust: bool) -> str:
    """What stands outside of classes."""
    if found["quoted"] is not None:
        return escape_regex(found["quoted"])
    if found["kind"] and for_rust:
        return f"[{'^' if found['kind'].isupper() else ''}{_KINDS[found['kind'].lower()]}]"
    if found["edge"] and for_rust:
        return rf"(?-u:\{found['edge']})"
    if found["angle"]:
        return found["angle"]
    return r"\{" if found["brace"] else found[0]


def _class(pattern: str, place: int, *, for_rust: bool) -> tuple[str, int]:
    """The members of a class and its closing bracket, and where it ends; `place` is that of its first member."""
    parts: list[str] = []
    begin = place
    while place < len(pattern):
        if pattern[place] == "]" and place > begin:
            return "".join(parts) + "]", place + 1
        found = _MEMBER.match(pattern, place)
        if found is None:
            break
        place = found.end()
        last = pattern[place : place + 1] == "]"
        parts.append(_member(found, last=last, for_rust=for_rust))
    return pattern[begin:], len(pattern)  # it has no end


def _member(found: re.Match[str], *, last: bool, for_rust: bool) -> str:
    if found["kind"]:
        inside = _KINDS[found["kind"].lower()]
        return found[0] if not for_rust else f"[^{inside}]" if found["kind"].isupper() else inside
    if found["kept"]:
        return found["kept"]
    if found[0] == "-" and last:
        return "-"
    low = _sign(found["low"])
    return low if found["high"] is None else f"{low}-{_sign(found['high'])}"


def _sign(char: str) -> str:
    """One character of a class, so that it means itself."""
    if char in (r"\<", r"\>"):
        return char[1]
    return f"\\{char}" if char in _OPERATORS or char == "]" else char
