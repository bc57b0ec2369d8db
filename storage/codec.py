"""Domain values as JSON for Postgres and back, exactly: any text, and floats that JSON has no word for."""

from __future__ import annotations

import json
import math
from typing import Any, TypeVar

import msgspec

from storage.text import ESCAPE, escape, storable, unescape

T = TypeVar("T")

_NON_FINITE = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def encode(value: object) -> Any:
    """A domain value as dicts, lists and scalars: what a jsonb column takes."""
    return msgspec.to_builtins(value, str_keys=True)


def decode(value: Any, kind: type[T]) -> T:
    """The domain value of that type. Raises `msgspec.ValidationError` when the row does not hold one."""
    return msgspec.convert(value, kind)


def dumps(value: object) -> str:
    """JSON text that Postgres takes: every connection writes its jsonb through this."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except ValueError:  # a NaN or an infinity
        text = ""
    if text and "\\u0000" not in text and storable(text):
        return text
    return json.dumps(_escaped(value), ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def loads(text: str | bytes) -> Any:
    """What `dumps` was given: every connection reads its jsonb through this."""
    decoded = text.decode() if isinstance(text, bytes) else text
    value = json.loads(decoded)
    return _unescaped(value) if ESCAPE in decoded else value


def _escaped(value: object) -> object:
    if isinstance(value, str):
        return escape(value)
    if isinstance(value, float) and not math.isfinite(value):
        return f"{ESCAPE}{value}"
    if isinstance(value, dict):
        return {_escaped(key): _escaped(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_escaped(item) for item in value]
    return value


def _unescaped(value: object) -> object:
    if isinstance(value, str):
        if value[:1] == ESCAPE and value[1:] in _NON_FINITE:
            return _NON_FINITE[value[1:]]
        return unescape(value)
    if isinstance(value, dict):
        return {_unescaped(key): _unescaped(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_unescaped(item) for item in value]
    return value
