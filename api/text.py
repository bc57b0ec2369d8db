"""Text of other systems, made answerable: half a surrogate pair is no character, and UTF-8 has no bytes for it."""

from __future__ import annotations

import re
from typing import Any

_HALVES = re.compile("[\ud800-\udfff]")


def answerable(value: Any) -> Any:
    """The value with halves of surrogate pairs, in texts at any depth, written as JSON writes them: `\\ud800`."""
    if isinstance(value, str):
        return value if value.isascii() else _HALVES.sub(lambda half: f"\\u{ord(half[0]):04x}", value)
    if isinstance(value, dict):
        return {answerable(name): answerable(part) for name, part in value.items()}
    if isinstance(value, list):
        return [answerable(part) for part in value]
    return value
