"""How checks write numbers for people."""

from __future__ import annotations


def size(count: float) -> str:
    """Bytes with a unit of 1024s: `1.5 GiB`."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if abs(count) < 1024:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} TiB"


def some(names: list[str], most: int = 3) -> str:
    """The first few names, and how many more there are."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def counted(count: int, thing: str) -> str:
    """`1 message`, `2 messages`."""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"
