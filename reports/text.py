"""Other systems' text made fit to show: bounded, on one line, and with nothing in it that cannot be seen."""

from __future__ import annotations

import re
import unicodedata

# Marks that are not seen but turn or hide what stands around them (Unicode TR 36, bidirectional text spoofing).
_FORMAT_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_MARKDOWN = re.compile(r"([\\`*_\[\]|~#])")
_LINKS = re.compile(r":(?=//)|(?<=www)\.|@", re.IGNORECASE)  # what GitHub's Markdown makes a link of by itself
_HTML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_BACKTICKS = re.compile(r"`+")


def visible(text: str, limit: int = 120) -> str:
    """The text on one line, at most `limit` characters long, with control and direction marks written out.

    A newline becomes `⏎`, a tab a space, any other control, format or surrogate character its escape (`\\u202e`).
    What is too long loses its middle: the ends tell names apart.
    """
    shown = "".join(map(_visible, shorten(text, limit)))
    return shorten(shown, limit)


def visible_block(text: str, limit: int = 4000) -> str:
    """Like `visible`, for text of several lines: newlines and tabs stay."""
    shown = "".join(
        character if character in "\n\t" else _visible(character)
        for character in shorten(text.replace("\r\n", "\n"), limit)
    )
    return shorten(shown, limit)


def shorten(text: str, limit: int) -> str:
    """The text with its middle left out where it is longer than `limit` characters. `limit` is at least 1."""
    if len(text) <= limit:
        return text
    tail = (limit - 1) // 3
    head = limit - 1 - tail
    return f"{text[:head]}…{text[len(text) - tail :] if tail else ''}"


def _visible(character: str) -> str:
    if character == "\n":
        return "⏎"
    if character == "\t":
        return " "
    if unicodedata.category(character) not in _FORMAT_CATEGORIES:
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def markdown(text: str) -> str:
    """Text that Markdown shows as it is, within a line: what could be markup or HTML is escaped. On one line."""
    line = visible(text, limit=max(len(text), 1)).translate(_HTML)
    return _LINKS.sub(r"\\\g<0>", _MARKDOWN.sub(r"\\\1", line))


def markdown_code(text: str) -> str:
    """A code span of any text on one line; its fence is longer than any run of backticks in it. Not for tables."""
    line = visible(text, limit=max(len(text), 1))
    fence = "`" * (_longest_fence(line) + 1)
    pad = " " if line.startswith("`") or line.endswith("`") or not line.strip() else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def markdown_cell(text: str) -> str:
    """A code span for a cell of a table, where a bar would end the cell."""
    return markdown_code(text).replace("|", "\\|")


def markdown_block(text: str, language: str = "") -> str:
    """A fenced code block of any text; its fence is longer than any run of backticks in it."""
    block = visible_block(text, limit=max(len(text), 1))
    fence = "`" * max(3, _longest_fence(block) + 1)
    return f"{fence}{language}\n{block}\n{fence}"


def _longest_fence(text: str) -> int:
    return max((len(run) for run in _BACKTICKS.findall(text)), default=0)
