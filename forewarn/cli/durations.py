"""Lengths of time as people write them on the command line."""

from __future__ import annotations

import re

import typer

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def seconds(text: str, option: str, *, or_else: str = "") -> float:
    """A duration such as 60d in seconds. Raises `typer.BadParameter`; `or_else` says what may stand there too.

    Units may be capital letters, but M: it is a month to most, and would be a minute.
    """
    found = re.fullmatch(r"\s*(\d{1,15}(?:\.\d+)?)\s*([smhdwSHDW])\s*", text)
    if found is None or float(found[1]) == 0:
        raise typer.BadParameter(f"{text!r} is no duration: write {or_else}60d, 48h or 8w", param_hint=option)
    return float(found[1]) * SECONDS[found[2].lower()]
