"""How wide a word in a picture becomes, near enough to keep it within: no font is known while it is drawn. Pure."""

from __future__ import annotations

from unicodedata import east_asian_width

_WIDE, _NARROW, _SPACE = 1.0, 0.65, 0.35  # of the size of the letters, in a font that runs wide


def width_of(text: str, size: float) -> float:
    """The width of a text in letters of that size."""
    return size * sum(map(_width, text))


def _width(character: str) -> float:
    if character.isspace():
        return _SPACE
    return _WIDE if east_asian_width(character) in "WF" else _NARROW
