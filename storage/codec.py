"""Domain values as JSON for Postgres and back, exactly: any text, and floats that JSON has no word for."""

from __future__ import annotations

import functools
import json
import math
from typing import Any

import msgspec

from storage.text import ESCAPE, escape, storable, unescape

_ESCAPE_BYTES = ESCAPE.encode()
_NON_FINITE = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
# How MessagePack begins a NaN or an infinity: a float64 whose exponent is all ones.
_NON_FINITE_PACKED = (b"\xcb\x7f\xf0", b"\xcb\x7f\xf8", b"\xcb\xff\xf0", b"\xcb\xff\xf8")


def encode(value: object) -> Any:
    """A domain value as dicts, lists and scalars."""
    return msgspec.to_builtins(value, str_keys=True)


def dumps(value: object) -> str:
    """JSON text that Postgres takes, of a domain value or of plain ones: every connection writes its jsonb with this.

    A NaN would silently become null in JSON, so it is looked for in another encoding first; what holds one, or text
    that Postgres refuses, goes the slow way.
    """
    try:
        packed = msgspec.msgpack.encode(value)
        text = msgspec.json.encode(value).decode()
    except (UnicodeEncodeError, OverflowError):  # half a surrogate pair, or an integer of more than 64 bits
        return _dumps_escaped(value)
    if "\\u0000" in text or not storable(text) or any(start in packed for start in _NON_FINITE_PACKED):
        return _dumps_escaped(value)
    return text


def loads(text: bytes, kind: Any = Any) -> Any:
    """What `dumps` was given, as a value of that type; of none: as dicts, lists and scalars.

    Raises `msgspec.ValidationError` when the text does not hold one.
    """
    if _ESCAPE_BYTES in text:
        return msgspec.convert(_unescaped(msgspec.json.decode(text)), kind)
    return _decoder(kind).decode(text)


@functools.cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


def _dumps_escaped(value: object) -> str:
    return json.dumps(_escaped(encode(value)), ensure_ascii=False, allow_nan=False, separators=(",", ":"))


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
