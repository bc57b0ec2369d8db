"""Probabilities in reasons: written as reports write them, and never on the wrong side of a threshold."""

from __future__ import annotations

import math

from reports.formats import probability


def share(threshold: float) -> str:
    """A threshold of policy (0 to 1) as it is configured: `50%`, `62.5%`."""
    return f"{threshold * 100:.3g}%"


def chance(p: float, *, beside: float | None = None, language: str = "en") -> str:
    """A probability as in reports: whole percent, from `< 1%` to `> 99%`.

    One that lies below the threshold `beside` which it is compared with, and would round up to it, has a decimal.
    """
    written = probability(p, language)
    if beside is None or p >= beside or written != probability(beside, language):
        return written
    return f"{math.floor(p * 1000) / 10:.1f}%"
