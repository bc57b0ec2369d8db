"""Text of other systems, made storable: Postgres takes neither a NUL character nor half a surrogate pair.

Such characters are written as an escape character (U+FDD0, which Unicode reserves for uses like this one) and four
hexadecimal digits, and read back as they were: the label set that comes out of the database is the one that went in.
"""

from __future__ import annotations

import re

ESCAPE = "\ufdd0"
_UNSTORABLE = re.compile(f"[\x00\ud800-\udfff{ESCAPE}]")
_ESCAPED = re.compile(f"{ESCAPE}([0-9a-f]{{4}})")


def storable(text: str) -> bool:
    """Whether Postgres takes the text as it is."""
    return (text.isascii() and "\x00" not in text) or _UNSTORABLE.search(text) is None


def escape(text: str) -> str:
    """The text with everything that Postgres refuses written as escapes; all other text as it is."""
    return text if storable(text) else _UNSTORABLE.sub(lambda match: f"{ESCAPE}{ord(match[0]):04x}", text)


def unescape(text: str) -> str:
    """What `escape` was given."""
    if ESCAPE not in text:
        return text
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
