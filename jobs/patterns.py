"""Regular expressions of mutes and silences, by RE2 as Alertmanager has them: its time grows with the text alone."""

from __future__ import annotations

import functools
import re
from typing import Protocol, cast

import re2

MOST_MEMORY = 1024 * 1024  # bytes for one compiled expression, so that one match ends within a fraction of a second
MOST_BRACKETS = 200
MOST_REPEATS = 1000  # Go's RE2 refuses more; its C++ sister would take them for letters
_REPEATS = re.compile(r"\{(\d+)(?:,(\d*))?\}")
_LONE_SURROGATES = re.compile("[\ud800-\udfff]")


class Pattern(Protocol):
    """A compiled expression."""

    def fullmatch(self, text: str, /) -> object | None:
        """Something where it matches the whole text."""


def check_pattern(text: str) -> str:
    """The text, where it is an expression that RE2 takes. Raises `ValueError`."""
    compiled(text)
    return text


def matches_whole(text: str, value: str) -> bool | None:
    """Whether the expression matches all of the value; None where it is no expression."""
    try:
        pattern = compiled(text)
    except ValueError:
        return None
    return pattern.fullmatch(_LONE_SURROGATES.sub("\ufffd", value)) is not None


@functools.lru_cache(maxsize=1024)
def compiled(text: str) -> Pattern:
    """The expression, whose dot matches line breaks too. Raises `ValueError` for what is none, or is too large."""
    if text.count("(") > MOST_BRACKETS:
        raise ValueError(f"the regular expression has more than {MOST_BRACKETS} brackets: write it in several matchers")
    if any(len(count) > 4 or int(count) > MOST_REPEATS for pair in _REPEATS.findall(text) for count in pair if count):
        raise ValueError(f"{text!r} repeats something more than {MOST_REPEATS} times: write + or * instead")
    options = re2.Options()
    options.dot_nl = True
    options.log_errors = False
    options.max_mem = MOST_MEMORY
    try:
        return cast(Pattern, re2.compile(text, options))
    except re2.error as error:
        raise ValueError(f"{text!r} is no regular expression of RE2's syntax: {_words(error)}") from error
    except UnicodeEncodeError as error:
        raise ValueError("the regular expression holds half of a character") from error


def _words(error: Exception) -> str:
    reason = error.args[0] if error.args else ""
    return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
