"""Errors that rooms which do not know each other have to understand."""

from __future__ import annotations


class LeaseLost(Exception):
    """Somebody else has taken this over since our lease lapsed: stop working on it. Nothing of ours was written."""
